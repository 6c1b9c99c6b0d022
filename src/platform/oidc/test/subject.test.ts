import { describe, expect, test } from 'vitest'
import { type Preset, subjectOf } from '../subject.ts'
import type { Json } from './mint.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const OBJECT = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const entra: Preset = { kind: 'entra', tenantId: TENANT }
const google: Preset = { kind: 'google', hostedDomains: ['acme.example', 'Acme.test'] }
const GENERIC: Preset = { kind: 'generic' }
const anna: Json = { sub: 'anna', email: 'Anna@Acme.example', email_verified: true, name: 'Anna  A.\n' }
const fromEntra: Json = { ...anna, tid: TENANT, oid: OBJECT }
const fromGoogle: Json = { ...anna, hd: 'acme.example' }

describe('who it is', () => {
  test.each<[string, Preset, Json, Json]>([
    ['generic', GENERIC, anna, { ok: true, subject: 'anna', email: 'anna@acme.example', name: 'Anna A.' }],
    ['okta', { kind: 'okta' }, anna, { ok: true, subject: 'anna', email: 'anna@acme.example', name: 'Anna A.' }],
    ['entra: directory and object, and no e-mail', entra, fromEntra, { ok: true, subject: `${TENANT}:${OBJECT}`, email: null, name: 'Anna A.' }],
    ['entra: the case of the ids does not matter', { kind: 'entra', tenantId: TENANT.toUpperCase() }, { ...fromEntra, oid: OBJECT.toUpperCase() }, { ok: true, subject: `${TENANT}:${OBJECT}`, email: null, name: 'Anna A.' }],
    ['google', google, fromGoogle, { ok: true, subject: 'anna', email: 'anna@acme.example', name: 'Anna A.' }],
    ['google: one of several domains', google, { ...fromGoogle, hd: 'acme.test' }, { ok: true, subject: 'anna', email: 'anna@acme.example', name: 'Anna A.' }],
    ['an address that is not verified is none', GENERIC, { ...anna, email_verified: false }, { ok: true, subject: 'anna', email: null, name: 'Anna A.' }],
    ['an address about which nothing is said is none', GENERIC, { ...anna, email_verified: undefined }, { ok: true, subject: 'anna', email: null, name: 'Anna A.' }],
    ['"true" is not true', GENERIC, { ...anna, email_verified: 'true' }, { ok: true, subject: 'anna', email: null, name: 'Anna A.' }],
    ['an address that is no address', GENERIC, { ...anna, email: 'a b@c' }, { ok: true, subject: 'anna', email: null, name: 'Anna A.' }],
    ['given and family name', GENERIC, { sub: 'anna', given_name: 'Anna', family_name: 'A' }, { ok: true, subject: 'anna', email: null, name: 'Anna A' }],
    ['a name with invisible characters', GENERIC, { sub: 'anna', name: 'An\u202ena\u0000' }, { ok: true, subject: 'anna', email: null, name: 'An na' }],
    ['a name that is no text', GENERIC, { sub: 'anna', name: { x: 1 } }, { ok: true, subject: 'anna', email: null, name: null }],
  ])('%s', (_name, preset, claims, expected) => expect(subjectOf(preset, claims)).toEqual(expected))
})

describe('refused', () => {
  test.each<[string, Preset, Json, string]>([
    ['sub missing', GENERIC, { ...anna, sub: undefined }, 'sub_missing'],
    ['sub empty', GENERIC, { ...anna, sub: '' }, 'sub_malformed'],
    ['tid foreign', entra, { ...fromEntra, tid: OBJECT }, 'tid_foreign'],
    ['tid of private accounts', entra, { ...fromEntra, tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }, 'tid_foreign'],
    ['tid missing', entra, { ...fromEntra, tid: undefined }, 'tid_missing'],
    ['tid a list', entra, { ...fromEntra, tid: [TENANT] }, 'tid_missing'],
    ['tid with something behind it', entra, { ...fromEntra, tid: `${TENANT}:x` }, 'tid_missing'],
    ['oid missing', entra, { ...fromEntra, oid: undefined }, 'oid_missing'],
    ['oid that is no id', entra, { ...fromEntra, oid: 'anna' }, 'oid_missing'],
    ['hd missing', google, { ...fromGoogle, hd: undefined }, 'hd_missing'],
    ['hd empty', google, { ...fromGoogle, hd: '' }, 'hd_missing'],
    ['hd foreign', google, { ...fromGoogle, hd: 'evil.example' }, 'hd_foreign'],
    ['hd a subdomain', google, { ...fromGoogle, hd: 'x.acme.example' }, 'hd_foreign'],
    ['hd only looks alike', google, { ...fromGoogle, hd: 'асme.example' }, 'hd_foreign'],
    ['hd foreign, the address ours', google, { ...fromGoogle, hd: 'evil.example', email: 'anna@acme.example' }, 'hd_foreign'],
    ['hd a list', google, { ...fromGoogle, hd: ['acme.example'] }, 'hd_missing'],
    ['no domain configured', { kind: 'google', hostedDomains: [] }, fromGoogle, 'hd_foreign'],
    ['google has not verified the address', google, { ...fromGoogle, email_verified: false }, 'email_unverified'],
    ['google says nothing about the address', google, { ...fromGoogle, email_verified: undefined }, 'email_unverified'],
  ])('%s', (_name, preset, claims, code) => {
    const result = subjectOf(preset, claims)
    expect(result.ok ? 'accepted' : result.code).toBe(code)
  })
})

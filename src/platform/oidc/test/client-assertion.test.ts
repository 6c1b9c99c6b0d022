import { describe, expect, test } from 'vitest'
import { readClientAssertion } from '../client-assertion.ts'
import type { OidcCode } from '../codes.ts'
import { verdict } from './flow.ts'
import { ecPair, type Json, jwkOf, mint, type Pair, rsaPair } from './mint.ts'

const TOKEN_ENDPOINT = 'https://bss.example/oauth/token'
const ISSUER = 'https://bss.example'
const robot = ecPair('key-1', 'ES256')
const robotRsa = rsaPair('key-2', 'PS256')
const stranger = ecPair('key-1', 'ES256')
const clients: Readonly<Record<string, unknown>> = { robot: { keys: [jwkOf(robot), jwkOf(robotRsa)] }, other: { keys: [jwkOf(stranger)] }, broken: { keys: 'none' } }
const keysOf = async (clientId: string): Promise<unknown> => clients[clientId] ?? null

const seconds = (): number => Math.floor(Date.now() / 1000)
interface Making {
  readonly header?: Json
  readonly claims?: Json
  readonly pair?: Pair
  readonly alg?: string
  readonly key?: string
}
const make = ({ header, claims, pair = robot, alg = pair.alg, key }: Making = {}): string =>
  mint({ alg, kid: pair.kid, ...header }, { iss: 'robot', sub: 'robot', aud: TOKEN_ENDPOINT, jti: 'a-1', iat: seconds(), exp: seconds() + 60, ...claims }, key ?? pair.privateKey, alg)
const read = (assertion: string, clientId?: string) => readClientAssertion(assertion, { audiences: [TOKEN_ENDPOINT, ISSUER], keysOf, ...(clientId === undefined ? {} : { clientId }) })

describe('an assertion of a machine client', () => {
  test('names the client, its own number, and until when to remember it', async () => {
    expect(await read(make())).toMatchObject({ ok: true, clientId: 'robot', jti: 'a-1', expiresAt: expect.any(Date) as unknown })
  })
  test.each([
    ['with another of its keys', { pair: robotRsa }],
    ['for the issuer', { claims: { aud: ISSUER } }],
    ['for one audience in a list', { claims: { aud: [TOKEN_ENDPOINT] } }],
    ['with its type', { header: { typ: 'client-authentication+jwt' } }],
    ['without iat', { claims: { iat: undefined } }],
  ])('%s', async (_name, making) => expect(verdict(await read(make(making)))).toBe('accepted'))
  test('the form may name the client too', async () => {
    expect([verdict(await read(make(), 'robot')), verdict(await read(make(), 'other'))]).toEqual(['accepted', 'client_wrong'])
  })
})

const refusals: readonly (readonly [string, OidcCode, () => string])[] = [
  ['alg none', 'alg_forbidden', () => make({ alg: 'none' })],
  ['HS256 with the public key', 'alg_forbidden', () => make({ alg: 'HS256', key: JSON.stringify(jwkOf(robot)) })],
  ['a stranger’s key', 'signature_invalid', () => make({ pair: stranger })],
  ['another client’s key in its own name', 'signature_invalid', () => make({ claims: { iss: 'other', sub: 'other' } })],
  ['an unknown key', 'key_unknown', () => make({ header: { kid: 'x' } })],
  ['the key in the header', 'header_forbidden', () => make({ header: { jwk: jwkOf(stranger) }, pair: stranger })],
  ['the address of the key in the header', 'header_forbidden', () => make({ header: { jku: 'https://evil.example/jwks' } })],
  ['another type', 'typ_wrong', () => make({ header: { typ: 'at+jwt' } })],
  ['an unknown client', 'client_unknown', () => make({ claims: { iss: 'nobody', sub: 'nobody' } })],
  ['a client whose keys are broken', 'keys_malformed', () => make({ claims: { iss: 'broken', sub: 'broken' } })],
  ['no iss', 'iss_missing', () => make({ claims: { iss: undefined } })],
  ['iss that is no text', 'claim_malformed', () => make({ claims: { iss: ['robot'] } })],
  ['no sub', 'sub_missing', () => make({ claims: { sub: undefined } })],
  ['sub another client', 'sub_wrong', () => make({ claims: { sub: 'other' } })],
  ['no aud', 'aud_missing', () => make({ claims: { aud: undefined } })],
  ['another server', 'aud_foreign', () => make({ claims: { aud: 'https://other.example/token' } })],
  ['another server too', 'aud_foreign', () => make({ claims: { aud: [TOKEN_ENDPOINT, 'https://other.example/token'] } })],
  ['no exp', 'exp_missing', () => make({ claims: { exp: undefined } })],
  ['exp as text', 'claim_malformed', () => make({ claims: { exp: String(seconds() + 60) } })],
  ['expired', 'expired', () => make({ claims: { exp: seconds() - 60 } })],
  ['valid for an hour', 'lives_too_long', () => make({ claims: { exp: seconds() + 3600 } })],
  ['not valid yet', 'not_yet_valid', () => make({ claims: { nbf: seconds() + 120 } })],
  ['made in the future', 'iat_future', () => make({ claims: { iat: seconds() + 120 } })],
  ['no jti', 'jti_missing', () => make({ claims: { jti: undefined } })],
  ['jti not a text', 'claim_malformed', () => make({ claims: { jti: 1 } })],
  ['nothing', 'token_malformed', () => ''],
  ['encrypted', 'token_encrypted', () => 'a.b.c.d.e'],
  ['too long', 'token_malformed', () => make({ claims: { padding: 'x'.repeat(20_000) } })],
  ['iss twice', 'token_duplicate_member', () => mint({ alg: 'ES256', kid: 'key-1' }, '{"iss":"robot","iss":"other"}', robot.privateKey, 'ES256')],
]
test.each(refusals)('refused: %s', async (_name, code, assertion) => {
  expect([verdict(await read(make())), verdict(await read(assertion()))]).toEqual(['accepted', code])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OidcCode } from '../codes.ts'
import { discover, type Provider } from '../discover.ts'
import { createKeyRings } from '../keys.ts'
import { readBackchannelLogout } from '../logout.ts'
import { localOutbound, verdict } from './flow.ts'
import { jwkOf, mint, type Pair, rsaPair } from './mint.ts'
import { CLIENT_ID, CLIENT_SECRET, openRogue, type Rogue } from './rogue.ts'

let rogue: Rogue
let provider: Provider
const outbound = localOutbound()
const keys = createKeyRings(outbound)
const stranger = rsaPair('rsa-1')
beforeAll(async () => {
  rogue = await openRogue()
  const discovered = await discover(rogue.issuer, outbound)
  if (!discovered.ok) throw new Error(discovered.code)
  provider = discovered.provider
})
afterAll(() => rogue.close())

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const seconds = (): number => Math.floor(Date.now() / 1000)
interface Making {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly pair?: Pair
  readonly key?: string
  readonly alg?: string
}
function make({ header, claims, pair = rogue.pairs[0], key, alg = 'RS256' }: Making = {}): string {
  const now = seconds()
  const all = { iss: rogue.issuer, aud: CLIENT_ID, iat: now, exp: now + 120, jti: 'logout-1', sub: 'anna', sid: 'session-1', events: { [EVENT]: {} }, ...claims }
  return mint({ alg: 'RS256', kid: 'rsa-1', typ: 'logout+jwt', ...header }, all, key ?? pair?.privateKey ?? '', alg)
}
const read = (token: string, clientId = CLIENT_ID) => readBackchannelLogout(token, provider, { clientId }, { keys })

describe('a logout token', () => {
  test('names the session, the subject and its own number', async () => {
    expect(await read(make())).toMatchObject({ ok: true, sid: 'session-1', sub: 'anna', jti: 'logout-1', expiresAt: expect.any(Date) as unknown })
  })
  test.each([
    ['sid only', { claims: { sub: undefined } }, { sub: null, sid: 'session-1' }],
    ['sub only', { claims: { sid: undefined } }, { sub: 'anna', sid: null }],
    ['typ of older providers', { header: { typ: 'JWT' } }, { sub: 'anna' }],
    ['no typ', { header: { typ: undefined } }, { sub: 'anna' }],
    ['no exp, as in older versions', { claims: { exp: undefined } }, { sub: 'anna' }],
  ] as const)('%s', async (_name, making, expected) => expect(await read(make(making))).toMatchObject({ ok: true, ...expected }))
  test('its number need not be remembered for longer than the token is taken', async () => {
    const result = await read(make({ claims: { exp: seconds() + 86_400 } }))
    expect(result.ok && result.expiresAt.getTime() < Date.now() + 400_000).toBe(true)
  })
})

const refusals: readonly (readonly [string, OidcCode, () => string])[] = [
  ['alg none', 'alg_forbidden', () => make({ header: { alg: 'none' }, alg: 'none' })],
  ['a token that was taken, sent again with alg none', 'alg_forbidden', () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${make().split('.')[1]}.`],
  ['HS256 with the client secret', 'alg_forbidden', () => make({ header: { alg: 'HS256' }, key: CLIENT_SECRET, alg: 'HS256' })],
  ['a stranger’s key', 'signature_invalid', () => make({ pair: stranger })],
  ['the key in the header', 'header_forbidden', () => make({ header: { jwk: jwkOf(stranger) }, pair: stranger })],
  ['an unknown key', 'key_unknown', () => make({ header: { kid: 'x' } })],
  ['an access token', 'typ_wrong', () => make({ header: { typ: 'at+jwt' } })],
  ['an ID token', 'nonce_present', () => make({ header: { typ: 'JWT' }, claims: { nonce: 'n', events: undefined } })],
  ['a nonce', 'nonce_present', () => make({ claims: { nonce: 'n' } })],
  ['an empty nonce', 'nonce_present', () => make({ claims: { nonce: null } })],
  ['no events', 'event_missing', () => make({ claims: { events: undefined } })],
  ['another event', 'event_missing', () => make({ claims: { events: { 'http://schemas.openid.net/event/other': {} } } })],
  ['events as a list', 'event_missing', () => make({ claims: { events: [EVENT] } })],
  ['an event without object', 'event_missing', () => make({ claims: { events: { [EVENT]: true } } })],
  ['neither sub nor sid', 'sid_and_sub_missing', () => make({ claims: { sub: undefined, sid: undefined } })],
  ['an empty sub', 'sub_malformed', () => make({ claims: { sub: '' } })],
  ['an empty sid', 'claim_malformed', () => make({ claims: { sid: '' } })],
  ['no jti', 'jti_missing', () => make({ claims: { jti: undefined } })],
  ['a jti without end', 'claim_malformed', () => make({ claims: { jti: 'x'.repeat(300) } })],
  ['no iat', 'iat_missing', () => make({ claims: { iat: undefined } })],
  ['made in the future', 'iat_future', () => make({ claims: { iat: seconds() + 120 } })],
  ['made an hour ago, valid for a day', 'too_old', () => make({ claims: { iat: seconds() - 3600, exp: seconds() + 86_400 } })],
  ['expired', 'expired', () => make({ claims: { iat: seconds() - 120, exp: seconds() - 60 } })],
  ['another client', 'aud_foreign', () => make({ claims: { aud: 'other' } })],
  ['another issuer', 'iss_wrong', () => make({ claims: { iss: 'https://idp.example' } })],
  ['no issuer', 'iss_missing', () => make({ claims: { iss: undefined } })],
  ['nothing', 'token_malformed', () => ''],
  ['five parts', 'token_encrypted', () => 'a.b.c.d.e'],
]
test.each(refusals)('refused: %s', async (_name, code, token) => {
  expect([verdict(await read(make())), verdict(await read(token()))]).toEqual(['accepted', code])
})

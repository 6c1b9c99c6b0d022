import { authorizationCodeGrant, ClientSecretBasic } from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginSignIn, endSessionUrl } from '../begin.ts'
import { readClientAssertion } from '../client-assertion.ts'
import { newClientKey } from '../client-auth.ts'
import { configurationOf } from '../configuration.ts'
import { discover, type Provider } from '../discover.ts'
import { createKeyRings, KEYS_FRESH_MS, KEYS_PAUSE_MS } from '../keys.ts'
import { localOutbound, signIn, verdict } from './flow.ts'
import { ecPair, edPair, mint, type Pair, rsaPair } from './mint.ts'
import { CLIENT_ID, CLIENT_SECRET, json, openRogue, REDIRECT_URI, type Rogue } from './rogue.ts'

let rogue: Rogue
beforeAll(async () => {
  rogue = await openRogue()
})
afterAll(() => rogue.close())

const providerOf = async (from: Rogue): Promise<Provider> => {
  const discovered = await discover(from.issuer, localOutbound())
  if (!discovered.ok) throw new Error(discovered.code)
  return discovered.provider
}

describe('an honest sign-in', () => {
  test('gives the claims, the ID token, its expiry and the session at the provider', async () => {
    const result = await signIn(rogue)
    expect(result).toMatchObject({ ok: true, claims: { sub: 'anna', iss: rogue.issuer }, sid: 'session-1', expiresAt: expect.any(Date) as unknown, idToken: expect.stringMatching(/^ey/) as unknown })
  })
  test('what goes to the provider', async () => {
    const begun = await beginSignIn({ provider: await providerOf(rogue), clientId: CLIENT_ID, redirectUri: REDIRECT_URI, scopes: ['email', 'openid'], loginHint: 'anna@acme.example', prompt: 'login', maxAge: 0, acrValues: ['a', 'b'] })
    const asked = Object.fromEntries(new URL(begun.url).searchParams)
    expect(asked).toEqual({
      client_id: CLIENT_ID, response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid email', state: begun.state, nonce: begun.nonce, code_challenge: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      code_challenge_method: 'S256', login_hint: 'anna@acme.example', prompt: 'login', max_age: '0', acr_values: 'a b',
    })
    expect(new Set([begun.state, begun.nonce, begun.codeVerifier, asked['code_challenge']]).size).toBe(4)
  })
  test('the description of a provider survives being kept as JSON', async () => {
    const provider = await providerOf(rogue)
    expect(JSON.parse(JSON.stringify(provider))).toEqual(provider)
  })
  const pairs: readonly (() => Pair)[] = [
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => () => rsaPair('k', alg)),
    () => ecPair('k', 'ES256'), () => ecPair('k', 'ES384'), () => ecPair('k', 'ES512'), () => edPair('k', 'EdDSA'), () => edPair('k', 'Ed25519'),
  ]
  test.each(pairs.map((make) => make()).map((pair) => [pair.alg, pair] as const))('signed with %s', async (alg, pair) => {
    const other = await openRogue([pair])
    other.twist = { metadata: { id_token_signing_alg_values_supported: [alg] } }
    try {
      expect(verdict(await signIn(other))).toBe('accepted')
    } finally {
      await other.close()
    }
  })
  test('a single key needs no key id', async () => {
    const other = await openRogue([rsaPair('only')])
    other.twist = { header: { kid: undefined } }
    try {
      expect(verdict(await signIn(other))).toBe('accepted')
    } finally {
      await other.close()
    }
  })
  test.each([
    ['without typ', { header: { typ: undefined } }],
    ['several audiences, asked for by us', { claims: { aud: [CLIENT_ID, 'other'], azp: CLIENT_ID } }],
    ['without at_hash and sid', { claims: { at_hash: undefined, sid: undefined } }],
    ['a subject of 255 characters', { claims: { sub: 'x'.repeat(255) } }],
    ['clocks that differ by 20 s', { claims: { iat: Math.floor(Date.now() / 1000) + 20, nbf: Math.floor(Date.now() / 1000) + 20 } }],
    ['PKCE methods unsaid', { metadata: { code_challenge_methods_supported: undefined } }],
    ['keys we cannot use beside', { jwks: (response, set) => json(response, { keys: [...set.keys, { kty: 'oct', k: 'AAAA', kid: 'rsa-9' }, { kty: 'RSA', use: 'enc', kid: 'rsa-1' }, { kty: 'AKP', kid: 'z' }] }) }],
    ['a silent provider that never announced its name', { metadata: { authorization_response_iss_parameter_supported: undefined }, callback: (parameters) => parameters.delete('iss') }],
  ] satisfies [string, Rogue['twist']][])('%s: is accepted', async (_name, twist) => {
    rogue.twist = twist
    const result = verdict(await signIn(rogue))
    rogue.twist = {}
    expect(result).toBe('accepted')
  })
})

describe('how we prove to be the client', () => {
  test('client_secret_post', async () => {
    const other = await openRogue()
    other.isClient = async (_request, form) => form.get('client_id') === CLIENT_ID && form.get('client_secret') === CLIENT_SECRET
    const results = [await signIn(other, { auth: { method: 'client_secret_post', secret: CLIENT_SECRET } }), await signIn(other, { auth: { method: 'client_secret_post', secret: 'wrong' } }), await signIn(other)]
    await other.close()
    expect(results.map(verdict)).toEqual(['accepted', 'client_refused', 'client_refused'])
  })
  test.each(['issuer', 'token_endpoint'] as const)('private_key_jwt for the %s; our own gate for assertions takes it', async (audience) => {
    const other = await openRogue()
    const [ours, foreign] = [await newClientKey('key-1'), await newClientKey('key-1')]
    const audiences = [audience === 'issuer' ? other.issuer : `${other.issuer}/token`]
    other.isClient = async (_request, form) => (await readClientAssertion(form.get('client_assertion') ?? '', { audiences, keysOf: async () => ({ keys: [ours.publicJwk] }) })).ok
    const results = [await signIn(other, { auth: { method: 'private_key_jwt', key: ours.privateJwk, audience } }), await signIn(other, { auth: { method: 'private_key_jwt', key: foreign.privateJwk, audience } })]
    await other.close()
    expect(results.map(verdict)).toEqual(['accepted', 'client_refused'])
  })
  test('an empty secret', async () => {
    expect(verdict(await signIn(rogue, { auth: { method: 'client_secret_basic', secret: '' } }))).toBe('client_key_invalid')
  })
  test('a key of ours that is none', async () => {
    const { publicJwk } = await newClientKey('key-1')
    const keys = [publicJwk, null, {}, { kid: 'a', alg: 'ES256', kty: 'EC' }, { kid: 'a', alg: 'HS256', kty: 'oct', k: 'AAAA' }]
    const results = await Promise.all(keys.map((key) => signIn(rogue, { auth: { method: 'private_key_jwt', key } })))
    expect(results.map(verdict)).toEqual(keys.map(() => 'client_key_invalid'))
  })
})

test('openid-client, as we set it up, checks the signature without our gate too', async () => {
  const provider = await providerOf(rogue)
  const stranger = rsaPair('rsa-1')
  const finish = async (): Promise<string> => {
    const configuration = configurationOf(provider, CLIENT_ID, ClientSecretBasic(CLIENT_SECRET))
    const begun = await beginSignIn({ provider, clientId: CLIENT_ID, redirectUri: REDIRECT_URI, scopes: [] })
    const tokens = await authorizationCodeGrant(configuration, new URL(rogue.visit(begun.url)), { expectedState: begun.state, expectedNonce: begun.nonce, pkceCodeVerifier: begun.codeVerifier })
    return tokens.claims()?.sub ?? ''
  }
  expect(await finish()).toBe('anna')
  rogue.twist = { mint: ({ header, claims, alg }) => mint(header, claims, stranger.privateKey, alg) }
  const forged = await finish().catch((error: unknown) => error)
  rogue.twist = {}
  expect(forged).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
})

describe('the provider’s keys', () => {
  test('are asked for once, then kept, and again after a while', async () => {
    const outbound = localOutbound()
    let now = Date.now()
    const keys = createKeyRings(outbound, () => now)
    const asked = (): number => rogue.seen.get('/jwks') ?? 0
    const before = asked()
    await Promise.all([signIn(rogue, { outbound, keys }), signIn(rogue, { outbound, keys }), signIn(rogue, { outbound, keys })])
    expect(asked() - before).toBe(1)
    now += KEYS_FRESH_MS
    expect(verdict(await signIn(rogue, { outbound, keys }))).toBe('accepted')
    expect(asked() - before).toBe(2)
  })
  test('an unknown key id asks again, once a minute at most; a new key is then found', async () => {
    const other = await openRogue()
    const outbound = localOutbound()
    let now = Date.now()
    const keys = createKeyRings(outbound, () => now)
    const asked = (): number => other.seen.get('/jwks') ?? 0
    const first = verdict(await signIn(other, { outbound, keys }))
    other.pairs.unshift(rsaPair('rsa-3'))
    const early = [verdict(await signIn(other, { outbound, keys })), verdict(await signIn(other, { outbound, keys }))]
    const askedEarly = asked()
    now += KEYS_PAUSE_MS
    const late = verdict(await signIn(other, { outbound, keys }))
    await other.close()
    expect({ first, early, askedEarly, late, askedLate: asked() }).toEqual({ first: 'accepted', early: ['key_unknown', 'key_unknown'], askedEarly: 1, late: 'accepted', askedLate: 2 })
  })
  test('a withdrawn key is forgotten', async () => {
    const other = await openRogue()
    const outbound = localOutbound()
    let now = Date.now()
    const keys = createKeyRings(outbound, () => now)
    const results = [verdict(await signIn(other, { outbound, keys }))]
    other.twist = { jwks: (response, set) => json(response, { keys: set.keys.slice(1) }) }
    now += KEYS_FRESH_MS
    results.push(verdict(await signIn(other, { outbound, keys })))
    await other.close()
    expect(results).toEqual(['accepted', 'key_unknown'])
  })
  test('a provider that was down is not asked for everybody who tries, and works again later', async () => {
    const other = await openRogue()
    const outbound = localOutbound()
    let now = Date.now()
    const keys = createKeyRings(outbound, () => now)
    other.twist = { jwks: (response) => json(response, {}, 503) }
    const down = [verdict(await signIn(other, { outbound, keys })), verdict(await signIn(other, { outbound, keys }))]
    const asked = other.seen.get('/jwks')
    other.twist = {}
    now += 5_000
    const up = verdict(await signIn(other, { outbound, keys }))
    await other.close()
    expect({ down, asked, up }).toEqual({ down: ['keys_malformed', 'keys_malformed'], asked: 1, up: 'accepted' })
  })
})

describe('signing out at the provider', () => {
  test('the address carries the ID token and where to come back to', async () => {
    const url = endSessionUrl({ provider: await providerOf(rogue), clientId: CLIENT_ID, idToken: 'ey.x.y', postLogoutRedirectUri: 'https://bss.example/bye', state: 's' })
    expect(url?.startsWith(`${rogue.issuer}/logout?`)).toBe(true)
    expect(Object.fromEntries(new URL(url ?? '').searchParams)).toEqual({ client_id: CLIENT_ID, id_token_hint: 'ey.x.y', post_logout_redirect_uri: 'https://bss.example/bye', state: 's' })
  })
  test('a provider without such an address has none', async () => {
    expect(endSessionUrl({ provider: { ...(await providerOf(rogue)), endSessionEndpoint: null }, clientId: CLIENT_ID, postLogoutRedirectUri: 'https://bss.example/bye' })).toBeNull()
  })
})

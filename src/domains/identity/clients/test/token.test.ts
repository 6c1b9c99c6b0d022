// The token endpoint, attacked. Every attack stands beside the honest request that it imitates.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../../kernel/ids.ts'
import { isWellFormedKey, keyDigest } from '../../../../platform/crypto/keys.ts'
import { freshPair, jwkOf, openGround, publish, registered, seconds, type Answer, type Ground, type Making, type Robot } from './ground.ts'

let ground: Ground
let robot: Robot
let other: Robot
let foreign: Robot
beforeAll(async () => {
  ground = await openGround()
  robot = await ground.robotOf(ground.acme, 'integration', { scopes: ['orders:read', 'orders:write', 'inventory:read'] })
  other = await ground.robotOf(ground.acme, 'integration')
  foreign = await ground.robotOf(ground.globex, 'integration')
}, 120_000)
afterAll(() => ground.close())

/** What an outsider learns of a refusal. */
const seen = ({ status, text, header }: Answer): unknown => ({ status, text, cache: header('cache-control'), challenge: header('www-authenticate') })
const tokensOf = async (id: string): Promise<number> => Number((await ground.peek('select count(*) from bss.session where oauth_client_id = $1', [id]))[0]?.[0])
const statusOf = (call: Promise<unknown>): Promise<number> => call.then(() => 200, (error: { status: number }) => error.status)

describe('an honest client', () => {
  it('gets a token with exactly the scopes it asked for, for ten minutes, kept as a digest only', async () => {
    const answer = await ground.ask(robot, {}, { scope: 'orders:read inventory:read', client_id: robot.id })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'inventory:read orders:read' } })
    expect([answer.header('cache-control'), answer.header('pragma')]).toEqual(['no-store', 'no-cache'])
    const token = String(answer.body['access_token'])
    expect([isWellFormedKey(token), token.slice(0, 6), Number(answer.body['expires_in']) > 590, Number(answer.body['expires_in']) <= 600]).toEqual([true, 'bss_s_', true, true])
    expect(await ground.as(token).whoami()).toMatchObject({ actor: { kind: 'service', id: robot.serviceAccountId }, permissions: ['inventory:read', 'orders:read'], session: { kind: 'client' } })
    const kept = JSON.stringify(await ground.peek('select to_jsonb(s)::text from bss.session s union all select to_jsonb(a)::text from bss.audit_entry a union all select to_jsonb(l)::text from bss.sign_in_attempt l'))
    expect([kept.includes(token.slice(13)), kept.includes(keyDigest(token))]).toEqual([false, true])
    expect(await ground.codeOf(answer)).toBe('ok')
  })
  it('gets everything it may do when it names no scope, and no more than its account may', async () => {
    expect((await ground.ask(robot)).body['scope']).toBe('inventory:read orders:read orders:write')
  })
  it('is told where to ask', async () => {
    const { body } = await ground.post('', {}, '/.well-known/oauth-authorization-server', 'GET')
    expect(body).toMatchObject({ issuer: ground.house.url, token_endpoint: `${ground.house.url}/oauth/token`, token_endpoint_auth_methods_supported: ['private_key_jwt'], grant_types_supported: ['client_credentials'] })
    expect((await ground.ask(robot, { claims: { aud: body['issuer'] } })).status).toBe(200)
  })
})

const refusals: readonly (readonly [string, string, () => Making])[] = [
  ['alg none', 'alg_forbidden', () => ({ alg: 'none' })],
  ['HS256 with the public key', 'alg_forbidden', () => ({ alg: 'HS256', key: JSON.stringify(jwkOf(robot.pair)) })],
  ['another client’s key', 'key_unknown', () => ({ pair: other.pair })],
  ['another client’s key under the name of its own', 'signature_invalid', () => ({ pair: other.pair, header: { kid: robot.pair.kid } })],
  ['a key of another organization’s client', 'signature_invalid', () => ({ pair: foreign.pair, header: { kid: robot.pair.kid } })],
  ['its own key in the header', 'header_forbidden', () => ({ header: { jwk: jwkOf(robot.pair) } })],
  ['another audience', 'aud_foreign', () => ({ claims: { aud: 'https://other.example/oauth/token' } })],
  ['two audiences', 'aud_foreign', () => ({ claims: { aud: [`${ground.house.url}/oauth/token`, 'https://other.example'] } })],
  ['an end that is over', 'expired', () => ({ claims: { iat: seconds() - 400, exp: seconds() - 200 } })],
  ['an end far away', 'lives_too_long', () => ({ claims: { exp: seconds() + 3600 } })],
  ['no number', 'jti_missing', () => ({ claims: { jti: undefined } })],
  ['another subject', 'sub_wrong', () => ({ claims: { sub: other.id } })],
]
describe('every refusal of a client looks the same outside, and is exact in the log', () => {
  it.each(refusals)('%s', async (_name, code, making) => {
    const unknown = await ground.ask({ ...robot, id: newId() })
    const answer = await ground.ask(robot, making())
    expect(seen(answer)).toEqual(seen(unknown))
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await ground.codeOf(answer)).toBe(code)
    expect(await ground.codeOf(unknown)).toBeNull()
    expect((await ground.ask(robot)).status).toBe(200)
  })
  it('iss of another client with one’s own key, in one’s own organization and across', async () => {
    for (const victim of [other, foreign]) {
      const answer = await ground.ask(victim, { pair: robot.pair })
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    }
    expect((await ground.globex.listSignInAttempts({ query: { 'filter[outcome]': 'key_unknown' } })).items).toMatchObject([{ purpose: 'token', subject: foreign.id }])
  })
  it('a form that names another client than the assertion', async () => {
    expect(await ground.ask(robot, {}, { client_id: other.id })).toMatchObject({ status: 401 })
    expect(await ground.ask(robot, {}, { client_id: robot.id })).toMatchObject({ status: 200 })
  })
  it('names that are no ids', async () => {
    for (const id of ['', 'robot', `${robot.id}'--`, robot.id.toUpperCase(), '__proto__']) expect((await ground.ask({ ...robot, id })).status).toBe(401)
  })
  it('an assertion of any size is answered, not obeyed', async () => {
    for (const signed of ['', 'a.b.c', '.'.repeat(50_000), 'x'.repeat(200_000), `${ground.assertion(robot)}${'A'.repeat(20_000)}`]) expect(await ground.post(ground.formOf(signed))).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await ground.post(ground.formOf('x'.repeat(600_000)))).toMatchObject({ status: 413, body: { error: 'invalid_request' } })
  })
})

describe('an assertion is good once', () => {
  it('of many copies that arrive together one gets a token', async () => {
    const mine = await ground.robotOf(ground.acme, 'integration')
    const form = ground.formOf(ground.assertion(mine))
    const answers = await Promise.all(Array.from({ length: 12 }, () => ground.post(form)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(await Promise.all(answers.filter(({ status }) => status !== 200).map((answer) => ground.codeOf(answer))))).toEqual(new Set(['assertion_replayed']))
    expect(await tokensOf(mine.id)).toBe(1)
  })
  it('two clients may use the same number', async () => {
    const claims = { jti: 'the same' }
    expect([(await ground.ask(robot, { claims })).status, (await ground.ask(other, { claims })).status, (await ground.ask(robot, { claims })).status]).toEqual([200, 200, 401])
  })
})

describe('the form', () => {
  const cases: readonly (readonly [string, string, number, (form: string) => Promise<Answer>])[] = [
    ['a parameter twice', 'invalid_request', 400, (form) => ground.post(`${form}&scope=orders:read&scope=orders:write`)],
    ['the assertion twice', 'invalid_request', 400, (form) => ground.post(`${form}&client_assertion=x`)],
    ['parameters in the address', 'invalid_request', 400, (form) => ground.post(form, {}, `/oauth/token?${form}`)],
    ['GET', 'invalid_request', 405, (form) => ground.post('', {}, `/oauth/token?${form}`, 'GET')],
    ['JSON', 'invalid_request', 415, (form) => ground.post(JSON.stringify(Object.fromEntries(new URLSearchParams(form))), { 'content-type': 'application/json' })],
    ['no grant', 'invalid_request', 400, (form) => ground.post(form.replace('grant_type=client_credentials', 'x=y'))],
    ['another grant', 'unsupported_grant_type', 400, (form) => ground.post(form.replace('client_credentials', 'password'))],
    ['no proof', 'invalid_client', 401, (form) => ground.post(form.replace(/&client_assertion=[^&]*/, ''))],
    ['a secret beside the proof', 'invalid_client', 401, (form) => ground.post(`${form}&client_secret=x`)],
    ['another kind of proof', 'invalid_client', 401, (form) => ground.post(form.replace('jwt-bearer', 'saml2-bearer'))],
    ['a scope that is no list', 'invalid_scope', 400, (form) => ground.post(`${form}&scope=orders%3Aread%0A`)],
  ]
  it.each(cases)('%s', async (_name, error, status, send) => {
    const form = ground.formOf(ground.assertion(robot))
    expect(await send(form)).toMatchObject({ status, body: { error } })
    // What was refused for its form has used nothing up.
    expect((await ground.post(form)).status).toBe(200)
  })
})

describe('scopes', () => {
  it.each(['audit:read', 'orders:read keys:write', 'orders:read nonsense', 'orders:release', 'platform:write', 'scim:write'])('%s is beyond the client', async (scope) => {
    const answer = await ground.ask(robot, {}, { scope })
    expect([answer.status, answer.body['error'], await ground.codeOf(answer)]).toEqual([400, 'invalid_scope', 'scope_beyond'])
  })
  it('a token opens nothing else, and mints neither keys nor clients', async () => {
    const token = (await ground.ask(robot)).body['access_token']
    const me = ground.as(token)
    expect([await statusOf(me.whoami()), await statusOf(me.listUsers()), await statusOf(me.createKey({ body: { serviceAccountId: (await ground.acme.listServiceAccounts()).items[0]?.id ?? newId(), name: 'Mine' } }))]).toEqual([200, 403, 403])
  })
})

describe('what ends a client ends its tokens at once', () => {
  const ways: readonly (readonly [string, string, number, (it: Robot) => Promise<unknown>])[] = [
    ['revoking the client', 'client_revoked', 401, (it) => ground.acme.revokeMachineClient({ params: { clientId: it.id } })],
    ['replacing its keys', 'key_unknown', 401, (it) => ground.acme.replaceMachineClientKeys({ params: { clientId: it.id }, body: { jwks: registered(freshPair()) } })],
    ['deactivating its account', 'account_deactivated', 401, (it) => ground.acme.deactivateServiceAccount({ params: { serviceAccountId: it.serviceAccountId } })],
    ['a role without the permission', 'no_permission', 403, (it) => ground.acme.assignRole({ params: { serviceAccountId: it.serviceAccountId }, body: { role: 'warehouse_operator' } })],
  ]
  it.each(ways)('%s', async (_name, code, status, end) => {
    const mine = await ground.robotOf(ground.acme, 'tenant_admin', { scopes: ['members:read'] })
    const me = ground.as((await ground.ask(mine)).body['access_token'])
    expect(await statusOf(me.listUsers())).toBe(200)
    await end(mine)
    await expect.poll(() => statusOf(me.listUsers()), { timeout: 8000 }).toBe(status)
    const after = await ground.ask(mine)
    expect([after.status === 200, await ground.codeOf(after)]).toEqual([false, code])
  })
  it('suspending the organization: the client looks unknown', async () => {
    const unknown = await ground.ask({ ...foreign, id: newId() })
    expect((await ground.ask(foreign)).status).toBe(200)
    await ground.platform.suspendOrganization({ params: { organizationId: ground.house.globex.id }, body: { reason: 'a test' } })
    const answer = await ground.ask(foreign)
    await ground.platform.resumeOrganization({ params: { organizationId: ground.house.globex.id }, body: { reason: 'the end of a test' } })
    expect(seen(answer)).toEqual(seen(unknown))
    expect((await ground.ask(foreign)).status).toBe(200)
  })
  it('a client that has expired', async () => {
    const mine = await ground.robotOf(ground.acme, 'integration')
    expect((await ground.ask(mine)).status).toBe(200)
    await ground.peek("update bss.oauth_client set expires_at = now() - interval '1 second' where id = $1", [mine.id])
    const after = await ground.ask(mine)
    expect([after.status, await ground.codeOf(after)]).toEqual([401, 'client_expired'])
  })
})

describe('networks', () => {
  it('a forged X-Forwarded-For is nobody’s address, at the endpoint and with the token', async () => {
    const [far, near] = [await ground.robotOf(ground.acme, 'integration', { cidrs: ['192.0.2.0/24'] }), await ground.robotOf(ground.acme, 'integration', { cidrs: ['127.0.0.0/8', '::1'] })]
    const forged = { 'x-forwarded-for': '192.0.2.7', forwarded: 'for=192.0.2.7', 'x-real-ip': '192.0.2.7' }
    const [refused, granted] = [await ground.ask(far, {}, {}, forged), await ground.ask(near, {}, {}, { 'x-forwarded-for': '203.0.113.1' })]
    expect([refused.status, await ground.codeOf(refused), granted.status]).toEqual([401, 'address_foreign', 200])
    await ground.peek("update bss.oauth_client set cidrs = '{192.0.2.0/24}' where id = $1", [near.id])
    const who = await fetch(`${ground.house.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${String(granted.body['access_token'])}`, ...forged } })
    expect(who.status).toBe(401)
  })
})

describe('keys at an address of the client', () => {
  it('are read there, and kept for a while', async () => {
    const pair = freshPair()
    const place = await publish(() => ({ keys: [jwkOf(pair)] }))
    const mine = await ground.robotOf(ground.acme, 'integration', { jwksUri: place.url }, pair)
    expect([(await ground.ask(mine)).status, (await ground.ask(mine)).status, (await ground.ask(mine, { pair: freshPair() })).status, place.asked()]).toEqual([200, 200, 401, 1])
    await place.close()
  })
  it('an address that leads into a private network is not asked', async () => {
    const mine = await ground.robotOf(ground.acme, 'integration', { jwksUri: 'http://inner.example/jwks' })
    const answer = await ground.ask(mine)
    expect([answer.status, await ground.codeOf(answer)]).toEqual([401, 'jwks_address_forbidden'])
  })
})

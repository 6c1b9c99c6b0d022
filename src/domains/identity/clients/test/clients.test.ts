// Operations on machine clients, in the order of every room's tests.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOf } from '../../../../kernel/client.ts'
import { newId } from '../../../../kernel/ids.ts'
import { rsaPair } from '../../../../platform/oidc/test/mint.ts'
import { clientsApi } from '../contract.ts'
import { freshPair, openGround, registered, type Ground } from './ground.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 120_000)
afterAll(() => ground.close())

const accountOf = async (role: 'integration' | 'finance' | 'tenant_admin' = 'integration') => (await ground.acme.createServiceAccount({ body: { name: `account ${newId()}`, role } })).id
const rsa = (bits: number, more: Readonly<Record<string, string>> = {}) => {
  const { n, e } = rsaPair('rsa', 'PS256', bits).publicKey.export({ format: 'jwk' })
  return { keys: [{ kty: 'RSA' as const, alg: 'PS256' as const, kid: 'rsa', n: n ?? '', e: e ?? '', ...more }] }
}

describe('machine clients', () => {
  it('are created, shown and listed with the names of their keys', async () => {
    const serviceAccountId = await accountOf()
    const pair = freshPair()
    const made = await ground.acme.createMachineClient({ body: { serviceAccountId, name: 'Import', jwks: registered(pair), scopes: ['orders:read'] } })
    expect(made).toMatchObject({ status: 'live', keys: [{ kid: pair.kid, kty: 'EC', alg: 'ES256', until: null }], scopes: ['orders:read'], tokenEndpoint: `${ground.house.url}/oauth/token`, jwksUri: null })
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(365 * 86_400_000)
    expect(await ground.acme.getMachineClient({ params: { clientId: made.id } })).toEqual(made)
    expect((await ground.acme.listMachineClients({ query: { 'filter[serviceAccountId]': serviceAccountId, 'filter[status]': 'live' } })).items).toEqual([made])
    expect((await ground.acme.listMachineClients({ query: { 'filter[serviceAccountId]': serviceAccountId, 'filter[status]': 'revoked' } })).items).toEqual([])
  })
  it('of RSA keys are as good as those of curves', async () => {
    const pair = rsaPair('rsa', 'PS256', 2048)
    const { n, e } = pair.publicKey.export({ format: 'jwk' })
    const robot = await ground.robotOf(ground.acme, 'integration', { jwks: { keys: [{ kty: 'RSA', alg: 'PS256', kid: 'rsa', n: n ?? '', e: e ?? '' }] } }, pair)
    expect((await ground.ask(robot)).status).toBe(200)
    expect((await ground.ask(robot, { alg: 'RS256' })).status).toBe(401)
  })
  it('never take a private key, and never keep one', async () => {
    const serviceAccountId = await accountOf()
    const { d } = freshPair().privateKey.export({ format: 'jwk' })
    const [key] = registered(freshPair()).keys
    const body = JSON.stringify({ serviceAccountId, name: 'Private', jwks: { keys: [{ ...key, d }] } })
    const answer = await fetch(`${ground.house.url}/api/v1/machine-clients`, { method: 'POST', headers: { authorization: `Bearer ${ground.house.acme.keys.tenant_admin}`, 'content-type': 'application/json' }, body })
    const text = await answer.text()
    expect([answer.status, text.includes('/jwks/keys/0/d'), text.includes(d ?? '?')]).toEqual([400, true, false])
    expect((await ground.acme.listMachineClients({ query: { 'filter[serviceAccountId]': serviceAccountId } })).items).toEqual([])
  })
  it('are refused with pointers when their keys cannot be used', async () => {
    const serviceAccountId = await accountOf()
    const [a, b] = [registered(freshPair()).keys[0], registered(freshPair()).keys[0]]
    const body = { serviceAccountId, name: 'Bad' }
    await expect(ground.acme.createMachineClient({ body })).rejects.toMatchObject({ status: 400, errors: [{ code: 'one_of' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwksUri: 'https://keys.example/jwks', jwks: registered(freshPair()) } })).rejects.toMatchObject({ status: 400, errors: [{ code: 'one_of' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: { keys: [] } } })).rejects.toMatchObject({ status: 400 })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: registered(...Array.from({ length: 6 }, freshPair)) } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/jwks/keys' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: { keys: [{ kty: 'EC', kid: 'a', alg: 'ES256', crv: 'P-256', x: 'AAAA', y: 'AAAA' }] } } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwks/keys/0', code: 'key_invalid' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: { keys: [{ kty: 'RSA', kid: 'a', alg: 'ES256', n: 'AAAA', e: 'AQAB' }] } } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwks/keys/0', code: 'key_type' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: rsa(1024) } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwks/keys/0/n', code: 'key_size' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: rsa(2048, { e: 'AQ' }) } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwks/keys/0/e', code: 'key_exponent' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: { keys: [a, b].flatMap((key) => (key === undefined ? [] : [{ ...key, kid: 'same' }])) } } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwks/keys/1/kid', code: 'kid' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: registered(freshPair()), scopes: ['audit:read'] } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/scopes/0', code: 'not_held' }] })
    await expect(ground.acme.createMachineClient({ body: { ...body, jwks: registered(freshPair()), cidrs: ['10.0.0.0/33'] } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/cidrs/0', code: 'cidr' }] })
    for (const jwksUri of ['https://10.0.0.5/jwks', 'http://keys.example/jwks', 'https://169.254.169.254/latest', 'https://user:secret@keys.example/jwks']) {
      await expect(ground.acme.createMachineClient({ body: { ...body, jwksUri } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwksUri' }] })
    }
    expect((await ground.acme.listMachineClients({ query: { 'filter[serviceAccountId]': serviceAccountId } })).items).toEqual([])
  })
  it('are nobody else’s business, and nobody makes one that may do more than himself', async () => {
    await expect(clientOf(clientsApi, ground.house.sender(null)).listMachineClients()).rejects.toMatchObject({ status: 401 })
    await expect(ground.house.client(clientsApi, 'planner').listMachineClients()).rejects.toMatchObject({ status: 403 })
    const serviceAccountId = await accountOf('tenant_admin')
    // A key that may mint keys and nothing else: it is held to what it holds.
    const narrow = (await ground.acme.createKey({ body: { serviceAccountId, name: 'narrow', scopes: ['keys:write', 'keys:read'] } })).secret ?? ''
    const held = clientOf(clientsApi, ground.house.sender({ token: narrow }))
    await expect(held.createMachineClient({ body: { serviceAccountId, name: 'Wide', jwks: registered(freshPair()) } })).rejects.toMatchObject({ status: 403 })
    const victim = await ground.robotOf(ground.acme, 'tenant_admin')
    await expect(held.replaceMachineClientKeys({ params: { clientId: victim.id }, body: { jwks: registered(freshPair()) } })).rejects.toMatchObject({ status: 403 })
    await expect(held.rotateMachineClientKeys({ params: { clientId: victim.id }, body: { jwks: registered(freshPair()) } })).rejects.toMatchObject({ status: 403 })
    expect((await ground.ask(victim)).status).toBe(200)
  })
  it('a foreign client and a missing one look the same, and a foreign account too', async () => {
    const foreign = await ground.robotOf(ground.globex, 'integration')
    const jwks = registered(freshPair())
    const answers = await Promise.all([foreign.id, newId<'MachineClient'>()].map((clientId) => Promise.all([
      ground.acme.getMachineClient({ params: { clientId } }), ground.acme.revokeMachineClient({ params: { clientId } }), ground.acme.replaceMachineClientKeys({ params: { clientId }, body: { jwks } }),
      ground.acme.rotateMachineClientKeys({ params: { clientId }, body: { jwks } }),
    ].map((call) => call.then(() => null, (error: { status: number; detail: string }) => [error.status, error.detail])))))
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.map((answer) => answer?.[0])).toEqual([404, 404, 404, 404])
    await expect(ground.acme.createMachineClient({ body: { serviceAccountId: foreign.serviceAccountId, name: 'Theirs', jwks } })).rejects.toMatchObject({ status: 404 })
    expect((await ground.ask(foreign)).status).toBe(200)
  })
  it('rotate: both keys work until the overlap is over, and a name is not used twice', async () => {
    const robot = await ground.robotOf(ground.acme, 'integration')
    const next = freshPair()
    const params = { clientId: robot.id }
    await expect(ground.acme.rotateMachineClientKeys({ params, body: { jwks: registered(robot.pair) } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/jwks/keys/0/kid' }] })
    const rotated = await ground.acme.rotateMachineClientKeys({ params, body: { jwks: registered(next), overlapMinutes: 5 } })
    expect(rotated.keys.map(({ kid, until }) => [kid, until === null])).toEqual([[next.kid, true], [robot.pair.kid, false]])
    expect([(await ground.ask(robot)).status, (await ground.ask(robot, { pair: next })).status]).toEqual([200, 200])
    await ground.peek("update bss.oauth_client set retiring_until = now() - interval '1 second' where id = $1", [robot.id])
    expect([(await ground.ask(robot)).status, (await ground.ask(robot, { pair: next })).status]).toEqual([401, 200])
  })
  it('a revoked client stays so', async () => {
    const robot = await ground.robotOf(ground.acme, 'integration')
    const params = { clientId: robot.id }
    expect(await ground.acme.revokeMachineClient({ params })).toMatchObject({ status: 'revoked' })
    const jwks = registered(freshPair())
    await expect(ground.acme.revokeMachineClient({ params })).rejects.toMatchObject({ status: 409 })
    await expect(ground.acme.replaceMachineClientKeys({ params, body: { jwks } })).rejects.toMatchObject({ status: 409 })
    await expect(ground.acme.rotateMachineClientKeys({ params, body: { jwks } })).rejects.toMatchObject({ status: 409 })
    const account = await accountOf()
    await ground.acme.deactivateServiceAccount({ params: { serviceAccountId: account } })
    await expect(ground.acme.createMachineClient({ body: { serviceAccountId: account, name: 'Late', jwks } })).rejects.toMatchObject({ status: 409 })
  })
})

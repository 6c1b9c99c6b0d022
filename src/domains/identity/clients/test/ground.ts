// A house with machine clients of Acme and Globex: their keys, what they sign, and what they ask the token endpoint.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceAccountId } from '../../../../kernel/ids.ts'
import { isRecord } from '../../../../kernel/json.ts'
import { clientOf, fetchSender } from '../../../../kernel/client.ts'
import { ecPair, mint, type Json, type Pair } from '../../../../platform/oidc/test/mint.ts'
import { openHouse, type House } from '../../../../../test/setup/house.ts'
import { sql } from '../../../../../test/setup/sql.ts'
import { connectionsApi } from '../../connections/contract.ts'
import { identityApi, type TenantRole } from '../../contract.ts'
import { tenancyApi } from '../../../tenancy/contract.ts'
import { clientsApi, type MachineClientDraft, type MachineClientId, type PublicJwks } from '../contract.ts'

export const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
export type Fields = Readonly<Record<string, string>>
export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId: string
  header(name: string): string | null
}
export interface Making {
  readonly header?: Json
  readonly claims?: Json
  readonly pair?: Pair
  readonly alg?: string
  readonly key?: string
}
/** A client that was registered, with the key it signs with. */
export interface Robot {
  readonly id: MachineClientId
  readonly serviceAccountId: ServiceAccountId
  readonly pair: Pair
}
/** Whoever signs, in whatever name. */
export interface Signer {
  readonly id: string
  readonly pair: Pair
}
export type Ground = Awaited<ReturnType<typeof openGround>>

let count = 0
export const freshPair = (): Pair => ecPair(`key-${(count += 1)}`, 'ES256')
/** The public half, as it is registered. */
export const registered = (...pairs: readonly Pair[]): PublicJwks => ({
  keys: pairs.map((pair) => {
    const { x, y } = pair.publicKey.export({ format: 'jwk' })
    return { kty: 'EC', crv: 'P-256', kid: pair.kid, alg: 'ES256', use: 'sig', x: x ?? '', y: y ?? '' }
  }),
})
export const seconds = (): number => Math.floor(Date.now() / 1000)

/** Call in `beforeAll`, `close()` in `afterAll`. Clients may publish keys at 127.0.0.1; `inner.example` leads into a private network. */
export async function openGround() {
  const house: House = await openHouse({
    service: { outbound: { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1', 'inner.example'], resolve: (name) => Promise.resolve(name === 'inner.example' ? ['10.0.0.5'] : []) } },
  })
  const clients = (organization: House['acme']) => {
    const sender = house.sender('tenant_admin', organization)
    return { ...clientOf(clientsApi, sender), ...clientOf(identityApi, sender), ...clientOf(connectionsApi, sender) }
  }
  const acme = clients(house.acme)
  const globex = clients(house.globex)
  const platform = clientOf(tenancyApi, fetchSender({ baseUrl: house.url, token: house.operatorKey }))

  const robotOf = async (admin: typeof acme, role: TenantRole, more: Partial<MachineClientDraft> = {}, pair = freshPair()): Promise<Robot> => {
    const account = await admin.createServiceAccount({ body: { name: `robot ${(count += 1)}`, role } })
    const source = more.jwksUri === undefined ? { jwks: registered(pair) } : {}
    const { id } = await admin.createMachineClient({ body: { serviceAccountId: account.id, name: 'Robot', ...source, ...more } })
    return { id, serviceAccountId: account.id, pair }
  }
  const assertion = (robot: Signer, { header, claims, pair = robot.pair, alg = pair.alg, key }: Making = {}): string =>
    mint({ alg, kid: pair.kid, ...header }, { iss: robot.id, sub: robot.id, aud: `${house.url}/oauth/token`, jti: `jti-${(count += 1)}`, iat: seconds(), exp: seconds() + 60, ...claims }, key ?? pair.privateKey, alg)
  const post = async (body: string, headers: Fields = {}, address = '/oauth/token', method = 'POST'): Promise<Answer> => {
    const answer = await fetch(house.url + address, { method, headers: { ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}), ...headers }, ...(method === 'POST' ? { body } : {}) })
    const text = await answer.text()
    const value: unknown = JSON.parse(text)
    return { status: answer.status, text, body: isRecord(value) ? value : {}, requestId: answer.headers.get('request-id') ?? '', header: (name) => answer.headers.get(name) }
  }
  const formOf = (signed: string, more: Fields = {}): string => new URLSearchParams({ grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: signed, ...more }).toString()
  const ask = (robot: Signer, making: Making = {}, more: Fields = {}, headers: Fields = {}): Promise<Answer> => post(formOf(assertion(robot, making), more), headers)
  return {
    house, acme, globex, platform, robotOf, assertion, post, formOf, ask,
    /** What the holder of a token sees of itself. */
    as: (token: unknown) => clientOf(identityApi, fetchSender({ baseUrl: house.url, token: String(token), retries: 0 })),
    /** The exact code in the log of sign-ins under the number of an answer; null when nothing was written. */
    codeOf: async ({ requestId }: Answer): Promise<string | null> => (await sql(house.superuserUrl, "select outcome from bss.sign_in_attempt where request_id = $1 and purpose = 'token'", [requestId]))[0]?.[0] ?? null,
    peek: (text: string, params: readonly string[] = []) => sql(house.superuserUrl, text, params),
    close: () => house.close(),
  }
}

/** A place at which a client publishes its keys. */
export async function publish(set: () => unknown) {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(set()))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = server.address()
  const port = (typeof at === 'object' && at !== null ? at satisfies AddressInfo : { port: 0 }).port
  return { url: `http://127.0.0.1:${port}/jwks`, asked: () => asked, close: () => new Promise((done) => server.close(done)) }
}
export { jwkOf } from '../../../../platform/oidc/test/mint.ts'

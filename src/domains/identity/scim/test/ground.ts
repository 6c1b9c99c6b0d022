// A whole house with two directories: Acme's, bound to a connection of its own, and Globex's; what each asks by plain HTTP, as Entra ID and
// Okta do it, and a look behind the walls.
import { isList, isRecord } from '../../../../kernel/json.ts'
import { openHouse, type House } from '../../../../../test/setup/house.ts'
import { sql } from '../../../../../test/setup/sql.ts'
import { auditApi } from '../../../audit/contract.ts'
import { connectionsApi } from '../../connections/contract.ts'
import { identityApi } from '../../contract.ts'
import { scimKeysApi } from '../contract.ts'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  header(name: string): string | null
}
export interface Asked {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is, instead of the body. */
  readonly raw?: string
}
export interface Caller {
  readonly token: string
  (method: string, path: string, asked?: Asked): Promise<Answer>
}
export type Ground = Awaited<ReturnType<typeof openGround>>

const SCIM = 'application/scim+json'
function callerOf(url: string, token: string): Caller {
  const call = async (method: string, path: string, { body, headers = {}, raw }: Asked = {}): Promise<Answer> => {
    const text = raw ?? (body === undefined ? null : JSON.stringify(body))
    const answer = await fetch(`${url}/scim/v2${path}`, { method, headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...(text === null ? {} : { 'content-type': SCIM }), ...headers }, ...(text === null ? {} : { body: text }) })
    const said = await answer.text()
    const value: unknown = said === '' ? {} : JSON.parse(said)
    return { status: answer.status, body: isRecord(value) ? value : {}, header: (name) => answer.headers.get(name) }
  }
  return Object.assign(call, { token })
}

/** Call in `beforeAll`, `close()` in `afterAll`. */
export async function openGround() {
  const house: House = await openHouse()
  const clients = (organization: House['acme']) => ({
    ...house.client(scimKeysApi, 'tenant_admin', organization), ...house.client(identityApi, 'tenant_admin', organization), ...house.client(connectionsApi, 'tenant_admin', organization), ...house.client(auditApi, 'auditor', organization),
  })
  const acme = clients(house.acme)
  const globex = clients(house.globex)
  const connection = await acme.createConnection({ body: { name: 'Entra', kind: 'oidc', preset: 'generic', oidc: { issuer: 'https://idp.example.com', clientId: 'bss', clientAuth: 'client_secret_basic', scopes: ['openid'] }, clientSecret: 'a secret of the provider' } })
  const key = await acme.createScimKey({ body: { name: 'Entra ID', connectionId: connection.id } })
  const foreignKey = await globex.createScimKey({ body: { name: 'Okta' } })
  return {
    house, acme, globex, connection, key,
    call: callerOf(house.url, key.secret ?? ''),
    foreign: callerOf(house.url, foreignKey.secret ?? ''),
    as: (token: string) => callerOf(house.url, token),
    peek: (text: string, params: readonly string[] = []) => sql(house.superuserUrl, text, params),
    close: () => house.close(),
  }
}

let count = 0
/** A user name that nobody has yet. */
export const freshName = (): string => `person${(count += 1)}@acme.example`
export const idOf = ({ body }: Answer): string => String(body['id'])
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const patch = (...operations: readonly unknown[]): Asked => ({ body: { schemas: [PATCH], Operations: operations } })
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const q = (filter: string): string => encodeURIComponent(filter)
/** A field of something that was answered; empty when there is none. */
export const textIn = (value: unknown, name: string): string => (isRecord(value) && (typeof value[name] === 'string' || typeof value[name] === 'number') ? String(value[name]) : '')
export const found = ({ body }: Answer): readonly unknown[] => (isList(body['Resources']) ? body['Resources'] : [])
export const namesIn = (value: unknown): string[] => (isRecord(value) ? Object.keys(value).toSorted((a, b) => a.localeCompare(b)) : [])

// A real server with the rooms of tenancy, identity and audit on a database of its own, an operator, and organizations made
// through the API: what the tests of these three rooms share.
import { clientOf, fetchSender } from '../../../kernel/client.ts'
import { randomBytes } from 'node:crypto'
import type { OrganizationId } from '../../../kernel/ids.ts'
import { freshDatabase, type FreshDatabase } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { onRevoked } from '../../../platform/db/listen.ts'
import { implement } from '../../../platform/http/route.ts'
import { createServer, type Server } from '../../../platform/http/server.ts'
import { silentLog } from '../../../platform/log/log.ts'
import { auditApi } from '../../audit/contract.ts'
import { auditHandlers } from '../../audit/index.ts'
import { identityApi, type TenantRole } from '../../identity/contract.ts'
import { createAuthenticate, createOperatorKey, identityHandlers, seedFirstAdmin } from '../../identity/index.ts'
import { tenancyApi } from '../contract.ts'
import { tenancyHandlers } from '../index.ts'

/** Every operation of the three rooms, as a holder of `token` may call it. Nothing is repeated behind the test's back. */
export const clientsOf = (baseUrl: string, token: string | null) => {
  const seen: { status: number; header(name: string): string | null } = { status: 0, header: () => null }
  const sender = fetchSender({ baseUrl, token, retries: 0, onResponse: (response) => Object.assign(seen, response) })
  return { ...clientOf(tenancyApi, sender), ...clientOf(identityApi, sender), ...clientOf(auditApi, sender), token, seen }
}
export type Clients = ReturnType<typeof clientsOf>

export interface OrganizationOfTest {
  readonly id: OrganizationId
  readonly slug: string
  readonly admin: Clients
  /** A key of an account with that role, made through the API. */
  as(role: TenantRole): Promise<Clients>
}

export interface Estate {
  readonly house: FreshDatabase
  readonly urls: readonly string[]
  readonly operator: Clients
  /** Nobody: no key at all. */
  readonly stranger: Clients
  client(token: string | null, server?: number): Clients
  organization(): Promise<OrganizationOfTest>
  /** Looks behind the walls. */
  peek(text: string, params?: readonly string[]): Promise<readonly (readonly (string | null)[])[]>
  close(): Promise<void>
}

/** Call in `beforeAll`, `close()` in `afterAll`. Two servers stand for two processes: each remembers callers by itself. */
export async function openEstate(servers = 1): Promise<Estate> {
  const house = await freshDatabase()
  const { database } = house
  const clock = { nowMs: () => Date.now() }
  const running: { server: Server; feed: { stop(): Promise<void> } }[] = []
  const urls: string[] = []
  for (let index = 0; index < servers; index += 1) {
    const server = createServer({
      routes: [
        ...implement('tenancy', tenancyApi, tenancyHandlers(database, seedFirstAdmin)), ...implement('identity', identityApi, identityHandlers(database, { operations: () => new Map(), knownSites: () => Promise.resolve(new Set()) })),
        ...implement('audit', auditApi, auditHandlers(database)),
      ],
      authenticate: createAuthenticate(database, clock), isReady: () => Promise.resolve([]), log: silentLog, clock,
    })
    const feed = onRevoked({ url: house.primaryUrl, secret: house.secret, log: silentLog, principals: server.principals })
    await feed.started
    running.push({ server, feed })
    urls.push((await server.listen()).url)
  }
  const client = (token: string | null, server = 0): Clients => clientsOf(urls[server] ?? '', token)
  const { secret } = await createOperatorKey(database, { name: 'the operator' })
  const operator = client(secret)
  const organization = async (): Promise<OrganizationOfTest> => {
    const slug = `t-${randomBytes(6).toString('hex')}`
    const made = await operator.createOrganization({ body: { slug, name: `Organization ${slug}` } })
    const admin = client(made.firstKey.secret)
    return {
      id: made.organization.id, slug, admin,
      as: async (role) => {
        const account = await admin.createServiceAccount({ body: { name: `${role} ${randomBytes(4).toString('hex')}`, role } })
        const key = await admin.createKey({ body: { serviceAccountId: account.id, name: role } })
        return client(key.secret)
      },
    }
  }
  return {
    house, urls, operator, stranger: client(null), client, organization,
    peek: (text, params = []) => sql(house.superuserUrl, text, params),
    close: async () => {
      for (const { server, feed } of running) {
        await feed.stop()
        await server.stop()
      }
      await house.close()
    },
  }
}

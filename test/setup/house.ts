// A whole house for a test file: a real server on a database of its own, two organizations, one key per role, SDK clients.
import { createOperatorKey } from '../../src/domains/identity/index.ts'
import { openOrganization, type OrganizationKeys } from '../../src/app/people.ts'
import { startService, type Service, type ServiceOptions } from '../../src/app/service.ts'
import { clientOf, fetchSender, type Client, type Sender } from '../../src/kernel/client.ts'
import type { Api } from '../../src/kernel/contract.ts'
import type { RoleName } from '../../src/kernel/access.ts'
import type { HttpConfig } from '../../src/platform/http/config.ts'
import { silentLog } from '../../src/platform/log/log.ts'
import { freshDatabase, type FreshDatabase } from './database.ts'

export type Person = Exclude<RoleName, 'global_admin' | 'support'>
export interface House extends FreshDatabase {
  readonly url: string
  readonly service: Service
  readonly operatorKey: string
  /** Two organizations that must never meet. */
  readonly acme: OrganizationKeys
  readonly globex: OrganizationKeys
  /** Sends with the key of a person of an organization (acme's by default), a given key, or none. */
  sender(who: Person | { token: string } | null, organization?: OrganizationKeys): Sender
  /** A typed client of a room: `house.client(ordersApi, 'planner')`. */
  client<const A extends Api>(api: A, who: Person, organization?: OrganizationKeys): Client<A>
}
export interface HouseOptions {
  readonly withWorker?: boolean
  readonly http?: Partial<HttpConfig>
  /** What else the service is started with: where it may go beside the public internet, say. */
  readonly service?: Partial<ServiceOptions>
  /** Another way to the primary, for the service alone: a wire that the test can cut. */
  readonly via?: (primaryUrl: string) => string
}

/** Call in `beforeAll`, and `close()` in `afterAll`. The limits are wide, so that a fast test is not slowed by them. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const fresh = await freshDatabase()
  const service = await startService({
    primaryUrl: options.via?.(fresh.primaryUrl) ?? fresh.primaryUrl, replicaUrls: fresh.replicaUrls, secret: fresh.secret, log: silentLog,
    http: { port: 0, publicRequests: { perSecond: 100_000, burst: 100_000 }, failures: { perSecond: 100_000, burst: 100_000 }, ...options.http },
    withWorker: options.withWorker ?? false, poolSize: 8, ...options.service,
  })
  const url = service.url ?? ''
  const { secret: operatorKey } = await createOperatorKey(fresh.database, { name: 'tests' })
  const acme = await openOrganization({ url, operatorKey, slug: 'acme', name: 'Acme Logistics' })
  const globex = await openOrganization({ url, operatorKey, slug: 'globex', name: 'Globex Trading' })
  const sender: House['sender'] = (who, organization = acme) =>
    fetchSender({ baseUrl: url, token: who === null ? '' : typeof who === 'string' ? organization.keys[who] : who.token })
  return {
    ...fresh, url, service, operatorKey, acme, globex, sender,
    client: (api, who, organization) => clientOf(api, sender(who, organization)),
    close: async () => {
      await service.stop()
      await fresh.close()
    },
  }
}


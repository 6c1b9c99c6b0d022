// What the crash tests stand on: three organizations whose customers race for the last units of 1, 10 and 1,000 items, and the
// service in a process of its own, so that it can be killed and started again like one.
import Type from 'typebox'
import { ordersApi } from '../../src/domains/orders/contract.ts'
import { clientOf, fetchSender, type Client } from '../../src/kernel/client.ts'
import { idOf, type ItemId, type OrganizationId, type PartyId, type SiteId } from '../../src/kernel/ids.ts'
import { startChild, type Child } from '../bench/child.ts'
import { idAt, seed } from '../bench/seed.ts'

export interface Shop {
  readonly organizationId: OrganizationId
  readonly name: string
  readonly key: string
  readonly items: readonly ItemId[]
  /** Units of each item at the beginning. */
  readonly units: number
  readonly linesMax: number
}
export const SITE = idOf<'Site'>(idAt('site', 1)) satisfies SiteId
export const CUSTOMER = idOf<'Party'>(idAt('customer', 1)) satisfies PartyId

/** About as many units as half of the load wants: the last ones are fought for, and cancellations give some back. */
const SIZES = [{ skus: 1, units: 120, linesMax: 1 }, { skus: 10, units: 30, linesMax: 4 }, { skus: 1_000, units: 1, linesMax: 8 }] as const

/** Fills a migrated database. */
export async function openShops(superuserUrl: string): Promise<Shop[]> {
  const shops: Shop[] = []
  for (const [index, { skus, units, linesMax }] of SIZES.entries()) {
    const number = index + 1
    const keys = await seed(superuserUrl, number, number, { organizations: 1, skus, customers: 1, onHand: units })
    const items = Array.from({ length: skus }, (_, item) => idOf<'Item'>(idAt('item', item + 1)))
    shops.push({ organizationId: idOf<'Organization'>(idAt('organization', number)), name: `${skus} items`, key: keys.get(number) ?? '', items, units, linesMax })
  }
  return shops
}

const Url = Type.Object({ url: Type.String() })
interface Addresses {
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  readonly secret: Uint8Array
}

/** The service with its worker, as a process. */
export class ServiceProcess {
  readonly #orders: object
  #running: Child<Type.Static<typeof Url>> | null = null
  constructor({ primaryUrl, replicaUrls, secret }: Addresses) {
    this.#orders = { primaryUrl, replicaUrls, secret: Buffer.from(secret).toString(), withWorker: true }
  }
  async start(): Promise<void> {
    this.#running = await startChild('service-process.ts', this.#orders, Url)
  }
  /** No handler of it runs and nothing is flushed. */
  kill(): void {
    process.kill(this.#alive().pid, 'SIGKILL')
  }
  async stop(): Promise<void> {
    await this.#running?.stop()
    this.#running = null
  }
  get url(): string {
    return this.#alive().said.url
  }
  get pid(): number {
    return this.#alive().pid
  }
  /** A client that tries once, at the address of the moment: what fails is the business of the load. */
  orders(shop: Shop): Client<typeof ordersApi> {
    return clientOf(ordersApi, fetchSender({ baseUrl: this.url, token: shop.key, retries: 0 }))
  }
  #alive(): Child<Type.Static<typeof Url>> {
    if (this.#running === null) throw new Error('The service was not started.')
    return this.#running
  }
}

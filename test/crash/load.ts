// 64 clients that place orders of several lines and cancel some of them. Each repeats a request with the same key and the same
// body until it is acknowledged, and remembers every acknowledgement word for word.
import type { Order } from '../../src/domains/orders/document/contract.ts'
import { ApiError } from '../../src/kernel/client.ts'
import { seeded } from '../bench/figures.ts'
import { CUSTOMER, SITE, type ServiceProcess, type Shop } from './ground.ts'

type Line = { readonly itemId: Shop['items'][number]; readonly quantity: string; readonly backorderPolicy: 'cancel' | 'allow' | 'split' }
export interface Asked {
  readonly shop: Shop
  readonly key: string
  readonly lines: readonly Line[]
}
export interface Acknowledged extends Asked {
  /** The answer that was first given to this key. */
  readonly order: Order
  /** How often something had been killed by then. */
  readonly kills: number
  isCancelled: boolean
}
export interface LoadResult {
  readonly acknowledged: readonly Acknowledged[]
  /** Attempts that were cut off in the middle, or turned away while nobody was there. */
  readonly cut: number
  /** What must not happen: answers that differ from the first to the same key, refusals that no fault explains. */
  readonly faults: readonly string[]
}
export interface LoadPlan {
  readonly service: ServiceProcess
  readonly shops: readonly Shop[]
  /** Kills when so many orders are acknowledged, each once. */
  readonly killsAt: readonly number[]
  readonly kill: () => Promise<void>
}

export const CLIENTS = 64
export const TURNS = 9
/** A bound and no expectation: on a busy machine a start takes its time. */
const PATIENCE_MS = 90_000
const POLICIES = ['cancel', 'allow', 'split'] as const

class Load {
  readonly acknowledged: Acknowledged[] = []
  readonly faults: string[] = []
  readonly killing: Promise<void>[] = []
  cut = 0
  readonly #plan: LoadPlan
  constructor(plan: LoadPlan) {
    this.#plan = plan
  }

  async client(number: number): Promise<void> {
    const roll = seeded(1_000 + number)
    const { shops } = this.#plan
    let previous: Acknowledged | null = null
    for (let turn = 0; turn < TURNS; turn++) {
      const shop = shops[(number + turn) % shops.length]
      if (shop === undefined) throw new Error('There is no shop.')
      const mine = await this.#place({ shop, key: `crash-${number}-${turn}`, lines: basket(shop, roll) })
      if (roll() < 0.25 && mine.order.status !== 'cancelled') await this.#cancel(mine)
      if (previous !== null && roll() < 0.3) await this.repeat(previous)
      previous = mine
    }
  }

  /** Sends an acknowledged request again: the answer must be the same, whoever gives it. */
  async repeat(known: Acknowledged): Promise<void> {
    const again = await this.#insist(known.key, () => this.#send(known))
    const [first, second] = [JSON.stringify(known.order), JSON.stringify(again)]
    if (first !== second) this.faults.push(`${known.key} was answered with ${first}, and later with ${second}`)
  }

  async #place(asked: Asked): Promise<Acknowledged> {
    const order = await this.#insist(asked.key, () => this.#send(asked))
    const mine = { ...asked, order, kills: this.killing.length, isCancelled: false }
    this.acknowledged.push(mine)
    if (this.acknowledged.length === this.#plan.killsAt[this.killing.length]) this.killing.push(this.#plan.kill())
    return mine
  }

  async #cancel(mine: Acknowledged): Promise<void> {
    const idempotencyKey = `${mine.key}-cancel`
    const order = await this.#insist(idempotencyKey, () => this.#plan.service.orders(mine.shop).cancelOrder({ params: { orderId: mine.order.id }, body: {}, idempotencyKey }))
    if (order.status !== 'cancelled') this.faults.push(`${mine.order.number} is ${order.status} after it was cancelled`)
    mine.isCancelled = true
  }

  #send({ shop, key, lines }: Asked): Promise<Order> {
    return this.#plan.service.orders(shop).placeOrder({ body: { customerId: CUSTOMER, siteId: SITE, lines: [...lines] }, idempotencyKey: key })
  }

  async #insist<T>(key: string, send: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + PATIENCE_MS
    for (let attempt = 0; ; attempt++) {
      try {
        return await send()
      } catch (error) {
        if (!(error instanceof ApiError) || performance.now() > untilMs) throw error
        // Cut off, turned away for a moment, or still running under the same key; any other refusal is a fault of the product.
        if (!([0, 503].includes(error.status) || error.code === 'in_progress')) throw new Error(`${key} was refused: ${error.status} ${error.message}`, { cause: error })
        this.cut += 1
        // Patient enough to leave the machine to what is starting again.
        await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, 100 * 2 ** attempt) * (0.5 + Math.random())))
      }
    }
  }
}

function basket(shop: Shop, roll: () => number): Line[] {
  const count = 1 + Math.floor(roll() * shop.linesMax)
  return Array.from({ length: count }, () => ({
    itemId: shop.items[Math.floor(roll() * shop.items.length)] ?? shop.items[0],
    quantity: String(1 + Math.floor(roll() * 2)),
    backorderPolicy: POLICIES[Math.floor(roll() * POLICIES.length)] ?? 'cancel',
  })).flatMap(({ itemId, ...line }) => (itemId === undefined ? [] : [{ itemId, ...line }]))
}

/** Runs the load to its end; then repeats everything that was acknowledged before the last kill. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const load = new Load(plan)
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => load.client(number).catch((error: unknown) => void load.faults.push(String(error)))))
  await Promise.all(load.killing)
  const before = load.acknowledged.filter(({ kills }) => kills < plan.killsAt.length)
  for (let from = 0; from < before.length; from += CLIENTS) await Promise.all(before.slice(from, from + CLIENTS).map((each) => load.repeat(each)))
  return { acknowledged: load.acknowledged, cut: load.cut, faults: load.faults }
}

// Random commands against a tiny model of one item: after each, the order, its lines, the reservations and the stock must agree
// with the model, and the statuses with the rules.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { ApiError } from '../../../kernel/client.ts'
import type { ItemId, OrderHoldId } from '../../../kernel/ids.ts'
import { ordersApi } from '../contract.ts'
import type { LineStatus, Order } from '../document/contract.ts'
import { mayBecome, orderStatusOf } from '../rules.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
})
afterAll(() => house.close())

type Step = { readonly do: 'submit' | 'confirm' | 'allocate' | 'release' | 'cancel' | 'hold' | 'unhold' } | { readonly do: 'cancelLine' | 'amend'; readonly line: number; readonly quantity: number } | { readonly do: 'add'; readonly quantity: number } | { readonly do: 'stock'; readonly quantity: number }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ do: 'submit' }, { do: 'confirm' }, { do: 'allocate' }, { do: 'release' }, { do: 'cancel' }, { do: 'hold' }, { do: 'unhold' }),
  fc.record({ do: fc.constantFrom('cancelLine' as const, 'amend' as const), line: fc.nat(2), quantity: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ do: fc.constant('add' as const), quantity: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant('stock' as const), quantity: fc.integer({ min: 1, max: 6 }) }),
)

const isPromising = (status: LineStatus): boolean => ['confirmed', 'released', 'in_fulfilment'].includes(status)

class Walk {
  readonly #client = house.client(ordersApi, 'planner')
  readonly #itemId: ItemId
  #order: Order
  #holdIds: OrderHoldId[] = []
  stock: number
  constructor(order: Order, itemId: ItemId, stock: number) {
    this.#order = order
    this.#itemId = itemId
    this.stock = stock
  }
  async take(next: Step): Promise<void> {
    const params = { orderId: this.#order.id }
    const at = 'line' in next ? this.#order.lines[next.line] : undefined
    switch (next.do) {
      case 'submit': await this.#client.submitOrder({ params }); break
      case 'confirm': await this.#client.confirmOrder({ params }); break
      case 'allocate': await this.#client.allocateOrder({ params }); break
      case 'release': await this.#client.releaseOrder({ params }); break
      case 'cancel': await this.#client.cancelOrder({ params, body: {} }); break
      case 'hold': this.#holdIds.push((await this.#client.holdOrder({ params, body: { kind: 'manual', reason: 'Look at it' } })).id); break
      case 'unhold': for (const holdId of this.#holdIds.splice(0)) await this.#client.unholdOrder({ params: { ...params, holdId }, body: {} }); break
      case 'cancelLine': if (at) await this.#client.cancelOrderLine({ params: { ...params, lineId: at.id }, body: { quantity: String(next.quantity) } }); break
      case 'amend': if (at) await this.#client.amendOrder({ params, ifMatch: this.#order.rowVersion, body: { changeLines: [{ lineId: at.id, quantity: String(next.quantity) }] } }); break
      case 'add': await this.#client.amendOrder({ params, ifMatch: this.#order.rowVersion, body: { addLines: [{ itemId: this.#itemId, quantity: String(next.quantity) }] } }); break
      case 'stock': await shop.add(this.#itemId, String(next.quantity)); this.stock += next.quantity; break
    }
  }
  /** What does not agree; empty when everything does. */
  async faults(): Promise<string[]> {
    const before = this.#order
    const order = await this.#client.getOrder({ params: { orderId: before.id } })
    this.#order = order
    const faults: string[] = []
    const must = (holds: boolean, what: string): void => {
      if (!holds) faults.push(what)
    }
    must(order.status === orderStatusOf(order.lines.map(({ status }) => status)), `the order is ${order.status}`)
    must(order.isHeld === this.#holdIds.length > 0, `isHeld is ${order.isHeld}`)
    for (const line of order.lines) {
      const was = before.lines.find(({ id }) => id === line.id)
      must(was === undefined || was.status === line.status || mayBecome(was.status, line.status), `${was?.status} became ${line.status}`)
      const open = Number(line.ordered) - Number(line.cancelled) - Number(line.reserved)
      must(open >= 0, `more reserved than ordered: ${open}`)
      must(Number(line.backordered) === (isPromising(line.status) ? open : 0), `backordered ${line.backordered} of ${open}`)
      must(line.reserved === '0' || isPromising(line.status), `reserved while ${line.status}`)
    }
    must(order.isBackordered === order.lines.some(({ backordered }) => backordered !== '0'), `isBackordered is ${order.isBackordered}`)
    const reserved = order.lines.reduce((total, line) => total + Number(line.reserved), 0)
    must(reserved <= this.stock, `${reserved} of ${this.stock} promised`)
    const found = await shop.reserved(this.#itemId)
    must(found.lines === reserved && found.reservations === reserved && found.level === reserved && found.onHand === this.stock, JSON.stringify({ reserved, found }))
    return faults
  }
}

describe('an order under random commands', () => {
  it('always agrees with its lines, its reservations and the stock', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.array(step, { minLength: 5, maxLength: 14 }), async (onHand, steps) => {
        run += 1
        const itemId = await shop.item(`MODEL-${run}`, onHand)
        const order = await house.client(ordersApi, 'planner').createOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity: '4' }, { itemId, quantity: '5', backorderPolicy: 'all_or_nothing' }, { itemId, quantity: '2', backorderPolicy: 'split' }] } })
        const walk = new Walk(order, itemId, onHand)
        for (const next of [{ do: 'submit' } as const, ...steps]) {
          try {
            await walk.take(next)
          } catch (error) {
            // A refusal is an answer; anything that is not one of these is a failure.
            if (!(error instanceof ApiError) || !['illegal_transition', 'conflict', 'insufficient_stock'].includes(error.code)) throw error
          }
          expect({ next, faults: await walk.faults() }).toEqual({ next, faults: [] })
        }
      }),
      { numRuns: 12, endOnFailure: true },
    )
  }, 120_000)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId, type ItemId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../contract.ts'
import type { BulkOrder } from '../placements/contract.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
let item: ItemId
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  shop = await openShop(house, house.acme, 'MAIN')
  item = await shop.item('MUG', 1_000)
})
afterAll(() => house.close())
const loader = () => house.client(ordersApi, 'integration')
async function all<T>(results: AsyncIterable<T, unknown, unknown>): Promise<T[]> {
  const found: T[] = []
  for await (const result of results) found.push(result)
  return found
}
const bulk = (ref: string, quantity: string, more: Partial<BulkOrder> = {}): BulkOrder => ({
  external: { source: 'shop', ref }, customerCode: 'C-MAIN', siteCode: 'MAIN', currency: 'EUR', orderedAt: '2026-01-05T10:00:00Z', lines: [{ sku: 'MUG', quantity, unitPrice: '2.55' }], ...more,
})
/** Waits for what the worker does; fails when it never happens. */
async function eventually<T>(look: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 15_000; ; ) {
    const value = await look()
    if (isThere(value) || Date.now() > deadline) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('orders in bulk', () => {
  it('of several senders, with the same goods in opposite order, never wait for each other in a ring', async () => {
    const skus = Array.from({ length: 12 }, (_, index) => `RING-${index}`)
    for (const sku of skus) await shop.item(sku, 10_000)
    const orders = (sender: number): BulkOrder[] => Array.from({ length: 24 }, (_, index) => {
      const first = (index * 5 + sender * 7) % skus.length
      const sku = skus[sender % 2 === 0 ? first : skus.length - 1 - first] ?? ''
      return bulk(`RING-${sender}-${index}`, '1', { lines: [{ sku, quantity: '1', unitPrice: '1' }] })
    })
    const results = (await Promise.all(Array.from({ length: 8 }, (_, sender) => all(loader().placeOrders({ lines: orders(sender) }))))).flat()
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 8 * 24 }, () => 'created'))
    const rows = await sql(house.superuserUrl, "select sum(l.reserved)::int from bss.stock_level l join bss.item i on i.organization_id = l.organization_id and i.id = l.item_id where i.sku like 'RING-%'")
    expect(rows).toEqual([[String(8 * 24)]])
  }, 60_000)
  it('are placed once each; a bad one does not spoil the others; a second run changes nothing', async () => {
    const lines: BulkOrder[] = [
      ...Array.from({ length: 150 }, (_, index) => bulk(`A-${index}`, '2')),
      bulk('bad-customer', '1', { customerCode: 'nobody' }), bulk('bad-item', '1', { lines: [{ sku: 'MUG', quantity: '1', unitPrice: '1' }, { sku: 'nothing', quantity: '1', unitPrice: '1' }] }),
      bulk('no-site', '1', { siteCode: 'NOWHERE' }), bulk('A-0', '2'), bulk('whole', '100000', { allOrNothing: true }),
    ]
    const first = await all(loader().placeOrders({ lines }))
    expect(first.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1))
    expect(first.slice(0, 150).every(({ outcome, reservedLines }) => outcome === 'created' && reservedLines === 1)).toBe(true)
    expect(first.slice(150).map(({ outcome, code, pointer }) => [outcome, code, pointer])).toEqual([
      ['refused', 'unknown_customer', '/customerCode'], ['refused', 'unknown_item', '/lines/1/sku'], ['refused', 'unknown_site', '/siteCode'], ['unchanged', undefined, undefined], ['refused', 'insufficient_stock', '/lines/0']])
    const second = await all(loader().placeOrders({ lines }))
    expect(second.map(({ outcome }) => outcome)).toEqual(first.map(({ outcome }) => (outcome === 'created' ? 'unchanged' : outcome)))
    expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
    expect(await shop.reserved(item)).toEqual({ lines: 300, reservations: 300, level: 300, onHand: 1_000 })
    const orderId = first[0]?.id ?? newId<'SalesOrder'>()
    expect(await house.client(ordersApi, 'finance').getOrderMoney({ params: { orderId } })).toMatchObject({ total: { amount: '5.10', currency: 'EUR' } })
  })

  it('goods given up are taken from the newest order that is open at that time, all of it or nothing', async () => {
    const mug = await shop.item('CUP', 100)
    const at = (day: number): string => `2026-02-0${day}T10:00:00Z`
    const [one, two] = await all(loader().placeOrders({ lines: [1, 2, 3].map((day) => bulk(`S-${day}`, '5', { orderedAt: at(day), lines: [{ sku: 'CUP', quantity: '5', unitPrice: '1' }] })) }))
    const cancel = (ref: string, quantity: string, occurredAt: string, customerCode = 'C-MAIN') => ({ external: { source: 'shop', ref }, customerCode, sku: 'CUP', quantity, occurredAt })
    const entries = [cancel('K1', '7', '2026-02-02T12:00:00Z'), cancel('K2', '4', '2026-02-02T12:00:00Z'), cancel('K3', '1', at(3), 'nobody'), cancel('K1', '7', '2026-02-02T12:00:00Z')]
    const results = await all(loader().cancelSold({ lines: entries }))
    expect(results.map(({ outcome, code }) => [outcome, code])).toEqual([['cancelled', undefined], ['refused', 'no_matching_order'], ['refused', 'unknown_customer'], ['unchanged', undefined]])
    expect(results[0]?.orderIds).toEqual([two?.id, one?.id])
    expect(await shop.reserved(mug)).toEqual({ lines: 8, reservations: 8, level: 8, onHand: 100 })
    expect((await loader().listOrders({ query: { q: 'S-', sort: 'orderedAt' } })).items.map(({ status }) => status)).toEqual(['confirmed', 'cancelled', 'confirmed'])
  })

  it('customers and prices are loaded by code and sku, and loading them again changes nothing', async () => {
    const customers = [{ code: 'B-1', name: 'One', country: 'FR' }, { code: 'B-2', name: 'Two', gln: '4012345000008' }]
    expect((await all(loader().upsertCustomers({ lines: customers }))).map(({ outcome, code }) => [outcome, code])).toEqual([['created', undefined], ['refused', 'check_digit']])
    expect((await all(loader().upsertCustomers({ lines: [{ code: 'B-1', name: 'Uno' }, { code: 'B-1', name: 'Uno' }] }))).map(({ outcome }) => outcome)).toEqual(['updated', 'unchanged'])
    const prices = [{ sku: 'MUG', currency: 'EUR' as const, unitPrice: '2.5' }, { sku: 'none', currency: 'EUR' as const, unitPrice: '1' }, { sku: 'CUP', currency: 'USD' as const, unitPrice: '1' }]
    expect((await all(loader().setPrices({ lines: prices }))).map(({ outcome, code }) => [outcome, code])).toEqual([['created', undefined], ['refused', 'unknown_item'], ['refused', 'wrong_currency']])
    expect((await all(loader().setPrices({ lines: prices }))).map(({ outcome }) => outcome)).toEqual(['unchanged', 'refused', 'refused'])
  })
})

describe('stock and promises', () => {
  it('what comes in goes to the most urgent and oldest promise first', async () => {
    const scarce = await shop.item('SCARCE', 0)
    const client = house.client(ordersApi, 'planner')
    const place = (quantity: string, priority: number) => client.placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, priority, lines: [{ itemId: scarce, quantity }] } })
    const [later, sooner, urgent] = [await place('5', 6), await place('5', 5), await place('4', 1)]
    expect([later, sooner, urgent].map(({ isBackordered }) => isBackordered)).toEqual([true, true, true])
    await shop.add(scarce, '10')
    const taken = await eventually(async () => (await Promise.all([urgent, sooner, later].map(({ id }) => client.getOrder({ params: { orderId: id } })))).map(({ lines }) => lines[0]?.reserved), (found) => found.join(' ') === '4 5 1')
    expect(taken).toEqual(['4', '5', '1'])
  })

  it('a promise that cannot be kept shows on the order', async () => {
    const fragile = await shop.item('FRAGILE', 10)
    const client = house.client(ordersApi, 'planner')
    const placed = await client.placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId: fragile, quantity: '8' }] } })
    await house.client(inventoryApi, 'tenant_admin').adjustStock({ body: { siteId: shop.siteId, reason: 'damage', lines: [{ itemId: fragile, locationId: shop.locationId, change: '-5' }] } })
    const order = await eventually(() => client.getOrder({ params: { orderId: placed.id } }), ({ isBackordered }) => isBackordered)
    expect(order).toMatchObject({ isBackordered: true, lines: [{ reserved: '5', backordered: '3' }] })
    expect((await client.getOrderTimeline({ params: { orderId: placed.id } })).items.map(({ kind }) => kind)).toContain('backordered')
    expect(await shop.reserved(fragile)).toEqual({ lines: 5, reservations: 5, level: 5, onHand: 5 })
  })

  it('every event of orders has been delivered or is on its way, none set aside', async () => {
    expect(await sql(house.superuserUrl, "select topic, last_error from bss.outbox_event where status = 'set_aside' or attempts > 1")).toEqual([])
  })
})

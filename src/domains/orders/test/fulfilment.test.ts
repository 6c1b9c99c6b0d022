// The order's part in fulfilment: what was picked, shipped and delivered; holds; what is promised later; cancelling what is under way.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import type { ItemId, OrderId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../contract.ts'
import type { BackorderPolicyName } from '../document/contract.ts'
import { floorOf, type Floor } from './floor.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
let floor: Floor
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  shop = await openShop(house, house.acme, 'MAIN')
  const pack = await house.client(inventoryApi, 'tenant_admin').createLocation({ params: { siteId: shop.siteId }, body: { code: 'PACK', kind: 'pack' } })
  floor = floorOf(house, pack.id)
}, 120_000)
afterAll(() => house.close())
const planner = () => house.client(ordersApi, 'planner')
const at = (orderId: OrderId) => planner().getOrder({ params: { orderId } })

/** A released order of one line. */
async function released(itemId: ItemId, quantity: string, backorderPolicy: BackorderPolicyName = 'split') {
  const order = await planner().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity, backorderPolicy }] } })
  await planner().releaseOrder({ params: { orderId: order.id } })
  const [line] = order.lines
  if (line === undefined) throw new Error('The order has no line.')
  return { params: { orderId: order.id }, orderId: order.id, lineId: line.id }
}
async function eventually<T>(look: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 15_000; ; ) {
    const value = await look()
    if (isThere(value) || Date.now() > deadline) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('an order in the warehouse', () => {
  it('is picked, shipped in parts and delivered, and its status follows', async () => {
    const { orderId, lineId } = await released(await shop.item('STEPS', 10), '5')
    await floor.pick(lineId, '3')
    expect(await at(orderId)).toMatchObject({ status: 'in_fulfilment', lines: [{ picked: '3', reserved: '5', shipped: '0' }] })
    expect(await floor.ship(lineId)).toBe('3')
    expect(await at(orderId)).toMatchObject({ status: 'in_fulfilment', lines: [{ picked: '3', reserved: '2', shipped: '3' }] })
    await floor.pick(lineId, '2')
    await floor.ship(lineId)
    expect(await at(orderId)).toMatchObject({ status: 'shipped', lines: [{ picked: '5', reserved: '0', shipped: '5', delivered: '0' }] })
    await expect(floor.deliver(lineId, '6')).rejects.toMatchObject({ code: 'conflict' })
    await floor.deliver(lineId, '2')
    expect((await at(orderId)).status).toBe('shipped')
    await floor.deliver(lineId, '3')
    expect(await at(orderId)).toMatchObject({ status: 'delivered', lines: [{ delivered: '5' }] })
    expect((await planner().getOrderTimeline({ params: { orderId } })).items.map(({ kind }) => kind)).toEqual(['created', 'released', 'shipped', 'shipped', 'delivered', 'delivered'])
    expect(await floor.broken()).toEqual([])
  })

  it('does not leave under a hold, not even in part; more than was picked is never shipped', async () => {
    const { orderId, params, lineId } = await released(await shop.item('HELD', 10), '5')
    await floor.pick(lineId, '2')
    const hold = await planner().holdOrder({ params, body: { kind: 'credit', reason: 'Over the limit', lineId } })
    await expect(floor.ship(lineId)).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await at(orderId)).toMatchObject({ lines: [{ shipped: '0', picked: '2', reserved: '5' }] })
    await planner().unholdOrder({ params: { ...params, holdId: hold.id }, body: {} })
    await floor.ship(lineId)
    expect(await at(orderId)).toMatchObject({ lines: [{ shipped: '2', picked: '2', reserved: '3' }] })
    await expect(floor.pick(lineId, '4')).rejects.toThrow('not so much')
    expect(await floor.broken()).toEqual([])
  })

  it('that is cancelled gives back what waits, what is in bins and what is picked; the last is to be put away', async () => {
    const { orderId, params, lineId } = await released(await shop.item('GIVEUP', 6), '8')
    await floor.pick(lineId, '4')
    expect(await floor.onTable()).toEqual(['4', '4'])
    const cancelLine = (quantity: string) => planner().cancelOrderLine({ params: { ...params, lineId }, body: { quantity } })
    expect(await cancelLine('3')).toMatchObject({ lines: [{ cancelled: '3', reserved: '5', picked: '4' }] })
    expect(await cancelLine('2')).toMatchObject({ lines: [{ cancelled: '5', reserved: '3', picked: '3' }] })
    expect(await floor.onTable()).toEqual(['4', '3'])
    expect(await planner().cancelOrder({ params, body: {} })).toMatchObject({ status: 'cancelled', lines: [{ cancelled: '8', reserved: '0', picked: '0' }] })
    expect(await floor.onTable()).toEqual(['4', '0'])
    const told = await sql(house.superuserUrl, "select payload->'lines'->0->>'quantity' from bss.outbox_event where topic = 'stock.toPutAway' and payload->>'documentId' = $1 order by id", [orderId])
    expect(told).toEqual([['1'], ['3']])
    expect(await floor.broken()).toEqual([])
  })

  it('of which the rest is cancelled is shipped, or delivered when all that left has arrived; a hold does not stop that', async () => {
    const { orderId, params, lineId } = await released(await shop.item('REST', 10), '5')
    const other = await released(await shop.item('REST-2', 10), '5')
    for (const each of [lineId, other.lineId]) {
      await floor.pick(each, '3')
      await floor.ship(each)
    }
    await floor.deliver(other.lineId, '3')
    await planner().holdOrder({ params, body: { kind: 'credit', reason: 'Over the limit' } })
    expect(await planner().cancelOrder({ params, body: {} })).toMatchObject({ status: 'shipped', lines: [{ cancelled: '2', shipped: '3', reserved: '0' }] })
    expect(await planner().cancelOrder({ params: other.params, body: {} })).toMatchObject({ status: 'delivered', lines: [{ cancelled: '2', delivered: '3' }] })
    await expect(planner().cancelOrder({ params, body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect((await at(orderId)).isHeld).toBe(true)
    expect(await floor.broken()).toEqual([])
  })

  it('goods that a customer gave up in another system are taken back from what is picked, too', async () => {
    const { orderId, lineId } = await released(await shop.item('SOLD', 10), '5')
    await floor.pick(lineId, '4')
    const lines = [{ external: { source: 'shop', ref: 'C1' }, customerCode: 'C-MAIN', sku: 'SOLD', quantity: '3', occurredAt: new Date().toISOString() }]
    const outcomes: string[] = []
    for await (const each of house.client(ordersApi, 'integration').cancelSold({ lines })) outcomes.push(each.outcome)
    expect(outcomes).toEqual(['cancelled'])
    expect(await at(orderId)).toMatchObject({ lines: [{ cancelled: '3', reserved: '2', picked: '2' }] })
    expect(await floor.broken()).toEqual([])
  })
})

describe('what is promised after the release', () => {
  it('goes to the warehouse at once where a line may be split, otherwise when it is complete, and never under a hold', async () => {
    const scarce = await shop.item('LATER', 2)
    const split = await released(scarce, '3')
    const bins = async ({ orderId }: { readonly orderId: OrderId }) => (await sql(house.superuserUrl, "select coalesce(sum(quantity) filter (where kind = 'hard'), 0)::int, coalesce(sum(quantity) filter (where kind = 'soft'), 0)::int from bss.reservation where order_id = $1 and status = 'open'", [orderId]))[0]
    expect(await bins(split)).toEqual(['2', '0'])
    await shop.add(scarce, '1')
    expect(await eventually(() => bins(split), (found) => found?.[0] === '3')).toEqual(['3', '0'])
    expect((await planner().getOrderTimeline({ params: split.params })).items.map(({ kind }) => kind)).toEqual(['created', 'released', 'allocated', 'released'])

    const held = await released(await shop.item('LATER-HELD', 2), '3')
    const hold = await planner().holdOrder({ params: held.params, body: { kind: 'manual', reason: 'Look at it' } })
    await shop.add((await at(held.orderId)).lines[0]?.itemId ?? scarce, '1')
    expect(await eventually(() => bins(held), (found) => found?.[1] === '1')).toEqual(['2', '1'])
    await expect(planner().releaseOrder({ params: held.params })).rejects.toMatchObject({ code: 'illegal_transition' })
    await planner().unholdOrder({ params: { ...held.params, holdId: hold.id }, body: {} })
    expect(await planner().releaseOrder({ params: held.params })).toMatchObject({ shortages: [] })
    expect(await bins(held)).toEqual(['3', '0'])
    await expect(planner().releaseOrder({ params: held.params })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await floor.broken()).toEqual([])
  })

  it('no event was set aside', async () => {
    expect(await sql(house.superuserUrl, "select topic, last_error from bss.outbox_event where status = 'set_aside'")).toEqual([])
  })
})

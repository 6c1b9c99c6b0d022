// What shipments do about what orders tell, through the worker: cancellations, and goods that come back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import type { ItemId, LocationId, OrderId, OrderLineId, ReturnLineId, ShipmentId } from '../../../kernel/ids.ts'
import { newId } from '../../../kernel/ids.ts'
import { openWarehouse, until, type Warehouse } from './warehouse.ts'

let w: Warehouse
let back: LocationId
beforeAll(async () => {
  w = await openWarehouse({ withWorker: true })
  back = await w.bin('R-01', 'receive')
}, 120_000)
afterAll(() => w.house.close())

const lineOf = async (orderId: OrderId): Promise<OrderLineId> => (await w.orders.getOrder({ params: { orderId } })).lines[0]?.id ?? newId()
const shipment = (shipmentId: ShipmentId) => w.shipments.getShipment({ params: { shipmentId } })
const DAY_MS = 86_400_000
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString()

/** Ships so much of an order's line, so long ago. */
async function ship(orderId: OrderId, itemId: ItemId, quantity: string, days: number): Promise<ShipmentId> {
  const { id } = await w.shipments.createShipment({ body: { orderIds: [orderId], lines: [{ orderLineId: await lineOf(orderId), quantity }] } })
  const params = { shipmentId: id }
  await w.shipments.releaseShipment({ params })
  await w.pick(id)
  await w.shipments.packShipment({ params, body: { units: [{ kind: 'package', contents: [{ itemId, quantity }] }] } })
  await w.shipments.shipShipment({ params, body: { shippedAt: daysAgo(days) } })
  return id
}
async function awaited(orderLineId: OrderLineId, quantity: string) {
  const made = await w.orders.requestReturn({ body: { lines: [{ orderLineId, quantity, reason: 'damaged' }] } })
  const params = { returnId: made.id }
  await w.orders.approveReturn({ params, body: {} })
  await w.orders.awaitReturn({ params, body: {} })
  const returnLineId: ReturnLineId = made.lines[0]?.id ?? newId()
  return { params, receive: (part: string) => w.orders.receiveReturn({ params, body: { lines: [{ returnLineId, quantity: part, locationId: back }] } }) }
}
/** Quantities and amounts of a shipment's costs, as finance sees them. */
const costs = async (shipmentId: ShipmentId) => (await w.shipments.getShipmentCosts({ params: { shipmentId } })).items.map(({ quantity, unitCost, amount }) => [quantity, unitCost?.amount ?? null, amount?.amount ?? null])

describe('the cost of goods that come back', () => {
  it('is what it was when they left, the newest that left first, taken back once and to the cent', async () => {
    const itemId = await w.item('COST-BACK', '20')
    await w.inventory.setItemCost({ params: { itemId }, body: { effectiveOn: daysAgo(100).slice(0, 10), unitCost: '0.333', currency: 'EUR' } })
    await w.inventory.setItemCost({ params: { itemId }, body: { effectiveOn: daysAgo(20).slice(0, 10), unitCost: '2.5', currency: 'EUR' } })
    const orderId = await w.released([{ itemId, quantity: '7' }])
    const old = await ship(orderId, itemId, '3', 40)
    const young = await ship(orderId, itemId, '4', 2)
    const lineId = await lineOf(orderId)
    const first = await awaited(lineId, '5')
    await first.receive('5')
    await until('five are taken back', async () => (await costs(old)).length === 2)
    expect(await costs(young)).toEqual([['4', '2.5', '10.00'], ['-4', '2.5', '-10.00']])
    expect(await costs(old)).toEqual([['3', '0.333', '1.00'], ['-1', '0.333', '-0.33']])
    const second = await awaited(lineId, '2')
    await second.receive('1')
    await second.receive('1')
    await until('all are taken back', async () => (await costs(old)).length === 4)
    expect(await costs(old)).toEqual([['3', '0.333', '1.00'], ['-1', '0.333', '-0.33'], ['-1', '0.333', '-0.34'], ['-1', '0.333', '-0.33']])
    // Told again, nothing is taken back again.
    for (const { params } of [first, second]) expect(await sql(w.house.superuserUrl, 'select * from bss.take_costs_back($1, $2)', [w.house.acme.id, params.returnId])).toEqual([])
    expect(await sql(w.house.superuserUrl, 'select sum(quantity)::numeric = 0, sum(amount_minor) from bss.cost_of_goods where item_id = $1', [itemId])).toEqual([['t', '0']])
    const { items } = await w.shipments.getShipmentCosts({ params: { shipmentId: young } })
    expect(items[1]?.reversesId).toBe(items[0]?.id)
  })
  it('is unknown when it was unknown, and two returns at the same time share nothing', async () => {
    const itemId = await w.item('COST-NONE', '20')
    const orderId = await w.released([{ itemId, quantity: '6' }])
    const shipmentId = await ship(orderId, itemId, '6', 1)
    const lineId = await lineOf(orderId)
    const parts = [await awaited(lineId, '4'), await awaited(lineId, '2')]
    await Promise.all(parts.map((each, index) => each.receive(index === 0 ? '4' : '2')))
    await until('both are taken back', async () => (await costs(shipmentId)).length === 3)
    expect((await costs(shipmentId)).toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([['-4', null, null], ['-2', null, null], ['6', null, null]])
  })
})

describe('a cancelled order', () => {
  it('makes what was packed be repacked before the rest leaves', async () => {
    const itemId = await w.item('PACKED', '10')
    const { orderId, params, shipmentId } = await w.ready([{ itemId, quantity: '6' }], { isPacked: true })
    await w.orders.cancelOrderLine({ params: { orderId, lineId: await lineOf(orderId) }, body: { quantity: '2' } })
    await until('the shipment was told', async () => (await shipment(shipmentId)).needsRepack)
    expect(await shipment(shipmentId)).toMatchObject({ status: 'packed', lines: [{ planned: '4', picked: '4', packed: '4' }], units: [{ contents: [{ quantity: '4' }] }] })
    await expect(w.shipments.shipShipment({ params, body: {} })).rejects.toMatchObject({ code: 'illegal_transition', errors: [{ code: 'needs_repack' }] })
    expect(await w.reserved(itemId)).toEqual(['10.000000', '4.000000', null])
    await w.shipments.confirmRepacked({ params })
    expect(await w.shipments.shipShipment({ params, body: {} })).toMatchObject({ status: 'shipped', lines: [{ shipped: '4' }] })
    await expect(w.shipments.confirmRepacked({ params })).rejects.toMatchObject({ code: 'illegal_transition' })
  })
  it('takes what was picked out of its shipment, which is picked when nothing is left to pick', async () => {
    const itemId = await w.item('HALF', '10')
    const orderId = await w.released([{ itemId, quantity: '6' }])
    const { id } = await w.shipments.createShipment({ body: { orderIds: [orderId] } })
    await w.shipments.releaseShipment({ params: { shipmentId: id } })
    await w.pick(id, '2')
    expect(await shipment(id)).toMatchObject({ status: 'picking' })
    await w.orders.cancelOrderLine({ params: { orderId, lineId: await lineOf(orderId) }, body: { quantity: '4' } })
    await until('the shipment is picked', async () => (await shipment(id)).status === 'picked')
    expect(await shipment(id)).toMatchObject({ needsRepack: false, lines: [{ planned: '2', picked: '2' }] })
  })
  it('that leaves nothing cancels the shipment, whatever was done to it', async () => {
    const itemId = await w.item('WHOLE', '10')
    const { orderId, shipmentId, params } = await w.ready([{ itemId, quantity: '6' }], { isPacked: true })
    await w.orders.cancelOrder({ params: { orderId }, body: { reason: 'Ordered twice' } })
    await until('the shipment is cancelled', async () => (await shipment(shipmentId)).status === 'cancelled')
    expect(await shipment(shipmentId)).toMatchObject({ lines: [{ planned: '0', picked: '0', packed: '0' }] })
    await expect(w.shipments.shipShipment({ params, body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect((await w.reserved(itemId)).slice(0, 2)).toEqual(['10.000000', '0.000000'])
  })
})

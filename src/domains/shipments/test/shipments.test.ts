// A shipment from its plan to the customer's door, through the API.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import { isSscc } from '../../../kernel/gs1/index.ts'
import { idOf, type ItemId, type ShipmentId } from '../../../kernel/ids.ts'
import { shipmentsApi } from '../contract.ts'
import { mayBecome, SHIPMENT_STATUSES } from '../rules.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let w: Warehouse
beforeAll(async () => {
  w = await openWarehouse()
})
afterAll(() => w.house.close())

let count = 0
/** A shipment of one line, released and picked. */
async function picked(quantity = '10'): Promise<{ shipmentId: ShipmentId; itemId: ItemId }> {
  count += 1
  const itemId = await w.item(`SKU-${count}`, '100')
  const orderId = await w.released([{ itemId, quantity }])
  const shipment = await w.shipments.createShipment({ body: { orderIds: [orderId] } })
  await w.shipments.releaseShipment({ params: { shipmentId: shipment.id } })
  await w.pick(shipment.id)
  return { shipmentId: shipment.id, itemId }
}
const pack = (shipmentId: ShipmentId, itemId: ItemId, quantity: string) => w.shipments.packShipment({ params: { shipmentId }, body: { units: [{ kind: 'package', contents: [{ itemId, quantity }] }] } })

describe('the states', () => {
  test('the database and the rules know the same arrows', async () => {
    const pairs = SHIPMENT_STATUSES.flatMap((from) => SHIPMENT_STATUSES.map((to) => ({ from, to })))
    const rows = await sql(w.house.superuserUrl, 'select bss.shipment_may_become(u.f, u.t) from unnest($1::text[], $2::text[]) with ordinality u (f, t, n) order by u.n', [pairs.map(({ from }) => from), pairs.map(({ to }) => to)])
    expect(pairs.map((pair, index) => ({ ...pair, may: rows[index]?.[0] === 't' }))).toEqual(pairs.map(({ from, to }) => ({ from, to, may: mayBecome(from, to) })))
  })
})

describe('from plan to door', () => {
  test('everything goes one way, and goods issue tells stock, order, cost, customer and finance at once', async () => {
    const itemId = await w.item('WAY', '100')
    await w.inventory.setItemCost({ params: { itemId }, body: { effectiveOn: '2026-01-01', unitCost: '2.5', currency: 'EUR' } })
    const orderId = await w.released([{ itemId, quantity: '12' }])
    const planned = await w.shipments.createShipment({ body: { orderIds: [orderId], address: { name: 'Kunde 你好', city: 'Köln', country: 'DE' } } })
    const params = { shipmentId: planned.id }
    expect(planned).toMatchObject({ status: 'planned', lines: [{ planned: '12', picked: '0' }] })
    expect(await w.shipments.releaseShipment({ params })).toMatchObject({ status: 'released' })
    await w.pick(planned.id)
    expect(await w.shipments.getShipment({ params })).toMatchObject({ status: 'picked', lines: [{ picked: '12' }] })
    const half = await pack(planned.id, itemId, '5')
    expect(half).toMatchObject({ status: 'picked', lines: [{ packed: '5' }] })
    const full = await w.shipments.packShipment({ params, body: { units: [{ kind: 'pallet', contents: [{ itemId, quantity: '7' }], packages: half.units.map(({ sscc }) => sscc) }] } })
    expect(full.status).toBe('packed')
    expect(full.units.map(({ sscc }) => isSscc(sscc))).toEqual([true, true])
    expect(await w.shipments.stageShipment({ params, body: {} })).toMatchObject({ status: 'staged' })
    expect(await w.shipments.loadShipment({ params, body: {} })).toMatchObject({ status: 'loaded' })
    expect(await w.shipments.shipShipment({ params, body: {} })).toMatchObject({ status: 'shipped', lines: [{ shipped: '12' }] })
    expect(await w.reserved(itemId)).toEqual(['88.000000', '0.000000', '12.000000'])
    expect(await w.orders.getOrder({ params: { orderId } })).toMatchObject({ status: 'shipped', lines: [{ picked: '12', shipped: '12', reserved: '0' }] })
    expect(await w.shipments.getShipmentCosts({ params })).toMatchObject({ items: [{ quantity: '12', unitCost: { amount: '2.5', currency: 'EUR' }, amount: { amount: '30.00', currency: 'EUR' } }] })
    const notice = await w.shipments.getShipNotice({ params })
    expect(JSON.stringify(notice.content)).toContain(full.units[0]?.sscc)
    expect(await w.house.client(shipmentsApi, 'finance').listInvoiceRequests({ query: { 'filter[orderId]': orderId } })).toMatchObject({ items: [{ lines: [{ quantity: '12' }] }] })
    expect(await w.shipments.trackShipment({ params, body: { events: [{ code: 'exception', occurredAt: new Date().toISOString(), externalRef: 'e1', note: 'Lost the key' }] } })).toMatchObject({ status: 'exception', exceptionReason: 'Lost the key' })
    expect(await w.shipments.deliverShipment({ params, body: { receivedBy: 'Frau Ö', deliveredAt: new Date().toISOString() } })).toMatchObject({ status: 'delivered' })
    expect(await w.orders.getOrder({ params: { orderId } })).toMatchObject({ status: 'delivered', lines: [{ delivered: '12' }] })
    expect((await w.shipments.getShipmentTimeline({ params })).items.map(({ kind }) => kind)).toEqual(['planned', 'released', 'picked', 'units_packed', 'units_packed', 'packed', 'staged', 'loaded', 'shipped', 'exception', 'delivered'])
  })
})

describe('refusals', () => {
  test('what is not packed does not leave, and says what is missing', async () => {
    const { shipmentId, itemId } = await picked()
    await pack(shipmentId, itemId, '4')
    await expect(w.shipments.shipShipment({ params: { shipmentId }, body: {} })).rejects.toMatchObject({ code: 'illegal_transition', errors: [{ pointer: '/lines/0', code: 'not_packed' }] })
  })
  test('a hold of the order stops goods issue, and nothing has moved', async () => {
    const { shipmentId, itemId } = await picked()
    const { lines } = await pack(shipmentId, itemId, '10')
    await w.orders.holdOrder({ params: { orderId: idOf(lines[0]?.orderId ?? '') }, body: { kind: 'credit', reason: 'Over the limit' } })
    await expect(w.shipments.shipShipment({ params: { shipmentId }, body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect((await w.reserved(itemId)).slice(0, 2)).toEqual(['100.000000', '10.000000'])
    expect(await w.shipments.getShipment({ params: { shipmentId } })).toMatchObject({ status: 'packed' })
  })
  test('more than was picked, a stranger among the goods, and a wrong check digit are not packed', async () => {
    const { shipmentId, itemId } = await picked()
    const stranger = await w.item('STRANGER', '5')
    await expect(pack(shipmentId, itemId, '11')).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'more_than_picked' }] })
    await expect(pack(shipmentId, stranger, '1')).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'not_expected' }] })
    await expect(w.shipments.packShipment({ params: { shipmentId }, body: { units: [{ kind: 'package', contents: [{ barcode: '(01)04006381333930', quantity: '1' }] }] } })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'check_digit' }] })
    expect((await w.shipments.getShipment({ params: { shipmentId } })).units).toEqual([])
  })
  test('who may only read does not ship, and a foreign shipment is not there', async () => {
    const { shipmentId } = await picked()
    await expect(w.house.client(shipmentsApi, 'warehouse_operator').shipShipment({ params: { shipmentId }, body: {} })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(w.house.client(shipmentsApi, 'tenant_admin', w.house.globex).shipShipment({ params: { shipmentId }, body: {} })).rejects.toMatchObject({ code: 'not_found' })
    await expect(w.house.client(shipmentsApi, 'planner').getShipmentCosts({ params: { shipmentId } })).rejects.toMatchObject({ code: 'forbidden' })
  })
  test('a shipment leaves once', async () => {
    const { shipmentId, itemId } = await picked()
    await pack(shipmentId, itemId, '10')
    const both = await Promise.allSettled([1, 2].map(() => w.shipments.shipShipment({ params: { shipmentId }, body: {} })))
    expect(both.map(({ status }) => status).toSorted((a, b) => a.localeCompare(b))).toEqual(['fulfilled', 'rejected'])
    expect((await w.reserved(itemId)).slice(0, 2)).toEqual(['90.000000', '0.000000'])
  })
})

describe('cancellations', () => {
  test('what is cancelled after it was packed must be taken out before the rest leaves', async () => {
    const { shipmentId, itemId } = await picked()
    const { lines } = await pack(shipmentId, itemId, '10')
    const [line] = lines
    await w.orders.cancelOrderLine({ params: { orderId: idOf(line?.orderId ?? ''), lineId: idOf(line?.orderLineId ?? '') }, body: { quantity: '4' } })
    await expect(w.shipments.shipShipment({ params: { shipmentId }, body: {} })).rejects.toMatchObject({ code: 'illegal_transition', errors: [{ code: 'needs_repack' }] })
    const after = await w.shipments.confirmRepacked({ params: { shipmentId } })
    expect(after).toMatchObject({ needsRepack: false, lines: [{ planned: '6', picked: '6', packed: '6' }], units: [{ contents: [{ quantity: '6' }] }] })
    expect(await w.shipments.shipShipment({ params: { shipmentId }, body: {} })).toMatchObject({ lines: [{ shipped: '6' }] })
    expect((await w.reserved(itemId)).slice(0, 2)).toEqual(['94.000000', '0.000000'])
  })
})

describe('plans', () => {
  test('what is planned is not planned again; split and merge keep the sum', async () => {
    const itemId = await w.item('SPLIT', '100')
    const orderId = await w.released([{ itemId, quantity: '10' }])
    const { shipmentIds } = await w.shipments.planShipments({ body: { siteId: w.siteId } })
    const shipments = await w.shipments.listShipments({ query: { 'filter[orderId]': orderId } })
    expect(shipments.items).toHaveLength(1)
    const id: string = shipments.items[0]?.id ?? ''
    expect(shipmentIds).toContain(id)
    await expect(w.shipments.createShipment({ body: { orderIds: [orderId] } })).rejects.toMatchObject({ code: 'illegal_transition' })
    const whole = await w.shipments.getShipment({ params: { shipmentId: idOf(id) } })
    const part = await w.shipments.splitShipment({ params: { shipmentId: whole.id }, body: { lines: [{ shipmentLineId: whole.lines[0]?.id ?? w.lineOf(''), quantity: '4' }] } })
    expect(part.lines[0]?.planned).toBe('4')
    const merged = await w.shipments.mergeShipments({ params: { shipmentId: whole.id }, body: { shipmentIds: [part.id] } })
    expect(merged.lines.map(({ planned }) => planned)).toEqual(['10'])
    expect(await w.shipments.getShipment({ params: { shipmentId: part.id } })).toMatchObject({ status: 'cancelled' })
  })
})

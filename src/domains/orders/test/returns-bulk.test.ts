// Returns in bulk: an order history's cancellations, played against what was shipped.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../contract.ts'
import type { ReturnedLine, SoldReturn } from '../returns/contract.ts'
import { floorOf, type Floor } from './floor.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
let floor: Floor
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
  const place = async (code: string, kind: 'pack' | 'receive') => (await house.client(inventoryApi, 'tenant_admin').createLocation({ params: { siteId: shop.siteId }, body: { code, kind } })).id
  floor = floorOf(house, await place('PACK', 'pack'))
  await place('BACK', 'receive')
}, 120_000)
afterAll(() => house.close())

const at = (day: number): string => `2026-03-0${day}T10:00:00Z`
const entry = (ref: string, sku: string, quantity: string, more: Partial<SoldReturn> = {}): SoldReturn => ({ external: { source: 'shop', ref }, customerCode: 'C-MAIN', sku, quantity, occurredAt: at(9), ...more })
async function play(lines: SoldReturn[]): Promise<ReturnedLine[]> {
  const results: ReturnedLine[] = []
  for await (const each of house.client(ordersApi, 'integration').returnSold({ lines })) results.push(each)
  return results
}
/** An order of that day, of which so much has left. */
async function sold(sku: string, day: number, ordered: string, shippedQuantity: string) {
  const client = house.client(ordersApi, 'integration')
  const lines = [{ external: { source: 'shop', ref: `${sku}-${day}` }, customerCode: 'C-MAIN', siteCode: 'MAIN', currency: 'EUR' as const, orderedAt: at(day), lines: [{ sku, quantity: ordered, unitPrice: '1' }] }]
  let orderId = newId<'SalesOrder'>()
  for await (const { id } of client.placeOrders({ lines })) orderId = id ?? orderId
  await client.releaseOrder({ params: { orderId } })
  const lineId = (await client.getOrder({ params: { orderId } })).lines[0]?.id ?? newId<'SalesOrderLine'>()
  if (shippedQuantity !== '0') {
    await floor.pick(lineId, shippedQuantity)
    await floor.ship(lineId)
  }
  return orderId
}
const lineOf = async (orderId: string) => (await sql(house.superuserUrl, 'select status, trim_scale(cancelled)::text, trim_scale(returned)::text, trim_scale(to_return)::text from bss.sales_order_line where order_id = $1', [orderId]))[0]
const holds = async () => (await house.client(inventoryApi, 'tenant_admin').checkInvariants()).rules.filter((rule) => !rule.holds)

describe('returns in bulk', () => {
  it('take the newest shipped lines up to that time, all of an entry or nothing, and once', async () => {
    await shop.item('OLD', 100)
    const [one, two, three] = [await sold('OLD', 1, '5', '5'), await sold('OLD', 2, '5', '5'), await sold('OLD', 3, '5', '5')]
    const through = { receive: { locationCode: 'BACK', disposition: 'restock' as const } }
    const entries = [entry('R1', 'OLD', '7', { occurredAt: at(2), ...through }), entry('R2', 'OLD', '4', { occurredAt: at(2) }), entry('R3', 'OLD', '2'), entry('R4', 'NONE', '1'), entry('R5', 'OLD', '1', { customerCode: 'nobody' }), entry('R6', 'OLD', '1', { receive: { locationCode: 'NOWHERE' } }), entry('R7', 'OLD', '1', { receive: { locationCode: 'PACK' } }), entry('R1', 'OLD', '7')]
    const results = await play(entries)
    expect(results.map(({ outcome, code, pointer }) => [outcome, code, pointer])).toEqual([
      ['returned', undefined, undefined], ['refused', 'no_matching_order', '/quantity'], ['returned', undefined, undefined], ['refused', 'unknown_item', '/sku'], ['refused', 'unknown_customer', '/customerCode'],
      ['refused', 'unknown_location', '/receive/locationCode'], ['refused', 'wrong_location', '/receive'], ['unchanged', undefined, undefined],
    ])
    expect([await lineOf(one), await lineOf(two), await lineOf(three)]).toEqual([['shipped', '0', '2', '0'], ['shipped', '0', '5', '0'], ['shipped', '0', '0', '2']])
    const client = house.client(ordersApi, 'planner')
    const returnId = results[0]?.returnIds?.[0] ?? newId<'Return'>()
    expect(await client.getReturn({ params: { returnId } })).toMatchObject({ status: 'closed', externalRef: 'R1', lines: [{ received: '5' }, { received: '2' }] })
    const told = await sql(house.superuserUrl, 'select topic from bss.outbox_event where aggregate_id = $1 order by id', [returnId])
    expect(told.flat()).toEqual(['return.requested', 'return.received', 'return.dispositioned', 'return.creditRequested'])
    expect((await play(entries)).map(({ outcome }) => outcome)).toEqual(results.map(({ outcome }) => (outcome === 'returned' ? 'unchanged' : outcome)))
    expect(await floor.broken()).toEqual([])
    expect(await holds()).toEqual([])
  })

  it('first cancel what has not left, where that is asked for', async () => {
    await shop.item('MIX', 100)
    const orderId = await sold('MIX', 1, '5', '3')
    expect(await play([entry('M0', 'MIX', '4')])).toMatchObject([{ outcome: 'refused', code: 'no_matching_order' }])
    expect(await play([entry('M1', 'MIX', '1', { alsoCancels: true })])).toEqual([{ line: 1, outcome: 'cancelled', cancelledOrderIds: [orderId] }])
    expect(await lineOf(orderId)).toEqual(['in_fulfilment', '1', '0', '0'])
    expect(await play([entry('M2', 'MIX', '5', { alsoCancels: true })])).toMatchObject([{ outcome: 'refused', code: 'no_matching_order' }])
    expect(await lineOf(orderId)).toEqual(['in_fulfilment', '1', '0', '0'])
    const both = [entry('M3', 'MIX', '3', { alsoCancels: true, receive: { locationCode: 'BACK', disposition: 'scrap' } })]
    expect(await play(both)).toMatchObject([{ outcome: 'returned', cancelledOrderIds: [orderId] }])
    expect(await lineOf(orderId)).toEqual(['shipped', '2', '2', '0'])
    expect((await play(both)).map(({ outcome }) => outcome)).toEqual(['unchanged'])
    expect(await floor.broken()).toEqual([])
    expect(await holds()).toEqual([])
  })

  it('choose among the lots that were shipped', async () => {
    const admin = house.client(inventoryApi, 'tenant_admin')
    const item = (await admin.createItem({ body: { sku: 'LOTS', name: 'Lots', baseUnit: 'EA', tracking: 'lot' } })).id
    for (const number of ['A', 'B', 'C']) await admin.adjustStock({ body: { siteId: shop.siteId, reason: 'opening', lines: [{ itemId: item, locationId: shop.locationId, change: '4', lot: { number } }] } })
    await sold('LOTS', 1, '6', '6')
    const through = { receive: { locationCode: 'BACK', disposition: 'restock' as const } }
    expect((await play([entry('L1', 'LOTS', '5', through), entry('L2', 'LOTS', '2', through), entry('L3', 'LOTS', '1', through)])).map(({ outcome }) => outcome)).toEqual(['returned', 'refused', 'returned'])
    const over = await sql(house.superuserUrl, `select v.lot_id from bss.reservation v where v.item_id = $1 and v.status = 'consumed' group by v.lot_id
      having sum(v.quantity) <> (select coalesce(sum(r.quantity), 0) from bss.sales_return_receipt r where r.lot_id = v.lot_id)`, [item])
    expect(over).toEqual([])
    expect(await holds()).toEqual([])
  })
})

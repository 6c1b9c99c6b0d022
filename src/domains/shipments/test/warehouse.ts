// A warehouse for the tests: a site with places of every kind, an item with stock, and orders that are released; all through the API.
// Picking is the room above: here its part is played by the same calls it makes.
import { contextOf } from '../../../../test/setup/database.ts'
import { openHouse, type House, type HouseOptions } from '../../../../test/setup/house.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { idOf, newId, type ItemId, type LocationId, type LotId, type OrderId, type PartyId, type ReservationId, type ShipmentId, type ShipmentLineId, type SiteId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { lockForPicks, packLocationOf, recordPicks } from '../index.ts'
import { shipmentsApi } from '../contract.ts'
import type { ShipmentDraft } from '../plans/contract.ts'

const carry = write('inventory:write', `
  select c.reservation_id, c.item_id, c.lot_id, c.quantity from bss.carry_reserved($1, $2::uuid[], $3::numeric[], $4::uuid[], 'task', 'picking', $5, $6::uuid[], $6::uuid[], $7::timestamptz[]) c order by c.entry`, {
  reservationId: column.id<ReservationId>(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()), quantity: column.quantity,
})

export async function openWarehouse(options: HouseOptions = {}) {
  const house: House = await openHouse(options)
  const inventory = house.client(inventoryApi, 'tenant_admin')
  const orders = house.client(ordersApi, 'tenant_admin')
  const shipments = house.client(shipmentsApi, 'tenant_admin')
  const site = await inventory.createSite({ body: { code: 'HAM', name: 'Hamburg', timeZone: 'Europe/Berlin', currency: 'EUR' } })
  const siteId: SiteId = site.id
  const bin = async (code: string, kind: 'storage' | 'pack' | 'stage' | 'dock' | 'receive'): Promise<LocationId> => (await inventory.createLocation({ params: { siteId }, body: { code, kind } })).id
  const bins = { a: await bin('A-01', 'storage'), pack: await bin('P-01', 'pack'), stage: await bin('S-01', 'stage'), dock: await bin('D-01', 'dock') }
  const customerId: PartyId = (await orders.createCustomer({ body: { code: 'C-1', name: 'Kunde Müller' } })).id
  await shipments.setShippingSettings({ params: { siteId }, body: { companyPrefix: '4012345', extension: 3 } })
  const item = async (sku: string, onHand: string, gtin?: string): Promise<ItemId> => {
    const made = await inventory.createItem({ body: { sku, name: `${sku} 你好`, baseUnit: 'EA', ...(gtin === undefined ? {} : { gtin }) } })
    await inventory.adjustStock({ body: { siteId, reason: 'opening', lines: [{ itemId: made.id, locationId: bins.a, change: onHand }] } })
    return made.id
  }
  const released = async (lines: readonly { readonly itemId: ItemId; readonly quantity: string }[]): Promise<OrderId> => {
    const order = await orders.placeOrder({ body: { customerId, siteId, requestedOn: '2026-12-01', lines: lines.map((each) => ({ ...each })) } })
    await orders.releaseOrder({ params: { orderId: order.id } })
    return order.id
  }
  /** Picks of a shipment's lines, as many as its orders' promises give. */
  const pick = async (shipmentId: ShipmentId, most?: string): Promise<void> => {
    const rows = await sql(house.superuserUrl, `select l.id, v.id, coalesce($2, least(v.quantity, l.planned - l.picked)::text) from bss.shipment_line l join bss.reservation v on v.demand_line_id = l.order_line_id and v.status = 'open'
      where l.shipment_id = $1 and l.planned > l.picked order by l.id`, [shipmentId, most ?? null])
    if (rows.length === 0) return
    const lines = rows.map(([line]) => idOf<'ShipmentLine'>(line ?? ''))
    const ctx = contextOf(house.acme.id, 'tenant_admin').need('inventory:write')
    await house.database.write(ctx, async (tx) => {
      await lockForPicks(tx, lines)
      const place = await packLocationOf(tx, siteId)
      const carried = await tx.rows(carry, [rows.map(([, id]) => id ?? ''), rows.map(([, , quantity]) => quantity ?? ''), rows.map(() => place), newId(), rows.map(() => newId()), rows.map(() => new Date().toISOString())])
      await recordPicks(tx, carried.map((each, index) => ({ ...each, shipmentLineId: lines[index] ?? idOf<'ShipmentLine'>('') })))
    })
    // It was done past the API: what is read through it next must not be older.
    await plant(house.superuserUrl, 'select 1')
  }
  /** A shipment of one order, released and picked; packed in one package when asked for. */
  const ready = async (lines: readonly { readonly itemId: ItemId; readonly quantity: string }[], how: { readonly isPacked?: boolean; readonly way?: Partial<ShipmentDraft> } = {}) => {
    const orderId = await released(lines)
    const { id } = await shipments.createShipment({ body: { orderIds: [orderId], ...how.way } })
    await shipments.releaseShipment({ params: { shipmentId: id } })
    await pick(id)
    if (how.isPacked === true) await shipments.packShipment({ params: { shipmentId: id }, body: { units: [{ kind: 'package', weightGrams: 1500, contents: lines.map((each) => ({ ...each })) }] } })
    return { orderId, shipmentId: id, params: { shipmentId: id } }
  }
  const reserved = async (itemId: ItemId) => {
    const [row] = await sql(house.superuserUrl, `select (select sum(on_hand) from bss.stock_level where item_id = $1), (select sum(reserved) from bss.stock_level where item_id = $1),
      (select sum(quantity) from bss.stock_move where item_id = $1 and document_kind = 'shipment' and reason = 'shipment')`, [itemId])
    return row ?? []
  }
  return { house, inventory, orders, shipments, siteId, bins, customerId, bin, item, released, pick, ready, reserved, lineOf: (id: string): ShipmentLineId => idOf(id) }
}
export type Warehouse = Awaited<ReturnType<typeof openWarehouse>>

/** Waits for a condition; says which when it never comes. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`It never came: ${what}`)
}

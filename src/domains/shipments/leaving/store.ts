// Carrying a shipment towards the truck, and what is read about one that has left.
import { newId, type Id, type ItemId, type LocationId, type OrderId, type OrderLineId, type ReservationId, type ShipmentId, type ShipmentLineId, type SiteId, type StockMoveId } from '../../../kernel/ids.ts'
import { isCurrency, moneyOf } from '../../../kernel/money.ts'
import { Problem } from '../../../kernel/problem.ts'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../../inventory/index.ts'
import type { Shipment } from '../document/contract.ts'
import { advance, getShipment, lockShipment, note, notNow, type Writing } from '../document/store.ts'
import { shipmentLoaded, shipmentStaged, shipmentUnloaded, shipmentUnloading } from '../events.ts'
import { needPlace } from '../picks.ts'
import { words } from '../rules.ts'
import { InvoiceRequest } from './contract.ts'

const toCarry = write('shipments:write', `
  select k.reservation_id, k.shipment_line_id, k.quantity, v.location_id from bss.shipment_pick k
    join bss.shipment_line l on l.organization_id = $1 and l.id = k.shipment_line_id join bss.reservation v on v.organization_id = $1 and v.id = k.reservation_id
   where k.organization_id = $1 and l.shipment_id = $2 order by k.id`, {
  reservationId: column.id<ReservationId>(), shipmentLineId: column.id<ShipmentLineId>(), quantity: column.quantity, locationId: column.nullable(column.id<LocationId>()),
})
const carry = write('shipments:write', `
  select c.entry from bss.carry_reserved($1, $2::uuid[], $3::numeric[], $4::uuid[], 'shipment', $5, $6, $7::uuid[], $8::uuid[], $9::timestamptz[]) c`, { entry: column.int })
const kindOf = read('shipments:read', "select l.kind from bss.location l where l.organization_id = $1 and l.id = $2 and l.site_id = $3 and l.status = 'active'", { kind: column.text })

/** Carries everything of a shipment to a place of a kind: the site's own, or the one that is named. */
async function carryTo(tx: Writing, { id, siteId }: { readonly id: ShipmentId; readonly siteId: SiteId }, kind: 'stage' | 'dock', named: LocationId | undefined, reason: 'staging' | 'loading' | 'unloading'): Promise<void> {
  const place = named ?? (await needPlace(tx, siteId, kind))
  if (named !== undefined && (await tx.maybe(kindOf, [named, siteId]))?.kind !== kind) {
    throw new Problem('invalid', 'The goods cannot be carried there.', { errors: [{ pointer: '/locationId', code: 'wrong_location', message: `Must be an active location of kind ${kind} of this site.` }] })
  }
  const moving = (await tx.rows(toCarry, [id])).filter((each) => each.locationId !== place)
  if (moving.length === 0) return
  const now = new Date().toISOString()
  await tx.rows(carry, [
    moving.map((m) => m.reservationId), moving.map((m) => m.quantity), moving.map(() => place), reason, newId(), moving.map(() => id), moving.map((m) => m.shipmentLineId), moving.map(() => now),
  ])
}

export async function stageShipment(tx: Writing, id: ShipmentId, named: LocationId | undefined): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const shipment = await getShipment(tx, id)
  if (status !== 'packed') throw notNow(`Only what is packed can be staged; this shipment is ${words(status)}.`)
  await carryTo(tx, shipment, 'stage', named, 'staging')
  await advance(tx, [id], 'staged')
  await note(tx, [id], 'staged')
  tx.emit(shipmentStaged, id, { shipmentId: id, siteId: shipment.siteId })
  tx.changed({ entity: 'shipment', id, action: 'staged' })
  return getShipment(tx, id)
}

export async function loadShipment(tx: Writing, id: ShipmentId, named: LocationId | undefined): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const shipment = await getShipment(tx, id)
  if (status !== 'staged') throw notNow(`Only what is staged can be loaded; this shipment is ${words(status)}.`)
  await carryTo(tx, shipment, 'dock', named, 'loading')
  await advance(tx, [id], 'loaded')
  await note(tx, [id], 'loaded')
  tx.emit(shipmentLoaded, id, { shipmentId: id, siteId: shipment.siteId })
  tx.changed({ entity: 'shipment', id, action: 'loaded' })
  return getShipment(tx, id)
}

const setUnloading = write('shipments:write', "update bss.shipment s set is_unloading = true where s.organization_id = $1 and s.id = $2", {})
const setOff = write('shipments:write', "update bss.shipment s set status = 'staged', is_unloading = false where s.organization_id = $1 and s.id = $2", {})

/** Asks the floor to take a loaded shipment off its truck: it stays loaded, and does not leave, until that is done. */
export async function askUnloading(tx: Writing, id: ShipmentId, reason: string): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const shipment = await getShipment(tx, id)
  if (status !== 'loaded') throw notNow(`Only what is loaded can come off its truck; this shipment is ${words(status)}.`)
  if (shipment.isUnloading) throw notNow('This shipment is coming off its truck already.')
  await needPlace(tx, shipment.siteId, 'stage')
  await tx.rows(setUnloading, [id])
  await note(tx, [id], 'unloading', { reason })
  tx.emit(shipmentUnloading, id, { shipmentId: id, siteId: shipment.siteId })
  tx.changed({ entity: 'shipment', id, action: 'unloading', after: { reason } })
  return getShipment(tx, id)
}
/** The goods of a shipment that was to come off its truck lie on the stage: it is staged again. */
export async function unloaded(tx: Writing, id: ShipmentId, named: LocationId | undefined): Promise<Shipment> {
  await lockShipment(tx, id)
  const shipment = await getShipment(tx, id)
  if (!shipment.isUnloading) throw notNow('Nobody asked to take this shipment off its truck.')
  await carryTo(tx, shipment, 'stage', named, 'unloading')
  await tx.rows(setOff, [id])
  await note(tx, [id], 'unloaded')
  tx.emit(shipmentUnloaded, id, { shipmentId: id, siteId: shipment.siteId })
  tx.changed({ entity: 'shipment', id, action: 'unloaded' })
  return getShipment(tx, id)
}

const notice = read('shipments:read', 'select n.id as shipment_id, n.number, n.created_at, n.content from bss.outbound_ship_notice n where n.organization_id = $1 and n.id = $2', {
  shipmentId: column.id<ShipmentId>(), number: column.text, createdAt: column.instant, content: column.json,
})
export const getShipNotice = (tx: Tx<'read', 'shipments:read'>, id: ShipmentId) => tx.one('ship notice', notice, [id])

const costs = read('cost:read', `
  select c.id, c.move_id, c.order_line_id, c.item_id, c.quantity, c.unit_cost, c.currency, c.amount_minor, c.occurred_at, c.reverses_id from bss.cost_of_goods c where c.organization_id = $1 and c.shipment_id = $2 order by c.id`, {
  id: column.id<Id<'CostOfGoods'>>(), moveId: column.id<StockMoveId>(), orderLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), quantity: column.quantity, unitCost: column.nullable(column.decimal(10)),
  currency: column.nullable(column.text), amountMinor: column.nullable(column.bigint), occurredAt: column.instant, reversesId: column.nullable(column.id<Id<'CostOfGoods'>>()),
})
export async function getShipmentCosts(tx: Tx<'read', 'shipments:read' | 'cost:read'>, id: ShipmentId) {
  await getShipment(tx, id)
  const items = (await tx.rows(costs, [id])).map(({ unitCost, currency, amountMinor, ...rest }) => ({
    ...rest, unitCost: unitCost === null || currency === null ? null : { amount: unitCost, currency },
    amount: amountMinor === null || currency === null || !isCurrency(currency) ? null : moneyOf(amountMinor, currency),
  }))
  return { items }
}

const Lines = Compile(Type.Array(InvoiceRequest.properties.lines.items))
export const listInvoiceRequests = listing('finance:read', {
  select: 'select r.id, r.shipment_id, r.order_id, r.lines, r.created_at from bss.invoice_request r where r.organization_id = $1',
  shape: { id: column.id<Id<'InvoiceRequest'>>(), shipmentId: column.id<ShipmentId>(), orderId: column.id<OrderId>(), lines: column.decoded((value) => Lines.Parse(value)), createdAt: column.instant },
  filters: { orderId: 'r.order_id = ?', shipmentId: 'r.shipment_id = ?' },
  sorts: { created: { sql: 'r.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'r.id', type: 'uuid', of: (row) => row.id },
})

// A shipment as it is read, and the locks and notes that every command on one needs.
import type { CarrierId, HandlingUnitId, ItemId, LotId, OrderId, OrderLineId, PartyId, ShipmentId, ShipmentLineId, SiteId } from '../../../kernel/ids.ts'
import { newId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../../inventory/index.ts'
import { SHIPMENT_STATUSES, type ShipmentStatus } from '../rules.ts'
import type { CarrierServiceId, RouteId, Shipment } from './contract.ts'

export type Reading = Tx<'read', 'shipments:read'>
export type Writing = Tx<'write', 'shipments:read' | 'shipments:write'>

export const head = {
  id: column.id<ShipmentId>(), number: column.text, siteId: column.id<SiteId>(), customerId: column.id<PartyId>(), status: column.oneOf(SHIPMENT_STATUSES), carrierId: column.nullable(column.id<CarrierId>()),
  serviceId: column.nullable(column.id<CarrierServiceId>()), routeId: column.nullable(column.id<RouteId>()), priority: column.int, shipBy: column.nullable(column.instant), deliverBy: column.nullable(column.instant),
  pickedAt: column.nullable(column.instant), packedAt: column.nullable(column.instant), shippedAt: column.nullable(column.instant), deliveredAt: column.nullable(column.instant),
  trackingNumber: column.nullable(column.text), exceptionReason: column.nullable(column.text), needsRepack: column.bool, isUnloading: column.bool, rowVersion: column.int, createdAt: column.instant,
}
const HEAD = `s.id, s.number, s.site_id, s.customer_id, s.status, s.carrier_id, s.service_id, s.route_id, s.priority, s.ship_by, s.deliver_by, s.picked_at, s.packed_at, s.shipped_at, s.delivered_at,
  s.tracking_number, s.exception_reason, s.needs_repack, s.is_unloading, s.row_version, s.created_at`
const byId = read('shipments:read', `select ${HEAD} from bss.shipment s where s.organization_id = $1 and s.id = $2`, head)
const linesOf = read('shipments:read', `
  select l.id, l.order_id, l.order_line_id, l.item_id, i.sku, l.planned, l.picked, l.packed, l.shipped
    from bss.shipment_line l join bss.item i on i.organization_id = $1 and i.id = l.item_id where l.organization_id = $1 and l.shipment_id = $2 order by l.id`, {
  id: column.id<ShipmentLineId>(), orderId: column.id<OrderId>(), orderLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), sku: column.text,
  planned: column.quantity, picked: column.quantity, packed: column.quantity, shipped: column.quantity,
})
const unitsOf = read('shipments:read', 'select u.id, u.sscc, u.kind, u.parent_id, u.weight_grams from bss.handling_unit u where u.organization_id = $1 and u.shipment_id = $2 order by u.id', {
  id: column.id<HandlingUnitId>(), sscc: column.text, kind: column.oneOf(['package', 'pallet']), parentId: column.nullable(column.id<HandlingUnitId>()), weightGrams: column.nullable(column.int),
})
const contentsOf = read('shipments:read', `
  select c.handling_unit_id, c.shipment_line_id, c.item_id, i.sku, i.name, i.gtin, i.base_unit as unit, c.lot_id, t.number as lot, c.quantity
    from bss.handling_unit_content c
    join bss.handling_unit u on u.organization_id = $1 and u.id = c.handling_unit_id
    join bss.item i on i.organization_id = $1 and i.id = c.item_id
    left join bss.lot t on t.organization_id = $1 and t.id = c.lot_id
   where c.organization_id = $1 and u.shipment_id = $2 order by c.id`, {
  handlingUnitId: column.id<HandlingUnitId>(), shipmentLineId: column.id<ShipmentLineId>(), itemId: column.id<ItemId>(), sku: column.text, name: column.text, gtin: column.nullable(column.text), unit: column.text,
  lotId: column.nullable(column.id<LotId>()), lot: column.nullable(column.text), quantity: column.quantity,
})

/** A shipment with its lines and packages. */
export async function getShipment(tx: Reading, id: ShipmentId): Promise<Shipment> {
  const shipment = await tx.one('shipment', byId, [id])
  const contents = Map.groupBy(await tx.rows(contentsOf, [id]), ({ handlingUnitId }) => handlingUnitId)
  const units = (await tx.rows(unitsOf, [id])).map((unit) => ({
    ...unit,
    contents: (contents.get(unit.id) ?? []).map(({ shipmentLineId, itemId, sku, name, gtin, unit: measure, lotId, lot, quantity }) => ({ shipmentLineId, itemId, sku, name, gtin, unit: measure, lotId, lot, quantity })),
  }))
  return { ...shipment, lines: await tx.rows(linesOf, [id]), units }
}

export const listShipments = listing('shipments:read', {
  select: `select ${HEAD} from bss.shipment s where s.organization_id = $1`, shape: head,
  filters: {
    status: 's.status = ?', siteId: 's.site_id = ?', customerId: 's.customer_id = ?', carrierId: 's.carrier_id = ?', routeId: 's.route_id = ?', number: 's.number = ?', trackingNumber: 's.tracking_number = ?',
    orderId: 'exists (select from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = s.id and l.order_id = ?)',
  },
  sorts: { created: { sql: 's.id', type: 'uuid', of: (row) => row.id }, number: { sql: 's.number', type: 'text', of: (row) => row.number } },
  tie: { sql: 's.id', type: 'uuid', of: (row) => row.id },
})

const timeline = read('shipments:read', 'select e.id, e.kind, e.at, e.actor_name, e.details from bss.shipment_event e where e.organization_id = $1 and e.shipment_id = $2 order by e.id limit 500', {
  id: column.uuidText, kind: column.text, at: column.instant, actorName: column.text, details: column.json,
})
export async function timelineOf(tx: Reading, id: ShipmentId) {
  await tx.one('shipment', byId, [id])
  return { items: await tx.rows(timeline, [id]) }
}

const lock = write('shipments:write', 'select l.shipment_id, l.status from bss.lock_shipments($1, $2::uuid[]) l', { shipmentId: column.id<ShipmentId>(), status: column.oneOf(SHIPMENT_STATUSES) })
const settle = write('shipments:write', 'select s.shipment_id, s.shipment_line_id, s.handling_unit_id, s.quantity from bss.settle_shipments($1, $2::uuid[]) s', {
  shipmentId: column.id<ShipmentId>(), shipmentLineId: column.id<ShipmentLineId>(), handlingUnitId: column.id<HandlingUnitId>(), quantity: column.quantity,
})
/** Locks orders and shipments, in that order, and brings the shipments in line with what is still promised. Refuses an unknown one. */
export async function lockShipments(tx: Writing, ids: readonly ShipmentId[]): Promise<ReadonlyMap<ShipmentId, ShipmentStatus>> {
  const rows = await tx.rows(lock, [ids])
  const statuses = new Map(rows.map((row) => [row.shipmentId, row.status] as const))
  if (ids.some((id) => !statuses.has(id))) throw notFound('shipment')
  for (const [shipmentId, taken] of Map.groupBy(await tx.rows(settle, [ids]), (each) => each.shipmentId)) await note(tx, [shipmentId], 'contents_withdrawn', { taken })
  return statuses
}
export async function lockShipment(tx: Writing, id: ShipmentId): Promise<ShipmentStatus> {
  const status = (await lockShipments(tx, [id])).get(id)
  if (status === undefined) throw notFound('shipment')
  return status
}

const insertNote = write('shipments:write', 'insert into bss.shipment_event (organization_id, id, shipment_id, kind, actor_name, details) select $1, u.id, u.shipment_id, $4, $5, $6::jsonb from unnest($2::uuid[], $3::uuid[]) u (id, shipment_id)', {})
/** A line of the shipments' own history. */
export const note = (tx: Tx<'write', 'shipments:write'>, ids: readonly ShipmentId[], kind: string, details: unknown = {}): Promise<unknown> =>
  tx.rows(insertNote, [ids.map(() => newId()), ids, kind, tx.actorName, JSON.stringify(details)])

const advanceTo = write('shipments:write', 'select a.shipment_id, a.status from bss.advance_shipments($1, $2::uuid[], $3, $4::timestamptz) a', { shipmentId: column.id<ShipmentId>(), status: column.oneOf(SHIPMENT_STATUSES) })
/** Takes shipments along the arrows up to a state; what is further stays. */
export const advance = (tx: Writing, ids: readonly ShipmentId[], to: ShipmentStatus, at: string = new Date().toISOString()) => tx.rows(advanceTo, [ids, to, at])

export const notNow = (sentence: string, errors: { pointer: string; code: string; message: string }[] = []): Problem => new Problem('illegal_transition', sentence, { errors })

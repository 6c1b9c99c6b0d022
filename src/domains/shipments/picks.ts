// What the warehouse tells a shipment about its goods: picked, or not found. The stock moves in the rooms below; here it is counted.
import { newId, type ItemId, type LocationId, type LotId, type OrderLineId, type ReservationId, type ShipmentId, type ShipmentLineId, type SiteId } from '../../kernel/ids.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import * as column from '../../platform/db/row.ts'
import { read, write } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'
import type { LineQuantity } from '../orders/index.ts'
import { advance, lockShipments, note, notNow, type Writing } from './document/store.ts'
import { shipmentPicked } from './events.ts'
import { cancelEmptied } from './plans/store.ts'
import { SHIPMENT_STATUSES, words } from './rules.ts'

export interface Pick {
  readonly shipmentLineId: ShipmentLineId
  /** As the carrying gave it back: a part that was carried has an id of its own. */
  readonly reservationId: ReservationId
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly quantity: string
}
export interface Short {
  readonly shipmentLineId: ShipmentLineId
  readonly quantity: string
}

const lineFacts = write('shipments:write', 'select l.id, l.shipment_id, l.order_line_id from bss.shipment_line l where l.organization_id = $1 and l.id = any($2::uuid[])', {
  id: column.id<ShipmentLineId>(), shipmentId: column.id<ShipmentId>(), orderLineId: column.id<OrderLineId>(),
})

/** Takes the locks of the orders and shipments behind these lines: call it before goods are carried, so that nobody waits in a ring. */
export async function lockLines(tx: Writing, ids: readonly ShipmentLineId[]) {
  const lines = new Map((await tx.rows(lineFacts, [ids])).map((each) => [each.id, each] as const))
  if (ids.some((id) => !lines.has(id))) throw notFound('shipment line')
  const statuses = await lockShipments(tx, [...new Set([...lines.values()].map((each) => each.shipmentId))])
  return { lines, statuses }
}

const lockedLines = write('shipments:write', `
  select l.id, l.shipment_id, l.order_line_id, s.status from bss.shipment_line l join bss.shipment s on s.organization_id = $1 and s.id = l.shipment_id
   where l.organization_id = $1 and l.id = any($2::uuid[])`, {
  id: column.id<ShipmentLineId>(), shipmentId: column.id<ShipmentId>(), orderLineId: column.id<OrderLineId>(), status: column.oneOf(SHIPMENT_STATUSES),
})

const insertPicks = write('shipments:write', `
  insert into bss.shipment_pick (organization_id, id, shipment_line_id, reservation_id, item_id, lot_id, quantity)
  select $1, u.id, u.line_id, u.reservation_id, u.item_id, u.lot_id, u.quantity from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::numeric[]) u (id, line_id, reservation_id, item_id, lot_id, quantity)`, {}, {
  shipment_pick_once: ['conflict', 'These goods are in a shipment already.', ''],
})
const addPicked = write('shipments:write', `
  update bss.shipment_line l set picked = l.picked + s.quantity from (select id, sum(quantity) as quantity from unnest($2::uuid[], $3::numeric[]) u (id, quantity) group by id) s
   where l.organization_id = $1 and l.id = s.id`, {}, { shipment_line_not_over_planned: ['conflict', 'More would be picked than is planned.', ''] })
const complete = write('shipments:write', `
  select s.id, s.site_id from bss.shipment s
   where s.organization_id = $1 and s.id = any($2::uuid[]) and s.status = 'picking'
     and not exists (select from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = s.id and l.picked < l.planned)
     and exists (select from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = s.id and l.picked > 0)`, { id: column.id<ShipmentId>(), siteId: column.id<SiteId>() })

/** Shipments with nothing left to pick are picked. */
export async function finishPicking(tx: Writing, ids: readonly ShipmentId[]): Promise<void> {
  const done = await tx.rows(complete, [ids])
  if (done.length === 0) return
  await advance(tx, done.map(({ id }) => id), 'picked')
  await note(tx, done.map(({ id }) => id), 'picked')
  for (const { id, siteId } of done) {
    tx.emit(shipmentPicked, id, { shipmentId: id, siteId })
    tx.changed({ entity: 'shipment', id, action: 'picked' })
  }
}

/** Counts picks at shipments and, by `count`, at their orders. The locks are held since `lockLines`; the goods lie at the packing place already. */
export async function recordPicks(tx: Writing, picks: readonly Pick[], count: (lines: readonly LineQuantity[]) => Promise<void>): Promise<void> {
  if (picks.length === 0) return
  const lines = new Map((await tx.rows(lockedLines, [[...new Set(picks.map((each) => each.shipmentLineId))]])).map((each) => [each.id, each] as const))
  for (const { status } of lines.values()) if (!['planned', 'released', 'picking'].includes(status)) throw notNow(`Nothing is picked for a shipment that is ${words(status)}.`)
  const shipmentIds = [...new Set([...lines.values()].map(({ shipmentId }) => shipmentId))]
  await count(picks.map(({ shipmentLineId, quantity }) => {
    const line = lines.get(shipmentLineId)
    if (line === undefined) throw notFound('shipment line')
    return { lineId: line.orderLineId, quantity }
  }))
  await tx.rows(insertPicks, [picks.map(() => newId()), picks.map((p) => p.shipmentLineId), picks.map((p) => p.reservationId), picks.map((p) => p.itemId), picks.map((p) => p.lotId), picks.map((p) => p.quantity)])
  await tx.rows(addPicked, [picks.map((p) => p.shipmentLineId), picks.map((p) => p.quantity)])
  if ([...lines.values()].some(({ status }) => status !== 'picking')) await advance(tx, shipmentIds, 'picking')
  await finishPicking(tx, shipmentIds)
}

const reduce = write('shipments:write', `
  update bss.shipment_line l set planned = l.planned - s.quantity from (select id, sum(quantity) as quantity from unnest($2::uuid[], $3::numeric[]) u (id, quantity) group by id) s
   where l.organization_id = $1 and l.id = s.id`, {}, {
  shipment_line_not_over_planned: ['conflict', 'More would be given up than is left to pick.', ''], shipment_line_planned_check: ['conflict', 'More would be given up than is planned.', ''],
})

/** What could not be found and will not be picked for this shipment: it is no longer planned. The order waits for it or has it planned anew. */
export async function recordShort(tx: Writing, shorts: readonly Short[]): Promise<void> {
  const { statuses } = await lockLines(tx, [...new Set(shorts.map((each) => each.shipmentLineId))])
  const ids = [...statuses.keys()]
  await tx.rows(reduce, [shorts.map((s) => s.shipmentLineId), shorts.map((s) => s.quantity)])
  await note(tx, ids, 'short', { lines: shorts })
  await finishPicking(tx, ids)
  await cancelEmptied(tx, ids)
}

const place = read('shipments:read', `
  select l.id from bss.location l left join bss.shipping_setting g on g.organization_id = $1 and g.site_id = $2
   where l.organization_id = $1 and l.site_id = $2 and l.status = 'active' and l.kind = $3
   order by (l.id = case $3 when 'pack' then g.pack_location_id when 'stage' then g.stage_location_id else g.dock_location_id end) desc nulls last, l.pick_sequence, l.code limit 1`, { id: column.id<LocationId>() })
/** Where a site packs, stages or loads: as it set, else its first place of that kind. Null: it has none. */
export const placeOf = async (tx: Tx<'read', 'shipments:read'>, siteId: SiteId, kind: 'pack' | 'stage' | 'dock'): Promise<LocationId | null> => (await tx.maybe(place, [siteId, kind]))?.id ?? null

export async function needPlace(tx: Tx<'read', 'shipments:read'>, siteId: SiteId, kind: 'pack' | 'stage' | 'dock'): Promise<LocationId> {
  const found = await placeOf(tx, siteId, kind)
  if (found === null) throw new Problem('conflict', `This site has no active location of kind ${kind}.`)
  return found
}

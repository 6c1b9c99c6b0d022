// What tasks do about the events of the rooms below, and about their own ends.
import type { EventPayload } from '../../kernel/event.ts'
import type { ShipmentId, TaskId, WaveId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import type { TenantPermission } from '../../kernel/access.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { reaction, reactionToMany, type Reaction } from '../../platform/jobs/reaction.ts'
import { countPlanned, countPosted, inspectionDecided, inspectionsOpened, promisesBroken, stockToPutAway } from '../inventory/events.ts'
import { receiptWasPutAway, suggestPutaway, type ReceiptId } from '../inventory/index.ts'
import { allocateWaiting } from '../orders/index.ts'
import { orderCancelled } from '../orders/events.ts'
import { shipmentCancelled, shipmentLoaded, shipmentPacked, shipmentPicked, shipmentShipped, shipmentStaged, shipmentUnloaded, shipmentUnloading } from '../shipments/events.ts'
import { comingTo } from './coming.ts'
import { taskCompleted } from './events.ts'
import { endWaves, fitOrders, seekAnew } from './fit.ts'

type Writing = Tx<'write', TenantPermission>
type ToPutAway = EventPayload<typeof stockToPutAway>

const coming = comingTo('tasks:manage')
/** A task for each part of a line that has a bin of its own; a part without one says the operator where it was put. */
const putAway = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, pick_sequence, from_location_id, item_id, lot_id, planned, to_location_id, receipt_id)
  select $1, bss.new_id(), o.site_id, o.zone_id, 'putaway', 'ready', 4, o.pick_sequence, o.id, u.item_id, u.lot_id, u.quantity, u.to_id,
         case $7 when 'receipt' then (select r.id from bss.receipt r where r.organization_id = $1 and r.id = $8::uuid) when 'inspection' then (select n.receipt_id from bss.inspection n where n.organization_id = $1 and n.id = $8::uuid) end
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[], $6::uuid[]) u (item_id, lot_id, location_id, quantity, to_id) join bss.location o on o.organization_id = $1 and o.id = u.location_id`, {})
/** These receipts, and those of these tasks, of which nothing is left to do: counted by what came into places for receiving. */
const receiptDone = write('tasks:manage', `
  select r.id from bss.receipt r
   where r.organization_id = $1 and r.id = any(array(select t.receipt_id from bss.warehouse_task t where t.organization_id = $1 and t.id = any($2::uuid[]) and t.receipt_id is not null) || $3::uuid[]) and r.status = 'received'
     and not exists (select from bss.warehouse_task x where x.organization_id = $1 and x.receipt_id = r.id and x.kind = 'putaway' and x.ended_at is null)
     and not exists (select from bss.inspection n where n.organization_id = $1 and n.receipt_id = r.id and n.status = 'open')
     and (select coalesce(sum(x.done), 0) from bss.warehouse_task x where x.organization_id = $1 and x.receipt_id = r.id and x.kind = 'putaway')
         >= (select coalesce(sum(m.quantity), 0) from bss.stock_move m join bss.location l on l.organization_id = $1 and l.id = m.to_location_id and l.kind = 'receive'
              where m.organization_id = $1 and (m.document_id = r.id or m.document_id in (select n.id from bss.inspection n where n.organization_id = $1 and n.receipt_id = r.id))
                and not exists (select from bss.stock_move y where y.organization_id = $1 and y.reverses_id = m.id))`, { id: column.id<ReceiptId>() })
/** A place that is counted again gets a task again; one that waits already does not. */
const counts = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, pick_sequence, from_location_id, count_id)
  select $1, bss.new_id(), o.site_id, o.zone_id, 'count', 'ready', 6, o.pick_sequence, o.id, $2 from bss.location o
   where o.organization_id = $1 and o.id = any($3::uuid[])
     and not exists (select from bss.warehouse_task t where t.organization_id = $1 and t.count_id = $2 and t.from_location_id = o.id and t.ended_at is null)`, {})
const ofShipment = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, kind, status, priority, due_at, shipment_id)
  select $1, bss.new_id(), s.site_id, $3, $5, s.priority, coalesce(s.ship_by, '9999-12-31 00:00:00+00'), s.id from bss.shipment s
   where s.organization_id = $1 and s.id = $2 and s.status = $4 and not exists (select from bss.warehouse_task t where t.organization_id = $1 and t.shipment_id = s.id and t.kind = $3 and t.ended_at is null)`, {})
const inspect = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, pick_sequence, from_location_id, item_id, lot_id, planned, inspection_id, receipt_id)
  select $1, bss.new_id(), o.site_id, o.zone_id, 'inspect', 'ready', 4, o.pick_sequence, o.id, n.item_id, n.lot_id, n.quantity, n.id, n.receipt_id
    from bss.inspection n join bss.location o on o.organization_id = $1 and o.id = n.location_id
   where n.organization_id = $1 and n.id = any($2::uuid[]) and n.status = 'open' on conflict (organization_id, inspection_id) where inspection_id is not null do nothing`, {})
/** Somebody has looked without the task. */
const dropInspect = write('tasks:manage', "update bss.warehouse_task t set status = 'cancelled', ended_at = now(), lease_device = null, lease_until = null where t.organization_id = $1 and t.inspection_id = $2 and t.ended_at is null", {})
/** Done without the task, or not to be done at all. */
const dropOfShipment = write('tasks:manage', `
  update bss.warehouse_task t set status = 'cancelled', ended_at = now(), lease_device = null, lease_until = null
   where t.organization_id = $1 and t.shipment_id = any($2::uuid[]) and t.kind = any($3::text[]) and t.ended_at is null returning t.wave_id`, { waveId: column.nullable(column.id<WaveId>()) })
const beginWave = write('tasks:manage', `
  update bss.wave w set status = 'in_progress' from bss.warehouse_task t where w.organization_id = $1 and t.organization_id = $1 and t.id = any($2::uuid[]) and w.id = t.wave_id and w.status = 'released'`, {})
const wavesOf = write('tasks:manage', 'select distinct t.wave_id from bss.warehouse_task t where t.organization_id = $1 and t.id = any($2::uuid[])', { waveId: column.nullable(column.id<WaveId>()) })

const dropOf = async (tx: Writing, shipmentIds: readonly ShipmentId[], kinds: readonly string[]): Promise<void> => endWaves(tx, await tx.rows(dropOfShipment, [shipmentIds, kinds]))
const drop = (tx: Writing, shipmentId: ShipmentId, kinds: readonly string[]): Promise<void> => dropOf(tx, [shipmentId], kinds)

const settle = async (tx: Writing, taskIds: readonly TaskId[], receiptIds: readonly ReceiptId[]): Promise<void> => {
  for (const { id } of await tx.rows(receiptDone, [taskIds, receiptIds])) await receiptWasPutAway(tx, id)
}

async function givePlaces(tx: Writing, { siteId, documentKind, documentId, lines }: ToPutAway): Promise<void> {
  const parts = (await suggestPutaway(tx, siteId, lines, await tx.rows(coming, [siteId]))).flatMap((part) => {
    const line = lines[part.index]
    return line === undefined ? [] : [{ ...part, fromId: line.locationId }]
  })
  await tx.rows(putAway, [parts.map((p) => p.itemId), parts.map((p) => p.lotId), parts.map((p) => p.fromId), parts.map((p) => p.quantity), parts.map((p) => p.locationId), documentKind, documentId])
}

export const taskReactions: readonly Reaction[] = [
  reaction('tasks.putAway', stockToPutAway, (tx, { payload }) => givePlaces(tx, payload)),
  reaction('tasks.count', countPlanned, async (tx, { payload }) => void (await tx.rows(counts, [payload.countId, payload.locationIds]))),
  reaction('tasks.fitCancelled', orderCancelled, (tx, { payload }) => fitOrders(tx, [payload.orderId])),
  reaction('tasks.fitBroken', promisesBroken, (tx, { payload }) => fitOrders(tx, [payload.orderId])),
  reaction('tasks.seekAnew', countPosted, (tx, { payload }) => seekAnew(tx, [...new Set(payload.loosened.map(({ orderId }) => orderId))].toSorted((a, b) => (a < b ? -1 : 1)))),
  reaction('tasks.pack', shipmentPicked, async (tx, { payload }) => void (await tx.rows(ofShipment, [payload.shipmentId, 'pack', 'picked', 'ready']))),
  reaction('tasks.packed', shipmentPacked, (tx, { payload }) => drop(tx, payload.shipmentId, ['pack'])),
  reaction('tasks.load', shipmentStaged, async (tx, { payload }) => void (await tx.rows(ofShipment, [payload.shipmentId, 'load', 'staged', 'ready']))),
  reaction('tasks.loaded', shipmentLoaded, (tx, { payload }) => drop(tx, payload.shipmentId, ['load'])),
  reaction('tasks.unload', shipmentUnloading, async (tx, { payload }) => void (await tx.rows(ofShipment, [payload.shipmentId, 'unload', 'loaded', 'ready']))),
  // It was taken off for a reason: it goes onto the next truck when a lead says so.
  reaction('tasks.unloaded', shipmentUnloaded, async (tx, { payload }) => {
    await drop(tx, payload.shipmentId, ['unload'])
    await tx.rows(ofShipment, [payload.shipmentId, 'load', 'staged', 'created'])
  }),
  reactionToMany('tasks.shipped', shipmentShipped, (tx, left) => dropOf(tx, left.map(({ payload }) => payload.shipmentId), ['pack', 'load'])),
  reaction('tasks.shipmentCancelled', shipmentCancelled, (tx, { payload }) => drop(tx, payload.shipmentId, ['pick', 'pack', 'load', 'unload'])),
  reaction('tasks.inspect', inspectionsOpened, async (tx, { payload }) => void (await tx.rows(inspect, [payload.inspectionIds]))),
  reaction('tasks.inspected', inspectionDecided, async (tx, { payload }) => {
    await tx.rows(dropInspect, [payload.inspectionId])
    await settle(tx, [], [payload.receiptId])
  }),
  reactionToMany('tasks.waveGoesOn', taskCompleted, async (tx, ended) => {
    const ids = ended.map(({ payload }) => payload.taskId)
    await tx.rows(beginWave, [ids])
    await endWaves(tx, await tx.rows(wavesOf, [ids]))
  }),
  reactionToMany('tasks.receiptDone', taskCompleted, async (tx, ended) => {
    await settle(tx, ended.flatMap(({ payload }) => (payload.kind === 'putaway' ? [payload.taskId] : [])), [])
  }),
  reactionToMany('tasks.serveWaiting', taskCompleted, async (tx, ended) => {
    const brought = ended.flatMap(({ payload: { kind, siteId, itemId } }) => (itemId !== null && (kind === 'putaway' || kind === 'replenish' || kind === 'move') ? [{ siteId, itemId }] : []))
    for (const [siteId, same] of Map.groupBy(brought, (each) => each.siteId)) await allocateWaiting(tx, siteId, [...new Set(same.map(({ itemId }) => itemId))])
  }),
]

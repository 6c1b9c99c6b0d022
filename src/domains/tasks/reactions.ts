// What tasks do about the events of the rooms below, and about their own ends.
import type { OrderId, ShipmentId } from '../../kernel/ids.ts'
import { write } from '../../platform/db/statement.ts'
import type { TenantPermission } from '../../kernel/access.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { reaction, type Reaction } from '../../platform/jobs/reaction.ts'
import { countPlanned, promisesBroken, stockToPutAway } from '../inventory/events.ts'
import { allocateWaiting } from '../orders/index.ts'
import { orderCancelled } from '../orders/events.ts'
import { shipmentCancelled, shipmentLoaded, shipmentPacked, shipmentPicked, shipmentStaged } from '../shipments/events.ts'
import { taskCompleted } from './events.ts'

type Writing = Tx<'write', TenantPermission>

const putAway = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, pick_sequence, from_location_id, item_id, lot_id, planned)
  select $1, bss.new_id(), o.site_id, o.zone_id, 'putaway', 'ready', 4, o.pick_sequence, o.id, u.item_id, u.lot_id, u.quantity
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[]) u (item_id, lot_id, location_id, quantity) join bss.location o on o.organization_id = $1 and o.id = u.location_id`, {})
/** A place that is counted again gets a task again; one that waits already does not. */
const counts = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, pick_sequence, from_location_id, count_id)
  select $1, bss.new_id(), o.site_id, o.zone_id, 'count', 'ready', 6, o.pick_sequence, o.id, $2 from bss.location o
   where o.organization_id = $1 and o.id = any($3::uuid[])
     and not exists (select from bss.warehouse_task t where t.organization_id = $1 and t.count_id = $2 and t.from_location_id = o.id and t.ended_at is null)`, {})
/** Open picks are brought in line with what is still promised: the oldest task of a promise keeps most. */
const fit = write('tasks:manage', `
  with open as (
    select t.id, t.done, t.planned - t.done as quantity, case when v.kind = 'hard' and v.status = 'open' then v.quantity else 0 end as promised, sum(t.planned - t.done) over (partition by v.id order by t.id) as upto
      from bss.reservation v join bss.warehouse_task t on t.organization_id = $1 and t.reservation_id = v.id and t.kind = 'pick' and t.ended_at is null
     where v.organization_id = $1 and v.order_id = $2
  ), kept as (select o.id, o.done, o.quantity, greatest(0, least(o.quantity, o.promised - (o.upto - o.quantity))) as quantity_kept from open o)
  update bss.warehouse_task t
     set planned = case when k.quantity_kept = 0 then t.planned else k.done + k.quantity_kept end,
         status = case when k.quantity_kept = 0 then 'cancelled' else t.status end, ended_at = case when k.quantity_kept = 0 then now() end,
         lease_device = case when k.quantity_kept = 0 then null else t.lease_device end, lease_until = case when k.quantity_kept = 0 then null else t.lease_until end
    from kept k where t.organization_id = $1 and t.id = k.id and k.quantity_kept < k.quantity`, {})
const ofShipment = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, kind, status, priority, due_at, shipment_id)
  select $1, bss.new_id(), s.site_id, $3, 'ready', s.priority, coalesce(s.ship_by, '9999-12-31 00:00:00+00'), s.id from bss.shipment s
   where s.organization_id = $1 and s.id = $2 and s.status = $4 and not exists (select from bss.warehouse_task t where t.organization_id = $1 and t.shipment_id = s.id and t.kind = $3 and t.ended_at is null)`, {})
/** Done without the task, or not to be done at all. */
const dropOfShipment = write('tasks:manage', `
  update bss.warehouse_task t set status = 'cancelled', ended_at = now(), lease_device = null, lease_until = null
   where t.organization_id = $1 and t.shipment_id = $2 and t.kind = any($3::text[]) and t.ended_at is null`, {})
const beginWave = write('tasks:manage', `
  update bss.wave w set status = 'in_progress' from bss.warehouse_task t where w.organization_id = $1 and t.organization_id = $1 and t.id = $2 and w.id = t.wave_id and w.status = 'released'`, {})
const endWave = write('tasks:manage', `
  update bss.wave w set status = 'completed' from bss.warehouse_task t
   where w.organization_id = $1 and t.organization_id = $1 and t.id = $2 and w.id = t.wave_id and w.status = 'in_progress'
     and not exists (select from bss.warehouse_task x where x.organization_id = $1 and x.wave_id = w.id and x.ended_at is null)`, {})

const fitOrder = async (tx: Writing, orderId: OrderId): Promise<void> => void (await tx.rows(fit, [orderId]))
const drop = async (tx: Writing, shipmentId: ShipmentId, kinds: readonly string[]): Promise<void> => void (await tx.rows(dropOfShipment, [shipmentId, kinds]))

export const taskReactions: readonly Reaction[] = [
  reaction('tasks.putAway', stockToPutAway, async (tx, { payload: { lines } }) => {
    await tx.rows(putAway, [lines.map((l) => l.itemId), lines.map((l) => l.lotId), lines.map((l) => l.locationId), lines.map((l) => l.quantity)])
  }),
  reaction('tasks.count', countPlanned, async (tx, { payload }) => void (await tx.rows(counts, [payload.countId, payload.locationIds]))),
  reaction('tasks.fitCancelled', orderCancelled, (tx, { payload }) => fitOrder(tx, payload.orderId)),
  reaction('tasks.fitBroken', promisesBroken, (tx, { payload }) => fitOrder(tx, payload.orderId)),
  reaction('tasks.pack', shipmentPicked, async (tx, { payload }) => void (await tx.rows(ofShipment, [payload.shipmentId, 'pack', 'picked']))),
  reaction('tasks.packed', shipmentPacked, (tx, { payload }) => drop(tx, payload.shipmentId, ['pack'])),
  reaction('tasks.load', shipmentStaged, async (tx, { payload }) => void (await tx.rows(ofShipment, [payload.shipmentId, 'load', 'staged']))),
  reaction('tasks.loaded', shipmentLoaded, (tx, { payload }) => drop(tx, payload.shipmentId, ['load'])),
  reaction('tasks.shipmentCancelled', shipmentCancelled, (tx, { payload }) => drop(tx, payload.shipmentId, ['pick', 'pack', 'load'])),
  reaction('tasks.waveGoesOn', taskCompleted, async (tx, { payload: { taskId } }) => {
    await tx.rows(beginWave, [taskId])
    await tx.rows(endWave, [taskId])
  }),
  reaction('tasks.serveWaiting', taskCompleted, async (tx, { payload: { kind, siteId, itemId } }) => {
    if (itemId !== null && (kind === 'putaway' || kind === 'replenish' || kind === 'move')) await allocateWaiting(tx, siteId, [itemId])
  }),
]

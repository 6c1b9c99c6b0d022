// All SQL about tasks, but for what is made of events.
import type { Permission } from '../../../kernel/access.ts'
import type { ActorId, CycleCountId, InspectionId, ItemId, LocationId, LotId, ReservationId, ShipmentId, ShipmentLineId, SiteId, TaskId, WaveId, ZoneId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing, type ReceiptId } from '../../inventory/index.ts'
import { TASK_KINDS, TASK_STATUSES, words } from '../rules.ts'
import type { NextTask, Task } from './contract.ts'

export type Working = Tx<'write', 'tasks:work'>
/** So long a task is held without a sign of life. */
export const LEASE_SECONDS = 300

const task = {
  id: column.id<TaskId>(), siteId: column.id<SiteId>(), zoneId: column.nullable(column.id<ZoneId>()), kind: column.oneOf(TASK_KINDS), status: column.oneOf(TASK_STATUSES), priority: column.int, dueAt: column.nullable(column.instant),
  pickSequence: column.int, fromLocationId: column.nullable(column.id<LocationId>()), fromLocationCode: column.nullable(column.text), toLocationId: column.nullable(column.id<LocationId>()), toLocationCode: column.nullable(column.text),
  itemId: column.nullable(column.id<ItemId>()), sku: column.nullable(column.text), lotId: column.nullable(column.id<LotId>()), lotNumber: column.nullable(column.text), planned: column.nullable(column.quantity), done: column.quantity,
  reservationId: column.nullable(column.id<ReservationId>()), shipmentId: column.nullable(column.id<ShipmentId>()), shipmentLineId: column.nullable(column.id<ShipmentLineId>()), waveId: column.nullable(column.id<WaveId>()),
  countId: column.nullable(column.id<CycleCountId>()), inspectionId: column.nullable(column.id<InspectionId>()), tote: column.nullable(column.text), receiptId: column.nullable(column.id<ReceiptId>()), assignee: column.nullable(column.id<ActorId>()), leaseDevice: column.nullable(column.text), leaseUntil: column.nullable(column.instant), exceptionCode: column.nullable(column.text),
  rowVersion: column.int, createdAt: column.instant, endedAt: column.nullable(column.instant),
}
const TASK = `select t.id, t.site_id, t.zone_id, t.kind, t.status, t.priority, nullif(t.due_at, '9999-12-31 00:00:00+00'::timestamptz) as due_at, t.pick_sequence,
    t.from_location_id, f.code as from_location_code, t.to_location_id, o.code as to_location_code, t.item_id, i.sku, t.lot_id, n.number as lot_number, t.planned, t.done,
    t.reservation_id, t.shipment_id, t.shipment_line_id, t.wave_id, t.count_id, t.inspection_id, t.tote, t.receipt_id, t.assignee, t.lease_device, t.lease_until, t.exception_code, t.row_version, t.created_at, t.ended_at
  from bss.warehouse_task t
  left join bss.location f on f.organization_id = $1 and f.id = t.from_location_id
  left join bss.location o on o.organization_id = $1 and o.id = t.to_location_id
  left join bss.item i on i.organization_id = $1 and i.id = t.item_id
  left join bss.lot n on n.organization_id = $1 and n.item_id = t.item_id and n.id = t.lot_id
 where t.organization_id = $1`
const byIds = <const P extends Permission>(needs: P) => read(needs, `${TASK} and t.id = any($2::uuid[]) order by t.pick_sequence, t.id`, task)
const forWork = byIds('tasks:work')
const forReading = byIds('tasks:read')

export const listTasks = listing('tasks:read', {
  select: TASK, shape: task,
  filters: { siteId: 't.site_id = ?::uuid', status: 't.status = ?', kind: 't.kind = ?', waveId: 't.wave_id = ?::uuid', shipmentId: 't.shipment_id = ?::uuid' },
  sorts: { created: { sql: 't.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 't.id', type: 'uuid', of: (row) => row.id },
})
const counts = read('tasks:read', 'select t.kind, t.status, count(*) as count from bss.warehouse_task t where t.organization_id = $1 and t.site_id = $2 group by t.kind, t.status order by t.kind, t.status', {
  kind: column.oneOf(TASK_KINDS), status: column.oneOf(TASK_STATUSES), count: column.int,
})
export const countTasks = async (tx: Tx<'read', 'tasks:read'>, siteId: SiteId) => ({ items: await tx.rows(counts, [siteId]) })
export const getTask = (tx: Tx<'read', 'tasks:read'>, id: TaskId): Promise<Task> => tx.one('task', forReading, [[id]])
/** Several as they are now, in the order of the path. */
export const workOnMany = async (tx: Working, ids: readonly TaskId[]): Promise<Task[]> => (ids.length === 0 ? [] : tx.rows(forWork, [ids]))
/** As it is now, for whoever works on it. */
export const workOn = (tx: Working, id: TaskId): Promise<Task> => tx.one('task', forWork, [[id]])

const behind = write('tasks:work', 'select t.shipment_line_id from bss.warehouse_task t where t.organization_id = $1 and t.id = $2', { shipmentLineId: column.nullable(column.id<ShipmentLineId>()) })
/** The shipment line a task picks for, if it does: its locks come before the task's. */
export const lineBehind = async (tx: Working, id: TaskId): Promise<ShipmentLineId | null> => (await tx.one('task', behind, [id])).shipmentLineId

const lease = write('tasks:work', `
  select l.task_id from bss.lease_tasks($1, $2, $3::uuid[], $4::text[], $5, now() + make_interval(secs => $6),
    coalesce((select o.pick_sequence from bss.location o where o.organization_id = $1 and o.id = $7::uuid), 0), $8::int) l`, { taskId: column.id<TaskId>() })
/** Leases what matters most. Nothing of it is audited by itself: a lease is not a change of business. */
export async function nextTasks(tx: Working, wanted: NextTask): Promise<{ tasks: Task[]; leaseSeconds: number }> {
  const ids = (await tx.rows(lease, [wanted.siteId, wanted.zoneIds ?? null, wanted.kinds ?? TASK_KINDS, wanted.deviceId, LEASE_SECONDS, wanted.nearLocationId ?? null, wanted.count ?? 1])).map(({ taskId }) => taskId)
  return { tasks: await workOnMany(tx, ids), leaseSeconds: LEASE_SECONDS }
}

const lock = write('tasks:work', 'select t.status, coalesce(t.assignee = sec.actor(), false) as is_mine, t.lease_device from bss.warehouse_task t where t.organization_id = $1 and t.id = $2 for no key update', {
  status: column.oneOf(TASK_STATUSES), isMine: column.bool, leaseDevice: column.nullable(column.text),
})
/** Takes the lock of a task that the caller holds on this device, and gives it as it is under the lock. */
export async function hold(tx: Working, id: TaskId, deviceId: string): Promise<Task> {
  const { status, isMine, leaseDevice } = await tx.one('task', lock, [id])
  if (status !== 'leased' && status !== 'in_progress') throw new Problem('illegal_transition', `This task is ${words(status)}: nobody holds it.`)
  if (!isMine || leaseDevice !== deviceId) throw new Problem('conflict', 'Somebody else holds this task, or you hold it on another device.', { errors: [{ pointer: '/deviceId', code: 'not_leased', message: 'You do not hold this task on this device.' }] })
  return workOn(tx, id)
}

const extend = write('tasks:work', 'update bss.warehouse_task set lease_until = now() + make_interval(secs => $3), heartbeat_at = now() where organization_id = $1 and id = $2', {})
export async function heartbeat(tx: Working, id: TaskId, deviceId: string): Promise<Task> {
  await hold(tx, id, deviceId)
  await tx.rows(extend, [id, LEASE_SECONDS])
  return workOn(tx, id)
}
const giveBack = write('tasks:work', "update bss.warehouse_task set status = 'ready', assignee = null, lease_device = null, lease_until = null, heartbeat_at = null where organization_id = $1 and id = $2", {})
export async function release(tx: Working, id: TaskId, deviceId: string): Promise<Task> {
  const held = await hold(tx, id, deviceId)
  if (held.status !== 'leased') throw new Problem('illegal_transition', 'Something was done on this task: complete it, or say why it cannot be done.')
  await tx.rows(giveBack, [id])
  return workOn(tx, id)
}

const begin = write('tasks:work', "update bss.warehouse_task set status = 'in_progress' where organization_id = $1 and id = $2 and status = 'leased'", {})
const progress = write('tasks:work', `update bss.warehouse_task set done = done + $3::numeric, to_location_id = coalesce($4::uuid, to_location_id), lease_until = now() + make_interval(secs => $5) where organization_id = $1 and id = $2`, {}, {
  warehouse_task_not_over_planned: ['conflict', 'More than this task asks for.', '/quantity'], warehouse_task_to_unknown: ['invalid', 'This site has no such location.', '/toLocationId'],
  warehouse_task_replenish_once: ['conflict', 'Another task fills this place with this item.', '/toLocationId'],
})
const finish = write('tasks:work', 'update bss.warehouse_task set status = $3, exception_code = $4, lease_device = null, lease_until = null, ended_at = now() where organization_id = $1 and id = $2', {})
/** Work has begun, and so much is done by it. */
export async function note(tx: Working, id: TaskId, quantity: string, toLocationId: LocationId | null): Promise<void> {
  await tx.rows(begin, [id])
  await tx.rows(progress, [id, quantity, toLocationId, LEASE_SECONDS])
}
export const end = async (tx: Working, id: TaskId, status: 'completed' | 'short_completed', code: string | null): Promise<void> => void (await tx.rows(finish, [id, status, code]))

const fail = write('tasks:work', "update bss.warehouse_task set status = 'exception', exception_code = $3, note = coalesce($4, note), lease_device = null, lease_until = null where organization_id = $1 and id = $2", {})
export const failTask = async (tx: Working, id: TaskId, code: string, text: string | null): Promise<void> => void (await tx.rows(fail, [id, code, text]))

const lockAny = write('tasks:manage', 'select t.status, t.done from bss.warehouse_task t where t.organization_id = $1 and t.id = $2 for no key update', { status: column.oneOf(TASK_STATUSES), done: column.quantity })
const stop = write('tasks:manage', "update bss.warehouse_task set status = 'exception', exception_code = 'other', lease_device = null, lease_until = null where organization_id = $1 and id = $2 and status = 'in_progress'", {})
const give = write('tasks:manage', `
  update bss.warehouse_task set status = 'ready', assignee = $3, priority = coalesce($4, priority), exception_code = null, lease_device = null, lease_until = null, heartbeat_at = null where organization_id = $1 and id = $2`, {})
/** Gives a task that has not ended to somebody, or to whoever is free. What was done of it stays done. */
export async function reassign(tx: Tx<'write', 'tasks:work' | 'tasks:manage'>, id: TaskId, assignee: ActorId | null, priority: number | null): Promise<Task> {
  const { status } = await tx.one('task', lockAny, [id])
  if (status === 'completed' || status === 'short_completed' || status === 'cancelled') throw new Problem('illegal_transition', `This task is ${words(status)}.`)
  await tx.rows(stop, [id])
  await tx.rows(give, [id, assignee, priority])
  tx.changed({ entity: 'task', id, action: 'reassigned', after: { assignee, priority } })
  return workOn(tx, id)
}

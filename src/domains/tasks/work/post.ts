// What work does: goods move with their promises and tasks go on, for one task or for many at once. Run under the locks of orders,
// shipments and tasks.
import { newId, type ItemId, type LocationId, type LotId, type ReservationId, type ShipmentLineId, type SiteId, type TaskId } from '../../../kernel/ids.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { moveForTask } from '../../inventory/index.ts'
import { recordPicks } from '../../shipments/index.ts'
import { taskCompleted } from '../events.ts'
import { replenishAfter } from '../replenish.ts'
import type { TASK_KINDS } from '../rules.ts'
import { LEASE_SECONDS, type Working } from './store.ts'

/** What moving goods for a task needs to know of it. */
export interface MovingTask {
  readonly id: TaskId
  readonly siteId: SiteId
  readonly kind: (typeof TASK_KINDS)[number]
  readonly itemId: ItemId | null
  readonly lotId: LotId | null
  readonly fromLocationId: LocationId | null
  readonly reservationId: ReservationId | null
  readonly shipmentLineId: ShipmentLineId | null
}
/** So much of a task is done, to a place. Several of one task and place are one move: their quantities add up. */
export interface Posted {
  readonly task: MovingTask
  readonly quantity: string
  readonly toLocationId: LocationId
  readonly occurredAt: string
}
const carry = write('tasks:work', `
  select r.entry, r.reservation_id from bss.carry_reserved($1, $2::uuid[], $3::numeric[], $4::uuid[], 'task', 'pick', $5, $6::uuid[], $6::uuid[], $7::timestamptz[]) r order by r.entry`, { entry: column.int, reservationId: column.id<ReservationId>() })
const reopen = write('tasks:work', "update bss.warehouse_task set status = 'ready', exception_code = null where organization_id = $1 and id = any($2::uuid[]) and status = 'exception'", {})
const take = write('tasks:work', `
  update bss.warehouse_task set status = 'leased', assignee = sec.actor(), lease_device = $3, lease_until = now() + make_interval(secs => $4), heartbeat_at = now() where organization_id = $1 and id = any($2::uuid[]) and status in ('created', 'ready')`, {})
const begin = write('tasks:work', "update bss.warehouse_task set status = 'in_progress' where organization_id = $1 and id = any($2::uuid[]) and status = 'leased'", {})
const progress = write('tasks:work', `
  update bss.warehouse_task t
     set done = t.done + u.quantity, to_location_id = u.to_id, status = case when t.done + u.quantity = t.planned then 'completed' else t.status end, ended_at = case when t.done + u.quantity = t.planned then now() end,
         lease_device = case when t.done + u.quantity = t.planned then null else t.lease_device end, lease_until = case when t.done + u.quantity = t.planned then null else now() + make_interval(secs => $5) end
    from unnest($2::uuid[], $3::numeric[], $4::uuid[]) u (id, quantity, to_id)
   where t.organization_id = $1 and t.id = u.id returning t.id, t.status = 'completed' as is_done`, { id: column.id<TaskId>(), isDone: column.bool }, {
  warehouse_task_not_over_planned: ['conflict', 'More than this task asks for.', '/quantity'], warehouse_task_to_unknown: ['invalid', 'This site has no such location.', '/toLocationId'],
  warehouse_task_replenish_once: ['conflict', 'Another task fills this place with this item.', '/toLocationId'],
})

const isPick = (task: MovingTask): boolean => task.kind === 'pick' && task.reservationId !== null && task.shipmentLineId !== null && task.itemId !== null

/** Work on one task to one place is one move, at the time of the latest. */
function together(entries: readonly Posted[]): Posted[] {
  return [...Map.groupBy(entries, ({ task, toLocationId }) => `${task.id} ${toLocationId}`).values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    return [{ ...first, quantity: quantityOf(same.reduce((sum, { quantity }) => sum + micros(quantity), 0n)), occurredAt: same.reduce((latest, { occurredAt }) => (occurredAt > latest ? occurredAt : latest), first.occurredAt) }]
  })
}
/** A carrying takes each promise once: what takes one twice is carried in a further round. */
function roundsOf<T>(list: readonly T[], of: (each: T) => string): T[][] {
  const rounds: T[][] = []
  for (const same of Map.groupBy(list, of).values()) same.forEach((each, index) => { (rounds[index] ??= []).push(each) })
  return rounds
}

async function carryPicks(tx: Working, key: string, picks: readonly Posted[]): Promise<void> {
  const recorded = await tx.rows(carry, [picks.map(({ task }) => task.reservationId), picks.map(({ quantity }) => quantity), picks.map(({ toLocationId }) => toLocationId), key, picks.map(({ task }) => task.id), picks.map(({ occurredAt }) => occurredAt)])
  await recordPicks(tx, recorded.flatMap(({ entry, reservationId }) => {
    const { task, quantity } = picks[entry - 1] ?? {}
    if (task === undefined || quantity === undefined || task.shipmentLineId === null || task.itemId === null) return []
    return [{ shipmentLineId: task.shipmentLineId, reservationId, itemId: task.itemId, lotId: task.lotId, quantity }]
  }))
}
/** Moves goods and no more. Picks first, then what is nobody's, by item: everybody takes the locks of stock alike. */
export async function moveGoods(tx: Working, entries: readonly Posted[]): Promise<void> {
  const key = newId()
  const picked = entries.filter(({ task }) => isPick(task))
  for (const [round, picks] of roundsOf(picked, ({ task }) => task.reservationId ?? '').entries()) await carryPicks(tx, `${key}:${round}`, picks)
  await replenishAfter(tx, picked.flatMap(({ task: { fromLocationId } }) => (fromLocationId === null ? [] : [{ fromLocationId }])))
  const moves = entries.filter(({ task }) => task.kind !== 'pick').toSorted((a, b) => ((a.task.itemId ?? '') < (b.task.itemId ?? '') ? -1 : 1))
  for (const { task, quantity, toLocationId, occurredAt } of moves) {
    if (task.itemId === null || task.fromLocationId === null) throw new TypeError('A task that moves goods has an item and a place.')
    await moveForTask(tx, { taskId: task.id, reason: task.kind, key: `${key}:${toLocationId}`, itemId: task.itemId, lotId: task.lotId, fromLocationId: task.fromLocationId, toLocationId, quantity, occurredAt })
  }
}

/**
 * Posts entries, all or none: what completing a part of each task does, by one statement for all. Tasks that are not known to be held (scans
 * may come late) are taken first. Gives the tasks that ended.
 */
export async function postAll(tx: Working, device: string, list: readonly Posted[], isHeld = false): Promise<ReadonlySet<TaskId>> {
  const entries = together(list)
  const tasks = new Map(entries.map(({ task }) => [task.id, task] as const))
  const ids = [...tasks.keys()]
  await moveGoods(tx, entries)
  if (!isHeld) {
    await tx.rows(reopen, [ids])
    await tx.rows(take, [ids, device, LEASE_SECONDS])
  }
  await tx.rows(begin, [ids])
  const sums = [...Map.groupBy(entries, ({ task }) => task.id)].map(([id, same]): [TaskId, string, LocationId | null] => [id, quantityOf(same.reduce((sum, { quantity }) => sum + micros(quantity), 0n)), same.at(-1)?.toLocationId ?? null])
  const ended = new Set<TaskId>()
  for (const { id, isDone } of await tx.rows(progress, [sums.map(([id]) => id), sums.map(([, quantity]) => quantity), sums.map(([, , to]) => to), LEASE_SECONDS])) if (isDone) ended.add(id)
  for (const [id, quantity, toLocationId] of sums) tx.changed({ entity: 'task', id, action: ended.has(id) ? 'completed' : 'done', after: { quantity, toLocationId } })
  for (const { id, siteId, kind, itemId } of tasks.values()) if (ended.has(id)) tx.emit(taskCompleted, id, { taskId: id, siteId, kind, itemId, isShort: false })
  return ended
}

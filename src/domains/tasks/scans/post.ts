// What accepted scans do: goods move with their promises and tasks go on, for many tasks at once. Run under the locks of facts.ts.
import { newId, type LocationId, type ReservationId, type TaskId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { moveForTask } from '../../inventory/index.ts'
import { recordPicks } from '../../shipments/index.ts'
import { taskCompleted } from '../events.ts'
import { replenishAfter } from '../replenish.ts'
import { LEASE_SECONDS, type Working } from '../work/store.ts'
import type { Entry, Refusal, ScanCode, ScannedTask } from './rules.ts'

/** An accepted scan, or several of one task to one place: their quantities add up. */
export interface Posted extends Entry {
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

const isPick = (task: ScannedTask): boolean => task.kind === 'pick' && task.reservationId !== null && task.shipmentLineId !== null && task.itemId !== null

/** Scans of one task to one place are one move, at the time of the latest. */
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
/** Picks first, then what is nobody's, by item: everybody takes the locks of stock alike. */
async function moveGoods(tx: Working, entries: readonly Posted[]): Promise<void> {
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

/** Posts entries, all or none: what completing a part of each task does, by one statement for all. Gives the tasks that ended. */
export async function postAll(tx: Working, device: string, list: readonly Posted[]): Promise<ReadonlySet<TaskId>> {
  const entries = together(list)
  const tasks = new Map(entries.map(({ task }) => [task.id, task] as const))
  const ids = [...tasks.keys()]
  await moveGoods(tx, entries)
  await tx.rows(reopen, [ids])
  await tx.rows(take, [ids, device, LEASE_SECONDS])
  await tx.rows(begin, [ids])
  const sums = [...Map.groupBy(entries, ({ task }) => task.id)].map(([id, same]): [TaskId, string, LocationId | null] => [id, quantityOf(same.reduce((sum, { quantity }) => sum + micros(quantity), 0n)), same.at(-1)?.toLocationId ?? null])
  const ended = new Set<TaskId>()
  for (const { id, isDone } of await tx.rows(progress, [sums.map(([id]) => id), sums.map(([, quantity]) => quantity), sums.map(([, , to]) => to), LEASE_SECONDS])) if (isDone) ended.add(id)
  for (const [id, quantity, toLocationId] of sums) tx.changed({ entity: 'task', id, action: ended.has(id) ? 'completed' : 'done', after: { quantity, toLocationId } })
  for (const { id, siteId, kind, itemId } of tasks.values()) if (ended.has(id)) tx.emit(taskCompleted, id, { taskId: id, siteId, kind, itemId, isShort: false })
  return ended
}

const isRefusal = (error: unknown): error is Problem => error instanceof Problem && ['conflict', 'invalid', 'illegal_transition', 'insufficient_stock', 'not_found'].includes(error.code)
/** Words of the rooms below for what this room calls differently. */
const CODES: Readonly<Record<string, ScanCode>> = { lot_expired: 'expired_lot', no_promise: 'task_cancelled', wrong_location: 'wrong_location', same_location: 'wrong_location', unknown_location: 'wrong_location', too_much: 'over_pick', over_pick: 'over_pick', insufficient_stock: 'insufficient_stock', allocated: 'insufficient_stock', promised: 'insufficient_stock' }
export function refusalOf(problem: Problem): Refusal {
  const code = problem.errors[0]?.code ?? problem.code
  const known = CODES[code] ?? CODES[problem.code] ?? (code.startsWith('lot_') ? 'lot_not_available' : 'not_possible')
  return { outcome: 'refused', code: known, message: (problem.errors[0]?.message ?? problem.message).slice(0, 400) }
}

/** Posts what can be posted: when the database refuses a part, its halves are tried, down to the one that is refused. */
export async function postEach<T extends Posted>(tx: Working, device: string, entries: readonly T[], refuse: (entry: T, refusal: Refusal) => void): Promise<void> {
  const [first] = entries
  if (first === undefined) return
  try {
    await tx.attempt(() => postAll(tx, device, entries))
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (entries.length === 1) return refuse(first, refusalOf(error))
    const half = entries.length >> 1
    await postEach(tx, device, entries.slice(0, half), refuse)
    await postEach(tx, device, entries.slice(half), refuse)
  }
}

const stop = write('tasks:work', "update bss.warehouse_task set status = 'exception', exception_code = $3, lease_device = null, lease_until = null where organization_id = $1 and id = $2 and status = 'in_progress'", {})
const free = write('tasks:work', "update bss.warehouse_task set status = 'ready', assignee = null, exception_code = null where organization_id = $1 and id = $2 and status = 'exception'", {})
/** A lead posted to a task that nobody held: what is left of it stands as it stood. */
export async function putBack(tx: Working, task: ScannedTask): Promise<void> {
  if (task.status !== 'ready' && task.status !== 'exception') return
  await tx.rows(stop, [task.id, task.exceptionCode ?? 'other'])
  if (task.status === 'ready') await tx.rows(free, [task.id])
}

// How a task ends: its goods move with it, once. Locks: orders and shipments of a pick first, then the task, then what the stock takes.
import type { LocationId, OrderId, ShipmentLineId, TaskId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { loseForTask, proposeCount, recordCount } from '../../inventory/index.ts'
import { allocateAgain } from '../../orders/index.ts'
import { lockForPicks, packLocationOf, recordShort } from '../../shipments/index.ts'
import { taskCompleted, taskFailed } from '../events.ts'
import { fitOrdersAtOnce } from '../fit.ts'
import { pickTasksOf } from '../picks.ts'
import { replenishAfter } from '../replenish.ts'
import type { Completion, ShortPick, Task } from './contract.ts'
import { moveGoods, postAll } from './post.ts'
import { end, failTask, hold, lineBehind, note, workOn, type Working } from './store.ts'
import { doWhole } from './whole.ts'

const loosen = write('tasks:work', 'select r.order_id from bss.loosen_reserved($1, array[$2::uuid], array[$3::numeric]) r', { orderId: column.id<OrderId>() })

const missing = (pointer: string, sentence: string): Problem => new Problem('invalid', sentence, { errors: [{ pointer, code: 'required', message: sentence }] })
const rest = (task: Task): bigint => micros(task.planned ?? '0') - micros(task.done)
const isMoving = (task: Task): boolean => task.planned !== null && task.kind !== 'inspect'

/** Takes the locks in their order and gives the task as the caller holds it. */
async function take(tx: Working, id: TaskId, deviceId: string): Promise<Task> {
  const shipmentLineId = await lineBehind(tx, id)
  if (shipmentLineId !== null) await lockForPicks(tx, [shipmentLineId])
  return hold(tx, id, deviceId)
}

async function destination(tx: Working, task: Task, named: LocationId | undefined): Promise<LocationId> {
  const to = named ?? task.toLocationId ?? (task.kind === 'pick' ? await packLocationOf(tx, task.siteId) : null)
  if (to === null) throw missing('/toLocationId', 'Say where the goods are put.')
  return to
}

/** Does a task or a part of it. Goods that were promised are carried with their promise; what is a count is recorded there. */
export async function completeTask(tx: Working, id: TaskId, done: Completion): Promise<Task> {
  const task = await take(tx, id, done.deviceId)
  if (!isMoving(task)) {
    if (task.kind === 'count') await count(tx, task, done)
    const isDone = await doWhole(tx, task, done)
    await note(tx, id, task.planned ?? '0', null)
    return isDone ? finished(tx, task) : workOn(tx, id)
  }
  if (done.tote !== undefined && task.tote !== null && done.tote !== task.tote) throw new Problem('conflict', 'The goods belong in another tote.', { errors: [{ pointer: '/tote', code: 'wrong_tote', message: `These goods belong in ${task.tote}.` }] })
  const quantity = done.quantity ?? quantityOf(rest(task))
  if (micros(quantity) > rest(task)) throw new Problem('conflict', 'More than this task asks for.', { errors: [{ pointer: '/quantity', code: 'over_pick', message: `Only ${quantityOf(rest(task))} are left to do.` }] })
  const toLocationId = await destination(tx, task, done.toLocationId)
  await postAll(tx, done.deviceId, [{ task, quantity, toLocationId, occurredAt: done.occurredAt ?? new Date().toISOString() }], true)
  return workOn(tx, id)
}

async function count(tx: Working, task: Task, done: Completion): Promise<void> {
  if (task.countId === null || task.fromLocationId === null) throw new TypeError('A count task has a count and a place.')
  if (done.entries === undefined) throw missing('/entries', 'Say what lies there; an empty list says that nothing does.')
  await recordCount(tx, { countId: task.countId, locationId: task.fromLocationId, entries: done.entries, ...(done.occurredAt === undefined ? {} : { countedAt: done.occurredAt }) })
}

async function finished(tx: Working, task: Task): Promise<Task> {
  await end(tx, task.id, 'completed', null)
  tell(tx, task, false)
  tx.changed({ entity: 'task', id: task.id, action: 'completed' })
  return workOn(tx, task.id)
}
const tell = (tx: Working, { id, siteId, kind, itemId }: Task, isShort: boolean): void => tx.emit(taskCompleted, id, { taskId: id, siteId, kind, itemId, isShort })

/**
 * Fewer were there than the books said. What was found is picked; the promise of the rest loses its bin, the books are corrected, and the
 * promise is given another bin and task where there is one. What finds none is no longer planned for the shipment, and the bin is counted.
 */
export async function shortTask(tx: Working, key: string, id: TaskId, short: ShortPick): Promise<Task> {
  const task = await take(tx, id, short.deviceId)
  if (task.kind !== 'pick' || task.reservationId === null || task.shipmentLineId === null || task.itemId === null || task.fromLocationId === null) throw new Problem('illegal_transition', 'Only a pick can be short.')
  const found = micros(short.found)
  const lost = rest(task) - found
  if (lost <= 0n) throw new Problem('conflict', 'That is not fewer than this task asks for.', { errors: [{ pointer: '/found', code: 'not_short', message: `Fewer than ${quantityOf(rest(task))}.` }] })
  const quantity = quantityOf(lost)
  const toLocationId = found === 0n ? null : await destination(tx, task, short.toLocationId)
  if (toLocationId !== null) await moveGoods(tx, [{ task, quantity: short.found, toLocationId, occurredAt: new Date().toISOString() }])
  const [loose] = await tx.rows(loosen, [task.reservationId, quantity])
  const broken = await loseForTask(tx, { taskId: id, siteId: task.siteId, reason: short.code === 'damaged' ? 'damage' : 'lost', key, itemId: task.itemId, lotId: task.lotId, locationId: task.fromLocationId, quantity })
  await note(tx, id, short.found, toLocationId)
  await end(tx, id, 'short_completed', short.code)
  await fitOrdersAtOnce(tx, broken)
  await replenishAfter(tx, [{ fromLocationId: task.fromLocationId }])
  if (loose !== undefined) await allocateAgain(tx, [loose.orderId])
  await seekElsewhere(tx, task.shipmentLineId, task)
  await proposeCount(tx, { siteId: task.siteId, locationIds: [task.fromLocationId], reason: 'short pick' })
  tell(tx, task, true)
  tx.changed({ entity: 'task', id, action: 'short', after: { found: short.found, lost: quantity, code: short.code } })
  return workOn(tx, id)
}

async function seekElsewhere(tx: Working, shipmentLineId: ShipmentLineId, { waveId }: Task): Promise<void> {
  const nowhere = (await tx.rows(pickTasksOf('tasks:work'), [[shipmentLineId], waveId])).flatMap(({ wanted, made }) => {
    const quantity = micros(wanted) - micros(made)
    return quantity > 0n ? [{ shipmentLineId, quantity: quantityOf(quantity) }] : []
  })
  if (nowhere.length > 0) await recordShort(tx, nowhere)
}

/** Says why a task cannot be done: a lead decides. */
export async function failed(tx: Working, id: TaskId, deviceId: string, code: string, text: string | null): Promise<Task> {
  const task = await hold(tx, id, deviceId)
  await failTask(tx, id, code, text)
  tx.emit(taskFailed, id, { taskId: id, siteId: task.siteId, kind: task.kind, code })
  tx.changed({ entity: 'task', id, action: 'exception', after: { code } })
  return workOn(tx, id)
}

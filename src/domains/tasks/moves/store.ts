// All SQL about moves that are ordered. They are worked like every task; the goods are looked at once more when they move.
import { newId, type TaskId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { TASK_KINDS, TASK_STATUSES, words } from '../rules.ts'
import type { Task } from '../work/contract.ts'
import { workOn } from '../work/store.ts'
import type { MoveDraft } from './contract.ts'

type Writing = Tx<'write', 'tasks:work' | 'tasks:manage'>

/** What lies there that no order was promised and no other task carries away. */
const free = write('tasks:manage', `
  select greatest(0, coalesce((select sum(b.on_hand - b.allocated) from bss.stock_balance b
                                where b.organization_id = $1 and b.site_id = $2 and b.location_id = $3 and b.item_id = $4 and b.lot_id is not distinct from $5::uuid), 0)
       - coalesce((select sum(t.planned - t.done) from bss.warehouse_task t
                    where t.organization_id = $1 and t.site_id = $2 and t.from_location_id = $3 and t.item_id = $4 and t.lot_id is not distinct from $5::uuid and t.kind in ('putaway', 'replenish', 'move') and t.ended_at is null), 0)) as quantity`, { quantity: column.quantity })
const isPlace = write('tasks:manage', "select l.id from bss.location l where l.organization_id = $1 and l.id = $2 and l.site_id = $3 and l.kind <> 'virtual' and l.status = 'active'", { id: column.uuidText })
const insert = write('tasks:manage', `
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, due_at, pick_sequence, from_location_id, to_location_id, item_id, lot_id, planned, assignee)
  select $1, $2, o.site_id, o.zone_id, 'move', 'ready', $3::int, coalesce($4::timestamptz, '9999-12-31 00:00:00+00'), o.pick_sequence, o.id, $6, $7, $8, $9::numeric, $10 from bss.location o where o.organization_id = $1 and o.id = $5`, {}, {
  warehouse_task_to_unknown: ['invalid', 'This site has no such location.', '/toLocationId'], warehouse_task_item_unknown: ['invalid', 'There is no such item.', '/itemId'], warehouse_task_lot_unknown: ['invalid', 'This item has no such lot.', '/lotId'],
})
const fault = (pointer: string, code: string, message: string): Problem => new Problem('invalid', 'Nothing can be moved like this.', { errors: [{ pointer, code, message }] })
const PRIORITY = 5

/** A task for whoever is free, or for the person that is named. Refused when the goods are not there, promised, or on their way elsewhere. */
export async function orderMove(tx: Writing, { siteId, itemId, lotId: named, fromLocationId, toLocationId, quantity, priority, dueAt, assignee }: MoveDraft): Promise<Task> {
  const lotId = named ?? null
  if (fromLocationId === toLocationId) throw fault('/toLocationId', 'same_location', 'The goods are there already.')
  for (const [pointer, place] of [['/fromLocationId', fromLocationId], ['/toLocationId', toLocationId]] as const) {
    if ((await tx.maybe(isPlace, [place, siteId])) === null) throw fault(pointer, 'unknown_location', 'This site has no such location, or it is not in use.')
  }
  const there = (await tx.one('stock', free, [siteId, fromLocationId, itemId, lotId])).quantity
  if (micros(there) < micros(quantity)) throw new Problem('insufficient_stock', `Only ${there} of these lie there free.`, { errors: [{ pointer: '/quantity', code: 'insufficient_stock', message: `Only ${there} are free: the rest is promised, or on its way elsewhere.` }] })
  const id: TaskId = newId()
  await tx.rows(insert, [id, priority ?? PRIORITY, dueAt ?? null, fromLocationId, toLocationId, itemId, lotId, quantity, assignee ?? null])
  tx.changed({ entity: 'task', id, action: 'moveOrdered', after: { itemId, lotId, fromLocationId, toLocationId, quantity } })
  return workOn(tx, id)
}

const lock = write('tasks:manage', 'select t.kind, t.status from bss.warehouse_task t where t.organization_id = $1 and t.id = $2 for no key update', { kind: column.oneOf(TASK_KINDS), status: column.oneOf(TASK_STATUSES) })
const cancel = write('tasks:manage', "update bss.warehouse_task set status = 'cancelled', ended_at = now(), lease_device = null, lease_until = null where organization_id = $1 and id = $2", {})

/** Only moves are cancelled by hand: every other task ends with what it is for. */
export async function cancelMove(tx: Writing, id: TaskId): Promise<Task> {
  const { kind, status } = await tx.one('task', lock, [id])
  if (kind !== 'move') throw new Problem('illegal_transition', `A task of kind ${kind} ends with what it is for: cancel that.`)
  if (status === 'completed' || status === 'short_completed' || status === 'cancelled') throw new Problem('illegal_transition', `This task is ${words(status)}.`)
  await tx.rows(cancel, [id])
  tx.changed({ entity: 'task', id, action: 'cancelled' })
  return workOn(tx, id)
}

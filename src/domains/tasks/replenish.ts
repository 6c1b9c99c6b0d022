// Pick faces are kept filled: after each pick that takes one below its minimum, and now and then for what else emptied them.
import type { LocationId, TaskId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'

const make = write('tasks:work', 'select r.task_id from bss.make_replenish_tasks($1, $2::uuid[]) r', { taskId: column.id<TaskId>() })
type Working = Tx<'write', 'tasks:work'>

function tell(tx: Working, made: readonly { readonly taskId: TaskId }[]): void {
  for (const { taskId } of made) tx.changed({ entity: 'task', id: taskId, action: 'replenish' })
}

/** Makes the tasks that picks from these places ask for; call it after the goods were carried, in their transaction. One statement for all. */
export async function replenishAfter(tx: Working, moves: readonly { readonly fromLocationId: LocationId }[]): Promise<void> {
  if (moves.length > 0) tell(tx, await tx.rows(make, [[...new Set(moves.map(({ fromLocationId }) => fromLocationId))]]))
}

/** Looks at every face of the organization: adjustments, moves and counts empty them as well, and goods for them may have come later. */
export async function replenishAll(tx: Working): Promise<void> {
  tell(tx, await tx.rows(make, [null]))
}

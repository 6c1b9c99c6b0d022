// Accepted scans are posted together; those that the database refuses are found and answered one by one. Run under the locks of facts.ts.
import { Problem } from '../../../kernel/problem.ts'
import { write } from '../../../platform/db/statement.ts'
import { postAll, type Posted } from '../work/post.ts'
import type { Working } from '../work/store.ts'
import type { Refusal, ScanCode, ScannedTask } from './rules.ts'

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

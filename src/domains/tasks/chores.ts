// Leases that nobody keeps alive end: a task on which nothing was done is anybody's again, one with something done waits for a lead.
// Pick faces that are low and that no pick noticed are filled; old scans are forgotten.
import type { TaskId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import type { Chore } from '../../platform/jobs/worker.ts'
import { replenishAll } from './replenish.ts'
import { trimScans } from './scans/trim.ts'

const EVERY_MS = 15_000
const TRIM_EVERY_MS = 600_000
/** Tasks that somebody works on at this moment are left for the next time. */
const expire = write('tasks:manage', `
  with due as (
    select t.id from bss.warehouse_task t where t.organization_id = $1 and t.status in ('leased', 'in_progress') and t.lease_until < now() order by t.lease_until limit 1000 for no key update skip locked)
  update bss.warehouse_task t set status = case t.status when 'leased' then 'ready' else 'exception' end, exception_code = case t.status when 'leased' then null else 'lease_expired' end,
         assignee = case t.status when 'leased' then null else t.assignee end, lease_device = null, lease_until = null
    from due where t.organization_id = $1 and t.id = due.id returning t.id, t.status`, { id: column.id<TaskId>(), status: column.text })

export const taskChores: readonly Chore[] = [
  {
    name: 'tasks.expireLeases', everyMs: EVERY_MS,
    run: async (tx) => {
      for (const { id, status } of await tx.rows(expire)) tx.changed({ entity: 'task', id, action: 'leaseExpired', after: { status } })
    },
  },
  { name: 'tasks.trimScans', everyMs: TRIM_EVERY_MS, run: trimScans },
  { name: 'tasks.replenish', everyMs: EVERY_MS, run: replenishAll },
]

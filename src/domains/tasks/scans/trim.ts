// Scans are forgotten after a while. A scan that still waits for a lead is kept however old it is.
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'

/** Far longer than Idempotency-Keys are kept (7 days). What a device sends again after that is refused (`too_old`), not posted. */
export const SCAN_DAYS = 90
const AT_A_TIME = 5_000
const trim = write('tasks:manage', `
  with gone as (
    delete from bss.scan s where s.organization_id = $1 and s.id = any(array(
      select d.id from bss.scan d where d.organization_id = $1 and d.created_at < now() - make_interval(days => $2) and (d.outcome <> 'queued' or d.resolution is not null) order by d.created_at limit $3::int for update skip locked))
    returning s.device_id, s.sequence)
  update bss.scan_device d set forgotten_upto = greatest(d.forgotten_upto, g.sequence)
    from (select device_id, max(sequence) as sequence from gone group by device_id) g where d.organization_id = $1 and d.id = g.device_id returning d.code`, { code: column.text })

/** One turn of it; what is left comes with the next. */
export async function trimScans(tx: Tx<'write', 'tasks:manage'>): Promise<void> {
  await tx.rows(trim, [SCAN_DAYS, AT_A_TIME])
}

// What is known of past sign-ins is forgotten after a time. What was done in them stays in the audit trail, which needs none of it.
import type { SessionId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { SignInTx } from './store.ts'

/** People's sessions and support's, after their end. The lines of the log of sign-ins have the same time, those of programs 30 days: sec.forget_sign_ins holds it. */
const SESSION_DAYS = 180

const forgetLines = write('identity:write', 'select sec.forget_sign_ins($2::int) as gone from bss.organization o where o.organization_id = $1', { gone: column.int })
const forgetEnded = write('identity:write', `
  delete from bss.session s where s.organization_id = $1 and s.kind <> 'client' and s.id = any(array(
    select e.id from bss.session e where e.organization_id = $1 and e.kind <> 'client' and e.expires_at < now() - make_interval(days => $2::int) order by e.expires_at limit $3::int for update skip locked))
  returning s.id`, { id: column.id<SessionId>() })

/** Forgets so many old lines of the log at most, of people and of programs each; gives how many there were. */
export const forgetSignIns = async (tx: SignInTx, limit: number): Promise<number> => (await tx.one('organization', forgetLines, [limit])).gone
/** Forgets so many sessions at most that ended long ago; gives how many there were. */
export const forgetSessions = async (tx: SignInTx, limit: number): Promise<number> => (await tx.rows(forgetEnded, [SESSION_DAYS, limit])).length

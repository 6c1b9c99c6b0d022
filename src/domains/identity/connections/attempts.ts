// The log of sign-ins, and what must be true before a connection is enforced.
import type { ConnectionId, UserId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { ATTEMPT_PURPOSES, type SignInAttempt } from './contract.ts'

const attempt = {
  id: column.uuidText, at: column.instant, connectionId: column.nullable(column.id<ConnectionId>()), purpose: column.oneOf(ATTEMPT_PURPOSES), outcome: column.text, detail: column.text, subject: column.nullable(column.text),
  userId: column.nullable(column.id<UserId>()), address: column.text, userAgent: column.text, requestId: column.text,
}
const attempts = read('identity:read', `
  select a.id, a.at, a.connection_id, a.purpose, a.outcome, a.detail, a.subject, a.user_id, a.address, a.user_agent, a.request_id
    from bss.sign_in_attempt a
   where a.organization_id = $1 and ($2::uuid is null or a.id < $2) and ($3::uuid is null or a.connection_id = $3) and ($4::text is null or a.outcome = $4) and ($5::text is null or a.purpose = $5)
   order by a.id desc limit $6::int`, attempt)

export async function listAttempts(tx: Tx<'read', 'identity:read'>, filter: { connectionId: string | null; outcome: string | null; purpose: string | null }, limit: number, before: string | null): Promise<Page<SignInAttempt>> {
  return pageFrom(await tx.rows(attempts, [before, filter.connectionId, filter.outcome, filter.purpose, limit + 1]), limit, (row) => [row.id])
}

const recovery = write('identity:write', `
  select (select c.tested_by from bss.identity_connection c where c.organization_id = $1 and c.id = $2) as tested_by,
         bss.recovery_admins($1)::int as recovery_admins`, { testedBy: column.nullable(column.uuidText), recoveryAdmins: column.int })

/** Who tried the connection last, and how many administrators could still come in with a passkey if the provider failed. */
export async function readiness(tx: Tx<'write', 'identity:write'>, id: ConnectionId): Promise<{ testedBy: string | null; recoveryAdmins: number }> {
  return tx.one('connection', recovery, [id])
}

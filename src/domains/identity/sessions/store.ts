// All SQL about sessions that are open.
import type { Permission } from '../../../kernel/access.ts'
import type { ConnectionId, SessionId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { SESSION_KINDS, type Session } from './contract.ts'

const session = {
  id: column.id<SessionId>(), kind: column.oneOf(SESSION_KINDS), connectionId: column.nullable(column.id<ConnectionId>()), authenticatedAt: column.instant, methods: column.texts, acr: column.nullable(column.text),
  address: column.text, userAgent: column.text, lastUsedAt: column.instant, expiresAt: column.instant, createdAt: column.instant,
}
export type Row = column.Row<typeof session>
const COLUMNS = 's.id, s.kind, s.connection_id, s.authenticated_at, to_jsonb(s.methods) as methods, s.acr, s.address, s.user_agent, coalesce(u.last_used_at, s.created_at) as last_used_at, s.expires_at, s.created_at'
/** Open: neither revoked nor past its end, nor unused for too long. The holder is a person or a service account. */
const OPEN = `bss.session s left join bss.session_use u on u.organization_id = $1 and u.session_id = s.id
   where s.organization_id = $1 and (s.user_id = $2::uuid or s.service_account_id = $2::uuid) and s.revoked_at is null and s.expires_at > now()
     and coalesce(u.last_used_at, s.created_at) + make_interval(secs => s.idle_seconds) > now()`
const open = read('members:read', `select ${COLUMNS} from ${OPEN} and ($3::uuid is null or s.id > $3) order by s.id limit $4::int`, session)
const openOne = <const P extends Permission>(needs: P) => read(needs, `select ${COLUMNS} from ${OPEN} and s.id = $3`, session)
const one = openOne('members:write')
const revoke = write('members:write', `
  update bss.session set revoked_at = now(), revoked_reason = $3 where organization_id = $1 and id = $2 and revoked_at is null`, {})

export async function listSessions(tx: Tx<'read', 'members:read'>, holderId: string, limit: number, after: string | null): Promise<Page<Row>> {
  return pageFrom(await tx.rows(open, [holderId, after, limit + 1]), limit, (row) => [row.id])
}
/** Ends one open session of that holder; a session of somebody else is not found. */
export async function endSession(tx: Tx<'write', 'members:write'>, holderId: string, id: SessionId, reason: string): Promise<Row> {
  const row = await tx.one('session', one, [holderId, id])
  await tx.rows(revoke, [id, reason])
  tx.changed({ entity: 'session', id, action: 'revoked', after: { reason } })
  return row
}

export const asSeen = (row: Row, currentId: string | null, seesPersonalData: boolean): Session => ({
  ...row, methods: [...row.methods], isCurrent: row.id === currentId, ...(seesPersonalData ? {} : { address: null, userAgent: null }),
})

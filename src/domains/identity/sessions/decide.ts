// What may be done with the sessions of somebody else.
import type { Facts } from '../../../kernel/access.ts'
import type { SessionId, UserId } from '../../../kernel/ids.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { mayTouch } from '../roles/held.ts'
import { endSessionsOf, lockUser } from '../users/store.ts'
import { endSession, type Row } from './store.ts'

export async function revokeSession(tx: Tx<'write', 'members:write'>, grantor: Facts, userId: UserId, id: SessionId): Promise<Row> {
  await lockUser(tx, userId)
  await mayTouch(tx, grantor, 'end a session of this person', [userId])
  return endSession(tx, userId, id, 'revoked')
}

export async function revokeSessions(tx: Tx<'write', 'members:write'>, grantor: Facts, userId: UserId): Promise<number> {
  await lockUser(tx, userId)
  await mayTouch(tx, grantor, 'end the sessions of this person', [userId])
  return endSessionsOf(tx, userId, 'revoked')
}

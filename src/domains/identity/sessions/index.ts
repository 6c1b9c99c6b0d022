// One's own sessions need no permission, so the statements' are lent here, for the caller's own id and nothing else.
import type { Facts } from '../../../kernel/access.ts'
import type { SessionId } from '../../../kernel/ids.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { endSession, listSessions, type Row } from './store.ts'

export const listOwnSessions = (tx: Tx<'read', never>, { actor }: Facts, limit: number, after: string | null): Promise<Page<Row>> => listSessions(tx.lend('members:read'), actor.id, limit, after)
export const endOwnSession = (tx: Tx<'write', never>, { actor }: Facts, id: SessionId): Promise<Row> => endSession(tx.lend('members:write'), actor.id, id, 'signed_out')

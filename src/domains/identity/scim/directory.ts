// For which provider's directory a key speaks. It meets the people and groups that this directory announced, and nobody else's: people who
// were made by hand (recovery administrators) and those of another directory are to it as if they were not there.
import { idOf, type ConnectionId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'

export type Writing = Tx<'write', 'members:write'>
export interface Directory {
  /** Null: nobody signs in by a provider of this directory. */
  readonly connectionId: ConnectionId | null
  /** `https://…/scim/v2` */
  readonly base: string
}

const ofAccount = read('members:write', 'select d.connection_id from bss.scim_connection d where d.organization_id = $1 and d.service_account_id = $2', { connectionId: column.nullable(column.id<ConnectionId>()) })

export async function directoryOf(tx: Writing, accountId: string, base: string): Promise<Directory> {
  const { connectionId } = await tx.one('directory', ofAccount, [idOf<'ServiceAccount'>(accountId)])
  return { connectionId, base }
}

/** Who can be met, with the directory's connection as $2. A person who came by a sign-in through this provider is its own to announce. */
export const MET_USERS = `u.deleted_at is null and ((u.source = 'scim' and u.directory_connection_id is not distinct from $2::uuid)
     or (u.source = 'jit' and exists (select from bss.external_identity x where x.organization_id = $1 and x.user_id = u.id and x.connection_id = $2::uuid)))`
export const MET_GROUPS = "g.source = 'scim' and g.directory_connection_id is not distinct from $2::uuid"

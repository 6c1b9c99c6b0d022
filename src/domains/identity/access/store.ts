// All SQL behind the explanation of somebody's access.
import type { RoleId, ServiceAccountId, UserId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'

const subject = { id: column.uuidText, name: column.text, status: column.text }
const person = read('members:read', 'select u.id, u.display_name as name, u.status from bss.user_account u where u.organization_id = $1 and u.id = $2', subject)
const account = read('members:read', 'select a.id, a.name, a.status from bss.service_account a where a.organization_id = $1 and a.id = $2', subject)
const givers = read('members:read', `
  select g.name, r.role, r.role_id from bss.group_member m
    join bss.user_group g on g.organization_id = $1 and g.id = m.group_id
    join bss.group_role_map r on r.organization_id = $1 and r.group_id = m.group_id
   where m.organization_id = $1 and m.user_id = $2 order by g.name`, { name: column.text, role: column.nullable(column.text), roleId: column.nullable(column.id<RoleId>()) })

export const getPerson = (tx: Tx<'read', 'members:read'>, id: UserId) => tx.one('user', person, [id])
export const getServiceAccount = (tx: Tx<'read', 'members:read'>, id: ServiceAccountId) => tx.one('service account', account, [id])
/** The groups of somebody that give roles. */
export const groupsGiving = (tx: Tx<'read', 'members:read'>, id: string) => tx.rows(givers, [id])

// All SQL about an organization's own roles.
import { FIELD_CLASSES, PERMISSIONS, type Permission } from '../../../kernel/access.ts'
import { newId, type RoleId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { CustomRole } from './contract.ts'

const role = {
  id: column.id<RoleId>(), name: column.text, description: column.text, permissions: column.texts, fieldClasses: column.texts, isRetired: column.bool, holders: column.int,
  rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const SELECT = `
  select c.id, c.name, c.description, to_jsonb(c.permissions) as permissions, to_jsonb(c.field_classes) as field_classes, c.is_retired, c.row_version, c.created_at, c.updated_at,
         (select count(distinct coalesce(r.user_id, r.service_account_id)) from bss.role_assignment r where r.organization_id = $1 and r.role_id = c.id) as holders
    from bss.role c where c.organization_id = $1`
const byId = <const P extends Permission>(needs: P) => read(needs, `${SELECT} and c.id = $2`, role)
const one = byId('members:read')
const oneOfWriter = byId('members:write')
const all = read('members:read', `${SELECT} and ($2::uuid is null or c.id > $2) order by c.id limit $3::int`, role)
const everyOne = read('members:read', `${SELECT} and not c.is_retired order by c.id`, role)
const lock = write('members:write', 'select c.id from bss.role c where c.organization_id = $1 and c.id = $2 for update', { id: column.id<RoleId>() })

const TAKEN = { role_name: ['conflict', 'There is a role of this name already.', '/name'] } as const
const insert = write('members:write', 'insert into bss.role (organization_id, id, name, description, permissions, field_classes) values ($1, $2, $3, $4, $5::text[], $6::text[])', {}, TAKEN)
const update = write('members:write', `
  update bss.role set name = $3, description = $4, permissions = $5::text[], field_classes = $6::text[] where organization_id = $1 and id = $2`, {}, TAKEN)
const retire = write('members:write', 'update bss.role set is_retired = true where organization_id = $1 and id = $2', {})

const asWire = (row: column.Row<typeof role>): CustomRole => ({
  ...row, permissions: PERMISSIONS.filter((each) => row.permissions.includes(each)), fieldClasses: FIELD_CLASSES.filter((each) => row.fieldClasses.includes(each)),
})
export const getRole = (tx: Tx<'read', 'members:read'>, id: RoleId): Promise<CustomRole> => tx.one('role', one, [id]).then(asWire)
export async function lockRole(tx: Tx<'write', 'members:write'>, id: RoleId): Promise<CustomRole> {
  await tx.one('role', lock, [id])
  return asWire(await tx.one('role', oneOfWriter, [id]))
}
export async function listRoles(tx: Tx<'read', 'members:read'>, limit: number, after: string | null): Promise<Page<CustomRole>> {
  return pageFrom((await tx.rows(all, [after, limit + 1])).map(asWire), limit, (row) => [row.id])
}
/** Those that are not retired. */
export const liveRoles = async (tx: Tx<'read', 'members:read'>): Promise<CustomRole[]> => (await tx.rows(everyOne)).map(asWire)

type Written = Pick<CustomRole, 'name' | 'description' | 'permissions' | 'fieldClasses'>
export async function insertRole(tx: Tx<'write', 'members:write'>, it: Written): Promise<CustomRole> {
  const id = newId<'Role'>()
  await tx.rows(insert, [id, it.name, it.description, it.permissions, it.fieldClasses])
  tx.changed({ entity: 'role', id, action: 'created', after: it })
  return lockRole(tx, id)
}
export async function saveRole(tx: Tx<'write', 'members:write'>, before: CustomRole, it: Written): Promise<CustomRole> {
  await tx.rows(update, [before.id, it.name, it.description, it.permissions, it.fieldClasses])
  const { name, description, permissions, fieldClasses } = before
  tx.changed({ entity: 'role', id: before.id, action: 'changed', before: { name, description, permissions, fieldClasses }, after: it })
  return lockRole(tx, before.id)
}
export async function saveRetirement(tx: Tx<'write', 'members:write'>, id: RoleId): Promise<CustomRole> {
  await tx.rows(retire, [id])
  tx.changed({ entity: 'role', id, action: 'retired' })
  return lockRole(tx, id)
}

// All SQL about groups, who is in them, and what they give.
import { Compile } from 'typebox/compile'
import Type from 'typebox'
import type { Permission } from '../../../kernel/access.ts'
import { newId, type GroupId, type UserId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import { notFound } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Chosen } from '../roles/held.ts'
import { TENANT_ROLES } from '../schema.ts'
import { GROUP_SOURCES, GroupRole, type Group, type GroupRoleId } from './contract.ts'

type Reading = Tx<'read', 'members:read'>
type Writing = Tx<'write', 'members:write'>
const Roles = Compile(Type.Array(GroupRole))

const group = {
  id: column.id<GroupId>(), name: column.text, source: column.oneOf(GROUP_SOURCES), externalRef: column.nullable(column.text), memberCount: column.int, roles: column.decoded((value) => Roles.Parse(value)),
  rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const SELECT = `
  select g.id, g.name, g.source, g.external_ref, g.row_version, g.created_at, g.updated_at,
         (select count(*) from bss.group_member m where m.organization_id = $1 and m.group_id = g.id) as member_count,
         coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'role', r.role, 'roleId', r.role_id, 'name', coalesce(r.role, c.name), 'siteIds', to_jsonb(r.site_ids)) order by r.id)
                     from bss.group_role_map r left join bss.role c on c.organization_id = $1 and c.id = r.role_id where r.organization_id = $1 and r.group_id = g.id), '[]') as roles
    from bss.user_group g where g.organization_id = $1`
const byId = <const P extends Permission>(needs: P) => read(needs, `${SELECT} and g.id = $2`, group)
const one = byId('members:read')
const oneOfWriter = byId('members:write')
const all = read('members:read', `${SELECT} and ($2::uuid is null or g.id > $2) order by g.id limit $3::int`, group)
const lock = write('members:write', 'select g.id from bss.user_group g where g.organization_id = $1 and g.id = $2 for update', { id: column.id<GroupId>() })
const members = read('members:read', `
  select m.user_id, u.display_name from bss.group_member m join bss.user_account u on u.organization_id = $1 and u.id = m.user_id
   where m.organization_id = $1 and m.group_id = $2 and ($3::uuid is null or m.user_id > $3) order by m.user_id limit $4::int`, { userId: column.id<UserId>(), displayName: column.text })
const memberIds = read('members:write', 'select m.user_id from bss.group_member m where m.organization_id = $1 and m.group_id = $2', { userId: column.id<UserId>() })

const insert = write('members:write', "insert into bss.user_group (organization_id, id, name, source) values ($1, $2, $3, 'manual')", {}, { user_group_name: ['conflict', 'There is a group of this name already.', '/name'] })
const touch = write('members:write', 'update bss.user_group set name = name where organization_id = $1 and id = $2', {})
const addMember = write('members:write', 'insert into bss.group_member (organization_id, group_id, user_id) values ($1, $2, $3) on conflict do nothing returning user_id', { userId: column.id<UserId>() })
const removeMember = write('members:write', 'delete from bss.group_member where organization_id = $1 and group_id = $2 and user_id = $3 returning user_id', { userId: column.id<UserId>() })
const map = write('members:write', `
  insert into bss.group_role_map (organization_id, id, group_id, role, role_id, site_ids) values ($1, $2, $3, $4, $5, $6::uuid[])
  on conflict on constraint group_role_map_once do update set site_ids = excluded.site_ids`, {})
const unmap = write('members:write', 'delete from bss.group_role_map where organization_id = $1 and id = $2', {})
const mapping = read('members:write', `
  select r.id, r.role, coalesce(r.role, c.name) as name, to_jsonb(c.permissions) as permissions, to_jsonb(c.field_classes) as field_classes, to_jsonb(r.site_ids) as sites, r.role_id
    from bss.group_role_map r left join bss.role c on c.organization_id = $1 and c.id = r.role_id where r.organization_id = $1 and r.group_id = $2 order by r.id`, {
  id: column.id<GroupRoleId>(), role: column.nullable(column.oneOf(TENANT_ROLES)), roleId: column.nullable(column.uuidText), name: column.text, permissions: column.nullable(column.texts), fieldClasses: column.nullable(column.texts), sites: column.nullable(column.texts),
})

const asWire = (row: column.Row<typeof group>): Group => ({ ...row })
export const getGroup = (tx: Reading, id: GroupId): Promise<Group> => tx.one('group', one, [id]).then(asWire)
/** Locked: who changes a group's members or roles follows those who did before, so that nobody keeps what was just taken away. */
export async function lockGroup(tx: Writing, id: GroupId): Promise<Group> {
  if ((await tx.maybe(lock, [id])) === null) throw notFound('group')
  return asWire(await tx.one('group', oneOfWriter, [id]))
}
export async function listGroups(tx: Reading, limit: number, after: string | null): Promise<Page<Group>> {
  return pageFrom((await tx.rows(all, [after, limit + 1])).map(asWire), limit, (row) => [row.id])
}
export async function listMembers(tx: Reading, id: GroupId, limit: number, after: string | null): Promise<Page<{ userId: UserId; displayName: string }>> {
  await getGroup(tx, id)
  return pageFrom(await tx.rows(members, [id, after, limit + 1]), limit, (row) => [row.userId])
}
export const membersOf = async (tx: Writing, id: GroupId): Promise<UserId[]> => (await tx.rows(memberIds, [id])).map(({ userId }) => userId)
/** What a group gives, with all that each of the roles allows. */
export const mappingsOf = (tx: Writing, id: GroupId) => tx.rows(mapping, [id])

export async function insertGroup(tx: Writing, name: string): Promise<Group> {
  const id = newId<'Group'>()
  await tx.rows(insert, [id, name])
  tx.changed({ entity: 'group', id, action: 'created', after: { name, source: 'manual' } })
  return lockGroup(tx, id)
}
/** False when the person was in the group before. */
export async function saveMember(tx: Writing, id: GroupId, userId: UserId): Promise<boolean> {
  if ((await tx.maybe(addMember, [id, userId])) === null) return false
  await tx.rows(touch, [id])
  tx.changed({ entity: 'group', id, action: 'member_added', after: { userId } })
  return true
}
export async function saveNoMember(tx: Writing, id: GroupId, userId: UserId): Promise<boolean> {
  if ((await tx.maybe(removeMember, [id, userId])) === null) return false
  await tx.rows(touch, [id])
  tx.changed({ entity: 'group', id, action: 'member_removed', before: { userId } })
  return true
}
export async function saveMapping(tx: Writing, id: GroupId, { role, roleId, name, siteIds }: Chosen): Promise<void> {
  await tx.rows(map, [newId<'GroupRole'>(), id, role, roleId, siteIds])
  await tx.rows(touch, [id])
  tx.changed({ entity: 'group', id, action: 'role_mapped', after: { role: name, siteIds } })
}
export async function saveNoMapping(tx: Writing, id: GroupId, mappingId: GroupRoleId, name: string): Promise<void> {
  await tx.rows(unmap, [mappingId])
  await tx.rows(touch, [id])
  tx.changed({ entity: 'group', id, action: 'role_unmapped', before: { role: name } })
}

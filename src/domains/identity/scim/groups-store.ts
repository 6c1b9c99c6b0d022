// All SQL about groups as their directory sees them.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { newId, type GroupId, type UserId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { MET_GROUPS, MET_USERS, type Directory, type Writing } from './directory.ts'
import { listStatements, type Candidates } from './listing-sql.ts'

const Members = Compile(Type.Array(Type.Object({ value: Type.String(), display: Type.String() }, { additionalProperties: false })))
const group = {
  id: column.id<GroupId>(), name: column.text, externalRef: column.nullable(column.text), memberCount: column.int, rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
export type GroupRow = column.Row<typeof group>
export interface Member {
  readonly value: string
  readonly display: string
}
const COLUMNS = `g.id, g.name, g.external_ref, g.row_version, g.created_at, g.updated_at,
  (select count(*) from bss.group_member m where m.organization_id = $1 and m.group_id = g.id) as member_count`
const one = read('members:write', `select ${COLUMNS} from bss.user_group g where g.organization_id = $1 and ${MET_GROUPS} and g.id = $3`, group)
const lock = write('members:write', `select g.id from bss.user_group g where g.organization_id = $1 and ${MET_GROUPS} and g.id = $3 for update of g`, { id: column.id<GroupId>() })
const members = read('members:write', `
  select m.group_id, jsonb_agg(jsonb_build_object('value', m.user_id, 'display', u.display_name) order by m.user_id) as members
    from bss.group_member m join bss.user_account u on u.organization_id = $1 and u.id = m.user_id
   where m.organization_id = $1 and m.group_id = any($2::uuid[]) group by m.group_id`, { groupId: column.id<GroupId>(), members: column.decoded((value) => Members.Parse(value)) })

const instantText = (of: string): string => `to_char(${of} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
/** Of the members only those are looked at that the filter names: $4. */
export const list = listStatements({
  columns: COLUMNS, from: 'bss.user_group g', alias: 'g', met: MET_GROUPS, shape: group, more: 'uuid[]',
  facts: `jsonb_strip_nulls(jsonb_build_object('id', g.id, 'externalId', g.external_ref, 'displayName', g.name, 'created', ${instantText('g.created_at')}, 'lastModified', ${instantText('g.updated_at')},
    'members', (select jsonb_agg(jsonb_build_object('value', m.user_id)) from bss.group_member m where m.organization_id = $1 and m.group_id = g.id and m.user_id = any($4::uuid[]))))`,
  sorts: { displayName: 'g.name_key', externalId: 'g.external_ref', created: instantText('g.created_at'), lastModified: instantText('g.updated_at') },
  indexes: {
    id: (values) => `g.id = any(${values}::uuid[])`,
    externalId: (values) => `g.external_ref = any(${values}::text[])`,
    displayName: (values) => `g.name_key in (select lower(v) from unnest(${values}::text[]) v)`,
    member: (values) => `g.id in (select m.group_id from bss.group_member m where m.organization_id = $1 and m.user_id = any(${values}::uuid[]))`,
  } satisfies Candidates,
})

const insert = write('members:write', "insert into bss.user_group (organization_id, id, name, external_ref, source, directory_connection_id) values ($1, $2, $3, $4, 'scim', $5)", {})
const update = write('members:write', 'update bss.user_group set name = $3, external_ref = $4 where organization_id = $1 and id = $2', {})
/** The people among these whom the directory can meet: the others are as if they were not there. */
const known = read('members:write', `select u.id from bss.user_account u where u.organization_id = $1 and ${MET_USERS} and u.id = any($3::uuid[])`, { id: column.id<UserId>() })
const addAll = write('members:write', 'insert into bss.group_member (organization_id, group_id, user_id) select $1, $2, v from unnest($3::uuid[]) v on conflict do nothing returning user_id', { userId: column.id<UserId>() })
const removeAll = write('members:write', 'delete from bss.group_member where organization_id = $1 and group_id = $2 and user_id = any($3::uuid[]) returning user_id', { userId: column.id<UserId>() })
const keepOnly = write('members:write', 'delete from bss.group_member where organization_id = $1 and group_id = $2 and not (user_id = any($3::uuid[])) returning user_id', { userId: column.id<UserId>() })
const dropMappings = write('members:write', `
  delete from bss.group_role_map r where r.organization_id = $1 and r.group_id = $2
  returning coalesce(r.role, (select c.name from bss.role c where c.organization_id = $1 and c.id = r.role_id)) as name`, { name: column.text })
const drop = write('members:write', 'delete from bss.user_group where organization_id = $1 and id = $2', {})

export const findGroup = (tx: Writing, { connectionId }: Directory, id: string): Promise<GroupRow | null> => tx.maybe(one, [connectionId, id])
export async function lockGroup(tx: Writing, directory: Directory, id: string): Promise<GroupRow | null> {
  return (await tx.maybe(lock, [directory.connectionId, id])) === null ? null : findGroup(tx, directory, id)
}
export async function membersOf(tx: Writing, ids: readonly GroupId[]): Promise<ReadonlyMap<GroupId, readonly Member[]>> {
  return new Map((await tx.rows(members, [ids])).map(({ groupId, members: list_ }) => [groupId, list_]))
}
export async function insertGroup(tx: Writing, { connectionId }: Directory, name: string, externalRef: string | null): Promise<GroupId> {
  const id = newId<'Group'>()
  await tx.rows(insert, [id, name, externalRef, connectionId])
  return id
}
/** Also when nothing but the members changed: the version says that something did. */
export const updateGroup = (tx: Writing, id: GroupId, name: string, externalRef: string | null): Promise<unknown> => tx.rows(update, [id, name, externalRef])
export const knownUsers = async (tx: Writing, { connectionId }: Directory, ids: readonly string[]): Promise<UserId[]> => (await tx.rows(known, [connectionId, ids])).map(({ id }) => id)
const idsOf = (rows: readonly { readonly userId: UserId }[]): UserId[] => rows.map(({ userId }) => userId)
export const addMembers = async (tx: Writing, id: GroupId, ids: readonly UserId[]): Promise<UserId[]> => (ids.length === 0 ? [] : idsOf(await tx.rows(addAll, [id, ids])))
export const removeMembers = async (tx: Writing, id: GroupId, ids: readonly string[]): Promise<UserId[]> => (ids.length === 0 ? [] : idsOf(await tx.rows(removeAll, [id, ids])))
export const removeOthers = async (tx: Writing, id: GroupId, ids: readonly UserId[]): Promise<UserId[]> => idsOf(await tx.rows(keepOnly, [id, ids]))
export const dropGroup = async (tx: Writing, id: GroupId): Promise<string[]> => {
  const roles = (await tx.rows(dropMappings, [id])).map(({ name }) => name)
  await tx.rows(drop, [id])
  return roles
}

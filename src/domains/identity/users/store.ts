// All SQL about people and the roles each has.
import { Compile } from 'typebox/compile'
import Type from 'typebox'
import type { Permission } from '../../../kernel/access.ts'
import { newId, type SessionId, type UserId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import { notFound } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Chosen } from '../roles/held.ts'
import type { RoleAssignmentId } from '../schema.ts'
import { USER_SOURCES, USER_STATUSES, UserConnection, UserEmail, UserRole, type User, type UserDraft } from './contract.ts'

type Reading = Tx<'read', 'members:read'>
type Writing = Tx<'write', 'members:write'>
const [Emails, Roles, Connections] = [Compile(Type.Array(UserEmail)), Compile(Type.Array(UserRole)), Compile(Type.Array(UserConnection))]

const user = {
  id: column.id<UserId>(), userName: column.text, displayName: column.text, status: column.oneOf(USER_STATUSES), source: column.oneOf(USER_SOURCES),
  emails: column.decoded((value) => Emails.Parse(value)), roles: column.decoded((value) => Roles.Parse(value)), connections: column.decoded((value) => Connections.Parse(value)),
  lastSignInAt: column.nullable(column.instant), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const SELECT = `
  select u.id, u.user_name, u.display_name, u.status, u.source, u.last_sign_in_at, u.row_version, u.created_at, u.updated_at,
         coalesce((select jsonb_agg(jsonb_build_object('email', e.email, 'kind', e.kind, 'isPrimary', e.is_primary) order by e.is_primary desc, e.email_key)
                     from bss.user_email e where e.organization_id = $1 and e.user_id = u.id), '[]') as emails,
         coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'role', r.role, 'roleId', r.role_id, 'name', coalesce(r.role, c.name), 'isRetired', coalesce(c.is_retired, false), 'source', r.source, 'siteIds', to_jsonb(r.site_ids)) order by r.id)
                     from bss.role_assignment r left join bss.role c on c.organization_id = $1 and c.id = r.role_id where r.organization_id = $1 and r.user_id = u.id), '[]') as roles,
         coalesce((select jsonb_agg(jsonb_build_object('connectionId', c.id, 'name', c.name) order by c.name)
                     from bss.identity_connection c where c.organization_id = $1 and exists (select from bss.external_identity x where x.organization_id = $1 and x.connection_id = c.id and x.user_id = u.id)), '[]') as connections
    from bss.user_account u where u.organization_id = $1`
const byId = <const P extends Permission>(needs: P) => read(needs, `${SELECT} and u.id = $2`, user)
const one = byId('members:read')
const oneOfWriter = byId('members:write')
const page = read('members:read', `${SELECT}
   and ($2::uuid is null or u.id > $2) and ($3::text is null or u.status = $3)
   and ($4::text is null or exists (select from bss.role_assignment r where r.organization_id = $1 and r.user_id = u.id and r.role = $4))
   and ($5::uuid is null or exists (select from bss.role_assignment r where r.organization_id = $1 and r.user_id = u.id and r.role_id = $5))
   and ($6::text is null or starts_with(lower(u.display_name), lower($6)) or starts_with(u.user_name_key, lower($6))
        or exists (select from bss.user_email e where e.organization_id = $1 and e.user_id = u.id and starts_with(e.email_key, lower($6))))
   order by u.id limit $7::int`, user)
const lock = write('members:write', 'select u.id from bss.user_account u where u.organization_id = $1 and u.id = $2 for update', { id: column.id<UserId>() })

const insert = write('members:write', `
  insert into bss.user_account (organization_id, id, user_name, display_name, source) values ($1, $2, $3, $4, 'manual')`, {}, { user_account_name: ['conflict', 'There is a person of this user name already.', '/userName'] })
const insertEmail = write('members:write', 'insert into bss.user_email (organization_id, id, user_id, email, is_primary) values ($1, $2, $3, $4, true)', {})
const rename = write('members:write', 'update bss.user_account set display_name = $3 where organization_id = $1 and id = $2', {})
const setStatus = write('members:write', 'update bss.user_account set status = $3 where organization_id = $1 and id = $2', {})
/** So that the ETag says that something about the person changed. */
const touch = write('members:write', 'update bss.user_account set user_name = user_name where organization_id = $1 and id = $2', {})
const endSessions = write('members:write', `
  update bss.session set revoked_at = now(), revoked_reason = $3 where organization_id = $1 and user_id = $2 and revoked_at is null returning id`, { id: column.id<SessionId>() })
const leaveGroups = write('members:write', 'delete from bss.group_member where organization_id = $1 and user_id = $2 returning group_id', { groupId: column.uuidText })
const takeRoles = write('members:write', 'delete from bss.role_assignment where organization_id = $1 and user_id = $2 returning id', { id: column.uuidText })
const giveRole = write('members:write', `
  insert into bss.role_assignment (organization_id, id, user_id, role, role_id, source, site_ids) values ($1, $2, $3, $4, $5, 'manual', $6::uuid[])
  on conflict on constraint role_assignment_once do update set site_ids = excluded.site_ids`, {})
const takeRole = write('members:write', 'delete from bss.role_assignment where organization_id = $1 and id = $2', {})

export type Person = Omit<User, 'userName' | 'displayName' | 'emails'> & { readonly userName: string; readonly displayName: string; readonly emails: NonNullable<User['emails']> }

export const getUser = (tx: Reading, id: UserId): Promise<Person> => tx.one('user', one, [id])
/** Locked, so that two who change the same person follow each other. */
export async function lockUser(tx: Writing, id: UserId): Promise<Person> {
  if ((await tx.maybe(lock, [id])) === null) throw notFound('user')
  return tx.one('user', oneOfWriter, [id])
}
export interface UserFilter {
  readonly status: string | null
  readonly role: string | null
  readonly roleId: string | null
  readonly q: string | null
}
export async function listUsers(tx: Reading, filter: UserFilter, limit: number, after: string | null): Promise<Page<Person>> {
  return pageFrom<Person>(await tx.rows(page, [after, filter.status, filter.role, filter.roleId, filter.q, limit + 1]), limit, (row) => [row.id])
}

export async function insertUser(tx: Writing, draft: UserDraft): Promise<Person> {
  const id = newId<'User'>()
  await tx.rows(insert, [id, draft.userName, draft.displayName])
  if (draft.email !== undefined) await tx.rows(insertEmail, [newId(), id, draft.email])
  tx.changed({ entity: 'user', id, action: 'created', after: { ...draft, source: 'manual' } })
  return lockUser(tx, id)
}
export async function saveName(tx: Writing, before: Person, displayName: string): Promise<Person> {
  await tx.rows(rename, [before.id, displayName])
  tx.changed({ entity: 'user', id: before.id, action: 'renamed', before: { displayName: before.displayName }, after: { displayName } })
  return lockUser(tx, before.id)
}
/** Ends every session of a person; how many it were. */
export async function endSessionsOf(tx: Writing, id: UserId, reason: string): Promise<number> {
  const ended = await tx.rows(endSessions, [id, reason])
  for (const { id: sessionId } of ended) tx.changed({ entity: 'session', id: sessionId, action: 'revoked', after: { reason } })
  return ended.length
}
export async function saveStatus(tx: Writing, before: Person, status: User['status']): Promise<void> {
  await tx.rows(setStatus, [before.id, status])
  tx.changed({ entity: 'user', id: before.id, action: status === 'active' ? 'resumed' : status, before: { status: before.status }, after: { status } })
}
/** Takes what somebody who leaves has: groups and roles. */
export async function saveLeave(tx: Writing, before: Person): Promise<void> {
  for (const { groupId } of await tx.rows(leaveGroups, [before.id])) tx.changed({ entity: 'group', id: groupId, action: 'member_removed', before: { userId: before.id } })
  await tx.rows(takeRoles, [before.id])
  for (const { name, source } of before.roles) tx.changed({ entity: 'user', id: before.id, action: 'role_taken', before: { role: name, source } })
}
export async function saveRoleGiven(tx: Writing, before: Person, { role, roleId, name, siteIds }: Chosen): Promise<Person> {
  await tx.rows(giveRole, [newId<'RoleAssignment'>(), before.id, role, roleId, siteIds])
  await tx.rows(touch, [before.id])
  tx.changed({ entity: 'user', id: before.id, action: 'role_given', after: { role: name, source: 'manual', siteIds } })
  return lockUser(tx, before.id)
}
export async function saveRoleTaken(tx: Writing, before: Person, id: RoleAssignmentId): Promise<Person> {
  await tx.rows(takeRole, [id])
  await tx.rows(touch, [before.id])
  const gone = before.roles.find((each) => each.id === id)
  tx.changed({ entity: 'user', id: before.id, action: 'role_taken', before: { role: gone?.name, source: gone?.source } })
  return lockUser(tx, before.id)
}

// All SQL about people as their directory sees them.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { newId, type UserId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { USER_STATUSES } from '../users/contract.ts'
import { MET_USERS, type Directory, type Writing } from './directory.ts'
import { listStatements, type Candidates } from './listing-sql.ts'
import type { Attributes } from './values.ts'
import { closed } from '../../../kernel/schema.ts'

const Emails = Compile(Type.Array(Type.Object({ value: Type.String(), type: Type.String(), primary: Type.Boolean() }, closed)))
const Groups = Compile(Type.Array(Type.Object({ value: Type.String(), display: Type.String() }, closed)))
const Complex = Type.Record(Type.String(), Type.Union([Type.String(), Type.Boolean()]))
const Values = Type.Record(Type.String(), Type.Union([Type.String(), Type.Boolean(), Complex, Type.Array(Complex)]))
const Kept = Compile(Type.Object({ core: Type.Optional(Values), enterprise: Type.Optional(Values) }))

const user = {
  id: column.id<UserId>(), userName: column.text, displayName: column.text, status: column.oneOf(USER_STATUSES), source: column.oneOf(['scim', 'jit']), externalRef: column.nullable(column.text),
  attributes: column.decoded((value) => Kept.Parse(value)), emails: column.decoded((value) => Emails.Parse(value)), groups: column.decoded((value) => Groups.Parse(value)),
  rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
export type UserRow = column.Row<typeof user>

const COLUMNS = `u.id, u.user_name, u.display_name, u.status, u.source, u.external_ref, u.attributes, u.row_version, u.created_at, u.updated_at,
  coalesce((select jsonb_agg(jsonb_build_object('value', e.email, 'type', e.kind, 'primary', e.is_primary) order by e.is_primary desc, e.id) from bss.user_email e where e.organization_id = $1 and e.user_id = u.id), '[]') as emails,
  coalesce((select jsonb_agg(jsonb_build_object('value', g.id, 'display', g.name) order by g.id) from bss.group_member m join bss.user_group g on g.organization_id = $1 and g.id = m.group_id
             where m.organization_id = $1 and m.user_id = u.id and g.source = 'scim' and g.directory_connection_id is not distinct from $2::uuid), '[]') as groups`
const one = read('members:write', `select ${COLUMNS} from bss.user_account u where u.organization_id = $1 and ${MET_USERS} and u.id = $3`, user)
const lock = write('members:write', `select u.id from bss.user_account u where u.organization_id = $1 and ${MET_USERS} and u.id = $3 for update of u`, { id: column.id<UserId>() })

const instantText = (of: string): string => `to_char(${of} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
export const list = listStatements({
  columns: COLUMNS, from: 'bss.user_account u', alias: 'u', met: MET_USERS, shape: user,
  facts: `jsonb_strip_nulls(jsonb_build_object('id', u.id, 'externalId', u.external_ref, 'userName', u.user_name, 'displayName', u.display_name, 'active', case when u.status = 'deactivated' then 'false' else 'true' end,
    'created', ${instantText('u.created_at')}, 'lastModified', ${instantText('u.updated_at')},
    'emails', (select jsonb_agg(jsonb_build_object('value', e.email, 'type', nullif(e.kind, ''), 'primary', case when e.is_primary then 'true' else 'false' end)) from bss.user_email e where e.organization_id = $1 and e.user_id = u.id)))`,
  sorts: { userName: 'u.user_name_key', displayName: 'lower(u.display_name)', externalId: 'u.external_ref', created: instantText('u.created_at'), lastModified: instantText('u.updated_at') },
  indexes: {
    id: (values) => `u.id = any(${values}::uuid[])`,
    userName: (values) => `u.user_name_key in (select lower(v) from unnest(${values}::text[]) v)`,
    externalId: (values) => `u.external_ref = any(${values}::text[])`,
    email: (values) => `u.id in (select e.user_id from bss.user_email e where e.organization_id = $1 and e.email_key in (select lower(v) from unnest(${values}::text[]) v))`,
  } satisfies Candidates,
})

const TAKEN = { user_account_name: ['conflict', 'There is a User of this userName already.', '/userName'] } as const
const insert = write('members:write', `
  insert into bss.user_account (organization_id, id, user_name, display_name, external_ref, attributes, source, directory_connection_id, status) values ($1, $2, $3, $4, $5, $6::jsonb, 'scim', $7, $8)`, {}, TAKEN)
const update = write('members:write', `
  update bss.user_account set user_name = $3, display_name = $4, external_ref = $5, attributes = $6::jsonb, source = 'scim', directory_connection_id = $7 where organization_id = $1 and id = $2`, {}, TAKEN)
const dropEmails = write('members:write', 'delete from bss.user_email where organization_id = $1 and user_id = $2', {})
const insertEmails = write('members:write', `
  insert into bss.user_email (organization_id, id, user_id, email, kind, is_primary)
  select $1, e.id, $2, e.email, e.kind, e.is_primary from unnest($3::uuid[], $4::text[], $5::text[], $6::bool[]) as e (id, email, kind, is_primary)`, {})
const takeRoles = write('members:write', `
  delete from bss.role_assignment r where r.organization_id = $1 and r.user_id = $2 and r.source <> 'group'
  returning coalesce(r.role, (select c.name from bss.role c where c.organization_id = $1 and c.id = r.role_id)) as name, r.source`, { name: column.text, source: column.text })
const leaveOthers = write('members:write', `
  delete from bss.group_member m using bss.user_group g where m.organization_id = $1 and g.organization_id = $1 and m.user_id = $2 and g.id = m.group_id and ($3::bool or g.source <> 'scim') returning m.group_id`, { groupId: column.uuidText })
const dropPasskeys = write('members:write', 'delete from bss.webauthn_credential where organization_id = $1 and user_id = $2 returning id', { id: column.uuidText })
const dropEnrolments = write('members:write', 'delete from bss.passkey_enrolment where organization_id = $1 and user_id = $2 and used_at is null', {})
const unlink = write('members:write', 'delete from bss.external_identity where organization_id = $1 and user_id = $2 returning id, connection_id', { id: column.uuidText, connectionId: column.uuidText })
/** The name is free again; what it was is in the trail. Whoever gets it next is somebody else, with an id of his own. */
const bury = write('members:write', `
  update bss.user_account set deleted_at = now(), user_name = left(user_name, 200) || ' (deleted ' || id || ')', external_ref = null, source = 'scim', directory_connection_id = $3 where organization_id = $1 and id = $2`, {})

export const findUser = (tx: Writing, { connectionId }: Directory, id: string): Promise<UserRow | null> => tx.maybe(one, [connectionId, id])
/** Locked, so that two changes of one person follow each other; null for whom this directory cannot meet. */
export async function lockUser(tx: Writing, directory: Directory, id: string): Promise<UserRow | null> {
  return (await tx.maybe(lock, [directory.connectionId, id])) === null ? null : findUser(tx, directory, id)
}

export interface UserColumns {
  readonly userName: string
  readonly displayName: string
  readonly externalRef: string | null
  readonly attributes: { readonly core: Attributes; readonly enterprise: Attributes }
  readonly emails: UserRow['emails']
}
export async function insertUser(tx: Writing, { connectionId }: Directory, it: UserColumns, status: 'active' | 'deactivated'): Promise<UserId> {
  const id = newId<'User'>()
  await tx.rows(insert, [id, it.userName, it.displayName, it.externalRef, JSON.stringify(it.attributes), connectionId, status])
  await saveEmails(tx, id, it.emails)
  return id
}
export async function updateUser(tx: Writing, { connectionId }: Directory, before: UserRow, it: UserColumns): Promise<void> {
  await tx.rows(update, [before.id, it.userName, it.displayName, it.externalRef, JSON.stringify(it.attributes), connectionId])
  if (JSON.stringify(before.emails) === JSON.stringify(it.emails)) return
  await tx.rows(dropEmails, [before.id])
  await saveEmails(tx, before.id, it.emails)
}
async function saveEmails(tx: Writing, id: UserId, emails: UserRow['emails']): Promise<void> {
  if (emails.length > 0) await tx.rows(insertEmails, [id, emails.map(() => newId()), emails.map(({ value }) => value), emails.map(({ type }) => type), emails.map(({ primary }) => primary)])
}

/** Takes what was not the directory's to give: roles given by hand or at the first sign-in, groups made by hand, passkeys. */
export async function takeOwn(tx: Writing, id: UserId, isForGood: boolean): Promise<void> {
  for (const { name, source } of await tx.rows(takeRoles, [id])) tx.changed({ entity: 'user', id, action: 'role_taken', before: { role: name, source } })
  for (const { groupId } of await tx.rows(leaveOthers, [id, isForGood])) tx.changed({ entity: 'group', id: groupId, action: 'member_removed', before: { userId: id } })
  for (const { id: passkeyId } of await tx.rows(dropPasskeys, [id])) tx.changed({ entity: 'webauthn_credential', id: passkeyId, action: 'removed', before: { userId: id } })
  await tx.rows(dropEnrolments, [id])
}
export async function buryUser(tx: Writing, { connectionId }: Directory, { id, userName, externalRef }: UserRow): Promise<void> {
  for (const { id: identityId, connectionId: from } of await tx.rows(unlink, [id])) tx.changed({ entity: 'external_identity', id: identityId, action: 'unlinked', before: { userId: id, connectionId: from } })
  await tx.rows(bury, [id, connectionId])
  tx.changed({ entity: 'user', id, action: 'deleted', before: { userName, externalId: externalRef } })
}

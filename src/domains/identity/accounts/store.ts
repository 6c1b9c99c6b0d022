// All SQL about service accounts and the role each has.
import type { Permission } from '../../../kernel/access.ts'
import { idOf, newId, type Id, type RoleId, type ServiceAccountId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { ACCOUNT_STATUSES, type ServiceAccount } from '../contract.ts'
import type { Chosen } from '../roles/held.ts'
import { TENANT_ROLES } from '../schema.ts'

const account = {
  id: column.id<ServiceAccountId>(), name: column.text, description: column.text, status: column.oneOf(ACCOUNT_STATUSES), role: column.nullable(column.oneOf(TENANT_ROLES)),
  roleId: column.nullable(column.id<RoleId>()), roleName: column.text, siteIds: column.nullable(column.texts), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const SELECT = `select a.id, a.name, a.description, a.status, r.role, r.role_id, coalesce(r.role, c.name) as role_name, to_jsonb(r.site_ids) as site_ids, a.row_version, a.created_at, a.updated_at
    from bss.service_account a join bss.role_assignment r on r.organization_id = a.organization_id and r.service_account_id = a.id
    left join bss.role c on c.organization_id = r.organization_id and c.id = r.role_id`
const accountById = <const P extends Permission>(needs: P) => read(needs, `
  ${SELECT}
   where a.organization_id = $1 and r.organization_id = $1 and a.id = $2`, account)
const one = accountById('members:read')
const oneOfWriter = accountById('members:write')

const accounts = read('members:read', `
  ${SELECT}
   where a.organization_id = $1 and r.organization_id = $1 and ($2::uuid is null or a.id > $2) and ($3::text is null or a.status = $3) and ($4::text is null or r.role = $4)
   order by a.id limit $5::int`, account)

const insertAccount = write('members:write', `
  insert into bss.service_account (organization_id, id, name, description) values ($1, $2, $3, $4)`, {},
{ service_account_name: ['conflict', 'There is a service account of this name already.', '/name'] })
const insertAssignment = write('members:write', 'insert into bss.role_assignment (organization_id, id, service_account_id, role, role_id, site_ids) values ($1, $2, $3, $4, $5, $6::uuid[])', {})
/** The account itself is touched as well, so that its ETag says that something about it changed. */
const updateRole = write('members:write', `
  with account as (update bss.service_account set description = description where organization_id = $1 and id = $2)
  update bss.role_assignment set role = $3, role_id = $4, site_ids = $5::uuid[] where organization_id = $1 and service_account_id = $2`, {})
const updateStatus = write('members:write', "update bss.service_account set status = 'deactivated' where organization_id = $1 and id = $2", {})
const endKeys = write('members:write', `
  update bss.api_key set revoked_at = now() where organization_id = $1 and service_account_id = $2 and revoked_at is null returning id`, { id: column.id() })

const endSessions = write('members:write', `
  update bss.session set revoked_at = now(), revoked_reason = 'deactivated' where organization_id = $1 and service_account_id = $2 and revoked_at is null returning id`, { id: column.id() })
const byName = read('members:write', `
  select a.id from bss.service_account a where a.organization_id = $1 and a.name = $2`, { id: column.id<ServiceAccountId>() })

/** Locked, so that two who change the same account follow each other. */
const lock = write('members:write', `
  select a.id from bss.service_account a where a.organization_id = $1 and a.id = $2 for update`, { id: column.id<ServiceAccountId>() })

const asWire = (row: column.Row<typeof account>): ServiceAccount => ({ ...row, siteIds: row.siteIds === null ? null : row.siteIds.map((site) => idOf<'Site'>(site)) })
export const getAccount = (tx: Tx<'read', 'members:read'>, id: ServiceAccountId): Promise<ServiceAccount> => tx.one('service account', one, [id]).then(asWire)
export const loadAccount = (tx: Tx<'write', 'members:write'>, id: ServiceAccountId): Promise<ServiceAccount> => tx.one('service account', oneOfWriter, [id]).then(asWire)
export async function lockAccount(tx: Tx<'write', 'members:write'>, id: ServiceAccountId): Promise<ServiceAccount> {
  await tx.one('service account', lock, [id])
  return loadAccount(tx, id)
}

export interface AccountFilter {
  readonly status: string | null
  readonly role: string | null
}
export async function listAccounts(tx: Tx<'read', 'members:read'>, filter: AccountFilter, limit: number, after: string | null): Promise<Page<ServiceAccount>> {
  return pageFrom((await tx.rows(accounts, [after, filter.status, filter.role, limit + 1])).map(asWire), limit, (row) => [row.id])
}

export interface AccountToInsert {
  readonly name: string
  readonly description?: string
}
type Given = Pick<Chosen, 'role' | 'roleId' | 'siteIds'>
const told = (given: Given) => ({ role: given.role ?? given.roleId, siteIds: given.siteIds })
export async function insertServiceAccount(tx: Tx<'write', 'members:write'>, draft: AccountToInsert, given: Given): Promise<ServiceAccount> {
  const id = newId<'ServiceAccount'>()
  await tx.rows(insertAccount, [id, draft.name, draft.description ?? ''])
  await tx.rows(insertAssignment, [newId(), id, given.role, given.roleId, given.siteIds])
  tx.changed({ entity: 'service_account', id, action: 'created', after: { name: draft.name, ...told(given) } })
  return loadAccount(tx, id)
}

export async function saveRole(tx: Tx<'write', 'members:write'>, before: ServiceAccount, given: Given): Promise<ServiceAccount> {
  await tx.rows(updateRole, [before.id, given.role, given.roleId, given.siteIds])
  tx.changed({ entity: 'service_account', id: before.id, action: 'role_assigned', before: told(before), after: told(given) })
  return loadAccount(tx, before.id)
}

/** The account and its keys end together, and so do the sessions of its programs. */
export async function saveDeactivation(tx: Tx<'write', 'members:write'>, before: ServiceAccount): Promise<ServiceAccount> {
  await tx.rows(updateStatus, [before.id])
  tx.changed({ entity: 'service_account', id: before.id, action: 'deactivated' })
  for (const { id } of await tx.rows(endKeys, [before.id])) tx.changed({ entity: 'api_key', id, action: 'revoked' })
  for (const { id } of await tx.rows(endSessions, [before.id])) tx.changed({ entity: 'session', id, action: 'revoked' })
  return loadAccount(tx, before.id)
}

/** Id of the account of that name. */
export const findAccount = async (tx: Tx<'write', 'members:write'>, name: string): Promise<Id<'ServiceAccount'> | null> => (await tx.maybe(byName, [name]))?.id ?? null

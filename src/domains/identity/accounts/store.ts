// All SQL about service accounts and the role each has.
import type { Permission } from '../../../kernel/access.ts'
import { newId, type Id, type ServiceAccountId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { ACCOUNT_STATUSES, TENANT_ROLES, type ServiceAccount, type ServiceAccountDraft, type TenantRole } from '../contract.ts'
import type { Admin } from '../rules.ts'

const account = {
  id: column.id<ServiceAccountId>(), name: column.text, description: column.text, status: column.oneOf(ACCOUNT_STATUSES), role: column.oneOf(TENANT_ROLES),
  rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const accountById = <const P extends Permission>(needs: P) => read(needs, `
  select a.id, a.name, a.description, a.status, r.role, a.row_version, a.created_at, a.updated_at
    from bss.service_account a join bss.role_assignment r on r.organization_id = a.organization_id and r.service_account_id = a.id
   where a.organization_id = $1 and r.organization_id = $1 and a.id = $2`, account)
const one = accountById('members:read')
const oneOfWriter = accountById('members:write')

const accounts = read('members:read', `
  select a.id, a.name, a.description, a.status, r.role, a.row_version, a.created_at, a.updated_at
    from bss.service_account a join bss.role_assignment r on r.organization_id = a.organization_id and r.service_account_id = a.id
   where a.organization_id = $1 and r.organization_id = $1 and ($2::uuid is null or a.id > $2) and ($3::text is null or a.status = $3) and ($4::text is null or r.role = $4)
   order by a.id limit $5::int`, account)

const insertAccount = write('members:write', `
  insert into bss.service_account (organization_id, id, name, description) values ($1, $2, $3, $4)`, {},
{ service_account_name: ['conflict', 'There is a service account of this name already.', '/name'] })
const insertAssignment = write('members:write', 'insert into bss.role_assignment (organization_id, id, service_account_id, role) values ($1, $2, $3, $4)', {})
/** The account itself is touched as well, so that its ETag says that something about it changed. */
const updateRole = write('members:write', `
  with account as (update bss.service_account set description = description where organization_id = $1 and id = $2)
  update bss.role_assignment set role = $3 where organization_id = $1 and service_account_id = $2`, {})
const updateStatus = write('members:write', "update bss.service_account set status = 'deactivated' where organization_id = $1 and id = $2", {})
const endKeys = write('members:write', `
  update bss.api_key set revoked_at = now() where organization_id = $1 and service_account_id = $2 and revoked_at is null returning id`, { id: column.id() })

/** Whoever takes an admin or a key away waits here for the others who do, so that two cannot each leave "the other one". */
const lockAdmins = <const P extends Permission>(needs: P) => write(needs, `
  select a.id from bss.role_assignment r join bss.service_account a on a.organization_id = r.organization_id and a.id = r.service_account_id
   where r.organization_id = $1 and a.organization_id = $1 and r.role = 'tenant_admin' and a.status = 'active'
   order by a.id for update of r, a`, { id: column.id<ServiceAccountId>() })
const adminKeys = <const P extends Permission>(needs: P) => read(needs, `
  select k.id, k.service_account_id from bss.api_key k
   where k.organization_id = $1 and k.service_account_id = any($2::uuid[]) and k.revoked_at is null and k.expires_at > now() and k.scopes is null`,
{ id: column.id(), serviceAccountId: column.id<ServiceAccountId>() })
const forMembers = { lock: lockAdmins('members:write'), keys: adminKeys('members:write') }
const forKeys = { lock: lockAdmins('keys:write'), keys: adminKeys('keys:write') }

const byName = read('members:write', `
  select a.id from bss.service_account a where a.organization_id = $1 and a.name = $2`, { id: column.id<ServiceAccountId>() })

export const getAccount = (tx: Tx<'read', 'members:read'>, id: ServiceAccountId): Promise<ServiceAccount> => tx.one('service account', one, [id])
export const loadAccount = (tx: Tx<'write', 'members:write'>, id: ServiceAccountId): Promise<ServiceAccount> => tx.one('service account', oneOfWriter, [id])

export interface AccountFilter {
  readonly status: string | null
  readonly role: string | null
}
export async function listAccounts(tx: Tx<'read', 'members:read'>, filter: AccountFilter, limit: number, after: string | null): Promise<Page<ServiceAccount>> {
  return pageFrom(await tx.rows(accounts, [after, filter.status, filter.role, limit + 1]), limit, (row) => [row.id])
}

export async function insertServiceAccount(tx: Tx<'write', 'members:write'>, draft: ServiceAccountDraft): Promise<ServiceAccount> {
  const id = newId<'ServiceAccount'>()
  await tx.rows(insertAccount, [id, draft.name, draft.description ?? ''])
  await tx.rows(insertAssignment, [newId(), id, draft.role])
  tx.changed({ entity: 'service_account', id, action: 'created', after: { name: draft.name, role: draft.role } })
  return loadAccount(tx, id)
}

export async function saveRole(tx: Tx<'write', 'members:write'>, before: ServiceAccount, role: TenantRole): Promise<ServiceAccount> {
  await tx.rows(updateRole, [before.id, role])
  tx.changed({ entity: 'service_account', id: before.id, action: 'role_assigned', before: { role: before.role }, after: { role } })
  return loadAccount(tx, before.id)
}

/** The account and its keys end together. */
export async function saveDeactivation(tx: Tx<'write', 'members:write'>, before: ServiceAccount): Promise<ServiceAccount> {
  await tx.rows(updateStatus, [before.id])
  const ended = await tx.rows(endKeys, [before.id])
  tx.changed({ entity: 'service_account', id: before.id, action: 'deactivated' })
  for (const { id } of ended) tx.changed({ entity: 'api_key', id, action: 'revoked' })
  return loadAccount(tx, before.id)
}

export const lockAdminsOfMembers = (tx: Tx<'write', 'members:write'>): Promise<Admin[]> => locked(tx, forMembers)
export const lockAdminsOfKeys = (tx: Tx<'write', 'keys:write'>): Promise<Admin[]> => locked(tx, forKeys)

async function locked<P extends Permission>(tx: Tx<'write', P>, statements: { lock: ReturnType<typeof lockAdmins<P>>; keys: ReturnType<typeof adminKeys<P>> }): Promise<Admin[]> {
  const ids = (await tx.rows(statements.lock)).map(({ id }) => id)
  // Read after the locks are held, so that it sees what those who held them before did.
  const keys = await tx.rows(statements.keys, [ids])
  return ids.map((accountId) => ({ accountId, keyIds: keys.filter((key) => key.serviceAccountId === accountId).map(({ id }) => id) }))
}

/** Id of the account of that name. */
export const findAccount = async (tx: Tx<'write', 'members:write'>, name: string): Promise<Id<'ServiceAccount'> | null> => (await tx.maybe(byName, [name]))?.id ?? null

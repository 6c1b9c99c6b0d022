// What may be done with a service account: load, decide, save.
import { ROLES, type Facts } from '../../../kernel/access.ts'
import type { ServiceAccountId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { ServiceAccount, ServiceAccountDraft, TenantRole } from '../contract.ts'
import { beyondReach, isAdminLeft } from '../rules.ts'
import * as store from './store.ts'

export const lastAdmin = (): Problem =>
  new Problem('conflict', 'This would leave the organization without a Tenant Admin who can enter. Make another one, with a key of its own, first.', {
    errors: [{ pointer: '', code: 'last_admin', message: 'The last Tenant Admin cannot be removed.' }],
  })

/** Refuses to hand on a role that holds more than the caller may give. */
function mayAppoint(grantor: Facts, role: TenantRole): void {
  const beyond = beyondReach(grantor, ROLES[role].permissions)
  if (beyond.length > 0) throw new Problem('forbidden', `You cannot give the role ${ROLES[role].title}: it may do ${beyond.join(', ')}, which you may not.`)
}

export function createAccount(tx: Tx<'write', 'members:write'>, grantor: Facts, draft: ServiceAccountDraft): Promise<ServiceAccount> {
  mayAppoint(grantor, draft.role)
  return store.insertServiceAccount(tx, draft)
}

export async function assignRole(tx: Tx<'write', 'members:write'>, grantor: Facts, id: ServiceAccountId, role: TenantRole): Promise<ServiceAccount> {
  // Before anything is read, so that two who take each other's role away wait for one another.
  const admins = await store.lockAdminsOfMembers(tx)
  const account = await store.loadAccount(tx, id)
  if (account.status !== 'active') throw new Problem('illegal_transition', 'A deactivated service account has no role any more.')
  // Taking a role away is an act over what it holds as well: nobody touches an account above his own.
  mayAppoint(grantor, account.role)
  mayAppoint(grantor, role)
  if (account.role === role) return account
  if (account.role === 'tenant_admin' && !isAdminLeft(admins, { accountId: id })) throw lastAdmin()
  return store.saveRole(tx, account, role)
}

export async function deactivate(tx: Tx<'write', 'members:write'>, id: ServiceAccountId): Promise<ServiceAccount> {
  const admins = await store.lockAdminsOfMembers(tx)
  const account = await store.loadAccount(tx, id)
  if (account.status !== 'active') throw new Problem('illegal_transition', 'This service account is deactivated already.')
  if (account.role === 'tenant_admin' && !isAdminLeft(admins, { accountId: id })) throw lastAdmin()
  return store.saveDeactivation(tx, account)
}

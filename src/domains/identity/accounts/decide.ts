// What may be done with a service account: load, decide, save.
import type { Facts } from '../../../kernel/access.ts'
import type { ServiceAccountId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Above } from '../above.ts'
import type { ServiceAccount, ServiceAccountDraft } from '../contract.ts'
import { keepingAnAdmin } from '../roles/admins.ts'
import { chosenRole, grantOfRole, heldRolesOfWriter, mayGrant } from '../roles/held.ts'
import type { RoleGiven } from '../schema.ts'
import * as store from './store.ts'

type Writing = Tx<'write', 'members:write'>

export async function createAccount(tx: Writing, grantor: Facts, above: Above, draft: ServiceAccountDraft): Promise<ServiceAccount> {
  const chosen = await chosenRole(tx, above, draft)
  mayGrant(grantor, `give the role ${chosen.name}`, chosen.grant)
  return store.insertServiceAccount(tx, draft, chosen)
}

/** Taking a role away is an act over what it holds as well: nobody touches an account above his own. */
async function mayTouchAccount(tx: Writing, grantor: Facts, what: string, id: ServiceAccountId): Promise<void> {
  for (const role of await heldRolesOfWriter(tx, id)) mayGrant(grantor, what, grantOfRole(role))
}

export function assignRole(tx: Writing, grantor: Facts, above: Above, id: ServiceAccountId, given: RoleGiven): Promise<ServiceAccount> {
  return keepingAnAdmin(tx, async () => {
    const account = await store.lockAccount(tx, id)
    if (account.status !== 'active') throw new Problem('illegal_transition', 'A deactivated service account has no role any more.')
    const chosen = await chosenRole(tx, above, given)
    await mayTouchAccount(tx, grantor, 'change the role of this account', id)
    mayGrant(grantor, `give the role ${chosen.name}`, chosen.grant)
    const isSame = account.role === chosen.role && account.roleId === chosen.roleId && sites(account.siteIds) === sites(chosen.siteIds)
    return isSame ? account : store.saveRole(tx, account, chosen)
  })
}
const sites = (ids: readonly string[] | null): string => (ids === null ? 'everywhere' : ids.toSorted().join())

export function deactivate(tx: Writing, grantor: Facts, id: ServiceAccountId): Promise<ServiceAccount> {
  return keepingAnAdmin(tx, async () => {
    const account = await store.lockAccount(tx, id)
    if (account.status !== 'active') throw new Problem('illegal_transition', 'This service account is deactivated already.')
    await mayTouchAccount(tx, grantor, 'deactivate this account', id)
    return store.saveDeactivation(tx, account)
  })
}

// The last Tenant Admin who can enter stays, whatever is done to accounts, people, roles, groups and keys, and by how many at once.
import type { Permission } from '../../../kernel/access.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { isAdminKept, type Admin } from '../rules.ts'

/** Whoever may take an admin away waits here for the others who do, so that two cannot each leave "the other one". */
const lock = <const P extends Permission>(needs: P) => write(needs, `
  select r.id from bss.role_assignment r where r.organization_id = $1 and r.role = 'tenant_admin' order by r.id for update`, { id: column.uuidText })
/** A Tenant Admin who is limited to sites, by this role or another, is none in this sense. */
const state = <const P extends Permission>(needs: P) => read(needs, `
  select coalesce(r.user_id, r.service_account_id) as id,
         to_jsonb(array(select k.id from bss.api_key k where k.organization_id = $1 and k.service_account_id = r.service_account_id and k.revoked_at is null and k.expires_at > now() and k.scopes is null)) as key_ids,
         exists (select from bss.external_identity x join bss.identity_connection c on c.organization_id = $1 and c.id = x.connection_id
                  where x.organization_id = $1 and x.user_id = r.user_id and c.status in ('active', 'enforced'))
           or exists (select from bss.webauthn_credential w where w.organization_id = $1 and w.user_id = r.user_id) as has_sign_in
    from bss.role_assignment r
    left join bss.service_account a on a.organization_id = $1 and a.id = r.service_account_id
    left join bss.user_account u on u.organization_id = $1 and u.id = r.user_id
   where r.organization_id = $1 and r.role = 'tenant_admin' and coalesce(a.status, u.status) = 'active'
     and not exists (select from bss.role_assignment s where s.organization_id = $1 and s.site_ids is not null and (s.user_id = r.user_id or s.service_account_id = r.service_account_id))`,
{ id: column.uuidText, keyIds: column.texts, hasSignIn: column.bool })
const forMembers = { lock: lock('members:write'), state: state('members:write') }
const forKeys = { lock: lock('keys:write'), state: state('keys:write') }
const forIdentity = { lock: lock('identity:write'), state: state('identity:write') }

const lastAdmin = (): Problem =>
  new Problem('conflict', 'This would leave the organization without a Tenant Admin who can enter. Make another one, with a way in of its own, first.', {
    errors: [{ pointer: '', code: 'last_admin', message: 'The last Tenant Admin cannot be removed.' }],
  })

async function kept<P extends Permission, T>(tx: Tx<'write', P>, statements: { lock: ReturnType<typeof lock<P>>; state: ReturnType<typeof state<P>> }, change: () => Promise<T>): Promise<T> {
  await tx.rows(statements.lock)
  // Read after the locks are held, so that it sees what those who held them before did.
  const before: Admin[] = await tx.rows(statements.state)
  const result = await change()
  if (!isAdminKept(before, await tx.rows(statements.state))) throw lastAdmin()
  return result
}

/**
 * Runs a change that the organization's directory has decided. It is not undone, because who is here is the directory's to say; false
 * when it left nobody in charge, so that the trail can warn.
 */
export async function watchingAdmins<T>(tx: Tx<'write', 'members:write'>, change: () => Promise<T>): Promise<{ readonly result: T; readonly isKept: boolean }> {
  await tx.rows(forMembers.lock)
  const before: Admin[] = await tx.rows(forMembers.state)
  const result = await change()
  return { result, isKept: isAdminKept(before, await tx.rows(forMembers.state)) }
}

/** Runs a change, and undoes it when it would leave nobody in charge. Everything that is locked or decided upon must be read inside. */
export const keepingAnAdmin = <T>(tx: Tx<'write', 'members:write'>, change: () => Promise<T>): Promise<T> => kept(tx, forMembers, change)
export const keepingAnAdminOfKeys = <T>(tx: Tx<'write', 'keys:write'>, change: () => Promise<T>): Promise<T> => kept(tx, forKeys, change)
export const keepingAnAdminOfIdentity = <T>(tx: Tx<'write', 'identity:write'>, change: () => Promise<T>): Promise<T> => kept(tx, forIdentity, change)

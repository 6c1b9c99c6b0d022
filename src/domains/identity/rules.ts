// Decisions about authority, without I/O.
import { PERMISSIONS, ROLES, type Facts, type Permission } from '../../kernel/access.ts'
import { TENANT_ROLES, type RoleTemplate, type TenantRole } from './contract.ts'

/** What a key may do: its account's role, cut down to the key's scopes. A scope the role does not have adds nothing. */
export const effectivePermissions = (role: readonly Permission[], scopes: readonly string[] | null): readonly Permission[] =>
  scopes === null ? role : role.filter((permission) => scopes.includes(permission))

type Grantor = Pick<Facts, 'role' | 'permissions'>

/**
 * What a caller may hand on: what it holds. A Tenant Admin whose key is not narrowed by scopes may moreover appoint every role of
 * the organization: finance and audit are kept apart from his own duties, yet nobody else is there to appoint them. The
 * appointment is in the audit.
 */
export function grantable({ role, permissions }: Grantor): ReadonlySet<Permission> {
  const isWholeAdmin = role === 'tenant_admin' && ROLES.tenant_admin.permissions.every((permission) => permissions.has(permission))
  return isWholeAdmin ? new Set<Permission>(PERMISSIONS) : permissions
}

/** The permissions among `wanted` that the caller may not hand on. */
export function beyondReach(grantor: Grantor, wanted: readonly Permission[]): readonly Permission[] {
  const mine = grantable(grantor)
  return wanted.filter((permission) => !mine.has(permission))
}

/** An active Tenant Admin with the keys by which he can still enter with all his rights. */
export interface Admin {
  readonly accountId: string
  readonly keyIds: readonly string[]
}

/** Whether a Tenant Admin remains who can enter, once an account or a key is gone. */
export function isAdminLeft(admins: readonly Admin[], gone: { readonly accountId: string } | { readonly keyId: string }): boolean {
  const left = 'accountId' in gone
    ? admins.filter(({ accountId }) => accountId !== gone.accountId)
    : admins.map((admin) => ({ ...admin, keyIds: admin.keyIds.filter((id) => id !== gone.keyId) }))
  const couldEnter = admins.some(({ keyIds }) => keyIds.length > 0)
  return left.length > 0 && (!couldEnter || left.some(({ keyIds }) => keyIds.length > 0))
}

export const roleTemplate = (key: TenantRole): RoleTemplate => {
  const { title, permissions, fieldClasses } = ROLES[key]
  return { key, title, permissions: [...permissions], fieldClasses: [...fieldClasses] }
}
export const roleTemplates = (): RoleTemplate[] => TENANT_ROLES.map(roleTemplate)

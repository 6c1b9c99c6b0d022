// Decisions about authority, without I/O.
import { FIELD_CLASSES, isRoleName, PERMISSIONS, ROLES, type Facts, type FieldClass, type Permission, type Role } from '../../kernel/access.ts'
import type { HeldRole } from '../../platform/db/credentials.ts'
import { TENANT_ROLES, type RoleTemplate, type TenantRole } from './contract.ts'

/** What a key may do: its account's role, cut down to the key's scopes. A scope the role does not have adds nothing. */
export const effectivePermissions = (role: readonly Permission[], scopes: readonly string[] | null): readonly Permission[] =>
  scopes === null ? role : role.filter((permission) => scopes.includes(permission))

/** What all the roles of a holder add up to. */
export interface Authority {
  readonly names: readonly string[]
  readonly permissions: readonly Permission[]
  readonly fieldClasses: ReadonlySet<FieldClass>
  /** Null: everywhere. */
  readonly sites: ReadonlySet<string> | null
}

/**
 * The sum of the roles. One role without a site scope makes all of it unscoped only when every other is unscoped too: a scope is a
 * fence around the person, and a second, wider role does not take it down unless an administrator takes the scope away.
 */
export function authorityOf(roles: readonly HeldRole[], plane: Role['plane']): Authority {
  const names: string[] = []
  const permissions = new Set<Permission>()
  const fieldClasses = new Set<FieldClass>()
  let sites: Set<string> | null = null
  for (const held of roles) {
    const template = held.role !== null && isRoleName(held.role) ? ROLES[held.role] : null
    if (template === null ? held.role !== null || plane !== 'tenant' : template.plane !== plane) continue
    names.push(held.name)
    for (const permission of template?.permissions ?? PERMISSIONS.filter((each) => held.permissions?.includes(each))) permissions.add(permission)
    for (const fieldClass of template?.fieldClasses ?? FIELD_CLASSES.filter((each) => held.fieldClasses?.includes(each))) fieldClasses.add(fieldClass)
    for (const site of held.sites ?? []) (sites ??= new Set()).add(site)
  }
  return { names, permissions: [...permissions], fieldClasses, sites }
}

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

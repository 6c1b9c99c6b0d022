// Decisions about authority, without I/O.
import { FIELD_CLASSES, isRoleName, PERMISSIONS, ROLES, type Facts, type FieldClass, type Permission, type Role } from '../../kernel/access.ts'
import type { RoleTemplate } from './contract.ts'
import { TENANT_ROLES, type TenantRole } from './schema.ts'

/** What a key may do: its account's role, cut down to the key's scopes. A scope the role does not have adds nothing. */
export const effectivePermissions = (role: readonly Permission[], scopes: readonly string[] | null): readonly Permission[] =>
  scopes === null ? role : role.filter((permission) => scopes.includes(permission))

/** A role as it was given: a template is named by `role`, an organization's own brings what it allows. `sites` null: everywhere. */
export interface RoleHeld {
  readonly role: string | null
  readonly name: string
  readonly permissions?: readonly string[] | null
  readonly fieldClasses?: readonly string[] | null
  readonly sites?: readonly string[] | null
}

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
export function authorityOf(roles: readonly RoleHeld[], plane: Role['plane']): Authority {
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

export type Grantor = Pick<Facts, 'permissions' | 'fieldClasses' | 'sites'>
/** What a role, a key or a change of either would hand on. `sites` null: everywhere. */
export interface Grant {
  readonly permissions: readonly Permission[]
  readonly fieldClasses: Iterable<FieldClass, unknown, unknown>
  readonly sites: Iterable<string, unknown, unknown> | null
}

/** All rights of a Tenant Admin, at every site. It is what a caller holds that counts, never what its role is called. */
const isWholeAdmin = ({ permissions, sites }: Pick<Facts, 'permissions' | 'sites'>): boolean => sites === null && ROLES.tenant_admin.permissions.every((permission) => permissions.has(permission))

/**
 * What a caller may hand on: what it holds. A Tenant Admin whose key is not narrowed by scopes or sites may moreover appoint every
 * role of the organization: finance and audit are kept apart from his own duties, yet nobody else is there to appoint them. The
 * appointment is in the audit.
 */
export function grantable(grantor: Pick<Facts, 'permissions' | 'sites'>): ReadonlySet<Permission> {
  return isWholeAdmin(grantor) ? new Set<Permission>(PERMISSIONS) : grantor.permissions
}

/** The permissions among `wanted` that the caller may not hand on. */
export function beyondReach(grantor: Pick<Facts, 'permissions' | 'sites'>, wanted: readonly Permission[]): readonly Permission[] {
  const mine = grantable(grantor)
  return wanted.filter((permission) => !mine.has(permission))
}

/** Everything in a grant that the caller may not hand on, in words; empty when nothing is. */
export function beyondGrant(grantor: Grantor, { permissions, fieldClasses, sites }: Grant): readonly string[] {
  const classes = isWholeAdmin(grantor) ? [] : [...fieldClasses].filter((fieldClass) => !grantor.fieldClasses.has(fieldClass)).map((fieldClass) => `fields of class ${fieldClass}`)
  const own = grantor.sites
  const places = own === null || (sites !== null && [...sites].every((site) => own.has(site))) ? [] : ['sites other than yours']
  return [...beyondReach(grantor, permissions), ...classes, ...places]
}

/** Somebody who is Tenant Admin at every site, with the ways by which he can still enter with all his rights. */
export interface Admin {
  readonly id: string
  readonly keyIds: readonly string[]
  /** A person who has signed in by an identity provider that still lets people in. */
  readonly hasSignIn: boolean
}
const canEnter = ({ keyIds, hasSignIn }: Admin): boolean => hasSignIn || keyIds.length > 0

/** Whether a Tenant Admin remains, and one who can enter if there was such a one, after a change. */
export const isAdminKept = (before: readonly Admin[], after: readonly Admin[]): boolean =>
  before.length === 0 || (after.length > 0 && (!before.some(canEnter) || after.some(canEnter)))

export const roleTemplate = (key: TenantRole): RoleTemplate => {
  const { title, permissions, fieldClasses } = ROLES[key]
  return { key, title, permissions: [...permissions], fieldClasses: [...fieldClasses] }
}
export const roleTemplates = (): RoleTemplate[] => TENANT_ROLES.map(roleTemplate)

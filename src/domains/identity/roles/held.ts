// The roles somebody has, as they are stored; what they add up to is said by rules.ts.
import { FIELD_CLASSES, PERMISSIONS, ROLES, type Facts, type FieldClass, type Permission } from '../../../kernel/access.ts'
import type { RoleId, SiteId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Above } from '../above.ts'
import { authorityOf, beyondGrant, type Authority, type Grant } from '../rules.ts'
import { ROLE_SOURCES, TENANT_ROLES, type RoleAssignmentId, type RoleGiven, type TenantRole } from '../schema.ts'

const held = {
  id: column.id<RoleAssignmentId>(), role: column.nullable(column.oneOf(TENANT_ROLES)), roleId: column.nullable(column.id<RoleId>()), name: column.text, source: column.oneOf(ROLE_SOURCES),
  permissions: column.nullable(column.texts), fieldClasses: column.nullable(column.texts), sites: column.nullable(column.texts), isRetired: column.bool,
}
export type Held = column.Row<typeof held>
const rolesOf = <const P extends Permission>(needs: P) => read(needs, `
  select r.id, r.role, r.role_id, coalesce(r.role, c.name) as name, r.source, to_jsonb(c.permissions) as permissions, to_jsonb(c.field_classes) as field_classes, to_jsonb(r.site_ids) as sites, coalesce(c.is_retired, false) as is_retired
    from bss.role_assignment r left join bss.role c on c.organization_id = $1 and c.id = r.role_id
   where r.organization_id = $1 and (r.user_id = $2::uuid or r.service_account_id = $2::uuid) order by r.id`, held)
const ofMany = read('members:write', `
  select r.user_id as holder_id, r.id, r.role, r.role_id, coalesce(r.role, c.name) as name, r.source, to_jsonb(c.permissions) as permissions, to_jsonb(c.field_classes) as field_classes, to_jsonb(r.site_ids) as sites, coalesce(c.is_retired, false) as is_retired
    from bss.role_assignment r left join bss.role c on c.organization_id = $1 and c.id = r.role_id
   where r.organization_id = $1 and r.user_id = any($2::uuid[])`, { ...held, holderId: column.uuidText })
const forReader = rolesOf('members:read')
const forWriter = rolesOf('members:write')

export const heldRoles = (tx: Tx<'read', 'members:read'>, holderId: string): Promise<Held[]> => tx.rows(forReader, [holderId])
export const heldRolesOfWriter = (tx: Tx<'write', 'members:write'>, holderId: string): Promise<Held[]> => tx.rows(forWriter, [holderId])

/** What roles add up to; a retired one gives nothing. */
export const authorityOfRoles = (roles: readonly Pick<Held, 'role' | 'name' | 'permissions' | 'fieldClasses' | 'sites' | 'isRetired'>[]): Authority =>
  authorityOf(roles.filter(({ isRetired }) => !isRetired), 'tenant')

/** Refuses to hand on, or to touch, what the caller does not hold himself. */
export function mayGrant(grantor: Facts, what: string, grant: Grant): void {
  const beyond = beyondGrant(grantor, grant)
  if (beyond.length > 0) throw new Problem('forbidden', `You cannot ${what}: it would be about ${beyond.join(', ')}, which you do not hold.`)
}
export const grantOfRole = (role: Pick<Held, 'role' | 'permissions' | 'fieldClasses' | 'sites'>): Grant =>
  role.role === null ? { permissions: PERMISSIONS.filter((each) => role.permissions?.includes(each)), fieldClasses: FIELD_CLASSES.filter((each) => role.fieldClasses?.includes(each)), sites: role.sites } : { ...ROLES[role.role], sites: role.sites }

/**
 * Nobody touches somebody above himself: suspending, signing out, renaming and drawing a fence are acts over all that he may do.
 * `liftsFence`: afterwards he may do it at every site.
 */
export async function mayTouch(tx: Tx<'write', 'members:write'>, grantor: Facts, what: string, holderIds: readonly string[], liftsFence = false): Promise<void> {
  const byHolder = Map.groupBy(await tx.rows(ofMany, [holderIds]), (row) => row.holderId)
  for (const roles of byHolder.values()) {
    const { permissions, fieldClasses, sites, names } = authorityOfRoles(roles)
    // Somebody without any role has no place, and is within everybody's reach.
    if (names.length > 0) mayGrant(grantor, what, { permissions, fieldClasses, sites: liftsFence ? null : sites })
  }
}

/** A role that can be given, with all that it gives. */
export interface Chosen {
  readonly role: TenantRole | null
  readonly roleId: RoleId | null
  readonly name: string
  readonly siteIds: readonly SiteId[] | null
  readonly grant: Grant & { readonly fieldClasses: readonly FieldClass[] }
}
const ownRole = read('members:write', `
  select c.id, c.name, to_jsonb(c.permissions) as permissions, to_jsonb(c.field_classes) as field_classes, c.is_retired from bss.role c where c.organization_id = $1 and c.id = $2`,
{ id: column.id<RoleId>(), name: column.text, permissions: column.texts, fieldClasses: column.texts, isRetired: column.bool })

const invalid = (errors: readonly ProblemError[]): Problem => new Problem('invalid', errors[0]?.message ?? 'This role cannot be given.', { errors })

/** The role that is meant. Names of other organizations, and those that nobody has, are refused alike. */
export async function chosenRole(tx: Tx<'write', 'members:write'>, above: Above, { role, roleId, siteIds }: RoleGiven): Promise<Chosen> {
  if ((role === undefined) === (roleId === undefined)) throw new Problem('bad_request', 'The role is not named.', { errors: [{ pointer: '', code: 'one_of', message: 'Give exactly one of role and roleId.' }] })
  const sites = siteIds ?? null
  if (sites !== null) {
    const known = await above.knownSites(tx, sites)
    const unknown = sites.flatMap((site, index) => (known.has(site) ? [] : [{ pointer: `/siteIds/${index}`, code: 'unknown_site', message: 'There is no such site.' }]))
    if (unknown.length > 0) throw invalid(unknown)
  }
  if (role !== undefined) return { role, roleId: null, name: ROLES[role].title, siteIds: sites, grant: { permissions: ROLES[role].permissions, fieldClasses: ROLES[role].fieldClasses, sites } }
  const own = await tx.maybe(ownRole, [roleId ?? null])
  if (own === null) throw invalid([{ pointer: '/roleId', code: 'unknown_role', message: 'There is no such role.' }])
  if (own.isRetired) throw invalid([{ pointer: '/roleId', code: 'retired_role', message: `The role ${own.name} is retired.` }])
  return { role: null, roleId: own.id, name: own.name, siteIds: sites, grant: { permissions: PERMISSIONS.filter((each) => own.permissions.includes(each)), fieldClasses: FIELD_CLASSES.filter((each) => own.fieldClasses.includes(each)), sites } }
}

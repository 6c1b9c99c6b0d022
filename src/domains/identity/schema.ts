// Pieces of schema that the room's contracts share. Browser-safe, as the contracts are.
import Type from 'typebox'
import { FIELD_CLASSES, PERMISSIONS, PLATFORM_PERMISSIONS, type FieldClass, type Permission, type RoleName, type TenantPermission } from '../../kernel/access.ts'
import { idSchema, type Id, type RoleId, type SiteId } from '../../kernel/ids.ts'
import { closed, oneOf, orNull } from '../../kernel/schema.ts'

export { closed, oneOf, orNull } from '../../kernel/schema.ts'
export type RoleAssignmentId = Id<'RoleAssignment'>

/** Role templates that an organization can give. */
export const TENANT_ROLES = ['tenant_admin', 'planner', 'warehouse_operator', 'warehouse_lead', 'finance', 'auditor', 'integration', 'twin_engineer'] as const satisfies readonly RoleName[]
export type TenantRole = (typeof TENANT_ROLES)[number]
/** Where an assignment comes from: a directory takes back only what the directory gave. */
export const ROLE_SOURCES = ['manual', 'scim', 'group', 'jit'] as const
export const SITES_MAX = 100

export const Instant = Type.String({ format: 'date-time' })
export const AnyPermission = Type.Unsafe<Permission>({ type: 'string', enum: [...PERMISSIONS, ...PLATFORM_PERMISSIONS] })
export const Scope = Type.Unsafe<TenantPermission>({ type: 'string', enum: [...PERMISSIONS], description: 'a permission, resource:action' })
export const FieldClasses = Type.Array(Type.Unsafe<FieldClass>({ type: 'string', enum: [...FIELD_CLASSES] }))
export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^\\S(.*\\S)?$' })
export const Role = oneOf(TENANT_ROLES, 'key of a role template')

/** Names a role to be given: a template by its key or one of the organization's own by its id, everywhere or at some sites. */
export const RoleGiven = Type.Object({
  role: Type.Optional(Role),
  roleId: Type.Optional(idSchema<RoleId>()),
  siteIds: Type.Optional(Type.Array(idSchema<SiteId>(), { minItems: 1, maxItems: SITES_MAX, uniqueItems: true, description: 'Absent: at every site. A holder of several roles is limited to the sites of all of them as soon as one is limited.' })),
}, { ...closed, description: 'Exactly one of role and roleId' })
export type RoleGiven = Type.Static<typeof RoleGiven>
/** A role as it is shown where it was given. */
export const givenRole = { role: orNull(Role), roleId: orNull(idSchema<RoleId>()), name: Type.String(), siteIds: orNull(Type.Array(idSchema<SiteId>())) }

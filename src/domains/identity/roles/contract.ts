// An organization's own roles beside the templates. They are never wider than their maker, and a change counts for their holders
// from the next request.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type RoleId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { AnyPermission, closed, FieldClasses, Instant, Scope } from '../schema.ts'

/** No `+` and no `.`: roles are joined by the one where they are shown and sealed. */
const RoleTitle = Type.String({ minLength: 2, maxLength: 100, pattern: '^[^\\s+.@\\x00-\\x1f][^+.@\\x00-\\x1f]*[^\\s+.@\\x00-\\x1f]$', description: 'without + . and @, and not the name of a template' })
const Permissions = Type.Array(Scope, { minItems: 1, maxItems: 200, uniqueItems: true })
const Classes = Type.Array(FieldClasses.items, { maxItems: 20, uniqueItems: true })
const Description = Type.String({ maxLength: 500 })

export const CustomRole = Type.Object({
  id: idSchema<RoleId>(), name: Type.String(), description: Type.String(), permissions: Type.Array(AnyPermission), fieldClasses: FieldClasses, isRetired: Type.Boolean(),
  holders: Type.Integer({ description: 'people and service accounts that have it' }), rowVersion: Type.Integer(), createdAt: Instant, updatedAt: Instant,
}, closed)
export type CustomRole = Type.Static<typeof CustomRole>
export const CustomRoleDraft = Type.Object({ name: RoleTitle, description: Type.Optional(Description), permissions: Permissions, fieldClasses: Classes }, closed)
export type CustomRoleDraft = Type.Static<typeof CustomRoleDraft>
export const CustomRolePatch = Type.Object({ name: Type.Optional(RoleTitle), description: Type.Optional(Description), permissions: Type.Optional(Permissions), fieldClasses: Type.Optional(Classes) }, { ...closed, minProperties: 1 })
export type CustomRolePatch = Type.Static<typeof CustomRolePatch>

const RolePath = Type.Object({ roleId: idSchema<RoleId>() }, closed)

export const rolesApi = defineApi({
  listCustomRoles: { method: 'GET', path: '/api/v1/custom-roles', needs: 'members:read', summary: "List the organization's own roles", status: 200, returns: pageOf(CustomRole), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  getCustomRole: { method: 'GET', path: '/api/v1/custom-roles/{roleId}', needs: 'members:read', summary: 'Get a role of the organization', params: RolePath, status: 200, returns: CustomRole, fails: ['not_found'] },
  createCustomRole: {
    method: 'POST', path: '/api/v1/custom-roles', needs: 'members:write', summary: 'Create a role, of nothing its maker could not give', body: CustomRoleDraft, status: 201, returns: CustomRole, fails: ['conflict', 'invalid'],
    example: { name: 'Stock clerk', description: 'Counts and corrects', permissions: ['inventory:read', 'stock:adjust'], fieldClasses: ['ops'] },
  },
  updateCustomRole: {
    method: 'PATCH', path: '/api/v1/custom-roles/{roleId}', needs: 'members:write', summary: 'Change a role; it counts from the next request of its holders', params: RolePath, body: CustomRolePatch, ifMatch: true, status: 200,
    returns: CustomRole, fails: ['not_found', 'stale', 'conflict', 'invalid', 'illegal_transition', 'precondition_required'], example: { permissions: ['inventory:read'] },
  },
  retireCustomRole: {
    method: 'POST', path: '/api/v1/custom-roles/{roleId}/retire', needs: 'members:write', summary: 'Retire a role: it gives nothing any more, to anybody', params: RolePath, status: 200, returns: CustomRole,
    fails: ['not_found', 'illegal_transition'],
  },
})

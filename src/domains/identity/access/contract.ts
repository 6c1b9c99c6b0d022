// Why somebody may do something, or may not.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type RoleId, type ServiceAccountId, type SiteId, type UserId } from '../../../kernel/ids.ts'
import { AnyPermission, closed, oneOf, orNull, Role, ROLE_SOURCES } from '../schema.ts'

export const OBSTACLES = ['suspended', 'deactivated', 'no_role', 'missing_permission', 'outside_sites'] as const

const Giver = Type.Object({
  name: Type.String(), role: orNull(Role), roleId: orNull(idSchema<RoleId>()), source: oneOf(ROLE_SOURCES), groups: Type.Array(Type.String(), { description: 'the groups that give it, when the source is a group' }), siteIds: orNull(Type.Array(idSchema<SiteId>())),
}, closed)
const WouldGive = Type.Object({ name: Type.String(), role: orNull(Role), roleId: orNull(idSchema<RoleId>()) }, closed)
export const AccessExplanation = Type.Object({
  subject: Type.Object({ kind: oneOf(['user', 'service']), id: Type.String(), name: orNull(Type.String()), status: Type.String() }, closed),
  operation: Type.String(),
  siteId: orNull(idSchema<SiteId>()),
  isAllowed: Type.Boolean(),
  needs: Type.Array(Type.Object({ permission: AnyPermission, isHeld: Type.Boolean(), from: Type.Array(Giver), wouldGive: Type.Array(WouldGive, { description: 'roles of the organization that would give it' }) }, closed)),
  sites: orNull(Type.Array(idSchema<SiteId>(), { description: 'the sites the subject is limited to; null: all' })),
  obstacles: Type.Array(Type.Object({ code: oneOf(OBSTACLES), message: Type.String() }, closed)),
}, closed)
export type AccessExplanation = Type.Static<typeof AccessExplanation>

export const accessApi = defineApi({
  explainAccess: {
    method: 'GET', path: '/api/v1/access/explain', needs: 'members:read', summary: 'Whether somebody may do something, and why: which role gives it, or what is missing', status: 200, returns: AccessExplanation, fails: ['not_found', 'invalid'],
    query: Type.Object({
      operation: Type.String({ minLength: 3, maxLength: 100, description: 'orders.placeOrder' }), userId: Type.Optional(idSchema<UserId>()), serviceAccountId: Type.Optional(idSchema<ServiceAccountId>()), siteId: Type.Optional(idSchema<SiteId>()),
    }, { ...closed, description: 'Exactly one of userId and serviceAccountId' }),
  },
})

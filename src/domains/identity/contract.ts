// Who may come in: people, groups and their roles, service accounts, the one role each has, and their API keys. A key may do what its
// account's role allows, or less when it carries scopes. This room refuses to grant what the caller does not hold, to leave an organization
// without a Tenant Admin who can still enter, and to show a key's secret a second time: of a key only its SHA-256 is kept.
import Type from 'typebox'
import { defineApi } from '../../kernel/contract.ts'
import { idSchema, type ActorId, type ApiKeyId, type OrganizationId, type ServiceAccountId, type SiteId } from '../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../kernel/page.ts'
import { accessApi } from './access/contract.ts'
import { groupsApi } from './groups/contract.ts'
import { rolesApi } from './roles/contract.ts'
import { AnyPermission, closed, FieldClasses, givenRole, Instant, Name, oneOf, orNull, Role, RoleGiven, Scope } from './schema.ts'
import { sessionsApi } from './sessions/contract.ts'
import { usersApi } from './users/contract.ts'

export { TENANT_ROLES, type TenantRole } from './schema.ts'

export const ACCOUNT_STATUSES = ['active', 'deactivated'] as const
export const KEY_STATUSES = ['live', 'expired', 'revoked'] as const
export const API_KEY_KINDS = ['live', 'test'] as const
export const KEY_DAYS_DEFAULT = 90
export const KEY_DAYS_MAX = 365
export const OVERLAP_MINUTES_DEFAULT = 60

const Days = Type.Integer({ minimum: 1, maximum: KEY_DAYS_MAX, default: KEY_DAYS_DEFAULT, description: 'days until it expires' })

export const WhoAmI = Type.Object({
  plane: oneOf(['tenant', 'platform']),
  organizationId: orNull(idSchema<OrganizationId>()),
  actor: Type.Object({ kind: oneOf(['user', 'service', 'system', 'operator']), id: idSchema<ActorId>(), name: Type.String() }, closed),
  role: Type.String(),
  roleTitle: Type.String(),
  permissions: Type.Array(AnyPermission),
  fieldClasses: FieldClasses,
  sites: orNull(Type.Array(idSchema<SiteId>(), { description: 'the sites this caller is limited to; null: all' })),
  session: orNull(Type.Object({ id: Type.String(), kind: oneOf(['person', 'client', 'support']), authenticatedAt: Instant, acr: orNull(Type.String()) }, closed)),
}, closed)
export type WhoAmI = Type.Static<typeof WhoAmI>

export const RoleTemplate = Type.Object({ key: Role, title: Type.String(), permissions: Type.Array(AnyPermission), fieldClasses: FieldClasses }, closed)
export type RoleTemplate = Type.Static<typeof RoleTemplate>

export const ServiceAccount = Type.Object({
  id: idSchema<ServiceAccountId>(), name: Type.String(), description: Type.String(), status: oneOf(ACCOUNT_STATUSES), role: givenRole.role,
  roleId: givenRole.roleId, roleName: Type.String(), siteIds: givenRole.siteIds, rowVersion: Type.Integer(), createdAt: Instant, updatedAt: Instant,
}, closed)
export type ServiceAccount = Type.Static<typeof ServiceAccount>
export const ServiceAccountDraft = Type.Object({ name: Name, description: Type.Optional(Type.String({ maxLength: 500 })), ...RoleGiven.properties }, { ...closed, description: 'Exactly one of role and roleId' })
export type ServiceAccountDraft = Type.Static<typeof ServiceAccountDraft>

export const ApiKey = Type.Object({
  id: idSchema<ApiKeyId>(),
  serviceAccountId: idSchema<ServiceAccountId>(),
  serviceAccountName: Type.String(),
  name: Type.String(),
  kind: oneOf(API_KEY_KINDS),
  prefix: Type.String({ description: 'the first characters of the key, to tell it by' }),
  status: oneOf(KEY_STATUSES),
  scopes: orNull(Type.Array(Type.String())),
  cidrs: Type.Array(Type.String()),
  expiresAt: Instant,
  revokedAt: orNull(Instant),
  lastUsedAt: orNull(Instant),
  rotatedFromId: orNull(idSchema<ApiKeyId>()),
  createdAt: Instant,
  rowVersion: Type.Integer(),
}, closed)
export type ApiKey = Type.Static<typeof ApiKey>
const secret = orNull(Type.String({ description: 'The key itself, shown this once. Null when the answer is repeated for an Idempotency-Key: a secret is never kept. Revoke the key and make another if the first answer was lost.' }))
export const NewApiKey = Type.Object({ ...ApiKey.properties, secret }, closed)
export type NewApiKey = Type.Static<typeof NewApiKey>
export const ApiKeyDraft = Type.Object({
  serviceAccountId: idSchema<ServiceAccountId>(),
  name: Name,
  kind: Type.Optional(oneOf(API_KEY_KINDS)),
  scopes: Type.Optional(Type.Array(Scope, { minItems: 1, maxItems: 50, uniqueItems: true, description: 'Absent: everything its account may do.' })),
  cidrs: Type.Optional(Type.Array(Type.String({ minLength: 2, maxLength: 50 }), { maxItems: 50, description: 'Networks it may be used from, 192.0.2.0/24. Absent or empty: from anywhere.' })),
  expiresInDays: Type.Optional(Days),
}, closed)
export type ApiKeyDraft = Type.Static<typeof ApiKeyDraft>
export const KeyRotation = Type.Object({
  overlapMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_080, default: OVERLAP_MINUTES_DEFAULT, description: 'how long the old key still works; 0 revokes it at once' })),
  expiresInDays: Type.Optional(Days),
}, closed)
export type KeyRotation = Type.Static<typeof KeyRotation>

const AccountPath = Type.Object({ serviceAccountId: idSchema<ServiceAccountId>() }, closed)
const KeyPath = Type.Object({ keyId: idSchema<ApiKeyId>() }, closed)

export const identityApi = defineApi({
  ...usersApi, ...rolesApi, ...groupsApi, ...sessionsApi, ...accessApi,
  whoami: { method: 'GET', path: '/api/v1/whoami', needs: [], summary: 'Who am I, which role, which permissions', status: 200, returns: WhoAmI, fails: [] },
  listRoles: {
    method: 'GET', path: '/api/v1/roles', needs: 'members:read', summary: 'The role templates with their permissions and field classes', status: 200,
    returns: Type.Object({ items: Type.Array(RoleTemplate) }, closed), fails: [],
  },
  createServiceAccount: {
    method: 'POST', path: '/api/v1/service-accounts', needs: 'members:write', summary: 'Create a service account with its role', body: ServiceAccountDraft,
    status: 201, returns: ServiceAccount, fails: ['conflict', 'invalid'], example: { name: 'Order import', description: 'Nightly import from the shop', role: 'integration' },
  },
  listServiceAccounts: {
    method: 'GET', path: '/api/v1/service-accounts', needs: 'members:read', summary: 'List service accounts', status: 200, returns: pageOf(ServiceAccount), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(oneOf(ACCOUNT_STATUSES)), 'filter[role]': Type.Optional(Role) }, closed),
  },
  getServiceAccount: {
    method: 'GET', path: '/api/v1/service-accounts/{serviceAccountId}', needs: 'members:read', summary: 'Get a service account', params: AccountPath,
    status: 200, returns: ServiceAccount, fails: ['not_found'],
  },
  assignRole: {
    method: 'POST', path: '/api/v1/service-accounts/{serviceAccountId}/assign-role', needs: 'members:write', summary: 'Give a service account another role',
    params: AccountPath, body: RoleGiven, status: 200, returns: ServiceAccount, fails: ['not_found', 'conflict', 'illegal_transition', 'invalid'],
    example: { role: 'planner' },
  },
  deactivateServiceAccount: {
    method: 'POST', path: '/api/v1/service-accounts/{serviceAccountId}/deactivate', needs: 'members:write', summary: 'Deactivate a service account; its keys end with it',
    params: AccountPath, status: 200, returns: ServiceAccount, fails: ['not_found', 'conflict', 'illegal_transition'],
  },
  createKey: {
    method: 'POST', path: '/api/v1/keys', needs: 'keys:write', summary: 'Create an API key; its secret is shown once', body: ApiKeyDraft, status: 201,
    returns: NewApiKey, fails: ['not_found', 'illegal_transition', 'invalid'],
    example: { serviceAccountId: '01890a5d-ac96-774b-bcce-b302099a8057', name: 'Order import, 2026', scopes: ['orders:read', 'orders:write'], cidrs: ['192.0.2.0/24'], expiresInDays: 90 },
  },
  listKeys: {
    method: 'GET', path: '/api/v1/keys', needs: 'keys:read', summary: 'List API keys, without their secrets', status: 200, returns: pageOf(ApiKey), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[serviceAccountId]': Type.Optional(idSchema<ServiceAccountId>()), 'filter[status]': Type.Optional(oneOf(KEY_STATUSES)) }, closed),
  },
  getKey: {
    method: 'GET', path: '/api/v1/keys/{keyId}', needs: 'keys:read', summary: 'Get an API key, without its secret', params: KeyPath, status: 200, returns: ApiKey, fails: ['not_found'],
  },
  rotateKey: {
    method: 'POST', path: '/api/v1/keys/{keyId}/rotate', needs: 'keys:write', summary: 'Replace an API key; the old one goes on working for a while', params: KeyPath,
    body: KeyRotation, status: 200, returns: NewApiKey, fails: ['not_found', 'illegal_transition'], example: { overlapMinutes: 60 },
  },
  revokeKey: {
    method: 'POST', path: '/api/v1/keys/{keyId}/revoke', needs: 'keys:write', summary: 'Revoke an API key at once', params: KeyPath, status: 200, returns: ApiKey,
    fails: ['not_found', 'conflict', 'illegal_transition'],
  },
})

// The contracts of the sub-rooms, for the command line and other clients.
export { connectionsApi } from './connections/contract.ts'
export { domainsApi } from './domains/contract.ts'
export { setupApi } from './setup/contract.ts'

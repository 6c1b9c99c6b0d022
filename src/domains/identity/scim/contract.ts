// Keys by which the organization's directory (Entra ID, Okta) announces people and groups by SCIM 2.0 at /scim/v2. Such a key opens these
// endpoints and nothing else. While one is good, a first sign-in makes no accounts: the directory alone says who belongs here.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ApiKeyId, type ConnectionId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, Instant, Name, oneOf, orNull } from '../schema.ts'

export const SCIM_KEY_DAYS_DEFAULT = 365
const Days = Type.Integer({ minimum: 1, maximum: 365, default: SCIM_KEY_DAYS_DEFAULT, description: 'days until it expires' })
export const SCIM_KEY_STATUSES = ['live', 'expired', 'revoked'] as const

export const ScimKey = Type.Object({
  id: idSchema<ApiKeyId>(), name: Type.String(), connectionId: orNull(idSchema<ConnectionId>()), directory: Type.String({ description: 'the name under which the trail shows what the directory did' }),
  baseUrl: Type.String({ description: 'what the directory must be told beside the key' }), prefix: Type.String(), status: oneOf(SCIM_KEY_STATUSES), cidrs: Type.Array(Type.String()), expiresAt: Instant, revokedAt: orNull(Instant),
  lastUsedAt: orNull(Instant), rotatedFromId: orNull(idSchema<ApiKeyId>()), createdAt: Instant, rowVersion: Type.Integer(),
}, closed)
export type ScimKey = Type.Static<typeof ScimKey>
export const NewScimKey = Type.Object({ ...ScimKey.properties, secret: orNull(Type.String({ description: 'The key itself, shown this once. Null when the answer is repeated for an Idempotency-Key.' })) }, closed)
export const ScimKeyDraft = Type.Object({
  name: Name,
  connectionId: Type.Optional(idSchema<ConnectionId>()),
  cidrs: Type.Optional(Type.Array(Type.String({ minLength: 2, maxLength: 50 }), { maxItems: 50, description: 'Networks it may be used from. Absent or empty: from anywhere.' })),
  expiresInDays: Type.Optional(Days),
}, { ...closed, description: 'Without a connection nobody can sign in as the people that the directory announces.' })
export type ScimKeyDraft = Type.Static<typeof ScimKeyDraft>
export const ScimKeyRotation = Type.Object({ overlapMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_080, default: 60, description: 'how long the old key still works; 0 revokes it at once' })), expiresInDays: Type.Optional(Days) }, closed)
export type ScimKeyRotation = Type.Static<typeof ScimKeyRotation>

const KeyPath = Type.Object({ keyId: idSchema<ApiKeyId>() }, closed)
export const scimKeysApi = defineApi({
  createScimKey: { method: 'POST', path: '/api/v1/identity/scim-keys', needs: 'identity:write', summary: 'Create a key for the directory; its secret is shown once', body: ScimKeyDraft, status: 201, returns: NewScimKey, fails: ['invalid'], example: { name: 'Entra ID' } },
  listScimKeys: { method: 'GET', path: '/api/v1/identity/scim-keys', needs: 'identity:read', summary: 'List keys of directories, without their secrets', status: 200, returns: pageOf(ScimKey), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  getScimKey: { method: 'GET', path: '/api/v1/identity/scim-keys/{keyId}', needs: 'identity:read', summary: 'Get a key of a directory, without its secret', params: KeyPath, status: 200, returns: ScimKey, fails: ['not_found'] },
  rotateScimKey: { method: 'POST', path: '/api/v1/identity/scim-keys/{keyId}/rotate', needs: 'identity:write', summary: 'Replace a key of a directory; the old one goes on working for a while', params: KeyPath, body: ScimKeyRotation, status: 200, returns: NewScimKey, fails: ['not_found', 'illegal_transition'], example: { overlapMinutes: 60 } },
  revokeScimKey: { method: 'POST', path: '/api/v1/identity/scim-keys/{keyId}/revoke', needs: 'identity:write', summary: 'Revoke a key of a directory at once', params: KeyPath, status: 200, returns: ScimKey, fails: ['not_found', 'illegal_transition'] },
})

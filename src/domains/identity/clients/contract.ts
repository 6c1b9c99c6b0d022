// Machine clients: programs that ask `POST /oauth/token` for a token of ten minutes (client_credentials) and prove themselves with a key of
// their own (private_key_jwt, RFC 7523). We know the public half only: there is no secret to lose on our side, nor in a configuration file.
// A client belongs to a service account and may do what its role allows, or less when it carries scopes.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type ServiceAccountId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, Instant, Name, oneOf, orNull, Scope } from '../schema.ts'

export type MachineClientId = Id<'MachineClient'>

export const CLIENT_STATUSES = ['live', 'expired', 'revoked'] as const
export const CLIENT_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const
export const CLIENT_DAYS_DEFAULT = 365
export const CLIENT_OVERLAP_MINUTES_DEFAULT = 1440
export const TOKEN_SECONDS = 600

const Part = Type.String({ minLength: 1, maxLength: 1400, pattern: '^[A-Za-z0-9_-]+$' })
const PublicJwk = Type.Object({
  kty: oneOf(['RSA', 'EC', 'OKP']),
  kid: Type.String({ minLength: 1, maxLength: 200, pattern: '^[!-~]+$', description: 'names the key; the header of each assertion says it' }),
  alg: oneOf(CLIENT_ALGORITHMS, 'the one algorithm it signs with'),
  use: Type.Optional(oneOf(['sig'])),
  key_ops: Type.Optional(Type.Array(oneOf(['verify']), { maxItems: 1 })),
  ext: Type.Optional(Type.Boolean()),
  n: Type.Optional(Part), e: Type.Optional(Part), crv: Type.Optional(Part), x: Type.Optional(Part), y: Type.Optional(Part),
}, { ...closed, description: 'a public key (RFC 7517); one with private members is refused' })
export const PublicJwks = Type.Object({ keys: Type.Array(PublicJwk, { minItems: 1, maxItems: 5 }) }, closed)
export type PublicJwks = Type.Static<typeof PublicJwks>
const JwksUri = Type.String({ minLength: 12, maxLength: 2000, pattern: '^https?://[^\\s]+$', description: 'where the client publishes its public keys' })
const Days = Type.Integer({ minimum: 1, maximum: 365, default: CLIENT_DAYS_DEFAULT, description: 'days until the client expires' })

export const MachineClient = Type.Object({
  id: idSchema<MachineClientId>(),
  serviceAccountId: idSchema<ServiceAccountId>(),
  serviceAccountName: Type.String(),
  name: Type.String(),
  status: oneOf(CLIENT_STATUSES),
  keys: Type.Array(Type.Object({ kid: Type.String(), kty: Type.String(), alg: Type.String(), until: orNull(Instant) }, closed), { description: 'keys that work; with `until` when one was rotated away' }),
  jwksUri: orNull(Type.String()),
  scopes: orNull(Type.Array(Type.String())),
  cidrs: Type.Array(Type.String()),
  tokenEndpoint: Type.String({ description: 'where it asks for a token, and the audience of its assertions' }),
  expiresAt: Instant,
  revokedAt: orNull(Instant),
  createdAt: Instant,
  rowVersion: Type.Integer(),
}, closed)
export type MachineClient = Type.Static<typeof MachineClient>

const source = { jwks: Type.Optional(PublicJwks), jwksUri: Type.Optional(JwksUri) }
export const MachineClientDraft = Type.Object({
  serviceAccountId: idSchema<ServiceAccountId>(),
  name: Name,
  ...source,
  scopes: Type.Optional(Type.Array(Scope, { minItems: 1, maxItems: 50, uniqueItems: true, description: 'Absent: everything its account may do.' })),
  cidrs: Type.Optional(Type.Array(Type.String({ minLength: 2, maxLength: 50 }), { maxItems: 50, description: 'Networks it may ask, and use its tokens, from. Absent or empty: from anywhere.' })),
  expiresInDays: Type.Optional(Days),
}, { ...closed, description: 'Exactly one of jwks and jwksUri' })
export type MachineClientDraft = Type.Static<typeof MachineClientDraft>
export const ClientKeys = Type.Object({ ...source, expiresInDays: Type.Optional(Days) }, { ...closed, description: 'Exactly one of jwks and jwksUri' })
export type ClientKeys = Type.Static<typeof ClientKeys>
export const ClientKeyRotation = Type.Object({
  jwks: PublicJwks,
  overlapMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080, default: CLIENT_OVERLAP_MINUTES_DEFAULT, description: 'how long the keys of before still work' })),
  expiresInDays: Type.Optional(Days),
}, closed)
export type ClientKeyRotation = Type.Static<typeof ClientKeyRotation>

const ClientPath = Type.Object({ clientId: idSchema<MachineClientId>() }, closed)
const KEY = { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4', y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM' } as const

export const clientsApi = defineApi({
  createMachineClient: {
    method: 'POST', path: '/api/v1/machine-clients', needs: 'keys:write', summary: 'Create a machine client with its public keys', body: MachineClientDraft, status: 201, returns: MachineClient,
    fails: ['not_found', 'illegal_transition', 'invalid'],
    example: { serviceAccountId: '01890a5d-ac96-774b-bcce-b302099a8057', name: 'Order import', jwks: { keys: [{ ...KEY, kid: '2026-1' }] }, scopes: ['orders:read', 'orders:write'], cidrs: ['192.0.2.0/24'], expiresInDays: 365 },
  },
  listMachineClients: {
    method: 'GET', path: '/api/v1/machine-clients', needs: 'keys:read', summary: 'List machine clients', status: 200, returns: pageOf(MachineClient), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[serviceAccountId]': Type.Optional(idSchema<ServiceAccountId>()), 'filter[status]': Type.Optional(oneOf(CLIENT_STATUSES)) }, closed),
  },
  getMachineClient: { method: 'GET', path: '/api/v1/machine-clients/{clientId}', needs: 'keys:read', summary: 'Get a machine client', params: ClientPath, status: 200, returns: MachineClient, fails: ['not_found'] },
  replaceMachineClientKeys: {
    method: 'PUT', path: '/api/v1/machine-clients/{clientId}/keys', needs: 'keys:write', summary: 'Replace the keys of a machine client at once; its tokens end', params: ClientPath, body: ClientKeys, status: 200,
    returns: MachineClient, fails: ['not_found', 'illegal_transition', 'invalid'], example: { jwks: { keys: [{ ...KEY, kid: '2026-2' }] } },
  },
  rotateMachineClientKeys: {
    method: 'POST', path: '/api/v1/machine-clients/{clientId}/rotate', needs: 'keys:write', summary: 'Give a machine client new keys; those of before go on working for a while', params: ClientPath, body: ClientKeyRotation,
    status: 200, returns: MachineClient, fails: ['not_found', 'illegal_transition', 'invalid'], example: { jwks: { keys: [{ ...KEY, kid: '2026-3' }] }, overlapMinutes: 1440 },
  },
  revokeMachineClient: {
    method: 'POST', path: '/api/v1/machine-clients/{clientId}/revoke', needs: 'keys:write', summary: 'Revoke a machine client at once; its tokens end', params: ClientPath, status: 200, returns: MachineClient,
    fails: ['not_found', 'illegal_transition'],
  },
})

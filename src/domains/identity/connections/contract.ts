// The organization's own identity providers. A connection goes draft → tested → active → enforced and can be disabled at any time. Its
// secrets go in and never come out. What matters to trust (issuer, addresses, certificates) changes only while nobody signs in by it;
// after that a certificate is rotated by its fingerprint.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ConnectionId, type UserId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, oneOf, orNull } from '../../../kernel/schema.ts'

export const CONNECTION_KINDS = ['oidc', 'saml'] as const
export const CONNECTION_PRESETS = ['generic', 'okta', 'entra', 'google'] as const
export const CONNECTION_STATUSES = ['draft', 'tested', 'active', 'enforced', 'disabled'] as const
/** What somebody was about to do: a person signing in, or a machine. `scim`: a request of the directory that was refused. */
export const ATTEMPT_PURPOSES = ['sign_in', 'test', 'step_up', 'sign_out', 'token', 'passkey', 'scim'] as const
export const CLIENT_AUTHS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
/** Roles that a first sign-in may give: never an administrator's. */
export const JIT_ROLES = ['planner', 'warehouse_operator', 'warehouse_lead', 'finance', 'auditor', 'integration', 'twin_engineer'] as const

const Instant = Type.String({ format: 'date-time' })
const Url = Type.String({ minLength: 8, maxLength: 2000, pattern: '^https?://[^\\s]+$' })
const Pem = Type.String({ minLength: 100, maxLength: 10_000, pattern: '^-----BEGIN CERTIFICATE-----' })
const Word = Type.String({ minLength: 1, maxLength: 255, pattern: '^\\S(.*\\S)?$' })

export const OidcSettings = Type.Object({
  issuer: Url,
  clientId: Word,
  clientAuth: oneOf(CLIENT_AUTHS),
  scopes: Type.Array(Type.String({ pattern: '^[A-Za-z0-9._:/-]{1,100}$' }), { minItems: 1, maxItems: 20, uniqueItems: true }),
  tenantId: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'Entra ID: the directory whose people may sign in' })),
  hostedDomains: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9.-]{3,253}$' }), { minItems: 1, maxItems: 50, description: 'Google Workspace: the domains whose people may sign in' })),
  acrValues: Type.Optional(Type.Array(Word, { minItems: 1, maxItems: 10 })),
}, closed)
export type OidcSettings = Type.Static<typeof OidcSettings>

export const SamlSettings = Type.Object({
  entityId: Type.String({ minLength: 1, maxLength: 1024 }),
  ssoUrl: Url,
  sloUrl: Type.Optional(Url),
  certificates: Type.Array(Pem, { minItems: 1, maxItems: 2, description: 'pinned signing certificates; two while one is rotated' }),
  metadataUrl: Type.Optional(Url),
  emailAttribute: Type.Optional(Word),
  nameAttribute: Type.Optional(Word),
  mustEncrypt: Type.Optional(Type.Boolean()),
  authnContexts: Type.Optional(Type.Array(Word, { minItems: 1, maxItems: 10 })),
}, closed)
export type SamlSettings = Type.Static<typeof SamlSettings>

/** For whoever sets up the other side. */
export const ServiceProvider = Type.Object({
  redirectUri: orNull(Type.String({ description: 'OpenID Connect: the redirect URI to register' })),
  backchannelLogoutUri: orNull(Type.String()),
  jwksUri: orNull(Type.String({ description: 'private_key_jwt: where our public key is' })),
  entityId: orNull(Type.String({ description: 'SAML: our entity ID; also the address of our metadata' })),
  acsUrl: orNull(Type.String({ description: 'SAML: the assertion consumer service' })),
  sloUrl: orNull(Type.String()),
}, closed)
export type ServiceProvider = Type.Static<typeof ServiceProvider>

const Certificate = Type.Object({ sha256: Type.String(), expiresAt: Instant, isPinned: Type.Boolean() }, closed)
const provisioning = {
  hasJit: Type.Boolean({ description: 'makes an account at the first sign-in, for addresses of verified domains only' }),
  jitRole: orNull(oneOf(JIT_ROLES)),
  sessionHours: Type.Integer({ minimum: 1, maximum: 24 }),
  idleMinutes: Type.Integer({ minimum: 5, maximum: 1440 }),
}
export const Connection = Type.Object({
  id: idSchema<ConnectionId>(),
  name: Type.String(),
  kind: oneOf(CONNECTION_KINDS),
  preset: oneOf(CONNECTION_PRESETS),
  status: oneOf(CONNECTION_STATUSES),
  oidc: orNull(OidcSettings),
  saml: orNull(SamlSettings),
  hasSecret: Type.Boolean(),
  certificates: Type.Array(Certificate, { description: 'SAML: those pinned, and those the metadata newly names, which wait for approval by fingerprint' }),
  ...provisioning,
  serviceProvider: ServiceProvider,
  testedAt: orNull(Instant),
  rowVersion: Type.Integer(),
  createdAt: Instant,
  updatedAt: Instant,
}, closed)
export type Connection = Type.Static<typeof Connection>

const draft = {
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '^\\S(.*\\S)?$' }),
  preset: oneOf(CONNECTION_PRESETS),
  oidc: OidcSettings,
  saml: SamlSettings,
  clientSecret: Type.String({ minLength: 1, maxLength: 500, description: 'goes in and never comes out' }),
  metadataXml: Type.String({ minLength: 50, maxLength: 500_000, description: 'SAML: the metadata of the provider, instead of `saml`' }),
  hasJit: provisioning.hasJit, jitRole: provisioning.jitRole, sessionHours: provisioning.sessionHours, idleMinutes: provisioning.idleMinutes,
}
const optional = { preset: Type.Optional(draft.preset), oidc: Type.Optional(draft.oidc), saml: Type.Optional(draft.saml), clientSecret: Type.Optional(draft.clientSecret), metadataXml: Type.Optional(draft.metadataXml), hasJit: Type.Optional(draft.hasJit), jitRole: Type.Optional(draft.jitRole), sessionHours: Type.Optional(draft.sessionHours), idleMinutes: Type.Optional(draft.idleMinutes) }
export const ConnectionDraft = Type.Object({ name: draft.name, kind: oneOf(CONNECTION_KINDS), ...optional }, closed)
export type ConnectionDraft = Type.Static<typeof ConnectionDraft>
export const ConnectionPatch = Type.Object({ name: Type.Optional(draft.name), ...optional }, closed)
export type ConnectionPatch = Type.Static<typeof ConnectionPatch>

export const SignInAttempt = Type.Object({
  id: Type.String(), at: Instant, connectionId: orNull(idSchema<ConnectionId>()), purpose: oneOf(ATTEMPT_PURPOSES), outcome: Type.String({ description: '`ok`, or the exact code of the refusal' }),
  detail: orNull(Type.String({ description: 'null, like subject, address and userAgent, for who may not see personal data' })), subject: orNull(Type.String()), userId: orNull(idSchema<UserId>()), address: orNull(Type.String()), userAgent: orNull(Type.String()), requestId: Type.String(),
}, closed)
export type SignInAttempt = Type.Static<typeof SignInAttempt>

const ConnectionPath = Type.Object({ connectionId: idSchema<ConnectionId>() }, closed)
const one = { params: ConnectionPath, status: 200, returns: Connection, fails: ['not_found', 'illegal_transition'] } as const
const StartUrl = Type.Object({ url: Type.String({ description: 'Open it in a browser within ten minutes; it works once.' }), expiresAt: Instant }, closed)

export const connectionsApi = defineApi({
  listConnections: { method: 'GET', path: '/api/v1/identity/connections', needs: 'identity:read', summary: 'List the identity providers of the organization', status: 200, returns: pageOf(Connection), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  getConnection: { method: 'GET', path: '/api/v1/identity/connections/{connectionId}', needs: 'identity:read', summary: 'Get a connection, without its secrets', params: ConnectionPath, status: 200, returns: Connection, fails: ['not_found'] },
  createConnection: {
    method: 'POST', path: '/api/v1/identity/connections', needs: 'identity:write', summary: 'Create a connection to an identity provider, as a draft', body: ConnectionDraft, status: 201, returns: Connection, fails: ['conflict', 'invalid'],
    example: { name: 'Company sign-in', kind: 'oidc', preset: 'okta', oidc: { issuer: 'https://example.okta.com', clientId: '0oa1example', clientAuth: 'client_secret_basic', scopes: ['openid', 'profile', 'email'] }, clientSecret: 'from the provider' },
  },
  updateConnection: { method: 'PATCH', path: '/api/v1/identity/connections/{connectionId}', needs: 'identity:write', summary: 'Change a connection; what matters to trust only while nobody signs in by it', params: ConnectionPath, body: ConnectionPatch, ifMatch: true, status: 200, returns: Connection, fails: ['not_found', 'stale', 'conflict', 'invalid', 'illegal_transition'], example: { name: 'Company sign-in' } },
  testConnection: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/test', needs: 'identity:write', summary: 'Get an address at which a real sign-in is tried, without a session at its end', params: ConnectionPath, status: 200, returns: StartUrl, fails: ['not_found', 'illegal_transition'] },
  activateConnection: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/activate', needs: 'identity:write', summary: 'Let people sign in by a tested connection', ...one },
  enforceConnection: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/enforce', needs: 'identity:write', summary: 'Make an active connection the only way in; needs two recovery admins with passkeys', ...one, fails: ['not_found', 'illegal_transition', 'conflict'] },
  relaxConnection: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/relax', needs: 'identity:write', summary: 'Allow other ways in beside an enforced connection', ...one },
  disableConnection: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/disable', needs: 'identity:write', summary: 'Stop signing in by a connection; its sessions end', ...one },
  approveCertificate: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/approve-certificate', needs: 'identity:write', summary: 'Pin a certificate that the metadata newly names', ...one, body: Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed), fails: ['not_found', 'illegal_transition', 'invalid'], example: { sha256: 'a3'.repeat(32) } },
  retireCertificate: { method: 'POST', path: '/api/v1/identity/connections/{connectionId}/retire-certificate', needs: 'identity:write', summary: 'Unpin a certificate; one must be left', ...one, body: Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed), fails: ['not_found', 'illegal_transition', 'invalid'], example: { sha256: 'a3'.repeat(32) } },
  listSignInAttempts: { method: 'GET', path: '/api/v1/identity/sign-in-attempts', needs: 'identity:read', summary: 'The log of sign-ins and of the directory\'s refused requests, with the exact reason of each refusal; newest first', status: 200, returns: pageOf(SignInAttempt), fails: [], query: Type.Object({ ...PageQuery, 'filter[connectionId]': Type.Optional(idSchema<ConnectionId>()), 'filter[outcome]': Type.Optional(Type.String({ minLength: 2, maxLength: 60 })), 'filter[purpose]': Type.Optional(oneOf(ATTEMPT_PURPOSES)) }, closed) },
})

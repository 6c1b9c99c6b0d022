// Set-up links: a Tenant Admin hands one to whoever looks after the company's identity provider. It opens a guided page in one browser,
// sets up one connection and its domains, and can do nothing else; in particular it lets nobody in.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ConnectionId, type Id } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, Instant, Name, oneOf, orNull } from '../schema.ts'

export type SetupLinkId = Id<'SetupLink'>
export const SETUP_LINK_STATUSES = ['open', 'in_use', 'finished', 'revoked', 'expired'] as const
export const SETUP_HOURS_MAX = 72
export const SETUP_HOURS_DEFAULT = 24

export const SetupLink = Type.Object({
  id: idSchema<SetupLinkId>(),
  name: Type.String(),
  status: oneOf(SETUP_LINK_STATUSES),
  connectionId: orNull(idSchema<ConnectionId>()),
  expiresAt: Instant,
  usedAt: orNull(Instant),
  createdAt: Instant,
}, closed)
export type SetupLink = Type.Static<typeof SetupLink>
export const NewSetupLink = Type.Object({ ...SetupLink.properties, url: orNull(Type.String({ description: 'shown this once; it works once. Null when the answer is repeated for an Idempotency-Key' })) }, closed)

const LinkPath = Type.Object({ setupLinkId: idSchema<SetupLinkId>() }, closed)

export const setupApi = defineApi({
  listSetupLinks: { method: 'GET', path: '/api/v1/identity/setup-links', needs: 'identity:read', summary: 'List links by which somebody without an account sets up sign-in', status: 200, returns: pageOf(SetupLink), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  createSetupLink: {
    method: 'POST', path: '/api/v1/identity/setup-links', needs: 'identity:write', summary: 'Make a single-use link to a guided page that sets up one connection and its domains; it activates nothing', status: 201, returns: NewSetupLink,
    fails: ['invalid', 'illegal_transition'],
    body: Type.Object({
      name: Type.Optional(Type.Unsafe<string>({ ...Name, description: 'for whom it is; what is done with it is in the audit trail under this name' })),
      connectionId: Type.Optional(idSchema<ConnectionId>()),
      expiresInHours: Type.Optional(Type.Integer({ minimum: 1, maximum: SETUP_HOURS_MAX, default: SETUP_HOURS_DEFAULT })),
    }, closed),
    example: { name: 'IT of Example', expiresInHours: 24 },
  },
  revokeSetupLink: { method: 'POST', path: '/api/v1/identity/setup-links/{setupLinkId}/revoke', needs: 'identity:write', summary: 'End a set-up link at once; what it set up stays', params: LinkPath, status: 200, returns: SetupLink, fails: ['not_found', 'conflict'] },
})

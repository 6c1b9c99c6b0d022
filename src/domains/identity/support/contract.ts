// Support. An organization lets people of the platform look for some hours: read-only, without money, ended at any moment. In an emergency
// two people of the platform open it for an hour without being let; the organization is told at once, sees it in the same list, and can
// end it the same way. None of this can be configured away.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type OrganizationId, type SessionId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, Instant, oneOf, orNull } from '../schema.ts'

export type SupportGrantId = Id<'SupportGrant'>
export type BreakGlassId = Id<'BreakGlass'>
export const SUPPORT_KINDS = ['grant', 'break_glass'] as const
export const SUPPORT_STATUSES = ['open', 'expired', 'revoked'] as const
export const SUPPORT_HOURS_MAX = 8

const Reason = Type.String({ minLength: 10, maxLength: 500, pattern: '\\S', description: 'why; it stands in both audit logs' })
const StaffName = Type.String({ pattern: '^[a-z][a-z0-9.-]{1,39}$', description: 'name of the one person of the platform it is for; absent: any' })

export const SupportGrant = Type.Object({
  id: idSchema<SupportGrantId>(),
  kind: oneOf(SUPPORT_KINDS, 'break_glass: opened by two people of the platform without asking'),
  status: oneOf(SUPPORT_STATUSES),
  reason: Type.String(),
  staffName: orNull(Type.String()),
  approvedByName: orNull(Type.String()),
  createdByName: Type.String(),
  sessions: Type.Integer({ description: 'how often it was used' }),
  expiresAt: Instant,
  revokedAt: orNull(Instant),
  createdAt: Instant,
  rowVersion: Type.Integer(),
}, closed)
export type SupportGrant = Type.Static<typeof SupportGrant>
export const SupportGrantDraft = Type.Object({ reason: Reason, hours: Type.Integer({ minimum: 1, maximum: SUPPORT_HOURS_MAX }), staffName: Type.Optional(StaffName) }, closed)
export type SupportGrantDraft = Type.Static<typeof SupportGrantDraft>

export const SupportSession = Type.Object({
  token: Type.String({ description: 'opens the organization as the role support; shown this once' }), sessionId: idSchema<SessionId>(), organizationId: idSchema<OrganizationId>(), expiresAt: Instant,
}, closed)
export type SupportSession = Type.Static<typeof SupportSession>

export const BreakGlass = Type.Object({
  id: idSchema<BreakGlassId>(), organizationId: idSchema<OrganizationId>(), organizationSlug: Type.String(), reason: Type.String(), requestedByName: Type.String(), requestedAt: Instant,
  approvedByName: orNull(Type.String()), approvedAt: orNull(Instant), expiresAt: Type.String({ format: 'date-time', description: 'until when it can be approved; then, until when it is open' }),
}, closed)
export type BreakGlass = Type.Static<typeof BreakGlass>

const GrantPath = Type.Object({ supportGrantId: idSchema<SupportGrantId>() }, closed)
const organizationId = idSchema<OrganizationId>()

export const supportApi = defineApi({
  grantSupport: {
    method: 'POST', path: '/api/v1/support/grants', needs: 'support:grant', summary: 'Let people of the platform look for some hours, read-only and without money', body: SupportGrantDraft, status: 201, returns: SupportGrant, fails: [],
    example: { reason: 'Ticket 4711: an order that cannot be released', hours: 2 },
  },
  listSupportGrants: { method: 'GET', path: '/api/v1/support/grants', needs: 'identity:read', summary: 'Who of the platform may look or could, newest first, emergencies included', status: 200, returns: pageOf(SupportGrant), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  getSupportGrant: { method: 'GET', path: '/api/v1/support/grants/{supportGrantId}', needs: 'identity:read', summary: 'Get a grant of support', params: GrantPath, status: 200, returns: SupportGrant, fails: ['not_found'] },
  revokeSupportGrant: {
    method: 'POST', path: '/api/v1/support/grants/{supportGrantId}/revoke', needs: 'support:grant', summary: 'End a grant of support, or an emergency, with all its sessions at once', params: GrantPath, status: 200, returns: SupportGrant,
    fails: ['not_found', 'illegal_transition'],
  },
  openSupportSession: {
    method: 'POST', path: '/api/v1/platform/support-sessions', needs: 'platform:write', summary: 'Open an organization under a grant of its own, as a person of the platform', status: 201, returns: SupportSession,
    body: Type.Object({ organizationId, supportGrantId: idSchema<SupportGrantId>() }, closed), fails: ['not_found', 'conflict', 'illegal_transition'],
    example: { organizationId: '0198d6a4-6f00-7000-8000-000000000001', supportGrantId: '0198d6a4-6f00-7000-8000-000000000012' },
  },
  listBreakGlass: { method: 'GET', path: '/api/v1/platform/break-glass', needs: 'platform:read', summary: 'Emergencies: asked for and opened', status: 200, returns: Type.Object({ items: Type.Array(BreakGlass) }, closed), fails: [] },
  requestBreakGlass: {
    method: 'POST', path: '/api/v1/platform/break-glass', needs: 'platform:write', summary: 'Ask to open an organization in an emergency; a second person of the platform approves it within 15 minutes',
    body: Type.Object({ organizationId, reason: Reason }, closed), status: 201, returns: BreakGlass, fails: ['not_found', 'conflict', 'step_up_required'],
    example: { organizationId: '0198d6a4-6f00-7000-8000-000000000001', reason: 'Stock is promised twice, nobody of the organization answers' },
  },
  approveBreakGlass: {
    method: 'POST', path: '/api/v1/platform/break-glass/{breakGlassId}/approve', needs: 'platform:write', summary: 'Approve an emergency as a second person: the organization is told, and open to whoever asked for one hour',
    params: Type.Object({ breakGlassId: idSchema<BreakGlassId>() }, closed), status: 200, returns: BreakGlass, fails: ['not_found', 'conflict', 'illegal_transition', 'step_up_required'],
  },
})

// Organizations: how they begin, pause and end, and what they may use. The life cycle and the limits belong to the platform's
// operator, who never sees a tenant's data; a tenant reads its own organization and may rename it. This room refuses every
// arrow that the life cycle does not have, and a slug that is taken.
import Type from 'typebox'
import { defineApi } from '../../kernel/contract.ts'
import { idSchema, type ApiKeyId, type OrganizationId, type ServiceAccountId } from '../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../kernel/page.ts'
import { closed, oneOf, orNull } from '../../kernel/schema.ts'

export const ORGANIZATION_STATUSES = ['provisioning', 'active', 'suspended', 'offboarding', 'exported', 'erased'] as const
export type OrganizationStatus = (typeof ORGANIZATION_STATUSES)[number]
export const PLANS = ['trial', 'standard', 'enterprise'] as const

const Instant = Type.String({ format: 'date-time' })
const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '^\\S(.*\\S)?$' })
const Slug = Type.String({ pattern: '^[a-z][a-z0-9-]{1,38}[a-z0-9]$', description: '3 to 40 small letters, digits and hyphens, beginning with a letter' })
const Region = Type.String({ pattern: '^[a-z]{2}(-[a-z0-9]{1,12}){0,2}$', description: 'where its data lives, such as eu or eu-central-1' })

const facts = {
  id: idSchema<OrganizationId>(), slug: Type.String(), name: Type.String(), status: oneOf(ORGANIZATION_STATUSES), statusSince: Instant, region: Type.String(),
  plan: oneOf(PLANS), rowVersion: Type.Integer(), createdAt: Instant, updatedAt: Instant,
}
const limits = {
  requestsPerSecond: Type.Integer({ minimum: 1, maximum: 100_000 }),
  burst: Type.Integer({ minimum: 1, maximum: 200_000, description: 'requests that may come at once' }),
  concurrentRequests: Type.Integer({ minimum: 1, maximum: 10_000 }),
  rowsPerExport: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
}
/** An organization as its own members see it. */
export const MyOrganization = Type.Object(facts, closed)
export type MyOrganization = Type.Static<typeof MyOrganization>
export const OrganizationLimits = Type.Object(limits, closed)
export type OrganizationLimits = Type.Static<typeof OrganizationLimits>
/** An organization as the platform's operator sees it. */
export const Organization = Type.Object({ ...facts, statusReason: orNull(Type.String()), legalHold: Type.Boolean(), limits: OrganizationLimits }, closed)
export type Organization = Type.Static<typeof Organization>

export const OrganizationDraft = Type.Object({ slug: Slug, name: Name, region: Type.Optional(Region), plan: Type.Optional(oneOf(PLANS)) }, closed)
export type OrganizationDraft = Type.Static<typeof OrganizationDraft>
/** The way in: a key of the first Tenant Admin. */
export const FirstKey = Type.Object({
  id: idSchema<ApiKeyId>(), serviceAccountId: idSchema<ServiceAccountId>(), prefix: Type.String(), expiresAt: Instant,
  secret: Type.String({ description: 'The key itself, shown this once.' }),
}, closed)
export type FirstKey = Type.Static<typeof FirstKey>
export const NewOrganization = Type.Object({ organization: Organization, firstKey: FirstKey }, closed)
export type NewOrganization = Type.Static<typeof NewOrganization>

const Path = Type.Object({ organizationId: idSchema<OrganizationId>() }, closed)
const Reason = Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, closed)
const move = { method: 'POST', needs: 'platform:write', params: Path, body: Reason, status: 200, returns: Organization, fails: ['not_found', 'illegal_transition'] } as const

export const tenancyApi = defineApi({
  createOrganization: {
    method: 'POST', path: '/api/v1/platform/organizations', needs: 'platform:write',
    summary: 'Create an organization; answers with its first Tenant Admin key. The slug makes it safe to repeat: an interrupted creation goes on where it stopped',
    body: OrganizationDraft, status: 201, returns: NewOrganization, fails: ['conflict'], example: { slug: 'acme', name: 'Acme Logistics', region: 'eu', plan: 'standard' },
  },
  renewFirstKey: {
    method: 'POST', path: '/api/v1/platform/organizations/{organizationId}/first-key', needs: 'platform:write', params: Path, status: 201, returns: NewOrganization,
    summary: 'Another first key when the answer with the first one was lost; refused once anybody of the organization has come in', fails: ['not_found', 'conflict'],
  },
  listOrganizations: {
    method: 'GET', path: '/api/v1/platform/organizations', needs: 'platform:read', summary: 'List organizations, by slug', status: 200, returns: pageOf(Organization), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(oneOf(ORGANIZATION_STATUSES)) }, closed),
  },
  getOrganization: {
    method: 'GET', path: '/api/v1/platform/organizations/{organizationId}', needs: 'platform:read', summary: 'Get an organization', params: Path, status: 200,
    returns: Organization, fails: ['not_found'],
  },
  suspendOrganization: {
    ...move, path: '/api/v1/platform/organizations/{organizationId}/suspend', summary: 'Suspend an organization: at once nobody of it can work', example: { reason: 'Invoice overdue' },
  },
  resumeOrganization: { ...move, path: '/api/v1/platform/organizations/{organizationId}/resume', summary: 'Let a suspended organization work again', example: { reason: 'Paid' } },
  offboardOrganization: {
    ...move, path: '/api/v1/platform/organizations/{organizationId}/offboard', summary: 'Begin to close a suspended organization', example: { reason: 'Contract ended' },
  },
  setOrganizationLimits: {
    method: 'PUT', path: '/api/v1/platform/organizations/{organizationId}/limits', needs: 'platform:write', summary: 'Set what an organization may use', params: Path,
    body: OrganizationLimits, status: 200, returns: Organization, fails: ['not_found'],
    example: { requestsPerSecond: 200, burst: 400, concurrentRequests: 100, rowsPerExport: 1_000_000 },
  },
  getMyOrganization: {
    method: 'GET', path: '/api/v1/organization', needs: 'organization:read', summary: 'Get the own organization', status: 200, returns: MyOrganization, fails: [],
  },
  updateMyOrganization: {
    method: 'PATCH', path: '/api/v1/organization', needs: 'organization:write', summary: 'Rename the own organization', ifMatch: true,
    body: Type.Object({ name: Name }, closed), status: 200, returns: MyOrganization, fails: ['stale', 'precondition_required'], example: { name: 'Acme Logistics SE' },
  },
  getMyLimits: {
    method: 'GET', path: '/api/v1/organization/limits', needs: 'organization:read', summary: 'What the own organization may use', status: 200, returns: OrganizationLimits, fails: [],
  },
})

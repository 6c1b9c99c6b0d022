// Domains: whose people sign in here. An organization proves a domain by a TXT record; one domain belongs to one organization, and a
// domain whose record is gone for a week is lost.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ConnectionId, type EmailDomainId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, orNull } from '../../../kernel/schema.ts'

export const DOMAIN_STATUSES = ['pending', 'verified', 'lost'] as const
const Instant = Type.String({ format: 'date-time' })

export const EmailDomain = Type.Object({
  id: idSchema<EmailDomainId>(), name: Type.String(), status: Type.Unsafe<(typeof DOMAIN_STATUSES)[number]>({ type: 'string', enum: [...DOMAIN_STATUSES] }),
  record: Type.Object({ name: Type.String(), type: Type.Literal('TXT'), value: Type.String() }, { ...closed, description: 'the record that proves the domain' }),
  connectionId: orNull(idSchema<ConnectionId>()), verifiedAt: orNull(Instant), checkedAt: orNull(Instant), failingSince: orNull(Instant), rowVersion: Type.Integer(), createdAt: Instant,
}, closed)
export type EmailDomain = Type.Static<typeof EmailDomain>

const DomainPath = Type.Object({ domainId: idSchema<EmailDomainId>() }, closed)
export const domainsApi = defineApi({
  listDomains: { method: 'GET', path: '/api/v1/identity/domains', needs: 'identity:read', summary: 'List the domains of the organization', status: 200, returns: pageOf(EmailDomain), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  addDomain: {
    method: 'POST', path: '/api/v1/identity/domains', needs: 'identity:write', summary: 'Add a domain; the answer says which TXT record proves it', status: 201, returns: EmailDomain, fails: ['conflict', 'invalid'],
    body: Type.Object({ name: Type.String({ minLength: 3, maxLength: 260 }), connectionId: Type.Optional(idSchema<ConnectionId>()) }, closed), example: { name: 'example.com' },
  },
  verifyDomain: { method: 'POST', path: '/api/v1/identity/domains/{domainId}/verify', needs: 'identity:write', summary: 'Look the TXT record up now', params: DomainPath, status: 200, returns: EmailDomain, fails: ['not_found', 'conflict', 'invalid'] },
  routeDomain: {
    method: 'POST', path: '/api/v1/identity/domains/{domainId}/route', needs: 'identity:write', summary: 'Say by which connection people of a domain sign in', params: DomainPath, status: 200, returns: EmailDomain, fails: ['not_found', 'invalid'],
    body: Type.Object({ connectionId: orNull(idSchema<ConnectionId>()) }, closed), example: { connectionId: null },
  },
  removeDomain: { method: 'POST', path: '/api/v1/identity/domains/{domainId}/remove', needs: 'identity:write', summary: 'Give a domain up; another organization may claim it then', params: DomainPath, status: 204, returns: Type.Null(), fails: ['not_found'] },
})

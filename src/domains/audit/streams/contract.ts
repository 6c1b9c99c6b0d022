// Sending the trail on to a SIEM: CloudEvents in batches, signed, in the order of the chain, at least once.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id } from '../../../kernel/ids.ts'
import { closed, orNull } from '../../../kernel/schema.ts'

export type AuditStreamId = Id<'AuditStream'>
export const STREAM_STATUSES = ['active', 'paused', 'disabled'] as const
/** An organization has few receivers; each costs the worker a look and a request. */
export const STREAMS_MAX = 10

const Instant = Type.String({ format: 'date-time' })

const facts = {
  id: idSchema<AuditStreamId>(),
  name: Type.String(),
  url: Type.String(),
  status: Type.Unsafe<(typeof STREAM_STATUSES)[number]>({ type: 'string', enum: [...STREAM_STATUSES], description: 'disabled: the receiver answered 410 (gone)' }),
  position: Type.Integer({ description: 'The last position of the chain that the receiver has acknowledged' }),
  failures: Type.Integer({ description: 'Attempts that failed since the last success' }),
  lastError: orNull(Type.String()),
  lastDeliveredAt: orNull(Instant),
  nextAttemptAt: Instant,
  createdAt: Instant,
}
export const AuditStream = Type.Object(facts, closed)
export type AuditStream = Type.Static<typeof AuditStream>
export const NewAuditStream = Type.Object({
  ...facts, secret: orNull(Type.String({ description: 'Checks the signatures (Standard Webhooks); shown once' })),
}, closed)
export const AuditStreamDraft = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  url: Type.String({ minLength: 8, maxLength: 2048 }),
  afterPosition: Type.Optional(Type.Integer({ minimum: 0, description: 'Begin behind this position of the chain; 0 sends everything from the first entry. By default only what is new' })),
}, closed)
export type AuditStreamDraft = Type.Static<typeof AuditStreamDraft>

const StreamPath = Type.Object({ streamId: idSchema<AuditStreamId>() }, closed)
const one = { params: StreamPath, status: 200, returns: AuditStream, fails: ['not_found'] } as const
const CHANGES = ['identity:write', 'audit:read'] as const

export const streamsApi = defineApi({
  listAuditStreams: { method: 'GET', path: '/api/v1/audit/streams', needs: 'audit:read', summary: 'Where the audit trail is sent', status: 200, returns: Type.Object({ items: Type.Array(AuditStream) }, closed), fails: [] },
  createAuditStream: {
    method: 'POST', path: '/api/v1/audit/streams', needs: CHANGES, summary: 'Send the audit trail to a receiver (HTTPS, signed). It is sent what the maker of the stream may see', body: AuditStreamDraft, status: 201, returns: NewAuditStream,
    fails: ['conflict', 'invalid'], example: { name: 'SIEM', url: 'https://siem.example.com/collect' },
  },
  pauseAuditStream: { method: 'POST', path: '/api/v1/audit/streams/{streamId}/pause', needs: CHANGES, summary: 'Send nothing for now; nothing is lost', ...one },
  resumeAuditStream: { method: 'POST', path: '/api/v1/audit/streams/{streamId}/resume', needs: CHANGES, summary: 'Go on where it was left, at once', ...one },
  deleteAuditStream: { method: 'DELETE', path: '/api/v1/audit/streams/{streamId}', needs: CHANGES, summary: 'Stop sending and forget the receiver', params: StreamPath, status: 204, returns: Type.Null(), fails: ['not_found'] },
})

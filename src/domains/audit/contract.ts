// The trail of an organization: who did what to which thing, and when. It is written by the doors of the database in the same
// transaction as the change, and never updated or deleted. This room reads it, ties it into a chain of hashes, and sends it on.
import Type from 'typebox'
import { defineApi } from '../../kernel/contract.ts'
import { idSchema, type ActorId, type Id } from '../../kernel/ids.ts'
import { Instant } from '../../kernel/instant.ts'
import { PageQuery, pageOf } from '../../kernel/page.ts'
import { chainApi } from './chain/contract.ts'
import { streamsApi } from './streams/contract.ts'
import { closed } from '../../kernel/schema.ts'

export { ChainEntry, ChainHead } from './chain/contract.ts'
export { AuditStream, AuditStreamDraft, NewAuditStream } from './streams/contract.ts'
export type AuditEntryId = Id<'AuditEntry'>
export const ACTOR_KINDS = ['user', 'service', 'system', 'operator'] as const

/** So many entries are erased by one request at most. */
export const ERASED_MAX = 200

const Word = Type.String({ minLength: 1, maxLength: 200 })

export const AuditChange = Type.Object({
  entity: Type.String(), id: Type.String(), action: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()),
}, { ...closed, description: 'In place of a value that the caller may not see stands {"hidden": "<field class>"}' })
export type AuditChange = Type.Static<typeof AuditChange>
export const AuditEntry = Type.Object({
  id: idSchema<AuditEntryId>(),
  at: Instant,
  actor: Type.Object({ kind: Type.Unsafe<(typeof ACTOR_KINDS)[number]>({ type: 'string', enum: [...ACTOR_KINDS] }), id: idSchema<ActorId>(), name: Type.String() }, closed),
  operation: Type.String({ description: 'orders.placeOrder' }),
  requestId: Type.String(),
  changes: Type.Array(AuditChange),
  position: Type.Union([Type.Integer(), Type.Null()], { description: 'Place in the chain; null for a moment after the change' }),
  isErased: Type.Boolean({ description: 'The actor\'s name and the values of the changes were erased' }),
}, closed)
export type AuditEntry = Type.Static<typeof AuditEntry>

export const AUDIT_ORDERS = ['newest', 'oldest'] as const
export const AuditQuery = Type.Object({
  ...PageQuery,
  order: Type.Optional(Type.Unsafe<(typeof AUDIT_ORDERS)[number]>({ type: 'string', enum: [...AUDIT_ORDERS], description: 'newest (default) or oldest first' })),
  'filter[operation]': Type.Optional(Word),
  'filter[operationPrefix]': Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'orders. for everything of that room' })),
  'filter[actorId]': Type.Optional(idSchema<ActorId>()),
  'filter[requestId]': Type.Optional(Word),
  'filter[entity]': Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'kind of thing: sales_order, api_key' })),
  'filter[entityId]': Type.Optional(Word),
  'filter[from]': Type.Optional(Instant),
  'filter[to]': Type.Optional(Type.Unsafe<string>({ ...Instant, description: 'exclusive' })),
}, closed)
export type AuditQuery = Type.Static<typeof AuditQuery>

export const Erasure = Type.Object({
  reason: Type.String({ minLength: 3, maxLength: 500 }),
  entryIds: Type.Optional(Type.Array(idSchema<AuditEntryId>(), { minItems: 1, maxItems: ERASED_MAX, uniqueItems: true })),
  actorId: Type.Optional(idSchema<ActorId>()),
  entity: Type.Optional(Word),
  entityId: Type.Optional(Word),
}, { ...closed, description: 'What to erase: entries by their ids, what one actor did, or what was done to one thing (entity and entityId)' })
export type Erasure = Type.Static<typeof Erasure>

const EntryPath = Type.Object({ entryId: idSchema<AuditEntryId>() }, closed)
export const auditApi = defineApi({
  listAuditEntries: {
    method: 'GET', path: '/api/v1/audit', needs: 'audit:read',
    summary: 'The audit trail, newest first unless asked otherwise. With filters a page may hold fewer entries than asked for, or none, and still have a nextCursor: go on with it',
    query: AuditQuery, status: 200, returns: pageOf(AuditEntry), fails: [],
  },
  getAuditEntry: { method: 'GET', path: '/api/v1/audit/entries/{entryId}', needs: 'audit:read', summary: 'One entry of the audit trail', params: EntryPath, status: 200, returns: AuditEntry, fails: ['not_found'] },
  eraseAuditEntries: {
    method: 'POST', path: '/api/v1/audit/erasures', needs: ['identity:write', 'audit:read'],
    summary: 'Erase the personal part of entries: the actor\'s name and the values of the changes. Who by id, what, when and on which thing stays, and the chain holds. Entries of the last moment, not tied on yet, are not erased',
    body: Erasure, status: 200, fails: ['invalid'],
    returns: Type.Object({ erased: Type.Integer(), isComplete: Type.Boolean({ description: 'false: call again, there is more' }) }, closed),
    example: { reason: 'Request of the person, 2026-17', actorId: '01890a5d-ac96-774b-bcce-b302099a8057' },
  },
  ...chainApi,
  ...streamsApi,
})

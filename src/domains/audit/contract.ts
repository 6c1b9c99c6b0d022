// The trail of an organization: who did what to which thing, and when. It is written by the doors of the database in the same
// transaction as the change, and never updated or deleted; this room only reads it.
import Type from 'typebox'
import { defineApi } from '../../kernel/contract.ts'
import { idSchema, type ActorId, type Id } from '../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../kernel/page.ts'

export type AuditEntryId = Id<'AuditEntry'>
export const ACTOR_KINDS = ['user', 'service', 'system'] as const

const closed = { additionalProperties: false } as const
const Instant = Type.String({ format: 'date-time' })
const Word = Type.String({ minLength: 1, maxLength: 200 })

export const AuditChange = Type.Object({
  entity: Type.String(), id: Type.String(), action: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()),
}, closed)
export type AuditChange = Type.Static<typeof AuditChange>
export const AuditEntry = Type.Object({
  id: idSchema<AuditEntryId>(),
  at: Instant,
  actor: Type.Object({ kind: Type.Unsafe<(typeof ACTOR_KINDS)[number]>({ type: 'string', enum: [...ACTOR_KINDS] }), id: idSchema<ActorId>(), name: Type.String() }, closed),
  operation: Type.String({ description: 'orders.placeOrder' }),
  requestId: Type.String(),
  changes: Type.Array(AuditChange),
}, closed)
export type AuditEntry = Type.Static<typeof AuditEntry>

export const AuditQuery = Type.Object({
  ...PageQuery,
  'filter[operation]': Type.Optional(Word),
  'filter[actorId]': Type.Optional(idSchema<ActorId>()),
  'filter[requestId]': Type.Optional(Word),
  'filter[entity]': Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'kind of thing: sales_order, api_key' })),
  'filter[entityId]': Type.Optional(Word),
  'filter[from]': Type.Optional(Instant),
  'filter[to]': Type.Optional(Type.String({ format: 'date-time', description: 'exclusive' })),
}, closed)
export type AuditQuery = Type.Static<typeof AuditQuery>

export const auditApi = defineApi({
  listAuditEntries: {
    method: 'GET', path: '/api/v1/audit', needs: 'audit:read',
    summary: 'The audit trail, newest first. With filters a page may hold fewer entries than asked for, or none, and still have a nextCursor: go on with it',
    query: AuditQuery, status: 200, returns: pageOf(AuditEntry), fails: [],
  },
})

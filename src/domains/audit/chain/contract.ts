// The chain of hashes over the trail: where it ends, and every link of it with what an offline check needs.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ActorId, type Id } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, orNull } from '../../../kernel/schema.ts'

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 in hex' })

export const ChainHead = Type.Object({
  position: Type.Integer({ description: 'Number of entries in the chain' }),
  hash: Hash,
  chainedAt: orNull(Type.String({ format: 'date-time' })),
  lagSeconds: Type.Number({ description: 'Age of the oldest entry that is not tied on yet; 0 when there is none' }),
}, closed)
export type ChainHead = Type.Static<typeof ChainHead>

/** One link, as it stands in an export: every field is covered by the hash, and the texts are hashed as they are. */
export const ChainEntry = Type.Object({
  position: Type.Integer({ minimum: 1 }),
  id: idSchema<Id<'AuditEntry'>>(),
  at: Type.String({ description: 'With microseconds, as it is hashed' }),
  actorKind: Type.String(),
  actorId: idSchema<ActorId>(),
  operation: Type.String(),
  requestId: Type.String(),
  what: Type.String({ description: 'What was done to which things, as JSON text' }),
  personal: orNull(Type.String({ description: 'Name of the actor and the changes with their values, as JSON text; null when erased, or when the caller lacks a field class' })),
  salt: orNull(Type.String({ description: 'Key of the digest of personal' })),
  personalDigest: Hash,
  hash: Hash,
}, closed)
export type ChainEntry = Type.Static<typeof ChainEntry>

export const ChainQuery = Type.Object({ ...PageQuery, afterPosition: Type.Optional(Type.Integer({ minimum: 0, description: 'Begin behind this position' })) }, closed)

export const chainApi = defineApi({
  getAuditChain: { method: 'GET', path: '/api/v1/audit/chain', needs: 'audit:read', summary: 'Where the chain of the audit trail ends, and how far it is behind', status: 200, returns: ChainHead, fails: [] },
  listAuditChain: {
    method: 'GET', path: '/api/v1/audit/chain/entries', needs: 'audit:read', summary: 'The chain in its order, with everything an offline check needs', query: ChainQuery, status: 200, returns: pageOf(ChainEntry), fails: [],
  },
})

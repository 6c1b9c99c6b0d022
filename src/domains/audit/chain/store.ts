// All SQL about the chain. What ties it is bss.chain_audit in the database.
import type { ActorId, Id } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'

export const chainOn = write('audit:read', 'select bss.chain_audit($1, $2) as chained', { chained: column.int })

export const head = read('audit:read', `
  select coalesce(h.position, 0) as position, encode(h.hash, 'hex') as hash, h.chained_at,
         greatest(0, coalesce(extract(epoch from now() - waiting.at), 0))::float8 as lag_seconds
    from bss.organization o
    left join bss.audit_head h on h.organization_id = $1
    left join lateral (
      select e.at from bss.audit_entry e
       where e.organization_id = $1 and (e.transaction_id, e.id) > (bss.audit_reached(h.reached_transaction), coalesce(h.reached_entry, '00000000-0000-0000-0000-000000000000'))
       order by e.transaction_id, e.id limit 1) as waiting on true
   where o.organization_id = $1`, { position: column.int, hash: column.nullable(column.text), chainedAt: column.nullable(column.instant), lagSeconds: column.ratio })

/** Links behind a position, with the texts as they are hashed. */
export const links = read('audit:read', `
  select l.position, e.id, bss.audit_instant(e.at) as at, e.actor_kind, e.actor_id, e.operation, e.request_id, bss.audit_what(e.changes)::text as what,
         bss.audit_personal(e.actor_name, e.changes) as personal, e.salt, encode(l.personal_digest, 'hex') as personal_digest, encode(l.hash, 'hex') as hash
    from bss.audit_link l
    join bss.audit_entry e on e.organization_id = $1 and e.id = l.entry_id
   where l.organization_id = $1 and l.position > $2
   order by l.position limit $3`, {
  position: column.int, id: column.id<Id<'AuditEntry'>>(), at: column.text, actorKind: column.text, actorId: column.id<ActorId>(), operation: column.text, requestId: column.text,
  what: column.text, personal: column.text, salt: column.uuidText, personalDigest: column.text, hash: column.text,
})

/** Stands in the place of the salt when the personal part was erased. */
export const NO_SALT = '00000000-0000-0000-0000-000000000000'

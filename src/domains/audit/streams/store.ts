// All SQL about streams.
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import { STREAM_STATUSES, type AuditStreamId } from './contract.ts'

const refusals: Refusals = { audit_stream_name: ['conflict', 'There is a stream with this name already.', '/name'] }
const facts = {
  id: column.id<AuditStreamId>(), name: column.text, url: column.text, status: column.oneOf(STREAM_STATUSES), position: column.int, failures: column.int,
  lastError: column.nullable(column.text), lastDeliveredAt: column.nullable(column.instant), nextAttemptAt: column.instant, createdAt: column.instant,
}

export const streams = read('audit:read', `
  select id, name, url, status, cursor_position as position, failures, last_error, last_delivered_at, next_attempt_at, created_at
    from bss.audit_stream where organization_id = $1 order by name`, facts)
/** No row when there are as many as there may be. */
export const insertStream = write('identity:write', `
  insert into bss.audit_stream (organization_id, id, name, url, secret, field_classes, cursor_position)
  select $1, $2::uuid, $3::text, $4::text, $5::bytea, $6::text[], coalesce($7::bigint, (select h.position from bss.audit_head h where h.organization_id = $1), 0)
   where (select count(*) from bss.audit_stream s where s.organization_id = $1) < $8::int
  returning id, name, url, status, cursor_position as position, failures, last_error, last_delivered_at, next_attempt_at, created_at`, facts, refusals)
export const pauseStream = write('identity:write', `
  update bss.audit_stream set status = 'paused' where organization_id = $1 and id = $2
  returning id, name, url, status, cursor_position as position, failures, last_error, last_delivered_at, next_attempt_at, created_at`, facts)
export const resumeStream = write('identity:write', `
  update bss.audit_stream set status = 'active', failures = 0, last_error = null, next_attempt_at = now() where organization_id = $1 and id = $2
  returning id, name, url, status, cursor_position as position, failures, last_error, last_delivered_at, next_attempt_at, created_at`, facts)
export const deleteStream = write('identity:write', 'delete from bss.audit_stream where organization_id = $1 and id = $2 returning id', { id: column.id<AuditStreamId>() })

const claimed = { id: column.id<AuditStreamId>(), url: column.text, secret: column.bytes, fieldClasses: column.texts, position: column.int, failures: column.int }
export type Claimed = column.Row<typeof claimed>
/** Takes what is due for this worker, for a while: a request to somebody's server must not be made inside a transaction. */
export const claimStreams = write('events:write', `
  update bss.audit_stream s set claim = $2, claimed_until = now() + $3::int * interval '1 millisecond'
   where s.organization_id = $1 and s.id in (
     select d.id from bss.audit_stream d join bss.audit_head h on h.organization_id = $1 and h.position > d.cursor_position
      where d.organization_id = $1 and d.status = 'active' and d.next_attempt_at <= now() and d.claimed_until <= now()
      order by d.next_attempt_at for update of d skip locked)
  returning s.id, s.url, s.secret, to_jsonb(s.field_classes) as field_classes, s.cursor_position as position, s.failures`, claimed)
/** Notes how far the receiver is. No row when the stream was taken by another worker, paused or deleted meanwhile: then this one stops. */
export const noteDelivered = write('events:write', `
  update bss.audit_stream set cursor_position = greatest(cursor_position, $4::bigint), failures = 0, last_error = null, last_delivered_at = now(), claimed_until = now() + $5::int * interval '1 millisecond'
   where organization_id = $1 and id = $2 and claim = $3
  returning status`, { status: column.oneOf(STREAM_STATUSES) })
export const noteFailed = write('events:write', `
  update bss.audit_stream
     set failures = failures + 1, last_error = left($4, 300), next_attempt_at = now() + $5::int * interval '1 millisecond', claim = null, claimed_until = '-infinity',
         status = case when $6 then 'disabled' else status end
   where organization_id = $1 and id = $2 and claim = $3
  returning id`, { id: column.id<AuditStreamId>() })
export const releaseClaim = write('events:write', `update bss.audit_stream set claim = null, claimed_until = '-infinity' where organization_id = $1 and id = $2 and claim = $3`, {})

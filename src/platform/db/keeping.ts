// What every change leaves beside itself, in the same transaction: the audit row, the events for other rooms, and the answer
// kept under the caller's Idempotency-Key. Written here, by the door, so that no handler can forget it.
import type { Ctx, Facts } from '../../kernel/access.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Change, Emitted } from './tx.ts'
import type { Call, Param, Result } from './wire.ts'

const call = (name: string, text: string, params: readonly Param[] = []): Call => ({ name, text, params })

export const begin: Call = call('bss_begin', 'begin')
export const beginReadOnly: Call = call('bss_begin_ro', 'begin isolation level repeatable read read only')
export const commit: Call = call('bss_commit', 'commit')
export const rollback: Call = call('bss_rollback', 'rollback')
/** Seals the organization into the transaction. */
export const enter = (seal: string): Call => call('bss_enter', "select set_config('app.ctx', $1, true)", [seal])
/**
 * Changes look rows up by their keys, so a plan for any values is as good as one for these: planning anew each time, with every table's policy
 * in it, cost as much as the work itself (a pick: 20 ms instead of 11). And a plan that is kept must not read whole tables because they were
 * empty when it was made.
 */
const BY_KEY = "set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)"
/** The same for changes. */
export const enterToWrite = (seal: string): Call => call('bss_enter_to_write', `select set_config('app.ctx', $1, true), ${BY_KEY}`, [seal])
/** The same for the pipelined lanes, where the flush is left to the barrier behind it. */
export const enterDeferred = (seal: string): Call => call('bss_enter_deferred', `select set_config('app.ctx', $1, true), ${BY_KEY}, set_config('synchronous_commit', 'off', true)`, [seal])
export const flushedUpTo: Call = call('bss_lsn', 'select pg_current_wal_insert_lsn()::text as lsn')
/** A tiny transaction with a synchronous commit: when it is acknowledged, everything before it in the log is durable. */
export const barrier: Call = call('bss_barrier', "select pg_logical_emit_message(true, 'bss.barrier', '')::text as lsn")

/** Claims the caller's key; no row comes back when it is taken. A second one with the same key waits here for the first. */
export const claimKey = (ctx: Ctx, key: NonNullable<Facts['idempotency']>): Call =>
  call(
    'bss_claim',
    'insert into bss.idempotency_record (organization_id, key, fingerprint, operation) values ($1, $2, $3, $4) on conflict (organization_id, key) do nothing returning true as claimed',
    [ctx.organizationId, key.key, key.fingerprint, ctx.facts.operation],
  )
export const keptAnswer = (ctx: Ctx, key: NonNullable<Facts['idempotency']>): Call =>
  call('bss_kept', 'select fingerprint, response from bss.idempotency_record where organization_id = $1 and key = $2', [ctx.organizationId, key.key])
export const keepAnswer = (ctx: Ctx, key: NonNullable<Facts['idempotency']>, response: string): Call =>
  call('bss_keep', 'update bss.idempotency_record set response = $3::jsonb where organization_id = $1 and key = $2', [ctx.organizationId, key.key, response])

export const auditRow = (ctx: Ctx, changes: readonly Change[]): Call => {
  const { actor, operation, requestId, organizationId } = ctx.facts
  return call(
    'bss_audit',
    'insert into bss.audit_entry (organization_id, id, actor_kind, actor_id, actor_name, operation, request_id, changes) values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)',
    [organizationId, newId(), actor.kind, actor.id, actor.name, operation, requestId, JSON.stringify(changes)],
  )
}
export const outboxRows = (ctx: Ctx, events: readonly Emitted[]): Call =>
  call(
    'bss_outbox',
    `insert into bss.outbox_event (organization_id, id, topic, aggregate_type, aggregate_id, payload, actor_id, request_id)
     select $1, e.id, e.topic, e.aggregate, e.aggregate_id, e.payload::jsonb, $7, $8
       from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[]) with ordinality as e (id, topic, aggregate, aggregate_id, payload, n) order by e.n`,
    [
      ctx.organizationId, events.map((e) => e.id), events.map((e) => e.topic), events.map((e) => e.aggregate), events.map((e) => e.aggregateId),
      events.map((e) => JSON.stringify(e.payload)), ctx.facts.actor.id, ctx.facts.requestId,
    ],
  )

/** Reads the answer kept under a key, as JSON text; refuses when the key was used with another request. */
export function answerFrom(result: Result | undefined, key: NonNullable<Facts['idempotency']>): string {
  const row = result?.rows[0]
  if (row === undefined) throw new Problem('in_progress', 'A request with this Idempotency-Key is still running. Try again in a moment.', { retryAfterSeconds: 1 })
  if (row[0] !== key.fingerprint) {
    throw new Problem('key_reused', 'This Idempotency-Key was used before with another request. Use a new key for a new request.', {
      errors: [{ pointer: '/header/Idempotency-Key', code: 'key_reused', message: 'Used before with another method, path or body.' }],
    })
  }
  return row[1] ?? 'null'
}

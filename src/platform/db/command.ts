// A command: one statement that is the whole change, sent with its audit row, its events and its kept answer as one transaction
// in one round trip, behind the durable barrier.
import type { Ctx, Permission } from '../../kernel/access.ts'
import { newId } from '../../kernel/ids.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Doors } from './doors.ts'
import { isStalePlan, isTransient, problemOf } from './errors.ts'
import { answerFrom, barrier, begin, enter, keptAnswer, rollback } from './keeping.ts'
import { readRows } from './row.ts'
import type { Statement } from './statement.ts'
import { decode, type Change, type Emitted } from './tx.ts'
import { pause, TRIES_MAX } from './write-door.ts'
import { ServerError, type Call, type Param } from './wire.ts'

export interface Command<P extends Permission, R> {
  readonly statement: Statement<'write', P, R>
  /** From `$2` on. */
  readonly params: readonly Param[]
  readonly changes: readonly Change[]
  readonly events: readonly Emitted[]
}

export async function runCommand<P extends Permission, R>(doors: Doors, ctx: Ctx<P>, command: Command<P, R>): Promise<R[]> {
  const { statement } = command
  const key = ctx.facts.idempotency
  const calls = [wholeChange(ctx, command)]
  for (let attempt = 1; ; attempt++) {
    try {
      const { results, lsn } = await doors.lanes.submit(doors.seal(ctx), calls)
      ctx.facts.outcome.lsn = lsn
      doors.replicas.wrote(ctx.organizationId, lsn)
      return decode(statement, results[1])
    } catch (error) {
      if (key && isFirstToTell(error)) {
        const rows = await kept(doors, ctx, key, statement).catch((reason: unknown) => {
          throw problemOf(reason) // The server may be going down: the first error came from that, and so does this one.
        })
        if (rows !== null) return rows
      }
      if (attempt >= TRIES_MAX || !(isTransient(error) || isStalePlan(error))) throw problemOf(error, statement.refusals)
      await pause(attempt)
    }
  }
}

/**
 * The key is kept at the end of the work and not claimed at its beginning: one row written once instead of twice. So a repeated
 * request may do its work again before it meets the key and is undone, or fail on what the first has left (a reference taken,
 * stock gone). Whatever it fails on, the kept answer comes first.
 */
const isFirstToTell = (error: unknown): boolean => error instanceof ServerError && !isTransient(error)

/** Texts by statement and by what is kept beside it: built once, since they are long. */
const wholeTexts = new Map<string, string>()

/** The change, its audit row, its events and its kept answer as one statement: each further one would cost as much as a line of an order. */
export function wholeChange<P extends Permission, R>(ctx: Ctx<P>, { statement, params, changes, events }: Command<P, R>): Call {
  const { actor, operation, requestId, organizationId, idempotency: key } = ctx.facts
  const all: Param[] = [organizationId, ...params, newId(), actor.kind, actor.id, actor.name, operation, requestId, JSON.stringify(changes)]
  if (key) all.push(key.key, key.fingerprint)
  if (events.length > 0) {
    all.push(events.map((e) => e.id), events.map((e) => e.topic), events.map((e) => e.aggregate), events.map((e) => e.aggregateId), events.map((e) => JSON.stringify(e.payload)))
  }
  const name = `${key ? 'k' : 'c'}${events.length > 0 ? 'e' : ''}${statement.name}`
  let text = wholeTexts.get(name)
  if (text === undefined) {
    text = wholeText(statement.text, params.length + 2, key !== null, events.length > 0)
    wholeTexts.set(name, text)
  }
  return { name, text, params: all }
}

function wholeText(work: string, first: number, isKept: boolean, hasEvents: boolean): string {
  const at = (index: number): string => `$${first + index}`
  const next = isKept ? 9 : 7
  return `with work as materialized (${work}),
    audited as (insert into bss.audit_entry (organization_id, id, actor_kind, actor_id, actor_name, operation, request_id, changes)
      select $1, ${at(0)}::uuid, ${at(1)}::text, ${at(2)}::uuid, ${at(3)}::text, ${at(4)}::text, ${at(5)}::text, ${at(6)}::jsonb)${isKept ? `,
    kept as (insert into bss.idempotency_record (organization_id, key, fingerprint, operation, response)
      select $1, ${at(7)}::text, ${at(8)}::text, ${at(4)}::text, coalesce(jsonb_agg(to_jsonb(work)), '[]') from work)` : ''}${hasEvents ? `,
    told as (insert into bss.outbox_event (organization_id, id, topic, aggregate_type, aggregate_id, payload, actor_id, request_id)
      select $1, e.id, e.topic, e.aggregate, e.aggregate_id, e.payload::jsonb, ${at(2)}::uuid, ${at(5)}::text
        from unnest(${at(next)}::uuid[], ${at(next + 1)}::text[], ${at(next + 2)}::text[], ${at(next + 3)}::uuid[], ${at(next + 4)}::text[])
          with ordinality as e (id, topic, aggregate, aggregate_id, payload, n)
       where (select count(*) from work) >= 0 -- The numbers of the events are drawn after the work, under its locks.
       order by e.n)` : ''}
    select * from work`
}

/** The kept rows of the first request, read by the same shape; null when there was none. */
async function kept<R>(doors: Doors, ctx: Ctx, key: { key: string; fingerprint: string }, statement: Statement<'write', Permission, R>): Promise<R[] | null> {
  const results = await doors.primary.use(async (wire) => {
    const answer = await wire.send([begin, enter(doors.seal(ctx)), keptAnswer(ctx, key), rollback])
    // The first request may be committed but not flushed yet: what is told twice must be as durable as what is told once.
    await wire.send([barrier])
    return answer
  })
  if (results[2]?.rows.length === 0) return null
  const rows: unknown = JSON.parse(answerFrom(results[2], key))
  if (!isList(rows) || !rows.every(isRecord)) throw new Problem('internal', 'A kept answer cannot be read.')
  ctx.facts.outcome.isReplayed = true
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const asText = (value: unknown): string | null => (value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value))
  const texts = rows.map((row) => names.map((name) => asText(row[name])))
  return readRows(statement.shape, names, texts) as R[] // The shape is the run-time form of R.
}

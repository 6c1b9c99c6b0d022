// A command: one statement that is the whole change, sent with its audit row, its events and its kept answer as one transaction
// in one round trip, behind the durable barrier.
import type { Ctx, Permission } from '../../kernel/access.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Doors } from './doors.ts'
import { isStalePlan, isTransient, problemOf } from './errors.ts'
import { answerFrom, auditRow, barrier, begin, claimKey, enter, keptAnswer, outboxRows, rollback } from './keeping.ts'
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
  const work: Call = { name: statement.name, text: statement.text, params: [ctx.organizationId, ...command.params] }
  const calls: Call[] = []
  if (key) calls.push(claimOrRefuse(ctx, key))
  calls.push(key ? keepingAnswer(statement, work, key.key) : work, auditRow(ctx, command.changes))
  if (command.events.length > 0) calls.push(outboxRows(ctx, command.events))
  for (let attempt = 1; ; attempt++) {
    try {
      const { results, lsn } = await doors.lanes.submit(doors.seal(ctx), calls)
      ctx.facts.outcome.lsn = lsn
      doors.replicas.wrote(ctx.organizationId, lsn)
      return decode(statement, results[key ? 2 : 1])
    } catch (error) {
      if (key && isKeyTaken(error)) return kept(doors, ctx, key, statement)
      if (attempt >= TRIES_MAX || !(isTransient(error) || isStalePlan(error))) throw problemOf(error, statement.refusals)
      await pause(attempt)
    }
  }
}

/** SQLSTATE that ends the batch when the key is taken: nothing behind it in the batch is done. */
const KEY_TAKEN = '22012'
const isKeyTaken = (error: unknown): boolean => error instanceof ServerError && error.sqlState === KEY_TAKEN

/** As `claimKey`, but fails the whole batch (by a division by zero, which needs no function) when the key is taken. */
function claimOrRefuse(ctx: Ctx, key: { key: string; fingerprint: string }): Call {
  const claim = claimKey(ctx, key)
  return { ...claim, name: 'bss_claim_or_refuse', text: `with claimed as (${claim.text}) select 1 / count(*) as claimed from claimed` }
}

/** The statement wrapped so that its row is kept under the key in the same breath. */
function keepingAnswer(statement: Statement<'write', Permission, unknown>, work: Call, key: string): Call {
  const next = work.params.length + 1
  return {
    name: `k${statement.name}`,
    text: `with work as materialized (${work.text}),
      kept as (update bss.idempotency_record set response = (select coalesce(jsonb_agg(to_jsonb(work)), '[]') from work) where organization_id = $1 and key = $${next} returning 1)
      select work.* from work, kept`,
    params: [...work.params, key],
  }
}

/** The kept row of the first request, read by the same shape. */
async function kept<R>(doors: Doors, ctx: Ctx, key: { key: string; fingerprint: string }, statement: Statement<'write', Permission, R>): Promise<R[]> {
  const results = await doors.primary.use(async (wire) => {
    const answer = await wire.send([begin, enter(doors.seal(ctx)), keptAnswer(ctx, key), rollback])
    // The first request may be committed but not flushed yet: what is told twice must be as durable as what is told once.
    await wire.send([barrier])
    return answer
  })
  const rows: unknown = JSON.parse(answerFrom(results[2], key))
  if (!isList(rows) || !rows.every(isRecord)) throw new Problem('internal', 'A kept answer cannot be read.')
  ctx.facts.outcome.isReplayed = true
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const asText = (value: unknown): string | null => (value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value))
  const texts = rows.map((row) => names.map((name) => asText(row[name])))
  return readRows(statement.shape, names, texts) as R[] // The shape is the run-time form of R.
}

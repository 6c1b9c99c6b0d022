// The write door: [begin, context, key] travel with the first statement, [audit, events, answer, commit] with the last.
import type { Ctx, Permission } from '../../kernel/access.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Doors } from './doors.ts'
import { isStalePlan, isTransient, problemOf } from './errors.ts'
import { answerFrom, auditRow, begin, claimKey, commit, enter, enterToWrite, flushedUpTo, keepAnswer, keptAnswer, outboxRows, rollback } from './keeping.ts'
import { Tx, type Change, type Emitted } from './tx.ts'
import { ConnectionLost, ServerError, type Call, type Result, type Wire } from './wire.ts'

/** Deadlocks and serialization failures are done again this often, with jitter. */
export const TRIES_MAX = 6
export const pause = (attempt: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * 8 * 2 ** attempt))

class AlreadyDone extends Error {}
const open = new WeakSet<Ctx>()

/** `always`: every change of a request. `when_changed`: the service's own housekeeping, where only what touched a business thing is worth a row. */
type Audited = 'always' | 'when_changed'

export async function writeWork<P extends Permission, T>(doors: Doors, ctx: Ctx<P>, work: (tx: Tx<'write', P>) => Promise<T>, audited: Audited = 'always'): Promise<T> {
  // A second transaction inside the first would deadlock on its own rows and would not be undone with it.
  if (open.has(ctx)) throw new Error('A transaction is already open for this context; pass its tx on instead.')
  open.add(ctx)
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await doors.primary.use((wire) => once(doors, wire, ctx, work, audited))
      } catch (error) {
        if (attempt >= TRIES_MAX || !worthAnotherTry(error)) throw problemOf(error)
        await pause(attempt)
      }
    }
  } finally {
    open.delete(ctx)
  }
}

const worthAnotherTry = (error: unknown): boolean => {
  const cause = error instanceof Problem ? error.cause : error
  return isTransient(cause) || isStalePlan(cause)
}

async function once<P extends Permission, T>(doors: Doors, wire: Wire, ctx: Ctx<P>, work: (tx: Tx<'write', P>) => Promise<T>, audited: Audited): Promise<T> {
  const key = ctx.facts.idempotency
  const changes: Change[] = []
  const events: Emitted[] = []
  const opening = wire.send([begin, enterToWrite(doors.seal(ctx)), ...(key ? [claimKey(ctx, key)] : [])]).then((results) => {
    if (key && results[2]?.rows.length === 0) throw new AlreadyDone()
  })
  opening.catch(() => undefined) // Awaited by the first statement, or by the commit when there is none.
  const send = async (calls: readonly Call[]): Promise<Result[]> => {
    const sent = wire.send(calls)
    sent.catch(() => undefined) // If the opening failed, that is the error to tell; this one only follows from it.
    await opening
    return sent
  }
  try {
    const value = await work(new Tx<'write', P>(ctx, send, changes, events))
    await opening
    await finish(doors, wire, ctx, { changes, events, answer: key ? JSON.stringify(value) : null, isAudited: audited === 'always' || changes.length > 0 })
    return value
  } catch (error) {
    await wire.send([rollback]).catch(() => wire.destroy('Could not roll back.'))
    if (isStalePlan(error instanceof Problem ? error.cause : error)) wire.destroy('The schema has changed.')
    if (key && error instanceof AlreadyDone) return kept<T>(doors, wire, ctx, key)
    if (key && isLockTimeoutOfClaim(error)) throw new Problem('in_progress', 'A request with this Idempotency-Key is still running. Try again in a moment.', { retryAfterSeconds: 1, cause: error })
    throw error
  }
}

const isLockTimeoutOfClaim = (error: unknown): boolean => error instanceof ServerError && error.sqlState === '55P03'

interface Left {
  readonly changes: readonly Change[]
  readonly events: readonly Emitted[]
  readonly answer: string | null
  readonly isAudited: boolean
}
async function finish(doors: Doors, wire: Wire, ctx: Ctx, left: Left): Promise<void> {
  const key = ctx.facts.idempotency
  const calls = left.isAudited ? [auditRow(ctx, left.changes)] : []
  if (left.events.length > 0) calls.push(outboxRows(ctx, left.events))
  if (key && left.answer !== null) calls.push(keepAnswer(ctx, key, left.answer))
  const committing = wire.send([...calls, commit])
  const position = wire.send([flushedUpTo])
  position.catch(() => undefined) // Only needed once the commit has succeeded, and then it was sent on the same connection.
  const results = await committing
  if (results.at(-1)?.tag !== 'COMMIT') throw new ConnectionLost('The transaction was not committed.')
  const lsn = (await position)[0]?.rows[0]?.[0]
  if (lsn) {
    ctx.facts.outcome.lsn = lsn
    doors.replicas.wrote(ctx.organizationId, lsn)
  }
}

/** The answer of the first request with this key. */
async function kept<T>(doors: Doors, wire: Wire, ctx: Ctx, key: { key: string; fingerprint: string }): Promise<T> {
  const [, , answer] = await wire.send([begin, enter(doors.seal(ctx)), keptAnswer(ctx, key), rollback])
  const value: unknown = JSON.parse(answerFrom(answer, key))
  ctx.facts.outcome.isReplayed = true
  return value as T // Written by this door as the JSON of the same operation's T: the fingerprint covers method, path and body.
}

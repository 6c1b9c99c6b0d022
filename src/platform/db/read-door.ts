// The read door: a replica when it is fresh enough, the primary otherwise; always as a role that cannot write.
import type { Ctx, Permission } from '../../kernel/access.ts'
import type { Doors } from './doors.ts'
import { problemOf } from './errors.ts'
import { beginReadOnly, enter, rollback } from './keeping.ts'
import type { Pool } from './pool.ts'
import { CATCH_UP_MS, replayedCheck } from './replica.ts'
import type { Statement } from './statement.ts'
import { decode, Tx } from './tx.ts'
import { ConnectionLost, ServerError, type Call, type Param, type Result, type Wire } from './wire.ts'

/** A read with its parameters (from `$2` on), for `fetch`. */
export interface Query<P extends Permission, R> {
  readonly statement: Statement<'read', P, R>
  readonly params: readonly Param[]
}
export const query = <P extends Permission, R>(statement: Statement<'read', P, R>, params: readonly Param[] = []): Query<P, R> => ({ statement, params })
export type Results<Q extends readonly unknown[]> = { -readonly [K in keyof Q]: Q[K] extends Query<Permission, infer R> ? R[] : never }

class Behind extends Error {}

export async function readBatch<P extends Permission, const Q extends readonly Query<P, unknown>[]>(doors: Doors, ctx: Ctx<P>, queries: Q): Promise<Results<Q>> {
  const run = async (wire: Wire, isReplica: boolean): Promise<unknown[][]> => {
    const required = isReplica ? doors.replicas.required(ctx.organizationId, ctx.facts.consistency) : null
    const calls: Call[] = [enter(doors.seal(ctx))]
    if (required !== null) calls.push(replayedCheck(required))
    for (const { statement, params } of queries) calls.push({ name: statement.name, text: statement.text, params: [ctx.organizationId, ...params] })
    const results = await wire.send(calls)
    if (required !== null && results[1]?.rows[0]?.[0] !== 't') throw new Behind()
    const first = calls.length - queries.length
    return queries.map(({ statement }, index) => decode(statement, results[first + index]))
  }
  return (await onFreshServer(doors, ctx, run)) as Results<Q> // Each result was decoded by the statement at its own place in Q.
}

export const readWork = <P extends Permission, T>(doors: Doors, ctx: Ctx<P>, work: (tx: Tx<'read', P>) => Promise<T>): Promise<T> =>
  onFreshServer(doors, ctx, async (wire, isReplica) => {
    const required = isReplica ? doors.replicas.required(ctx.organizationId, ctx.facts.consistency) : null
    // Asked before the transaction begins, in the same round trip: within it the answer could be newer than its snapshot.
    const asked = required === null ? null : wire.send([replayedCheck(required)])
    const begun = wire.send([beginReadOnly, enter(doors.seal(ctx))])
    const opening = Promise.all([asked, begun]).then(([checked]) => {
      if (checked !== null && checked[0]?.rows[0]?.[0] !== 't') throw new Behind()
    })
    opening.catch(() => undefined) // Awaited by the first statement, or below when there is none.
    const send = async (calls: readonly Call[]): Promise<Result[]> => {
      const sent = wire.send(calls)
      sent.catch(() => undefined) // If the opening failed, that is the error to tell.
      await opening
      return sent
    }
    try {
      const value = await work(new Tx<'read', P>(ctx, send, [], []))
      await opening
      return value
    } finally {
      await wire.send([rollback]).catch(() => wire.destroy('Could not end a read.'))
    }
  })

/** Replica, again the replica until it caught up, then the primary. Reads have no effect, so they may simply be done again. */
async function onFreshServer<T>(doors: Doors, ctx: Ctx, run: (wire: Wire, isReplica: boolean) => Promise<T>): Promise<T> {
  const replica = doors.replicas.pick()
  const deadline = Date.now() + CATCH_UP_MS
  while (replica !== null && Date.now() <= deadline) {
    try {
      const value = await replica.use((wire) => run(wire, true))
      ctx.facts.outcome.readFrom = 'replica'
      return value
    } catch (error) {
      if (error instanceof Behind) {
        await new Promise((resolve) => setTimeout(resolve, 3))
        continue
      }
      if (!isReplicaTrouble(error)) throw problemOf(error)
      doors.replicas.rest(replica)
      break
    }
  }
  try {
    const value = await fromPrimary(doors.primaryReads, run)
    ctx.facts.outcome.readFrom = 'primary'
    return value
  } catch (error) {
    throw problemOf(error)
  }
}

const fromPrimary = <T>(pool: Pool, run: (wire: Wire, isReplica: boolean) => Promise<T>): Promise<T> => pool.use((wire) => run(wire, false))

/** The replica is gone, starting, or had to cancel the query to go on replaying: the primary can still answer. */
function isReplicaTrouble(error: unknown): boolean {
  const problem = problemOf(error)
  const cause = problem instanceof Error ? (problem.cause ?? problem) : problem
  // A database made a moment ago is on the replica a moment later.
  if (cause instanceof ServerError && cause.sqlState === '3D000') return true
  return cause instanceof ConnectionLost || (problem instanceof Error && 'code' in problem && problem.code === 'unavailable')
}

// The loop behind the requests: delivers events and does the chores of the rooms, one organization at a time.
import { PERMISSIONS, type TenantPermission } from '../../kernel/access.ts'
import type { OrganizationId } from '../../kernel/ids.ts'
import type { Database } from '../db/database.ts'
import type { Tx } from '../db/tx.ts'
import type { Log } from '../log/log.ts'
import { createOutbox } from './outbox.ts'
import type { Reaction } from './reaction.ts'
import { systemContext } from './system-context.ts'

/** Work that comes round by itself, for every organization: lots that expire, promises that lapse. */
export interface Chore {
  readonly name: string
  readonly everyMs: number
  readonly run: (tx: Tx<'write', TenantPermission>) => Promise<void>
}
/** Work that a room does across the organizations by itself, faster than chores come round: tying the audit chain, sending it on. */
export interface Round {
  readonly name: string
  /** Pause when there was nothing to do. */
  readonly idleMs: number
  /** True when there may be more to do at once. */
  readonly run: (database: Database, log: Log, signal: AbortSignal) => Promise<boolean>
  /** Waits for what it has begun and not waited for; called once, when the worker stops. */
  readonly end?: () => Promise<void>
}
export interface WorkerOptions {
  readonly database: Database
  readonly reactions: readonly Reaction[]
  readonly chores: readonly Chore[]
  readonly rounds?: readonly Round[]
  readonly log: Log
  /** Pause between rounds when there was nothing to do. */
  readonly idleMs?: number
}
export interface Worker {
  /** Milliseconds since the last round ended well; for health checks. */
  silentMs(): number
  /** How long the oldest event not delivered has been waiting; null when none waits. */
  oldestEventMs(): number | null
  stop(): Promise<void>
}
const PAGE = 500
const TIDY_EVERY_MS = 3_600_000

export function startWorker({ database, reactions, chores, rounds = [], log, idleMs = 150 }: WorkerOptions): Worker {
  const outbox = createOutbox(database, reactions, log)
  const stopping = new AbortController()
  let lastGoodMs = Date.now()
  const delivering = loop(stopping.signal, idleMs, async () => {
    const count = await outbox.round()
    lastGoodMs = Date.now()
    return count > 0
  }, log)
  const tending = [...chores, { name: 'events.tidy', everyMs: TIDY_EVERY_MS, run: null }].map((chore) =>
    loop(stopping.signal, chore.everyMs, async () => {
      for await (const organizationId of everyOrganization(database)) {
        if (stopping.signal.aborted) return false
        await tend(database, outbox.tidy, organizationId, chore, log)
      }
      return false
    }, log),
  )
  const going = rounds.map((round) => loop(stopping.signal, round.idleMs, () => round.run(database, log, stopping.signal), log))
  return {
    silentMs: () => Date.now() - lastGoodMs,
    oldestEventMs: () => outbox.oldestMs(),
    stop: async () => {
      stopping.abort()
      await Promise.all([delivering, ...tending, ...going])
      for (const { end } of rounds) await end?.()
    },
  }
}

async function tend(database: Database, tidy: (organizationId: OrganizationId) => Promise<void>, organizationId: OrganizationId, chore: { name: string; run: Chore['run'] | null }, log: Log): Promise<void> {
  try {
    if (chore.run === null) await tidy(organizationId)
    else await database.housekeep(systemContext({ organizationId, permissions: PERMISSIONS, operation: chore.name }), chore.run)
  } catch (error) {
    // One organization's trouble must not keep the chore from the others.
    log.warn({ organizationId, chore: chore.name, error }, 'a chore failed')
  }
}

async function* everyOrganization(database: Database): AsyncGenerator<OrganizationId, void, void> {
  let after: OrganizationId | null = null
  for (;;) {
    const page: OrganizationId[] = await database.organizationsToTend(after, PAGE)
    yield* page
    after = page.at(-1) ?? null
    if (page.length < PAGE) return
  }
}

/** Runs again at once while there is work, after a pause when there is none or when it failed; ends when stopped. */
async function loop(signal: AbortSignal, pauseMs: number, work: () => Promise<boolean>, log: Log): Promise<void> {
  while (!signal.aborted) {
    let isBusy = false
    try {
      isBusy = await work()
    } catch (error) {
      log.warn({ error }, 'the worker will try again')
    }
    if (!isBusy) await pause(pauseMs, signal)
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })

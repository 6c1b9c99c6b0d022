// How events reach those that hear them: several of one kind together where all can, else one by one; each in a transaction with the mark
// that it is done.
import { PERMISSIONS } from '../../kernel/access.ts'
import type { OrganizationId } from '../../kernel/ids.ts'
import type { Database } from '../db/database.ts'
import * as column from '../db/row.ts'
import { write } from '../db/statement.ts'
import type { Log } from '../log/log.ts'
import type { Reaction } from './reaction.ts'
import { systemContext } from './system-context.ts'

/** After so many failures an event is set aside for a person to look at; about 3 s with the pauses below. */
export const ATTEMPTS_MAX = 5

/** Locks events for this transaction; no row where another worker has it or had it. */
const take = write('events:write', `select e.id from bss.outbox_event e where e.organization_id = $1 and e.id = any($2::uuid[]) and e.status = 'pending' order by e.sequence for update skip locked`, { id: column.uuidText })
const done = write('events:write', `update bss.outbox_event set status = 'done', done_at = now() where organization_id = $1 and id = any($2::uuid[]) and status = 'pending'`, {})
const failed = write(
  'events:write',
  `update bss.outbox_event set attempts = attempts + 1, last_error = $3, next_attempt_at = now() + $4 * interval '1 millisecond',
     status = case when attempts + 1 >= $5 then 'set_aside' else 'pending' end
    where organization_id = $1 and id = $2 and status = 'pending' returning status`,
  { status: column.oneOf(['pending', 'set_aside']) },
)
/** The worker's context in an organization: everything, under the name of what it does. */
export const work = (organizationId: OrganizationId, operation: string) => systemContext({ organizationId, permissions: PERMISSIONS, operation })
export const markDone = (database: Database, organizationId: OrganizationId, ids: readonly string[]) => database.housekeep(work(organizationId, 'events.pass'), (tx) => tx.rows(done, [ids]))

export interface Due {
  readonly id: string
  readonly topic: string
  readonly aggregateId: string
  readonly payload: unknown
  readonly attempts: number
}

/** Gives a function that delivers events of one kind, of different things, and says how many it delivered. */
export function delivery(database: Database, log: Log) {
  async function deliver(organizationId: OrganizationId, event: Due, waiting: readonly Reaction[]): Promise<number> {
    try {
      return await database.housekeep(work(organizationId, waiting[0]?.name ?? event.topic), async (tx) => {
        if ((await tx.maybe(take, [[event.id]])) === null) return 0
        for (const { run } of waiting) await run(tx, event)
        await tx.rows(done, [[event.id]])
        return 1
      })
    } catch (error) {
      log.warn({ organizationId, event: event.id, topic: event.topic, error }, 'an event could not be applied')
      const sentence = error instanceof Error ? error.message : String(error)
      await database.housekeep(work(organizationId, 'events.fail'), (tx) => tx.rows(failed, [event.id, sentence.slice(0, 500), 100 * 3 ** event.attempts, ATTEMPTS_MAX]))
      return 0
    }
  }

  // One by one as well when it fails together, so that only the guilty one waits.
  async function deliverAll(organizationId: OrganizationId, events: readonly Due[], waiting: readonly Reaction[]): Promise<number> {
    const together = waiting.flatMap(({ runAll }) => (runAll === null ? [] : [runAll]))
    if (events.length > 1 && together.length === waiting.length) {
      try {
        return await database.housekeep(work(organizationId, waiting[0]?.name ?? ''), async (tx) => {
          const taken = new Set((await tx.rows(take, [events.map(({ id }) => id)])).map(({ id }) => id))
          const mine = events.filter(({ id }) => taken.has(id))
          if (mine.length === 0) return 0
          for (const run of together) await run(tx, mine)
          await tx.rows(done, [[...taken]])
          return mine.length
        })
      } catch (error) {
        log.warn({ organizationId, topic: events[0]?.topic, error }, 'events could not be applied together')
      }
    }
    let count = 0
    for (const event of events) count += await deliver(organizationId, event, waiting)
    return count
  }

  return deliverAll
}

// Delivers events: at least once, in order per aggregate, fair by organization. An event that fails again and again is set aside,
// and what stands behind it moves on.
import type { OrganizationId } from '../../kernel/ids.ts'
import type { Database } from '../db/database.ts'
import * as column from '../db/row.ts'
import { read, write } from '../db/statement.ts'
import type { Log } from '../log/log.ts'
import { delivery, markDone, work } from './deliver.ts'
import type { Reaction } from './reaction.ts'

/** Events of one organization delivered before the next organization has its turn. */
const TURN = 100
const ORGANIZATIONS_AT_ONCE = 200

/** Events whose aggregate has no earlier event waiting: the head of each line. */
const due = read(
  'events:read',
  `select e.id, e.topic, e.aggregate_id, e.payload, e.attempts, greatest(0, extract(epoch from now() - e.occurred_at) * 1000)::bigint as age_ms from bss.outbox_event e
    where e.organization_id = $1 and e.status = 'pending' and e.next_attempt_at <= now()
      and not exists (select from bss.outbox_event b where b.organization_id = $1 and b.status = 'pending' and b.aggregate_id = e.aggregate_id and b.sequence < e.sequence)
    order by e.sequence limit $2`,
  { id: column.uuidText, topic: column.text, aggregateId: column.uuidText, payload: column.json, attempts: column.int, ageMs: column.int },
)
const tidied = write(
  'events:write',
  `with old_events as (delete from bss.outbox_event where organization_id = $1 and id in
       (select id from bss.outbox_event where organization_id = $1 and status = 'done' and done_at < now() - interval '7 days' limit 5000)),
     old_keys as (delete from bss.idempotency_record where organization_id = $1 and key in
       (select key from bss.idempotency_record where organization_id = $1 and created_at < now() - interval '7 days' limit 5000))
   select 1 as n`,
  { n: column.int },
)

export interface Outbox {
  /** Delivers what is due, one turn per organization; gives the number of events done. */
  round(): Promise<number>
  /** How long the oldest event that the last round found has been waiting by now; null when it found none. */
  oldestMs(): number | null
  /** Removes delivered events and kept answers older than seven days, of one organization. */
  tidy(organizationId: OrganizationId): Promise<void>
}

export function createOutbox(database: Database, reactions: readonly Reaction[], log: Log): Outbox {
  const byTopic = Map.groupBy(reactions, (reaction) => reaction.topic)
  const deliverAll = delivery(database, log)

  let oldestSinceMs: number | null = null
  async function turn(organizationId: OrganizationId, sawWaiting: (sinceMs: number) => void): Promise<number> {
    const events = await database.read(work(organizationId, 'events.look'), (tx) => tx.rows(due, [TURN]))
    if (events[0] !== undefined) sawWaiting(performance.now() - events[0].ageMs)
    const unheard = events.filter((event) => !byTopic.has(event.topic))
    if (unheard.length > 0) await markDone(database, organizationId, unheard.map((event) => event.id))
    let count = unheard.length
    for (const [topic, alike] of Map.groupBy(events, (event) => event.topic)) {
      const waiting = byTopic.get(topic)
      if (waiting) count += await deliverAll(organizationId, alike, waiting)
    }
    return count
  }

  return {
    round: async () => {
      const organizations = await database.organizationsWithEvents(ORGANIZATIONS_AT_ONCE)
      let count = 0
      let foundSinceMs: number | null = null
      for (const organizationId of organizations) {
        try {
          count += await turn(organizationId, (sinceMs) => (foundSinceMs = Math.min(foundSinceMs ?? sinceMs, sinceMs)))
        } catch (error) {
          log.warn({ organizationId, error }, 'the events of an organization could not be delivered')
        }
      }
      oldestSinceMs = foundSinceMs
      return count
    },
    oldestMs: () => (oldestSinceMs === null ? null : performance.now() - oldestSinceMs),
    tidy: async (organizationId) => {
      await database.housekeep(work(organizationId, 'events.tidy'), (tx) => tx.rows(tidied))
    },
  }
}

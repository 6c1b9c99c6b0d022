// What a room does about other rooms' events. It runs in a transaction of the event's organization, together with the mark
// that the event is done: at least once delivered, exactly once applied.
import { Compile } from 'typebox/compile'
import type { TenantPermission } from '../../kernel/access.ts'
import type { EventPayload, EventType } from '../../kernel/event.ts'
import type { Tx } from '../db/tx.ts'

type Working = Tx<'write', TenantPermission>

export interface Occurred<Payload> {
  readonly id: string
  readonly aggregateId: string
  readonly payload: Payload
}
export interface Reaction {
  /** `orders.fillBackorders`: names the audit row of what it changes. */
  readonly name: string
  /** Name of the event, `stock.received`. */
  readonly topic: string
  readonly run: (tx: Working, event: Occurred<unknown>) => Promise<void>
  /** The same for several events at once, of any order; null when they are taken one by one. */
  readonly runAll: ((tx: Working, events: readonly Occurred<unknown>[]) => Promise<void>) | null
}

/** Checks stored payloads against the event's schema. */
function readerOf<E extends EventType>(event: E): (occurred: Occurred<unknown>) => Occurred<EventPayload<E>> {
  const schema = Compile(event.payload)
  return ({ id, aggregateId, payload }) => {
    if (!schema.Check(payload)) throw new Error(`The payload of ${event.name} ${id} does not fit its schema.`)
    return { id, aggregateId, payload: payload as EventPayload<E> } // Checked on the line above.
  }
}

/** Declares a reaction. The stored payload is checked against the event's schema before `run` sees it. */
export function reaction<E extends EventType>(name: string, event: E, run: (tx: Working, event: Occurred<EventPayload<E>>) => Promise<void>): Reaction {
  const read = readerOf(event)
  return { name, topic: event.name, run: (tx, occurred) => run(tx, read(occurred)), runAll: null }
}

/** Declares a reaction that takes whatever has happened in one transaction: for events that come by the hundred, each with little to do. */
export function reactionToMany<E extends EventType>(name: string, event: E, run: (tx: Working, events: readonly Occurred<EventPayload<E>>[]) => Promise<void>): Reaction {
  const read = readerOf(event)
  return { name, topic: event.name, run: (tx, occurred) => run(tx, [read(occurred)]), runAll: (tx, all) => run(tx, all.map(read)) }
}

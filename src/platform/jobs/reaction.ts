// What a room does about other rooms' events. It runs in a transaction of the event's organization, together with the mark
// that the event is done: at least once delivered, exactly once applied.
import { Compile } from 'typebox/compile'
import type { TenantPermission } from '../../kernel/access.ts'
import type { EventPayload, EventType } from '../../kernel/event.ts'
import type { Tx } from '../db/tx.ts'

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
  readonly run: (tx: Tx<'write', TenantPermission>, event: Occurred<unknown>) => Promise<void>
}

/** Declares a reaction. The stored payload is checked against the event's schema before `run` sees it. */
export function reaction<E extends EventType>(name: string, event: E, run: (tx: Tx<'write', TenantPermission>, event: Occurred<EventPayload<E>>) => Promise<void>): Reaction {
  const schema = Compile(event.payload)
  return {
    name,
    topic: event.name,
    run: (tx, { id, aggregateId, payload }) => {
      if (!schema.Check(payload)) throw new Error(`The payload of ${event.name} ${id} does not fit its schema.`)
      return run(tx, { id, aggregateId, payload: payload as EventPayload<E> }) // Checked on the line above.
    },
  }
}

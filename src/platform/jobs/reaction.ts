// What a room does about other rooms' events. It runs in a transaction of the event's organization, together with the mark
// that the event is done: at least once delivered, exactly once applied.
import type { Permission } from '../../kernel/access.ts'
import type { EventPayload, EventType } from '../../kernel/event.ts'
import type { Tx } from '../db/tx.ts'

export interface Occurred<E extends EventType = EventType> {
  readonly id: string
  readonly aggregateId: string
  readonly payload: EventPayload<E>
}
export interface Reaction<E extends EventType = EventType> {
  /** `orders.fillBackorders`: names the audit row of what it changes. */
  readonly name: string
  readonly event: E
  readonly run: (tx: Tx<'write', Permission>, event: Occurred<E>) => Promise<void>
}

/** A reaction whose payload was checked against the event's schema; kept together in one list whatever the event. */
export interface AnyReaction {
  readonly name: string
  readonly topic: string
  readonly run: (tx: Tx<'write', Permission>, event: Occurred) => Promise<void>
}

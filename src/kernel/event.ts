// What has happened, in the past tense. A room records an event with its change; rooms of higher rank react to it later.
import type Type from 'typebox'

export interface EventType<Name extends string = string, S extends Type.TSchema = Type.TSchema> {
  readonly name: Name
  readonly aggregate: string
  readonly payload: S
}

/** Declares an event, `order.placed`: the aggregate it belongs to (order is kept per aggregate) and the schema of its payload. */
export function defineEvent<const Name extends `${string}.${string}`, S extends Type.TSchema>(name: Name, aggregate: string, payload: S): EventType<Name, S> {
  return { name, aggregate, payload }
}

export type EventPayload<E extends EventType> = Type.Static<E['payload']>

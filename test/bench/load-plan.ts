// What the load generator is told and what it answers.
import Type from 'typebox'

export const LoadPlan = Type.Object({
  host: Type.String(),
  port: Type.Integer(),
  connections: Type.Integer(),
  warmSeconds: Type.Number(),
  seconds: Type.Number(),
  seed: Type.Integer(),
  kind: Type.Union([Type.Literal('order'), Type.Literal('bulk'), Type.Literal('get'), Type.Literal('list'), Type.Literal('empty')]),
  /** Organization number and key. */
  keys: Type.Array(Type.Tuple([Type.Integer(), Type.String()])),
  skus: Type.Integer(),
  customers: Type.Integer(),
  /** How strongly the demand is drawn to the first items: 0 all alike. */
  skew: Type.Number(),
  /** Orders to read: organization number and order id. */
  orders: Type.Array(Type.Tuple([Type.Integer(), Type.String()])),
  ordersPerBulk: Type.Integer(),
  /** Requests a second over all connections; 0: as fast as the answers come. */
  rate: Type.Number(),
})
export type LoadPlan = Type.Static<typeof LoadPlan>

export const LoadResult = Type.Object({
  /** Answered within the measured window. */
  count: Type.Integer(),
  seconds: Type.Number(),
  /** Answered with 2xx since the start, the warm-up and the tail included. */
  acknowledged: Type.Integer(),
  statuses: Type.Record(Type.String(), Type.Integer()),
  firstFailure: Type.String(),
  p50Ms: Type.Number(),
  p99Ms: Type.Number(),
})
export type LoadResult = Type.Static<typeof LoadResult>

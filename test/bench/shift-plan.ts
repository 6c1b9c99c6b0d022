// What the operators of a simulated shift are told, and what they tell afterwards.
import Type from 'typebox'

export const ShiftPlan = Type.Object({
  baseUrl: Type.String(), token: Type.String(), siteId: Type.String(), operators: Type.Integer(),
  /** Picks a second of all operators together; 0: as fast as they can. */
  rate: Type.Number(),
  /** So many picks end the phase; the rest waits for the next. */
  picks: Type.Integer(), phase: Type.String(),
})
export type ShiftPlan = Type.Static<typeof ShiftPlan>

const Latency = Type.Object({ count: Type.Integer(), p50Ms: Type.Number(), p99Ms: Type.Number() })
export const ShiftResult = Type.Object({ picks: Type.Integer(), seconds: Type.Number(), next: Latency, done: Latency, failures: Type.Array(Type.String()), twice: Type.Integer() })
export type ShiftResult = Type.Static<typeof ShiftResult>

// What can be promised by when, decided without I/O.
import { micros, quantityOf } from '../../../kernel/quantity.ts'

interface Dated {
  readonly on: string
  readonly quantity: string
}
export interface Supply {
  readonly today: string
  /** onHand − unavailable − reserved. */
  readonly available: string
  /** Expected receipts; what is late already is counted from today on. */
  readonly expected: readonly Dated[]
  /** Usable stock by the last day it may be used. */
  readonly expiring: readonly Dated[]
}
export interface Day {
  readonly on: string
  readonly expected: string
  readonly expiring: string
  readonly available: string
}

/** The day after, in the calendar. */
export function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`)
  next.setUTCDate(next.getUTCDate() + 1)
  return next.toISOString().slice(0, 10)
}

const sumOf = (dated: readonly Dated[], isCounted: (on: string) => boolean): bigint => dated.reduce((sum, { on, quantity }) => (isCounted(on) ? sum + micros(quantity) : sum), 0n)

/**
 * Each day from today on: what is free now, and what comes until then, without what expires before. It can be negative: then stock
 * that is promised to somebody will expire first, and that has to be seen.
 */
export function promisableDays(supply: Supply, count: number): Day[] {
  const days: Day[] = []
  const free = micros(supply.available)
  for (let on = supply.today; days.length < count; on = dayAfter(on)) {
    const expected = sumOf(supply.expected, (day) => day <= on)
    const expiring = sumOf(supply.expiring, (day) => day < on)
    days.push({ on, expected: quantityOf(expected), expiring: quantityOf(expiring), available: quantityOf(free + expected - expiring) })
  }
  return days
}

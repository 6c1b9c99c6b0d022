// From sums to figures, exactly: decimals are bigints of millionths, a ratio is rounded once, and a ratio of nothing has no value.
import { formatDecimal, roundHalfUp } from '../../kernel/decimal.ts'
import type { ProblemError } from '../../kernel/problem.ts'
import { micros, quantityOf } from '../../kernel/quantity.ts'
import type { Measure } from './definitions/contract.ts'

const RATIO_SCALE = 4
/** Days whose demand the days of supply are reckoned from; the database counts the same. */
export const DEMAND_DAYS = 30n
const PERIOD_DAYS = 30
/** A longer period than the kept days reach would count years of lines one by one. */
export const PERIOD_DAYS_MAX = 366

export const counted = (count: number | string): Measure => ({ value: String(count), numerator: String(count), denominator: null, reason: null })

/** numerator ÷ denominator (times a whole factor), to four places, half away from zero. */
export function ratio(numerator: string | number, denominator: string | number, reason: NonNullable<Measure['reason']>, factor = 1n): Measure {
  const [above, below] = [String(numerator), String(denominator)]
  if (micros(below) === 0n) return { value: null, numerator: above, denominator: below, reason }
  return { value: formatDecimal(roundHalfUp(micros(above) * factor * 10n ** BigInt(RATIO_SCALE), micros(below)), RATIO_SCALE), numerator: above, denominator: below, reason: null }
}

export const sumOf = (quantities: readonly string[]): string => quantityOf(quantities.reduce((sum, quantity) => sum + micros(quantity), 0n))
export const difference = (a: string, b: string): string => quantityOf(micros(a) - micros(b))

/** Lines due of which none was ever delivered say that deliveries are not recorded here, not that all of them failed. */
export const onTimeInFull = (days: { readonly due: number; readonly delivered: number; readonly onTimeInFull: number }): Measure =>
  days.due > 0 && days.delivered === 0
    ? { value: null, numerator: '0', denominator: String(days.due), reason: 'no_deliveries' }
    : ratio(days.onTimeInFull, days.due, 'nothing_due')

export interface Period {
  readonly from: string
  readonly to: string
}
const DAY_MS = 86_400_000
const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** The period asked for, with what was left out filled in. `today` is the day in UTC. */
export function periodOf(from: string | undefined, to: string | undefined, today: string): Period {
  const end = to ?? (from !== undefined && from > today ? from : today)
  return { from: from ?? dayAt(Date.parse(end) - (PERIOD_DAYS - 1) * DAY_MS), to: end }
}
export function faultsOf(period: Period): readonly ProblemError[] {
  if (period.from > period.to) return [{ pointer: '/query/filter[from]', code: 'after_to', message: 'Must not be after filter[to].' }]
  if (Date.parse(period.to) - Date.parse(period.from) >= PERIOD_DAYS_MAX * DAY_MS) {
    return [{ pointer: '/query/filter[from]', code: 'period_too_long', message: `A period has at most ${PERIOD_DAYS_MAX} days.` }]
  }
  return []
}

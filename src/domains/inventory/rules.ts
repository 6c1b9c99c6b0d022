// Decisions of the inventory without I/O.
import { isGln, isGtin } from '../../kernel/gs1/index.ts'
import type { ProblemError } from '../../kernel/problem.ts'

/** IANA names that this system knows; the database knows them too. */
const TIME_ZONES: ReadonlySet<string> = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', 'Etc/UTC'])
export const isTimeZone = (name: string): boolean => TIME_ZONES.has(name)

export const LOT_STATUSES = ['available', 'on_hold', 'quarantined', 'damaged', 'expired', 'recalled', 'scrapped'] as const
export type LotStatus = (typeof LOT_STATUSES)[number]

/** The only arrows of a lot; a trigger of the database has the same table. */
export const LOT_ARROWS: Readonly<Record<LotStatus, readonly LotStatus[]>> = {
  available: ['on_hold', 'quarantined', 'damaged', 'expired', 'recalled'],
  on_hold: ['available', 'quarantined', 'damaged', 'expired', 'recalled'],
  quarantined: ['available', 'damaged', 'expired', 'recalled', 'scrapped'],
  damaged: ['scrapped'],
  expired: ['scrapped'],
  recalled: ['scrapped'],
  scrapped: [],
}
export const canLotBecome = (from: LotStatus, to: LotStatus): boolean => from === to || LOT_ARROWS[from].includes(to)

const fault = (pointer: string, code: string, message: string): ProblemError => ({ pointer, code, message })

/** What the schema cannot say about a site. */
export function siteFaults(site: { readonly gln?: string | null | undefined; readonly timeZone?: string | undefined }): readonly ProblemError[] {
  const faults: ProblemError[] = []
  if (typeof site.gln === 'string' && !isGln(site.gln)) faults.push(fault('/gln', 'check_digit', 'The check digit of this GLN is wrong.'))
  if (site.timeZone !== undefined && !isTimeZone(site.timeZone)) faults.push(fault('/timeZone', 'unknown_time_zone', 'This is not an IANA time zone.'))
  return faults
}

/** What the schema cannot say about an item or one of its units. */
export const gtinFaults = (gtin: string | null | undefined): readonly ProblemError[] =>
  typeof gtin === 'string' && !isGtin(gtin) ? [fault('/gtin', 'check_digit', 'The check digit of this GTIN is wrong.')] : []

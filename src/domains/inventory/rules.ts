// Decisions of the inventory without I/O.
import type { ProblemError } from '../../kernel/problem.ts'

/** GS1 mod-10: weights 3 and 1 from the right, the last digit makes the sum a multiple of ten. For GTIN-8/12/13/14, GLN and SSCC alike. */
export function hasCheckDigit(digits: string): boolean {
  if (!/^[0-9]{2,}$/.test(digits)) return false
  return checkDigitOf(digits.slice(0, -1)) === digits.slice(-1)
}
/** The digit that completes a number. */
export function checkDigitOf(body: string): string {
  let sum = 0
  for (const [index, digit] of body.split('').toReversed().entries()) sum += Number(digit) * (index % 2 === 0 ? 3 : 1)
  return String((10 - (sum % 10)) % 10)
}

export const isGln = (text: string): boolean => text.length === 13 && hasCheckDigit(text)
export const isGtin = (text: string): boolean => [8, 12, 13, 14].includes(text.length) && hasCheckDigit(text)

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

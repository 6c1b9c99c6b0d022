// Dates of barcodes: YYMMDD, where the century slides with today and day 00 means the last day of the month.
import { isDay } from '../instant.ts'

/** The whole year of two digits: never more than 50 years ahead or 49 back (General Specifications, 7.12). */
export function yearOf(twoDigits: number, thisYear: number): number {
  const century = thisYear - (thisYear % 100)
  const ahead = twoDigits - (thisYear % 100)
  if (ahead >= 51) return century - 100 + twoDigits
  if (ahead <= -50) return century + 100 + twoDigits
  return century + twoDigits
}

/** A day such as 2027-02-28 of YYMMDD; null when there is no such day. */
export function dayOf(yymmdd: string, today: Date = new Date()): string | null {
  if (!/^[0-9]{6}$/.test(yymmdd)) return null
  const year = yearOf(Number(yymmdd.slice(0, 2)), today.getUTCFullYear())
  const month = Number(yymmdd.slice(2, 4))
  if (month < 1 || month > 12) return null
  const day = yymmdd.endsWith('00') ? new Date(Date.UTC(year, month, 0)).getUTCDate() : Number(yymmdd.slice(4))
  const text = `${year}-${yymmdd.slice(2, 4)}-${String(day).padStart(2, '0')}`
  return isDay(text) ? text : null
}

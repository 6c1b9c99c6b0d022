// A point in time on the wire: RFC 3339. Every form the pattern takes is one that PostgreSQL takes, too: it knows no year 0 and no
// offset of 16 hours or more, and a value that gets past the contract must not fail behind it.
import Type from 'typebox'

/** An instant of the years 1900 to 2199, with an offset that exists somewhere on earth. */
export const Instant = Type.String({
  format: 'date-time', pattern: '^(19|20|21)[0-9]{2}-.*([Zz]|[+-](0[0-9]|1[0-4]):[0-5][0-9])$', description: 'Instant such as 2026-03-01T09:30:00Z, years 1900 to 2199',
})

/** A day of the calendar, written 2026-02-28: the 30th of February has the form of a day and is none. */
export function isDay(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text.startsWith('0000')) return false
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

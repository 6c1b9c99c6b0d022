// How a page of the trail is cut, without I/O.

/** Clocks of services and database may differ by this much before an entry at the very edge of a time filter is missed. */
const CLOCKS_APART_MS = 300_000

/** The lowest UUIDv7 of a moment: entries made later have greater ids, so that a time filter becomes a range of the primary key. */
const idAt = (ms: number): string => {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`
}
export const idsFrom = (instant: string): string => idAt(Date.parse(instant) - CLOCKS_APART_MS)
export const idsBefore = (instant: string): string => idAt(Date.parse(instant) + CLOCKS_APART_MS)

// The file writes the wall clock of a London office. Summer time since 1996: from the last Sunday of March, 01:00 UTC, to the last of October.
const HOUR_MS = 3_600_000

function lastSundayMs(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0))
  return Date.UTC(year, month, last.getUTCDate() - last.getUTCDay())
}

/** `2011-07-01 09:30:00` in London as RFC 3339 UTC, or null when it is no time. The hour that the clock repeats in October counts as summer time. */
export function londonInstantOf(text: string): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map((part) => Number(part ?? 0))
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second)
  const wall = new Date(wallMs)
  const isReal = wall.getUTCMonth() === month - 1 && wall.getUTCDate() === day && wall.getUTCHours() === hour && wall.getUTCMinutes() === minute && wall.getUTCSeconds() === second
  if (!isReal) return null
  const isSummer = wallMs >= lastSundayMs(year, 2) + HOUR_MS && wallMs < lastSundayMs(year, 9) + 2 * HOUR_MS
  return new Date(wallMs - (isSummer ? HOUR_MS : 0)).toISOString()
}

// Time as SAML writes it: UTC with a Z. Local times and dates that do not exist are refused rather than guessed.
import { refuse } from './refusal.ts'

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/
const SKEW_MS = 60_000
const SKEW_MS_MAX = 180_000

export interface Clock {
  readonly nowMs: number
  /** How far the clocks of the two sides may be apart: 60 s when absent, never more than 180 s. */
  readonly clockSkewMs?: number | undefined
}

export const skewOf = ({ clockSkewMs }: Clock): number => Math.min(Math.max(clockSkewMs ?? SKEW_MS, 0), SKEW_MS_MAX)

/** Milliseconds of an xs:dateTime in UTC. */
export function instantOf(text: string | null, name: string): number {
  const match = INSTANT.exec(text ?? '')
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}.${(match[2] ?? '').slice(0, 3).padEnd(3, '0')}Z`)
  // JavaScript reads the 31st of February as the 3rd of March.
  if (match === null || Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(match[1] ?? '')) refuse('malformed_time', `${name} is not a time in UTC: ${text}`)
  return ms
}

export const instantText = (ms: number): string => new Date(ms).toISOString()

export function refuseFuture(ms: number, name: string, clock: Clock): void {
  if (ms > clock.nowMs + skewOf(clock)) refuse('not_yet_valid', `${name} lies in the future: ${instantText(ms)}`)
}

/** An end is exclusive: at the very instant of NotOnOrAfter it is over. */
export function refusePast(ms: number, name: string, clock: Clock): void {
  if (ms <= clock.nowMs - skewOf(clock)) refuse('expired', `${name} is over: ${instantText(ms)}`)
}

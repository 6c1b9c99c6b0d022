// Cross-site request forgery: a cookie travels by itself, so an unsafe request that relies on one must come from our own pages.
import type { IncomingMessage } from 'node:http'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request comes from a page of ours. Browsers say so themselves (Fetch Metadata), and `Origin` says it where they do
 * not; a request that says neither is not from a browser that we could trust with a cookie.
 */
export function isFromHere(raw: IncomingMessage, origin: string): boolean {
  const site = raw.headers['sec-fetch-site']
  const from = raw.headers.origin
  if (from !== undefined && from !== origin) return false
  return site === undefined ? from === origin : site === 'same-origin'
}

/** A request that changes nothing may come from anywhere: its answer cannot be read by another site. */
export const isSafeMethod = (raw: IncomingMessage): boolean => SAFE.has(raw.method ?? '')

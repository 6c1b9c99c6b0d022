// What request headers say, checked; and the headers every answer carries.
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problem.ts'
import type { OpenFacts } from './authenticate.ts'
import type { Route } from './route.ts'

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/
const ROW_VERSION = /^"(0|[1-9][0-9]{0,14})"$/
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/
const LSN = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i

const one = (value: string | readonly string[] | undefined): string | undefined => (typeof value === 'string' ? value : value?.join(', '))
const refuse = (name: string, code: string, message: string): Problem =>
  new Problem('bad_request', message, { errors: [{ pointer: `/header/${name}`, code, message }] })

export const hasBody = (raw: IncomingMessage): boolean => raw.headers['transfer-encoding'] !== undefined || (raw.headers['content-length'] ?? '0') !== '0'

/** RFC 9112 §3.2: a request says once which host it is for. With two, a proxy and we could each believe another one. */
export function hostFault({ rawHeaders, httpVersion }: IncomingMessage): Problem | null {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return null
  return hosts === 0 ? refuse('Host', 'required', 'The header Host is missing.') : refuse('Host', 'twice', 'The header Host is there more than once.')
}

/** The caller's own id when it is a plain short word, else a new UUIDv7. */
export function requestIdOf(headers: IncomingHttpHeaders, nowMs: number): string {
  const given = one(headers['request-id'])
  return given !== undefined && REQUEST_ID.test(given) ? given : newId(nowMs)
}

/** The row version of `If-Match: "7"`. Weak tags, lists and `*` say too little to overwrite somebody's work. */
export function expectedVersionOf(headers: IncomingHttpHeaders): number {
  const given = headers['if-match']
  if (given === undefined) throw new Problem('precondition_required', 'Send `If-Match` with the ETag of the version you have seen.')
  const version = ROW_VERSION.exec(given)?.[1]
  if (version === undefined) throw refuse('If-Match', 'form', 'If-Match must be one strong ETag such as "7".')
  return Number(version)
}

export function consistencyOf(headers: IncomingHttpHeaders): string | null {
  const given = one(headers['consistency-token'])
  if (given === undefined) return null
  if (!LSN.test(given)) throw refuse('Consistency-Token', 'form', 'Consistency-Token must be sent back as it was received.')
  return given.toUpperCase()
}

/** The Idempotency-Key with a digest of everything that makes the request what it is. */
export function idempotencyOf(headers: IncomingHttpHeaders, route: Route, url: string, body: Uint8Array | null, actorId: string): OpenFacts['idempotency'] {
  const { operation } = route
  const key = one(headers['idempotency-key'])
  if (operation.method === 'GET') return null
  if (key === undefined) {
    if (operation.idempotencyKey === 'required') throw refuse('Idempotency-Key', 'required', 'Send an `Idempotency-Key`, so that a repeated request is done once.')
    return null
  }
  if (operation.lines === true) throw refuse('Idempotency-Key', 'unknown', 'This operation takes no Idempotency-Key: each line is idempotent by itself.')
  if (!IDEMPOTENCY_KEY.test(key)) throw refuse('Idempotency-Key', 'form', 'Idempotency-Key must be 1 to 255 visible ASCII characters.')
  // The actor is part of it: a key of somebody else must never give their answer.
  const head = Buffer.from(`${operation.method}\n${url}\n${actorId}\n`)
  return { key, fingerprint: hash('sha256', body === null ? head : Buffer.concat([head, body]), 'hex') }
}

/** `Link` to the next page: the address as it was asked for, with the token in place of the one before. Relative, so that it holds behind any proxy. */
export function linkToNext(asked: string, parameter: string, token: string): string {
  const url = new URL(asked, 'http://localhost')
  url.searchParams.set(parameter, token)
  return `<${url.pathname}${url.search}>; rel="next"`
}

/** On every answer. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'cross-origin-resource-policy': 'same-origin',
} as const
/** On every answer of the API: nothing in it may run, be framed or be kept. */
export const API_HEADERS = { ...SECURITY_HEADERS, 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'cache-control': 'no-store' } as const
/** The same as a flat list, the form Node writes fastest. */
export const API_HEADER_LIST: readonly string[] = Object.entries(API_HEADERS).flat()

// Carries requests over fetch: keeps the consistency token, repeats what may be repeated, turns problems into ApiError.
import { isList, isRecord } from './json.ts'
import type { ProblemError } from './problem.ts'

/** A request as a sender gets it: nothing of the contract is left in it. */
export interface SendRequest {
  /** The name of the operation in its contract. */
  readonly operation: string
  readonly method: string
  /** Path and query, `/api/v1/orders?limit=10`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | AsyncIterable<string, unknown, unknown> | null
  /** Doing it twice is the same as doing it once. */
  readonly isRepeatable: boolean
}
export interface SendResponse {
  readonly status: number
  readonly header: (name: string) => string | null
  readonly text: () => Promise<string>
  /** The body in pieces, for streams. */
  readonly pieces: () => AsyncIterable<Uint8Array, unknown, unknown>
}
/** Carries a request over. Resolves with any answer below 400; throws `ApiError` for the others. */
export type Sender = (request: SendRequest) => Promise<SendResponse>

/** A refusal of the API. `code` is stable, for programs; the message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** 0 when no answer arrived. */
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly ProblemError[]
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  constructor(fields: Pick<ApiError, 'status' | 'code' | 'detail' | 'errors' | 'requestId' | 'retryAfterSeconds'>, cause?: unknown) {
    super(`${fields.code}: ${fields.detail}`, cause === undefined ? undefined : { cause })
    this.status = fields.status
    this.code = fields.code
    this.detail = fields.detail
    this.errors = fields.errors
    this.requestId = fields.requestId
    this.retryAfterSeconds = fields.retryAfterSeconds
  }
}

export interface FetchSenderOptions {
  /** `https://api.example.com`; empty in a browser on the same origin. */
  readonly baseUrl: string
  /** A key; null for a browser session or public operations. A function is asked before every request. */
  readonly token: string | null | (() => string | null)
  /** Sees every answer, for progress and measurements. */
  readonly onResponse?: (response: { readonly operation: string; readonly status: number; readonly requestId: string | null; readonly header: (name: string) => string | null }) => void
  /** Repetitions after the first attempt, of requests that may be repeated: 2 by default, 0 for none. */
  readonly retries?: number
  /** First pause; it doubles, with jitter, and never exceeds 5 s. `Retry-After` is honoured up to 30 s. */
  readonly backoffMs?: number
  readonly signal?: AbortSignal
}

const RETRY_AFTER_MAX_SECONDS = 30
const REPEATABLE = new Set([429, 502, 503, 504])

const secondsOf = (response: Response): number | null => {
  const given = response.headers.get('retry-after')
  return given !== null && /^[0-9]{1,6}$/.test(given) ? Number(given) : null
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export function fetchSender(options: FetchSenderOptions): Sender {
  const retries = options.retries ?? 2
  const backoffMs = options.backoffMs ?? 100
  let consistencyToken: string | null = null

  async function once(request: SendRequest): Promise<Response> {
    const token = typeof options.token === 'function' ? options.token() : options.token
    const headers: Record<string, string> = { ...request.headers }
    if (token !== null) headers['authorization'] = `Bearer ${token}`
    if (consistencyToken !== null) headers['consistency-token'] = consistencyToken
    const stream = request.body !== null && typeof request.body !== 'string'
    const init: RequestInit & { duplex?: 'half' } = { method: request.method, headers, redirect: 'error', ...(options.signal === undefined ? {} : { signal: options.signal }) }
    if (request.body !== null) init.body = typeof request.body === 'string' ? request.body : streamOf(request.body)
    if (stream) init.duplex = 'half'
    const response = await fetch(options.baseUrl + request.path, init)
    const lsn = response.headers.get('consistency-token')
    if (lsn !== null && (consistencyToken === null || isLater(lsn, consistencyToken))) consistencyToken = lsn
    options.onResponse?.({ operation: request.operation, status: response.status, requestId: response.headers.get('request-id'), header: (name) => response.headers.get(name) })
    return response
  }

  return async (request) => {
    for (let attempt = 0; ; attempt += 1) {
      const isLast = !request.isRepeatable || attempt >= retries
      const wait = Math.min(5_000, backoffMs * 2 ** attempt) * (0.5 + Math.random() / 2)
      try {
        const response = await once(request)
        if (response.status < 400) return answerOf(response)
        const error = await errorOf(response)
        const seconds = error.retryAfterSeconds ?? 0
        if (isLast || !REPEATABLE.has(response.status) || seconds > RETRY_AFTER_MAX_SECONDS) throw error
        await pause(Math.max(wait, seconds * 1_000))
      } catch (error) {
        if (error instanceof ApiError) throw error
        if (options.signal?.aborted === true) throw error
        if (isLast) throw new ApiError({ status: 0, code: 'network', detail: 'The server could not be reached.', errors: [], requestId: null, retryAfterSeconds: null }, error)
        await pause(wait)
      }
    }
  }
}

const positionOf = (lsn: string): bigint => {
  const [high, low] = lsn.split('/')
  return /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(lsn) ? (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`) : 0n
}
const isLater = (a: string, b: string): boolean => positionOf(a) > positionOf(b)

async function errorOf(response: Response): Promise<ApiError> {
  let body: unknown = null
  try {
    body = await response.json()
  } catch {
    // A proxy answered with a page of its own: the status says enough.
  }
  return apiErrorOf(response.status, body, secondsOf(response))
}

function answerOf(response: Response): SendResponse {
  return { status: response.status, header: (name) => response.headers.get(name), text: () => response.text(), pieces: () => piecesOf(response) }
}

async function* piecesOf(response: Response): AsyncGenerator<Uint8Array, void, void> {
  const reader: { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>; cancel(): Promise<void> } | undefined = response.body?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      const next = await reader.read()
      if (next.done || next.value === undefined) return
      yield next.value
    }
  } finally {
    // A reader who stops early closes the connection, and with it the work on the server.
    await reader.cancel().catch(() => {})
  }
}

/** Pulls one piece at a time, so that memory stays bounded by the slower side. */
function streamOf(pieces: AsyncIterable<string, unknown, unknown>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = pieces[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await iterator.next()
        if (next.done === true) controller.close()
        else controller.enqueue(encoder.encode(next.value))
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 1 },
  )
}

const textOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other)

/** The error of a problem body (RFC 9457), or of whatever else came with an error status. */
export function apiErrorOf(status: number, body: unknown, retryAfterSeconds: number | null): ApiError {
  const problem = isRecord(body) ? body : {}
  const errors: unknown = problem['errors']
  return new ApiError({
    status,
    code: textOr(problem['code'], 'unknown'),
    detail: textOr(problem['detail'], `The server answered ${status}.`),
    errors: (isList(errors) ? errors : []).filter(isRecord).map((error) => ({ pointer: textOr(error['pointer'], ''), code: textOr(error['code'], ''), message: textOr(error['message'], '') })),
    requestId: typeof problem['requestId'] === 'string' ? problem['requestId'] : null,
    retryAfterSeconds,
  })
}

// Every failure a caller may see is one of this closed list (RFC 9457). Anything else is a bug and leaves as `internal`.
export const PROBLEMS = {
  bad_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Who are you?' },
  step_up_required: { status: 401, title: 'Prove again that it is you' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'Not acceptable' },
  timeout: { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'Conflicts with the current state' },
  insufficient_stock: { status: 409, title: 'Not enough stock' },
  illegal_transition: { status: 409, title: 'Not possible in this state' },
  in_progress: { status: 409, title: 'The same request is still running' },
  stale: { status: 412, title: 'Changed by somebody else' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  invalid: { status: 422, title: 'Not valid' },
  key_reused: { status: 422, title: 'Idempotency-Key used before with another request' },
  precondition_required: { status: 428, title: 'If-Match is required' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof PROBLEMS

/** One thing that is wrong with a request: a JSON pointer into the body (or `/query/x`, `/header/x`, `/path/x`), a stable code, a sentence. */
export interface ProblemError {
  readonly pointer: string
  readonly code: string
  readonly message: string
}
export interface ProblemOptions {
  readonly errors?: readonly ProblemError[]
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** An expected refusal. `detail` goes to the client; `cause` only to the log. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly errors: readonly ProblemError[]
  readonly retryAfterSeconds: number | null
  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.errors = options.errors ?? []
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }
  get status(): number {
    return PROBLEMS[this.code].status
  }
}

/** How recent a proof must be where one is asked for, in seconds; sent as `max_age` (RFC 9470). */
export const STEP_UP_SECONDS = 600

/** A missing thing and a thing of another organization get this same answer, built fresh, so that nothing can be told from it. */
export const notFound = (what: string): Problem => new Problem('not_found', `There is no such ${what}.`)

/** Throws when something that must hold does not: a bug, never bad input. */
export function invariant(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(`Invariant broken: ${sentence}`)
}

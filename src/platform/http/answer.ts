// Writes answers: a value, or a problem (RFC 9457). Nothing else leaves the house.
import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import { Problem, PROBLEMS, STEP_UP_SECONDS, type ProblemCode } from '../../kernel/problem.ts'
import type { Log } from '../log/log.ts'
import { isRecord } from '../../kernel/json.ts'
import type { Exchange } from './exchange.ts'
import { API_HEADER_LIST, hasBody } from './headers.ts'

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  readonly requestId: string
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[]
}

export const problemBody = (problem: Problem, requestId: string): ProblemBody => ({
  type: `/docs#problem-${problem.code}`,
  title: PROBLEMS[problem.code].title,
  status: problem.status,
  detail: problem.message,
  code: problem.code,
  requestId,
  ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
})

/** The problem a failure is shown as. A bug is logged with its causes and shown as nothing but `internal`. */
export function problemOf(error: unknown, exchange: Exchange, log: Log): Problem {
  const problem = error instanceof Problem ? error : new Problem('internal', 'Something went wrong on our side. It has been recorded under the request id.', { cause: error })
  if (problem.status >= 500) log.error({ requestId: exchange.requestId, operation: exchange.name, organizationId: exchange.principal?.organizationId, code: problem.code, error }, 'The request failed.')
  return problem
}

/** Headers of an answer of the API: names and values in turn. Written straight to the socket, which halves the cost of an answer. */
export function answerHeaders(exchange: Exchange, contentType: string | null): string[] {
  const headers = [...API_HEADER_LIST, 'request-id', exchange.requestId]
  if (contentType !== null) headers.push('content-type', contentType)
  if (exchange.admission !== null) headers.push('ratelimit-policy', exchange.admission.policy, 'ratelimit', exchange.admission.state)
  const outcome = exchange.facts?.outcome
  if (outcome !== undefined) {
    if (outcome.lsn !== null) headers.push('consistency-token', outcome.lsn)
    if (outcome.isReplayed) headers.push('idempotency-replayed', 'true')
  }
  if (exchange.house.isStopping) headers.push('connection', 'close')
  return headers
}

function write(reply: FastifyReply, status: number, headers: string[], text: string): void {
  reply.hijack()
  headers.push('content-length', String(Buffer.byteLength(text)))
  reply.raw.writeHead(status, headers)
  reply.raw.end(text)
}

const DISCARD_MS = 1_000

/**
 * Reads the rest of a refused body into nothing. Closing at once would reset the connection under a client that still
 * writes, and the refusal would never be read; a client that goes on writing for a second has had its chance.
 */
export function discardRest(raw: IncomingMessage): void {
  if (raw.complete || !hasBody(raw)) return
  const timer = setTimeout(() => raw.socket.destroy(), DISCARD_MS).unref()
  raw.once('end', () => clearTimeout(timer))
  raw.resume()
}

export function sendProblem(reply: FastifyReply, exchange: Exchange, problem: Problem): void {
  if (exchange.isOver || reply.sent) return
  exchange.isOver = true
  const headers = answerHeaders(exchange, 'application/problem+json')
  if (problem.code === 'unauthenticated') headers.push('www-authenticate', 'Bearer')
  if (problem.code === 'step_up_required') headers.push('www-authenticate', `Bearer error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="${STEP_UP_SECONDS}"`)
  if (problem.retryAfterSeconds !== null) headers.push('retry-after', String(problem.retryAfterSeconds))
  if (exchange.allow !== null) headers.push('allow', exchange.allow)
  discardRest(reply.request.raw)
  write(reply, problem.status, headers, JSON.stringify(problemBody(problem, exchange.requestId)))
}

export function sendValue(reply: FastifyReply, exchange: Exchange, status: number, value: unknown): void {
  if (exchange.isOver || reply.sent) return
  const text = status === 204 ? '' : JSON.stringify(value) // Before anything is decided: a value that cannot be written is a bug with an answer of its own.
  exchange.isOver = true
  const headers = answerHeaders(exchange, status === 204 ? null : 'application/json')
  if (isRecord(value) && typeof value['rowVersion'] === 'number') headers.push('etag', `"${value['rowVersion']}"`)
  if (exchange.link !== null) headers.push('link', exchange.link)
  if (status !== 204) return write(reply, status, headers, text)
  reply.hijack()
  reply.raw.writeHead(204, headers)
  reply.raw.end()
}

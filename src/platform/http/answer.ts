// Writes answers: a value, or a problem (RFC 9457). Nothing else leaves the house.
import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import { Problem, PROBLEMS, type ProblemCode } from '../../kernel/problem.ts'
import type { Log } from '../log/log.ts'
import { isRecord } from '../../kernel/json.ts'
import type { Exchange } from './exchange.ts'
import { API_HEADERS, hasBody } from './headers.ts'

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
  if (problem.status >= 500) log.error({ requestId: exchange.requestId, operation: exchange.route?.name, organizationId: exchange.principal?.organizationId, code: problem.code, error }, 'The request failed.')
  return problem
}

/** Headers of an answer of the API, by name in lower case. */
export function answerHeaders(exchange: Exchange): Record<string, string> {
  const headers: Record<string, string> = { ...API_HEADERS, 'request-id': exchange.requestId }
  if (exchange.admission !== null) {
    headers['ratelimit-policy'] = exchange.admission.policy
    headers['ratelimit'] = exchange.admission.state
  }
  const outcome = exchange.facts?.outcome
  if (outcome !== undefined) {
    if (outcome.lsn !== null) headers['consistency-token'] = outcome.lsn
    if (outcome.isReplayed) headers['idempotency-replayed'] = 'true'
  }
  return headers
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
  const headers = answerHeaders(exchange)
  headers['content-type'] = 'application/problem+json; charset=utf-8'
  if (problem.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer'
  if (problem.retryAfterSeconds !== null) headers['retry-after'] = String(problem.retryAfterSeconds)
  discardRest(reply.request.raw)
  void reply.code(problem.status).headers(headers).send(JSON.stringify(problemBody(problem, exchange.requestId)))
}

export function sendValue(reply: FastifyReply, exchange: Exchange, status: number, value: unknown): void {
  if (exchange.isOver || reply.sent) return
  exchange.isOver = true
  const headers = answerHeaders(exchange)
  if (isRecord(value) && typeof value['rowVersion'] === 'number') headers['etag'] = `"${value['rowVersion']}"`
  void reply.code(status).headers(headers)
  if (status === 204) {
    void reply.send()
    return
  }
  void reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(value))
}

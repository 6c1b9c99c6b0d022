// The one natural way of a request: limits → authenticate → rate limits → permission → parse → handle → check the answer.
// `enter` runs before the body is read, `handle` after. No handler can rearrange it.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import type { Log } from '../log/log.ts'
import { problemOf, sendProblem, sendValue } from './answer.ts'
import { type Authentication, bearerOf, needsFreshLook, openContext, tokenOf } from './authenticate.ts'
import { check, Disconnected, isNdjson, parseBody, readBody, refuseByHeaders } from './body.ts'
import { readParams, readQuery } from './coerce.ts'
import type { HttpConfig } from './config.ts'
import { Exchange, type HouseState } from './exchange.ts'
import { explain } from './explain.ts'
import { consistencyOf, expectedVersionOf, idempotencyOf, linkToNext } from './headers.ts'
import type { Limits } from './limits.ts'
import { linesOf } from './lines.ts'
import type { Page } from './page.ts'
import type { Principal } from './principals.ts'
import type { AnyInput, Route } from './route.ts'
import { sendStream } from './stream.ts'

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange | null
  }
}

export interface PipelineParts {
  readonly authentication: Authentication
  readonly limits: Limits
  readonly config: HttpConfig
  readonly log: Log
  readonly house: HouseState
  /** Scheme, host and port by which browsers know this server. */
  readonly origin: () => string
  /** Why nothing is accepted at the moment, or null. */
  readonly closedBecause: () => Problem | null
}

const NO_BODY = Buffer.alloc(0)

export class Pipeline {
  readonly #parts: PipelineParts
  /** Requests that have not been answered, for time-outs and a graceful stop. */
  readonly running = new Map<Exchange, FastifyReply>()

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** Everything that can be refused without the body. Calls `go` when the request may be read. */
  enter(request: FastifyRequest, reply: FastifyReply, route: Route | null, go: () => void): void {
    const { limits } = this.#parts
    const exchange = this.#open(request, reply, route)
    const refuse = (error: unknown): void => sendProblem(reply, exchange, problemOf(error, exchange, this.#parts.log))
    const closed = this.#parts.closedBecause()
    if (closed !== null) return refuse(closed)
    if (route !== null && route.operation.needs === 'public') {
      const refusal = limits.admitStranger(exchange.address) ?? refuseByHeaders(request.raw, route, this.#bytesMax(route))
      return refusal === null ? go() : refuse(refusal)
    }
    const settle = (caller: Principal | Problem): void => {
      const refusal = caller instanceof Problem ? caller : (this.#admit(exchange, caller, route) ?? (route === null ? null : refuseByHeaders(request.raw, route, this.#bytesMax(route))))
      if (refusal === null) go()
      else refuse(refusal)
    }
    const token = tokenOf(request.raw, this.#parts.origin(), route)
    if (token instanceof Problem) return refuse(token)
    const caller = this.#parts.authentication.identify(token, exchange.address, route !== null && needsFreshLook(route))
    if (caller instanceof Promise) caller.then(settle).catch(refuse)
    else settle(caller)
  }

  /** The same for a page: it is asked for by strangers, so that an address has a limit; or by programs with a key. */
  enterPage(request: FastifyRequest, reply: FastifyReply, page: Page, go: () => void, refuse: (exchange: Exchange, problem: Problem) => void): void {
    const exchange = this.#open(request, reply, null, page.name)
    const settle = (refusal: Problem | null): void => (refusal === null ? go() : refuse(exchange, refusal))
    const closed = this.#parts.closedBecause()
    if (closed !== null) return settle(closed)
    const { needs } = page
    if (needs === undefined) return settle(this.#parts.limits.admitStranger(exchange.address))
    // Such an endpoint hands out authority: the key is looked up again each time.
    Promise.resolve(this.#parts.authentication.identify(bearerOf(request.raw), exchange.address, true))
      .then((caller) => settle(caller instanceof Problem ? caller : this.#admit(exchange, caller, { name: page.name, permissions: [needs], isPage: true })))
      .catch((error: unknown) => settle(problemOf(error, exchange, this.#parts.log)))
  }

  #open(request: FastifyRequest, reply: FastifyReply, route: Route | null, name?: string): Exchange {
    const address = this.#parts.config.trustedProxies.length > 0 ? request.ip : (request.raw.socket.remoteAddress ?? '')
    const exchange = new Exchange(this.#parts.house, request.id, performance.now(), address, route, name)
    request.exchange = exchange
    this.running.set(exchange, reply)
    reply.raw.once('close', () => this.#close(exchange, reply))
    return exchange
  }

  #close(exchange: Exchange, reply: FastifyReply): void {
    exchange.isOver = true
    this.running.delete(exchange)
    this.release(exchange)
    const ms = Math.round((performance.now() - exchange.startedMs) * 100) / 100
    const status = reply.raw.writableFinished ? reply.raw.statusCode : 499 // The client left before the end of its answer.
    this.#parts.log.info({ requestId: exchange.requestId, organizationId: exchange.principal?.organizationId, operation: exchange.name, status, ms }, 'request')
  }

  /** The place is given back when the work has ended too: leaving early must not buy a caller more of it. */
  release(exchange: Exchange): void {
    if (!exchange.isCounted || exchange.principal === null || exchange.isHandling || this.running.has(exchange)) return
    exchange.isCounted = false
    this.#parts.limits.leave(exchange.principal.organizationId)
  }

  #admit(exchange: Exchange, principal: Principal, opens: (Pick<Route, 'name' | 'permissions'> & { readonly isPage?: true }) | null): Problem | null {
    const { limits } = this.#parts
    exchange.principal = principal
    exchange.admission = limits.admit(principal)
    if (exchange.admission.refusal !== null) return exchange.admission.refusal
    if (principal.opensPagesOnly === true && opens?.isPage !== true) return new Problem('forbidden', 'This key opens the endpoints of its protocol and no operation of the API.')
    if (opens === null) return null
    try {
      const { ctx, facts } = openContext(principal, opens, exchange.requestId)
      exchange.ctx = ctx
      exchange.facts = facts
    } catch (error) {
      return problemOf(error, exchange, this.#parts.log)
    }
    if (exchange.isOver) return null // Gone while the key was looked up: a place taken now would never be given back.
    const crowded = limits.enter(principal)
    if (crowded !== null) return crowded
    exchange.isCounted = true
    return null
  }

  #bytesMax(route: Route): number {
    return route.operation.lines === true ? this.#parts.config.streamBytesMax : this.#parts.config.bodyBytesMax
  }

  /** Parses, runs the handler and answers. Never rejects. */
  async handle(request: FastifyRequest, reply: FastifyReply, route: Route): Promise<void> {
    const { exchange } = request
    if (exchange === null || exchange.isOver) return
    exchange.isHandling = true
    try {
      // Awaiting what is there already would cost every read a turn of the loop.
      const reading = route.operation.method === 'GET' || route.operation.lines === true ? null : this.#read(request.raw, exchange)
      const input = this.#input(request, exchange, route, reading === null ? NO_BODY : await reading)
      if (exchange.isOver) return
      const answer = route.handle(input)
      if (route.operation.lines === true) {
        exchange.isStreaming = true
        await sendStream(reply, exchange, route, answer, this.#parts.log)
        return
      }
      const value: unknown = await answer
      if (route.operation.status !== 204 && !route.returns.validator.Check(value)) {
        throw new Error(`${route.name} answered with an undeclared shape: ${JSON.stringify(explain(route.returns.schema, value))}`)
      }
      sendValue(reply, exchange, route.operation.status, value)
    } catch (error) {
      if (error instanceof Disconnected) return
      sendProblem(reply, exchange, problemOf(error, exchange, this.#parts.log))
    } finally {
      exchange.isHandling = false
      this.release(exchange)
    }
  }

  #input(request: FastifyRequest, exchange: Exchange, route: Route, bytes: Buffer): AnyInput {
    const { config } = this.#parts
    const { raw } = request
    const { operation } = route
    const url = raw.url ?? ''
    const cut = url.indexOf('?')
    const query = readQuery(cut < 0 ? '' : url.slice(cut + 1), route.queryPieces)
    if (route.query !== null) check(route.query, query, '/query', 'The query is not valid.')
    const params = readParams(request.params, route.paramPieces)
    if (route.params !== null) check(route.params, params, '/path', 'The path is not valid.')
    const expectedVersion = operation.ifMatch === true ? expectedVersionOf(raw.headers) : undefined
    if (exchange.facts !== null) exchange.facts.consistency = consistencyOf(raw.headers)
    const isLines = operation.lines === true
    let body: unknown
    if (!isLines) {
      if (exchange.facts !== null) exchange.facts.idempotency = idempotencyOf(raw.headers, route, url, bytes, exchange.facts.actor.id)
      body = parseBody(bytes, route.body)
    } else idempotencyOf(raw.headers, route, url, null, '')
    const lines = isLines && route.body !== null ? linesOf(raw, isNdjson(raw), route.body, config) : undefined
    const { nextBy } = operation
    const next = nextBy === undefined ? undefined : (token: string): void => {
      exchange.link = linkToNext(request.originalUrl, nextBy, token)
    }
    return { ctx: exchange.ctx, params, query, body, lines, expectedVersion, next }
  }

  async #read(raw: FastifyRequest['raw'], exchange: Exchange): Promise<Buffer> {
    exchange.isReading = true
    const bytes = await readBody(raw, this.#parts.config.bodyBytesMax)
    exchange.isReading = false
    return bytes
  }

  /** Gives up requests that run too long. The work itself ends by the time-outs of the database. */
  expire(): void {
    const now = performance.now()
    for (const [exchange, reply] of this.running) {
      if (exchange.isStreaming) {
        if (now - exchange.startedMs >= this.#parts.config.streamTimeoutMs) reply.raw.destroy()
        continue
      }
      if (exchange.isOver || now - exchange.startedMs < this.#parts.config.requestTimeoutMs) continue
      const seconds = this.#parts.config.requestTimeoutMs / 1000
      sendProblem(reply, exchange, exchange.isReading
        ? new Problem('timeout', `The body did not arrive within ${seconds} s.`)
        : new Problem('unavailable', `This took longer than ${seconds} s and may or may not have been done. Repeat it with the same Idempotency-Key.`, { retryAfterSeconds: 1 }))
    }
  }
}

// The HTTP server: fastify for routing and sockets, the pipeline for everything that matters.
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import type { Log } from '../log/log.ts'
import { problemBody, sendProblem } from './answer.ts'
import { Authentication } from './authenticate.ts'
import { HTTP_DEFAULTS, type HttpConfig } from './config.ts'
import { guardConnections } from './connections.ts'
import { API_HEADERS, hostFault, requestIdOf } from './headers.ts'
import { Limits } from './limits.ts'
import { watchLag } from './overload.ts'
import { Pipeline } from './pipeline.ts'
import { type Authenticate, Principals } from './principals.ts'
import { type PublicInfo, type ReadinessCheck, servePublic } from './public.ts'
import type { Page } from './page.ts'
import type { Route } from './route.ts'
import { servePages } from './serve-pages.ts'
import { answerUnknown, methodsByPath } from './unknown.ts'

export interface ServerOptions {
  readonly routes: readonly Route[]
  readonly pages?: readonly Page[]
  /** Beginnings of paths that stand for others, as standards name them: `/epcis/` for `/api/v1/epcis/`. It is the same operation under another name. */
  readonly aliases?: Readonly<Record<string, string>>
  readonly authenticate: Authenticate
  /** Named checks of what the service needs; all must be ok for `/readyz` to say 200. */
  readonly isReady: () => Promise<readonly ReadinessCheck[]>
  readonly log: Log
  readonly clock: { nowMs(): number }
  readonly config?: Partial<HttpConfig>
  readonly info?: PublicInfo
}

export interface Server {
  /** Starts to listen; the address to call. */
  listen(): Promise<{ readonly url: string; readonly port: number }>
  /** Refuses new work, lets what runs end (8 s at most), closes. */
  stop(): Promise<void>
  /** Revocation: `forget(credentialId)`, `forgetAll()`, `pause(true)` while news of revocations does not arrive. */
  readonly principals: Pick<Principals, 'forget' | 'forgetAll' | 'pause'>
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const RELEASE_MS = 100
const NO_QUERY: Record<string, string> = Object.freeze({})

export function createServer(options: ServerOptions): Server {
  const { routes, log } = options
  const config: HttpConfig = { ...HTTP_DEFAULTS, ...options.config }
  const nowMs = (): number => options.clock.nowMs()
  const principals = new Principals({ authenticate: options.authenticate, nowMs, ttlMs: config.principalTtlMs, strangerTtlMs: config.strangerTtlMs, max: config.principalsMax })
  const limits = new Limits(config, nowMs)
  const lag = watchLag(config.overloadLagMs)
  const house = { isStopping: false }
  let origin = config.publicUrl ?? ''
  const closedBecause = (): Problem | null =>
    house.isStopping ? new Problem('unavailable', 'This server is stopping. Try again: another one answers.', { retryAfterSeconds: 1 })
      : lag.isOverloaded() ? new Problem('unavailable', 'The server is overloaded. Try again in a moment.', { retryAfterSeconds: 2 }) : null
  const authentication = new Authentication(principals, limits)
  const pipeline = new Pipeline({ authentication, limits, config, log, house, closedBecause, origin: () => origin })
  const app = createApp(config, nowMs, pipeline, Object.entries(options.aliases ?? {}))
  const sockets = guardConnections(app.server, config)
  servePublic(app, { routes, isReady: options.isReady, isStopping: () => house.isStopping, info: options.info ?? { title: 'Blue Ship Sync', version: '0.1.0' } })
  servePages(app, options.pages ?? [], { authentication, pipeline, log, origin: () => origin })
  serveRoutes(app, routes, pipeline)
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (house.isStopping) void reply.header('connection', 'close')
    done(null, payload)
  })
  const sweep = setInterval(() => pipeline.expire(), Math.min(1_000, config.requestTimeoutMs))
  sweep.unref()
  return {
    principals,
    async listen() {
      const url = await app.listen({ host: config.host, port: config.port })
      origin = config.publicUrl ?? url
      return { url, port: Number(new URL(url).port) }
    },
    async stop() {
      house.isStopping = true
      const closing = app.close()
      const deadline = setTimeout(() => app.server.closeAllConnections(), config.stopTimeoutMs)
      // Node counts a socket that has not sent a request yet as busy; only one that carries a running request is.
      const release = setInterval(() => {
        const busy = new Set([...pipeline.running.values()].map((reply) => reply.raw.socket))
        for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon()
      }, RELEASE_MS)
      await closing
      clearTimeout(deadline)
      clearInterval(release)
      clearInterval(sweep)
      lag.stop()
    },
  }
}

function createApp(config: HttpConfig, nowMs: () => number, pipeline: Pipeline, aliases: readonly (readonly [string, string])[]): FastifyInstance {
  const app = Fastify({
    logger: false,
    // A missing Host is refused by our own hook, as a problem; Node would say nothing but 400.
    http: { requireHostHeader: false, maxHeaderSize: config.headerBytesMax, headersTimeout: config.headersTimeoutMs, connectionsCheckingInterval: Math.min(500, config.headersTimeoutMs) },
    requestTimeout: config.streamTimeoutMs, // The pipeline's own clock ends everything but streams far earlier.
    keepAliveTimeout: config.keepAliveTimeoutMs,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    return503OnClosing: false, // The pipeline refuses with a problem that has the request id.
    forceCloseConnections: 'idle',
    // Before anything looks at the address: limits, keys, permissions and Idempotency-Keys are those of the one operation.
    rewriteUrl: ({ url = '' }) => {
      const alias = aliases.find(([from]) => url.startsWith(from))
      return alias === undefined ? url : alias[1] + url.slice(alias[0].length)
    },
    genReqId: (raw) => requestIdOf(raw.headers, nowMs()),
    routerOptions: { maxParamLength: 500, querystringParser: () => NO_QUERY },
    // A path that cannot be read is as unknown as any other: no key, no answer.
    frameworkErrors: (_error, request, reply) => {
      pipeline.enter(request, reply, null, () => {
        if (request.exchange !== null) sendProblem(reply, request.exchange, new Problem('bad_request', 'The path is not valid percent-encoded UTF-8, or a part of it is too long.'))
      })
    },
  })
  app.decorateRequest('exchange', null)
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', (request, reply, done) => {
    const fault = hostFault(request.raw)
    if (fault === null) return done()
    void reply.code(fault.status).headers({ ...API_HEADERS, 'request-id': request.id, 'content-type': 'application/problem+json', connection: 'close' }).send(JSON.stringify(problemBody(fault, request.id)))
  })
  // Bodies are read by the pipeline, which knows the limits of the operation and comes after the permission.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setErrorHandler((error, request, reply) => {
    const { exchange } = request
    const problem = frameworkProblem(error instanceof Error ? error : new Error('Something was thrown that is no error.', { cause: error }))
    if (exchange !== null) return sendProblem(reply, exchange, problem)
    // The framework looks at the Content-Type of some methods before it looks for a route: to strangers that is as unknown as any other address.
    pipeline.enter(request, reply, null, () => {
      if (request.exchange !== null) sendProblem(reply, request.exchange, problem)
    })
  })
  return app
}

function frameworkProblem(error: Error & { readonly statusCode?: unknown }): Problem {
  if (error.statusCode === 415) return new Problem('unsupported_media_type', 'The Content-Type is not valid.')
  if (error.statusCode === 413) return new Problem('too_large', 'The body is too large.')
  return typeof error.statusCode === 'number' && error.statusCode < 500
    ? new Problem('bad_request', 'The request is not valid HTTP.', { cause: error })
    : new Problem('internal', 'Something went wrong on our side. It has been recorded under the request id.', { cause: error })
}

function serveRoutes(app: FastifyInstance, routes: readonly Route[], pipeline: Pipeline): void {
  for (const route of routes) {
    app.route({
      method: route.operation.method,
      url: route.operation.path.replaceAll(':', '::').replaceAll(/\{([A-Za-z0-9]+)\}/g, ':$1'),
      onRequest: (request, reply, done) => pipeline.enter(request, reply, route, done),
      handler: (request, reply) => void pipeline.handle(request, reply, route),
    })
  }
  const methodsOf = methodsByPath(routes)
  const unknown = (reply: FastifyReply): void => {
    if (reply.request.exchange !== null) answerUnknown(reply, reply.request.exchange, methodsOf)
  }
  app.route({
    method: [...METHODS],
    url: '*',
    onRequest: (request, reply) => pipeline.enter(request, reply, null, () => unknown(reply)),
    handler: (_request, reply) => unknown(reply),
  })
  app.setNotFoundHandler((request, reply) => pipeline.enter(request, reply, null, () => unknown(reply)))
}

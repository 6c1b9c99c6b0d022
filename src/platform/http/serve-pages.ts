// Serves pages in their one order: limits → where it comes from → whose session → body → handle. A page opens no context, unless it is
// for programs with a key; its handler enters an organization only after it has proved whose it is.
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import type { Log } from '../log/log.ts'
import { discardRest, problemOf, sendProblem } from './answer.ts'
import type { Authentication } from './authenticate.ts'
import { Disconnected, readBody, tooLarge } from './body.ts'
import { cookieHeader, readCookie } from './cookies.ts'
import type { Exchange } from './exchange.ts'
import { isFromHere, isSafeMethod } from './from-here.ts'
import { hasBody, SECURITY_HEADERS } from './headers.ts'
import { html } from './html.ts'
import { frame, page as pageOf, redirect, type Page, type PageAnswer, type PageRequest } from './page.ts'
import type { Pipeline } from './pipeline.ts'
import type { Principal } from './principals.ts'

export interface PageParts {
  readonly authentication: Authentication
  readonly pipeline: Pipeline
  readonly log: Log
  /** Known once the server listens. */
  readonly origin: () => string
}

const BODY_BYTES_MAX = 512 * 1024
/** A directory names all members of a large group in one body. */
const SCIM_BYTES_MAX = 1024 * 1024
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
/** Under `no-referrer` browsers say `Origin: null` with a form of our own, and it could not be told from one of a stranger. Other sites are told nothing. */
const REFERRERS = 'same-origin'
const TYPES = {
  form: /^application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i,
  json: /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i,
  scim: /^application\/(scim\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i,
} as const

export function servePages(app: FastifyInstance, pages: readonly Page[], parts: PageParts): void {
  const css = readFileSync(new URL('pages.css', import.meta.url), 'utf8')
  app.get('/assets/pages.css', (_request, reply) => void reply.headers({ ...SECURITY_HEADERS, 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=300' }).send(css))
  const script = readFileSync(new URL('passkey-page.mjs', import.meta.url), 'utf8')
  app.get('/assets/passkey.js', (_request, reply) => void reply.headers({ ...SECURITY_HEADERS, 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=300' }).send(script))
  for (const each of pages) {
    app.route({
      method: each.method,
      url: each.path.replaceAll(/\{([A-Za-z0-9]+)\}/g, ':$1'),
      onRequest: (request, reply, done) => parts.pipeline.enterPage(request, reply, each, done, (exchange, problem) => (each.fails === undefined ? sendProblem(reply, exchange, problem) : fail(reply, exchange, each, problem, parts))),
      handler: (request, reply) => void answer(request, reply, each, parts),
    })
  }
}

async function answer(request: FastifyRequest, reply: FastifyReply, page: Page, parts: PageParts): Promise<void> {
  const { exchange } = request
  if (exchange === null || exchange.isOver) return
  const elsewhere = fromOtherName(request, page, parts.origin())
  if (elsewhere !== null) return send(reply, exchange, redirect(elsewhere), parts)
  exchange.isHandling = true
  try {
    send(reply, exchange, await page.handle(await requestOf(request, exchange, page, parts)), parts)
  } catch (error) {
    if (error instanceof Disconnected) return
    const problem = problemOf(error, exchange, parts.log)
    await note(request, exchange, page, problem, parts)
    fail(reply, exchange, page, problem, parts)
  } finally {
    exchange.isHandling = false
    parts.pipeline.release(exchange)
  }
}

/** Only what a caller did wrong: a request that came too early or met a fault of ours is none of that. */
async function note(request: FastifyRequest, { ctx, requestId, address }: Exchange, page: Page, problem: Problem, { log }: PageParts): Promise<void> {
  if (ctx === null || page.notes === undefined || problem.status >= 500 || problem.code === 'rate_limited') return
  try {
    await page.notes(problem, { ctx, requestId, address, userAgent: userAgentOf(request), params: paramsOf(request.params) })
  } catch (error) {
    // The answer is the same without the line; that a line is missing must be found somewhere.
    log.error({ requestId, error }, 'A refused request could not be written down.')
  }
}

const userAgentOf = ({ raw }: FastifyRequest): string => (raw.headers['user-agent'] ?? '').slice(0, 300)

function fail(reply: FastifyReply, exchange: Exchange, page: Page, problem: Problem, parts: PageParts): void {
  if (page.fails !== undefined) {
    const said = page.fails(problem)
    const headers = { ...said.headers, ...(problem.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}), ...(problem.retryAfterSeconds === null ? {} : { 'retry-after': String(problem.retryAfterSeconds) }) }
    return send(reply, exchange, { ...said, headers }, parts)
  }
  if (page.speaksTo === 'machine') sendProblem(reply, exchange, problem)
  else send(reply, exchange, failure(problem, exchange.requestId), parts)
}

/** On one's own machine `localhost` and `127.0.0.1` are the same server and two sites: cookies of one are not sent to the other. */
function fromOtherName({ raw }: FastifyRequest, page: Page, origin: string): string | null {
  const { host, hostname } = new URL(origin)
  const isOwnMachine = hostname === '127.0.0.1' || hostname === 'localhost'
  return isOwnMachine && page.speaksTo === 'person' && page.method === 'GET' && raw.headers.host === `localhost:${host.split(':')[1] ?? '80'}` && raw.headers.host !== host ? origin + (raw.url ?? '/') : null
}

async function requestOf(request: FastifyRequest, exchange: Exchange, page: Page, parts: PageParts): Promise<PageRequest> {
  const { raw } = request
  const origin = parts.origin()
  const isSecure = origin.startsWith('https:')
  if (page.from === 'here' && !isSafeMethod(raw) && !isFromHere(raw, origin)) throw new Problem('forbidden', 'This must be sent from a page of this site. Open the page again and repeat it there.')
  const body = await bodyOf(request, exchange, page)
  const url = raw.url ?? ''
  const cut = url.indexOf('?')
  const rawQuery = cut < 0 ? '' : url.slice(cut + 1)
  return {
    requestId: exchange.requestId, address: exchange.address, userAgent: userAgentOf(request), origin, isSecure,
    params: paramsOf(request.params), query: new URLSearchParams(rawQuery), rawQuery,
    form: new URLSearchParams(page.accepts === 'form' ? body.toString('utf8') : ''), body,
    header: (name) => {
      const value = raw.headers[name]
      return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
    },
    cookie: (name) => readCookie(raw.headers, name, isSecure),
    caller: await callerOf(readCookie(raw.headers, 'session', isSecure), exchange.address, parts),
    ctx: exchange.ctx,
  }
}

function paramsOf(params: unknown): Readonly<Record<string, string>> {
  const entries: [string, unknown][] = typeof params === 'object' && params !== null ? Object.entries(params) : []
  return Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}

/** A session that is not good is no failure here: the page is shown as to anybody. */
async function callerOf(token: string | null, address: string, { authentication }: PageParts): Promise<Principal | null> {
  if (token === null) return null
  const caller = await authentication.identify(token, address, true)
  return caller instanceof Problem ? null : caller
}

async function bodyOf({ raw }: FastifyRequest, exchange: Exchange, { accepts }: Page): Promise<Buffer> {
  if (!hasBody(raw)) return Buffer.alloc(0)
  if (accepts === 'none' || !TYPES[accepts].test(raw.headers['content-type'] ?? '') || (raw.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Problem('unsupported_media_type', accepts === 'none' ? 'This takes no body.' : `Send the body as ${accepts === 'form' ? 'application/x-www-form-urlencoded' : accepts === 'json' ? 'application/json' : 'application/scim+json'} in UTF-8.`)
  }
  const bytesMax = accepts === 'scim' ? SCIM_BYTES_MAX : BODY_BYTES_MAX
  if (Number(raw.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  exchange.isReading = true
  const bytes = await readBody(raw, bytesMax)
  exchange.isReading = false
  return bytes
}

const failure = (problem: Problem, requestId: string): PageAnswer =>
  pageOf(frame('This did not work', html`<h1>This did not work</h1><p class="notice bad">${problem.message}</p><p class="hint">Request ${requestId}</p><p><a class="button" href="/">Back to the start</a></p>`), { status: problem.status })

function send(reply: FastifyReply, exchange: Exchange, { status, headers, cookies, body, hasScript }: PageAnswer, { origin }: PageParts): void {
  if (exchange.isOver || reply.sent) return
  exchange.isOver = true
  discardRest(reply.request.raw)
  const isSecure = origin().startsWith('https:')
  reply.hijack()
  reply.raw.writeHead(status, {
    ...SECURITY_HEADERS, 'referrer-policy': REFERRERS, 'content-security-policy': hasScript === true ? `${POLICY}; script-src 'self'` : POLICY, 'cache-control': 'no-store', 'request-id': exchange.requestId,
    ...(exchange.admission === null ? {} : { 'ratelimit-policy': exchange.admission.policy, ratelimit: exchange.admission.state }), ...headers,
    ...(cookies.length > 0 ? { 'set-cookie': cookies.map((cookie) => cookieHeader(cookie, isSecure)) } : {}),
    ...(exchange.house.isStopping ? { connection: 'close' } : {}), 'content-length': Buffer.byteLength(body),
  })
  reply.raw.end(body)
}

// What is answered without a key besides public operations: health, and the description of the API.
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { docsOf } from './docs.ts'
import { API_HEADERS, SECURITY_HEADERS } from './headers.ts'
import { openApiOf } from './openapi.ts'
import type { Route } from './route.ts'

export interface ReadinessCheck {
  readonly name: string
  readonly isOk: boolean
  /** Figures for people. Everybody may read them: no address, no role, no words of an error. */
  readonly detail?: string
}
export interface PublicInfo {
  readonly title: string
  readonly version: string
}
interface PublicOptions {
  readonly routes: readonly Route[]
  readonly isReady: () => Promise<readonly ReadinessCheck[]>
  readonly isStopping: () => boolean
  readonly info: PublicInfo
}

const READY_KEPT_MS = 500
const PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function send(reply: FastifyReply, status: number, headers: Readonly<Record<string, string>>, text: string): void {
  void reply.code(status).headers({ ...headers, 'request-id': reply.request.id }).send(text)
}
const JSON_HEADERS = { ...API_HEADERS, 'content-type': 'application/json; charset=utf-8' }

export function servePublic(app: FastifyInstance, options: PublicOptions): void {
  app.get('/healthz', (_request, reply) => send(reply, 200, JSON_HEADERS, '{"status":"ok"}'))
  serveReadiness(app, options)
  const openApi = JSON.stringify(openApiOf(options.routes, options.info))
  const page = docsOf(options.routes, options.info)
  const css = readFileSync(new URL('docs.css', import.meta.url), 'utf8')
  const kept = { ...SECURITY_HEADERS, 'cache-control': 'public, max-age=300' }
  app.get('/openapi.json', (_request, reply) => send(reply, 200, { ...kept, 'content-type': 'application/json; charset=utf-8' }, openApi))
  app.get('/docs', (_request, reply) => send(reply, 200, { ...kept, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY }, page))
  app.get('/docs/docs.css', (_request, reply) => send(reply, 200, { ...kept, 'content-type': 'text/css; charset=utf-8' }, css))
}

/** The checks run at most twice a second and never at the same time, however often they are asked for: the address is public. */
function serveReadiness(app: FastifyInstance, options: PublicOptions): void {
  let running: Promise<readonly ReadinessCheck[]> | null = null
  let ranAtMs = -Infinity
  const checks = (): Promise<readonly ReadinessCheck[]> => {
    if (running !== null && performance.now() - ranAtMs < READY_KEPT_MS) return running
    ranAtMs = performance.now()
    running = options.isReady().catch(() => [{ name: 'checks', isOk: false }])
    return running
  }
  app.get('/readyz', (_request, reply) => {
    void checks().then((found) => {
      const all = [...found, ...(options.isStopping() ? [{ name: 'stopping', isOk: false }] : [])].map(({ name, isOk, detail }) => ({ name, isOk, ...(detail === undefined ? {} : { detail }) }))
      const isReady = all.every(({ isOk }) => isOk)
      send(reply, isReady ? 200 : 503, JSON_HEADERS, JSON.stringify({ status: isReady ? 'ready' : 'not ready', checks: all }))
    })
  })
}

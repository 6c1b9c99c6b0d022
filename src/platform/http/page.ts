// What is not the API: pages for people, and the endpoints of sign-in protocols, whose shapes are not ours to choose.
import type { Cookie } from './cookies.ts'
import type { Ctx, Permission } from '../../kernel/access.ts'
import type { Problem } from '../../kernel/problem.ts'
import { type Html, html } from './html.ts'
import type { Principal } from './principals.ts'

export interface Page {
  /** `identity.signIn`: names the request in logs. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: `/${string}`
  /** What its body may be; `none` for everything that is asked for by its address. */
  readonly accepts: 'none' | 'form' | 'json' | 'scim'
  /** `here`: only our own pages may post it. `anywhere`: a provider or a machine does, and the handler proves who it is. */
  readonly from: 'here' | 'anywhere'
  /** `person`: a failure is shown as a page. `machine`: as a problem, unless the handler answers in its protocol's own way. */
  readonly speaksTo: 'person' | 'machine'
  /** For programs only: the key of the header must have it, and the handler gets a context. Limits are then those of the key. */
  readonly needs?: Permission
  /** How a failure is said in the protocol of this endpoint. */
  readonly fails?: (problem: Problem) => PageAnswer
  /** Writes down that a request of somebody with a good key was refused. It is called for problems; what the handler itself answers is the handler's to write. */
  readonly notes?: (problem: Problem, refused: RefusedRequest) => Promise<unknown>
  readonly handle: (request: PageRequest) => Promise<PageAnswer>
}

/** What is known of a request that was refused, maybe before its body was read. */
export interface RefusedRequest extends Pick<PageRequest, 'requestId' | 'address' | 'userAgent' | 'params'> {
  readonly ctx: Ctx<Permission>
}

export interface PageRequest {
  readonly requestId: string
  readonly address: string
  readonly userAgent: string
  /** Scheme, host and port by which browsers know this server. */
  readonly origin: string
  readonly isSecure: boolean
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The query as it came, octet for octet: signatures are over it. */
  readonly rawQuery: string
  readonly form: URLSearchParams
  readonly body: Buffer
  header(name: string): string | null
  cookie(name: Cookie['name']): string | null
  /** Whoever holds the session of the cookie; null without one that is good. */
  readonly caller: Principal | null
  /** Of a page that declares what it needs; null for all others. */
  readonly ctx: Ctx<Permission> | null
}

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly Cookie[]
  readonly body: string
  /** The page runs our one script, for passkeys. No other page may run any. */
  readonly hasScript?: boolean
}

type More = Partial<Pick<PageAnswer, 'status' | 'headers' | 'cookies' | 'hasScript'>>
const answer = (type: string, body: string, { status = 200, headers = {}, cookies = [], hasScript = false }: More): PageAnswer => ({ status, headers: { 'content-type': type, ...headers }, cookies, body, hasScript })

export const page = (body: Html, more: More = {}): PageAnswer => answer('text/html; charset=utf-8', `<!doctype html>\n${body.toString()}`, more)
export const json = (value: unknown, more: More = {}): PageAnswer => answer('application/json; charset=utf-8', JSON.stringify(value), more)
export const xml = (text: string, more: More = {}): PageAnswer => answer('application/samlmetadata+xml; charset=utf-8', text, more)
export const empty = (status: number, more: More = {}): PageAnswer => ({ status, headers: more.headers ?? {}, cookies: more.cookies ?? [], body: '' })
/** To another address of ours, or of a provider that was checked before. */
export const redirect = (location: string, cookies: readonly Cookie[] = []): PageAnswer => ({ status: 303, headers: { location }, cookies, body: '' })

/** The frame of every page. Without scripts, unless it is about passkeys: the policy allows none. */
export const frame = (title: string, body: Html, more: { readonly refreshTo?: string; readonly hasScript?: boolean } = {}): Html => html`<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Blue Ship Sync</title>
<link rel="stylesheet" href="/assets/pages.css">${more.refreshTo === undefined ? null : html`<meta http-equiv="refresh" content="0; url=${more.refreshTo}">`}${more.hasScript === true && html`<script src="/assets/passkey.js" defer></script>`}</head>
<body><header><a class="brand" href="/">Blue Ship Sync</a></header><main>${body}</main></body></html>`

/**
 * A step to another site after a form was sent. Not a redirect: browsers hold those against the page's form-action, which would have to
 * name every customer's provider.
 */
export const hop = (to: string, whereTo: string, cookies: readonly Cookie[] = []): PageAnswer =>
  page(frame('One moment', html`<h1>One moment</h1><p>Taking you to ${whereTo} …</p><p><a class="button" href="${to}">Continue</a></p>`, { refreshTo: to }), { cookies })

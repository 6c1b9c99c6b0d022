// One small server plays both companies' identity providers, on this machine only. It is part of `npm start` with the demo on, and
// refuses to exist in production (app/main.ts).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Signing } from '../../platform/saml/index.ts'
import { createDemoOidc, type DemoOidc, type OidcClient, type OidcState } from './oidc.ts'
import { choicePage, errorPage } from './pages.ts'
import type { DemoCompany } from './people.ts'
import { createDemoSaml, type DemoSaml, type ServiceOfSaml, type Shown } from './saml.ts'

export interface DemoProvidersOptions {
  /** 0 chooses one; the same one must be used again, since connections name it. */
  readonly port: number
  readonly oidcCompany: DemoCompany
  readonly samlCompany: DemoCompany
  readonly oidc: OidcState
  readonly signing: Signing
}
export interface DemoProviders {
  readonly origin: string
  readonly port: number
  /** Tells the providers about the service, as an administrator of theirs would. */
  know(client: OidcClient | null, service: ServiceOfSaml | null): void
  stop(): Promise<void>
}

const BODY_MAX = 64 * 1024

export async function startDemoProviders(options: DemoProvidersOptions): Promise<DemoProviders> {
  let oidc: DemoOidc | null = null
  let service: ServiceOfSaml | null = null
  let saml: DemoSaml | null = null
  const server = createServer((request, response) => {
    route(request, response, { oidc, saml, company: options.oidcCompany }).catch((error: unknown) => {
      show(response, { status: 500, html: errorPage(error instanceof Error ? error.message : 'unknown') })
    })
  })
  const { port } = await listen(server, options.port)
  const origin = `http://127.0.0.1:${port}`
  saml = createDemoSaml(origin, options.samlCompany, options.signing, () => service)
  return {
    origin, port,
    know: (client, known) => {
      if (client !== null) oidc = createDemoOidc(origin, options.oidcCompany, options.oidc, client)
      if (known !== null) service = known
    },
    stop: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

function listen(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('The demo provider has no address.'))
      else resolve(address)
    })
  })
}

interface Players {
  readonly oidc: DemoOidc | null
  readonly saml: DemoSaml | null
  readonly company: DemoCompany
}

async function route(request: IncomingMessage, response: ServerResponse, { oidc, saml, company }: Players): Promise<void> {
  const [path, query] = splitOnce(request.url ?? '/', '?')
  const uid = /^\/interaction\/([\w-]{1,100})$/.exec(path)?.[1]
  if (path === '/saml/metadata' && saml !== null) return show(response, saml.metadata())
  if (path === '/saml/sso' && saml !== null) return show(response, saml.ask(query))
  if (path === '/saml/slo' && saml !== null) return show(response, saml.signOut(query))
  if (path === '/saml/choose' && request.method === 'POST' && saml !== null) {
    const form = await formOf(request)
    return show(response, saml.answer(form.get('query') ?? '', form.get('person') ?? ''))
  }
  if (uid !== undefined && request.method === 'GET') return show(response, { status: 200, html: choicePage(company, `/interaction/${uid}`, {}) })
  if (uid !== undefined && request.method === 'POST' && oidc !== null) return oidc.choose(request, response, (await formOf(request)).get('person') ?? '')
  if (oidc === null) return show(response, { status: 503, html: errorPage('This provider is still starting.') })
  oidc.handle(request, response)
}

function splitOnce(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  let length = 0
  const pieces: AsyncIterable<unknown, unknown, unknown> = request
  for await (const chunk of pieces) {
    if (!Buffer.isBuffer(chunk)) continue
    length += chunk.length
    if (length > BODY_MAX) throw new Error('The form is too large.')
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function show(response: ServerResponse, { status, html, location, xml }: Shown): void {
  const type = xml === undefined ? 'text/html; charset=utf-8' : 'application/samlmetadata+xml; charset=utf-8'
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...(location === undefined ? {} : { location }) })
  response.end(html ?? xml ?? '')
}

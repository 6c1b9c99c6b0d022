// An OpenID provider that is honest until it is told otherwise.
import { createHash, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { halfHash } from '../id-token.ts'
import { isAlgorithm } from '../algorithms.ts'
import { type Json, jwkOf, mint, type Pair, rsaPair } from './mint.ts'

export const CLIENT_ID = 'bss-client'
export const CLIENT_SECRET = 'a secret of 32 characters or more!'
export const REDIRECT_URI = 'https://bss.example/auth/oidc/con_1/callback'

export interface Minting {
  readonly header: Json
  readonly claims: Json
  readonly key: KeyObject
  readonly alg: string
  readonly pairs: readonly Pair[]
}

/** What the provider does differently. Nothing: it is honest. */
export interface Twist {
  readonly metadata?: Json
  readonly callback?: (parameters: URLSearchParams) => void
  readonly header?: Json
  /** Members that are undefined are left out. */
  readonly claims?: Json
  readonly mint?: (minting: Minting) => unknown
  readonly answer?: Json
  /** Takes over an answer altogether. */
  readonly discovery?: (response: ServerResponse) => void
  readonly jwks?: (response: ServerResponse, set: { readonly keys: readonly Json[] }) => void
  readonly token?: (response: ServerResponse, answer: Json) => void
}

interface Pending {
  readonly challenge: string
  readonly nonce: string
  readonly redirectUri: string
}

export interface Rogue {
  readonly issuer: string
  readonly pairs: Pair[]
  twist: Twist
  /** Says whether a client has proved itself; the body is the form. */
  isClient: (request: IncomingMessage, form: URLSearchParams) => Promise<boolean>
  /** Requests seen, by path. */
  readonly seen: Map<string, number>
  /** What a browser would do: follow the address, sign in, come back. */
  readonly visit: (authorizationUrl: string) => string
  readonly close: () => Promise<void>
}

export const json = (response: ServerResponse, body: unknown, status = 200): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
const basic = `Basic ${Buffer.from(`${encodeURIComponent(CLIENT_ID).replaceAll('-', '%2D')}:${encodeURIComponent(CLIENT_SECRET).replaceAll('%20', '+').replaceAll('!', '%21')}`).toString('base64')}`

export async function openRogue(pairs: Pair[] = [rsaPair('rsa-1'), rsaPair('rsa-2')]): Promise<Rogue> {
  const codes = new Map<string, Pending>()
  const seen = new Map<string, number>()
  let number = 0
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    seen.set(path, (seen.get(path) ?? 0) + 1)
    void answer(path, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`

  async function answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { twist } = rogue
    if (path === '/.well-known/openid-configuration') return twist.discovery === undefined ? json(response, { ...metadataOf(issuer), ...twist.metadata }) : twist.discovery(response)
    if (path === '/jwks') {
      const set = { keys: rogue.pairs.map(jwkOf) }
      return twist.jwks === undefined ? json(response, set) : twist.jwks(response, set)
    }
    if (path !== '/token') return json(response, {}, 404)
    const form = new URLSearchParams(await text(request))
    if (!(await rogue.isClient(request, form))) return json(response, { error: 'invalid_client' }, 401)
    const pending = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url')
    if (pending === undefined || pending.challenge !== challenge || pending.redirectUri !== form.get('redirect_uri')) return json(response, { error: 'invalid_grant', error_description: 'Not yours.' }, 400)
    const body = { ...tokenAnswer(rogue, pending.nonce), ...twist.answer }
    return twist.token === undefined ? json(response, body) : twist.token(response, body)
  }

  const rogue: Rogue = {
    issuer,
    pairs,
    seen,
    twist: {},
    isClient: async (request) => request.headers.authorization === basic,
    visit: (authorizationUrl) => {
      const asked = new URL(authorizationUrl).searchParams
      const code = `code-${(number += 1)}`
      codes.set(code, { challenge: asked.get('code_challenge') ?? '', nonce: asked.get('nonce') ?? '', redirectUri: asked.get('redirect_uri') ?? '' })
      const parameters = new URLSearchParams({ code, state: asked.get('state') ?? '', iss: issuer })
      rogue.twist.callback?.(parameters)
      return `${asked.get('redirect_uri')}?${parameters.toString()}`
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return rogue
}

export const metadataOf = (issuer: string): Json => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  end_session_endpoint: `${issuer}/logout`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
})

function tokenAnswer({ issuer, pairs, twist }: Rogue, nonce: string): Json {
  const [pair] = pairs
  if (pair === undefined) throw new Error('The provider has no key.')
  const now = Math.floor(Date.now() / 1000)
  const accessToken = `access-${nonce}`
  const claims = { iss: issuer, sub: 'anna', aud: CLIENT_ID, exp: now + 300, iat: now, auth_time: now, acr: 'mfa', nonce, sid: 'session-1', at_hash: isAlgorithm(pair.alg) ? halfHash(accessToken, pair.alg) : 'x', ...twist.claims }
  const minting: Minting = { header: { alg: pair.alg, kid: pair.kid, typ: 'JWT', ...twist.header }, claims, key: pair.privateKey, alg: pair.alg, pairs }
  const idToken = twist.mint === undefined ? mint(minting.header, claims, pair.privateKey, pair.alg) : twist.mint(minting)
  return { access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: idToken }
}

async function text(request: IncomingMessage): Promise<string> {
  const pieces: string[] = []
  request.setEncoding('utf8')
  const incoming: AsyncIterable<unknown, unknown, unknown> = request
  for await (const piece of incoming) pieces.push(String(piece))
  return pieces.join('')
}

import { exportJWK } from 'jose'
import { authorizationCodeGrant, type CustomFetch, customFetch } from 'openid-client'
import type { Outbound } from '../outbound/outbound.ts'
import { codeIn, quoted } from './callback.ts'
import { type ClientAuth, libraryAuthOf } from './client-auth.ts'
import { attempt, type OidcRefused, Refusal, refusalIn, unreachable } from './codes.ts'
import { configurationOf } from './configuration.ts'
import type { Provider } from './discover.ts'
import { type IdToken, readIdToken } from './id-token.ts'
import type { KeyRings } from './keys.ts'
import { type JsonObject, readObject } from './strict-json.ts'

export interface SignInReturn {
  readonly provider: Provider
  readonly clientId: string
  readonly auth: ClientAuth
  /** The address the browser came back to, with its query. Only the query is looked at. */
  readonly callbackUrl: string
  readonly expected: {
    readonly state: string
    readonly nonce: string
    readonly codeVerifier: string
    readonly redirectUri: string
    /** Given when it was asked for. */
    readonly maxAge?: number
    readonly acrValues?: readonly string[]
  }
}

export interface OidcParts {
  readonly outbound: Outbound
  readonly keys: KeyRings
  readonly nowMs?: () => number
}

export interface SignInFinished {
  readonly ok: true
  readonly claims: JsonObject
  /** For the provider's logout. */
  readonly idToken: string
  readonly expiresAt: Date
  /** The session at the provider, by which a back-channel logout may name it. */
  readonly sid: string | null
}

interface TokenAnswer extends IdToken {
  readonly idToken: string
}

/**
 * Finishes a sign-in. Our own gate reads what the token endpoint said, before openid-client does; then openid-client judges
 * too, signature included. Both must agree.
 */
export function finishSignIn(back: SignInReturn, parts: OidcParts): Promise<SignInFinished | OidcRefused> {
  return attempt(async () => {
    const { provider, expected } = back
    const nowMs = parts.nowMs ?? Date.now
    const callback = new URL(expected.redirectUri)
    if (!URL.canParse(back.callbackUrl, callback.href)) throw new Refusal('callback_malformed', 'The address the browser came back to is not valid.')
    callback.search = new URL(back.callbackUrl, callback.href).search
    codeIn(callback.searchParams, provider, expected.state)

    const skew = Math.round((nowMs() - Date.now()) / 1000)
    const configuration = configurationOf(provider, back.clientId, await libraryAuthOf(back.auth, provider), skew)
    let judged: TokenAnswer | null = null
    configuration[customFetch] = async (url, request) => {
      if (request.method !== 'POST') return keysFor(judged)
      const answer = await askForToken(parts.outbound, url, request)
      judged = await judge(answer, back, parts, nowMs() / 1000)
      return Response.json(answer)
    }
    try {
      await authorizationCodeGrant(configuration, callback, { expectedState: expected.state, expectedNonce: expected.nonce, pkceCodeVerifier: expected.codeVerifier, idTokenExpected: true, ...(expected.maxAge === undefined ? {} : { maxAge: expected.maxAge }) })
    } catch (error) {
      throw refusalIn(error) ?? new Refusal('second_opinion', `The answer of the provider is not valid: ${error instanceof Error ? error.message : 'unknown'}.`)
    }
    return finished(judged)
  })
}

function finished(judged: TokenAnswer | null): SignInFinished {
  // openid-client cannot have said yes without having asked.
  if (judged === null) throw new Refusal('id_token_missing', 'The provider sent no ID token.')
  return { ok: true, claims: judged.claims, idToken: judged.idToken, expiresAt: new Date(judged.expires * 1000), sid: judged.sid }
}

/** openid-client asks for the provider's keys and is given the one that our gate chose, so that they cannot differ. */
async function keysFor(judged: TokenAnswer | null): Promise<Response> {
  const keys = judged === null ? [] : [{ ...(await exportJWK(judged.key)), ...(judged.header.kid === null ? {} : { kid: judged.header.kid }) }]
  return Response.json({ keys })
}

type LibraryRequest = Parameters<CustomFetch>[1]

async function askForToken(outbound: Outbound, url: string, request: LibraryRequest): Promise<JsonObject> {
  const form = request.body instanceof URLSearchParams ? request.body.toString() : ''
  const answer = await outbound.fetch(url, { method: 'POST', headers: request.headers, body: form, contentTypes: ['application/json'] })
  if (!answer.ok) throw unreachable('token', answer)
  const body = readObject(answer.body)
  if (answer.status !== 200) throw tokenError(typeof body === 'string' ? {} : body, answer.status)
  if (body === 'duplicate') throw new Refusal('token_duplicate_member', 'The answer of the token endpoint says the same thing twice.')
  if (body === 'malformed') throw new Refusal('token_response_malformed', 'The answer of the token endpoint is not a JSON object.')
  return body
}

function tokenError({ error, error_description: description }: JsonObject, status: number): Refusal {
  if (typeof error !== 'string') return new Refusal('token_error', `The token endpoint answered ${status}.`)
  const code = error === 'invalid_grant' ? 'grant_refused' : error === 'invalid_client' || error === 'unauthorized_client' ? 'client_refused' : 'token_error'
  return new Refusal(code, `The token endpoint said ${quoted(error, description)}.`)
}

async function judge(answer: JsonObject, { provider, clientId, expected }: SignInReturn, { keys }: OidcParts, now: number): Promise<TokenAnswer> {
  const { access_token: accessToken, token_type: type, id_token: idToken } = answer
  if (typeof accessToken !== 'string' || accessToken === '' || typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw new Refusal('token_response_malformed', 'The token endpoint sent no bearer token.')
  if (idToken === undefined) throw new Refusal('id_token_missing', 'The provider sent no ID token.')
  if (typeof idToken !== 'string') throw new Refusal('token_response_malformed', 'The ID token is not a text.')
  return { idToken, ...(await readIdToken(idToken, provider, keys, now, { clientId, nonce: expected.nonce, maxAge: expected.maxAge, acrValues: expected.acrValues, accessToken })) }
}

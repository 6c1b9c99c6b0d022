import { buildAuthorizationUrl, buildEndSessionUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client'
import { configurationOf } from './configuration.ts'
import type { Provider } from './discover.ts'

export interface SignInRequest {
  readonly provider: Provider
  readonly clientId: string
  /** One per connection, so that an answer cannot be taken for that of another provider. */
  readonly redirectUri: string
  /** `openid` is added when it is missing. */
  readonly scopes: readonly string[]
  readonly loginHint?: string
  readonly prompt?: 'login' | 'select_account' | 'consent' | 'none'
  /** Seconds since the person last proved who they are. */
  readonly maxAge?: number
  readonly acrValues?: readonly string[]
}

/** Where to send the browser, and what must be remembered on this side until it comes back. */
export interface SignInBegun {
  readonly url: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** Begins a sign-in: code flow, PKCE with S256, state and nonce, always. */
export async function beginSignIn(request: SignInRequest): Promise<SignInBegun> {
  const { provider, clientId, redirectUri, loginHint, prompt, maxAge, acrValues = [] } = request
  const [state, nonce, codeVerifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
  const url = buildAuthorizationUrl(configurationOf(provider, clientId), {
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: [...new Set(['openid', ...request.scopes])].join(' '),
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    ...(loginHint === undefined ? {} : { login_hint: loginHint }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
  })
  return { url: url.href, state, nonce, codeVerifier }
}

export interface EndSession {
  readonly provider: Provider
  readonly clientId: string
  readonly idToken?: string
  readonly postLogoutRedirectUri: string
  readonly state?: string
}

/** Where to send the browser so that the session at the provider ends too; null when the provider has no such place. */
export function endSessionUrl({ provider, clientId, idToken, postLogoutRedirectUri, state }: EndSession): string | null {
  if (provider.endSessionEndpoint === null) return null
  return buildEndSessionUrl(configurationOf(provider, clientId), {
    post_logout_redirect_uri: postLogoutRedirectUri,
    ...(idToken === undefined ? {} : { id_token_hint: idToken }),
    ...(state === undefined ? {} : { state }),
  }).href
}

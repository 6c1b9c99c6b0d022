// Signing in by OpenID Connect. The gate is in platform/oidc; here is what belongs to an organization: its connection, its client
// secret, and what is remembered of a browser on its way.
import { sealSecret, openSecret } from '../../../platform/crypto/vault.ts'
import { empty, hop, json, type PageAnswer } from '../../../platform/http/page.ts'
import { isList } from '../../../kernel/json.ts'
import { Problem } from '../../../kernel/problem.ts'
import { beginSignIn, createKeyRings, discover, endSessionUrl, finishSignIn, readBackchannelLogout, subjectOf, type ClientAuth, type KeyRings, type Preset, type Provider } from '../../../platform/oidc/index.ts'
import type { IdentityParts } from '../parts.ts'
import { oidcAddresses } from '../connections/addresses.ts'
import type { OidcSettings } from '../connections/contract.ts'
import { secretOf } from '../connections/decide.ts'
import { Refusal, type Verified } from './facts.ts'
import { finish } from './finish.ts'
import type { Beginning } from './saml.ts'
import * as store from './store.ts'
import { digestOf, freshSecret, note, personOf, refusable, refused, type Visit } from './visit.ts'

/** What a provider says about itself is read anew after a while, and at once when it could not be read. */
const PROVIDER_FRESH_MS = 600_000
const STEP_UP_MAX_AGE_SECONDS = 60

interface Known {
  readonly keys: KeyRings
  readonly providers: Map<string, { readonly provider: Provider; readonly untilMs: number }>
}
const known = new WeakMap<IdentityParts, Known>()

function knownOf(parts: IdentityParts): Known {
  let found = known.get(parts)
  if (found === undefined) known.set(parts, (found = { keys: createKeyRings(parts.outbound, parts.nowMs), providers: new Map() }))
  return found
}

async function providerOf({ parts, connection }: Visit, { issuer }: OidcSettings): Promise<Provider> {
  const { providers } = knownOf(parts)
  // By connection, not by issuer: what one organization's settings led to is never used for another's.
  const before = providers.get(`${connection.id} ${issuer}`)
  if (before !== undefined && before.untilMs > parts.nowMs()) return before.provider
  const found = await discover(issuer, parts.outbound)
  if (!found.ok) throw new Refusal(found.code, found.detail)
  if (providers.size > 10_000) providers.clear()
  providers.set(`${connection.id} ${issuer}`, { provider: found.provider, untilMs: parts.nowMs() + PROVIDER_FRESH_MS })
  return found.provider
}

function oidcOf(visit: Visit): OidcSettings {
  const { oidc } = visit.connection.settings
  if (oidc === undefined) throw new Refusal('wrong_kind', 'This connection does not speak OpenID Connect.')
  return oidc
}

function authOf(visit: Visit, { clientAuth }: OidcSettings): ClientAuth {
  const secret = secretOf(visit.parts, visit.organizationId, visit.connection)
  if (secret === null) throw new Refusal('no_client_secret', 'The connection has no client secret.')
  if (clientAuth !== 'private_key_jwt') return { method: clientAuth, secret }
  const key: unknown = JSON.parse(secret)
  // Entra ID wants to be called by the address it was asked at.
  return { method: 'private_key_jwt', key, audience: visit.connection.preset === 'entra' ? 'token_endpoint' : 'issuer' }
}

const verifierPurpose = (visit: Visit): string => `code verifier:${visit.connection.id}`

/** Sends the browser to the provider. */
export async function beginOidc(visit: Visit, { purpose, returnTo, testedBy, loginHint }: Beginning): Promise<PageAnswer> {
  const { parts, connection, request } = visit
  const oidc = oidcOf(visit)
  const begun = await beginSignIn({
    provider: await providerOf(visit, oidc), clientId: oidc.clientId, redirectUri: oidcAddresses(parts.origin(), connection.id).redirectUri, scopes: oidc.scopes, acrValues: oidc.acrValues ?? [],
    ...(loginHint === undefined ? {} : { loginHint }), ...(purpose === 'step_up' ? { prompt: 'login', maxAge: STEP_UP_MAX_AGE_SECONDS } as const : {}),
  })
  const browser = freshSecret()
  const codeVerifier = sealSecret(parts.secret, begun.codeVerifier, verifierPurpose(visit)).toString('base64')
  await visit.write((tx) => store.saveLogin(tx, {
    connectionId: connection.id, purpose, stateDigest: digestOf(begun.state), browserDigest: browser.digest, expected: { nonce: begun.nonce, codeVerifier, testedBy: testedBy ?? null }, returnTo,
    userId: purpose === 'step_up' ? personOf(request.caller) : null,
  }))
  return hop(begun.url, connection.name, [{ name: 'sign_in', value: browser.secret, maxAgeSeconds: 600 }])
}

/** The browser is back. What began the sign-in is used up before anything is asked, so that an answer can be tried once. */
export async function finishOidc(visit: Visit): Promise<PageAnswer> {
  const { parts, connection, request } = visit
  const state = request.query.get('state') ?? ''
  const browser = request.cookie('sign_in')
  const login = browser === null ? null : await visit.write((tx) => store.useLogin(tx, connection.id, digestOf(state), digestOf(browser)))
  if (login === null) {
    await note(visit, 'sign_in', 'unknown_state', { detail: 'No sign-in of this browser is waiting for this answer: it is too old, was used before, or was begun elsewhere.' })
    return refused(request.requestId)
  }
  return refusable(visit, login, async () => {
    const oidc = oidcOf(visit)
    const { nonce, codeVerifier } = login.expected
    const read = await finishSignIn({
      provider: await providerOf(visit, oidc), clientId: oidc.clientId, auth: authOf(visit, oidc), callbackUrl: `?${request.rawQuery}`,
      expected: {
        state, nonce: String(nonce), codeVerifier: openSecret(parts.secret, Buffer.from(String(codeVerifier), 'base64'), verifierPurpose(visit)), redirectUri: oidcAddresses(parts.origin(), connection.id).redirectUri,
        ...(login.purpose === 'step_up' ? { maxAge: STEP_UP_MAX_AGE_SECONDS } : {}), ...(oidc.acrValues === undefined ? {} : { acrValues: oidc.acrValues }),
      },
    }, { outbound: parts.outbound, keys: knownOf(parts).keys, nowMs: parts.nowMs })
    if (!read.ok) throw new Refusal(read.code, read.detail)
    return finish(visit, login, verifiedOf(visit, oidc, read.claims, read.sid), read.idToken)
  })
}

const textIn = (claims: Readonly<Record<string, unknown>>, name: string): string | null => {
  const value = claims[name]
  return typeof value === 'string' && value !== '' && value.length <= 320 ? value : null
}

const presetOf = (preset: string, { tenantId, hostedDomains }: OidcSettings): Preset =>
  preset === 'entra' ? { kind: 'entra', tenantId: tenantId ?? '' } : preset === 'google' ? { kind: 'google', hostedDomains: hostedDomains ?? [] } : { kind: 'generic' }

function verifiedOf(visit: Visit, oidc: OidcSettings, claims: Readonly<Record<string, unknown>>, sid: string | null): Verified {
  const preset = presetOf(visit.connection.preset, oidc)
  const read = subjectOf(preset, claims)
  if (!read.ok) throw new Refusal(read.code, read.detail)
  const sub = textIn(claims, 'sub') ?? read.subject
  const { auth_time: at, amr } = claims
  return {
    subject: read.subject,
    // Entra ID announces people in SCIM by their object id; everybody else by the subject.
    directoryName: preset.kind === 'entra' ? (textIn(claims, 'oid') ?? read.subject) : sub,
    // Entra's claim `email` says whatever somebody wrote there; the user principal name is of a domain the directory has proved.
    email: preset.kind === 'entra' ? textIn(claims, 'preferred_username') : read.email,
    displayName: read.name,
    authenticatedAtMs: typeof at === 'number' ? at * 1000 : visit.parts.nowMs(),
    acr: textIn(claims, 'acr'),
    methods: isList(amr) ? amr.filter((each) => typeof each === 'string').slice(0, 10) : [],
    providerSubject: sub, providerSession: sid,
  }
}

/** The provider tells us, server to server, that a person has signed out there. */
export async function oidcBackchannelLogout(visit: Visit): Promise<PageAnswer> {
  const { parts, connection, request } = visit
  const oidc = oidcOf(visit)
  const read = await readBackchannelLogout(request.form.get('logout_token') ?? '', await providerOf(visit, oidc), { clientId: oidc.clientId }, { keys: knownOf(parts).keys, nowMs: parts.nowMs })
  if (!read.ok) {
    await note(visit, 'sign_out', read.code, { detail: read.detail })
    return json({ error: 'invalid_request' }, { status: 400 })
  }
  const isFirst = await visit.write((tx) => store.saveAssertion(tx, connection.id, `logout ${read.jti}`, read.expiresAt.getTime()))
  if (!isFirst) return json({ error: 'invalid_request' }, { status: 400 })
  await visit.write((tx) => store.endProviderSessions(tx, connection.id, read.sub, read.sid === null ? [] : [read.sid]))
  await note(visit, 'sign_out', 'ok', { subject: read.sub })
  return empty(200)
}

/** Where to send a browser so that the session at the provider ends too; null when the provider has no such place, or cannot be asked. */
export async function oidcSignOut(visit: Visit, idToken: string | null): Promise<string | null> {
  try {
    const oidc = oidcOf(visit)
    return endSessionUrl({ provider: await providerOf(visit, oidc), clientId: oidc.clientId, ...(idToken === null ? {} : { idToken }), postLogoutRedirectUri: `${visit.parts.origin()}/signed-out` })
  } catch (error) {
    // The session here has ended already; a provider that is away must not make that look undone.
    if (error instanceof Refusal) return null
    throw error
  }
}

/** Our public key for a provider at which we prove ourselves by private_key_jwt. */
export function oidcKeys(visit: Visit): PageAnswer {
  const { publicJwk } = visit.connection.settings
  if (publicJwk === undefined) throw new Problem('not_found', 'There is nothing at this address.')
  return json({ keys: [publicJwk] })
}

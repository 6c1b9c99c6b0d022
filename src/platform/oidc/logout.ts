import { checkAudience, checkIssuerClaim, checkLifetime, neededIssuedAt, neededJti, optionalText, subjectIn } from './claims.ts'
import { attempt, type OidcRefused, Refusal } from './codes.ts'
import { CLOCK_TOLERANCE_SECONDS } from './configuration.ts'
import type { Provider } from './discover.ts'
import { readJws } from './jws.ts'
import type { KeyRings } from './keys.ts'
import { isRecord } from '../../kernel/json.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** A logout token is sent when it is made; an old one is a recording. */
const AGE_MAX_SECONDS = 300

export interface BackchannelLogout {
  readonly ok: true
  /** One session at the provider; null: all sessions of the subject. */
  readonly sid: string | null
  readonly sub: string | null
  /** To be kept until `expiresAt`: the same number a second time is a replay. */
  readonly jti: string
  readonly expiresAt: Date
}

/** Reads a logout token that the provider posted (OpenID Connect Back-Channel Logout 1.0). */
export function readBackchannelLogout(token: string, provider: Provider, expected: { readonly clientId: string }, parts: { readonly keys: KeyRings; readonly nowMs?: () => number }): Promise<BackchannelLogout | OidcRefused> {
  return attempt(async () => {
    const now = (parts.nowMs ?? Date.now)() / 1000
    // Okta, Entra ID and others still say "JWT" or nothing; an ID token is kept out by what it must and must not contain.
    const { claims } = await readJws(token, parts.keys.of(provider), { algorithms: provider.algorithms, types: ['logout+jwt', 'jwt'] })
    checkIssuerClaim(claims, provider.issuer)
    checkAudience(claims, expected.clientId)
    const issued = neededIssuedAt(claims, now)
    if (issued < now - AGE_MAX_SECONDS - CLOCK_TOLERANCE_SECONDS) throw new Refusal('too_old', 'The logout token was made too long ago.')
    // Its age is bounded above, so the expiry that older versions of the standard lack is not missed.
    const expires = claims['exp'] === undefined ? checkLifetime({ ...claims, exp: issued + AGE_MAX_SECONDS }, now) : checkLifetime(claims, now)
    const jti = neededJti(claims)
    if (claims['nonce'] !== undefined) throw new Refusal('nonce_present', 'A logout token has no nonce; this is an ID token.')
    const { events } = claims
    if (!isRecord(events) || !isRecord(events[EVENT])) throw new Refusal('event_missing', 'The token does not say that somebody signed out.')
    const sid = optionalText(claims, 'sid')
    const sub = claims['sub'] === undefined ? null : subjectIn(claims)
    if (sid === null && sub === null) throw new Refusal('sid_and_sub_missing', 'The token does not say who signed out.')
    // Older than AGE_MAX_SECONDS it is refused whatever its exp says, so its number need not be kept for longer.
    const forgotten = Math.min(expires, issued + AGE_MAX_SECONDS) + CLOCK_TOLERANCE_SECONDS
    return { ok: true, sid, sub, jti, expiresAt: new Date(forgotten * 1000) }
  })
}

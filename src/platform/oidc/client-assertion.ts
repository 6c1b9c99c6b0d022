import { ALGORITHMS } from './algorithms.ts'
import { isList } from '../../kernel/json.ts'
import { checkIssuerClaim, checkLifetime, issuedAt, neededJti, optionalText, subjectIn } from './claims.ts'
import { attempt, type OidcRefused, Refusal } from './codes.ts'
import { CLOCK_TOLERANCE_SECONDS } from './configuration.ts'
import { readJws, unverifiedClaims } from './jws.ts'
import { type KeySource, staticKeys } from './keys.ts'

const LIFETIME_MAX_SECONDS = 300
const ASSERTION_LENGTH_MAX = 16 * 1024

export interface AssertionExpected {
  /** Names of our own token endpoint and issuer. */
  readonly audiences: readonly string[]
  /** `client_id` of the form, when it was sent along. */
  readonly clientId?: string
  /** The key set (RFC 7517) that the client registered, or a source of keys (`KeyRings.of`) where it publishes them; null for an unknown client. */
  readonly keysOf: (clientId: string) => Promise<unknown>
  readonly nowMs?: () => number
}

export interface ClientAssertion {
  readonly ok: true
  readonly clientId: string
  /** To be kept until `expiresAt`: the same number a second time is a replay, which only the caller can know. */
  readonly jti: string
  readonly expiresAt: Date
}

/** Reads the assertion by which a machine client proves itself at our token endpoint (private_key_jwt, RFC 7523). */
export function readClientAssertion(assertion: string, expected: AssertionExpected): Promise<ClientAssertion | OidcRefused> {
  return attempt(async () => {
    if (assertion.length > ASSERTION_LENGTH_MAX) throw new Refusal('token_malformed', 'The assertion is too long.')
    const now = (expected.nowMs ?? Date.now)() / 1000
    // Only to find the keys: what it says is believed after the signature.
    const clientId = optionalText(unverifiedClaims(assertion), 'iss')
    if (clientId === null) throw new Refusal('iss_missing', 'The assertion does not say which client it is from.')
    if (expected.clientId !== undefined && expected.clientId !== clientId) throw new Refusal('client_wrong', 'The assertion is from another client than the form says.')
    const set = await expected.keysOf(clientId)
    if (set === null || set === undefined) throw new Refusal('client_unknown', 'There is no such client.')
    const { claims } = await readJws(assertion, isKeySource(set) ? set : staticKeys(set), { algorithms: ALGORITHMS, types: ['jwt', 'client-authentication+jwt'] })
    checkIssuerClaim(claims, clientId)
    if (subjectIn(claims) !== clientId) throw new Refusal('sub_wrong', 'The assertion speaks about somebody other than the client.')
    checkOwnAudience(claims['aud'], expected.audiences)
    const expires = checkLifetime(claims, now)
    if (expires > now + LIFETIME_MAX_SECONDS + CLOCK_TOLERANCE_SECONDS) throw new Refusal('lives_too_long', 'The assertion is valid for more than five minutes.')
    issuedAt(claims, now)
    return { ok: true, clientId, jti: neededJti(claims), expiresAt: new Date((expires + CLOCK_TOLERANCE_SECONDS) * 1000) }
  })
}

/** A key set that was registered is data and never a function. */
const isKeySource = (set: unknown): set is KeySource => typeof set === 'function'

/** Exactly one audience, and it is us: an assertion that is good elsewhere too could be taken from there and used here. */
function checkOwnAudience(aud: unknown, audiences: readonly string[]): void {
  const [only, ...others] = typeof aud === 'string' ? [aud] : isList(aud) ? aud : []
  if (only === undefined) throw new Refusal('aud_missing', 'The assertion does not say whom it is for.')
  if (others.length > 0 || !audiences.some((audience) => audience === only)) throw new Refusal('aud_foreign', 'The assertion is not for this server alone.')
}

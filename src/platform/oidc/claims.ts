// What the claims of a verified token must say. Each function checks one thing and throws the exact Refusal.
import { CLOCK_TOLERANCE_SECONDS } from './configuration.ts'
import { type OidcCode, Refusal } from './codes.ts'
import { isTextList } from './jws.ts'
import type { JsonObject } from './strict-json.ts'

const SUBJECT = /^[\u0020-\u007e]{1,255}$/

/** A NumericDate. A number in quotes is none. */
function seconds(claims: JsonObject, name: string): number | null {
  const value = claims[name]
  if (value === undefined) return null
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refusal('claim_malformed', `${name} is not a point in time.`)
  return value
}

export function checkIssuerClaim(claims: JsonObject, issuer: string): void {
  if (claims['iss'] === undefined) throw new Refusal('iss_missing', 'The token does not say who issued it.')
  if (claims['iss'] !== issuer) throw new Refusal('iss_wrong', 'The token was issued by somebody else.')
}

/** OpenID Connect Core 2: at most 255 characters of ASCII. */
export function subjectIn(claims: JsonObject): string {
  const { sub } = claims
  if (sub === undefined) throw new Refusal('sub_missing', 'The token does not say who it is about.')
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) throw new Refusal('sub_malformed', 'The subject is empty, too long or not ASCII.')
  return sub
}

export function checkAudience(claims: JsonObject, clientId: string): void {
  const { aud, azp } = claims
  if (aud === undefined) throw new Refusal('aud_missing', 'The token does not say whom it is for.')
  if (typeof aud !== 'string' && !isTextList(aud)) throw new Refusal('claim_malformed', 'aud is neither a text nor a list of texts.')
  const audiences = typeof aud === 'string' ? [aud] : aud
  if (!audiences.includes(clientId)) throw new Refusal('aud_foreign', 'The token is for another client.')
  if (azp === undefined && audiences.length > 1) throw new Refusal('azp_missing', 'The token is for several clients and does not say which of them asked for it.')
  if (azp !== undefined && azp !== clientId) throw new Refusal('azp_foreign', 'Another client asked for the token.')
}

/** Checks `nbf` and `exp`; gives the moment of expiry in seconds. */
export function checkLifetime(claims: JsonObject, now: number): number {
  const expires = seconds(claims, 'exp')
  if (expires === null) throw new Refusal('exp_missing', 'The token does not say until when it is valid.')
  if (expires <= now - CLOCK_TOLERANCE_SECONDS) throw new Refusal('expired', 'The token has expired.')
  if ((seconds(claims, 'nbf') ?? 0) > now + CLOCK_TOLERANCE_SECONDS) throw new Refusal('not_yet_valid', 'The token is not valid yet.')
  return expires
}

/** Checks that the token was not issued in the future; gives the moment of issue in seconds, or null. */
export function issuedAt(claims: JsonObject, now: number): number | null {
  const issued = seconds(claims, 'iat')
  if (issued !== null && issued > now + CLOCK_TOLERANCE_SECONDS) throw new Refusal('iat_future', 'The token was issued in the future.')
  return issued
}

export function neededIssuedAt(claims: JsonObject, now: number): number {
  const issued = issuedAt(claims, now)
  if (issued === null) throw new Refusal('iat_missing', 'The token does not say when it was issued.')
  return issued
}

export function checkNonce(claims: JsonObject, nonce: string): void {
  if (claims['nonce'] === undefined) throw new Refusal('nonce_missing', 'The token does not belong to a sign-in.')
  if (claims['nonce'] !== nonce) throw new Refusal('nonce_wrong', 'The token belongs to another sign-in.')
}

/** That the person proved who they are recently enough, when that was asked for. */
export function checkAuthTime(claims: JsonObject, now: number, maxAge: number | undefined): void {
  const at = seconds(claims, 'auth_time')
  if (maxAge === undefined) return
  if (at === null) throw new Refusal('auth_time_missing', 'The provider does not say when the person signed in there.')
  if (at + maxAge < now - CLOCK_TOLERANCE_SECONDS) throw new Refusal('auth_too_old', 'The person signed in at the provider too long ago.')
}

export function checkAcr(claims: JsonObject, acrValues: readonly string[]): void {
  if (acrValues.length > 0 && !acrValues.some((value) => value === claims['acr'])) throw new Refusal('acr_insufficient', 'The provider did not check the person as strongly as was asked for.')
}

/** A text that may be absent, of a length that can be kept. */
export function optionalText(claims: JsonObject, name: string, code: OidcCode = 'claim_malformed'): string | null {
  const value = claims[name]
  if (value === undefined) return null
  if (typeof value !== 'string' || value === '' || value.length > 255) throw new Refusal(code, `${name} is not a short text.`)
  return value
}

export function neededJti(claims: JsonObject): string {
  const jti = optionalText(claims, 'jti')
  if (jti === null) throw new Refusal('jti_missing', 'The token has no number, so that it could be used twice.')
  return jti
}

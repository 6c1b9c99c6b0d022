import { hash } from 'node:crypto'
import type { Algorithm } from './algorithms.ts'
import { checkAcr, checkAudience, checkAuthTime, checkIssuerClaim, checkLifetime, checkNonce, neededIssuedAt, optionalText, subjectIn } from './claims.ts'
import { Refusal } from './codes.ts'
import type { Provider } from './discover.ts'
import { readJws, type VerifiedJws } from './jws.ts'
import type { KeyRings } from './keys.ts'

export interface IdTokenExpected {
  readonly clientId: string
  readonly nonce: string
  readonly maxAge?: number | undefined
  readonly acrValues?: readonly string[] | undefined
  /** What came along with the token. */
  readonly accessToken: string
}

export interface IdToken extends VerifiedJws {
  readonly expires: number
  readonly sid: string | null
}

const hashOf = (alg: Algorithm): string => (alg.startsWith('Ed') ? 'sha512' : `sha${alg.slice(2)}`)

/** OpenID Connect Core 3.1.3.6: the left half of the hash of the access token, in the hash of the signature. */
export function halfHash(text: string, alg: Algorithm): string {
  const digest = hash(hashOf(alg), text, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** Reads an ID token and checks everything that can be said about it. Throws Refusal. */
export async function readIdToken(token: string, provider: Provider, keys: KeyRings, now: number, expected: IdTokenExpected): Promise<IdToken> {
  const verified = await readJws(token, keys.of(provider), { algorithms: provider.algorithms, types: ['jwt'] })
  const { header, claims } = verified
  checkIssuerClaim(claims, provider.issuer)
  subjectIn(claims)
  checkAudience(claims, expected.clientId)
  const expires = checkLifetime(claims, now)
  neededIssuedAt(claims, now)
  checkNonce(claims, expected.nonce)
  if (claims['at_hash'] !== undefined && claims['at_hash'] !== halfHash(expected.accessToken, header.alg)) throw new Refusal('at_hash_wrong', 'The token belongs to another access token.')
  checkAuthTime(claims, now, expected.maxAge)
  checkAcr(claims, expected.acrValues ?? [])
  return { ...verified, expires, sid: optionalText(claims, 'sid') }
}

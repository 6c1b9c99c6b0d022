// The form of a signed token. Everything that could make a verifier look for a key, or for an algorithm, where the sender
// wants it to look is refused before any key is chosen.
import { compactVerify, type CryptoKey, errors } from 'jose'
import { isList } from '../../kernel/json.ts'
import { type Algorithm, isAlgorithm, type JwsHeader } from './algorithms.ts'
import { Refusal } from './codes.ts'
import type { KeySource } from './keys.ts'
import { type JsonObject, readObject } from './strict-json.ts'

const TOKEN_LENGTH_MAX = 128 * 1024
const KID_LENGTH_MAX = 512
/** Keys that a sender brings along, or names: they prove that the sender has a key, and nothing else. */
const FORBIDDEN = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc', 'cty']
const SEGMENT = /^[A-Za-z0-9_-]+$/

export interface JwsExpected {
  readonly algorithms: readonly Algorithm[]
  /** Values of `typ` that are taken, in lower case and without `application/`. */
  readonly types: readonly string[]
  /** Whether a token may come without `typ`. */
  readonly needsType?: boolean
}

function readSegment(segment: string): JsonObject {
  const object = readObject(Buffer.from(segment, 'base64url'))
  if (object === 'duplicate') throw new Refusal('token_duplicate_member', 'The token says the same thing twice.')
  if (object === 'malformed') throw new Refusal('token_malformed', 'A part of the token is not a JSON object.')
  return object
}

function readHeader(segment: string, { algorithms, types, needsType = false }: JwsExpected): JwsHeader {
  const header = readSegment(segment)
  const forbidden = FORBIDDEN.find((name) => Object.hasOwn(header, name))
  if (forbidden !== undefined) throw new Refusal('header_forbidden', `The token's header carries "${forbidden}".`)
  const { alg, kid, typ } = header
  if (!isAlgorithm(alg) || !algorithms.includes(alg)) throw new Refusal('alg_forbidden', `The token is not signed with ${algorithms.join(', ')}.`)
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > KID_LENGTH_MAX)) throw new Refusal('token_malformed', 'The key id of the token is not a text.')
  const isTyped = typeof typ === 'string' && types.includes(typ.toLowerCase().replace(/^application\//, ''))
  if (!isTyped && (typ !== undefined || needsType)) throw new Refusal('typ_wrong', 'The token is of another type.')
  return { alg, kid: kid ?? null }
}

/** The claims of a token before anybody has checked the signature: good for finding out whose key to check it with, and for nothing else. */
export function unverifiedClaims(token: string): JsonObject {
  return readSegment(segmentsOf(token)[1])
}

function segmentsOf(token: string): readonly [string, string, string] {
  const segments = token.length > TOKEN_LENGTH_MAX ? [] : token.split('.')
  if (segments.length === 5) throw new Refusal('token_encrypted', 'The token is encrypted, and no key for that was agreed on.')
  const [header = '', payload = '', signature = ''] = segments
  if (segments.length !== 3 || !SEGMENT.test(header) || !SEGMENT.test(payload)) throw new Refusal('token_malformed', 'This is no signed token.')
  return [header, payload, signature]
}

export interface VerifiedJws {
  readonly header: JwsHeader
  readonly claims: JsonObject
  /** The key that the signature was checked with. */
  readonly key: CryptoKey
}

/** Checks form, header and signature. What the claims say is for the caller to judge. Throws Refusal. */
export async function readJws(token: string, keys: KeySource, expected: JwsExpected): Promise<VerifiedJws> {
  const [first, payload, signature] = segmentsOf(token)
  const header = readHeader(first, expected)
  const claims = readSegment(payload)
  if (!SEGMENT.test(signature)) throw new Refusal('signature_invalid', 'The token is not signed.')
  const key = await keys(header)
  try {
    await compactVerify(token, key, { algorithms: [header.alg] })
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) throw new Refusal('signature_invalid', 'The signature of the token is wrong.')
    throw new Refusal('key_invalid', 'The key of the token cannot be used.')
  }
  return { header, claims, key }
}

export const isTextList = (value: unknown): value is readonly string[] => isList(value) && value.every((entry) => typeof entry === 'string')

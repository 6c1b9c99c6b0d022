// Keys that a machine client registers with us: judged when they come in, so that what is kept can be used and holds nothing secret.
import { importJWK, type JWK } from 'jose'
import { isAlgorithm } from './algorithms.ts'
import { fits } from './keys.ts'
import type { JsonObject } from './strict-json.ts'

export interface KeyFault {
  /** The member of the key that is at fault; null for the key as a whole. */
  readonly member: string | null
  readonly code: 'private_key' | 'alg' | 'kid' | 'key_type' | 'key_size' | 'key_exponent' | 'key_invalid'
  readonly message: string
}

/** Members that only a private or a shared key has (RFC 7518 §6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const RSA_BITS_MIN = 2048
/** Checking with a longer one costs more than any client needs. */
const RSA_BITS_MAX = 4096

/** What speaks against a key as the key of a client; null when it can be used. It must name itself and its one algorithm. */
export async function faultOfClientKey(jwk: JsonObject): Promise<KeyFault | null> {
  const secret = PRIVATE.find((member) => Object.hasOwn(jwk, member))
  if (secret !== undefined) return { member: secret, code: 'private_key', message: 'This is a private key. Make a new one, and send its public half only.' }
  const { alg, kid, kty } = jwk
  if (!isAlgorithm(alg)) return { member: 'alg', code: 'alg', message: 'Must name an asymmetric algorithm.' }
  if (typeof kid !== 'string' || kid === '') return { member: 'kid', code: 'kid', message: 'Must name the key.' }
  if (!fits(jwk, { alg, kid })) return { member: null, code: 'key_type', message: `The key is not one for signatures with ${alg}.` }
  if (kty === 'RSA') {
    const bits = bitsOf(jwk['n'])
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) return { member: 'n', code: 'key_size', message: `An RSA key has ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits.` }
    if (jwk['e'] !== 'AQAB') return { member: 'e', code: 'key_exponent', message: 'The exponent of an RSA key is 65537 (AQAB).' }
  }
  try {
    const { n, e, crv, x, y } = jwk
    const members = Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined))
    // What is missing or of the wrong type is refused by the import.
    const key = await importJWK(members as unknown as JWK, alg)
    if (!(key instanceof Uint8Array) && key.type === 'public') return null
  } catch {
    // Said below, with the case in which it is a key of another kind.
  }
  return { member: null, code: 'key_invalid', message: 'The key cannot be used.' }
}

function bitsOf(n: unknown): number {
  const bytes = Buffer.from(typeof n === 'string' ? n : '', 'base64url')
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24)
}

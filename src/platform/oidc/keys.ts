import { type CryptoKey, importJWK, type JWK } from 'jose'
import { isList, isRecord } from '../../kernel/json.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Algorithm, JwsHeader } from './algorithms.ts'
import { Refusal, unreachable } from './codes.ts'
import { type JsonObject, readObject } from './strict-json.ts'

/** Finds the one key that a token's header speaks of. Rejects with Refusal. */
export type KeySource = (header: JwsHeader) => Promise<CryptoKey>

const KEYS_MAX = 100
/** Keys are looked at again after this long, so that a withdrawn one is forgotten. */
export const KEYS_FRESH_MS = 10 * 60_000
/** A token may name any key id; the provider is asked about unknown ones no more often than this. */
export const KEYS_PAUSE_MS = 60_000
/** After a failed look-up, so that a provider that is down is not asked for every person who tries. */
const KEYS_RETRY_MS = 5_000
const RINGS_MAX = 1_000

const CURVES: Readonly<Partial<Record<Algorithm, string>>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519', Ed25519: 'Ed25519' }
const typeOf = (alg: Algorithm): string => (alg.startsWith('ES') ? 'EC' : alg.startsWith('Ed') ? 'OKP' : 'RSA')

/** Whether the key may be the one that the header speaks of. */
export function fits(jwk: JsonObject, { alg, kid }: JwsHeader): boolean {
  const { key_ops: operations } = jwk
  return (
    jwk['kty'] === typeOf(alg) &&
    (kid === null || jwk['kid'] === kid) &&
    (jwk['alg'] === undefined || jwk['alg'] === alg) &&
    (jwk['use'] === undefined || jwk['use'] === 'sig') &&
    (operations === undefined || (isList(operations) && operations.includes('verify'))) &&
    (CURVES[alg] === undefined || jwk['crv'] === CURVES[alg])
  )
}

/** The keys of a key set (RFC 7517). Those that this product cannot use stay in: they are never chosen. */
export function keysIn(set: unknown): readonly JsonObject[] {
  const keys = isRecord(set) ? set['keys'] : undefined
  if (!isList(keys) || keys.length > KEYS_MAX || !keys.every(isRecord)) throw new Refusal('keys_malformed', 'The key set is not valid.')
  return keys
}

function choose(keys: readonly JsonObject[], header: JwsHeader): JsonObject | null {
  const [jwk, ...others] = keys.filter((key) => fits(key, header))
  if (others.length > 0) throw new Refusal('key_ambiguous', 'The token does not say by which of several keys it is signed.')
  return jwk ?? null
}

const unknown = (): Refusal => new Refusal('key_unknown', 'The token is signed with a key that is not in the key set.')
const imported = new WeakMap<JsonObject, Map<Algorithm, Promise<CryptoKey>>>()

/** Only the public members are read: a certificate or an address inside a key is not followed, and a private key is not kept. */
async function importKey(jwk: JsonObject, alg: Algorithm): Promise<CryptoKey> {
  const known = imported.get(jwk) ?? new Map<Algorithm, Promise<CryptoKey>>()
  imported.set(jwk, known)
  const before = known.get(alg)
  if (before !== undefined) return before
  const { kty, n, e, crv, x, y } = jwk
  // What is missing or of the wrong type is refused by the import.
  const members = Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined)) as unknown as JWK
  const importing = importJWK(members, alg).then((key) => {
    if (key instanceof Uint8Array || key.type !== 'public') throw new Refusal('key_invalid', 'The key of the token cannot be used.')
    return key
  })
  known.set(alg, importing)
  return importing
}

async function keyOf(jwk: JsonObject, alg: Algorithm): Promise<CryptoKey> {
  try {
    return await importKey(jwk, alg)
  } catch {
    throw new Refusal('key_invalid', 'The key of the token cannot be used.')
  }
}

/** Keys that were registered with us. */
export function staticKeys(set: unknown): KeySource {
  return async (header) => {
    const jwk = choose(keysIn(set), header)
    if (jwk === null) throw unknown()
    return keyOf(jwk, header.alg)
  }
}

interface Ring {
  keys: readonly JsonObject[]
  askedAt: number
  failure: Refusal | null
  asking: Promise<void> | null
}

/** The providers' keys, kept for a while in this process. */
export interface KeyRings {
  readonly of: (provider: { readonly issuer: string; readonly jwksUri: string }) => KeySource
}

export function createKeyRings(outbound: Outbound, nowMs: () => number = Date.now): KeyRings {
  const rings = new Map<string, Ring>()

  async function ask(ring: Ring, jwksUri: string): Promise<void> {
    ring.asking ??= fetchKeys(outbound, jwksUri)
      .then((keys) => Object.assign(ring, { keys, failure: null }))
      .catch((error: unknown) => Object.assign(ring, { failure: error instanceof Refusal ? error : new Refusal('keys_malformed', 'The key set is not valid.') }))
      .then(() => {
        ring.askedAt = nowMs()
        ring.asking = null
      })
    await ring.asking
    if (ring.failure !== null) throw ring.failure
  }

  function ringOf(name: string): Ring {
    const ring = rings.get(name) ?? { keys: [], askedAt: Number.NEGATIVE_INFINITY, failure: null, asking: null }
    rings.delete(name)
    rings.set(name, ring)
    const [oldest] = rings.keys()
    if (rings.size > RINGS_MAX && oldest !== undefined) rings.delete(oldest)
    return ring
  }

  return {
    of: ({ issuer, jwksUri }) => {
      // The issuer is part of the name: a stranger who points at the same key set cannot use up its pause.
      const name = JSON.stringify([issuer, jwksUri])
      return async (header) => {
        const ring = ringOf(name)
        const age = (): number => nowMs() - ring.askedAt
        if (ring.asking !== null || age() >= (ring.failure === null ? KEYS_FRESH_MS : KEYS_RETRY_MS)) await ask(ring, jwksUri)
        else if (ring.failure !== null) throw ring.failure
        let jwk = choose(ring.keys, header)
        if (jwk === null && age() >= KEYS_PAUSE_MS) {
          await ask(ring, jwksUri)
          jwk = choose(ring.keys, header)
        }
        if (jwk === null) throw unknown()
        return keyOf(jwk, header.alg)
      }
    },
  }
}

async function fetchKeys(outbound: Outbound, jwksUri: string): Promise<readonly JsonObject[]> {
  const answer = await outbound.fetch(jwksUri, { headers: { accept: 'application/jwk-set+json, application/json' }, contentTypes: ['application/json', 'application/jwk-set+json'] })
  if (!answer.ok) throw unreachable('jwks', answer)
  const set = answer.status === 200 ? readObject(answer.body) : 'malformed'
  if (typeof set === 'string') throw new Refusal('keys_malformed', 'The key set is not valid.')
  return keysIn(set)
}

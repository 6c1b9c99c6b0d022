// Tokens made by hand, so that also those can be made that no library would make.
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export type Json = Readonly<Record<string, unknown>>

export interface Pair {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const rsaPair = (kid: string, alg = 'RS256', modulusLength = 2048): Pair => ({ kid, alg, ...generateKeyPairSync('rsa', { modulusLength }) })
export const ecPair = (kid: string, alg: 'ES256' | 'ES384' | 'ES512'): Pair => ({ kid, alg, ...generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] }) })
export const edPair = (kid: string, alg: 'EdDSA' | 'Ed25519'): Pair => ({ kid, alg, ...generateKeyPairSync('ed25519') })

export const jwkOf = ({ kid, publicKey }: Pair): Json => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' })

export function signature(alg: string, text: string, key: KeyObject | string): string {
  const data = Buffer.from(text)
  const sha = `sha${alg.slice(-3)}`
  if (alg.startsWith('HS')) return createHmac(sha, key).update(data).digest('base64url')
  if (typeof key === 'string') return ''
  if (alg.startsWith('PS')) return sign(sha, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }).toString('base64url')
  if (alg.startsWith('ES')) return sign(sha, data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return sign(alg.startsWith('Ed') ? null : sha, data, key).toString('base64url')
}

const segment = (value: Json | string): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A token signed with the algorithm `alg`, whatever its header says. A header or claims may be given as text. */
export function mint(header: Json | string, claims: Json | string, key: KeyObject | string, alg: string): string {
  const text = `${segment(header)}.${segment(claims)}`
  return `${text}.${alg === 'none' ? '' : signature(alg, text, key)}`
}

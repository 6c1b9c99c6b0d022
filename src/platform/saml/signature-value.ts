// The closed list of signature and digest algorithms. SHA-1 is forgeable, and HMAC would take the public certificate for a secret.
import { createHash, createPrivateKey, constants, sign, verify, type KeyObject } from 'node:crypto'
import type { PinnedKey } from './keys.ts'
import { RSA_SHA256 } from './names.ts'
import { refuse } from './refusal.ts'

type Method = { readonly kind: 'rsa' | 'ec'; readonly hash: 'sha256' | 'sha384' | 'sha512' }

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
const METHODS: ReadonlyMap<string, Method> = new Map([
  [RSA_SHA256, { kind: 'rsa', hash: 'sha256' }],
  [`${MORE}rsa-sha384`, { kind: 'rsa', hash: 'sha384' }],
  [`${MORE}rsa-sha512`, { kind: 'rsa', hash: 'sha512' }],
  [`${MORE}ecdsa-sha256`, { kind: 'ec', hash: 'sha256' }],
  [`${MORE}ecdsa-sha384`, { kind: 'ec', hash: 'sha384' }],
  [`${MORE}ecdsa-sha512`, { kind: 'ec', hash: 'sha512' }],
])
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  [`${MORE}sha384`, 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
])

export function signatureMethod(uri: string | null): Method {
  return METHODS.get(uri ?? '') ?? refuse('weak_algorithm', `the signature algorithm ${uri}`)
}

export function digestOf(uri: string | null, octets: string): Buffer {
  const hash = DIGESTS.get(uri ?? '') ?? refuse('weak_algorithm', `the digest algorithm ${uri}`)
  return createHash(hash).update(octets).digest()
}

/** The pinned key that made this signature, or null. */
export function signerOf(octets: string, method: Method, signature: Buffer, keys: readonly PinnedKey[]): PinnedKey | null {
  const bytes = Buffer.from(octets)
  return keys.find(({ key, kind }) => kind === method.kind && verify(method.hash, bytes, optionsOf(key), signature)) ?? null
}

/** RSA-SHA256 over these octets with our own key, as base64. */
export function signatureOf(octets: string, privateKeyPem: string): string {
  return sign('sha256', Buffer.from(octets), optionsOf(createPrivateKey(privateKeyPem))).toString('base64')
}

// XML signature writes ECDSA as the two numbers side by side, not as DER.
const optionsOf = (key: KeyObject) => ({ key, padding: key.asymmetricKeyType === 'rsa' ? constants.RSA_PKCS1_PADDING : undefined, dsaEncoding: 'ieee-p1363' as const })

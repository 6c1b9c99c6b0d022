// Pinned certificates. A message never brings the key it is checked with; the key is what an administrator approved by its fingerprint.
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { refuse } from './refusal.ts'

export interface PinnedKey {
  readonly key: KeyObject
  readonly kind: 'rsa' | 'ec'
  /** SHA-256 of the certificate, hex. */
  readonly sha256: string
  readonly base64: string
  readonly notAfterMs: number
}

const RSA_BITS_MIN = 2048
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']
const PINNED_MAX = 2

export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex')

/** Why a key is too weak to sign for anybody, or null. */
export function weaknessOf(key: KeyObject): string | null {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'rsa') return (details?.modulusLength ?? 0) >= RSA_BITS_MIN ? null : `an RSA key of ${details?.modulusLength} bits`
  if (key.asymmetricKeyType === 'ec') return CURVES.includes(details?.namedCurve ?? '') ? null : `the curve ${details?.namedCurve}`
  return `a key of type ${key.asymmetricKeyType}`
}

/** The keys of one or two pinned certificates. A broken or weak one makes the whole connection unusable, so that it is noticed. */
export function pinnedKeys(certificatesPem: readonly string[]): readonly PinnedKey[] {
  if (certificatesPem.length === 0 || certificatesPem.length > PINNED_MAX) refuse('no_usable_certificate', `${certificatesPem.length} pinned certificates instead of one or two`)
  return certificatesPem.map(pinnedKey)
}

function pinnedKey(pem: string): PinnedKey {
  const certificate = readCertificate(pem)
  if (certificate === null) refuse('no_usable_certificate', 'a pinned certificate cannot be read')
  const { publicKey, raw, validToDate } = certificate
  const weakness = weaknessOf(publicKey)
  if (weakness !== null) refuse('weak_key', `the pinned certificate has ${weakness}`)
  return { key: publicKey, kind: publicKey.asymmetricKeyType === 'ec' ? 'ec' : 'rsa', sha256: fingerprintOf(raw), base64: raw.toString('base64'), notAfterMs: validToDate.getTime() }
}

/** A certificate, or null when the text is none. */
export function readCertificate(pemOrDer: string | Uint8Array): X509Certificate | null {
  try {
    const certificate = new X509Certificate(pemOrDer)
    // Reading the key now: a certificate with a key that nobody knows is of no use either.
    return certificate.publicKey.type === 'public' ? certificate : null
  } catch {
    return null
  }
}

/** What can be said of a certificate, or null when the text is none. */
export function certificateFacts(pem: string): { readonly sha256: string; readonly notAfterMs: number; readonly weakness: string | null } | null {
  const certificate = readCertificate(pem)
  return certificate === null ? null : { sha256: fingerprintOf(certificate.raw), notAfterMs: certificate.validToDate.getTime(), weakness: weaknessOf(certificate.publicKey) }
}

// Secrets that must be read again (a provider's client secret, a signing key) are kept sealed: AES-256-GCM under a key derived from the
// installation's secret, bound to what they are for, so that a sealed value moved to another row opens nothing.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16

const keyOf = (secret: Uint8Array): Buffer => Buffer.from(hkdfSync('sha256', secret, 'blue ship sync', 'vault', 32))

/** Seals a text. `purpose` names its place, such as `identity_connection:<organization>:<id>`; it must be the same to open it. */
export function sealSecret(secret: Uint8Array, plain: string, purpose: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), iv).setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed])
}

/** The text again. Throws when it was sealed with another secret, for another purpose, or changed. */
export function openSecret(secret: Uint8Array, sealed: Uint8Array, purpose: string): string {
  const bytes = Buffer.from(sealed)
  if (bytes[0] !== VERSION || bytes.length < 1 + IV_BYTES + TAG_BYTES) throw new Error('This is no sealed secret.')
  const iv = bytes.subarray(1, 1 + IV_BYTES)
  const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(purpose)).setAuthTag(tag)
  return Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
}

/** The two functions with the secret already in them, for whoever may use it and need not know it. */
export interface Vault {
  seal(plain: string, purpose: string): Buffer
  open(sealed: Uint8Array, purpose: string): string
}
export const vaultOf = (secret: Uint8Array): Vault => ({ seal: (plain, purpose) => sealSecret(secret, plain, purpose), open: (sealed, purpose) => openSecret(secret, sealed, purpose) })

// Encrypted assertions. AES-GCM only: with CBC an attacker who watches which changed messages are refused, and how, reads them byte by byte.
import { constants, createDecipheriv, createPrivateKey, type KeyObject, privateDecrypt } from 'node:crypto'
import { bytesOfBase64, utf8Of } from './base64.ts'
import { AES128_GCM, AES256_GCM, NS, RSA_OAEP, RSA_OAEP_MGF1P } from './names.ts'
import { refuse } from './refusal.ts'
import { allNamed, attributeOf, childNamed, childrenNamed, elementsOf, textOf, type XmlElement } from './xml.ts'

const CIPHERS: ReadonlyMap<string, { name: 'aes-128-gcm' | 'aes-256-gcm'; bytes: number }> = new Map([
  [AES128_GCM, { name: 'aes-128-gcm', bytes: 16 }],
  [AES256_GCM, { name: 'aes-256-gcm', bytes: 32 }],
])
const IV_BYTES = 12
const TAG_BYTES = 16
const OAEP_HASHES: ReadonlyMap<string, string> = new Map([
  [`${NS.ds}sha1`, 'sha1'],
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
])

/** The text inside an EncryptedAssertion. It has passed no gate yet. */
export function decrypted(encrypted: XmlElement, keysPem: readonly string[]): string {
  const data = childNamed(encrypted, NS.xenc, 'EncryptedData') ?? refuse('cannot_decrypt', 'no EncryptedData')
  const algorithm = algorithmOf(data)
  const cipher = CIPHERS.get(algorithm) ?? refuse('weak_encryption', `the encryption algorithm ${algorithm}`)
  const [encryptedKey, ...more] = allNamed(encrypted, 'EncryptedKey')
  if (encryptedKey === undefined || encryptedKey.namespaceURI !== NS.xenc || more.length > 0) return refuse('cannot_decrypt', `${more.length + (encryptedKey === undefined ? 0 : 1)} encrypted keys`)
  const oaepHash = oaepHashOf(encryptedKey)
  const wrapped = cipherValueOf(encryptedKey)
  const content = cipherValueOf(data)
  if (content.length < IV_BYTES + TAG_BYTES) refuse('cannot_decrypt', 'too short')
  for (const pem of keysPem) {
    const secret = unwrapped(wrapped, privateKeyOf(pem), oaepHash)
    const plain = secret?.length === cipher.bytes ? opened(content, secret, cipher.name) : null
    if (plain !== null) return utf8Of(plain)
  }
  return refuse('cannot_decrypt', 'none of our keys opens it')
}

const algorithmOf = (element: XmlElement): string => attributeOf(childNamed(element, NS.xenc, 'EncryptionMethod') ?? element, 'Algorithm') ?? ''

// Node takes one hash for the label and for the mask, so only these pairs can be opened. SHA-1 is no weakness inside OAEP, and it is the usual one.
function oaepHashOf(encryptedKey: XmlElement): string {
  const algorithm = algorithmOf(encryptedKey)
  if (algorithm !== RSA_OAEP && algorithm !== RSA_OAEP_MGF1P) return refuse('weak_encryption', `the key transport ${algorithm}`)
  const method = childNamed(encryptedKey, NS.xenc, 'EncryptionMethod') ?? encryptedKey
  const digest = childNamed(method, NS.ds, 'DigestMethod')
  const mask = childNamed(method, NS.xenc11, 'MGF')
  if (elementsOf(method).length > (digest === null ? 0 : 1) + (mask === null ? 0 : 1)) refuse('cannot_decrypt', 'an OAEP parameter that is not known here')
  const hash = OAEP_HASHES.get(digest === null ? `${NS.ds}sha1` : (attributeOf(digest, 'Algorithm') ?? ''))
  const maskHash = mask === null || algorithm === RSA_OAEP_MGF1P ? 'sha1' : (attributeOf(mask, 'Algorithm') ?? '').replace(`${NS.xenc11}mgf1`, '')
  if (hash === undefined || maskHash !== hash) return refuse('cannot_decrypt', `OAEP with ${hash} and the mask ${maskHash}`)
  return hash
}

function cipherValueOf(element: XmlElement): Buffer {
  const data = childNamed(element, NS.xenc, 'CipherData')
  const [value, ...more] = data === null ? [] : childrenNamed(data, NS.xenc, 'CipherValue')
  // A CipherReference would make us fetch an address of the sender's choice.
  if (value === undefined || more.length > 0) return refuse('cannot_decrypt', 'no CipherValue')
  return bytesOfBase64(textOf(value) ?? '', 'CipherValue')
}

function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    return refuse('cannot_decrypt', 'our own key cannot be read', error)
  }
}

function unwrapped(wrapped: Buffer, key: KeyObject, oaepHash: string): Buffer | null {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped)
  } catch {
    return null
  }
}

function opened(content: Buffer, secret: Buffer, name: 'aes-128-gcm' | 'aes-256-gcm'): Buffer | null {
  try {
    const decipher = createDecipheriv(name, secret, content.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(content.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(content.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

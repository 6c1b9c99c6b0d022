// The form of an API key: `bss_{kind}_` + 43 base62 characters (256 random bits) + 6 base62 characters of CRC-32.
// The checksum lets a typing error or a guess be dropped before any hashing or look-up; only SHA-256 of a key is ever kept.
import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const KEY_KINDS = ['s', 'live', 'test', 'scim'] as const
/** `s` a session, `live` and `test` a service account's key, `scim` a provisioning key. */
export type KeyKind = (typeof KEY_KINDS)[number]

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SECRET_LENGTH = 43
const CRC_LENGTH = 6
const form = new RegExp(`^bss_(${KEY_KINDS.join('|')})_[0-9A-Za-z]{${SECRET_LENGTH + CRC_LENGTH}}$`)
const LONGEST = 'bss_live_'.length + SECRET_LENGTH + CRC_LENGTH

function base62(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let index = 0; index < length; index += 1) {
    text = DIGITS.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return text
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let index = 0; index < CRC_LENGTH; index += 1) {
    digits = DIGITS.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** A new key. It is shown to its owner once; keep `keyDigest` of it and nothing else. */
export function newKey(kind: KeyKind): string {
  const body = `bss_${kind}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH)}`
  return body + checksum(body)
}

/** True when the text has the form of a key and its checksum is right. Says nothing about whether the key exists. */
export function isWellFormedKey(text: string): boolean {
  return text.length <= LONGEST && form.test(text) && checksum(text.slice(0, -CRC_LENGTH)) === text.slice(-CRC_LENGTH)
}

/** SHA-256 of a key in lower-case hex: what is stored and looked up. A 256-bit secret needs no slow hash. */
export const keyDigest = (key: string): string => hash('sha256', key, 'hex')

// The hash chain over an organization's audit trail, as bss.chain_audit in the database ties it. Whoever holds an export can check
// every byte of it here, without a server. All texts are hashed as they stand: nothing is formatted anew on the way.
import { createHash } from 'node:crypto'

/** What a link of the chain is made from, and the hash it came to. Bytes are lower-case hex. */
export interface ChainedEntry {
  readonly position: number
  readonly id: string
  /** `2026-11-24T09:30:00.123456Z`, with all six digits. */
  readonly at: string
  readonly actorKind: string
  readonly actorId: string
  readonly operation: string
  readonly requestId: string
  /** What was done to which things, as JSON text. */
  readonly what: string
  /** Name of the actor and the changes with their values, as JSON text; null when it was erased or is not shown. */
  readonly personal: string | null
  /** The key of the digest of `personal`; null together with it. */
  readonly salt: string | null
  readonly personalDigest: string
  readonly hash: string
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')

/** What the first link is tied to: a chain begins with its organization and fits no other. */
export const genesisOf = (organizationId: string): string => sha256(utf8(`bss audit chain 1 ${organizationId}`)).toString('hex')

/** Digest of the part that may be erased, keyed with its salt (a UUID). */
export function personalDigestOf(salt: string, personal: string): string {
  const key = Buffer.from(salt.replaceAll('-', ''), 'hex')
  return sha256(key, sha256(key, utf8(personal))).toString('hex')
}

/** Hash of a link: the link before it, its position, and its entry. */
export function linkHashOf(previousHash: string, entry: Omit<ChainedEntry, 'personal' | 'salt' | 'hash'>): string {
  const { id, at, actorKind, actorId, operation, requestId, what, personalDigest } = entry
  // As PostgreSQL writes a jsonb list of strings: a comma is followed by a space.
  const text = `[${[id, at, actorKind, actorId, operation, requestId, what, personalDigest].map((part) => JSON.stringify(part)).join(', ')}]`
  const position = Buffer.alloc(8)
  position.writeBigInt64BE(BigInt(entry.position))
  return sha256(Buffer.from(previousHash, 'hex'), position, sha256(utf8(text))).toString('hex')
}

/** What is wrong with a link, as a sentence; null when it holds. */
export function faultOf(previousHash: string, entry: ChainedEntry): string | null {
  if ((entry.personal === null) !== (entry.salt === null)) return 'personal and salt are not both there or both gone'
  if (entry.personal !== null && entry.salt !== null && personalDigestOf(entry.salt, entry.personal) !== entry.personalDigest) return 'the actor\'s name or a value of a change is not what was written'
  return linkHashOf(previousHash, entry) === entry.hash ? null : 'the entry is not what was written, or does not follow the one before it'
}

// The seal: a token that says which organization a database transaction belongs to, and that only the service can make.
// A plain setting would not survive SQL injection, since one set_config opens another organization; a sealed one does.
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import type { ActorId, OrganizationId } from '../../kernel/ids.ts'

/** How long a sealed context is honoured. Longer than the longest transaction, short enough that a leaked log line is useless. */
const LIFETIME_SECONDS = 120

export interface SealedFor {
  readonly organizationId: OrganizationId
  readonly actorId: ActorId
  readonly role: string
  /** The sites the caller is limited to; null or absent: all. */
  readonly sites?: ReadonlySet<string> | null
}

/** Key id of a secret: tells the database which key to check with, so that keys can rotate. */
export const keyIdOf = (secret: Uint8Array): string => createHash('sha256').update('bss key id').update(secret).digest('hex').slice(0, 8)

/** Stands in a seal for no site at all. */
const NOWHERE = '00000000-0000-0000-0000-000000000000'
/** An organization names its own roles: what would be read as a part of the seal is taken out of them. */
const roleText = (role: string): string => role.replaceAll(/[^A-Za-z0-9_+-]/g, '_').slice(0, 200)
const sitesText = (sites: SealedFor['sites']): string => (sites === null || sites === undefined ? '' : `@${[...(sites.size === 0 ? [NOWHERE] : sites)].toSorted().join(',')}`)

/**
 * Makes contexts `<organization>.<actor>.<role>.<expiry>.<key id>.<hmac-sha256>`; `sec.org()` in the database checks them. The role of a
 * caller who is limited to sites is followed by them: `<role>@<site>,<site>`.
 */
export function createSealer(secret: Uint8Array, nowMs: () => number = Date.now): (context: SealedFor) => string {
  const keyId = keyIdOf(secret)
  const key = createSecretKey(sealingKey(secret))
  // Within a second the same caller's seal is the same text, so it is computed once.
  const made = new Map<string, string>()
  let madeIn = 0
  return ({ organizationId, actorId, role, sites }) => {
    const second = Math.floor(nowMs() / 1000)
    if (second !== madeIn) {
      made.clear()
      madeIn = second
    }
    const body = `${organizationId}.${actorId}.${roleText(role)}${sitesText(sites)}.${second + LIFETIME_SECONDS}.${keyId}`
    let seal = made.get(body)
    if (seal === undefined) {
      seal = `${body}.${createHmac('sha256', key).update(body).digest('hex')}`
      made.set(body, seal)
    }
    return seal
  }
}

/** The two padded blocks of HMAC (RFC 2104), so that SQL needs only sha256(): hash(outer ‖ hash(inner ‖ text)). */
export function sealingBlocks(secret: Uint8Array): { inner: Buffer; outer: Buffer } {
  const key = sealingKey(secret)
  const pad = (byte: number): Buffer => Buffer.from(Array.from({ length: 64 }, (_, index) => (key[index] ?? 0) ^ byte))
  return { inner: pad(0x36), outer: pad(0x5c) }
}

/** Password of a database role, derived from the secret so that nothing else must be kept or typed. */
export const rolePassword = (secret: Uint8Array, role: string): string => createHmac('sha256', secret).update(`database role ${role}`).digest('base64url')

const sealingKey = (secret: Uint8Array): Buffer => createHmac('sha256', secret).update('bss seal').digest()

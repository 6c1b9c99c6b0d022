// The single look-up before an organization is known: from a key's digest to what it stands for. It goes through one definer
// function that answers nothing to somebody who does not hold the key, and it runs on the primary, where a revocation is seen first.
import { problemOf } from './errors.ts'
import type { Pool } from './pool.ts'
import * as column from './row.ts'
import type { ActorId, OrganizationId } from '../../kernel/ids.ts'
import type { Call } from './wire.ts'

const shape = {
  plane: column.oneOf(['tenant', 'platform']),
  credentialId: column.id(),
  /** Null for a key of the platform's operator. */
  organizationId: column.nullable(column.id<OrganizationId>()),
  organizationStatus: column.text,
  accountId: column.id<ActorId>(),
  accountName: column.text,
  accountStatus: column.text,
  role: column.nullable(column.text),
  /** Null: everything its owner may do. */
  scopes: column.nullable(column.texts),
  cidrs: column.texts,
  expiresAt: column.instant,
  revokedAt: column.nullable(column.instant),
  lastUsedAt: column.nullable(column.instant),
  requestsPerSecond: column.int,
  burst: column.int,
  concurrentRequests: column.int,
  keyRequestsPerSecond: column.nullable(column.int),
  keyBurst: column.nullable(column.int),
} satisfies column.RowShape
/** What a key stands for, as it is stored: nothing about it has been judged yet. */
export type Credential = column.Row<typeof shape>

const byteaOf = (digest: string): string => `\\x${digest}`
const find = (digest: string): Call => ({ name: 'bss_find_key', text: 'select * from sec.find_key($1)', params: [byteaOf(digest)] })
const note = (digest: string): Call => ({ name: 'bss_note_key_use', text: 'select sec.note_key_use($1)', params: [byteaOf(digest)] })

/** The credential of a SHA-256 in hex; null when there is none. */
export async function findCredential(primary: Pool, digest: string): Promise<Credential | null> {
  try {
    const [result] = await primary.use((wire) => wire.send([find(digest)]))
    return column.readRows(shape, result?.fields ?? [], result?.rows ?? [])[0] ?? null
  } catch (error) {
    throw problemOf(error)
  }
}

/** Notes that a key was used; the database writes it down at most once a minute. */
export async function noteCredentialUse(primary: Pool, digest: string): Promise<void> {
  try {
    await primary.use((wire) => wire.send([note(digest)]))
  } catch (error) {
    throw problemOf(error)
  }
}

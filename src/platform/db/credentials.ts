// The single look-up before an organization is known: from the digest of a key or session to what it stands for. It goes through one definer
// function that answers nothing to somebody who does not hold the key, and it runs on the primary, where a revocation is seen first.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { problemOf } from './errors.ts'
import type { Pool } from './pool.ts'
import * as column from './row.ts'
import type { ActorId, OrganizationId } from '../../kernel/ids.ts'
import type { Call } from './wire.ts'

const texts = Type.Union([Type.Array(Type.String()), Type.Null()])
/** A template is named by `role`; an organization's own role brings what it allows. `sites` null: everywhere. */
const HeldRole = Type.Object({
  role: Type.Union([Type.String(), Type.Null()]), name: Type.String(), permissions: Type.Optional(texts), fieldClasses: Type.Optional(texts), sites: Type.Optional(texts),
})
export type HeldRole = Type.Static<typeof HeldRole>
const Roles = Compile(Type.Array(HeldRole))

const shape = {
  plane: column.oneOf(['tenant', 'platform']),
  kind: column.oneOf(['key', 'person', 'client', 'support']),
  credentialId: column.id(),
  /** Null for a key of the platform's operator. */
  organizationId: column.nullable(column.id<OrganizationId>()),
  organizationStatus: column.text,
  holderKind: column.oneOf(['service', 'user', 'operator']),
  holderId: column.id<ActorId>(),
  holderName: column.text,
  holderStatus: column.text,
  roles: column.decoded((value) => Roles.Parse(value)),
  /** Null: everything its holder may do. */
  scopes: column.nullable(column.texts),
  cidrs: column.texts,
  expiresAt: column.instant,
  revokedAt: column.nullable(column.instant),
  lastUsedAt: column.nullable(column.instant),
  /** Of a session: how long it may go unused. */
  idleSeconds: column.nullable(column.int),
  authenticatedAt: column.nullable(column.instant),
  acr: column.nullable(column.text),
  requestsPerSecond: column.int,
  burst: column.int,
  concurrentRequests: column.int,
  keyRequestsPerSecond: column.nullable(column.int),
  keyBurst: column.nullable(column.int),
} satisfies column.RowShape
/** What a key or session stands for, as it is stored: nothing about it has been judged yet. */
export type Credential = column.Row<typeof shape>

const byteaOf = (digest: string): string => `\\x${digest}`
const find = (digest: string): Call => ({ name: 'bss_find_credential', text: 'select * from sec.find_credential($1)', params: [byteaOf(digest)] })
const note = (digest: string): Call => ({ name: 'bss_note_credential_use', text: 'select sec.note_credential_use($1)', params: [byteaOf(digest)] })

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

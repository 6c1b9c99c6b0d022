// From a key or session to its principal. The database says what is stored; here it is judged: revoked, expired, deactivated, suspended, from
// the wrong address. Every refusal but one looks alike; only the holder of a good key learns that its organization is suspended.
import { PLATFORM_ORGANIZATION } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problem.ts'
import { keyDigest } from '../../platform/crypto/keys.ts'
import type { Credential } from '../../platform/db/credentials.ts'
import type { Database } from '../../platform/db/database.ts'
import { isWithin } from '../../platform/http/addresses.ts'
import type { Authenticate, Principal } from '../../platform/http/principals.ts'
import { authorityOf, effectivePermissions } from './rules.ts'

/** What the look-up needs of the database, so that tests can count its calls. */
export type CredentialSource = Pick<Database, 'findCredential' | 'noteCredentialUse'>

/** How often the use of a key is written down, at most. */
const NOTED_EVERY_MS = 60_000

/** The look-up behind every request that is not remembered. */
export function createAuthenticate(database: CredentialSource, clock: { nowMs(): number }): Authenticate {
  return async ({ token, remoteAddress }) => {
    const digest = keyDigest(token)
    const credential = await database.findCredential(digest)
    if (credential === null) return null
    const principal = judge(credential, remoteAddress, clock.nowMs())
    if (principal !== null && (credential.lastUsedAt === null || clock.nowMs() - Date.parse(credential.lastUsedAt) >= NOTED_EVERY_MS)) {
      // Nobody waits for this note, and a failure to write it (a primary that is just switching over) keeps nobody out.
      database.noteCredentialUse(digest).catch(() => undefined)
    }
    return principal
  }
}

function judge(credential: Credential, remoteAddress: string, nowMs: number): Principal | null {
  const expiresAtMs = endOf(credential)
  if (credential.revokedAt !== null || expiresAtMs <= nowMs || credential.holderStatus !== 'active') return null
  if (credential.cidrs.length > 0 && !isWithin(remoteAddress, credential.cidrs)) return null
  const authority = authorityOf(credential.roles, credential.plane)
  const isOfDirectory = credential.kind === 'key' && credential.plane === 'tenant' && credential.scopes?.includes('scim:write') === true
  // A person without a role may sign in and see who they are; a key without one opens nothing.
  if (authority.names.length === 0 && credential.kind === 'key' && !isOfDirectory) return null
  if (credential.organizationStatus !== 'active') throw closed(credential.organizationStatus)
  const { requestsPerSecond, burst, concurrentRequests, keyRequestsPerSecond, keyBurst } = credential
  return {
    organizationId: credential.organizationId ?? PLATFORM_ORGANIZATION,
    actor: { kind: credential.holderKind, id: credential.holderId, name: credential.holderName },
    // A key of a directory (SCIM) speaks for the directory and for nothing else, whatever its account may do.
    ...(isOfDirectory
      ? { role: 'directory', permissions: new Set(['scim:write'] as const), fieldClasses: new Set(['pii'] as const), opensPagesOnly: true as const }
      : { role: authority.names.join('+') || 'none', permissions: new Set(effectivePermissions(authority.permissions, credential.scopes)), fieldClasses: authority.fieldClasses }),
    sites: authority.sites,
    session: credential.kind === 'key' ? null : { id: credential.credentialId, kind: credential.kind, authenticatedAtMs: Date.parse(credential.authenticatedAt ?? ''), acr: credential.acr },
    credentialId: credential.credentialId,
    limits: { requestsPerSecond, burst, concurrentRequests },
    ...(keyRequestsPerSecond !== null && keyBurst !== null ? { keyLimits: { requestsPerSecond: keyRequestsPerSecond, burst: keyBurst } } : {}),
    expiresAtMs,
  }
}

/** A session also ends when it has not been used for a while. Uses are noted once a minute, so it ends a minute late at most. */
function endOf({ expiresAt, lastUsedAt, idleSeconds }: Credential): number {
  const end = Date.parse(expiresAt)
  return idleSeconds === null || lastUsedAt === null ? end : Math.min(end, Date.parse(lastUsedAt) + idleSeconds * 1000)
}

function closed(status: string): Problem {
  if (status === 'suspended') return new Problem('forbidden', 'This organization is suspended. Its administrator can ask the platform operator why.')
  if (status === 'provisioning') return new Problem('forbidden', 'This organization is still being set up.')
  return new Problem('forbidden', 'This organization is being closed.')
}

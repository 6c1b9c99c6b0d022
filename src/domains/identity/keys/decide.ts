// What may be done with an API key: load, decide, save. Nobody makes a key that may do more than he may give.
import { ROLES, type Facts } from '../../../kernel/access.ts'
import { newId, type ApiKeyId, type ServiceAccountId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import { keyDigest } from '../../../platform/crypto/keys.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { isCidr } from '../../../platform/http/addresses.ts'
import { KEY_DAYS_DEFAULT, OVERLAP_MINUTES_DEFAULT, type ApiKey, type ApiKeyDraft, type KeyRotation } from '../contract.ts'
import { keepingAnAdminOfKeys } from '../roles/admins.ts'
import { authorityOfRoles } from '../roles/held.ts'
import { beyondGrant, effectivePermissions } from '../rules.ts'
import * as store from './store.ts'

const PREFIX_LENGTH = 13
/** What is kept of a secret. */
export const traceOf = (secret: string): { readonly prefix: string; readonly digest: string } => ({ prefix: secret.slice(0, PREFIX_LENGTH), digest: keyDigest(secret) })

/** Refuses a key or client that could do what its maker may not. */
export function refuseBeyond(grantor: Facts, owner: store.Owner, scopes: readonly string[] | null): void {
  const { permissions, fieldClasses, sites } = authorityOfRoles([owner])
  const beyond = beyondGrant(grantor, { permissions: effectivePermissions(permissions, scopes), fieldClasses, sites })
  if (beyond.length > 0) throw new Problem('forbidden', `It could do ${beyond.join(', ')}, which you may not.`)
}

/** Faults in what only the server can judge: scopes against the role, networks against their grammar. */
export function faultsOf(draft: Pick<ApiKeyDraft, 'scopes' | 'cidrs'>, owner: store.Owner): ProblemError[] {
  const held: readonly string[] = authorityOfRoles([owner]).permissions
  const scopes = (draft.scopes ?? []).flatMap((scope, index) =>
    held.includes(scope) ? [] : [{ pointer: `/scopes/${index}`, code: 'not_held', message: `The role ${owner.role === null ? owner.name : ROLES[owner.role].title} does not have ${scope}.` }])
  const cidrs = (draft.cidrs ?? []).flatMap((cidr, index) =>
    isCidr(cidr) ? [] : [{ pointer: `/cidrs/${index}`, code: 'cidr', message: 'Must be a network such as 192.0.2.0/24 or 2001:db8::/32.' }])
  return [...scopes, ...cidrs]
}

/** `secret` is made by the handler, which alone shows it: what is returned here may be kept under an Idempotency-Key. */
export async function createKey(tx: Tx<'write', 'keys:write'>, grantor: Facts, draft: ApiKeyDraft, secret: string): Promise<ApiKey> {
  const owner = await store.lockOwner(tx, draft.serviceAccountId)
  if (owner.status !== 'active') throw new Problem('illegal_transition', 'A deactivated service account gets no keys.')
  const scopes = draft.scopes ?? null
  const faults = faultsOf(draft, owner)
  if (faults.length > 0) throw new Problem('invalid', 'This key cannot be made.', { errors: faults })
  refuseBeyond(grantor, owner, scopes)
  return store.insertKey(tx, {
    id: newId(), serviceAccountId: owner.id, name: draft.name, kind: draft.kind ?? 'live', ...traceOf(secret), scopes, cidrs: draft.cidrs ?? [],
    rotatedFromId: null, days: draft.expiresInDays ?? KEY_DAYS_DEFAULT,
  })
}

/** `mint` makes the secret of the new key and keeps it for the handler, which alone shows it. */
export async function rotateKey(tx: Tx<'write', 'keys:write'>, grantor: Facts, id: ApiKeyId, rotation: KeyRotation, mint: (kind: 'live' | 'test') => string): Promise<ApiKey> {
  const { serviceAccountId } = await store.loadKey(tx, id)
  const owner = await store.lockOwner(tx, serviceAccountId)
  const before = await store.loadKey(tx, id) // Again, under the owner's lock: two rotations of one key follow each other.
  if (before.status !== 'live') throw new Problem('illegal_transition', `This key is ${before.status}; make a new one instead.`)
  refuseBeyond(grantor, owner, before.scopes)
  const after = await store.insertKey(tx, {
    id: newId(), serviceAccountId, name: before.name, kind: before.kind, ...traceOf(mint(before.kind)), scopes: before.scopes, cidrs: before.cidrs,
    rotatedFromId: id, days: rotation.expiresInDays ?? KEY_DAYS_DEFAULT,
  })
  await store.saveOverlap(tx, id, rotation.overlapMinutes ?? OVERLAP_MINUTES_DEFAULT)
  return after
}

export function revokeKey(tx: Tx<'write', 'keys:write'>, id: ApiKeyId): Promise<ApiKey> {
  return keepingAnAdminOfKeys(tx, async () => {
    const key = await store.loadKey(tx, id)
    if (key.revokedAt !== null) throw new Problem('illegal_transition', 'This key is revoked already.')
    return store.saveRevocation(tx, id)
  })
}

/** The key by which an organization is entered for the first time; those of earlier attempts are void. */
export async function replaceFirstKey(tx: Tx<'write', 'keys:write'>, serviceAccountId: ServiceAccountId, secret: string): Promise<ApiKey> {
  await store.lockOwner(tx, serviceAccountId)
  await store.endKeysOf(tx, serviceAccountId)
  return store.insertKey(tx, {
    id: newId(), serviceAccountId, name: 'First key', kind: 'live', ...traceOf(secret), scopes: null, cidrs: [], rotatedFromId: null, days: KEY_DAYS_DEFAULT,
  })
}

// What may be done with a machine client: load, decide, save. Nobody makes one that may do more than he may give, and whoever gives it
// new keys is held to the same, because from then on he can be it.
import type { Facts } from '../../../kernel/access.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { faultOfClientKey } from '../../../platform/oidc/index.ts'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import { faultsOf, refuseBeyond } from '../keys/decide.ts'
import { lockOwner } from '../keys/store.ts'
import { CLIENT_DAYS_DEFAULT, CLIENT_OVERLAP_MINUTES_DEFAULT, type ClientKeyRotation, type ClientKeys, type MachineClient, type MachineClientDraft, type MachineClientId, type PublicJwks } from './contract.ts'
import * as store from './store.ts'

type Writing = Tx<'write', 'keys:write'>
/** Keys that were judged: the sender's word is not taken for them. */
export interface Source {
  readonly jwks: PublicJwks | null
  readonly jwksUri: string | null
}

const invalid = (errors: readonly ProblemError[]): Problem => new Problem('invalid', errors[0]?.message ?? 'These keys cannot be used.', { errors })

/** Judges where the keys of a client come from, before a transaction is opened. */
export async function sourceOf(outbound: Outbound, { jwks, jwksUri }: Pick<ClientKeys, 'jwks' | 'jwksUri'>): Promise<Source> {
  if (jwks !== undefined && jwksUri === undefined) return { jwks: await judged(jwks), jwksUri: null }
  if (jwksUri === undefined || jwks !== undefined) {
    throw new Problem('bad_request', 'The keys are not named.', { errors: [{ pointer: '', code: 'one_of', message: 'Give exactly one of jwks and jwksUri.' }] })
  }
  const refusal = outbound.refusalOf(jwksUri)
  if (refusal !== null) throw invalid([{ pointer: '/jwksUri', code: refusal.code, message: refusal.detail }])
  return { jwks: null, jwksUri }
}

async function judged(set: PublicJwks): Promise<PublicJwks> {
  const errors: ProblemError[] = []
  for (const [index, key] of set.keys.entries()) {
    const fault = await faultOfClientKey(key)
    if (fault !== null) errors.push({ pointer: `/jwks/keys/${index}${fault.member === null ? '' : `/${fault.member}`}`, code: fault.code, message: fault.message })
    else if (set.keys.findIndex(({ kid }) => kid === key.kid) < index) errors.push({ pointer: `/jwks/keys/${index}/kid`, code: 'kid', message: 'Another key of this set has the same name.' })
  }
  if (errors.length > 0) throw invalid(errors)
  return { keys: set.keys.map(({ key_ops: _operations, ext: _ext, ...key }) => ({ ...key, use: 'sig' as const })) }
}

export async function createClient(tx: Writing, grantor: Facts, draft: MachineClientDraft, source: Source): Promise<store.ClientRow> {
  const owner = await lockOwner(tx, draft.serviceAccountId)
  if (owner.status !== 'active') throw new Problem('illegal_transition', 'A deactivated service account gets no clients.')
  const scopes = draft.scopes ?? null
  const faults = faultsOf(draft, owner)
  if (faults.length > 0) throw invalid(faults)
  refuseBeyond(grantor, owner, scopes)
  return store.insertClient(tx, { ...source, serviceAccountId: owner.id, name: draft.name, scopes, cidrs: draft.cidrs ?? [], days: draft.expiresInDays ?? CLIENT_DAYS_DEFAULT })
}

/** The client, locked, when it may still be changed by this caller. An expired one comes back with new keys. */
async function changeable(tx: Writing, grantor: Facts, id: MachineClientId): Promise<store.ClientRow> {
  const before = await store.lockClient(tx, id)
  if (before.status === 'revoked') throw new Problem('illegal_transition', 'This client is revoked; make a new one instead.')
  refuseBeyond(grantor, await lockOwner(tx, before.serviceAccountId), before.scopes)
  return before
}

export async function replaceKeys(tx: Writing, grantor: Facts, id: MachineClientId, source: Source, days: number | null): Promise<store.ClientRow> {
  return store.saveKeys(tx, await changeable(tx, grantor, id), source.jwks, source.jwksUri, days)
}

export async function rotateKeys(tx: Writing, grantor: Facts, id: MachineClientId, rotation: ClientKeyRotation, { jwks }: Source): Promise<store.ClientRow> {
  const before = await changeable(tx, grantor, id)
  if (before.jwks === null || jwks === null) throw new Problem('illegal_transition', 'The keys of this client are read at its own address: rotate them there.')
  const known = new Set(before.jwks.keys.map(({ kid }) => kid))
  const taken = jwks.keys.flatMap(({ kid }, index) => (known.has(kid) ? [{ pointer: `/jwks/keys/${index}/kid`, code: 'kid', message: 'A key of this name is in use. New keys have new names.' }] : []))
  if (taken.length > 0) throw invalid(taken)
  return store.saveRotation(tx, before, jwks, rotation.overlapMinutes ?? CLIENT_OVERLAP_MINUTES_DEFAULT, rotation.expiresInDays ?? CLIENT_DAYS_DEFAULT)
}

export async function revokeClient(tx: Writing, id: MachineClientId): Promise<store.ClientRow> {
  const before = await store.lockClient(tx, id)
  if (before.revokedAt !== null) throw new Problem('illegal_transition', 'This client is revoked already.')
  return store.saveRevocation(tx, id)
}

export function shownClient(origin: string, { jwks, retiringJwks, retiringUntil, accountStatus: _status, scopes, cidrs, ...row }: store.ClientRow): MachineClient {
  const keysOf = (set: PublicJwks | null, until: string | null) => (set?.keys ?? []).map(({ kid, kty, alg }) => ({ kid, kty, alg, until }))
  return { ...row, keys: [...keysOf(jwks, null), ...keysOf(retiringJwks, retiringUntil)], scopes: scopes === null ? null : [...scopes], cidrs: [...cidrs], tokenEndpoint: tokenEndpoint(origin) }
}
export const tokenEndpoint = (origin: string): string => `${origin}/oauth/token`

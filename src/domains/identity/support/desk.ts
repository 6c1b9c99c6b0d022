// What a person of the platform does: open an organization that lets him, or, with a second one, an organization in an emergency. The
// platform's trail is written first: there may be a note of something that then did not happen, never the other way round.
import { needRecentProof, type Facts } from '../../../kernel/access.ts'
import { idOf, newId, PLATFORM_ORGANIZATION, type ActorId, type OrganizationId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import type { Database } from '../../../platform/db/database.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { callPlatform } from '../operators.ts'
import type { BreakGlass, BreakGlassId, SupportGrant, SupportGrantId, SupportSession } from './contract.ts'
import * as store from './store.ts'

/** A person of the platform who has signed in; a key of the platform is none. */
export interface Staff {
  readonly id: ActorId
  readonly name: string
  readonly sessionId: string
  readonly authenticatedAtMs: number
}
export interface Errand {
  readonly staff: Staff
  readonly requestId: string
  readonly address: string
  readonly userAgent: string
}

/** How recent the proofs of both must be, in seconds. The database looks at them again. */
const FRESH_SECONDS = 300

export function staffOf({ organizationId, actor, session }: Pick<Facts, 'organizationId' | 'actor' | 'session'>): Staff {
  if (organizationId !== PLATFORM_ORGANIZATION || actor.kind !== 'operator' || session === null) throw new Problem('conflict', 'Only a person of the platform can do this. Sign in at /platform/sign-in; a key cannot.')
  return { id: actor.id, name: actor.name, sessionId: session.id, authenticatedAtMs: session.authenticatedAtMs }
}

/** Into one organization as this person: the trail of the organization names him. */
const inside = (organizationId: OrganizationId, { staff, requestId }: Errand, operation: string) =>
  systemContext({ organizationId, permissions: ['support:grant'], operation, requestId, actor: { kind: 'operator', id: staff.id, name: staff.name } })

export const grantsFor = (database: Database, errand: Errand, organizationId: OrganizationId): Promise<SupportGrant[]> =>
  database.housekeep(inside(organizationId, errand, 'identity.openSupportSession'), (tx) => store.openGrants(tx, errand.staff.name))

export async function openSession(database: Database, errand: Errand, organizationId: OrganizationId, supportGrantId: SupportGrantId): Promise<SupportSession> {
  const { staff, requestId, address, userAgent } = errand
  const ctx = inside(organizationId, errand, 'identity.openSupportSession')
  await database.housekeep(ctx, (tx) => store.hasGrant(tx, supportGrantId))
  const sessionId = newId<'Session'>()
  const token = newKey('s')
  await callPlatform(database, 'a person of the platform opens an organization that lets him', store.noteSupport, [staff.sessionId, 'support.opened', requestId, organizationId, JSON.stringify({ supportGrant: supportGrantId, session: sessionId })])
  const { expiresAt } = await database.write(ctx, (tx) => store.openSupportSession(tx, sessionId, { supportGrantId, staff, digest: keyDigest(token), address, userAgent }))
  return { token, sessionId, organizationId, expiresAt }
}

export async function requestBreakGlass(database: Database, { staff, requestId }: Errand, organizationId: OrganizationId, reason: string, nowMs: number): Promise<BreakGlass> {
  needRecentProof({ id: staff.sessionId, kind: 'person', authenticatedAtMs: staff.authenticatedAtMs, acr: null }, nowMs, FRESH_SECONDS)
  const [asked] = await callPlatform(database, 'a person of the platform asks to break the glass', store.requestBreakGlass, [staff.sessionId, requestId, newId(), organizationId, reason.trim()])
  if (asked === undefined) throw notFound('organization')
  return asked
}

export async function approveBreakGlass(database: Database, errand: Errand, id: BreakGlassId, nowMs: number): Promise<BreakGlass> {
  const { staff, requestId } = errand
  needRecentProof({ id: staff.sessionId, kind: 'person', authenticatedAtMs: staff.authenticatedAtMs, acr: null }, nowMs, FRESH_SECONDS)
  const [approved] = await callPlatform(database, 'a second person of the platform breaks the glass', store.approveBreakGlass, [staff.sessionId, requestId, id])
  if (approved === undefined) throw notFound('request')
  await database.write(inside(approved.organizationId, errand, 'identity.approveBreakGlass'), (tx) => store.openBreakGlass(tx, approved, idOf<'SupportGrant'>(id)))
  return approved
}

export const listBreakGlass = (database: Database): Promise<BreakGlass[]> => callPlatform(database, 'emergencies are listed', store.listBreakGlass, [100])

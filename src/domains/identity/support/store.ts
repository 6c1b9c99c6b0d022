// All SQL about support. What the platform keeps of it is behind its own functions; what an organization keeps is in its own rows.
import { newId, type ActorId, type OrganizationId, type SessionId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { system } from '../../../platform/db/system.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { breakGlassOpened } from '../events.ts'
import { SUPPORT_KINDS, SUPPORT_STATUSES, type BreakGlassId, type SupportGrant, type SupportGrantId } from './contract.ts'

export type SupportTx = Tx<'write', 'support:grant'>

const grant = {
  id: column.id<SupportGrantId>(), kind: column.oneOf(SUPPORT_KINDS), status: column.oneOf(SUPPORT_STATUSES), reason: column.text, staffName: column.nullable(column.text), approvedByName: column.nullable(column.text),
  createdByName: column.text, sessions: column.int, expiresAt: column.instant, revokedAt: column.nullable(column.instant), createdAt: column.instant, rowVersion: column.int,
}
const GRANT = `g.id, g.kind, case when g.revoked_at is not null then 'revoked' when g.expires_at <= now() then 'expired' else 'open' end as status, g.reason, g.staff_name, g.approved_by_name, g.created_by_name,
  (select count(*) from bss.session s where s.organization_id = g.organization_id and s.support_grant_id = g.id)::int as sessions, g.expires_at, g.revoked_at, g.created_at, g.row_version`
const list = read('identity:read', `select ${GRANT} from bss.support_grant g where g.organization_id = $1 and ($2::uuid is null or g.id < $2) order by g.id desc limit $3::int`, grant)
const one = read('identity:read', `select ${GRANT} from bss.support_grant g where g.organization_id = $1 and g.id = $2`, grant)
const insert = write('support:grant', `
  insert into bss.support_grant as g (organization_id, id, kind, reason, staff_name, created_by_name, expires_at) values ($1, $2, 'grant', $3, $4, $5, now() + make_interval(hours => $6)) returning ${GRANT}`, grant)
const revoke = write('support:grant', `
  update bss.support_grant g set revoked_at = now(), revoked_by = sec.actor() where g.organization_id = $1 and g.id = $2 and g.revoked_at is null and g.expires_at > now() returning ${GRANT}`, grant)
const exists = write('support:grant', 'select g.id from bss.support_grant g where g.organization_id = $1 and g.id = $2', { id: column.uuidText })
const openOnes = write('support:grant', `select ${GRANT} from bss.support_grant g where g.organization_id = $1 and g.revoked_at is null and g.expires_at > now() and (g.staff_name is null or g.staff_name = $2) order by g.id desc limit 50`, grant)

export const listGrants = async (tx: Tx<'read', 'identity:read'>, limit: number, before: string | null): Promise<Page<SupportGrant>> => pageFrom(await tx.rows(list, [before, limit + 1]), limit, (row) => [row.id])
export const getGrant = (tx: Tx<'read', 'identity:read'>, id: SupportGrantId): Promise<SupportGrant> => tx.one('support grant', one, [id])
/** What a person of the platform could open. */
export const openGrants = (tx: SupportTx, staffName: string): Promise<SupportGrant[]> => tx.rows(openOnes, [staffName])
export const hasGrant = async (tx: SupportTx, id: SupportGrantId): Promise<void> => void (await tx.one('support grant', exists, [id]))

export async function createGrant(tx: SupportTx, { reason, staffName, hours }: { reason: string; staffName: string | null; hours: number }): Promise<SupportGrant> {
  const made = await tx.one('support grant', insert, [newId(), reason, staffName, tx.actorName.slice(0, 200), hours])
  tx.changed({ entity: 'support_grant', id: made.id, action: 'granted', after: { reason, staffName, expiresAt: made.expiresAt } })
  return made
}
/** The sessions end in the same transaction: by a trigger, so that no other way to end a grant forgets them. */
export async function revokeGrant(tx: SupportTx, id: SupportGrantId): Promise<SupportGrant> {
  const revoked = await tx.maybe(revoke, [id])
  if (revoked === null) {
    await hasGrant(tx, id)
    throw new Problem('illegal_transition', 'This has ended already.')
  }
  tx.changed({ entity: 'support_grant', id, action: 'revoked' })
  return revoked
}

// A session under a grant.
const openSession = write('support:grant', `
  insert into bss.session as s (organization_id, id, kind, digest, operator_id, operator_name, support_grant_id, authenticated_at, methods, address, user_agent, idle_seconds, expires_at)
  values ($1, $2, 'support', $3, $4, $5, $6, $7, array['webauthn'], $8, $9, 1800, now() + interval '8 hours') returning s.id, s.expires_at`, { id: column.id<SessionId>(), expiresAt: column.instant })
export interface SupportEntry {
  readonly supportGrantId: SupportGrantId
  readonly staff: { readonly id: ActorId; readonly name: string; readonly authenticatedAtMs: number }
  readonly digest: string
  readonly address: string
  readonly userAgent: string
}
/** It ends with the grant at the latest; refused when that is not open, or not for this person. */
export async function openSupportSession(tx: SupportTx, id: SessionId, { supportGrantId, staff, digest, address, userAgent }: SupportEntry): Promise<{ id: SessionId; expiresAt: string }> {
  const opened = await tx.one('session', openSession, [id, `\\x${digest}`, staff.id, staff.name, supportGrantId, new Date(staff.authenticatedAtMs).toISOString(), address.slice(0, 60), userAgent.slice(0, 300)])
  tx.changed({ entity: 'session', id, action: 'opened', after: { supportGrantId, operator: staff.name, expiresAt: opened.expiresAt } })
  return opened
}

// Emergencies.
const facts = {
  id: column.id<BreakGlassId>(), organizationId: column.id<OrganizationId>(), organizationSlug: column.text, reason: column.text, requestedByName: column.text, requestedAt: column.instant,
  approvedByName: column.nullable(column.text), approvedAt: column.nullable(column.instant), expiresAt: column.instant,
}
export type BreakGlassFacts = column.Row<typeof facts>
const FACTS = 'id, organization_id, organization_slug, reason, requested_by_name, requested_at, approved_by_name, approved_at, expires_at'
export const noteSupport = system('select staff_id, staff_name from platform.note_support($1, $2, $3, $4, $5::jsonb)', { staffId: column.id<ActorId>(), staffName: column.text })
export const requestBreakGlass = system(`select ${FACTS} from platform.request_break_glass($1, $2, $3, $4, $5)`, facts)
export const approveBreakGlass = system(`select ${FACTS} from platform.approve_break_glass($1, $2, $3)`, facts)
export const listBreakGlass = system(`select ${FACTS} from platform.list_break_glass(null, $1)`, facts)

const insertBreakGlass = write('support:grant', `
  insert into bss.support_grant (organization_id, id, kind, reason, staff_name, approved_by_name, created_by_name, expires_at) values ($1, $2, 'break_glass', $3, $4, $5, $4, $6) on conflict (organization_id, id) do nothing returning id`, { id: column.uuidText })
/** The organization's part: its list, its trail and its event tell it in the transaction that opens the door. */
export async function openBreakGlass(tx: SupportTx, { id, reason, requestedByName, approvedByName, expiresAt }: BreakGlassFacts, supportGrantId: SupportGrantId): Promise<void> {
  const approvedBy = approvedByName ?? ''
  if ((await tx.maybe(insertBreakGlass, [id, reason, requestedByName, approvedBy, expiresAt])) === null) return
  tx.changed({ entity: 'support_grant', id, action: 'break_glass_opened', after: { reason, requestedBy: requestedByName, approvedBy, expiresAt } })
  tx.emit(breakGlassOpened, id, { supportGrantId, reason, requestedBy: requestedByName, approvedBy, expiresAt })
}

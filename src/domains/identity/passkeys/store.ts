// All SQL about passkeys of an organization.
import { newId, type UserId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { NewPasskey } from '../../../platform/webauthn/passkeys.ts'
import type { Passkey, PasskeyId } from './contract.ts'

export type PasskeyTx = Tx<'write', 'identity:write'>
const bytea = (hex: string): string => `\\x${hex}`
const bytesOf = (bytes: Buffer): string => bytea(bytes.toString('hex'))

const passkey = {
  id: column.id<PasskeyId>(), userId: column.id<UserId>(), name: column.text, canBeBackedUp: column.bool, isBackedUp: column.bool, isUsable: column.bool,
  lastUsedAt: column.nullable(column.instant), createdAt: column.instant,
}
const PASSKEY = 'c.id, c.user_id, c.name, c.can_be_backed_up, c.is_backed_up, bss.may_recover($1, c.user_id) as is_usable, c.last_used_at, c.created_at'
const list = read('identity:read', `
  select ${PASSKEY} from bss.webauthn_credential c
   where c.organization_id = $1 and ($2::uuid is null or c.id > $2) and ($3::uuid is null or c.user_id = $3) order by c.id limit $4::int`, passkey)
const lockOne = write('identity:write', `select ${PASSKEY} from bss.webauthn_credential c where c.organization_id = $1 and c.id = $2 for update`, passkey)
const removeOne = write('identity:write', 'delete from bss.webauthn_credential where organization_id = $1 and id = $2', {})
const endSessions = write('identity:write', `
  update bss.session set revoked_at = now(), revoked_reason = 'passkey_removed'
   where organization_id = $1 and user_id = $2 and connection_id is null and 'webauthn' = any (methods) and revoked_at is null returning id`, { id: column.uuidText })

export const listPasskeys = async (tx: Tx<'read', 'identity:read'>, userId: UserId | null, limit: number, after: string | null): Promise<Page<Passkey>> =>
  pageFrom(await tx.rows(list, [after, userId, limit + 1]), limit, (row) => [row.id])
export const lockPasskey = (tx: PasskeyTx, id: PasskeyId): Promise<Passkey> => tx.one('passkey', lockOne, [id])
export async function removePasskey(tx: PasskeyTx, it: Passkey): Promise<void> {
  await tx.rows(removeOne, [it.id])
  tx.changed({ entity: 'passkey', id: it.id, action: 'removed', before: { userId: it.userId, name: it.name } })
  for (const { id } of await tx.rows(endSessions, [it.userId])) tx.changed({ entity: 'session', id, action: 'revoked' })
}

// Who may have one.
const owner = {
  id: column.id<UserId>(), userName: column.text, displayName: column.text, status: column.text, mayRecover: column.bool, isManual: column.bool, hasProvider: column.bool, organization: column.text, slug: column.text, known: column.texts,
}
export type Owner = column.Row<typeof owner>
const ownerOf = write('identity:write', `
  select u.id, u.user_name, u.display_name, u.status, bss.may_recover($1, u.id) as may_recover, u.source = 'manual' as is_manual,
         exists (select from bss.external_identity x where x.organization_id = $1 and x.user_id = u.id) as has_provider, o.name as organization, o.slug,
         coalesce((select jsonb_agg(encode(c.credential, 'hex')) from bss.webauthn_credential c where c.organization_id = $1 and c.user_id = u.id), '[]') as known
    from bss.user_account u join bss.organization o on o.organization_id = $1 where u.organization_id = $1 and u.id = $2`, owner)
export const findOwner = (tx: PasskeyTx, userId: UserId): Promise<Owner | null> => tx.maybe(ownerOf, [userId])
export const getOwner = (tx: PasskeyTx, userId: UserId): Promise<Owner> => tx.one('person', ownerOf, [userId])

const rescue = write('identity:write', `
  select bss.recovery_admins($1)::int as admins, exists (select from bss.identity_connection c where c.organization_id = $1 and c.status = 'enforced') as is_enforced`, { admins: column.int, isEnforced: column.bool })
export const rescuers = (tx: PasskeyTx): Promise<{ admins: number; isEnforced: boolean }> => tx.one('organization', rescue)

// Registering.
const insert = write('identity:write', `
  insert into bss.webauthn_credential as c (organization_id, id, user_id, name, credential, public_key, counter, transports, can_be_backed_up, is_backed_up, aaguid)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${PASSKEY}`, passkey, {
  webauthn_credential_once: ['conflict', 'This passkey is registered already.', '/answer'],
})
export async function insertPasskey(tx: PasskeyTx, userId: UserId, name: string, made: NewPasskey): Promise<Passkey> {
  const row = await tx.one('passkey', insert, [newId(), userId, name, bytesOf(made.credential), bytesOf(made.publicKey), made.counter, [...made.transports], made.canBeBackedUp, made.isBackedUp, made.aaguid])
  tx.changed({ entity: 'passkey', id: row.id, action: 'registered', after: { userId, name, canBeBackedUp: made.canBeBackedUp } })
  return row
}

// Challenges and links: whoever takes one first has it.
const sweepChallenges = write('identity:write', 'delete from bss.webauthn_challenge where organization_id = $1 and expires_at < now()', {})
const takeOnce = write('identity:write', 'insert into bss.webauthn_challenge (organization_id, digest, expires_at) values ($1, $2, $3) on conflict (organization_id, digest) do nothing returning true as taken', { taken: column.bool })
export async function takeChallenge(tx: PasskeyTx, digest: string, untilMs: number): Promise<boolean> {
  await tx.rows(sweepChallenges)
  return (await tx.maybe(takeOnce, [bytea(digest), new Date(untilMs).toISOString()])) !== null
}

const link = { id: column.uuidText, userId: column.id<UserId>(), expiresAt: column.instant }
const voidLinks = write('identity:write', 'delete from bss.passkey_enrolment where organization_id = $1 and ((user_id = $2 and used_at is null) or expires_at < now())', {})
const insertLink = write('identity:write', "insert into bss.passkey_enrolment (organization_id, id, user_id, digest, expires_at) values ($1, $2, $3, $4, now() + interval '24 hours') returning id, user_id, expires_at", link)
const openLink = write('identity:write', 'select e.id, e.user_id, e.expires_at from bss.passkey_enrolment e where e.organization_id = $1 and e.digest = $2 and e.used_at is null and e.expires_at > now()', link)
const takeLink = write('identity:write', 'update bss.passkey_enrolment set used_at = now() where organization_id = $1 and id = $2 and used_at is null and expires_at > now() returning id, user_id, expires_at', link)
export type Link = column.Row<typeof link>
export async function createLink(tx: PasskeyTx, userId: UserId, digest: string): Promise<Link> {
  await tx.rows(voidLinks, [userId])
  const made = await tx.one('link', insertLink, [newId(), userId, bytea(digest)])
  tx.changed({ entity: 'passkey_enrolment', id: made.id, action: 'created', after: { userId } })
  return made
}
export const findLink = (tx: PasskeyTx, digest: string): Promise<Link | null> => tx.maybe(openLink, [bytea(digest)])
export const useLink = (tx: PasskeyTx, id: string): Promise<Link | null> => tx.maybe(takeLink, [id])

// Signing in.
const used = { id: column.id<PasskeyId>(), userId: column.id<UserId>(), credential: column.bytes, publicKey: column.bytes, counter: column.int, mayRecover: column.bool }
export type UsedPasskey = column.Row<typeof used>
/** Under a lock: two uses with one count of the authenticator wait for each other. */
const byCredential = write('identity:write', `
  select c.id, c.user_id, c.credential, c.public_key, c.counter, bss.may_recover($1, c.user_id) as may_recover from bss.webauthn_credential c where c.organization_id = $1 and c.credential = $2 for update`, used)
const noteUse = write('identity:write', 'update bss.webauthn_credential set counter = $3, is_backed_up = $4, last_used_at = now() where organization_id = $1 and id = $2', {})
const openSession = write('members:write', `
  insert into bss.session (organization_id, id, kind, digest, user_id, methods, address, user_agent, idle_seconds, expires_at)
  values ($1, $2, 'person', $3, $4, array['webauthn'], $5, $6, 1800, now() + interval '12 hours')`, {})
const noteSignIn = write('members:write', 'update bss.user_account set last_sign_in_at = now() where organization_id = $1 and id = $2', {})
export const findPasskey = (tx: PasskeyTx, credential: Buffer): Promise<UsedPasskey | null> => tx.maybe(byCredential, [bytesOf(credential)])
export async function openPasskeySession(tx: Tx<'write', 'identity:write' | 'members:write'>, it: UsedPasskey, now: { counter: number; isBackedUp: boolean }, session: { digest: string; address: string; userAgent: string }): Promise<void> {
  const id = newId()
  await tx.rows(noteUse, [it.id, now.counter, now.isBackedUp])
  await tx.rows(openSession, [id, bytea(session.digest), it.userId, session.address.slice(0, 60), session.userAgent.slice(0, 300)])
  await tx.rows(noteSignIn, [it.userId])
  tx.changed({ entity: 'session', id, action: 'opened', after: { userId: it.userId, passkeyId: it.id } })
}

// All SQL of signing in: who is on the way, who came back, which account they have, and the session at its end.
import { idOf, newId, type ConnectionId, type SessionId, type UserId } from '../../../kernel/ids.ts'
import { isRecord } from '../../../kernel/json.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Admitted, Attempt, Purpose, Verified } from './facts.ts'

export type SignInTx = Tx<'write', 'identity:write' | 'members:write'>
const bytea = (hex: string): string => `\\x${hex}`

// On the way.
const insertLogin = write('identity:write', `
  insert into bss.login_transaction (organization_id, id, connection_id, purpose, state_digest, browser_digest, expected, return_to, user_id, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, now() + interval '10 minutes')`, {})
const sweepLogins = write('identity:write', "delete from bss.login_transaction where organization_id = $1 and expires_at < now() - interval '1 day'", {})
const sweepReplays = write('identity:write', 'delete from bss.saml_replay where organization_id = $1 and expires_at < now()', {})
const login = {
  id: column.uuidText, connectionId: column.id<ConnectionId>(), purpose: column.oneOf(['sign_in', 'test', 'step_up']), browserDigest: column.bytes,
  expected: column.decoded((value) => (isRecord(value) ? value : {})), returnTo: column.text, userId: column.nullable(column.id<UserId>()), verified: column.nullable(column.json),
}
export type Login = column.Row<typeof login>
const LOGIN = 'l.id, l.connection_id, l.purpose, l.browser_digest, l.expected, l.return_to, l.user_id, l.verified'
const openLogin = write('identity:write', `select ${LOGIN} from bss.login_transaction l where l.organization_id = $1 and l.connection_id = $2 and l.state_digest = $3 and l.used_at is null and l.expires_at > now()`, login)
/** Takes it: the second taker of the same gets nothing. */
const takeLogin = write('identity:write', `
  update bss.login_transaction l set used_at = now() where l.organization_id = $1 and l.connection_id = $2 and l.state_digest = $3 and l.used_at is null and l.expires_at > now() and l.browser_digest = $4 returning ${LOGIN}`, login)
const keepVerified = write('identity:write', `
  update bss.login_transaction set verified = $3::jsonb, handle_digest = $4 where organization_id = $1 and id = $2 and used_at is null and verified is null returning id`, { id: column.uuidText })
const takeVerified = write('identity:write', `
  update bss.login_transaction l set used_at = now() where l.organization_id = $1 and l.connection_id = $2 and l.handle_digest = $3 and l.used_at is null and l.expires_at > now() and l.browser_digest = $4 returning ${LOGIN}`, login)
const insertReplay = write('identity:write', `
  insert into bss.saml_replay (organization_id, connection_id, assertion_id, expires_at) values ($1, $2, $3, $4) on conflict (organization_id, connection_id, assertion_id) do nothing returning assertion_id`, { assertionId: column.text })

export interface NewLogin {
  readonly connectionId: ConnectionId
  readonly purpose: Purpose
  readonly stateDigest: string
  readonly browserDigest: string
  readonly expected: Readonly<Record<string, unknown>>
  readonly returnTo: string
  readonly userId: UserId | null
}
export const saveLogin = (tx: SignInTx, it: NewLogin): Promise<unknown> =>
  tx.rows(insertLogin, [newId(), it.connectionId, it.purpose, bytea(it.stateDigest), bytea(it.browserDigest), JSON.stringify(it.expected), it.returnTo, it.userId])
export const findLogin = (tx: SignInTx, connectionId: ConnectionId, stateDigest: string): Promise<Login | null> => tx.maybe(openLogin, [connectionId, bytea(stateDigest)])
export const useLogin = (tx: SignInTx, connectionId: ConnectionId, stateDigest: string, browserDigest: string): Promise<Login | null> => tx.maybe(takeLogin, [connectionId, bytea(stateDigest), bytea(browserDigest)])
export const useHandle = (tx: SignInTx, connectionId: ConnectionId, handleDigest: string, browserDigest: string): Promise<Login | null> => tx.maybe(takeVerified, [connectionId, bytea(handleDigest), bytea(browserDigest)])
/** False: this sign-in has its answer already. */
export const saveVerified = async (tx: SignInTx, loginId: string, verified: Verified, handleDigest: string): Promise<boolean> => (await tx.maybe(keepVerified, [loginId, JSON.stringify(verified), bytea(handleDigest)])) !== null
/** False: the assertion was used before. The insert decides, so that of copies arriving together one gets in. */
export const saveAssertion = async (tx: SignInTx, connectionId: ConnectionId, assertionId: string, untilMs: number): Promise<boolean> => (await tx.maybe(insertReplay, [connectionId, assertionId, new Date(untilMs).toISOString()])) !== null
export async function sweepSignIns(tx: SignInTx): Promise<void> {
  await tx.rows(sweepLogins)
  await tx.rows(sweepReplays)
}

// The organization's own log.
const insertAttempt = write('identity:write', `
  insert into bss.sign_in_attempt (organization_id, id, connection_id, purpose, outcome, detail, subject, user_id, address, user_agent, request_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, {})
export const saveAttempt = (tx: SignInTx, it: Attempt): Promise<unknown> =>
  tx.rows(insertAttempt, [newId(), it.connectionId, it.purpose, it.outcome, it.detail.slice(0, 1000), it.subject?.slice(0, 2000) ?? null, it.userId, it.address.slice(0, 60), it.userAgent.slice(0, 300), it.requestId])

// Where people of a domain sign in.
const connectionForDomain = read('identity:read', `
  select c.id from bss.email_domain d join bss.identity_connection c on c.organization_id = d.organization_id and c.id = d.connection_id
   where d.organization_id = $1 and c.organization_id = $1 and d.name = $2 and d.status = 'verified' and c.status in ('active', 'enforced')`, { id: column.id<ConnectionId>() })
const openConnections = read('identity:read', `
  select c.id, c.name from bss.identity_connection c where c.organization_id = $1 and c.status in ('active', 'enforced') order by c.id`, { id: column.id<ConnectionId>(), name: column.text })
export const connectionOfDomain = async (tx: Tx<'read', 'identity:read'>, domain: string): Promise<ConnectionId | null> => (await tx.maybe(connectionForDomain, [domain]))?.id ?? null
export const connectionsToChoose = (tx: Tx<'read', 'identity:read'>): Promise<{ id: ConnectionId; name: string }[]> => tx.rows(openConnections)

const connectionBySession = read('identity:read', 'select s.connection_id from bss.session s where s.organization_id = $1 and s.id = $2', { connectionId: column.nullable(column.id<ConnectionId>()) })
export const connectionOfSession = async (tx: Tx<'read', 'identity:read'>, sessionId: string): Promise<ConnectionId | null> => (await tx.maybe(connectionBySession, [sessionId]))?.connectionId ?? null
const nameOfOrganization = read('identity:read', 'select o.name from bss.organization o where o.organization_id = $1', { name: column.text })
export const organizationName = async (tx: Tx<'read', 'identity:read'>): Promise<string> => (await tx.one('organization', nameOfOrganization)).name

// The account.
const person = { id: column.id<UserId>(), displayName: column.text, status: column.oneOf(['active', 'suspended', 'deactivated']) }
export type Person = column.Row<typeof person>
const byIdentity = write('members:write', `
  select u.id, u.display_name, u.status from bss.external_identity e join bss.user_account u on u.organization_id = e.organization_id and u.id = e.user_id
   where e.organization_id = $1 and u.organization_id = $1 and e.connection_id = $2 and e.subject = $3 for update of u`, person)
/** A person whom the directory of this very provider announced, known by the name it gave: never by an address that a token merely claims. */
const byDirectory = write('members:write', `
  select u.id, u.display_name, u.status from bss.user_account u
   where u.organization_id = $1 and u.source = 'scim' and u.directory_connection_id = $3 and (u.external_ref = $2 or u.user_name_key = lower($2))
     and not exists (select from bss.external_identity e where e.organization_id = $1 and e.user_id = u.id and e.connection_id = $3)
   order by (u.external_ref = $2) desc nulls last limit 1 for update of u`, person)
const insertIdentity = write('members:write', 'insert into bss.external_identity (organization_id, id, user_id, connection_id, subject) values ($1, $2, $3, $4, $5)', {})
const insertUser = write('members:write', `
  insert into bss.user_account (organization_id, id, user_name, display_name, source) values ($1, $2, $3, $4, 'jit') on conflict (organization_id, user_name_key) do nothing returning id`, { id: column.id<UserId>() })
const insertEmail = write('members:write', 'insert into bss.user_email (organization_id, id, user_id, email, is_primary) values ($1, $2, $3, $4, true)', {})
const insertRole = write('members:write', "insert into bss.role_assignment (organization_id, id, user_id, role, source) values ($1, $2, $3, $4, 'jit')", {})
const ownsDomain = write('identity:write', "select true as yes from bss.email_domain d where d.organization_id = $1 and d.name = $2 and d.status = 'verified' and (d.connection_id is null or d.connection_id = $3)", { yes: column.bool })
const hasDirectory = write('identity:write', "select exists (select from bss.api_key k where k.organization_id = $1 and k.kind = 'scim' and k.revoked_at is null and k.expires_at > now()) as yes", { yes: column.bool })
const noteSignIn = write('members:write', 'update bss.user_account set last_sign_in_at = now() where organization_id = $1 and id = $2', {})

export const personByIdentity = (tx: SignInTx, connectionId: ConnectionId, subject: string): Promise<Person | null> => tx.maybe(byIdentity, [connectionId, subject])
export const personOfDirectory = (tx: SignInTx, connectionId: ConnectionId, name: string): Promise<Person | null> => tx.maybe(byDirectory, [name, connectionId])
export const isOwnDomain = async (tx: SignInTx, domain: string, connectionId: ConnectionId): Promise<boolean> => (await tx.maybe(ownsDomain, [domain, connectionId])) !== null
export const isDirectoryOn = async (tx: SignInTx): Promise<boolean> => (await tx.maybe(hasDirectory))?.yes ?? false
export async function linkIdentity(tx: SignInTx, userId: UserId, connectionId: ConnectionId, subject: string): Promise<void> {
  const id = newId()
  await tx.rows(insertIdentity, [id, userId, connectionId, subject])
  tx.changed({ entity: 'external_identity', id, action: 'linked', after: { userId, connectionId } })
}
/** Null: somebody has this user name already. */
export async function createPerson(tx: SignInTx, it: { userName: string; displayName: string; email: string; role: string }): Promise<Person | null> {
  const created = await tx.maybe(insertUser, [newId(), it.userName, it.displayName.slice(0, 200)])
  if (created === null) return null
  await tx.rows(insertEmail, [newId(), created.id, it.email])
  await tx.rows(insertRole, [newId(), created.id, it.role])
  tx.changed({ entity: 'user', id: created.id, action: 'created', after: { userName: it.userName, role: it.role, source: 'jit' } })
  return { id: created.id, displayName: it.displayName, status: 'active' }
}

// The session.
const shut = write('identity:write', `
  select exists (select from bss.identity_connection c where c.organization_id = $1 and c.status = 'enforced')
     and not exists (select from bss.identity_connection c where c.organization_id = $1 and c.id = $2 and c.status = 'enforced') as yes`, { yes: column.bool })
/** Another connection is enforced: nobody comes in by this one. */
export const isShutByAnother = async (tx: SignInTx, connectionId: ConnectionId): Promise<boolean> => (await tx.maybe(shut, [connectionId]))?.yes ?? false
const insertSession = write('members:write', `
  insert into bss.session (organization_id, id, kind, digest, user_id, connection_id, authenticated_at, acr, methods, provider_session, provider_subject, address, user_agent, idle_seconds, expires_at, id_token)
  values ($1, $2, 'person', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(hours => $14), $15)`, {})
const proveAgain = write('members:write', `
  update bss.session set authenticated_at = $3, acr = $4, methods = $5, id_token = coalesce($7, id_token) where organization_id = $1 and id = $2 and user_id = $6 and revoked_at is null and expires_at > now() returning id`, { id: column.id<SessionId>() })
const endByProvider = write('members:write', `
  update bss.session set revoked_at = now(), revoked_reason = 'provider_sign_out'
   where organization_id = $1 and connection_id = $2 and ($3::text is null or provider_subject = $3) and revoked_at is null and (cardinality($4::text[]) = 0 or provider_session = any ($4)) returning id`, { id: column.id<SessionId>() })
/** The ID token as it was until now: what ends loses it. */
const endOne = write('members:write', `
  with before as materialized (select b.id, b.id_token from bss.session b where b.organization_id = $1 and b.id = $2 and b.revoked_at is null for update)
  update bss.session s set revoked_at = now(), revoked_reason = 'signed_out' from before
   where s.organization_id = $1 and s.id = $2 and s.id = before.id returning s.id, s.connection_id, s.provider_session, s.provider_subject, before.id_token`, {
  idToken: column.nullable(column.bytes), id: column.id<SessionId>(), connectionId: column.nullable(column.id<ConnectionId>()), providerSession: column.nullable(column.text), providerSubject: column.nullable(column.text),
})
export type Ended = column.Row<{ idToken: ReturnType<typeof column.nullable<Buffer>>; id: typeof column.uuidText; connectionId: ReturnType<typeof column.nullable<ConnectionId>>; providerSession: ReturnType<typeof column.nullable<string>>; providerSubject: ReturnType<typeof column.nullable<string>> }>

export async function insertPersonSession(tx: SignInTx, it: Admitted & { digest: string; address: string; userAgent: string; idleSeconds: number; hours: number; sealedIdToken: (id: SessionId) => Buffer | null }): Promise<SessionId> {
  const id = newId<'Session'>()
  const { verified } = it
  await tx.rows(insertSession, [
    id, bytea(it.digest), it.userId, it.connectionId, new Date(verified.authenticatedAtMs).toISOString(), verified.acr?.slice(0, 200) ?? null, [...verified.methods],
    verified.providerSession?.slice(0, 500) ?? null, verified.providerSubject.slice(0, 2000), it.address.slice(0, 60), it.userAgent.slice(0, 300), it.idleSeconds, it.hours, it.sealedIdToken(id),
  ])
  await tx.rows(noteSignIn, [it.userId])
  tx.changed({ entity: 'session', id, action: 'opened', after: { userId: it.userId, connectionId: it.connectionId } })
  return id
}
/** Step-up: the same person has proved to be themselves again. False: the session is gone or somebody else's. */
export const renewSession = async (tx: SignInTx, sessionId: string, userId: UserId, verified: Verified, sealedIdToken: Buffer | null): Promise<boolean> =>
  (await tx.maybe(proveAgain, [sessionId, new Date(verified.authenticatedAtMs).toISOString(), verified.acr, [...verified.methods], userId, sealedIdToken])) !== null
export async function endProviderSessions(tx: SignInTx, connectionId: ConnectionId, providerSubject: string | null, sessions: readonly string[]): Promise<number> {
  const ended = await tx.rows(endByProvider, [connectionId, providerSubject, [...sessions]])
  for (const { id } of ended) tx.changed({ entity: 'session', id, action: 'revoked' })
  return ended.length
}
export async function endSession(tx: SignInTx, id: string): Promise<Ended | null> {
  const ended = await tx.maybe(endOne, [idOf<'Session'>(id)])
  if (ended !== null) tx.changed({ entity: 'session', id, action: 'signed_out' })
  return ended
}

// All SQL about machine clients, and about the tokens they get.
import { Compile } from 'typebox/compile'
import type { Permission } from '../../../kernel/access.ts'
import { newId, type ServiceAccountId, type SessionId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { ACCOUNT_STATUSES } from '../contract.ts'
import type { SignInTx } from '../sign-in/store.ts'
import { CLIENT_STATUSES, PublicJwks, type MachineClientId } from './contract.ts'

type Writing = Tx<'write', 'keys:write'>
const jwks = Compile(PublicJwks)
const client = {
  id: column.id<MachineClientId>(), serviceAccountId: column.id<ServiceAccountId>(), serviceAccountName: column.text, accountStatus: column.oneOf(ACCOUNT_STATUSES), name: column.text, status: column.oneOf(CLIENT_STATUSES),
  jwks: column.nullable(column.decoded((value) => jwks.Parse(value))), jwksUri: column.nullable(column.text),
  /** Only while they work. */
  retiringJwks: column.nullable(column.decoded((value) => jwks.Parse(value))), retiringUntil: column.nullable(column.instant),
  scopes: column.nullable(column.texts), cidrs: column.texts, expiresAt: column.instant, revokedAt: column.nullable(column.instant), createdAt: column.instant, rowVersion: column.int,
}
export type ClientRow = column.Row<typeof client>
const SELECT = `
  select * from (
    select c.organization_id, c.id, c.service_account_id, a.name as service_account_name, a.status as account_status, c.name,
           case when c.revoked_at is not null then 'revoked' when c.expires_at <= now() then 'expired' else 'live' end as status,
           c.jwks, c.jwks_uri, case when c.retiring_until > now() then c.retiring_jwks end as retiring_jwks, case when c.retiring_until > now() then c.retiring_until end as retiring_until,
           to_jsonb(c.scopes) as scopes, to_jsonb(c.cidrs) as cidrs, c.expires_at, c.revoked_at, c.created_at, c.row_version
      from bss.oauth_client c join bss.service_account a on a.organization_id = c.organization_id and a.id = c.service_account_id
     where c.organization_id = $1 and a.organization_id = $1) as client`
const byId = <const P extends Permission>(needs: P) => read(needs, `${SELECT} where organization_id = $1 and id = $2`, client)
const one = byId('keys:read')
const oneOfWriter = byId('keys:write')
const oneOfToken = byId('identity:write')
const all = read('keys:read', `${SELECT}
   where organization_id = $1 and ($2::uuid is null or id > $2) and ($3::uuid is null or service_account_id = $3) and ($4::text is null or status = $4)
   order by id limit $5::int`, client)
const lock = write('keys:write', 'select c.service_account_id from bss.oauth_client c where c.organization_id = $1 and c.id = $2 for update', { serviceAccountId: column.id<ServiceAccountId>() })
const insert = write('keys:write', `
  insert into bss.oauth_client (organization_id, id, service_account_id, name, jwks, jwks_uri, scopes, cidrs, expires_at)
  values ($1, $2, $3, $4, $5::jsonb, $6, $7::text[], $8::text[], now() + make_interval(days => $9::int))`, {})
const replace = write('keys:write', `
  update bss.oauth_client set jwks = $3::jsonb, jwks_uri = $4, retiring_jwks = null, retiring_until = null, expires_at = coalesce(now() + make_interval(days => $5::int), expires_at)
   where organization_id = $1 and id = $2`, {})
const rotate = write('keys:write', `
  update bss.oauth_client set jwks = $3::jsonb, retiring_jwks = jwks, retiring_until = now() + make_interval(mins => $4::int), expires_at = now() + make_interval(days => $5::int)
   where organization_id = $1 and id = $2`, {})
const end = write('keys:write', 'update bss.oauth_client set revoked_at = now() where organization_id = $1 and id = $2', {})

export const getClient = (tx: Tx<'read', 'keys:read'>, id: MachineClientId): Promise<ClientRow> => tx.one('machine client', one, [id])
export async function listClients(tx: Tx<'read', 'keys:read'>, filter: { serviceAccountId: string | null; status: string | null }, limit: number, after: string | null): Promise<Page<ClientRow>> {
  return pageFrom(await tx.rows(all, [after, filter.serviceAccountId, filter.status, limit + 1]), limit, (row) => [row.id])
}
/** Locked against a change of its keys, or a token, in the same moment. */
export async function lockClient(tx: Writing, id: MachineClientId): Promise<ClientRow> {
  await tx.one('machine client', lock, [id])
  return tx.one('machine client', oneOfWriter, [id])
}

export interface ClientToInsert {
  readonly serviceAccountId: ServiceAccountId
  readonly name: string
  readonly jwks: PublicJwks | null
  readonly jwksUri: string | null
  readonly scopes: readonly string[] | null
  readonly cidrs: readonly string[]
  readonly days: number
}
const kidsOf = (set: PublicJwks | null): string[] | null => set?.keys.map(({ kid }) => kid) ?? null
const textOf = (set: PublicJwks | null): string | null => (set === null ? null : JSON.stringify(set))

export async function insertClient(tx: Writing, it: ClientToInsert): Promise<ClientRow> {
  const id = newId<'MachineClient'>()
  const { serviceAccountId, name, scopes, cidrs, jwksUri } = it
  await tx.rows(insert, [id, serviceAccountId, name, textOf(it.jwks), jwksUri, scopes, cidrs, it.days])
  tx.changed({ entity: 'oauth_client', id, action: 'created', after: { name, serviceAccountId, scopes, cidrs, kids: kidsOf(it.jwks), jwksUri } })
  return tx.one('machine client', oneOfWriter, [id])
}
/** `days` null: it expires when it would have. */
export async function saveKeys(tx: Writing, before: ClientRow, set: PublicJwks | null, jwksUri: string | null, days: number | null): Promise<ClientRow> {
  await tx.rows(replace, [before.id, textOf(set), jwksUri, days])
  tx.changed({ entity: 'oauth_client', id: before.id, action: 'keys_replaced', before: { kids: kidsOf(before.jwks), jwksUri: before.jwksUri }, after: { kids: kidsOf(set), jwksUri } })
  return tx.one('machine client', oneOfWriter, [before.id])
}
export async function saveRotation(tx: Writing, before: ClientRow, set: PublicJwks, overlapMinutes: number, days: number): Promise<ClientRow> {
  await tx.rows(rotate, [before.id, textOf(set), overlapMinutes, days])
  tx.changed({ entity: 'oauth_client', id: before.id, action: 'rotated', before: { kids: kidsOf(before.jwks) }, after: { kids: kidsOf(set), overlapMinutes } })
  return tx.one('machine client', oneOfWriter, [before.id])
}
export async function saveRevocation(tx: Writing, id: MachineClientId): Promise<ClientRow> {
  await tx.rows(end, [id])
  tx.changed({ entity: 'oauth_client', id, action: 'revoked' })
  return tx.one('machine client', oneOfWriter, [id])
}

// Tokens.
const holdClient = write('identity:write', 'select c.row_version from bss.oauth_client c where c.organization_id = $1 and c.id = $2 for share', { rowVersion: column.int })
const insertAssertion = write('identity:write', `
  insert into bss.client_assertion (organization_id, client_id, digest, expires_at) values ($1, $2, $3, $4) on conflict (organization_id, client_id, digest) do nothing returning true as is_new`, { isNew: column.bool })
const sweep = write('identity:write', 'delete from bss.client_assertion where organization_id = $1 and expires_at < now()', {})
/** A day later: what it did is still looked up by its session on the day itself. Trails name sessions by id and need no row. */
const sweepExpired = write('identity:write', `
  delete from bss.session s where s.organization_id = $1 and s.kind = 'client' and s.id in (
    select e.id from bss.session e where e.organization_id = $1 and e.kind = 'client' and e.expires_at < now() - interval '1 day' order by e.expires_at limit $2::int for update skip locked)
  returning s.id`, { id: column.id<SessionId>() })
const insertSession = write('identity:write', `
  insert into bss.session (organization_id, id, kind, digest, service_account_id, oauth_client_id, scopes, methods, address, user_agent, idle_seconds, expires_at)
  select c.organization_id, $3, 'client', $4, c.service_account_id, c.id, $5::text[], array['private_key_jwt'], $6, $7, $8::int, least(now() + make_interval(secs => $8::int), c.expires_at)
    from bss.oauth_client c where c.organization_id = $1 and c.id = $2
  returning floor(extract(epoch from expires_at - now()))::int as seconds`, { seconds: column.int })

export const findClient = (tx: SignInTx, id: string): Promise<ClientRow | null> => tx.maybe(oneOfToken, [id])
/** Read anew and held until the token is written: a revocation waits, and then ends this token with the others. */
export async function holdForToken(tx: SignInTx, id: string): Promise<ClientRow | null> {
  await tx.rows(holdClient, [id])
  return tx.maybe(oneOfToken, [id])
}
/** False: the assertion was used before. `digest` is SHA-256 of its number. */
export const useAssertion = async (tx: SignInTx, id: MachineClientId, digest: string, until: Date): Promise<boolean> => (await tx.maybe(insertAssertion, [id, `\\x${digest}`, until.toISOString()])) !== null
export const sweepAssertions = async (tx: SignInTx): Promise<void> => void (await tx.rows(sweep))
/** Deletes so many expired tokens at most; gives how many there were. */
export const sweepTokens = async (tx: SignInTx, limit: number): Promise<number> => (await tx.rows(sweepExpired, [limit])).length

export interface TokenToInsert {
  readonly digest: string
  readonly scopes: readonly string[]
  readonly address: string
  readonly userAgent: string
  readonly seconds: number
}
/** Gives for how many seconds the token is good. */
export async function insertToken(tx: SignInTx, { id, serviceAccountId }: ClientRow, it: TokenToInsert): Promise<number> {
  const sessionId: SessionId = newId<'Session'>()
  const { seconds } = await tx.one('machine client', insertSession, [id, sessionId, `\\x${it.digest}`, it.scopes, it.address.slice(0, 60), it.userAgent.slice(0, 300), it.seconds])
  tx.changed({ entity: 'session', id: sessionId, action: 'opened', after: { serviceAccountId, clientId: id, scopes: it.scopes } })
  return seconds
}

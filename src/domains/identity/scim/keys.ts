// Keys of directories: load, decide, save. Whoever has one decides who is in which group, and so who has which role. Therefore only
// somebody who may appoint everybody makes one.
import { ROLES, type Facts } from '../../../kernel/access.ts'
import { idOf, newId, type ApiKeyId, type ConnectionId, type ServiceAccountId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { isCidr } from '../../../platform/http/addresses.ts'
import { traceOf } from '../keys/decide.ts'
import { mayGrant } from '../roles/held.ts'
import { SCIM_KEY_DAYS_DEFAULT, SCIM_KEY_STATUSES, type ScimKey, type ScimKeyDraft, type ScimKeyRotation } from './contract.ts'

type Writing = Tx<'write', 'identity:write'>
const key = {
  id: column.id<ApiKeyId>(), name: column.text, connectionId: column.nullable(column.id<ConnectionId>()), directory: column.text, accountId: column.id<ServiceAccountId>(), prefix: column.text, status: column.oneOf(SCIM_KEY_STATUSES), cidrs: column.texts,
  expiresAt: column.instant, revokedAt: column.nullable(column.instant), lastUsedAt: column.nullable(column.instant), rotatedFromId: column.nullable(column.id<ApiKeyId>()), createdAt: column.instant, rowVersion: column.int,
}
export type KeyRow = column.Row<typeof key>
const SELECT = `
  select k.id, k.name, d.connection_id, a.name as directory, a.id as account_id, k.prefix, case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'live' end as status,
         to_jsonb(k.cidrs) as cidrs, k.expires_at, k.revoked_at, u.last_used_at, k.rotated_from_id, k.created_at, k.row_version
    from bss.api_key k
    join bss.service_account a on a.organization_id = $1 and a.id = k.service_account_id
    join bss.scim_connection d on d.organization_id = $1 and d.service_account_id = k.service_account_id
    left join bss.api_key_use u on u.organization_id = $1 and u.api_key_id = k.id
   where k.organization_id = $1 and k.kind = 'scim'`
const one = read('identity:read', `${SELECT} and k.id = $2`, key)
const oneOfWriter = read('identity:write', `${SELECT} and k.id = $2`, key)
const all = read('identity:read', `${SELECT} and ($2::uuid is null or k.id > $2) order by k.id limit $3::int`, key)
const lock = write('identity:write', "select k.id from bss.api_key k where k.organization_id = $1 and k.id = $2 and k.kind = 'scim' for update", { id: column.id<ApiKeyId>() })

const nameOfConnection = write('identity:write', 'select c.name from bss.identity_connection c where c.organization_id = $1 and c.id = $2 for share', { name: column.text })
const findDirectory = read('identity:write', 'select d.service_account_id as id from bss.scim_connection d where d.organization_id = $1 and d.connection_id is not distinct from $2::uuid', { id: column.id<ServiceAccountId>() })
/** Two who make the first key of a directory at the same moment: the second waits here, and then finds what the first made. */
const lockOrganization = write('identity:write', 'select o.name from bss.organization o where o.organization_id = $1 for update', { name: column.text })
const insertAccount = write('identity:write', 'insert into bss.service_account (organization_id, id, name, description) values ($1, $2, $3, $4) on conflict (organization_id, name) do nothing returning id', { id: column.id<ServiceAccountId>() })
const insertDirectory = write('identity:write', 'insert into bss.scim_connection (organization_id, id, service_account_id, connection_id) values ($1, $2, $3, $4)', {})
const insertKey = write('identity:write', `
  insert into bss.api_key (organization_id, id, service_account_id, name, kind, prefix, digest, scopes, cidrs, rotated_from_id, expires_at)
  values ($1, $2, $3, $4, 'scim', $5, $6, array['scim:write'], $7::text[], $8, now() + make_interval(days => $9::int))`, {})
const shorten = write('identity:write', `
  update bss.api_key set expires_at = least(expires_at, now() + make_interval(mins => $3::int)), revoked_at = case when $3::int = 0 then now() end where organization_id = $1 and id = $2`, {})
const end = write('identity:write', 'update bss.api_key set revoked_at = now() where organization_id = $1 and id = $2', {})

export const getScimKey = (tx: Tx<'read', 'identity:read'>, id: ApiKeyId): Promise<KeyRow> => tx.one('key of a directory', one, [id])
export async function listScimKeys(tx: Tx<'read', 'identity:read'>, limit: number, after: string | null): Promise<Page<KeyRow>> {
  return pageFrom(await tx.rows(all, [after, limit + 1]), limit, (row) => [row.id])
}

/** A key of a directory can in the end give every role, by a group that gives it. */
const mayMake = (grantor: Facts): void => {
  const { permissions, fieldClasses } = ROLES.tenant_admin
  mayGrant(grantor, 'make a key for the directory', { permissions, fieldClasses, sites: null })
}
const invalid = (pointer: string, code: string, message: string): Problem => new Problem('invalid', 'This key cannot be made.', { errors: [{ pointer, code, message }] })

/** `secret` is made by the handler, which alone shows it. */
export async function createScimKey(tx: Writing, grantor: Facts, draft: ScimKeyDraft, secret: string): Promise<KeyRow> {
  mayMake(grantor)
  const cidrs = draft.cidrs ?? []
  const wrong = cidrs.findIndex((cidr) => !isCidr(cidr))
  if (wrong >= 0) throw invalid(`/cidrs/${wrong}`, 'cidr', 'Must be a network such as 192.0.2.0/24 or 2001:db8::/32.')
  const accountId = await accountOf(tx, draft.connectionId ?? null)
  return saveKey(tx, { accountId, name: draft.name, cidrs, rotatedFromId: null, days: draft.expiresInDays ?? SCIM_KEY_DAYS_DEFAULT }, secret)
}

/** The account that speaks for the directory of this connection; it is made with its first key and has no role. */
async function accountOf(tx: Writing, connectionId: ConnectionId | null): Promise<ServiceAccountId> {
  await tx.rows(lockOrganization)
  const connection = connectionId === null ? null : await tx.maybe(nameOfConnection, [connectionId])
  if (connectionId !== null && connection === null) throw invalid('/connectionId', 'unknown_connection', 'There is no such connection.')
  const known = await tx.maybe(findDirectory, [connectionId])
  if (known !== null) return known.id
  const id = newId<'ServiceAccount'>()
  const name = `SCIM ${connection?.name ?? 'directory'}`
  const description = 'Speaks for the directory of the organization'
  const made = (await tx.maybe(insertAccount, [id, name.slice(0, 100), description])) ?? (await tx.one('service account', insertAccount, [id, `${name.slice(0, 60)} ${id}`, description]))
  await tx.rows(insertDirectory, [newId(), made.id, connectionId])
  tx.changed({ entity: 'service_account', id, action: 'created', after: { name, directoryOf: connectionId } })
  return made.id
}

interface KeyToSave {
  readonly accountId: ServiceAccountId
  readonly name: string
  readonly cidrs: readonly string[]
  readonly rotatedFromId: ApiKeyId | null
  readonly days: number
}
async function saveKey(tx: Writing, { accountId, name, cidrs, rotatedFromId, days }: KeyToSave, secret: string): Promise<KeyRow> {
  const id = newId<'ApiKey'>()
  const { prefix, digest } = traceOf(secret)
  await tx.rows(insertKey, [id, accountId, name, prefix, `\\x${digest}`, cidrs, rotatedFromId, days])
  tx.changed({ entity: 'api_key', id, action: 'created', after: { kind: 'scim', name, serviceAccountId: accountId, cidrs, rotatedFromId } })
  return tx.one('key of a directory', oneOfWriter, [id])
}

async function lockKey(tx: Writing, id: ApiKeyId): Promise<KeyRow> {
  await tx.one('key of a directory', lock, [id])
  return tx.one('key of a directory', oneOfWriter, [id])
}

export async function rotateScimKey(tx: Writing, grantor: Facts, id: ApiKeyId, rotation: ScimKeyRotation, secret: string): Promise<KeyRow> {
  mayMake(grantor)
  const before = await lockKey(tx, id)
  if (before.status !== 'live') throw new Problem('illegal_transition', `This key is ${before.status}; make a new one instead.`)
  const after = await saveKey(tx, { accountId: before.accountId, name: before.name, cidrs: before.cidrs, rotatedFromId: id, days: rotation.expiresInDays ?? SCIM_KEY_DAYS_DEFAULT }, secret)
  const overlapMinutes = rotation.overlapMinutes ?? 60
  await tx.rows(shorten, [id, overlapMinutes])
  tx.changed({ entity: 'api_key', id, action: 'rotated', after: { overlapMinutes } })
  return after
}

export async function revokeScimKey(tx: Writing, id: ApiKeyId): Promise<KeyRow> {
  const before = await lockKey(tx, id)
  if (before.revokedAt !== null) throw new Problem('illegal_transition', 'This key is revoked already.')
  await tx.rows(end, [id])
  tx.changed({ entity: 'api_key', id, action: 'revoked' })
  return tx.one('key of a directory', oneOfWriter, [id])
}

export const shownKey = (origin: string, { accountId: _account, cidrs, ...row }: KeyRow): ScimKey => ({ ...row, id: idOf<'ApiKey'>(row.id), cidrs: [...cidrs], baseUrl: `${origin}/scim/v2` })

// All SQL about API keys. The secret never comes here: only its digest and its first characters do.
import type { Permission } from '../../../kernel/access.ts'
import type { ApiKeyId, ServiceAccountId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { ACCOUNT_STATUSES, API_KEY_KINDS, KEY_STATUSES, type ApiKey } from '../contract.ts'
import { TENANT_ROLES } from '../schema.ts'

const key = {
  id: column.id<ApiKeyId>(), serviceAccountId: column.id<ServiceAccountId>(), serviceAccountName: column.text, name: column.text, kind: column.oneOf(API_KEY_KINDS),
  prefix: column.text, status: column.oneOf(KEY_STATUSES), scopes: column.nullable(column.texts), cidrs: column.texts, expiresAt: column.instant,
  revokedAt: column.nullable(column.instant), lastUsedAt: column.nullable(column.instant), rotatedFromId: column.nullable(column.id<ApiKeyId>()),
  createdAt: column.instant, rowVersion: column.int,
}
const SELECT = `
  select * from (
    select k.organization_id, k.id, k.service_account_id, a.name as service_account_name, k.name, k.kind, k.prefix,
           case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'live' end as status,
           to_jsonb(k.scopes) as scopes, to_jsonb(k.cidrs) as cidrs, k.expires_at, k.revoked_at, u.last_used_at, k.rotated_from_id, k.created_at, k.row_version
      from bss.api_key k
      join bss.service_account a on a.organization_id = k.organization_id and a.id = k.service_account_id
      left join bss.api_key_use u on u.organization_id = k.organization_id and u.api_key_id = k.id
     where k.organization_id = $1 and a.organization_id = $1 and k.kind <> 'scim') as key` // Keys of a directory have operations of their own.
const keyById = <const P extends Permission>(needs: P) => read(needs, `${SELECT} where organization_id = $1 and id = $2`, key)
const one = keyById('keys:read')
const oneOfWriter = keyById('keys:write')
const keys = read('keys:read', `${SELECT}
   where organization_id = $1 and ($2::uuid is null or id > $2) and ($3::uuid is null or service_account_id = $3) and ($4::text is null or status = $4)
   order by id limit $5::int`, key)

/** Locked against a deactivation or another role in the same moment. */
const owner = write('keys:write', `
  select a.id, a.status, r.role, coalesce(r.role, c.name) as name, to_jsonb(c.permissions) as permissions, to_jsonb(c.field_classes) as field_classes, to_jsonb(r.site_ids) as sites, coalesce(c.is_retired, false) as is_retired
    from bss.service_account a join bss.role_assignment r on r.organization_id = a.organization_id and r.service_account_id = a.id
    left join bss.role c on c.organization_id = r.organization_id and c.id = r.role_id
   where a.organization_id = $1 and r.organization_id = $1 and a.id = $2 for update of a, r`,
{
  id: column.id<ServiceAccountId>(), status: column.oneOf(ACCOUNT_STATUSES), role: column.nullable(column.oneOf(TENANT_ROLES)), name: column.text, permissions: column.nullable(column.texts),
  fieldClasses: column.nullable(column.texts), sites: column.nullable(column.texts), isRetired: column.bool,
})
const insert = write('keys:write', `
  insert into bss.api_key (organization_id, id, service_account_id, name, kind, prefix, digest, scopes, cidrs, rotated_from_id, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9::text[], $10, now() + make_interval(days => $11::int))`, {})
const shorten = write('keys:write', `
  update bss.api_key set expires_at = least(expires_at, now() + make_interval(mins => $3::int)), revoked_at = case when $3::int = 0 then now() end
   where organization_id = $1 and id = $2`, {})
const end = write('keys:write', 'update bss.api_key set revoked_at = now() where organization_id = $1 and id = $2', {})
const endAll = write('keys:write', 'update bss.api_key set revoked_at = now() where organization_id = $1 and service_account_id = $2 and revoked_at is null', {})

export interface KeyToInsert {
  readonly id: ApiKeyId
  readonly serviceAccountId: ServiceAccountId
  readonly name: string
  readonly kind: string
  readonly prefix: string
  /** SHA-256 in hex. */
  readonly digest: string
  readonly scopes: readonly string[] | null
  readonly cidrs: readonly string[]
  readonly rotatedFromId: ApiKeyId | null
  readonly days: number
}

export const getKey = (tx: Tx<'read', 'keys:read'>, id: ApiKeyId): Promise<ApiKey> => tx.one('API key', one, [id]).then(asWire)
export const loadKey = (tx: Tx<'write', 'keys:write'>, id: ApiKeyId): Promise<ApiKey> => tx.one('API key', oneOfWriter, [id]).then(asWire)
export const lockOwner = (tx: Tx<'write', 'keys:write'>, id: ServiceAccountId) => tx.one('service account', owner, [id])
export type Owner = Awaited<ReturnType<typeof lockOwner>>

export interface KeyFilter {
  readonly serviceAccountId: ServiceAccountId | null
  readonly status: string | null
}
export async function listKeys(tx: Tx<'read', 'keys:read'>, filter: KeyFilter, limit: number, after: string | null): Promise<Page<ApiKey>> {
  const rows = await tx.rows(keys, [after, filter.serviceAccountId, filter.status, limit + 1])
  return pageFrom(rows.map(asWire), limit, (row) => [row.id])
}

export async function insertKey(tx: Tx<'write', 'keys:write'>, draft: KeyToInsert): Promise<ApiKey> {
  const { id, serviceAccountId, name, kind, prefix, digest, scopes, cidrs, rotatedFromId, days } = draft
  await tx.rows(insert, [id, serviceAccountId, name, kind, prefix, `\\x${digest}`, scopes, cidrs, rotatedFromId, days])
  tx.changed({ entity: 'api_key', id, action: 'created', after: { name, serviceAccountId, scopes, cidrs, rotatedFromId } })
  return loadKey(tx, id)
}

export async function saveOverlap(tx: Tx<'write', 'keys:write'>, id: ApiKeyId, minutes: number): Promise<void> {
  await tx.rows(shorten, [id, minutes])
  tx.changed({ entity: 'api_key', id, action: 'rotated', after: { overlapMinutes: minutes } })
}

export async function saveRevocation(tx: Tx<'write', 'keys:write'>, id: ApiKeyId): Promise<ApiKey> {
  await tx.rows(end, [id])
  tx.changed({ entity: 'api_key', id, action: 'revoked' })
  return loadKey(tx, id)
}

export const endKeysOf = async (tx: Tx<'write', 'keys:write'>, id: ServiceAccountId): Promise<void> => {
  await tx.rows(endAll, [id])
}

const asWire = (row: column.Row<typeof key>): ApiKey => ({ ...row, scopes: row.scopes === null ? null : [...row.scopes], cidrs: [...row.cidrs] })

// All SQL about domains.
import { newId, type ConnectionId, type EmailDomainId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { DOMAIN_STATUSES } from './contract.ts'

const shape = {
  id: column.id<EmailDomainId>(), name: column.text, status: column.oneOf(DOMAIN_STATUSES), token: column.text, connectionId: column.nullable(column.id<ConnectionId>()),
  verifiedAt: column.nullable(column.instant), checkedAt: column.nullable(column.instant), failingSince: column.nullable(column.instant), rowVersion: column.int, createdAt: column.instant,
}
export type DomainRow = column.Row<typeof shape>
const COLUMNS = 'd.id, d.name, d.status, d.token, d.connection_id, d.verified_at, d.checked_at, d.failing_since, d.row_version, d.created_at'
const all = read('identity:read', `select ${COLUMNS} from bss.email_domain d where d.organization_id = $1 and ($2::uuid is null or d.id > $2) order by d.id limit $3::int`, shape)
const one = read('identity:read', `select ${COLUMNS} from bss.email_domain d where d.organization_id = $1 and d.id = $2`, shape)
const locked = write('identity:write', `select ${COLUMNS} from bss.email_domain d where d.organization_id = $1 and d.id = $2 for update`, shape)
const dueForCheck = write('identity:write', `
  select ${COLUMNS} from bss.email_domain d where d.organization_id = $1 and d.status = 'verified' and (d.checked_at is null or d.checked_at < now() - interval '1 day') order by d.id limit 50 for update skip locked`, shape)
const routed = write('identity:write', `select ${COLUMNS} from bss.email_domain d where d.organization_id = $1 and d.connection_id = $2 order by d.id limit 50`, shape)
const insert = write('identity:write', 'insert into bss.email_domain (organization_id, id, name, token, connection_id) values ($1, $2, $3, $4, $5)', {}, {
  email_domain_name: ['conflict', 'This domain is on the list already.', '/name'],
  email_domain_organization_id_connection_id_fkey: ['invalid', 'There is no such connection.', '/connectionId'],
})
const claim = write('identity:write', 'select sec.claim_domain(d.name) as is_ours from bss.email_domain d where d.organization_id = $1 and d.id = $2', { isOurs: column.bool })
const release = write('identity:write', 'select sec.release_domain(d.name)::text as done from bss.email_domain d where d.organization_id = $1 and d.id = $2', {})
const setFound = write('identity:write', "update bss.email_domain set status = 'verified', verified_at = coalesce(verified_at, now()), checked_at = now(), failing_since = null where organization_id = $1 and id = $2", {})
const setMissing = write('identity:write', 'update bss.email_domain set checked_at = now(), failing_since = coalesce(failing_since, now()) where organization_id = $1 and id = $2', {})
const setLost = write('identity:write', "update bss.email_domain set status = 'lost', checked_at = now() where organization_id = $1 and id = $2", {})
const setRoute = write('identity:write', 'update bss.email_domain set connection_id = $3 where organization_id = $1 and id = $2', {}, {
  email_domain_organization_id_connection_id_fkey: ['invalid', 'There is no such connection.', '/connectionId'],
})
const remove = write('identity:write', 'delete from bss.email_domain where organization_id = $1 and id = $2', {})

type WriteTx = Tx<'write', 'identity:write'>
export async function listDomains(tx: Tx<'read', 'identity:read'>, limit: number, after: string | null): Promise<Page<DomainRow>> {
  return pageFrom(await tx.rows(all, [after, limit + 1]), limit, (row) => [row.id])
}
export const getDomain = (tx: Tx<'read', 'identity:read'>, id: EmailDomainId): Promise<DomainRow> => tx.one('domain', one, [id])
export const lockDomain = (tx: WriteTx, id: EmailDomainId): Promise<DomainRow> => tx.one('domain', locked, [id])
/** Domains whose people sign in by a connection. */
export const domainsOfConnection = (tx: WriteTx, connectionId: ConnectionId): Promise<DomainRow[]> => tx.rows(routed, [connectionId])
export const domainsDue = (tx: WriteTx): Promise<DomainRow[]> => tx.rows(dueForCheck)
export async function insertDomain(tx: WriteTx, name: string, token: string, connectionId: ConnectionId | null): Promise<DomainRow> {
  const id = newId<'EmailDomain'>()
  await tx.rows(insert, [id, name, token, connectionId])
  tx.changed({ entity: 'email_domain', id, action: 'added', after: { name, connectionId } })
  return lockDomain(tx, id)
}
/** False: another organization has it. */
export const claimDomain = async (tx: WriteTx, id: EmailDomainId): Promise<boolean> => (await tx.maybe(claim, [id]))?.isOurs ?? false
export async function saveFound(tx: WriteTx, row: DomainRow): Promise<void> {
  await tx.rows(setFound, [row.id])
  if (row.status !== 'verified') tx.changed({ entity: 'email_domain', id: row.id, action: 'verified', after: { name: row.name } })
}
export const saveMissing = async (tx: WriteTx, id: EmailDomainId): Promise<void> => void (await tx.rows(setMissing, [id]))
export async function saveLost(tx: WriteTx, row: DomainRow): Promise<void> {
  await tx.rows(release, [row.id])
  await tx.rows(setLost, [row.id])
  tx.changed({ entity: 'email_domain', id: row.id, action: 'lost', before: { status: row.status }, after: { status: 'lost', name: row.name } })
}
export async function saveRoute(tx: WriteTx, row: DomainRow, connectionId: ConnectionId | null): Promise<DomainRow> {
  await tx.rows(setRoute, [row.id, connectionId])
  tx.changed({ entity: 'email_domain', id: row.id, action: 'routed', before: { connectionId: row.connectionId }, after: { connectionId } })
  return lockDomain(tx, row.id)
}
export async function removeDomain(tx: WriteTx, row: DomainRow): Promise<void> {
  await tx.rows(release, [row.id])
  await tx.rows(remove, [row.id])
  tx.changed({ entity: 'email_domain', id: row.id, action: 'removed', before: { name: row.name, status: row.status } })
}

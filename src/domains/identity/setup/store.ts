// All SQL about set-up links.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { newId, type ConnectionId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { SETUP_LINK_STATUSES, type SetupLink, type SetupLinkId } from './contract.ts'
import { CHOICES, type Choice } from './rules.ts'

/** The end of a test sign-in, as its page shows it. */
export const TestReport = Type.Object({
  outcome: Type.String(), detail: Type.String(), requestId: Type.String(), at: Type.String(), cameBack: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
})
export type TestReport = Type.Static<typeof TestReport>
const report = Compile(TestReport)

type WriteTx = Tx<'write', 'identity:write'>
const bytea = (hex: string): string => `\\x${hex}`

const STATUS = `case when l.revoked_at is not null then 'revoked' when l.finished_at is not null then 'finished' when l.expires_at <= now() then 'expired' when l.used_at is not null then 'in_use' else 'open' end as status`
const COLUMNS = `l.id, l.name, ${STATUS}, l.connection_id, l.expires_at, l.used_at, l.created_at`
const shape = {
  id: column.id<SetupLinkId>(), name: column.text, status: column.oneOf(SETUP_LINK_STATUSES), connectionId: column.nullable(column.id<ConnectionId>()),
  expiresAt: column.instant, usedAt: column.nullable(column.instant), createdAt: column.instant,
}
const guided = { ...shape, reserved: column.id<ConnectionId>(), choice: column.nullable(column.oneOf(CHOICES)), lastTest: column.nullable(column.decoded((value) => report.Parse(value))), organization: column.text }
export type GuidedLink = column.Row<typeof guided>
const GUIDED = `${COLUMNS}, l.reserved, l.choice, l.last_test, o.name as organization`

const all = read('identity:read', `select ${COLUMNS} from bss.setup_link l where l.organization_id = $1 and ($2::uuid is null or l.id < $2) order by l.id desc limit $3::int`, shape)
const locked = write('identity:write', `select ${COLUMNS} from bss.setup_link l where l.organization_id = $1 and l.id = $2 for update`, shape)
const insert = write('identity:write', `
  insert into bss.setup_link (organization_id, id, name, digest, reserved, connection_id, choice, expires_at) values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8))`, {})
const markRevoked = write('identity:write', 'update bss.setup_link set revoked_at = now() where organization_id = $1 and id = $2', {})
const slugOf = write('identity:write', 'select o.slug from bss.organization o where o.organization_id = $1', { slug: column.text })

export const listLinks = async (tx: Tx<'read', 'identity:read'>, limit: number, before: string | null): Promise<Page<SetupLink>> => pageFrom(await tx.rows(all, [before, limit + 1]), limit, (row) => [row.id])
export const lockLink = (tx: WriteTx, id: SetupLinkId): Promise<SetupLink> => tx.one('set-up link', locked, [id])
export async function insertLink(tx: WriteTx, it: { name: string; digest: string; reserved: ConnectionId; connectionId: ConnectionId | null; choice: Choice | null; hours: number }): Promise<{ link: SetupLink; slug: string }> {
  const id = newId<'SetupLink'>()
  await tx.rows(insert, [id, it.name, bytea(it.digest), it.reserved, it.connectionId, it.choice, it.hours])
  tx.changed({ entity: 'setup_link', id, action: 'created', after: { name: it.name, connectionId: it.connectionId, hours: it.hours } })
  return { link: await lockLink(tx, id), slug: (await tx.one('organization', slugOf)).slug }
}
export async function revokeLink(tx: WriteTx, { id, status }: SetupLink): Promise<SetupLink> {
  await tx.rows(markRevoked, [id])
  tx.changed({ entity: 'setup_link', id, action: 'revoked', before: { status } })
  return lockLink(tx, id)
}

// The way of a link: opened once, by one browser, which is its only holder from then on.
const LIVE = 'l.revoked_at is null and l.finished_at is null and l.expires_at > now()'
const unopened = write('identity:write', `
  select ${GUIDED} from bss.setup_link l join bss.organization o on o.organization_id = $1 where l.organization_id = $1 and l.digest = $2 and l.used_at is null and ${LIVE}`, guided)
const byBrowser = write('identity:write', `
  select ${GUIDED} from bss.setup_link l join bss.organization o on o.organization_id = $1 where l.organization_id = $1 and l.browser_digest = $2 and ${LIVE} for update of l`, guided)
const byId = write('identity:write', `
  select ${GUIDED} from bss.setup_link l join bss.organization o on o.organization_id = $1 where l.organization_id = $1 and l.id = $2 and ${LIVE} for update of l`, guided)
const bind = write('identity:write', `update bss.setup_link l set used_at = now(), browser_digest = $3 where l.organization_id = $1 and l.digest = $2 and l.used_at is null and ${LIVE} returning l.id`, { id: column.id<SetupLinkId>() })
const setChoice = write('identity:write', 'update bss.setup_link set choice = $3 where organization_id = $1 and id = $2', {})
const setConnection = write('identity:write', 'update bss.setup_link set connection_id = $3 where organization_id = $1 and id = $2', {})
const setTest = write('identity:write', 'update bss.setup_link set last_test = $3::jsonb where organization_id = $1 and id = $2', {})
const setFinished = write('identity:write', 'update bss.setup_link set finished_at = now() where organization_id = $1 and id = $2', {})
const forgetTests = write('identity:write', 'update bss.setup_link set last_test = null where organization_id = $1 and last_test is not null and expires_at < now()', {})

export const findUnopened = (tx: WriteTx, digest: string): Promise<GuidedLink | null> => tx.maybe(unopened, [bytea(digest)])
export const findByBrowser = (tx: WriteTx, browserDigest: string): Promise<GuidedLink | null> => tx.maybe(byBrowser, [bytea(browserDigest)])
export const lockLive = (tx: WriteTx, id: SetupLinkId): Promise<GuidedLink | null> => tx.maybe(byId, [id])
/** The link this browser has now; null when another one was first. */
export async function bindLink(tx: WriteTx, digest: string, browserDigest: string): Promise<SetupLinkId | null> {
  const id = (await tx.maybe(bind, [bytea(digest), bytea(browserDigest)]))?.id ?? null
  if (id !== null) tx.changed({ entity: 'setup_link', id, action: 'opened' })
  return id
}
export const saveChoice = async (tx: WriteTx, id: SetupLinkId, choice: Choice): Promise<void> => void (await tx.rows(setChoice, [id, choice]))
export const saveConnectionOf = async (tx: WriteTx, id: SetupLinkId, connectionId: ConnectionId): Promise<void> => void (await tx.rows(setConnection, [id, connectionId]))
export const saveReport = async (tx: WriteTx, id: string, it: TestReport): Promise<void> => void (await tx.rows(setTest, [id, JSON.stringify(it)]))
export async function finishLink(tx: WriteTx, id: SetupLinkId): Promise<void> {
  await tx.rows(setFinished, [id])
  tx.changed({ entity: 'setup_link', id, action: 'finished' })
}
export const forgetReports = async (tx: WriteTx): Promise<void> => void (await tx.rows(forgetTests))

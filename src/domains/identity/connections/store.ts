// All SQL about connections.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { newId, type ConnectionId } from '../../../kernel/ids.ts'
import { pageFrom, type Page } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { CONNECTION_KINDS, CONNECTION_PRESETS, CONNECTION_STATUSES, JIT_ROLES, OidcSettings, SamlSettings } from './contract.ts'

/** What is kept beside the settings: our own certificates, and what the provider's metadata newly names. */
export const Stored = Type.Object({
  oidc: Type.Optional(OidcSettings),
  saml: Type.Optional(SamlSettings),
  /** Ours: of the SAML signing key, or the public JWK of private_key_jwt. */
  certificatePem: Type.Optional(Type.String()),
  publicJwk: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** Certificates that wait for approval by fingerprint. */
  newCertificates: Type.Optional(Type.Array(Type.String())),
})
export type Stored = Type.Static<typeof Stored>
const stored = Compile(Stored)

const shape = {
  id: column.id<ConnectionId>(), name: column.text, kind: column.oneOf(CONNECTION_KINDS), preset: column.oneOf(CONNECTION_PRESETS), status: column.oneOf(CONNECTION_STATUSES),
  settings: column.decoded((value) => stored.Parse(value)), secret: column.nullable(column.bytes), hasJit: column.bool, jitRole: column.nullable(column.oneOf(JIT_ROLES)),
  sessionHours: column.int, idleMinutes: column.int, testedAt: column.nullable(column.instant), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
export type ConnectionRow = column.Row<typeof shape>
const COLUMNS = 'c.id, c.name, c.kind, c.preset, c.status, c.settings, c.secret, c.has_jit, c.jit_role, c.session_hours, c.idle_minutes, c.tested_at, c.row_version, c.created_at, c.updated_at'

const one = read('identity:read', `select ${COLUMNS} from bss.identity_connection c where c.organization_id = $1 and c.id = $2`, shape)
const locked = write('identity:write', `select ${COLUMNS} from bss.identity_connection c where c.organization_id = $1 and c.id = $2 for update`, shape)
const all = read('identity:read', `select ${COLUMNS} from bss.identity_connection c where c.organization_id = $1 and ($2::uuid is null or c.id > $2) order by c.id limit $3::int`, shape)
const TAKEN = { identity_connection_name: ['conflict', 'There is a connection of this name already.', '/name'] } as const
const insert = write('identity:write', `
  insert into bss.identity_connection (organization_id, id, name, kind, preset, settings, secret, has_jit, jit_role, session_hours, idle_minutes)
  values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11)`, {}, TAKEN)
const update = write('identity:write', `
  update bss.identity_connection set name = $3, preset = $4, settings = $5::jsonb, secret = $6, has_jit = $7, jit_role = $8, session_hours = $9, idle_minutes = $10, status = $11,
    tested_at = case when $12 then null else tested_at end, tested_by = case when $12 then null else tested_by end
   where organization_id = $1 and id = $2`, {}, TAKEN)
const updateStatus = write('identity:write', 'update bss.identity_connection set status = $3 where organization_id = $1 and id = $2', {})
const markTested = write('identity:write', `
  update bss.identity_connection set status = case when status in ('draft', 'disabled') then 'tested' else status end, tested_at = now(), tested_by = $3 where organization_id = $1 and id = $2`, {})
const endSessions = write('identity:write', `
  update bss.session set revoked_at = now(), revoked_reason = 'connection_disabled' where organization_id = $1 and connection_id = $2 and revoked_at is null returning id`, { id: column.id() })

/** Whoever came in another way than those that are left once a connection is enforced. */
const endOthers = write('identity:write', `
  update bss.session s set revoked_at = now(), revoked_reason = 'connection_enforced'
   where s.organization_id = $1 and s.kind = 'person' and s.revoked_at is null
     and not exists (select from bss.identity_connection c where c.organization_id = $1 and c.id = s.connection_id and c.status = 'enforced')
     and not (s.connection_id is null and s.methods = array['webauthn'] and bss.may_recover($1, s.user_id)) returning s.id`, { id: column.id() })

/** The values a connection is written with. */
export type Writing = Pick<ConnectionRow, 'name' | 'preset' | 'settings' | 'hasJit' | 'jitRole' | 'sessionHours' | 'idleMinutes'> & { readonly secret: Uint8Array | null }

const bytea = (value: Uint8Array | null): string | null => (value === null ? null : `\\x${Buffer.from(value).toString('hex')}`)

export const getConnection = (tx: Tx<'read', 'identity:read'>, id: ConnectionId): Promise<ConnectionRow> => tx.one('connection', one, [id])
export const lockConnection = (tx: Tx<'write', 'identity:write'>, id: ConnectionId): Promise<ConnectionRow> => tx.one('connection', locked, [id])
export const findConnection = (tx: Tx<'write', 'identity:write'>, id: ConnectionId): Promise<ConnectionRow | null> => tx.maybe(locked, [id])
export async function listConnections(tx: Tx<'read', 'identity:read'>, limit: number, after: string | null): Promise<Page<ConnectionRow>> {
  return pageFrom(await tx.rows(all, [after, limit + 1]), limit, (row) => [row.id])
}

export async function insertConnection(tx: Tx<'write', 'identity:write'>, id: ConnectionId, kind: ConnectionRow['kind'], it: Writing): Promise<ConnectionRow> {
  await tx.rows(insert, [id, it.name, kind, it.preset, JSON.stringify(it.settings), bytea(it.secret), it.hasJit, it.jitRole, it.sessionHours, it.idleMinutes])
  tx.changed({ entity: 'identity_connection', id, action: 'created', after: { name: it.name, kind, preset: it.preset, hasJit: it.hasJit, jitRole: it.jitRole } })
  return lockConnection(tx, id)
}

/** Writes a change; `isUntested` sends the connection back to where a test must come first. */
export async function saveConnection(tx: Tx<'write', 'identity:write'>, before: ConnectionRow, it: Writing, isUntested: boolean): Promise<ConnectionRow> {
  const status = isUntested ? 'draft' : before.status
  await tx.rows(update, [before.id, it.name, it.preset, JSON.stringify(it.settings), bytea(it.secret), it.hasJit, it.jitRole, it.sessionHours, it.idleMinutes, status, isUntested])
  tx.changed({ entity: 'identity_connection', id: before.id, action: 'changed', before: outline(before), after: { ...outline({ ...before, ...it }), status } })
  return lockConnection(tx, before.id)
}
const outline = (row: Writing) => ({ name: row.name, preset: row.preset, oidc: row.settings.oidc ?? null, saml: row.settings.saml ?? null, hasJit: row.hasJit, jitRole: row.jitRole, sessionHours: row.sessionHours, idleMinutes: row.idleMinutes })

export async function saveConnectionStatus(tx: Tx<'write', 'identity:write'>, before: ConnectionRow, status: ConnectionRow['status']): Promise<ConnectionRow> {
  await tx.rows(updateStatus, [before.id, status])
  tx.changed({ entity: 'identity_connection', id: before.id, action: status, before: { status: before.status }, after: { status } })
  if (status === 'enforced') for (const { id } of await tx.rows(endOthers)) tx.changed({ entity: 'session', id, action: 'revoked' })
  if (status === 'disabled') for (const { id } of await tx.rows(endSessions, [before.id])) tx.changed({ entity: 'session', id, action: 'revoked' })
  return lockConnection(tx, before.id)
}

export async function saveTest(tx: Tx<'write', 'identity:write'>, id: ConnectionId, actorId: string): Promise<void> {
  await tx.rows(markTested, [id, actorId])
  tx.changed({ entity: 'identity_connection', id, action: 'tested' })
}

export const newConnectionId = (): ConnectionId => newId<'IdentityConnection'>()

// Keys of the platform's operators (Global Admin). They belong to no organization and are made at the installation, not over HTTP.
import { newId } from '../../kernel/ids.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { newKey } from '../../platform/crypto/keys.ts'
import type { Database } from '../../platform/db/database.ts'
import * as column from '../../platform/db/row.ts'
import { system, type SystemStatement } from '../../platform/db/system.ts'
import type { Param } from '../../platform/db/wire.ts'
import { KEY_DAYS_DEFAULT, KEY_DAYS_MAX } from './contract.ts'
import { traceOf } from './keys/decide.ts'

const create = system('select id, expires_at from platform.create_operator_key($1, $2, $3, $4, $5, $6, $7)', { id: column.id(), expiresAt: column.instant })
const revoke = system('select id from platform.revoke_operator_key($1)', { id: column.id() })

/** Calls one function of the platform: it runs across organizations, and names itself in the trail. */
export const callPlatform = <R>(database: Database, why: string, statement: SystemStatement<R>, params: readonly Param[]): Promise<R[]> =>
  database.acrossOrganizations(why, (tx) => tx.call(statement, params))

export interface OperatorKeyDraft {
  /** Names the operator in audit rows; one live key per name. */
  readonly name: string
  readonly expiresInDays?: number
  readonly cidrs?: readonly string[]
}
export interface OperatorKey {
  readonly id: string
  readonly expiresAt: string
  readonly secret: string
}

/** Makes a Global Admin key; its secret is returned this once. */
export async function createOperatorKey(database: Database, draft: OperatorKeyDraft): Promise<OperatorKey> {
  const days = draft.expiresInDays ?? KEY_DAYS_DEFAULT
  if (days < 1 || days > KEY_DAYS_MAX) throw new Problem('invalid', `A key lives for 1 to ${KEY_DAYS_MAX} days.`)
  const secret = newKey('live')
  const { prefix, digest } = traceOf(secret)
  const [row] = await callPlatform(database, 'a key of the platform is made', create, [newId(), newId(), draft.name, prefix, `\\x${digest}`, draft.cidrs ?? [], days])
  if (row === undefined) throw new Problem('internal', 'The key was not made.')
  return { id: row.id, expiresAt: row.expiresAt, secret }
}

/** Ends the live key of that name. */
export async function revokeOperatorKey(database: Database, name: string): Promise<void> {
  const rows = await callPlatform(database, 'a key of the platform is revoked', revoke, [name])
  if (rows.length === 0) throw notFound('operator key')
}

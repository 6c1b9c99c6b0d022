// Can this PostgreSQL carry the product? Asked once, before anything is changed in it; the answer to no is one sentence that says
// what to do, since whoever reads it stands before a server that somebody else set up.
import type pg from 'pg'
import { CannotConnect, ServerError, Wire, type Param, type Result } from './wire.ts'

/** The server, the database or the user of an address cannot be worked with; `message` says why and what to do. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase'
}

const OLDEST = 16

/** Connects; a failure becomes a sentence that names the server and never the password. */
export async function connectOrExplain(config: pg.ClientConfig): Promise<Wire> {
  try {
    return await Wire.connect(config)
  } catch (error) {
    throw explained(error, config)
  }
}

function explained(error: unknown, { host, port, database, user }: pg.ClientConfig): unknown {
  const server = `PostgreSQL at ${host ?? ''}:${port ?? ''}`
  if (error instanceof CannotConnect) return new UnfitDatabase(`${server} cannot be reached (${error.message}). Check DATABASE_URL, and that the server runs and can be reached from this machine.`, { cause: error })
  if (!(error instanceof ServerError)) return error
  const { sqlState, message } = error
  if (sqlState === '28P01') return new UnfitDatabase(`${server} refuses the password of "${user ?? ''}". Check user and password in DATABASE_URL.`, { cause: error })
  if (sqlState === '28000') return new UnfitDatabase(`${server} does not let "${user ?? ''}" in (${message}). The user of DATABASE_URL and the roles bss_* must be allowed to log in from this machine.`, { cause: error })
  if (sqlState === '3D000') return new UnfitDatabase(`${server} has no database "${database ?? ''}". Create it with the user of DATABASE_URL as its owner, or correct DATABASE_URL.`, { cause: error })
  return new UnfitDatabase(`${server} takes no connections at the moment (${message}). Try again when it does.`, { cause: error })
}

type Run = (text: string, params?: readonly Param[]) => Promise<Result[]>

/** Only what every version and every state of a server can answer. */
const SERVER = `select current_setting('server_version_num')::int / 10000, current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery()`
const RIGHTS = `select current_user::text, r.rolsuper or r.rolcreaterole, pg_has_role(d.datdba, 'usage'), d.datname::text
  from pg_roles r, pg_database d where r.rolname = current_user and d.datname = current_database()`

/** Throws UnfitDatabase unless the server is new enough, the primary, in UTF-8, and the user owns the database and may create roles. */
export async function refuseUnfit(run: Run): Promise<void> {
  const [major, version, encoding, isStandby] = (await run(SERVER))[0]?.rows[0] ?? []
  if (Number(major) < OLDEST) throw new UnfitDatabase(`This server is PostgreSQL ${version ?? ''}; Blue Ship Sync needs ${OLDEST} or newer. Upgrade it, or name another one in DATABASE_URL.`)
  if (isStandby === 't') throw new UnfitDatabase('DATABASE_URL names a read replica. Name the primary there, and the replica in DATABASE_REPLICA_URLS.')
  if (encoding !== 'UTF8') throw new UnfitDatabase(`The database of DATABASE_URL is encoded in ${encoding ?? '?'}. Create one with encoding UTF8.`)
  const [user, mayCreateRoles, isOwner, database] = (await run(RIGHTS))[0]?.rows[0] ?? []
  if (mayCreateRoles !== 't') throw new UnfitDatabase(`The user "${user ?? ''}" of DATABASE_URL may not create roles. Let an administrator run: alter role "${user ?? ''}" createrole`)
  if (isOwner !== 't') throw new UnfitDatabase(`The user "${user ?? ''}" of DATABASE_URL does not own the database "${database ?? ''}". Let an administrator run: alter database "${database ?? ''}" owner to "${user ?? ''}"`)
}

/** Roles belong to the whole server: when somebody else made ours there, they are his to give away. */
export function explainRoles(error: unknown): unknown {
  if (!(error instanceof ServerError) || error.sqlState !== '42501') return error
  return new UnfitDatabase(`The roles bss_* exist on this server and belong to another user (${error.message}). Use the user that made them, or give this one their admin option.`, { cause: error })
}

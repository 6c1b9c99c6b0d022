// Work across organizations. The role behind this door owns nothing and may read no table: it can only call the platform's
// definer functions, each of which does one named thing.
import { createHash } from 'node:crypto'
import type { Ctx } from '../../kernel/access.ts'
import type { OrganizationId } from '../../kernel/ids.ts'
import { problemOf } from './errors.ts'
import { flushedUpTo } from './keeping.ts'
import { readRows, type Row, type RowShape } from './row.ts'
import type { Call, Param, Wire } from './wire.ts'

/** A call of a platform function: `select ... from platform.create_organization($1, ...)`. */
export interface SystemStatement<R> {
  readonly text: string
  readonly name: string
  readonly shape: RowShape
  readonly result?: R
}
export function system<const T extends `select ${string} from platform.${string}`, S extends RowShape>(text: T, shape: S): SystemStatement<Row<S>> {
  return { text, shape, name: `p${createHash('sha256').update(text).digest('base64url').slice(0, 24)}` }
}

export class SystemTx {
  readonly #wire: Wire
  readonly #wrote: (organizationId: OrganizationId, lsn: string) => void
  readonly why: string
  constructor(wire: Wire, why: string, wrote: (organizationId: OrganizationId, lsn: string) => void) {
    this.#wire = wire
    this.#wrote = wrote
    this.why = why
  }
  /** Calls one platform function; each call is a transaction of its own. */
  call<R>(statement: SystemStatement<R>, params: readonly Param[] = []): Promise<R[]> {
    return this.#send(statement, [{ name: statement.name, text: statement.text, params }])
  }
  /** As `call`, for a change to one organization: its reads through this process, and whoever sends the answer's consistency token, see it. */
  async change<R>(ctx: Ctx<'platform:write'>, statement: SystemStatement<R>, params: readonly Param[], organizationOf: (row: R) => OrganizationId): Promise<R[]> {
    const rows = await this.#send(statement, [{ name: statement.name, text: statement.text, params }])
    const [position] = await this.#wire.send([flushedUpTo]).catch(() => []) // Done is done: without a position the reads are only as fresh as the replica.
    const lsn = position?.rows[0]?.[0]
    if (lsn) {
      ctx.facts.outcome.lsn = lsn
      for (const row of rows) this.#wrote(organizationOf(row), lsn)
    }
    return rows
  }

  async #send<R>(statement: SystemStatement<R>, calls: readonly Call[]): Promise<R[]> {
    try {
      const [result] = await this.#wire.send(calls)
      return readRows(statement.shape, result?.fields ?? [], result?.rows ?? []) as R[] // The shape is the run-time form of R.
    } catch (error) {
      throw problemOf(error)
    }
  }
}

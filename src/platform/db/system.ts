// Work across organizations. The role behind this door owns nothing and may read no table: it can only call the platform's
// definer functions, each of which does one named thing.
import { createHash } from 'node:crypto'
import { problemOf } from './errors.ts'
import { readRows, type Row, type RowShape } from './row.ts'
import type { Param, Wire } from './wire.ts'

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
  readonly why: string
  constructor(wire: Wire, why: string) {
    this.#wire = wire
    this.why = why
  }
  /** Calls one platform function; each call is a transaction of its own. */
  async call<R>(statement: SystemStatement<R>, params: readonly Param[] = []): Promise<R[]> {
    try {
      const [result] = await this.#wire.send([{ name: statement.name, text: statement.text, params }])
      return readRows(statement.shape, result?.fields ?? [], result?.rows ?? []) as R[] // The shape is the run-time form of R.
    } catch (error) {
      throw problemOf(error)
    }
  }
}

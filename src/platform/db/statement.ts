// SQL as values. A statement says which permission it needs, whether it writes, how its rows are read, and always
// names the caller's organization: its first parameter, `$1`, is filled in by the door and by nobody else.
import { createHash } from 'node:crypto'
import type { Permission } from '../../kernel/access.ts'
import type { ProblemCode } from '../../kernel/problem.ts'
import { invariant } from '../../kernel/problem.ts'
import type { Row, RowShape } from './row.ts'

/**
 * Text that keeps the wall beside the policy: a predicate for the planner (row security alone lets it guess), $1 as the
 * inserted organization, or a function of ours that takes the organization first.
 */
export type Walled<T extends string> = T extends `${string}organization_id = $1${string}` | `${string}(organization_id, ${string}$1${string}` | `${string}bss.${string}($1${string}` ? T : string extends T ? T : never

export type Mode = 'read' | 'write'
/** What a violated constraint means to the caller: constraint name → problem, sentence, JSON pointer. */
export type Refusals = Readonly<Record<string, readonly [ProblemCode, string, string]>>

export class Statement<out M extends Mode, out P extends Permission, out R> {
  declare readonly mode: M
  declare readonly needs: P
  declare readonly result: R
  readonly text: string
  /** Name of the prepared statement: a digest of the text, so that equal text shares one plan per connection. */
  readonly name: string
  readonly shape: RowShape
  readonly refusals: Refusals
  constructor(text: string, shape: RowShape, refusals: Refusals) {
    this.text = text
    this.shape = shape
    this.refusals = refusals
    this.name = `s${createHash('sha256').update(text).digest('base64url').slice(0, 24)}`
    registry.set(this.name, this)
  }
}
const registry = new Map<string, { readonly name: string; readonly text: string; readonly shape: RowShape }>()

/** Every statement built so far: the tests prepare each against the real schema and compare its columns with the shape. */
export const allStatements = (): readonly { readonly name: string; readonly text: string; readonly shape: RowShape }[] => [...registry.values()]

function checked(text: string): string {
  const trimmed = text.trim()
  invariant(/organization_id = \$1\b/.test(trimmed) || /\(organization_id,[\s\S]*\$1\b/.test(trimmed) || /\bbss\.[a-z_]+\(\$1\b/.test(trimmed), `a statement must name the organization as $1: ${trimmed.slice(0, 80)}`)
  return trimmed
}

/** A statement that only reads. `shape` maps camelCase names to column readers; columns are snake_case. */
export function read<const P extends Permission, const T extends string, S extends RowShape>(needs: P, text: Walled<T>, shape: S): Statement<'read', P, Row<S>> {
  void needs
  return new Statement(checked(text), shape, {})
}

/** A statement that changes rows. `refusals` says what its constraints mean to the caller. */
export function write<const P extends Permission, const T extends string, S extends RowShape>(needs: P, text: Walled<T>, shape: S, refusals: Refusals = {}): Statement<'write', P, Row<S>> {
  void needs
  return new Statement(checked(text), shape, refusals)
}

// Lists as windows over an order that is total: the sort key and then an id, so that no row is shown twice or skipped.
// The statement is made of the filters that were really given: a plan for each, instead of one that has to fit all.
import type { Permission } from '../../kernel/access.ts'
import { isDay } from '../../kernel/instant.ts'
import { pageFrom, readCursor, type Page } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problem.ts'
import * as column from '../../platform/db/row.ts'
import type { Row, RowShape } from '../../platform/db/row.ts'
import { read, type Statement } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'

interface SortKey<R> {
  readonly sql: string
  readonly type: 'text' | 'uuid' | 'date' | 'numeric' | 'timestamptz'
  readonly of: (row: R) => string
}
export interface Listing<S extends RowShape, F extends string, K extends string> {
  /** `select ... from ... where x.organization_id = $1`, without order and limit. */
  readonly select: string
  readonly shape: S
  /** Conditions by filter; `?` is the value, given as text. */
  readonly filters: Readonly<Record<F, string>>
  readonly sorts: Readonly<Record<K, SortKey<Row<S>>>>
  /** Makes the order total. */
  readonly tie: SortKey<Row<S>>
  /** Where one tie is not enough: rows known by several ids. */
  readonly moreTies?: readonly SortKey<Row<S>>[]
  /** The parameter that brings the cursor, for the refusal; `after` when nothing is said. */
  readonly cursorParameter?: string
}
export interface Conditions<F extends string> {
  readonly filters: Readonly<Record<F, string | undefined>>
  /** Conditions that are made for this page, with their values. */
  readonly more?: readonly (readonly [sql: string, value: string])[]
}
export interface Wanted<F extends string, K extends string> extends Conditions<F> {
  readonly sort: K | `-${K}`
  readonly limit: number
  readonly after: string | undefined
}

/** Gives the function that reads one page. */
export function listing<const P extends Permission, S extends RowShape, const F extends string, const K extends string>(needs: P, list: Listing<S, F, K>) {
  const statements = new Map<string, Statement<'read', P, Row<S>>>()
  const statementOf = (text: string): Statement<'read', P, Row<S>> => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const made = read(needs, text, list.shape)
    statements.set(text, made)
    return made
  }
  return async (tx: Tx<'read', P>, wanted: Wanted<F, K>): Promise<{ items: Row<S>[]; nextCursor: string | null }> => {
    const params: (string | number | null)[] = []
    const bind = (value: string | number | null): string => `$${params.push(value) + 1}`
    const conditions = conditionsOf(list.filters, wanted, bind)
    const isDescending = wanted.sort.startsWith('-')
    const key = keysOf(list.sorts).find((name) => name === wanted.sort || `-${name}` === wanted.sort)
    if (key === undefined) throw new TypeError(`There is no such sort order: ${wanted.sort}`)
    const sort = list.sorts[key]
    const direction = isDescending ? 'desc' : 'asc'
    const order = [sort, list.tie, ...(list.moreTies ?? [])]
    if (wanted.after !== undefined) {
      const values = cursorParts(wanted.after, order.map(({ type }) => type), list.cursorParameter ?? 'after').map((value, index) => `${bind(value)}::${order[index]?.type ?? 'text'}`)
      conditions.push(`(${order.map(({ sql }) => sql).join(', ')}) ${isDescending ? '<' : '>'} (${values.join(', ')})`)
    }
    const where = conditions.map((condition) => ` and ${condition}`).join('')
    const text = `${list.select}${where} order by ${order.map(({ sql }) => `${sql} ${direction}`).join(', ')} limit ${bind(wanted.limit + 1)}::int`
    const page: Page<Row<S>> = pageFrom(await tx.rows(statementOf(text), params), wanted.limit, (row) => order.map(({ of }) => of(row)))
    return { items: [...page.items], nextCursor: page.nextCursor }
  }
}

/** Gives the function that counts what a list has, up to a number: more is not worth the reading. */
export function counting<const P extends Permission, const F extends string>(needs: P, list: { readonly select: string; readonly filters: Readonly<Record<F, string>> }) {
  const statements = new Map<string, Statement<'read', P, { readonly count: number }>>()
  return async (tx: Tx<'read', P>, wanted: Conditions<F>, upTo: number): Promise<number> => {
    const params: (string | number)[] = []
    const bind = (value: string | number): string => `$${params.push(value) + 1}`
    const text = `select count(*)::int as count from (${list.select}${conditionsOf(list.filters, wanted, bind).map((condition) => ` and ${condition}`).join('')} limit ${bind(upTo)}::int) q`
    const statement = statements.get(text) ?? read(needs, text, { count: column.int })
    statements.set(text, statement)
    const [found] = await tx.rows(statement, params)
    return found?.count ?? 0
  }
}

/** The filters that were given, with their values bound. */
function conditionsOf<F extends string>(filters: Readonly<Record<F, string>>, { filters: values, more = [] }: Conditions<F>, bind: (value: string) => string): string[] {
  const given = keysOf(filters).flatMap((name): (readonly [string, string])[] => {
    const value = values[name]
    return value === undefined ? [] : [[filters[name], value]]
  })
  return [...given, ...more].map(([sql, value]) => sql.replaceAll('?', () => bind(value)))
}

/** The own keys of a closed record. */
function keysOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  const keys: K[] = []
  for (const key in record) keys.push(key)
  return keys
}

/** Whether a part of a cursor can be a value of its type. */
const FITS = {
  text: (part: string) => !part.includes('\0'),
  uuid: (part: string) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(part),
  date: isDay,
  timestamptz: (part: string) => /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/.test(part) && !Number.isNaN(Date.parse(part)),
  numeric: (part: string) => /^-?[0-9]{1,20}(\.[0-9]{1,20})?$/.test(part),
} as const

function cursorParts(cursor: string, types: readonly (keyof typeof FITS)[], parameter: string): readonly string[] {
  const parts = readCursor(cursor, types.length) ?? []
  const fitting = parts.filter((part, index): part is string => typeof part === 'string' && FITS[types[index] ?? 'text'](part))
  if (fitting.length === types.length) return fitting
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: `/query/${parameter}`, code: 'cursor', message: 'Must be what the page before named as the next.' }] })
}

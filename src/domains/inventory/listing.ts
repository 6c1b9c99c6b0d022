// Lists as windows over an order that is total: the sort key and then an id, so that no row is shown twice or skipped.
// The statement is made of the filters that were really given: a plan for each, instead of one that has to fit all.
import type { Permission } from '../../kernel/access.ts'
import { isDay } from '../../kernel/instant.ts'
import { pageFrom, readCursor, type Page } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problem.ts'
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
}
export interface Wanted<F extends string, K extends string> {
  readonly filters: Readonly<Record<F, string | undefined>>
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
    const conditions: string[] = []
    for (const name of keysOf(list.filters)) {
      const value = wanted.filters[name]
      if (value !== undefined) conditions.push(list.filters[name].replaceAll('?', () => bind(value)))
    }
    const isDescending = wanted.sort.startsWith('-')
    const key = keysOf(list.sorts).find((name) => name === wanted.sort || `-${name}` === wanted.sort)
    if (key === undefined) throw new TypeError(`There is no such sort order: ${wanted.sort}`)
    const sort = list.sorts[key]
    const direction = isDescending ? 'desc' : 'asc'
    const order = [sort, list.tie, ...(list.moreTies ?? [])]
    if (wanted.after !== undefined) {
      const values = cursorParts(wanted.after, order.map(({ type }) => type)).map((value, index) => `${bind(value)}::${order[index]?.type ?? 'text'}`)
      conditions.push(`(${order.map(({ sql }) => sql).join(', ')}) ${isDescending ? '<' : '>'} (${values.join(', ')})`)
    }
    const where = conditions.map((condition) => ` and ${condition}`).join('')
    const text = `${list.select}${where} order by ${order.map(({ sql }) => `${sql} ${direction}`).join(', ')} limit ${bind(wanted.limit + 1)}::int`
    const page: Page<Row<S>> = pageFrom(await tx.rows(statementOf(text), params), wanted.limit, (row) => order.map(({ of }) => of(row)))
    return { items: [...page.items], nextCursor: page.nextCursor }
  }
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

function cursorParts(cursor: string, types: readonly (keyof typeof FITS)[]): readonly string[] {
  const parts = readCursor(cursor, types.length) ?? []
  const fitting = parts.filter((part, index): part is string => typeof part === 'string' && FITS[types[index] ?? 'text'](part))
  if (fitting.length === types.length) return fitting
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}

// Rows arrive as text and leave as types. A column without a reader cannot be used, so nothing untyped crosses this line.
import { isCurrency, type Currency } from '../../kernel/money.ts'
import { idOf, type Id } from '../../kernel/ids.ts'
import { isList } from '../../kernel/json.ts'
import { formatDecimal, parseDecimal } from '../../kernel/decimal.ts'

/** Reads one column from PostgreSQL's text form. `types` are the type names the column may have; a test compares them with the catalogue. */
export interface Column<T> {
  readonly types: readonly string[]
  readonly read: (text: string | null) => T
}
export type RowShape = Readonly<Record<string, Column<unknown>>>
export type Row<S extends RowShape> = { readonly [K in keyof S]: S[K] extends Column<infer T> ? T : never }

const some = (text: string | null): string => {
  if (text === null) throw new TypeError('A column that is never null was null.')
  return text
}
const column = <T>(types: readonly string[], read: (text: string) => T): Column<T> => ({ types, read: (text) => read(some(text)) })

/** The same column when it may be null. */
export const nullable = <T>(inner: Column<T>): Column<T | null> => ({ types: inner.types, read: (text) => (text === null ? null : inner.read(text)) })

export const text = column(['text'], (value) => value)
/** One of a closed list, checked. */
export const oneOf = <const L extends readonly string[]>(list: L): Column<L[number]> =>
  column(['text'], (value) => {
    const found = list.find((entry) => entry === value)
    if (found === undefined) throw new TypeError(`Unknown value in the database: ${value}`)
    return found
  })
export const id = <I extends Id<string>>(): Column<I> => column(['uuid'], (value) => idOf(value) as unknown as I) // Shape checked; the brand is what the store declares for this column.
/** A uuid of no particular entity, such as the aggregate of an event. */
export const uuidText = column(['uuid'], (value) => value)
export const bool = column(['bool'], (value) => value === 't' || value === 'true')
/** Integers that a JS number holds exactly. */
export const int = column(['int2', 'int4', 'int8'], (value) => {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new TypeError(`Integer out of range: ${value}`)
  return number
})
export const bigint = column(['int8', 'int4'], (value) => BigInt(value))
/** A floating figure such as a ratio or a rate; never money, never stock. */
export const ratio = column(['float8', 'float4'], Number)
/** A quantity or price as a decimal string without trailing zeros; `scale` is the most the column holds. */
export const decimal = (scale = 6): Column<string> =>
  column(['numeric'], (value) => {
    const units = parseDecimal(value, scale)
    if (units === null) throw new TypeError(`Not a decimal of scale ${scale}: ${value}`)
    return formatDecimal(units, scale)
  })
export const quantity = decimal(6)
export const currency: Column<Currency> = column(['text', 'bpchar'], (value) => {
  if (!isCurrency(value)) throw new TypeError(`Unknown currency in the database: ${value}`)
  return value
})
/** An instant as RFC 3339 in UTC; sessions run with TimeZone=UTC and DateStyle=ISO. */
export const instant = column(['timestamptz'], (value) => new Date(value.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString())
export const date = column(['date'], (value) => value)
/** jsonb, parsed but not trusted: give it to `decoded` with a check. */
export const json: Column<unknown> = column(['jsonb', 'json'], (value): unknown => JSON.parse(value))
/** jsonb checked by a function that returns the value or throws. */
export const decoded = <T>(check: (value: unknown) => T): Column<T> => column(['jsonb', 'json'], (value) => check(JSON.parse(value)))
export const bytes = column(['bytea'], (value) => Buffer.from(value.slice(2), 'hex'))
/** An array of text-like values, read from `to_jsonb(array)`: select `to_jsonb(names) as names`. */
export const texts = column(['jsonb'], (value): readonly string[] => {
  const list: unknown = JSON.parse(value)
  if (!isList(list)) throw new TypeError('Not an array.')
  return list.map(String)
})

export const snakeCase = (camel: string): string => camel.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

interface Reader {
  readonly key: string
  readonly index: number
  readonly read: (text: string | null) => unknown
}
/** By the list of columns, which a connection keeps for each of its statements, and then by shape. */
const known = new WeakMap<readonly string[], WeakMap<RowShape, readonly Reader[]>>()

/** Where each column of a shape stands among the columns of a result; found once for each statement of a connection. */
function readersOf(shape: RowShape, fields: readonly string[]): readonly Reader[] {
  let byShape = known.get(fields)
  if (byShape === undefined) known.set(fields, (byShape = new WeakMap()))
  const before = byShape.get(shape)
  if (before !== undefined) return before
  const readers = Object.entries(shape).map(([key, reader]) => {
    const index = fields.indexOf(snakeCase(key))
    if (index < 0) throw new TypeError(`The result has no column ${snakeCase(key)}; it has ${fields.join(', ')}.`)
    return { key, index, read: reader.read }
  })
  byShape.set(shape, readers)
  return readers
}

/** Reads rows of text by a shape. `fields` are the column names of the result, in order. */
export function readRows<S extends RowShape>(shape: S, fields: readonly string[], rows: readonly (readonly (string | null)[])[]): Row<S>[] {
  const readers = readersOf(shape, fields)
  return rows.map((row) => {
    const out: Record<string, unknown> = {}
    for (const { key, index, read } of readers) out[key] = read(row[index] ?? null)
    return out as Row<S> // Every key of the shape was filled by its own reader in the loop above.
  })
}

// From a row with named columns to the body of an operation: `sku=Code` puts the column Code into the field sku; `lines.quantity=Qty`
// into an entry of the list `lines`. Types come from the schema, so that a text becomes a number only where a number is wanted.
import { isList, isRecord } from '../../kernel/json.ts'
import { usageError } from '../exit.ts'
import { nearest } from '../nearest.ts'

type Json = Readonly<Record<string, unknown>>
export interface Mapped {
  /** `['lines', 'sku']`; a list on the way means: one entry of it. */
  readonly path: readonly string[]
  /** A column, or a constant. */
  readonly from: { readonly column: number } | { readonly constant: string }
  readonly type: 'text' | 'integer' | 'boolean'
}
export interface Mapping {
  readonly fields: readonly Mapped[]
  /** The list that gathers rows, when any field goes into one. */
  readonly list: string | null
  /** Columns that go nowhere. */
  readonly unused: readonly string[]
}

function plain(schema: unknown): Json {
  if (!isRecord(schema)) return {}
  const choices = schema['anyOf']
  return isList(choices) ? plain(choices.find((choice) => isRecord(choice) && choice['type'] !== 'null')) : schema
}

interface Leaf {
  readonly path: readonly string[]
  readonly type: Mapped['type']
  readonly list: string | null
}

/** Every field a value can be mapped to, with its path. */
export function leavesOf(schema: unknown, before: readonly string[] = [], list: string | null = null): readonly Leaf[] {
  const properties = plain(schema)['properties']
  if (!isRecord(properties)) return []
  return Object.entries(properties).flatMap(([name, part]): readonly Leaf[] => {
    const found = plain(part)
    const path = [...before, name]
    if (found['type'] === 'integer') return [{ path, type: 'integer', list }]
    if (found['type'] === 'boolean') return [{ path, type: 'boolean', list }]
    if (found['type'] === 'string') return [{ path, type: 'text', list }]
    if (found['type'] === 'array' && list === null && before.length === 0) return leavesOf(found['items'], path, name)
    return found['type'] === 'object' ? leavesOf(found, path, list) : []
  })
}

function pairOf(option: string, text: string): readonly [string, string] {
  const cut = text.indexOf('=')
  if (cut <= 0 || cut === text.length - 1) throw usageError(`--${option} is "${text}". Write it as ${option === 'map' ? 'field=Column' : 'field=value'}.`)
  return [text.slice(0, cut).trim(), text.slice(cut + 1).trim()]
}

/** `maps` are `field=Column`, `sets` are `field=value`. Columns that bear the name of a field are mapped without being told. */
export function mappingOf(schema: unknown, header: readonly string[], maps: readonly string[], sets: readonly string[]): Mapping {
  const leaves = leavesOf(schema)
  const names = leaves.map(({ path }) => path.join('.'))
  const leafOf = (name: string): Leaf => {
    const leaf = leaves[names.indexOf(name)]
    if (leaf !== undefined) return leaf
    const meant = nearest(name, names)
    throw usageError(`There is no field "${name}".`, meant === null ? `There are ${names.join(', ')}.` : `Did you mean ${meant}?`)
  }
  const columnOf = (column: string): number => {
    const exact = header.indexOf(column)
    const index = exact >= 0 ? exact : header.findIndex((each) => each.toLowerCase() === column.toLowerCase())
    if (index >= 0) return index
    const meant = nearest(column, header)
    throw usageError(`The file has no column "${column}".`, meant === null ? `It has ${header.join(', ')}.` : `Did you mean ${meant}?`)
  }
  const fields = new Map<string, Mapped>()
  for (const [index, column] of header.entries()) {
    const at = names.findIndex((name) => name.toLowerCase() === column.toLowerCase())
    const leaf = leaves[at]
    if (leaf !== undefined) fields.set(names[at] ?? '', { path: leaf.path, type: leaf.type, from: { column: index } })
  }
  for (const [name, column] of maps.map((text) => pairOf('map', text))) fields.set(name, { path: leafOf(name).path, type: leafOf(name).type, from: { column: columnOf(column) } })
  for (const [name, constant] of sets.map((text) => pairOf('set', text))) fields.set(name, { path: leafOf(name).path, type: leafOf(name).type, from: { constant } })
  const used = new Set([...fields.values()].flatMap(({ from }) => ('column' in from ? [from.column] : [])))
  const missing = requiredOf(schema).filter((name) => ![...fields.values()].some(({ path }) => path[0] === name))
  if (missing.length > 0) throw usageError(`Nothing is mapped to ${missing.join(', ')}.`, `Add --map ${missing[0] ?? ''}=Column or --set ${missing[0] ?? ''}=value. The file has the columns ${header.join(', ')}.`)
  return { fields: [...fields.values()], list: [...fields.keys()].map((name) => leafOf(name).list).find((list) => list !== null) ?? null, unused: header.filter((_, index) => !used.has(index)) }
}

const requiredOf = (schema: unknown): readonly string[] => {
  const required = plain(schema)['required']
  return isList(required) ? required.filter((name) => typeof name === 'string') : []
}

/** A text as the schema wants it. What cannot be converted stays a text, so that the check of the schema can say what is wrong with it. */
function converted(text: string, type: Mapped['type']): unknown {
  if (type === 'integer' && /^-?[0-9]{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(?:true|yes|y|1)$/i.test(text)) return true
  if (type === 'boolean' && /^(?:false|no|n|0)$/i.test(text)) return false
  return text
}

export interface Body {
  readonly head: Json
  /** The entry this row adds to the list; null when the mapping has no list. */
  readonly entry: Json | null
}

/** The body that a row describes. Empty fields are left out: in a table there is no other way to say that there is no value. */
export function bodyOf(mapping: Mapping, row: readonly string[]): Body {
  const head: Record<string, unknown> = {}
  const entry: Record<string, unknown> = {}
  for (const { path, from, type } of mapping.fields) {
    const text = ('constant' in from ? from.constant : (row[from.column] ?? '')).trim()
    if (text === '') continue
    const isInEntry = mapping.list !== null && path[0] === mapping.list
    put(isInEntry ? entry : head, isInEntry ? path.slice(1) : path, converted(text, type))
  }
  return { head, entry: mapping.list === null ? null : entry }
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    target[name] = value
    return
  }
  const before = target[name]
  const inner: Record<string, unknown> = isRecord(before) ? { ...before } : {}
  put(inner, rest, value)
  target[name] = inner
}

// Unknown fields are refused everywhere. A schema that does not say so is closed here, once, before it is compiled, so
// that a forgotten `additionalProperties: false` can neither let a field in nor leak one out.
import type Type from 'typebox'
import { isList, isRecord } from '../../kernel/json.ts'

type Json = Readonly<Record<string, unknown>>

const NESTED = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains']
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions']
const OPENERS = ['additionalProperties', 'unevaluatedProperties', 'patternProperties']

const known = new WeakMap<object, Json>()

function close(schema: unknown, isPart: boolean): unknown {
  if (!isRecord(schema)) return schema
  const before = isPart ? undefined : known.get(schema)
  if (before !== undefined) return before
  const changes: Record<string, unknown> = {}
  for (const key of NESTED) if (isRecord(schema[key])) changes[key] = close(schema[key], false)
  for (const key of LISTS) {
    const list = schema[key]
    // The parts of an allOf see the fields of each other: the whole is closed, not the part.
    if (isList(list)) changes[key] = list.map((part: unknown) => close(part, key === 'allOf'))
  }
  for (const key of MAPS) {
    const map = schema[key]
    if (isRecord(map)) changes[key] = Object.fromEntries(Object.entries(map).map(([name, part]) => [name, close(part, false)]))
  }
  const isOpen = OPENERS.every((key) => schema[key] === undefined)
  if (!isPart && isOpen && isRecord(schema['properties'])) changes['additionalProperties'] = false
  if (!isPart && isOpen && isList(schema['allOf'])) changes['unevaluatedProperties'] = false
  const closed: Json = { ...schema, ...changes }
  if (!isPart) known.set(schema, closed)
  return closed
}

/** The same schema as plain JSON Schema with every object closed. The same input gives the same object. */
export function closed(schema: Type.TSchema): Type.TSchema & Json {
  const result = close(schema, false)
  return isRecord(result) ? result : {}
}

// An example value of a schema, for the reference and OpenAPI. Only examples that pass the schema are shown.
import type Type from 'typebox'
import { Compile } from 'typebox/compile'
import { isList, isRecord } from '../../kernel/json.ts'

const TEXTS = ['12.50', '12', 'A-1001', 'EUR', 'Example', 'example', 'EXAMPLE', '2026-03-01', '2026-03-01T09:30:00Z', 'name@example.com', 'https://example.com', 'DE', '+4930123456', 'a', '1', '0190a0b0-0000-7000-8000-000000000001']
const FORMATS: Readonly<Record<string, string>> = {
  uuid: '0190a0b0-0000-7000-8000-000000000001', 'date-time': '2026-03-01T09:30:00Z', date: '2026-03-01', email: 'name@example.com', uri: 'https://example.com', url: 'https://example.com',
}

function textSample(schema: Readonly<Record<string, unknown>>): string {
  const format = schema['format']
  const byFormat = typeof format === 'string' ? FORMATS[format] : undefined
  if (byFormat !== undefined) return byFormat
  const min = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0
  const max = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : Infinity
  const { pattern } = schema
  const fits = typeof pattern === 'string' ? new RegExp(pattern, 'u') : /^[A-Za-z]+$/
  return TEXTS.find((text) => fits.test(text) && text.length >= min && text.length <= max) ?? 'example'
}

function valueOf(schema: unknown, depth: number): unknown {
  if (!isRecord(schema) || depth > 8) return null
  const { examples, anyOf, allOf, properties, items, minimum } = schema
  if (isList(examples) && examples.length > 0) return examples[0]
  for (const key of ['const', 'default', 'example']) if (key in schema) return schema[key]
  if (isList(schema['enum'])) return schema['enum'][0]
  if (isList(anyOf)) return valueOf(anyOf[0], depth + 1)
  if (isList(allOf)) return Object.assign({}, ...allOf.map((part: unknown) => valueOf(part, depth + 1)))
  if (isRecord(properties)) return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, valueOf(property, depth + 1)]))
  switch (schema['type']) {
    case 'string': return textSample(schema)
    case 'integer': case 'number': return typeof minimum === 'number' ? minimum : 1
    case 'boolean': return true
    case 'array': return items === undefined ? [] : [valueOf(items, depth + 1)]
    case 'object': return {}
    default: return null
  }
}

/** A value that the schema accepts, or undefined when none was found. */
export function sampleOf(schema: Type.TSchema): unknown {
  const value = valueOf(schema, 0)
  return Compile(schema).Check(value) ? value : undefined
}

// Says what is wrong with a value in words a person understands. It runs only after the compiled validator said no, and it
// stops at 20 faults, so that a large wrong body is not more expensive than a small one.
import Format from 'typebox/format'
import type { ProblemError } from '../../kernel/problem.ts'
import { isRecord } from '../../kernel/json.ts'
import { pointerToken } from './json-text.ts'

export const FAULTS_MAX = 20

type Schema = Readonly<Record<string, unknown>>
interface Walk {
  readonly root: Schema
  readonly faults: ProblemError[]
  readonly max: number
}

/** All faults of a value (at most 20) with JSON pointers below `base`. Never empty: it is called for values that failed. */
export function explain(schema: unknown, value: unknown, base = ''): readonly ProblemError[] {
  const walk: Walk = { root: isRecord(schema) ? schema : {}, faults: [], max: FAULTS_MAX }
  visit(walk, schema, value, base)
  return walk.faults.length > 0 ? walk.faults : [{ pointer: base, code: 'invalid', message: 'This is not valid.' }]
}

function add(walk: Walk, pointer: string, code: string, message: string): void {
  if (walk.faults.length < walk.max) walk.faults.push({ pointer, code, message })
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const TYPES: Readonly<Record<string, { readonly name: string; readonly is: (value: unknown) => boolean }>> = {
  object: { name: 'an object', is: isRecord },
  array: { name: 'a list', is: Array.isArray },
  string: { name: 'text', is: (value) => typeof value === 'string' },
  integer: { name: 'a whole number', is: Number.isInteger },
  number: { name: 'a number', is: Number.isFinite },
  boolean: { name: 'true or false', is: (value) => typeof value === 'boolean' },
  null: { name: 'null', is: (value) => value === null },
}

function visit(walk: Walk, schema: unknown, value: unknown, pointer: string): void {
  if (walk.faults.length >= walk.max) return
  if (schema === false) return add(walk, pointer, 'unknown', 'There is no such field.')
  if (!isRecord(schema)) return
  const reference = text(schema['$ref'])
  if (reference !== '') {
    const definitions = walk.root['$defs']
    return visit(walk, isRecord(definitions) ? definitions[reference.replace('#/$defs/', '')] : undefined, value, pointer)
  }
  const choices = list(schema['anyOf'] ?? schema['oneOf'])
  if (choices.length > 0) return choose(walk, schema, choices, value, pointer)
  if ('const' in schema && schema['const'] !== value) return add(walk, pointer, 'enum', `Must be ${JSON.stringify(schema['const'])}.`)
  const allowed = list(schema['enum'])
  if (allowed.length > 0 && !allowed.includes(value)) return add(walk, pointer, 'enum', `Must be one of ${allowed.map(String).join(', ')}.`)
  const parts = list(schema['allOf'])
  if (parts.length > 0) visitParts(walk, schema, parts, value, pointer)
  const type = TYPES[text(schema['type'])]
  if (type !== undefined && !type.is(value)) return add(walk, pointer, 'type', `Must be ${type.name}${hint(schema)}.`)
  if (typeof value === 'string') visitText(walk, schema, value, pointer)
  else if (typeof value === 'number') visitNumber(walk, schema, value, pointer)
  else if (Array.isArray(value)) visitList(walk, schema, value, pointer)
  else if (isRecord(value) && (schema['type'] === 'object' || isRecord(schema['properties']))) visitObject(walk, schema, value, pointer)
}

const hint = (schema: Schema): string => (text(schema['description']) === '' ? '' : ` (${text(schema['description'])})`)

function visitParts(walk: Walk, schema: Schema, parts: readonly unknown[], value: unknown, pointer: string): void {
  for (const part of parts) visit(walk, part, value, pointer)
  if (schema['unevaluatedProperties'] !== false || !isRecord(value)) return
  const names = new Set(parts.flatMap((part) => (isRecord(part) && isRecord(part['properties']) ? Object.keys(part['properties']) : [])))
  for (const name of Object.keys(value)) if (!names.has(name)) add(walk, `${pointer}/${pointerToken(name)}`, 'unknown', 'There is no such field.')
}

/** Keeps the noise of alternatives away: the reader hears about the one alternative that was meant, or gets the list. */
function choose(walk: Walk, schema: Schema, choices: readonly unknown[], value: unknown, pointer: string): void {
  const branches = choices.filter(isRecord).filter((branch) => branch['type'] !== 'null' || value === null)
  if (branches.length === 1) return visit(walk, branches[0], value, pointer)
  const constants = branches.map((branch) => branch['const'])
  if (constants.every((constant) => constant !== undefined)) return add(walk, pointer, 'enum', `Must be one of ${constants.map(String).join(', ')}.`)
  const trials = branches.map((branch) => {
    const trial: Walk = { root: walk.root, faults: [], max: 5 }
    visit(trial, branch, value, pointer)
    return { branch, faults: trial.faults }
  })
  if (trials.some((trial) => trial.faults.length === 0)) return // Valid as such: the fault is elsewhere.
  const tag = isRecord(value) ? tagOf(branches) : null
  if (tag !== null && isRecord(value)) {
    const meant = trials.find(({ branch }) => tagValue(branch, tag) === value[tag])
    if (meant !== undefined) return visit(walk, meant.branch, value, pointer)
    return add(walk, `${pointer}/${pointerToken(tag)}`, 'enum', `Must be one of ${branches.map((branch) => String(tagValue(branch, tag))).join(', ')}.`)
  }
  const fitting = trials.filter(({ faults }) => !faults.some((fault) => fault.pointer === pointer && fault.code === 'type'))
  const only = fitting[0]
  if (fitting.length === 1 && only !== undefined) return visit(walk, only.branch, value, pointer)
  const names = branches.map((branch) => text(branch['title']) || text(branch['description']) || TYPES[text(branch['type'])]?.name || 'another form')
  add(walk, pointer, 'form', text(schema['description']) === '' ? `Must be ${names.join(', or ')}.` : `Expected: ${text(schema['description'])}.`)
}

const tagValue = (branch: Schema, tag: string): unknown => {
  const property = isRecord(branch['properties']) ? branch['properties'][tag] : undefined
  return isRecord(property) ? property['const'] : undefined
}
function tagOf(branches: readonly Schema[]): string | null {
  const first = branches[0]?.['properties']
  const names = isRecord(first) ? Object.keys(first) : []
  return names.find((name) => branches.every((branch) => tagValue(branch, name) !== undefined)) ?? null
}

function visitText(walk: Walk, schema: Schema, value: string, pointer: string): void {
  const min = numberOf(schema['minLength'])
  const max = numberOf(schema['maxLength'])
  const pattern = schema['pattern']
  const format = text(schema['format'])
  if (min !== null && value.length < min) add(walk, pointer, 'length', value === '' ? 'Must not be empty.' : `Must have at least ${plural(min, 'character')}.`)
  else if (max !== null && value.length > max) add(walk, pointer, 'length', `Must have at most ${plural(max, 'character')}.`)
  else if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)) {
    const words = text(schema['description']) || (format === '' ? `text that matches ${pattern}` : FORMATS[format] ?? `a ${format}`)
    add(walk, pointer, 'pattern', `Expected: ${words}.`)
  } else if (format !== '' && !Format.Test(format, value)) add(walk, pointer, 'format', `Expected: ${text(schema['description']) || (FORMATS[format] ?? `a ${format}`)}.`)
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'an id (lower-case UUID)', 'date-time': 'an instant such as 2026-03-01T09:30:00Z', date: 'a date such as 2026-03-01', email: 'an e-mail address', uri: 'a full URL', url: 'a full URL',
}

function visitNumber(walk: Walk, schema: Schema, value: number, pointer: string): void {
  const min = numberOf(schema['minimum'])
  const max = numberOf(schema['maximum'])
  const above = numberOf(schema['exclusiveMinimum'])
  const below = numberOf(schema['exclusiveMaximum'])
  const step = numberOf(schema['multipleOf'])
  if (min !== null && value < min) add(walk, pointer, 'minimum', `Must be at least ${min}.`)
  else if (max !== null && value > max) add(walk, pointer, 'maximum', `Must be at most ${max}.`)
  else if (above !== null && value <= above) add(walk, pointer, 'minimum', `Must be more than ${above}.`)
  else if (below !== null && value >= below) add(walk, pointer, 'maximum', `Must be less than ${below}.`)
  else if (step !== null && value % step !== 0) add(walk, pointer, 'step', `Must be a multiple of ${step}.`)
}

function visitList(walk: Walk, schema: Schema, value: readonly unknown[], pointer: string): void {
  const min = numberOf(schema['minItems'])
  const max = numberOf(schema['maxItems'])
  if (min !== null && value.length < min) add(walk, pointer, 'items', `Must have at least ${plural(min, 'entry').replace('entrys', 'entries')}.`)
  if (max !== null && value.length > max) return add(walk, pointer, 'items', `Must have at most ${plural(max, 'entry').replace('entrys', 'entries')}.`)
  if (schema['uniqueItems'] === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length) add(walk, pointer, 'items', 'Must not have the same entry twice.')
  const heads = list(schema['prefixItems'])
  for (const [index, item] of value.entries()) {
    if (walk.faults.length >= walk.max) return
    visit(walk, index < heads.length ? heads[index] : schema['items'], item, `${pointer}/${index}`)
  }
}

function visitObject(walk: Walk, schema: Schema, value: Schema, pointer: string): void {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const patterns = isRecord(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : []
  for (const name of list(schema['required'])) {
    if (typeof name === 'string' && !Object.hasOwn(value, name)) add(walk, `${pointer}/${pointerToken(name)}`, 'required', 'Is required.')
  }
  for (const [name, item] of Object.entries(value)) {
    if (walk.faults.length >= walk.max) return
    const at = `${pointer}/${pointerToken(name)}`
    if (Object.hasOwn(properties, name)) visit(walk, properties[name], item, at)
    else visit(walk, patterns.find(([pattern]) => new RegExp(pattern, 'u').test(name))?.[1] ?? schema['additionalProperties'], item, at)
  }
  const max = numberOf(schema['maxProperties'])
  const min = numberOf(schema['minProperties'])
  if (max !== null && Object.keys(value).length > max) add(walk, pointer, 'items', `Must have at most ${plural(max, 'field')}.`)
  if (min !== null && Object.keys(value).length < min) add(walk, pointer, 'items', `Must have at least ${plural(min, 'field')}.`)
}

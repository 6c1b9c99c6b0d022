// From the schemas of an operation to the options of a command, and from what was typed to the call.
import type { Operation } from '../kernel/contract.ts'
import type { AnyCall } from '../kernel/client.ts'
import { isList, isRecord } from '../kernel/json.ts'
import type { OperationCommand } from './command.ts'
import { usageError } from './exit.ts'

export type FlagType = 'text' | 'integer' | 'switch'
export interface Flag {
  readonly flag: string
  readonly goesTo: 'query' | 'body'
  readonly property: string
  readonly type: FlagType
  readonly isRepeatable: boolean
  readonly isRequired: boolean
  readonly choices: readonly string[]
  readonly description: string
}
/** Options every command has. */
export const GLOBAL_FLAGS = {
  url: { type: 'string' }, key: { type: 'string' }, organization: { type: 'string' }, role: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, verbose: { type: 'boolean', short: 'v' },
} as const
/** Options of commands on operations, beside those of the schemas. */
export const CALL_FLAGS = { data: { type: 'string' }, 'idempotency-key': { type: 'string' }, 'row-version': { type: 'string' }, all: { type: 'boolean' } } as const

type Json = Readonly<Record<string, unknown>>
export const kebab = (name: string): string => name.replace(/^filter\[(.+)\]$/, '$1').replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').toLowerCase()
const textsOf = (value: unknown): readonly string[] => (isList(value) ? value.filter((each) => typeof each === 'string') : [])

/** A union with null, or of constants, is as good as its first branch for the purpose of typing it in. */
function plain(schema: unknown): Json {
  if (!isRecord(schema)) return {}
  const choices = schema['anyOf']
  if (!isList(choices)) return schema
  const constants = choices.flatMap((choice) => (isRecord(choice) && typeof choice['const'] === 'string' ? [choice['const']] : []))
  if (constants.length > 0) return { type: 'string', enum: constants, description: schema['description'] }
  return plain(choices.find((choice) => isRecord(choice) && choice['type'] !== 'null'))
}

function flagOf(goesTo: Flag['goesTo'], property: string, schema: unknown, isRequired: boolean): Flag | null {
  const found = plain(schema)
  const isRepeatable = found['type'] === 'array'
  const inner = isRepeatable ? plain(found['items']) : found
  const types: Readonly<Record<string, FlagType>> = { string: 'text', integer: 'integer', boolean: 'switch' }
  const type = typeof inner['type'] === 'string' ? types[inner['type']] : undefined
  if (type === undefined) return null
  const description = found['description'] ?? inner['description']
  const wanted = kebab(property)
  const flag = wanted in GLOBAL_FLAGS || wanted in CALL_FLAGS ? `with-${wanted}` : wanted
  return { flag, goesTo, property, type, isRepeatable, isRequired, choices: textsOf(inner['enum']), description: typeof description === 'string' ? description : '' }
}

function flagsOfSchema(goesTo: Flag['goesTo'], schema: unknown): readonly Flag[] {
  const properties = isRecord(schema) ? schema['properties'] : undefined
  const required = isRecord(schema) ? textsOf(schema['required']) : []
  if (!isRecord(properties)) return []
  return Object.entries(properties).flatMap(([name, part]) => flagOf(goesTo, name, part, required.includes(name)) ?? [])
}

/** The options of an operation. */
export const flagsOf = (operation: Operation): readonly Flag[] => [...flagsOfSchema('query', operation.query), ...(operation.lines === true ? [] : flagsOfSchema('body', operation.body))]

export const paramsOf = (operation: Operation): readonly string[] => [...operation.path.matchAll(/\{([A-Za-z0-9]+)\}/g)].map((match) => match[1] ?? '')

/** What parseArgs gives for one option. */
export type Typed = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
export const textOf = (typed: Typed, flag: string): string | undefined => {
  const value = typed[flag]
  return typeof value === 'string' ? value : undefined
}

/** The same options as parseArgs wants them. */
export function parseOptionsOf(command: OperationCommand): Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = {}
  for (const { flag, type, isRepeatable } of flagsOf(command.operation)) options[flag] = { type: type === 'switch' ? 'boolean' : 'string', ...(isRepeatable ? { multiple: true } : {}) }
  for (const { flag } of command.lists ?? []) options[flag] = { type: 'string', multiple: true }
  return options
}

function valueOf(flag: Flag, typed: string | boolean): unknown {
  if (flag.type === 'switch' || typeof typed === 'boolean') return typed
  if (flag.choices.length > 0 && !flag.choices.includes(typed)) throw usageError(`--${flag.flag} is "${typed}". It must be one of ${flag.choices.join(', ')}.`)
  if (flag.type !== 'integer') return typed
  if (!/^-?[0-9]{1,15}$/.test(typed)) throw usageError(`--${flag.flag} is "${typed}". It must be a whole number.`)
  return Number(typed)
}

function listEntries(command: OperationCommand, typed: Typed): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const { flag, property, fields } of command.lists ?? []) {
    const given = typed[flag]
    if (!isList(given)) continue
    body[property] = given.map((entry) => {
      const parts = String(entry).split('=')
      if (parts.length !== fields.length || parts.includes('')) throw usageError(`--${flag} is "${String(entry)}". Write it as ${fields.join('=')}.`)
      return Object.fromEntries(fields.map((field, index) => [field, parts[index]]))
    })
  }
  return body
}

function dataOf(text: string | undefined): Json {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // The sentence below says it.
  }
  throw usageError('--data must be a JSON object, such as --data \'{"name":"Main"}\'.')
}

/** The call that was typed. The server checks it against the same contract; here only what it could not say is refused. */
export function callOf(command: OperationCommand, positionals: readonly string[], typed: Typed): AnyCall {
  const { operation } = command
  const names = paramsOf(operation)
  if (positionals.length < names.length) throw usageError(`${names[positionals.length] ?? 'An id'} is missing.`)
  if (positionals.length > names.length) throw usageError(`"${positionals[names.length] ?? ''}" is one word too many.`)
  const query: Record<string, unknown> = {}
  const body: Record<string, unknown> = { ...dataOf(textOf(typed, 'data')), ...listEntries(command, typed) }
  for (const flag of flagsOf(operation)) {
    const given = typed[flag.flag]
    if (given === undefined) continue
    const value = isList(given) ? given.map((each) => valueOf(flag, typeof each === 'boolean' ? each : String(each))) : valueOf(flag, given)
    ;(flag.goesTo === 'query' ? query : body)[flag.property] = value
  }
  const rowVersion = textOf(typed, 'row-version')
  if (operation.ifMatch === true && (rowVersion === undefined || !/^[0-9]{1,9}$/.test(rowVersion))) throw usageError('--row-version is missing: the version that was read, so that nobody else\'s change is overwritten.')
  const idempotencyKey = textOf(typed, 'idempotency-key')
  return {
    params: Object.fromEntries(names.map((name, index) => [name, positionals[index]])),
    query,
    ...(operation.body === undefined ? {} : { body }),
    ...(operation.ifMatch === true ? { ifMatch: Number(rowVersion) } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}

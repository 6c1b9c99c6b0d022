// From what a directory sends to what we keep: names in any case become ours, booleans may be texts, single values may stand for lists.
// What does not fit is refused; what we do not know is left out.
import { isList, isRecord } from '../../../kernel/json.ts'
import { refuse } from './refusal.ts'
import { findAttribute, isIgnored, locate, ENTERPRISE, ENTERPRISE_SCHEMA, USER_SCHEMA, GROUP_SCHEMA, type Attribute, type ResourceType } from './schemas.ts'

export type Complex = Readonly<Record<string, string | boolean>>
export type Value = string | boolean | Complex | readonly Complex[]
/** Attributes by their own names. */
export type Attributes = Readonly<Record<string, Value>>
/** A user or group as a directory describes it: what is read-only is not in it. */
export interface Description {
  readonly core: Attributes
  readonly enterprise: Attributes
}

/** Values of one attribute; members of a group have a bound of their own. */
const VALUES_MAX = 100
export const MEMBERS_MAX = 10_000

/** Reads the value of an attribute. Undefined: there is none, which is how a directory empties it. */
export function valueOf(attribute: Attribute, given: unknown): Value | undefined {
  if (given === null || given === undefined) return undefined
  if (attribute.multiValued) {
    const values = isList(given) ? given : [given]
    const max = attribute.name === 'members' ? MEMBERS_MAX : VALUES_MAX
    if (values.length > max) throw refuse('invalidValue', `${attribute.name} has more than ${max} values.`)
    const read = values.map((each) => itemOf(attribute, each)).filter((each) => each !== undefined)
    if (read.filter((each) => each['primary'] === true).length > 1) throw refuse('invalidValue', `Only one of ${attribute.name} can be the primary one.`)
    return read.length === 0 ? undefined : read
  }
  return attribute.type === 'complex' ? itemOf(attribute, given) : simpleOf(attribute, given)
}

/** One value of a complex attribute; a text alone is its `value`. */
export function itemOf(attribute: Attribute, given: unknown): Complex | undefined {
  if (given === null || given === '') return undefined
  const hasValue = findAttribute(attribute.subAttributes, 'value') !== null
  const record = isRecord(given) ? given : hasValue && (typeof given === 'string' || typeof given === 'number') ? { value: given } : null
  if (record === null) throw refuse('invalidValue', `${attribute.name} must be an object.`)
  const item: Record<string, string | boolean> = {}
  for (const [name, value] of Object.entries(record)) {
    const sub = findAttribute(attribute.subAttributes, name)
    if (sub === null) continue
    const read = simpleOf(sub, value)
    if (read !== undefined) item[sub.name] = read
  }
  // A label without a value says nothing.
  const isEmpty = Object.keys(item).every((name) => name === 'type' || name === 'primary' || name === 'display')
  return isEmpty ? undefined : item
}

export function simpleOf({ name, type, max }: Attribute, given: unknown): string | boolean | undefined {
  if (given === null || given === undefined || given === '') return undefined
  if (type === 'boolean') {
    const word = typeof given === 'boolean' || typeof given === 'string' ? String(given).toLowerCase() : ''
    if (word !== 'true' && word !== 'false') throw refuse('invalidValue', `${name} must be true or false.`)
    return word === 'true'
  }
  if (typeof given !== 'string' && typeof given !== 'number') throw refuse('invalidValue', `${name} must be a text.`)
  const text = String(given)
  if (Array.from(text).length > max) throw refuse('invalidValue', `${name} has more than ${max} characters.`)
  if (!text.isWellFormed() || text.includes('\0')) throw refuse('invalidValue', `${name} must be valid Unicode without the NUL character.`)
  return text
}

/** Reads the body of POST and PUT. */
export function describe(type: ResourceType, body: unknown): Description {
  if (!isRecord(body)) throw refuse('invalidSyntax', 'The body must be a JSON object.')
  const own = type === 'User' ? USER_SCHEMA : GROUP_SCHEMA
  const schemas = Object.entries(body).find(([name]) => name.toLowerCase() === 'schemas')?.[1]
  if (schemas !== undefined && !(isList(schemas) && schemas.some((each) => String(each).toLowerCase() === own.toLowerCase()))) throw refuse('invalidSyntax', `schemas must name ${own}.`)
  const core: Record<string, Value> = {}
  const enterprise: Record<string, Value> = {}
  const keep = (into: Record<string, Value>, attribute: Attribute, given: unknown): void => {
    if (attribute.mutability === 'readOnly') return
    if (attribute.name in into) throw refuse('invalidSyntax', `${attribute.name} is given twice.`)
    const value = valueOf(attribute, given)
    if (value !== undefined) into[attribute.name] = value
  }
  for (const [name, given] of Object.entries(body)) {
    if (isIgnored(name)) continue
    if (type === 'User' && name.toLowerCase() === ENTERPRISE_SCHEMA.toLowerCase()) {
      if (given === null) continue
      if (!isRecord(given)) throw refuse('invalidValue', 'The enterprise extension must be an object.')
      for (const [inner, value] of Object.entries(given)) {
        const attribute = findAttribute(ENTERPRISE, inner)
        if (attribute !== null) keep(enterprise, attribute, value)
      }
      continue
    }
    const found = locate(type, null, name)
    if (found !== null) keep(core, found.attribute, given)
  }
  return { core, enterprise }
}

/** A text of a description; null when there is none. */
export const textOf = (attributes: Attributes, name: string): string | null => {
  const value = attributes[name]
  return typeof value === 'string' ? value : null
}
export const complexOf = (attributes: Attributes, name: string): Complex => {
  const value = attributes[name]
  return typeof value === 'object' && !isList(value) ? value : {}
}
export const listOf = (attributes: Attributes, name: string): readonly Complex[] => {
  const value = attributes[name]
  return isList(value) ? value : []
}

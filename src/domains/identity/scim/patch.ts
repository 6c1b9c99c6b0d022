// PATCH (RFC 7644 §3.5.2) as directories really send it: operations in any case, objects without a path whose keys are paths, booleans
// as texts, a value for something that is not there yet, a manager as a plain text. Pure: it gives a new description or refuses.
import { isList, isRecord } from '../../../kernel/json.ts'
import { parsePath, type Filter, type PatchPath } from './filter.ts'
import { refuse } from './refusal.ts'
import { ENTERPRISE, ENTERPRISE_SCHEMA, findAttribute, isIgnored, locate, type Attribute, type ResourceType } from './schemas.ts'
import { complexOf, itemOf, listOf, simpleOf, valueOf, type Complex, type Description, type Value } from './values.ts'

export interface Operation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: PatchPath | null
  readonly value: unknown
}
const OPERATIONS_MAX = 1_000
const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:patchop'

const field = (record: Readonly<Record<string, unknown>>, name: string): unknown => Object.entries(record).find(([key]) => key.toLowerCase() === name)?.[1]

/** Reads the body of PATCH. An object without a path becomes one operation for each of its keys. */
export function operationsOf(type: ResourceType, body: unknown): readonly Operation[] {
  if (!isRecord(body)) throw refuse('invalidSyntax', 'The body must be a JSON object.')
  const schemas = field(body, 'schemas')
  if (schemas !== undefined && !(isList(schemas) && schemas.some((each) => String(each).toLowerCase() === PATCH_SCHEMA))) throw refuse('invalidSyntax', 'schemas must name urn:ietf:params:scim:api:messages:2.0:PatchOp.')
  const list = field(body, 'operations')
  if (!isList(list) || list.length === 0) throw refuse('invalidSyntax', 'Operations must be a list with at least one operation.')
  if (list.length > OPERATIONS_MAX) throw refuse('tooMany', `There are more than ${OPERATIONS_MAX} operations.`)
  return list.flatMap((each) => operationOf(type, each))
}

function operationOf(type: ResourceType, given: unknown): readonly Operation[] {
  if (!isRecord(given)) throw refuse('invalidSyntax', 'An operation must be an object.')
  const word = String(field(given, 'op')).toLowerCase()
  const op = word === 'add' || word === 'replace' || word === 'remove' ? word : null
  if (op === null) throw refuse('invalidSyntax', 'op must be add, replace or remove.')
  const path = field(given, 'path')
  const value = field(given, 'value')
  if (op !== 'remove' && value === undefined) throw refuse('invalidValue', `An operation ${op} needs a value.`)
  if (path !== undefined && path !== null && path !== '') {
    if (typeof path !== 'string') throw refuse('invalidPath', 'path must be a text.')
    return [{ op, path: parsePath(path, EXTENSIONS[type]), value }]
  }
  if (op === 'remove') throw refuse('noTarget', 'An operation remove needs a path.')
  if (!isRecord(value)) throw refuse('invalidValue', 'Without a path the value must be an object.')
  return Object.entries(value).flatMap(([key, inner]) => (isPassedOver(type, key) ? [] : [{ op, path: parsePath(key, EXTENSIONS[type]), value: inner }]))
}
const EXTENSIONS: Readonly<Record<ResourceType, readonly string[]>> = { User: [ENTERPRISE_SCHEMA], Group: [] }

/** As in a body: what we do not know or nobody may change is passed over when it stands among other things. */
function isPassedOver(type: ResourceType, key: string): boolean {
  if (/[[.:]/.test(key)) return false
  const found = locate(type, null, key)
  return found === null || found.attribute.mutability === 'readOnly'
}

interface Target {
  readonly attribute: Attribute
  readonly extension: boolean
  readonly sub: Attribute | null
  readonly filter: Filter | null
}
/** Refuses a path that leads nowhere, or to what nobody may change. Null: something that is given and never kept. */
export function targetOf(type: ResourceType, path: PatchPath): Target | null {
  if (path.name === null || (path.urn === null && isIgnored(path.name))) return null
  const found = locate(type, path.urn, path.name)
  if (found === null) throw refuse('invalidPath', `There is no attribute ${path.name.slice(0, 100)}.`)
  const { attribute, extension } = found
  if (attribute.mutability === 'readOnly') throw refuse('mutability', `${attribute.name} cannot be changed.`)
  if (path.filter !== null && !attribute.multiValued) throw refuse('invalidPath', `${attribute.name} has one value and takes no filter.`)
  const sub = path.sub === null ? null : findAttribute(attribute.subAttributes, path.sub)
  if (path.sub !== null && sub === null) throw refuse('invalidPath', `${attribute.name} has no part ${path.sub.slice(0, 100)}.`)
  return { attribute, extension, sub, filter: path.filter }
}

/** The description after the operations, one by one; refuses what cannot be done, and then nothing was. */
export function patched(type: ResourceType, before: Description, operations: readonly Operation[]): Description {
  let now = before
  for (const operation of operations) now = step(type, now, operation)
  return now
}

function step(type: ResourceType, now: Description, { op, path, value }: Operation): Description {
  if (path === null) return now
  if (path.name === null) return wholeExtension(now, op, value)
  const target = targetOf(type, path)
  if (target === null) return now
  const part = target.extension ? 'enterprise' : 'core'
  const { [target.attribute.name]: old, ...others } = now[part]
  const next = op === 'remove' ? removed(target, old, value) : given(target, old, op, value)
  if (next === undefined && target.attribute.required) throw refuse('invalidValue', `${target.attribute.name} cannot be left out.`)
  return { ...now, [part]: next === undefined ? others : { ...others, [target.attribute.name]: next } }
}

function wholeExtension(now: Description, op: Operation['op'], value: unknown): Description {
  if (op === 'remove') return { ...now, enterprise: {} }
  if (!isRecord(value)) throw refuse('invalidValue', 'The enterprise extension must be an object.')
  let { enterprise } = now
  for (const [name, inner] of Object.entries(value)) {
    const attribute = findAttribute(ENTERPRISE, name)
    if (attribute === null) continue
    const { [attribute.name]: _old, ...others } = enterprise
    const read = valueOf(attribute, inner)
    enterprise = read === undefined ? others : { ...others, [attribute.name]: read }
  }
  return { ...now, enterprise }
}

/** The values of an attribute that is a list; none when there are none yet. */
const itemsOf = (old: Value | undefined): readonly Complex[] => (old === undefined ? [] : listOf({ old }, 'old'))
const orNone = (items: readonly Complex[]): readonly Complex[] | undefined => (items.length === 0 ? undefined : items)

function given({ attribute, sub, filter }: Target, old: Value | undefined, op: 'add' | 'replace', value: unknown): Value | undefined {
  if (attribute.multiValued) {
    const items = itemsOf(old)
    if (filter === null && sub === null) return op === 'replace' ? valueOf(attribute, value) : added(attribute, items, value)
    return orNone(inPlace(attribute, items, filter, sub, value))
  }
  if (sub !== null) return withSub(attribute, old === undefined ? {} : complexOf({ old }, 'old'), sub, value)
  if (attribute.type !== 'complex') return valueOf(attribute, value)
  // Of a complex value only the parts that are given are replaced: the others were not spoken of.
  const merged = { ...(old === undefined ? {} : complexOf({ old }, 'old')), ...itemOf(attribute, value) }
  return value === null || value === '' || Object.keys(merged).length === 0 ? undefined : merged
}

function withSub(attribute: Attribute, old: Complex, sub: Attribute, value: unknown): Complex | undefined {
  // Some send the whole object where its one part is meant: {"value": "…"} for manager.value.
  const plain = isRecord(value) ? field(value, sub.name.toLowerCase()) : value
  const { [sub.name]: _old, ...others } = old
  const read = simpleOf(sub, plain)
  const next = read === undefined ? others : { ...others, [sub.name]: read }
  return attribute.multiValued || Object.keys(next).length > 0 ? next : undefined
}

function added(attribute: Attribute, items: readonly Complex[], value: unknown): readonly Complex[] | undefined {
  const more = itemsOf(valueOf(attribute, value))
  const kept = more.some((each) => each['primary'] === true) ? items.map(notPrimary) : items
  const key = (item: Complex): string => JSON.stringify([item['value'] ?? item['formatted'] ?? item, item['type'] ?? null])
  const known = new Map(kept.map((item) => [key(item), item]))
  for (const item of more) known.set(key(item), { ...known.get(key(item)), ...item })
  return orNone(itemsOf(valueOf(attribute, [...known.values()])))
}
const notPrimary = ({ primary: _primary, ...item }: Complex): Complex => item

/** Changes the values that a filter means. One that is not there yet is made, with what the filter says of it. */
function inPlace(attribute: Attribute, items: readonly Complex[], filter: Filter | null, sub: Attribute | null, value: unknown): readonly Complex[] {
  const isMeant = (item: Complex): boolean => filter === null || meets(attribute, filter, item)
  const change = (item: Complex): Complex | undefined => (sub === null ? { ...item, ...itemOf(attribute, value) } : withSub(attribute, item, sub, value))
  const found = items.some(isMeant)
  const seed = found ? null : seedOf(attribute, filter)
  if (!found && seed === null) throw refuse('noTarget', `No value of ${attribute.name} is meant by this path.`)
  const all = seed === null ? items.map((item) => (isMeant(item) ? change(item) : item)) : [...items, change(seed)]
  const changed = seed === null ? isMeant : (item: Complex): boolean => item === all.at(-1)
  const hasNewPrimary = all.some((item, index) => item !== undefined && item['primary'] === true && item !== items[index])
  const settled = hasNewPrimary ? all.map((item, index) => (item !== undefined && item === items[index] && !changed(item) ? notPrimary(item) : item)) : all
  return itemsOf(valueOf(attribute, settled.filter((item) => item !== undefined)))
}

/** What a value must be that a filter of equalities means; null for a filter that says less. */
function seedOf(attribute: Attribute, filter: Filter | null): Complex | null {
  if (filter === null) return {}
  if (filter.op === 'and') {
    let seed: Complex = {}
    for (const each of filter.of) {
      const part = seedOf(attribute, each)
      if (part === null) return null
      seed = { ...seed, ...part }
    }
    return seed
  }
  if (filter.op !== 'eq' || filter.path.sub !== null) return null
  const sub = findAttribute(attribute.subAttributes, filter.path.name)
  const read = sub === null ? undefined : simpleOf(sub, filter.value)
  return sub === null || read === undefined ? null : { [sub.name]: read }
}

function removed({ attribute, sub, filter }: Target, old: Value | undefined, value: unknown): Value | undefined {
  if (old === undefined) return undefined
  if (!attribute.multiValued) return sub === null ? undefined : withSub(attribute, complexOf({ old }, 'old'), sub, null)
  const items = itemsOf(old)
  if (sub !== null) return orNone(itemsOf(valueOf(attribute, items.map((item) => (filter === null || meets(attribute, filter, item) ? withSub(attribute, item, sub, null) : item)))))
  if (filter !== null) return orNone(items.filter((item) => !meets(attribute, filter, item)))
  if (value === undefined || value === null) return undefined
  // Values named beside the path, as Entra ID does it: only these go.
  const gone = new Set(itemsOf(valueOf(attribute, value)).map((item) => item['value']))
  return orNone(items.filter((item) => !gone.has(item['value'])))
}

/** Whether a value is meant by the filter of a path. */
export function meets(attribute: Attribute, filter: Filter, item: Complex): boolean {
  switch (filter.op) {
    case 'and':
      return filter.of.every((each) => meets(attribute, each, item))
    case 'or':
      return filter.of.some((each) => meets(attribute, each, item))
    case 'not':
      return !meets(attribute, filter.of, item)
    case 'each':
      throw refuse('invalidFilter', 'A filter between brackets has no brackets of its own.')
    default:
      break
  }
  const sub = filter.path.sub === null && filter.path.urn === null ? findAttribute(attribute.subAttributes, filter.path.name) : null
  if (sub === null) throw refuse('invalidFilter', `${attribute.name} has no part ${filter.path.name.slice(0, 100)}.`)
  const has = item[sub.name]
  if (filter.op === 'pr') return has !== undefined
  const same = (value: unknown): string => (sub.caseExact ? String(value) : String(value).toLowerCase())
  const isAbsent = has === undefined
  const [mine, wanted] = [same(isAbsent && sub.type === 'boolean' ? false : (has ?? '')), same(filter.value ?? '')]
  switch (filter.op) {
    case 'eq':
      return mine === wanted
    case 'ne':
      return mine !== wanted
    case 'co':
      return !isAbsent && mine.includes(wanted)
    case 'sw':
      return !isAbsent && mine.startsWith(wanted)
    case 'ew':
      return !isAbsent && mine.endsWith(wanted)
    default:
      throw refuse('invalidFilter', `${sub.name} cannot be compared by ${filter.op}.`)
  }
}

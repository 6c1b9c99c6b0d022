// From a filter to what the database is asked: a node that bss.scim_matches judges, and the index by which candidates are found. Only
// attributes that the database holds apart can be filtered by; values travel as parameters, never as text of a statement.
import { isUuid } from '../../../kernel/ids.ts'
import type { AttributePath, Comparison, Filter } from './filter.ts'
import { refuse } from './refusal.ts'
import { locate, type ResourceType } from './schemas.ts'

/** JSON for bss.scim_matches. */
export type Node = readonly [string, ...unknown[]]
/** By which index the candidates are found; every resource that the filter can meet is among them. */
export type Index = 'id' | 'userName' | 'externalId' | 'email' | 'displayName' | 'member'
export interface Plan {
  readonly node: Node
  readonly by: { readonly index: Index; readonly values: readonly string[] } | null
  /** Members that a filter of groups names: only these are looked up. */
  readonly members: readonly string[]
}

type Kind = 'text' | 'exact' | 'flag' | 'instant' | 'member'
interface Known {
  readonly list: string | null
  readonly key: string
  readonly kind: Kind
  readonly index: Index | null
}
const KNOWN: Readonly<Record<ResourceType, Readonly<Record<string, Known>>>> = {
  User: {
    id: { list: null, key: 'id', kind: 'exact', index: 'id' },
    externalId: { list: null, key: 'externalId', kind: 'exact', index: 'externalId' },
    userName: { list: null, key: 'userName', kind: 'text', index: 'userName' },
    displayName: { list: null, key: 'displayName', kind: 'text', index: null },
    active: { list: null, key: 'active', kind: 'flag', index: null },
    'emails.value': { list: 'emails', key: 'value', kind: 'text', index: 'email' },
    'emails.type': { list: 'emails', key: 'type', kind: 'text', index: null },
    'emails.primary': { list: 'emails', key: 'primary', kind: 'flag', index: null },
    'meta.created': { list: null, key: 'created', kind: 'instant', index: null },
    'meta.lastModified': { list: null, key: 'lastModified', kind: 'instant', index: null },
  },
  Group: {
    id: { list: null, key: 'id', kind: 'exact', index: 'id' },
    externalId: { list: null, key: 'externalId', kind: 'exact', index: 'externalId' },
    displayName: { list: null, key: 'displayName', kind: 'text', index: 'displayName' },
    'members.value': { list: 'members', key: 'value', kind: 'member', index: 'member' },
    'meta.created': { list: null, key: 'created', kind: 'instant', index: null },
    'meta.lastModified': { list: null, key: 'lastModified', kind: 'instant', index: null },
  },
}

/** Plans a filter, or refuses it: `invalidFilter`. */
export function planOf(type: ResourceType, filter: Filter): Plan {
  const members: string[] = []
  const by = necessary(type, filter, null)
  return { node: nodeOf(type, filter, null, members), by, members }
}

/** The attribute that a path means; `list` is the multi-valued one whose brackets it stands between. */
function known(type: ResourceType, path: AttributePath, list: string | null): Known {
  const name = (text: string): string => text.toLowerCase()
  const at = list === null ? path : { urn: null, name: list, sub: path.name }
  const found = locate(type, at.urn, at.name)
  const written = `${path.name}${path.sub === null ? '' : `.${path.sub}`}`
  if (found === null || (list !== null && path.sub !== null)) throw refuse('invalidFilter', `There is no attribute ${written.slice(0, 100)}.`)
  const sub = at.sub ?? (found.attribute.multiValued ? 'value' : null)
  const full = `${found.attribute.name}${sub === null ? '' : `.${sub}`}`
  const entry = found.extension ? undefined : Object.entries(KNOWN[type]).find(([key]) => name(key) === name(full))?.[1]
  if (entry === undefined) throw refuse('invalidFilter', `${full.slice(0, 100)} cannot be filtered by. These can: ${Object.keys(KNOWN[type]).join(', ')}.`)
  return entry
}

function nodeOf(type: ResourceType, filter: Filter, list: string | null, members: string[]): Node {
  switch (filter.op) {
    case 'and':
    case 'or':
      return [filter.op, filter.of.map((each) => nodeOf(type, each, list, members))]
    case 'not':
      if (list === 'members') throw refuse('invalidFilter', 'Members are looked for by `members.value eq`.')
      return ['not', nodeOf(type, filter.of, list, members)]
    case 'each': {
      const { list: inside } = known(type, { ...filter.path, sub: filter.path.sub ?? 'value' }, list)
      if (inside === null || list !== null) throw refuse('invalidFilter', `${filter.path.name.slice(0, 100)} takes no filter between brackets.`)
      return ['any', inside, nodeOf(type, filter.of, inside, members)]
    }
    case 'pr': {
      const entry = known(type, filter.path, list)
      if (entry.kind === 'member') throw refuse('invalidFilter', 'Members are looked for by `members.value eq`.')
      return within(entry, list, ['pr', entry.key])
    }
    default:
      return comparisonNode(known(type, filter.path, list), filter.op, filter.value, list, members)
  }
}

/** A multi-valued attribute meets a comparison when one of its values does. */
const within = (entry: Known, list: string | null, node: Node): Node => (entry.list !== null && list === null ? ['any', entry.list, node] : node)

const FOR_FLAGS: ReadonlySet<string> = new Set(['eq', 'ne'])
const FOR_INSTANTS: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])

function comparisonNode(entry: Known, op: Comparison, value: string | number | boolean | null, list: string | null, members: string[]): Node {
  const { kind } = entry
  if (kind === 'member') {
    if (op !== 'eq' || typeof value !== 'string') throw refuse('invalidFilter', 'Members are looked for by `members.value eq` and a text.')
    members.push(value)
  }
  if ((kind === 'flag' && !FOR_FLAGS.has(op)) || (kind === 'instant' && !FOR_INSTANTS.has(op))) throw refuse('invalidFilter', `${entry.key} cannot be compared by ${op}.`)
  const wanted = wantedOf(entry, value)
  // “Not equal” is said of the whole: nobody has an address that is equal.
  if (op === 'ne') return ['not', within(entry, list, ['eq', entry.key, wanted, kind === 'text'])]
  return within(entry, list, [op, entry.key, wanted, kind === 'text'])
}

function wantedOf({ key, kind }: Known, value: string | number | boolean | null): string | null {
  if (value === null) return null
  if (kind === 'flag') {
    const word = String(value).toLowerCase()
    if (word !== 'true' && word !== 'false') throw refuse('invalidFilter', `${key} is true or false.`)
    return word
  }
  if (typeof value !== 'string') throw refuse('invalidFilter', `${key} is compared with a text between quotation marks.`)
  if (kind !== 'instant') return value
  const ms = Date.parse(value)
  if (!/^\d{4}-\d\d-\d\dT/.test(value) || Number.isNaN(ms)) throw refuse('invalidFilter', `${key} is compared with an instant such as 2026-03-01T09:00:00Z.`)
  return new Date(ms).toISOString()
}

const VALUES_MAX = 200
type Candidates = Plan['by']

/** Keys of an index without which the filter cannot be met; null when there are none. */
function necessary(type: ResourceType, filter: Filter, list: string | null): Candidates {
  switch (filter.op) {
    case 'and': {
      const found = filter.of.map((each) => necessary(type, each, list)).filter((each) => each !== null)
      return found.find(({ index }) => index === 'id') ?? found[0] ?? null
    }
    case 'or': {
      const found = filter.of.map((each) => necessary(type, each, list))
      const index = found[0]?.index
      if (index === undefined || found.some((each) => each?.index !== index)) return null
      const values = found.flatMap((each) => each?.values ?? [])
      return values.length > VALUES_MAX ? null : { index, values }
    }
    case 'each':
      return necessary(type, filter.of, known(type, { ...filter.path, sub: filter.path.sub ?? 'value' }, list).list)
    case 'eq': {
      const { index } = known(type, filter.path, list)
      if (index === null || typeof filter.value !== 'string') return null
      const isId = index === 'id' || index === 'member'
      // What is no id of ours names nobody, and the database must not be asked to read it as one.
      return { index, values: isId && !isUuid(filter.value) ? [] : [filter.value] }
    }
    default:
      return null
  }
}

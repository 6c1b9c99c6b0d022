// One thing of each kind in an organization, made through the API from the examples of the contracts.
import type { Operation } from '../../kernel/contract.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { call, type Reply } from './call.ts'
import { FIRST_STEPS, FRESH, type Step } from './steps.ts'

/** What ids and names stand for: `siteId` → the id of the planted site. */
export type Things = ReadonlyMap<string, string>
export interface NamedOperation {
  /** `inventory.createSite` */
  readonly name: string
  readonly operation: Operation
}

/** Names that a body refers to, by another name than the thing's own. */
const ALIASES: Readonly<Record<string, string>> = { partyId: 'customerId' }
/** Optional fields whose examples are the same for everybody and must be unique. */
const LEFT_OUT = new Set(['gtin', 'gln', 'barcode', 'cidrs', 'lot'])
/** Fields of a new thing that must be unique in its organization. */
export const NEW_NAMES = ['code', 'sku', 'name', 'number', 'slug', 'userName'] as const

export interface Planted {
  readonly things: Things
  /** Texts of the answers. */
  readonly heard: readonly string[]
  readonly failed: readonly string[]
}

/** Plants as the holder of the key; `tag` makes the names of this organization its own. */
export async function plantThings(url: string, token: string, tag: string, operations: readonly NamedOperation[], steps: readonly Step[] = FIRST_STEPS): Promise<Planted> {
  const things = new Map<string, string>()
  const heard: string[] = []
  const failed: string[] = []
  for (const step of steps) {
    const found = operations.find(({ name }) => name === step.operation)
    if (found === undefined) continue
    const { operation } = found
    const example = step.whole ?? { ...(isRecord(operation.example) ? operation.example : {}), ...pick(step.body, operation.example) }
    const about = new Map([...things, ...Object.entries(step.as ?? {}).flatMap(([name, other]): [string, string][] => (things.has(other) ? [[name, things.get(other) ?? '']] : []))])
    const body = operation.body === undefined ? undefined : filled(fresh(withTag(deep(example, step.body), tag, operation)), about)
    const reply = await call({ url, token, operation, path: pathOf(operation.path, new Map([['unit', 'BX'], ...about])), body })
    heard.push(reply.text)
    if (reply.status >= 300) failed.push(`${step.operation}: ${reply.status} ${reply.text.slice(0, 300)}`)
    else keep(things, step.gives, reply)
  }
  return { things, heard, failed }
}

function keep(things: Map<string, string>, gives: Step['gives'], reply: Reply): void {
  for (const [name, path] of Object.entries(gives)) {
    const value = path.split('.').reduce((at: unknown, key) => (isList(at) ? at[Number(key)] : isRecord(at) ? at[key] : undefined), reply.json)
    if (typeof value === 'string') things.set(name, value)
  }
}

const pick = (changes: Step['body'], example: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(changes ?? {}).filter(([name]) => !isRecord(example) || name in example || ['tracking', 'kind', 'isInTransit'].includes(name)))

/** A change whose name only stands deeper in the example is made there. */
function deep(example: unknown, changes: Step['body']): unknown {
  if (isList(example)) return example.map((each) => deep(each, changes))
  if (!isRecord(example)) return example
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, changes !== undefined && name in changes ? changes[name] : deep(value, changes)]))
}

/** With what must be new each time. */
function fresh(value: unknown): unknown {
  if (typeof value === 'string') return FRESH[/^new:[a-z]+/.exec(value)?.[0] ?? '']?.() ?? value
  if (isList(value)) return value.map(fresh)
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fresh(inner)])) : value
}

/** New things get names of their own organization. */
function withTag(body: unknown, tag: string, operation: Operation): unknown {
  return operation.status === 201 && isRecord(body) ? renamed(body, (value) => `${value}-${tag}`) : body
}

export const renamed = (body: Readonly<Record<string, unknown>>, name: (value: string, field: string) => string): Readonly<Record<string, unknown>> => {
  // A device numbers its own scans: the same number of the same device would be the same scan again.
  const isNew = (field: string): boolean => NEW_NAMES.some((each) => each === field) || (field === 'deviceId' && 'scans' in body)
  return Object.fromEntries(Object.entries(body).map(([field, value]) => [field, isNew(field) && typeof value === 'string' ? name(value, field) : value]))
}

/** The example with the planted things in the places of its made-up ids and names. */
export function filled(value: unknown, things: Things, field = '', isTop = true): unknown {
  if (isList(value)) return value.map((each) => filled(each, things, field, false))
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).filter(([name]) => !LEFT_OUT.has(name) || (name === 'barcode' && 'sequence' in value)).map(([name, inner]) => [name, filled(inner, things, name, isTop && field === '')]))
  const isReference = /(?:Ids?|Code)$/.test(field) || (field === 'sku' && !isTop)
  const name = field.replace(/Ids$/, 'Id')
  return typeof value === 'string' && isReference ? (things.get(ALIASES[name] ?? name) ?? value) : value
}

export const pathOf = (path: string, things: Things): string => path.replaceAll(/\{([A-Za-z0-9]+)\}/g, (_whole, name: string) => encodeURIComponent(things.get(name) ?? '00000000-0000-7000-8000-00000000dead'))

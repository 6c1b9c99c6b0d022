// One thing of each kind in an organization, made through the API from the examples of the contracts. A room adds a step for each
// kind of thing that its paths or bodies name.
import type { Operation } from '../../kernel/contract.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { call, type Reply } from './call.ts'

/** What ids and names stand for: `siteId` → the id of the planted site. */
export type Things = ReadonlyMap<string, string>
export interface NamedOperation {
  /** `inventory.createSite` */
  readonly name: string
  readonly operation: Operation
}

interface Step {
  readonly operation: string
  /** Changes to the example. */
  readonly body?: Readonly<Record<string, unknown>>
  /** What the answer gives: name of the thing → path into the answer. */
  readonly gives: Readonly<Record<string, string>>
}

const STEPS: readonly Step[] = [
  { operation: 'identity.createServiceAccount', gives: { serviceAccountId: 'id' } },
  { operation: 'identity.createMachineClient', gives: { clientId: 'id' } },
  { operation: 'identity.createKey', gives: { keyId: 'id' } },
  { operation: 'identity.createUser', gives: { userId: 'id' } },
  { operation: 'identity.assignUserRole', gives: { assignmentId: 'roles.0.id' } },
  { operation: 'identity.createCustomRole', gives: { roleId: 'id' } },
  { operation: 'identity.createGroup', gives: { groupId: 'id' } },
  { operation: 'identity.mapGroupRole', gives: { mappingId: 'roles.0.id' } },
  { operation: 'identity.addGroupMember', gives: {} },
  { operation: 'identity.createSetupLink', gives: { setupLinkId: 'id' } },
  { operation: 'identity.grantSupport', gives: { supportGrantId: 'id' } },
  { operation: 'inventory.createSite', gives: { siteId: 'id', siteCode: 'code' } },
  { operation: 'inventory.createZone', gives: { zoneId: 'id' } },
  { operation: 'inventory.createLocation', body: { code: 'Z-01', kind: 'storage' }, gives: { toLocationId: 'id' } },
  { operation: 'inventory.createLocation', gives: { locationId: 'id', fromLocationId: 'id', locationCode: 'code' } },
  { operation: 'inventory.createItem', body: { sku: 'BATCHED', tracking: 'lot' }, gives: { lotItemId: 'id' } },
  { operation: 'inventory.createItem', gives: { itemId: 'id', sku: 'sku' } },
  { operation: 'inventory.createLot', gives: { lotId: 'id' } },
  { operation: 'inventory.setItemUnit', gives: { unit: 'unit' } },
  { operation: 'inventory.setItemCost', gives: {} },
  { operation: 'inventory.expectReceipt', gives: { receiptId: 'id', receiptLineId: 'lines.0.id' } },
  { operation: 'inventory.adjustStock', body: { reason: 'opening', change: '500' }, gives: { moveId: 'moveIds.0' } },
  { operation: 'inventory.transferStock', body: { isInTransit: true }, gives: { transferId: 'id' } },
  { operation: 'orders.createCustomer', gives: { customerId: 'id', customerCode: 'code' } },
  { operation: 'orders.addCustomerContact', gives: { contactId: 'id' } },
  { operation: 'orders.createPriceList', gives: { priceListId: 'id' } },
  { operation: 'orders.setPrice', gives: { priceId: 'id' } },
  { operation: 'orders.createOrderView', gives: { viewId: 'id' } },
  { operation: 'orders.placeOrder', gives: { orderId: 'id', lineId: 'lines.0.id' } },
  { operation: 'orders.holdOrder', gives: { holdId: 'holdId' } },
  { operation: 'audit.createAuditStream', gives: { streamId: 'id' } },
  { operation: 'audit.listAuditEntries', gives: { entryId: 'items.0.id' } },
]

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
export async function plantThings(url: string, token: string, tag: string, operations: readonly NamedOperation[]): Promise<Planted> {
  const things = new Map<string, string>()
  const heard: string[] = []
  const failed: string[] = []
  for (const step of STEPS) {
    const found = operations.find(({ name }) => name === step.operation)
    if (found === undefined) continue
    const { operation } = found
    const example = { ...(isRecord(operation.example) ? operation.example : {}), ...pick(step.body, operation.example) }
    const lot = things.get('lotItemId')
    const about = step.operation === 'inventory.createLot' && lot !== undefined ? new Map([...things, ['itemId', lot]]) : things
    const body = operation.body === undefined ? undefined : filled(withTag(deep(example, step.body), tag, operation), about)
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
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).filter(([name]) => !LEFT_OUT.has(name)).map(([name, inner]) => [name, filled(inner, things, name, isTop && field === '')]))
  const isReference = field.endsWith('Id') || field.endsWith('Code') || (field === 'sku' && !isTop)
  return typeof value === 'string' && isReference ? (things.get(ALIASES[field] ?? field) ?? value) : value
}

export const pathOf = (path: string, things: Things): string => path.replaceAll(/\{([A-Za-z0-9]+)\}/g, (_whole, name: string) => encodeURIComponent(things.get(name) ?? '00000000-0000-7000-8000-00000000dead'))

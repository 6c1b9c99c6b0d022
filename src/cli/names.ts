// People know the sku, the code and the number of a thing, the API knows its id. Wherever an id is wanted and no id was typed, the name
// is looked up among the things the key may see; nothing is guessed: the name must fit exactly, and one thing only.
import { connectionsApi, domainsApi } from '../domains/identity/contract.ts'
import { inventoryApi } from '../domains/inventory/contract.ts'
import { ordersApi } from '../domains/orders/contract.ts'
import { shipmentsApi } from '../domains/shipments/contract.ts'
import { tasksApi } from '../domains/tasks/contract.ts'
import { tenancyApi } from '../domains/tenancy/contract.ts'
import { plainCall, type AnyCall, type Sender } from '../kernel/client.ts'
import type { Operation } from '../kernel/contract.ts'
import { isUuid } from '../kernel/ids.ts'
import { isList, isRecord } from '../kernel/json.ts'
import { CliError, EXIT } from './exit.ts'
import { itemsOf } from './show.ts'

interface Lookup {
  readonly noun: string
  readonly name: string
  readonly operation: Operation
  /** Narrows the list to the things that could bear the name. */
  readonly query: (text: string) => Readonly<Record<string, unknown>>
  /** Fields that are names. */
  readonly fields: readonly string[]
}

const item: Lookup = { noun: 'item', name: 'listItems', operation: inventoryApi.listItems, query: (text) => ({ 'filter[sku]': text }), fields: ['sku'] }
const site: Lookup = { noun: 'site', name: 'listSites', operation: inventoryApi.listSites, query: (text) => ({ 'filter[code]': text }), fields: ['code'] }
const location: Lookup = { noun: 'location', name: 'listLocations', operation: inventoryApi.listLocations, query: (text) => ({ 'filter[code]': text }), fields: ['code'] }
const order: Lookup = { noun: 'order', name: 'listOrders', operation: ordersApi.listOrders, query: (text) => ({ q: text }), fields: ['number', 'externalRef'] }
const customer: Lookup = { noun: 'customer', name: 'listCustomers', operation: ordersApi.listCustomers, query: (text) => ({ q: text }), fields: ['code'] }
const purchaseOrder: Lookup = { noun: 'purchase order', name: 'listPurchaseOrders', operation: inventoryApi.listPurchaseOrders, query: (text) => ({ 'filter[number]': text }), fields: ['number'] }
const supplier: Lookup = { noun: 'supplier', name: 'listSuppliers', operation: inventoryApi.listSuppliers, query: (text) => ({ 'filter[code]': text }), fields: ['code'] }
const shipment: Lookup = { noun: 'shipment', name: 'listShipments', operation: shipmentsApi.listShipments, query: (text) => ({ 'filter[number]': text }), fields: ['number'] }
const carrier: Lookup = { noun: 'carrier', name: 'listCarriers', operation: shipmentsApi.listCarriers, query: () => ({}), fields: ['code'] }
const notice: Lookup = { noun: 'ship notice', name: 'listShipNotices', operation: inventoryApi.listShipNotices, query: (text) => ({ 'filter[number]': text }), fields: ['number'] }
const receipt: Lookup = { noun: 'receipt', name: 'listReceipts', operation: inventoryApi.listReceipts, query: (text) => ({ 'filter[number]': text }), fields: ['number'] }
const cycleCount: Lookup = { noun: 'count', name: 'listCounts', operation: inventoryApi.listCounts, query: (text) => ({ 'filter[number]': text }), fields: ['number'] }
const returned: Lookup = { noun: 'return', name: 'listReturns', operation: ordersApi.listReturns, query: (text) => ({ 'filter[number]': text }), fields: ['number'] }
const wave: Lookup = { noun: 'wave', name: 'listWaves', operation: tasksApi.listWaves, query: () => ({}), fields: ['number'] }
const organization: Lookup = { noun: 'organization', name: 'listOrganizations', operation: tenancyApi.listOrganizations, query: () => ({}), fields: ['slug'] }
const connection: Lookup = { noun: 'connection', name: 'listConnections', operation: connectionsApi.listConnections, query: () => ({}), fields: ['name'] }
const domain: Lookup = { noun: 'domain', name: 'listDomains', operation: domainsApi.listDomains, query: () => ({}), fields: ['name'] }

const LOOKUPS: Readonly<Record<string, Lookup>> = { itemId: item, siteId: site, locationId: location, fromLocationId: location, toLocationId: location, nearLocationId: location, packLocationId: location, stageLocationId: location, dockLocationId: location, orderId: order, customerId: customer, purchaseOrderId: purchaseOrder, supplierId: supplier, shipmentId: shipment, shipmentIds: shipment, orderIds: order, locationIds: location, carrierId: carrier, shipNoticeId: notice, countId: cycleCount, receiptId: receipt, returnId: returned, waveId: wave, organizationId: organization, connectionId: connection, domainId: domain }
const PAGES_MAX = 1_000

async function idOfName(lookup: Lookup, text: string, sender: Sender): Promise<string> {
  const found = new Set<string>()
  let after: unknown
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await plainCall(lookup.name, lookup.operation, lookup.operation.query === undefined ? {} : { query: { ...lookup.query(text), limit: 200, ...(after === undefined ? {} : { after }) } }, sender)
    for (const each of itemsOf(answer) ?? []) if (isRecord(each) && typeof each['id'] === 'string' && lookup.fields.some((field) => each[field] === text)) found.add(each['id'])
    after = isRecord(answer) ? (answer['nextCursor'] ?? undefined) : undefined
    if (after === undefined) break
  }
  const [id, other] = found
  if (id === undefined) throw new CliError(EXIT.failed, `There is no ${lookup.noun} "${text}".`)
  if (other !== undefined) throw new CliError(EXIT.failed, `More than one ${lookup.noun} is called "${text}": ${[...found].join(', ')}.`, 'Give the id of the one you mean.')
  return id
}

/** The call with every name replaced by the id it stands for. */
export async function withIds(call: AnyCall, sender: Sender): Promise<AnyCall> {
  const known = new Map<string, Promise<string>>()
  const idOf = (lookup: Lookup, text: string): Promise<string> => {
    const key = `${lookup.noun} ${text}`
    const before = known.get(key) ?? idOfName(lookup, text, sender)
    known.set(key, before)
    return before
  }
  const replaced = async (value: unknown): Promise<unknown> => {
    if (isList(value)) return Promise.all(value.map(replaced))
    return isRecord(value) ? fieldsOf(value) : value
  }
  const named = async (lookup: Lookup, value: unknown): Promise<unknown> => {
    if (isList(value)) return Promise.all(value.map((each) => named(lookup, each)))
    return typeof value === 'string' && !isUuid(value) ? idOf(lookup, value) : value
  }
  const fieldsOf = async (record: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> => {
    const entries = Object.entries(record).map(async ([key, value]): Promise<[string, unknown]> => {
      const lookup = LOOKUPS[/^filter\[(.+)\]$/.exec(key)?.[1] ?? key]
      return [key, lookup === undefined ? await replaced(value) : await named(lookup, value)]
    })
    return Object.fromEntries(await Promise.all(entries))
  }
  const { params, query, body } = call
  return { ...call, ...(params === undefined ? {} : { params: await fieldsOf(params) }), ...(query === undefined ? {} : { query: await fieldsOf(query) }), ...(body === undefined ? {} : { body: await replaced(body) }) }
}

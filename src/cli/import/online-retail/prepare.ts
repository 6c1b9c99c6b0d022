// What the orders of a history need before they can be placed: the site, items, customers, prices, and stock for all of them.
import { inventoryApi } from '../../../domains/inventory/contract.ts'
import { ordersApi } from '../../../domains/orders/contract.ts'
import { shipmentsApi } from '../../../domains/shipments/contract.ts'
import { ApiError, clientOf, type Sender } from '../../../kernel/client.ts'
import { idOf, type ItemId, type LocationId, type SiteId } from '../../../kernel/ids.ts'
import { CliError, EXIT } from '../../exit.ts'
import { progressOf } from '../../progress.ts'
import type { World } from '../../world.ts'
import { Batches, type BulkResult } from '../batches.ts'
import { resultsOf } from '../bulk.ts'
import type { Tally } from '../report.ts'
import { countryCodeOf } from './countries.ts'
import { RETURNS } from './places.ts'
import { neededOf, type Survey } from './survey.ts'

export const SOURCE = 'online-retail'
export const CURRENCY = 'GBP' as const
const RECEIVING = 'RECEIVING'
/** A list of its own: the organization may have another, in another currency. */
const PRICE_LIST = 'ONLINE-RETAIL'

/** Where the stock is. */
export interface Stock {
  readonly siteId: SiteId
  readonly siteCode: string
  readonly locationId: LocationId
  /** Item id by sku. */
  readonly itemIds: ReadonlyMap<string, ItemId>
}

/** A batch of master data is large, because a line of it is small. */
const LIMITS = { countMax: 2_000, weightMax: 2_000, parallel: 1 }

export async function prepare(world: World, sender: Sender, siteCode: string, survey: Survey, tally: Tally): Promise<Stock> {
  const inventory = clientOf(inventoryApi, sender)
  const orders = clientOf(ordersApi, sender)
  const place = await placeOf(sender, siteCode, tally)
  const send = masterData(world, tally)
  const itemIds = new Map<string, ItemId>()
  const items = [...survey.items].map(([sku, { name }]) => ({ sku, name: name === '' ? sku : name, baseUnit: 'EA' as const, external: { source: SOURCE, ref: sku } }))
  await send('items', (lines) => inventory.upsertItems({ lines }), items, ({ sku }, id) => itemIds.set(sku, idOf<'Item'>(id)))
  await send('customers', (lines) => orders.upsertCustomers({ lines }), [...survey.customers].map(([code, country]) => customerOf(code, country)))
  const findList = async (): Promise<string | undefined> => (await orders.listPriceLists()).items.find(({ code }) => code === PRICE_LIST)?.id
  await madeOnce(tally, 'price lists', findList, async () => (await orders.createPriceList({ body: { code: PRICE_LIST, name: 'Online Retail', currency: CURRENCY } })).id)
  const prices = [...survey.items].flatMap(([sku, { lastPrice }]) => (lastPrice === null ? [] : [{ sku, currency: CURRENCY, unitPrice: lastPrice, priceListCode: PRICE_LIST }]))
  await send('prices', (lines) => orders.setPrices({ lines }), prices)
  // The quantity is part of the name: a longer history of the same goods needs more, and gets it beside what is there.
  const receipts = [...survey.items].flatMap(([sku, item]) => {
    const quantity = neededOf(item)
    return quantity === '0' ? [] : [{ external: { source: SOURCE, ref: `opening/${sku}/${quantity}` }, siteCode, locationCode: RECEIVING, sku, quantity, ...(survey.firstAt === null ? {} : { receivedAt: survey.firstAt }) }]
  })
  await send('receipts', (lines) => inventory.receiveLines({ lines }), receipts)
  return { ...place, itemIds }
}

function customerOf(code: string, country: string): { code: string; name: string; country?: string; external: { source: string; ref: string } } {
  const iso = countryCodeOf(country)
  const name = code.startsWith('walk-in-') ? `Walk-in, ${country}` : `Customer ${code}`
  return { code, name, ...(iso === null ? {} : { country: iso }), external: { source: SOURCE, ref: code } }
}

type SendMasterData = <V>(what: string, send: (lines: readonly V[]) => AsyncIterable<unknown, unknown, unknown>, values: readonly V[], onId?: (value: V, id: string) => void) => Promise<void>

/** A line of master data that is refused would refuse every order that needs it: the import stops and says which it was. */
function masterData(world: World, tally: Tally): SendMasterData {
  return async (what, send, values, onId) => {
    const progress = progressOf(world, what.slice(0, 1).toUpperCase() + what.slice(1), what, values.length)
    let done = 0
    const batches = new Batches<(typeof values)[number], (typeof values)[number], BulkResult>(world, (lines) => resultsOf(send(lines)), LIMITS, (value, result) => {
      if (result.outcome === 'refused') throw new CliError(EXIT.failed, `The server refuses ${JSON.stringify(value)}: ${result.pointer ?? ''} ${result.message ?? ''} (${result.code ?? ''})`)
      tally.add(what, result.outcome)
      if (result.id !== null) onId?.(value, result.id)
      done += 1
      progress.reach(done)
    })
    for (const value of values) await batches.add(value, value)
    await batches.end()
    progress.end(done)
  }
}

/** GS1 keeps the prefix 952 for examples: packages of a played history bear numbers that nobody's goods have. */
const EXAMPLE_PREFIX = '9521234'
const PLACES = [['PACK', 'pack'], ['STAGE', 'stage'], ['DOCK', 'dock'], [RETURNS, 'receive']] as const

/** What fulfilment needs beside the bins: places to pack, stage, load and take back, and numbers for packages. */
export async function prepareFloor(sender: Sender, siteId: SiteId, tally: Tally): Promise<void> {
  const inventory = clientOf(inventoryApi, sender)
  const shipments = clientOf(shipmentsApi, sender)
  for (const [code, kind] of PLACES) {
    const find = async (): Promise<LocationId | undefined> => (await inventory.listLocations({ query: { 'filter[code]': code, limit: 200 } })).items.find((each) => each.code === code && each.siteId === siteId)?.id
    await madeOnce(tally, 'locations', find, async () => (await inventory.createLocation({ params: { siteId }, body: { code, kind } })).id)
  }
  try {
    await shipments.getShippingSettings({ params: { siteId } })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    await shipments.setShippingSettings({ params: { siteId }, body: { companyPrefix: EXAMPLE_PREFIX, extension: 0 } })
  }
}

/** The site with a place to receive into; both are created when they do not exist. */
async function placeOf(sender: Sender, code: string, tally: Tally): Promise<Omit<Stock, 'itemIds'>> {
  const inventory = clientOf(inventoryApi, sender)
  const findSite = async (): Promise<SiteId | undefined> => (await inventory.listSites({ query: { 'filter[code]': code } })).items.find((site) => site.code === code)?.id
  const siteId = await madeOnce(tally, 'sites', findSite, async () => (await inventory.createSite({ body: { code, name: 'Main warehouse', timeZone: 'Europe/London', currency: CURRENCY } })).id)
  const findLocation = async (): Promise<LocationId | undefined> => {
    const page = await inventory.listLocations({ query: { 'filter[code]': RECEIVING, limit: 200 } })
    return page.items.find((location) => location.code === RECEIVING && location.siteId === siteId)?.id
  }
  const locationId = await madeOnce(tally, 'locations', findLocation, async () => (await inventory.createLocation({ params: { siteId }, body: { code: RECEIVING, kind: 'storage' } })).id)
  return { siteId, siteCode: code, locationId }
}

/** Somebody may create the same at the same moment: then theirs is taken. */
async function madeOnce<I>(tally: Tally, what: string, find: () => Promise<I | undefined>, make: () => Promise<I>): Promise<I> {
  const before = await find()
  if (before !== undefined) {
    tally.add(what, 'unchanged')
    return before
  }
  try {
    const id = await make()
    tally.add(what, 'created')
    return id
  } catch (error) {
    const meanwhile = error instanceof ApiError && error.code === 'conflict' ? await find() : undefined
    if (meanwhile === undefined) throw error
    tally.add(what, 'unchanged')
    return meanwhile
  }
}

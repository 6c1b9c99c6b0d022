import type { Handlers } from '../../kernel/contract.ts'
import type { SiteId } from '../../kernel/ids.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import type { Database } from '../../platform/db/database.ts'
import { freshness } from '../../platform/db/freshness.ts'
import { query as ask } from '../../platform/db/read-door.ts'
import type { planningApi } from './contract.ts'
import { DEFINITION_KEYS, DEFINITIONS } from './definitions/contract.ts'
import { orderFigures, serviceFigures, shortageFigures, stockFigures, stockValue, type Fresh, type Site } from './present.ts'
import { faultsOf, periodOf, type Period } from './rules.ts'
import * as store from './store.ts'

interface SiteQuery {
  readonly 'filter[siteId]'?: SiteId
}
interface PeriodQuery extends SiteQuery {
  readonly 'filter[from]'?: string
  readonly 'filter[to]'?: string
}
const SHORTAGES = 10

const siteOf = (query: SiteQuery): SiteId | null => query['filter[siteId]'] ?? null
/** Sent first: how fresh what follows is, and which sites there are. */
const opening = (site: SiteId | null) => [ask(freshness), ask(store.sites, [site])] as const
const orderQueries = (site: SiteId | null) =>
  [
    site === null ? ask(store.ordersByState) : ask(store.ordersByStateAtSite, [site]),
    site === null ? ask(store.backorders) : ask(store.backordersAtSite, [site]),
  ] as const
const serviceQueries = (query: PeriodQuery) => {
  // What was left out is today, and today begins at each site's own midnight: so the database fills it in.
  const days = [siteOf(query), query['filter[from]'] ?? null, query['filter[to]'] ?? null]
  return [ask(store.orderDays, days), ask(store.dueDays, days)] as const
}
const shortageQuery = (site: SiteId | null, limit: number) => ask(site === null ? store.shortages : store.shortagesAtSite, [site, limit])
const demandQuery = (site: SiteId | null) => ask(store.orderDays, [site, null, null])
const stockQueries = (site: SiteId | null) => [ask(store.stock, [site]), ask(store.itemsInStock, [site])] as const

function periodIn(query: PeriodQuery): Period {
  const period = periodOf(query['filter[from]'], query['filter[to]'], new Date().toISOString().slice(0, 10))
  const errors = faultsOf(period)
  if (errors.length > 0) throw new Problem('bad_request', 'The query is not valid.', { errors })
  return period
}

/** A filter by a site that is not there, or is somebody else's, is answered as such: zeros would look like an answer. */
function opened(fresh: readonly Fresh[], sites: readonly Site[], site: SiteId | null): Fresh {
  if (site !== null && sites.length === 0) throw notFound('site')
  const [first] = fresh
  if (first === undefined) throw new TypeError('The database did not say how fresh its answer is.')
  return first
}

export const planningHandlers = (database: Database): Handlers<typeof planningApi> => ({
  getDashboard: async ({ ctx, query }) => {
    const period = periodIn(query)
    const site = siteOf(query)
    const all = [...opening(site), ...orderQueries(site), ...serviceQueries(query), shortageQuery(site, query.limit ?? SHORTAGES), ...stockQueries(site)] as const
    // Without a period of one's own the service is that of the very days whose demand is wanted: they are counted once.
    const isUsual = query['filter[from]'] === undefined && query['filter[to]'] === undefined
    const [fresh, sites, states, backorders, ordered, due, short, stock, inStock, demand = ordered] = isUsual ? await database.fetch(ctx, ...all) : await database.fetch(ctx, ...all, demandQuery(site))
    const at = opened(fresh, sites, site)
    return {
      orders: orderFigures(at, states, backorders),
      service: serviceFigures(at, period, { sites, ordered, due }),
      shortages: shortageFigures(at, short),
      stock: stockFigures(at, { sites, stock, itemsInStock: inStock[0]?.items ?? 0, demand }),
    }
  },
  getOrderFigures: async ({ ctx, query }) => {
    const site = siteOf(query)
    const [fresh, sites, states, backorders] = await database.fetch(ctx, ...opening(site), ...orderQueries(site))
    return orderFigures(opened(fresh, sites, site), states, backorders)
  },
  getServiceFigures: async ({ ctx, query }) => {
    const period = periodIn(query)
    const site = siteOf(query)
    const [fresh, sites, ordered, due] = await database.fetch(ctx, ...opening(site), ...serviceQueries(query))
    return serviceFigures(opened(fresh, sites, site), period, { sites, ordered, due })
  },
  getShortages: async ({ ctx, query }) => {
    const site = siteOf(query)
    const [fresh, sites, short] = await database.fetch(ctx, ...opening(site), shortageQuery(site, query.limit ?? SHORTAGES))
    return shortageFigures(opened(fresh, sites, site), short)
  },
  getStockFigures: async ({ ctx, query }) => {
    const site = siteOf(query)
    const [fresh, sites, stock, inStock, demand] = await database.fetch(ctx, ...opening(site), ...stockQueries(site), demandQuery(site))
    return stockFigures(opened(fresh, sites, site), { sites, stock, itemsInStock: inStock[0]?.items ?? 0, demand })
  },
  getStockValue: async ({ ctx, query }) => {
    const site = siteOf(query)
    const [fresh, sites, rows] = await database.fetch(ctx, ...opening(site), ask(store.stockValue, [site]))
    return stockValue(opened(fresh, sites, site), sites, rows)
  },
  listDefinitions: () => Promise.resolve({
    items: DEFINITION_KEYS.map((key) => {
      const { version, title, counts, sentence } = DEFINITIONS[key]
      return { key, version, title, counts, sentence }
    }),
  }),
})

// The figures of the dashboards: orders, service, shortages, stock, and, for whoever may see costs, the value of stock. They are
// computed when asked, on the replica, and each carries its definition and how fresh it is. This room changes nothing, and it
// refuses to show a number without its meaning, to add money of two currencies, or to call a ratio of nothing zero.
import Type from 'typebox'
import { defineApi } from '../../kernel/contract.ts'
import { idSchema, type ItemId, type SiteId } from '../../kernel/ids.ts'
import { Money } from '../../kernel/money.ts'
import { Unit } from '../../kernel/quantity.ts'
import { Definition, type Measure, measure, provenance } from './definitions/contract.ts'
import { closed, orNull } from '../../kernel/schema.ts'

export { DEFINITIONS } from './definitions/contract.ts'

const Count = Type.Integer({ minimum: 0 })
const Decimal = Type.String()
const Day = Type.String({ format: 'date' })
const site = { siteId: idSchema<SiteId>(), siteCode: Type.String() } as const

const Figure = Type.Object({ ...provenance, ...measure }, closed)
/** The whole and its sites; a site of which there is nothing to count is left out. */
const SiteFigure = Type.Object({ ...provenance, ...measure, bySite: Type.Array(Type.Object({ ...site, ...measure }, closed)) }, closed)

export const ORDER_STATES = ['draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered', 'closed', 'cancelled'] as const
export const OPEN_STATES: readonly string[] = ['submitted', 'confirmed', 'released', 'in_fulfilment']
/** Whole days since the order, youngest first: 0–1, 2–3, 4–7, 8–14, 15–30, more. */
export const AGE_BUCKETS = [
  { fromDays: 0, toDays: 1 }, { fromDays: 2, toDays: 3 }, { fromDays: 4, toDays: 7 }, { fromDays: 8, toDays: 14 }, { fromDays: 15, toDays: 30 }, { fromDays: 31, toDays: null },
] as const
const Ages = Type.Array(Type.Object({ fromDays: Type.Integer(), toDays: orNull(Type.Integer()), orders: Count }, closed))
const State = Type.Object({ status: Type.Unsafe<(typeof ORDER_STATES)[number]>({ type: 'string', enum: [...ORDER_STATES] }), orders: Count, ages: Ages }, closed)

export const OrderFigures = Type.Object({
  ordersByState: Type.Object({ ...provenance, ...measure, states: Type.Array(State) }, closed),
  openOrders: Figure,
  backorderedLines: Figure,
  backorderedQuantity: Type.Object({ ...provenance, byUnit: Type.Array(Type.Object({ unit: Unit, ...measure }, closed)) }, closed),
}, closed)
export type OrderFigures = Type.Static<typeof OrderFigures>

export const ServiceFigures = Type.Object({
  period: Type.Object({ from: Day, to: Day }, { ...closed, description: 'Days in the time zone of each site, both included' }),
  lineFill: SiteFigure, unitFill: SiteFigure, onTimeInFull: SiteFigure, backorderRate: SiteFigure,
}, closed)
export type ServiceFigures = Type.Static<typeof ServiceFigures>

const Shortage = Type.Object({
  itemId: idSchema<ItemId>(), sku: Type.String(), name: Type.String(), unit: Unit,
  backorderedQuantity: Decimal, backorderedLines: Count, orders: Count,
  oldestPromiseOn: orNull(Day), oldestRequestOn: orNull(Day),
  availableToPromise: Decimal,
  nextReceiptOn: orNull(Day), nextReceiptQuantity: orNull(Decimal),
}, closed)
export const Shortages = Type.Object({ ...provenance, ...measure, items: Type.Array(Shortage) }, closed)
export type Shortages = Type.Static<typeof Shortages>

export const StockFigures = Type.Object({
  distinctItems: SiteFigure,
  units: Type.Object({ ...provenance, bySite: Type.Array(Type.Object({ ...site, unit: Unit, onHand: Decimal, usable: Decimal, reserved: Decimal }, closed)) }, closed),
  daysOfSupply: Type.Object({ ...provenance, bySite: Type.Array(Type.Object({ ...site, unit: Unit, ...measure }, closed)) }, closed),
}, closed)
export type StockFigures = Type.Static<typeof StockFigures>

export const StockValue = Type.Object({
  ...provenance, ...measure,
  totals: Type.Array(Money),
  bySite: Type.Array(Type.Object({ ...site, value: Money, items: Count }, closed)),
}, closed)
export type StockValue = Type.Static<typeof StockValue>

export const Dashboard = Type.Object({ orders: OrderFigures, service: ServiceFigures, shortages: Shortages, stock: StockFigures }, closed)
export type Dashboard = Type.Static<typeof Dashboard>

const SiteFilter = { 'filter[siteId]': Type.Optional(idSchema<SiteId>()) } as const
const BusinessDay = Type.String({ format: 'date', pattern: '^(19|20|21)[0-9]{2}-' })
const Period = {
  'filter[from]': Type.Optional(BusinessDay),
  'filter[to]': Type.Optional(Type.String({ format: 'date', pattern: '^(19|20|21)[0-9]{2}-', description: 'Included. Without it: today; without `from`: 30 days up to `to`' })),
} as const
const Limit = { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })) } as const
const SiteQuery = Type.Object(SiteFilter, closed)
export const ServiceQuery = Type.Object({ ...SiteFilter, ...Period }, closed)
export const ShortageQuery = Type.Object({ ...SiteFilter, ...Limit }, closed)
export const DashboardQuery = Type.Object({ ...SiteFilter, ...Period, ...Limit }, closed)

export const planningApi = defineApi({
  getDashboard: {
    method: 'GET', path: '/api/v1/planning/dashboard', needs: 'planning:read', summary: 'All figures without money in one answer', query: DashboardQuery, status: 200, returns: Dashboard, fails: ['not_found'],
  },
  getOrderFigures: {
    method: 'GET', path: '/api/v1/planning/orders', needs: 'planning:read', summary: 'Orders by state and age, and what waits for stock', query: SiteQuery, status: 200, returns: OrderFigures, fails: ['not_found'],
  },
  getServiceFigures: {
    method: 'GET', path: '/api/v1/planning/service', needs: 'planning:read', summary: 'Fill rates, OTIF and backorder rate of a period, by site', query: ServiceQuery, status: 200, returns: ServiceFigures, fails: ['not_found'],
  },
  getShortages: {
    method: 'GET', path: '/api/v1/planning/shortages', needs: 'planning:read', summary: 'The items that are short, worst first', query: ShortageQuery, status: 200, returns: Shortages, fails: ['not_found'],
  },
  getStockFigures: {
    method: 'GET', path: '/api/v1/planning/stock', needs: 'planning:read', summary: 'Units, items and days of supply by site', query: SiteQuery, status: 200, returns: StockFigures, fails: ['not_found'],
  },
  getStockValue: {
    method: 'GET', path: '/api/v1/planning/stock-value', needs: ['planning:read', 'cost:read'], summary: 'What the stock is worth, by site and currency', query: SiteQuery, status: 200, returns: StockValue, fails: ['not_found'],
  },
  listDefinitions: {
    method: 'GET', path: '/api/v1/planning/definitions', needs: 'planning:read', summary: 'What each figure means', status: 200, returns: Type.Object({ items: Type.Array(Definition) }, closed), fails: [],
  },
})
export type SiteMeasure = Measure & { readonly siteId: SiteId; readonly siteCode: string }

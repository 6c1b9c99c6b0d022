// Rows of the statements become figures: put together by site, measured by the rules, and stamped with definition and freshness.
import { moneyOf, type Currency } from '../../kernel/money.ts'
import type { SiteId } from '../../kernel/ids.ts'
import type { freshness } from '../../platform/db/freshness.ts'
import { AGE_BUCKETS, OPEN_STATES, ORDER_STATES, type OrderFigures, type ServiceFigures, type Shortages, type StockFigures, type StockValue } from './contract.ts'
import { DEFINITIONS, type DefinitionKey, type Measure } from './definitions/contract.ts'
import { counted, DEMAND_DAYS, difference, onTimeInFull, ratio, sumOf, type Period } from './rules.ts'
import type * as store from './store.ts'

type RowOf<S extends { readonly result: unknown }> = S['result']
export type Fresh = RowOf<typeof freshness>
export type Site = RowOf<typeof store.sites>
type SiteRow = { readonly siteId: SiteId }

/** Stamps a figure with what it means and how fresh it is. */
const stampOf = ({ computedAt, dataAsOf, servedBy }: Fresh) => (key: DefinitionKey) => ({
  key, definition: DEFINITIONS[key].sentence, definitionVersion: DEFINITIONS[key].version, computedAt, dataAsOf, servedBy,
})

const sum = <R>(rows: readonly R[], pick: (row: R) => number): number => rows.reduce((total, row) => total + pick(row), 0)

/** The measure of all rows, and of the rows of each site that has any. */
function bySite<R extends SiteRow>(sites: readonly Site[], rows: readonly R[], measure: (rows: readonly R[]) => Measure) {
  const parts = sites.map((site) => ({ site, rows: rows.filter((row) => row.siteId === site.siteId) })).filter((part) => part.rows.length > 0)
  return { ...measure(rows), bySite: parts.map((part) => ({ ...part.site, ...measure(part.rows) })) }
}

export function orderFigures(fresh: Fresh, states: readonly RowOf<typeof store.ordersByState>[], backorders: readonly RowOf<typeof store.backorders>[]): OrderFigures {
  const stamp = stampOf(fresh)
  const total = (status: string, bucket?: number): number => sum(states.filter((row) => row.status === status && (bucket === undefined || row.bucket === bucket)), (row) => row.orders)
  return {
    ordersByState: {
      ...stamp('orders_by_state'), ...counted(sum(states, (row) => row.orders)),
      states: ORDER_STATES.map((status) => ({
        // The database numbers the buckets from the oldest.
        status, orders: total(status), ages: AGE_BUCKETS.map((bucket, index) => ({ ...bucket, orders: total(status, AGE_BUCKETS.length - 1 - index) })),
      })),
    },
    openOrders: { ...stamp('open_orders'), ...counted(sum(states.filter((row) => OPEN_STATES.includes(row.status)), (row) => row.orders)) },
    backorderedLines: { ...stamp('backordered_lines'), ...counted(sum(backorders, (row) => row.lines)) },
    backorderedQuantity: { ...stamp('backordered_quantity'), byUnit: backorders.map((row) => ({ unit: row.unit, ...counted(row.quantity) })) },
  }
}

export interface ServiceRows {
  readonly sites: readonly Site[]
  readonly ordered: readonly RowOf<typeof store.orderDays>[]
  readonly due: readonly RowOf<typeof store.dueDays>[]
}
export function serviceFigures(fresh: Fresh, period: Period, { sites, ordered, due }: ServiceRows): ServiceFigures {
  const stamp = stampOf(fresh)
  return {
    period: { ...period },
    lineFill: { ...stamp('line_fill'), ...bySite(sites, ordered, (rows) => ratio(sum(rows, (row) => row.filledLines), sum(rows, (row) => row.lines), 'nothing_ordered')) },
    unitFill: {
      ...stamp('unit_fill'),
      ...bySite(sites, ordered, (rows) => {
        const wanted = sumOf(rows.map((row) => row.wanted))
        return ratio(difference(wanted, sumOf(rows.map((row) => row.missing))), wanted, 'nothing_ordered')
      }),
    },
    onTimeInFull: {
      ...stamp('on_time_in_full'),
      ...bySite(sites, due, (rows) => onTimeInFull({ due: sum(rows, (row) => row.due), delivered: sum(rows, (row) => row.delivered), onTimeInFull: sum(rows, (row) => row.onTimeInFull) })),
    },
    backorderRate: { ...stamp('backorder_rate'), ...bySite(sites, ordered, (rows) => ratio(sum(rows, (row) => row.backorderedLines), sum(rows, (row) => row.openLines), 'nothing_open')) },
  }
}

/** How many items are short in all stands on every row; the answer says it once. */
function withoutCount({ itemId, sku, name, unit, backorderedQuantity, backorderedLines, orders, oldestPromiseOn, oldestRequestOn, availableToPromise, nextReceiptOn, nextReceiptQuantity }: RowOf<typeof store.shortages>): Shortages['items'][number] {
  return { itemId, sku, name, unit, backorderedQuantity, backorderedLines, orders, oldestPromiseOn, oldestRequestOn, availableToPromise, nextReceiptOn, nextReceiptQuantity }
}

export function shortageFigures(fresh: Fresh, rows: readonly RowOf<typeof store.shortages>[]): Shortages {
  return { ...stampOf(fresh)('shortages'), ...counted(rows[0]?.itemsShort ?? 0), items: rows.map((row) => withoutCount(row)) }
}

export interface StockRows {
  readonly sites: readonly Site[]
  readonly stock: readonly RowOf<typeof store.stock>[]
  readonly itemsInStock: number
  /** Of the last 30 days. */
  readonly demand: readonly RowOf<typeof store.orderDays>[]
}
export function stockFigures(fresh: Fresh, { sites, stock, itemsInStock, demand }: StockRows): StockFigures {
  const stamp = stampOf(fresh)
  const items = bySite(sites, stock, (rows) => counted(sum(rows, (row) => row.items)))
  const each = sites.flatMap((site) => {
    const units = new Set([...stock, ...demand].filter((row) => row.siteId === site.siteId).map((row) => row.unit))
    return [...units].toSorted().map((unit) => {
      const here = (row: { siteId: SiteId; unit: string }): boolean => row.siteId === site.siteId && row.unit === unit
      return { site, unit, held: stock.find(here), demand: demand.find(here)?.demand ?? '0' }
    })
  })
  return {
    distinctItems: { ...stamp('distinct_items'), ...items, ...counted(itemsInStock) },
    units: {
      ...stamp('units_on_hand'),
      bySite: each.flatMap(({ site, unit, held }) => (held === undefined ? [] : [{ ...site, unit, onHand: held.onHand, usable: held.usable, reserved: held.reserved }])),
    },
    daysOfSupply: { ...stamp('days_of_supply'), bySite: each.map(({ site, unit, held, demand: wanted }) => ({ ...site, unit, ...ratio(held?.usable ?? '0', wanted, 'no_demand', DEMAND_DAYS) })) },
  }
}

export function stockValue(fresh: Fresh, sites: readonly Site[], rows: readonly RowOf<typeof store.stockValue>[]): StockValue {
  const valued = rows.flatMap((row) => (row.currency === null ? [] : [{ ...row, currency: row.currency }]))
  const totals = new Map<Currency, bigint>()
  for (const row of valued) totals.set(row.currency, (totals.get(row.currency) ?? 0n) + row.valueMinor)
  return {
    ...stampOf(fresh)('stock_value'), ...ratio(sum(valued, (row) => row.items), sum(rows, (row) => row.items), 'nothing_in_stock'),
    totals: [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => moneyOf(minor, currency)),
    bySite: sites.flatMap((site) =>
      valued.filter((row) => row.siteId === site.siteId).toSorted((a, b) => a.currency.localeCompare(b.currency))
        .map((row) => ({ ...site, value: moneyOf(row.valueMinor, row.currency), items: row.items }))),
  }
}

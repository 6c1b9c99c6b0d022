// What each figure means. The sentence and its version travel with the figure: a number whose meaning has changed must not be
// compared with an older one, so whoever changes what is counted raises the version.
import Type from 'typebox'
import { closed } from '../../../kernel/schema.ts'

interface Meaning {
  readonly version: number
  readonly title: string
  readonly counts: string
  readonly sentence: string
}
const SHORT = 'A line was short when it waited for stock at the end of the command that confirmed or changed it, or when it gave up a part at once because its customer does not wait; that it was served later does not change it.'

export const DEFINITIONS = {
  orders_by_state: { version: 1, title: 'Orders by state and age', counts: 'orders', sentence: 'Orders in each state, by the whole days since they were ordered; of closed and cancelled orders only those of the last 31 days.' },
  open_orders: { version: 1, title: 'Open orders', counts: 'orders', sentence: 'Orders that are submitted, confirmed, released or in fulfilment: promised or to be promised, and not shipped in full.' },
  backordered_lines: { version: 1, title: 'Backordered lines', counts: 'lines', sentence: 'Lines of confirmed, released or partly fulfilled orders of which some quantity is neither cancelled, shipped nor reserved.' },
  backordered_quantity: { version: 1, title: 'Backordered quantity', counts: 'units of measure', sentence: 'What backordered lines still wait for: ordered − cancelled − shipped − reserved, summed per base unit of measure.' },
  line_fill: {
    version: 1, title: 'Line fill', counts: 'lines',
    sentence: `Lines that were never short ÷ lines of orders placed in the period that were confirmed. ${SHORT} Lines cancelled without ever being short do not count.`,
  },
  unit_fill: {
    version: 1, title: 'Unit fill', counts: 'units',
    sentence: `Quantity reserved or shipped the first time ÷ quantity wanted, over the same lines as line fill. ${SHORT} What was missing is the most a line was ever short of; quantities are in base units and are added across units of measure.`,
  },
  on_time_in_full: {
    version: 1, title: 'OTIF', counts: 'lines',
    sentence: 'Lines delivered complete and on or before the promised date ÷ lines due: promised within the period and not after today, not draft, submitted or cancelled. The day of a delivery is the day, at the site, on which it was recorded.',
  },
  backorder_rate: { version: 1, title: 'Backorder rate', counts: 'lines', sentence: 'Lines that wait for stock now ÷ lines confirmed, released or in fulfilment now, of orders placed in the period.' },
  shortages: { version: 1, title: 'Shortages', counts: 'items', sentence: 'Items with backordered lines, the largest backordered quantity first; what could be promised is on hand and usable − reserved, over the sites asked for.' },
  distinct_items: { version: 1, title: 'Items in stock', counts: 'items', sentence: 'Items of which something is on hand. An item at two sites counts at each of them, and once in the total.' },
  units_on_hand: { version: 1, title: 'Units', counts: 'units of measure', sentence: 'On hand, per base unit of measure; usable leaves out lots that are not available and quarantine; goods in transit are not on hand.' },
  days_of_supply: { version: 1, title: 'Days of supply', counts: 'days', sentence: 'Usable quantity on hand ÷ average daily demand, which is what orders placed in the last 30 days want (ordered − cancelled, drafts left out) ÷ 30, per site and base unit of measure. The denominator shown is the demand of 30 days.' },
  stock_value: { version: 1, title: 'Stock value', counts: 'money', sentence: 'On hand × standard cost in force today at the site, rounded to minor units per item and site, summed per currency; unusable stock counts, goods in transit do not. The ratio tells how many of the items in stock have a cost.' },
} as const satisfies Readonly<Record<string, Meaning>>
export type DefinitionKey = keyof typeof DEFINITIONS

/** In the order in which they are shown. */
export const DEFINITION_KEYS = [
  'orders_by_state', 'open_orders', 'backordered_lines', 'backordered_quantity', 'line_fill', 'unit_fill', 'on_time_in_full', 'backorder_rate', 'shortages', 'distinct_items', 'units_on_hand',
  'days_of_supply', 'stock_value',
] as const satisfies readonly DefinitionKey[]
const Key = Type.Unsafe<DefinitionKey>({ type: 'string', enum: [...DEFINITION_KEYS] })
export const Definition = Type.Object({ key: Key, version: Type.Integer({ minimum: 1 }), title: Type.String(), counts: Type.String(), sentence: Type.String() }, closed)
export type Definition = Type.Static<typeof Definition>

export const REASONS = ['nothing_due', 'no_deliveries', 'nothing_ordered', 'nothing_open', 'no_demand', 'nothing_in_stock'] as const
const Decimal = Type.String({ pattern: '^-?[0-9]+(\\.[0-9]+)?$', description: 'Exact decimal' })
/** A count has no denominator; a ratio without anything to divide by has no value, and says why. */
export const measure = {
  value: Type.Union([Decimal, Type.Null()], { description: 'The count, or the ratio to four places' }),
  numerator: Decimal,
  denominator: Type.Union([Decimal, Type.Null()]),
  reason: Type.Union([Type.Unsafe<(typeof REASONS)[number]>({ type: 'string', enum: [...REASONS] }), Type.Null()], { description: 'Why there is no value' }),
} as const
export const Measure = Type.Object(measure, closed)
export type Measure = Type.Static<typeof Measure>

export const SERVERS = ['replica', 'primary'] as const
const Instant = Type.String({ format: 'date-time' })
/** What stands beside every figure. */
export const provenance = {
  key: Key,
  definition: Type.String(),
  definitionVersion: Type.Integer({ minimum: 1 }),
  computedAt: Instant,
  dataAsOf: Type.String({ format: 'date-time', description: 'Every change committed until then is in the figure' }),
  servedBy: Type.Unsafe<(typeof SERVERS)[number]>({ type: 'string', enum: [...SERVERS] }),
} as const

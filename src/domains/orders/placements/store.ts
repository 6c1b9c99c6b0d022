// One statement places orders: bss.place_orders. What is here turns orders into its arrays and its rows into answers.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { idSchema, newId, type ItemId, type OrderId, type OrderLineId, type PartyId, type SiteId } from '../../../kernel/ids.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { write, type Refusals } from '../../../platform/db/statement.ts'
import type { Param } from '../../../platform/db/wire.ts'
import { type BackorderPolicyName, type IncotermCode, LINE_STATUSES, type Order, OrderStatus } from '../document/contract.ts'

/** An order on its way in, with the ids it will have: events and audit name them before the database has answered. */
export interface Placing {
  readonly id: OrderId
  readonly lineIds: readonly OrderLineId[]
  readonly customerId?: PartyId
  readonly customerCode?: string
  readonly siteId?: SiteId
  readonly siteCode?: string
  readonly requestedOn?: string
  readonly promisedOn?: string
  readonly incoterm?: IncotermCode
  readonly priority?: number
  readonly channel?: string
  readonly customerReference?: string
  readonly external?: { readonly source: string; readonly ref: string }
  readonly orderedAt?: string
  readonly allOrNothing?: boolean
  readonly currency?: string
  readonly lines: readonly PlacingLine[]
}
interface PlacingLine {
  readonly itemId?: ItemId
  readonly sku?: string
  readonly quantity: string
  readonly backorderPolicy?: BackorderPolicyName
  readonly unitPrice?: string
}
type Incoming = Omit<Placing, 'id' | 'lineIds'>

/** Gives an order and its lines their ids. */
export const withIds = (order: Incoming): Placing => ({ ...order, id: newId(), lineIds: order.lines.map(() => newId<'SalesOrderLine'>()) })

const PlacedLines = Compile(Type.Array(Type.Tuple([idSchema<OrderLineId>(), idSchema<ItemId>(), Type.String(), OrderStatus, Type.String(), Type.String()])))
const shape = {
  orderIndex: column.int,
  orderId: column.id<OrderId>(),
  outcome: column.oneOf(['created', 'unchanged', 'refused']),
  number: column.nullable(column.text),
  status: column.nullable(column.oneOf(LINE_STATUSES)),
  isBackordered: column.bool,
  customerId: column.nullable(column.id<PartyId>()),
  customerCode: column.nullable(column.text),
  customerName: column.nullable(column.text),
  siteId: column.nullable(column.id<SiteId>()),
  siteCode: column.nullable(column.text),
  orderedAt: column.instant,
  requestedOn: column.nullable(column.date),
  reservedLines: column.int,
  lines: column.nullable(column.decoded((value) => PlacedLines.Parse(value))),
  code: column.nullable(column.text),
  pointer: column.nullable(column.text),
  message: column.nullable(column.text),
} as const
export type PlacedRow = column.Row<typeof shape>

const REFUSALS: Refusals = {
  sales_order_external_unique: ['conflict', 'This order of the other system is here already.', '/external/ref'],
}
const COLUMNS = 'p.order_index, p.order_id, p.outcome, p.number, p.status, p.is_backordered, p.customer_id, p.customer_code, p.customer_name, p.site_id, p.site_code, p.ordered_at, p.requested_on, p.reserved_lines, p.lines, p.code, p.pointer, p.message'
const TEXT = `select ${COLUMNS}
  from bss.place_orders($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) p where p.organization_id = $1` as const
/** In bulk the levels of all orders are locked first, in key order: the status that comes out of that is what placing waits for. */
const BULK_TEXT = `select ${COLUMNS}
  from bss.lock_levels($1, $2, $7, $8, $20, $22, $23) locked,
       bss.place_orders($1, locked, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) p where p.organization_id = $1` as const

/** Places at the prices of the price list: nobody who may not set prices can hand one in here. */
const placeAtListPrices = write('orders:write', TEXT, shape, REFUSALS)
const placeAtGivenPrices = write('price:write', TEXT, shape, REFUSALS)
const placeInBulk = write('price:write', BULK_TEXT, shape, REFUSALS)

export type PlacingStatus = 'draft' | 'confirmed'
export const atListPrices = (orders: readonly Placing[], status: PlacingStatus) => ({ statement: placeAtListPrices, params: paramsOf(orders, { status, isBulk: false, isPriced: false }) })
export const atGivenPrices = (orders: readonly Placing[], isBulk: boolean) => ({ statement: isBulk ? placeInBulk : placeAtGivenPrices, params: paramsOf(orders, { status: 'confirmed', isBulk, isPriced: true }) })

const unlessAllNull = (values: readonly (string | null)[]): Param => (values.every((value) => value === null) ? null : values)

function paramsOf(orders: readonly Placing[], how: { status: PlacingStatus; isBulk: boolean; isPriced: boolean }): Param[] {
  const of = <T extends string | number | boolean>(pick: (order: Placing) => T | undefined): (T | null)[] => orders.map((order) => pick(order) ?? null)
  const lines = orders.flatMap((order) => order.lines)
  const ofLines = <T extends string>(pick: (line: PlacingLine) => T | undefined): (T | null)[] => lines.map((line) => pick(line) ?? null)
  return [
    how.status, how.isBulk,
    orders.map((order) => order.id),
    of((order) => order.customerId), unlessAllNull(of((order) => order.customerCode)),
    of((order) => order.siteId), unlessAllNull(of((order) => order.siteCode)),
    of((order) => (how.isPriced ? order.currency : undefined)),
    of((order) => order.requestedOn), of((order) => order.promisedOn), of((order) => order.priority ?? 5), of((order) => order.incoterm),
    of((order) => order.channel ?? 'api'), of((order) => order.customerReference), of((order) => order.external?.ref), of((order) => order.external?.source),
    of((order) => order.orderedAt), of((order) => order.allOrNothing ?? false),
    orders.flatMap((order, index) => order.lines.map(() => index + 1)),
    orders.flatMap((order) => order.lineIds),
    ofLines((line) => line.itemId), unlessAllNull(ofLines((line) => line.sku)),
    ofLines((line) => line.quantity), ofLines((line) => line.backorderPolicy ?? 'allow'),
    ofLines((line) => (how.isPriced ? line.unitPrice : undefined)),
  ]
}

const some = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new TypeError('A placed order came back without one of its facts.')
  return value
}

/** The order as it now is, from what came in and what the database made of it. All ids are the database's: a replayed answer names those of the first request. */
export function placedOrder(order: Placing, row: PlacedRow): Order {
  const placed = some(row.lines)
  return {
    id: row.orderId, number: some(row.number), status: some(row.status), isBackordered: row.isBackordered, isHeld: false,
    customerId: some(row.customerId), customerCode: some(row.customerCode), customerName: some(row.customerName), siteId: some(row.siteId), siteCode: some(row.siteCode),
    requestedOn: some(row.requestedOn), promisedOn: order.promisedOn ?? null, incoterm: order.incoterm ?? null, priority: order.priority ?? 5, channel: order.channel ?? 'api',
    customerReference: order.customerReference ?? null, externalRef: order.external?.ref ?? null, externalSource: order.external?.source ?? null, orderedAt: row.orderedAt,
    lineCount: order.lines.length, rowVersion: 1,
    lines: order.lines.map((line, index) => {
      const [id, itemId, sku, status, reserved, cancelled] = some(placed[index])
      const open = micros(line.quantity) - micros(cancelled) - micros(reserved)
      return {
        id, lineNumber: index + 1, itemId, sku, status, backorderPolicy: line.backorderPolicy ?? 'allow',
        ordered: quantityOf(micros(line.quantity)), cancelled: quantityOf(micros(cancelled)), reserved: quantityOf(micros(reserved)), backordered: status === 'confirmed' ? quantityOf(open) : '0',
        picked: '0', shipped: '0', delivered: '0', returned: '0', invoiced: '0',
      }
    }),
  }
}

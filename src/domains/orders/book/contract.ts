// The order book: orders found, shown, exported; their money for those who may see prices; saved views; the timeline of an order.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { type Id, idSchema, type ItemId, type OrderId, type OrderLineId, type PartyId, type SiteId } from '../../../kernel/ids.ts'
import { Currency, Money, UnitPrice } from '../../../kernel/money.ts'
import { pageOf, PageQuery } from '../../../kernel/page.ts'
import { BusinessDate, Instant, nullable, Order, OrderPath, OrderStatus, OrderSummary, Text } from '../document/contract.ts'
import { closed } from '../../../kernel/schema.ts'

export const ORDER_SORTS = ['orderedAt', '-orderedAt', 'requestedOn', '-requestedOn', 'promisedOn', '-promisedOn', 'number', '-number'] as const
export const OrderSort = Type.Unsafe<(typeof ORDER_SORTS)[number]>({ type: 'string', enum: [...ORDER_SORTS] })

/** What a list of orders can be narrowed to. Times are from (inclusive) until (exclusive); dates are both inclusive. */
const filters = {
  status: OrderStatus,
  customerId: idSchema<PartyId>(),
  siteId: idSchema<SiteId>(),
  itemId: idSchema<ItemId>(),
  orderedFrom: Instant,
  orderedUntil: Instant,
  requestedFrom: BusinessDate,
  requestedTo: BusinessDate,
  promisedFrom: BusinessDate,
  promisedTo: BusinessDate,
  isHeld: Type.Boolean(),
  isBackordered: Type.Boolean(),
} as const
const Filter = Type.Partial(Type.Object(filters), closed)
const Search = Type.String({ minLength: 1, maxLength: 100, description: 'Beginning of an order number or external reference' })

export const OrderQuery = Type.Object(
  {
    ...PageQuery,
    sort: Type.Optional(OrderSort),
    q: Type.Optional(Search),
    'filter[status]': Type.Optional(filters.status),
    'filter[customerId]': Type.Optional(filters.customerId),
    'filter[siteId]': Type.Optional(filters.siteId),
    'filter[itemId]': Type.Optional(filters.itemId),
    'filter[orderedFrom]': Type.Optional(filters.orderedFrom),
    'filter[orderedUntil]': Type.Optional(filters.orderedUntil),
    'filter[requestedFrom]': Type.Optional(filters.requestedFrom),
    'filter[requestedTo]': Type.Optional(filters.requestedTo),
    'filter[promisedFrom]': Type.Optional(filters.promisedFrom),
    'filter[promisedTo]': Type.Optional(filters.promisedTo),
    'filter[isHeld]': Type.Optional(filters.isHeld),
    'filter[isBackordered]': Type.Optional(filters.isBackordered),
  },
  closed,
)
export type OrderQuery = Type.Static<typeof OrderQuery>

const LineMoney = Type.Object({ lineId: idSchema<OrderLineId>(), lineNumber: Type.Integer(), unitPrice: UnitPrice, amount: Money }, closed)
/** The money of an order: what is ordered and not cancelled, each line rounded once. */
export const OrderMoney = Type.Object({ orderId: idSchema<OrderId>(), currency: Currency, total: Money, unpricedLines: Type.Integer({ description: 'Lines no price was found for' }), lines: Type.Array(LineMoney) }, closed)
export type OrderMoney = Type.Static<typeof OrderMoney>

export const TimelineEntry = Type.Object({ id: Type.String(), kind: Type.String(), at: Type.String(), actorId: Type.String(), actorName: nullable(Type.String()), details: Type.Record(Type.String(), Type.Unknown()) }, closed)
export type TimelineEntry = Type.Static<typeof TimelineEntry>

export type OrderViewId = Id<'OrderView'>
const view = { name: Text(100), filter: Filter, q: Type.Optional(Search), sort: OrderSort } as const
export const OrderView = Type.Object({ id: idSchema<OrderViewId>(), ...view, rowVersion: Type.Integer() }, closed)
export type OrderView = Type.Static<typeof OrderView>

/** One line of an export's body: which orders. The answer has one order a line; at most 100,000, oldest first, and then the caller goes on from the last. */
export const ExportQuery = Type.Object({ filter: Type.Optional(Filter), q: Type.Optional(Search), after: Type.Optional(Type.String({ maxLength: 500 })) }, closed)
export type ExportQuery = Type.Static<typeof ExportQuery>
export const EXPORT_ORDERS_MAX = 100_000
export const ExportedLine = Type.Object({ line: Type.Integer(), order: Type.Optional(Order), cursor: Type.Optional(Type.String()), code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()) }, closed)
export type ExportedLine = Type.Static<typeof ExportedLine>

export const bookApi = defineApi({
  listOrders: { method: 'GET', path: '/api/v1/orders', needs: 'orders:read', summary: 'Find orders', query: OrderQuery, status: 200, returns: pageOf(OrderSummary), fails: [] },
  getOrder: { method: 'GET', path: '/api/v1/orders/{orderId}', needs: 'orders:read', summary: 'An order with its lines', params: OrderPath, status: 200, returns: Order, fails: ['not_found'] },
  getOrderMoney: { method: 'GET', path: '/api/v1/orders/{orderId}/money', needs: ['orders:read', 'price:read'], summary: 'Prices and amounts of an order', params: OrderPath, status: 200, returns: OrderMoney, fails: ['not_found'] },
  getOrderTimeline: { method: 'GET', path: '/api/v1/orders/{orderId}/timeline', needs: 'orders:read', summary: 'What happened to an order, oldest first', params: OrderPath, query: Type.Object(PageQuery, closed), status: 200, returns: pageOf(TimelineEntry), fails: ['not_found'] },
  exportOrders: { method: 'POST', path: '/api/v1/orders/export', needs: 'orders:read', summary: 'Export orders with their lines as a stream', body: ExportQuery, lines: true, status: 200, returns: ExportedLine, fails: [], example: { filter: { status: 'confirmed' } } },
  createOrderView: { method: 'POST', path: '/api/v1/order-views', needs: 'orders:write', summary: 'Save a filter and sort order under a name, for everybody', body: Type.Object(view, closed), status: 201, returns: OrderView, fails: ['conflict'], example: { name: 'Waiting for stock', filter: { isBackordered: true }, sort: 'promisedOn' } },
  listOrderViews: { method: 'GET', path: '/api/v1/order-views', needs: 'orders:read', summary: 'Saved views, by name', status: 200, returns: Type.Object({ items: Type.Array(OrderView) }, closed), fails: [] },
  deleteOrderView: { method: 'DELETE', path: '/api/v1/order-views/{viewId}', needs: 'orders:write', summary: 'Delete a saved view', params: Type.Object({ viewId: idSchema<OrderViewId>() }, closed), ifMatch: true, status: 204, returns: Type.Null(), fails: ['not_found', 'stale', 'precondition_required'] },
})

// Placing orders: create, confirm and reserve in one step; as a draft; with prices of one's own; and in bulk.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ItemId, type OrderId, type PartyId, type SiteId } from '../../../kernel/ids.ts'
import { Currency, UnitPrice } from '../../../kernel/money.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { BackorderPolicy, BusinessDate, Channel, External, Incoterm, Instant, Order, ORDER_LINES_MAX, Priority, Text } from '../document/contract.ts'
import { closed } from '../../../kernel/schema.ts'

const line = {
  itemId: Type.Optional(idSchema<ItemId>()),
  sku: Type.Optional(Text(100)),
  quantity: PositiveQuantity,
  backorderPolicy: Type.Optional(BackorderPolicy),
} as const
export const NewLine = Type.Object(line, { ...closed, description: 'An item by itemId or by sku, exactly one of them' })
export const NewPricedLine = Type.Object({ ...line, unitPrice: UnitPrice }, closed)
const BulkLine = Type.Object({ ...line, unitPrice: Type.Optional(UnitPrice) }, closed)

const terms = {
  requestedOn: Type.Optional(BusinessDate),
  promisedOn: Type.Optional(BusinessDate),
  incoterm: Type.Optional(Incoterm),
  priority: Type.Optional(Priority),
  channel: Type.Optional(Channel),
  customerReference: Type.Optional(Text(200)),
} as const
const head = {
  customerId: idSchema<PartyId>(),
  siteId: idSchema<SiteId>(),
  ...terms,
  external: Type.Optional(External),
  allOrNothing: Type.Optional(Type.Boolean({ description: 'Refuse the order unless every line can be reserved in full' })),
} as const
const linesOf = <S extends Type.TSchema>(schema: S) => Type.Array(schema, { minItems: 1, maxItems: ORDER_LINES_MAX })

export const NewOrder = Type.Object({ ...head, lines: linesOf(NewLine) }, closed)
export type NewOrder = Type.Static<typeof NewOrder>
export const NewPricedOrder = Type.Object({ ...head, currency: Currency, lines: linesOf(NewPricedLine) }, closed)
export type NewPricedOrder = Type.Static<typeof NewPricedOrder>

export const BulkOrder = Type.Object(
  {
    external: External,
    customerId: Type.Optional(idSchema<PartyId>()),
    customerCode: Type.Optional(Text(60)),
    siteId: Type.Optional(idSchema<SiteId>()),
    siteCode: Type.Optional(Text(40)),
    ...terms,
    allOrNothing: Type.Optional(Type.Boolean()),
    orderedAt: Type.Optional(Instant),
    currency: Type.Optional(Currency),
    lines: linesOf(BulkLine),
  },
  closed,
)
export type BulkOrder = Type.Static<typeof BulkOrder>

/** One result per line of the stream. A second run of the same file says `unchanged` and changes nothing. */
export const PlacedLine = Type.Object(
  {
    line: Type.Integer(),
    outcome: Type.Unsafe<'created' | 'unchanged' | 'refused'>({ type: 'string', enum: ['created', 'unchanged', 'refused'] }),
    id: Type.Optional(idSchema<OrderId>()),
    number: Type.Optional(Type.String()),
    isBackordered: Type.Optional(Type.Boolean()),
    reservedLines: Type.Optional(Type.Integer()),
    code: Type.Optional(Type.String()),
    pointer: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
  },
  closed,
)
export type PlacedLine = Type.Static<typeof PlacedLine>

const example = {
  customerId: '0198d6a4-6f00-7000-8000-000000000001',
  siteId: '0198d6a4-6f00-7000-8000-000000000002',
  requestedOn: '2026-12-01',
  lines: [{ sku: 'PUMP-40', quantity: '2' }, { sku: 'SEAL-40', quantity: '8', backorderPolicy: 'split' }],
} as const

export const placementsApi = defineApi({
  placeOrder: {
    method: 'POST', path: '/api/v1/orders', needs: 'orders:write', summary: 'Place an order: confirmed and its stock reserved',
    body: NewOrder, status: 201, returns: Order, fails: ['invalid', 'conflict', 'insufficient_stock', 'key_reused', 'in_progress'], example,
  },
  createOrder: {
    method: 'POST', path: '/api/v1/order-drafts', needs: 'orders:write', summary: 'Write an order down as a draft; nothing is promised',
    body: NewOrder, status: 201, returns: Order, fails: ['invalid', 'conflict', 'key_reused', 'in_progress'], example,
  },
  placePricedOrder: {
    method: 'POST', path: '/api/v1/priced-orders', needs: ['orders:write', 'price:write'], summary: 'Place an order at prices of its own',
    body: NewPricedOrder, status: 201, returns: Order, fails: ['invalid', 'conflict', 'insufficient_stock', 'key_reused', 'in_progress'],
    example: { ...example, currency: 'EUR', lines: [{ sku: 'PUMP-40', quantity: '2', unitPrice: '129.5' }] },
  },
  placeOrders: {
    method: 'POST', path: '/api/v1/orders/bulk', needs: ['orders:write', 'price:write'], summary: 'Place many orders: one JSON object a line, one result a line',
    body: BulkOrder, lines: true, status: 200, returns: PlacedLine, fails: [],
    example: {
      external: { source: 'shop', ref: '536365' }, customerCode: '17850', siteCode: 'MAIN', orderedAt: '2026-11-01T08:26:00Z', currency: 'GBP',
      lines: [{ sku: '85123A', quantity: '6', unitPrice: '2.55' }],
    },
  },
})

// The sales order as the world sees it. There is no money in it: prices are another schema under another permission.
import Type from 'typebox'
import { idSchema, type ItemId, type OrderId, type OrderLineId, type PartyId, type SiteId } from '../../../kernel/ids.ts'
import { Quantity } from '../../../kernel/quantity.ts'
import { closed } from '../../../kernel/schema.ts'

/** The states of a line; the order's own status is derived from its lines. `rules.ts` and the database hold the arrows. */
export const LINE_STATUSES = ['draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered', 'closed', 'cancelled'] as const
export type LineStatus = (typeof LINE_STATUSES)[number]
export const OrderStatus = Type.Unsafe<LineStatus>({ type: 'string', enum: [...LINE_STATUSES] })

/** What happens to what is not in stock: `allow` waits, complete; `split` waits, but what is there may go ahead; `cancel` gives up the rest at once; `all_or_nothing` takes no part of the line. */
export const BACKORDER_POLICIES = ['allow', 'split', 'cancel', 'all_or_nothing'] as const
export type BackorderPolicyName = (typeof BACKORDER_POLICIES)[number]
export const BackorderPolicy = Type.Unsafe<BackorderPolicyName>({ type: 'string', enum: [...BACKORDER_POLICIES] })

export const INCOTERMS = ['EXW', 'FCA', 'CPT', 'CIP', 'DAP', 'DPU', 'DDP', 'FAS', 'FOB', 'CFR', 'CIF'] as const
export type IncotermCode = (typeof INCOTERMS)[number]
export const Incoterm = Type.Unsafe<IncotermCode>({ type: 'string', enum: [...INCOTERMS], description: 'Incoterms 2020' })

export const ORDER_LINES_MAX = 1_000

/** Dates a business can mean; PostgreSQL and every client can hold them. */
export const BusinessDate = Type.String({ format: 'date', pattern: '^(19|20|21)[0-9]{2}-' })
export { Instant } from '../../../kernel/instant.ts'
export const Text = (max: number) => Type.String({ minLength: 1, maxLength: max })
/** A priority: 1 is served first. */
export const Priority = Type.Integer({ minimum: 1, maximum: 9 })
export const Channel = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$' })
export const nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** The system that owns the record, and its name there. Given together or not at all. */
export const External = Type.Object({ source: Text(60), ref: Text(200) }, closed)
/** How a line of a bulk load ended. */
export const LINE_OUTCOMES = ['created', 'updated', 'unchanged', 'refused'] as const
export const LineResult = Type.Object(
  { line: Type.Integer(), outcome: Type.Unsafe<(typeof LINE_OUTCOMES)[number]>({ type: 'string', enum: [...LINE_OUTCOMES] }), id: Type.Optional(Type.String()), code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()) },
  closed,
)
export type LineResult = Type.Static<typeof LineResult>

export const OrderLine = Type.Object(
  {
    id: idSchema<OrderLineId>(),
    lineNumber: Type.Integer(),
    itemId: idSchema<ItemId>(),
    sku: Type.String(),
    status: OrderStatus,
    backorderPolicy: BackorderPolicy,
    ordered: Quantity,
    cancelled: Quantity,
    reserved: Quantity,
    backordered: Quantity,
    picked: Quantity,
    shipped: Quantity,
    delivered: Quantity,
    returned: Quantity,
    invoiced: Quantity,
  },
  closed,
)
export type OrderLine = Type.Static<typeof OrderLine>

const head = {
  id: idSchema<OrderId>(),
  number: Type.String(),
  status: OrderStatus,
  isBackordered: Type.Boolean(),
  isHeld: Type.Boolean(),
  customerId: idSchema<PartyId>(),
  customerCode: Type.String(),
  customerName: Type.String(),
  siteId: idSchema<SiteId>(),
  siteCode: Type.String(),
  requestedOn: Type.String(),
  promisedOn: nullable(Type.String()),
  incoterm: nullable(Incoterm),
  priority: Priority,
  channel: Type.String(),
  customerReference: nullable(Type.String()),
  externalRef: nullable(Type.String()),
  externalSource: nullable(Type.String()),
  orderedAt: Type.String(),
  lineCount: Type.Integer(),
  rowVersion: Type.Integer(),
} as const

/** An order in a list. */
export const OrderSummary = Type.Object(head, closed)
export type OrderSummary = Type.Static<typeof OrderSummary>

export const Order = Type.Object({ ...head, lines: Type.Array(OrderLine) }, closed)
export type Order = Type.Static<typeof Order>

export const OrderPath = Type.Object({ orderId: idSchema<OrderId>() }, closed)
export const OrderLinePath = Type.Object({ orderId: idSchema<OrderId>(), lineId: idSchema<OrderLineId>() }, closed)

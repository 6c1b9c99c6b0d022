// An order with its lines, read in one statement.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { OrderHoldId, OrderId, OrderLineId, PartyId, SiteId } from '../../../kernel/ids.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Hold, LineState } from '../rules.ts'
import { INCOTERMS, LINE_STATUSES, OrderLine, type OrderSummary } from './contract.ts'

/** Columns of an order's head, as every reader of orders shows them. */
export const HEAD = `o.id, o.number, o.status, o.is_backordered, o.is_held, o.customer_id, p.code as customer_code, p.name as customer_name, o.site_id, s.code as site_code, o.requested_on, o.promised_on,
  o.incoterm, o.priority, o.channel, o.customer_reference, o.external_ref, o.external_source, o.ordered_at, o.line_count, o.row_version`
export const HEAD_FROM = `from bss.sales_order o
  join bss.party p on p.organization_id = o.organization_id and p.id = o.customer_id
  join bss.site s on s.organization_id = o.organization_id and s.id = o.site_id`
export const headShape = {
  id: column.id<OrderId>(),
  number: column.text,
  status: column.oneOf(LINE_STATUSES),
  isBackordered: column.bool,
  isHeld: column.bool,
  customerId: column.id<PartyId>(),
  customerCode: column.text,
  customerName: column.text,
  siteId: column.id<SiteId>(),
  siteCode: column.text,
  requestedOn: column.date,
  promisedOn: column.nullable(column.date),
  incoterm: column.nullable(column.oneOf(INCOTERMS)),
  priority: column.int,
  channel: column.text,
  customerReference: column.nullable(column.text),
  externalRef: column.nullable(column.text),
  externalSource: column.nullable(column.text),
  orderedAt: column.instant,
  lineCount: column.int,
  rowVersion: column.int,
} as const satisfies Readonly<Record<keyof OrderSummary, column.Column<unknown>>>

/** The lines of an order as JSON of their shape on the wire: made once, by the database. */
export const LINES = `(select coalesce(json_agg(json_build_object(
    'id', l.id, 'lineNumber', l.line_number, 'itemId', l.item_id, 'sku', i.sku, 'status', l.status, 'backorderPolicy', l.backorder_policy,
    'ordered', trim_scale(l.ordered)::text, 'cancelled', trim_scale(l.cancelled)::text, 'reserved', trim_scale(l.reserved)::text,
    'backordered', case when l.is_backordered then trim_scale(l.ordered - l.cancelled - l.shipped - l.reserved)::text else '0' end,
    'picked', trim_scale(l.picked)::text, 'shipped', trim_scale(l.shipped)::text, 'delivered', trim_scale(l.delivered)::text,
    'returned', trim_scale(l.returned)::text, 'invoiced', trim_scale(l.invoiced)::text) order by l.line_number), '[]')
  from bss.sales_order_line l join bss.item i on i.organization_id = l.organization_id and i.id = l.item_id
  where l.organization_id = $1 and l.order_id = o.id) as lines`
const Lines = Compile(Type.Array(OrderLine))
export const orderShape = { ...headShape, lines: column.decoded((value): OrderLine[] => Lines.Parse(value)) } as const

const ONE = `select ${HEAD}, ${LINES} ${HEAD_FROM} where o.organization_id = $1 and o.id = $2`
export const orderById = read('orders:read', ONE, orderShape)
/** The same for a command that has changed it and answers with it. */
export const changedOrder = read('orders:write', ONE, orderShape)

/** Locks the order until the commit: every command on an order takes this lock first, so that commands never wait in a ring. */
const LOCK = 'select o.row_version, o.site_id, o.priority from bss.sales_order o where o.organization_id = $1 and o.id = $2 for no key update'
const lockShape = { rowVersion: column.int, siteId: column.id<SiteId>(), priority: column.int } as const
export const lockOrder = write('orders:write', LOCK, lockShape)

const STATES = `select l.id, l.line_number, l.status, l.backorder_policy as policy, l.ordered, l.cancelled, l.reserved, l.picked, l.shipped
  from bss.sales_order_line l where l.organization_id = $1 and l.order_id = $2 order by l.line_number`
const amount: column.Column<bigint> = { types: ['numeric'], read: (text) => micros(text ?? '') }
const stateShape = {
  id: column.id<OrderLineId>(), lineNumber: column.int, status: column.oneOf(LINE_STATUSES), policy: column.oneOf(['allow', 'split', 'cancel', 'all_or_nothing']),
  ordered: amount, cancelled: amount, reserved: amount, picked: amount, shipped: amount,
} as const satisfies Readonly<Record<keyof LineState, column.Column<unknown>>>
export const lineStates = read('orders:write', STATES, stateShape)

export const activeHolds = read('orders:write', `select h.id, h.line_id, h.kind, h.reason from bss.order_hold h where h.organization_id = $1 and h.order_id = $2 and h.released_at is null order by h.id`, {
  id: column.id<OrderHoldId>(), lineId: column.nullable(column.id<OrderLineId>()), kind: column.text, reason: column.text,
} as const satisfies Readonly<Record<keyof Hold | 'id', column.Column<unknown>>>)


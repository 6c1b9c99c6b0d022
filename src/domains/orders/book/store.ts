import type { OrderId, OrderLineId } from '../../../kernel/ids.ts'
import { isRecord } from '../../../kernel/json.ts'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { ORDER_SORTS, OrderView, type OrderViewId } from './contract.ts'

/** One row a priced line, and one without a line when none is priced; no row when the order has no money or is not there. */
export const moneyOfOrder = read(
  'price:read',
  `select m.currency, m.total_minor, m.unpriced_lines, l.id as line_id, l.line_number, x.unit_price, x.amount_minor
     from bss.order_money m
     left join (bss.sales_order_line l join bss.order_line_money x on x.organization_id = l.organization_id and x.id = l.id) on l.organization_id = m.organization_id and l.order_id = m.id
    where m.organization_id = $1 and m.id = $2 order by l.line_number`,
  {
    currency: column.currency, totalMinor: column.bigint, unpricedLines: column.int, lineId: column.nullable(column.id<OrderLineId>()), lineNumber: column.nullable(column.int),
    unitPrice: column.nullable(column.decimal(10)), amountMinor: column.nullable(column.bigint),
  },
)
const record = (value: unknown): Record<string, unknown> => {
  if (!isRecord(value)) throw new TypeError('The details of an entry are an object.')
  return { ...value }
}
/** The creation is told by the order's own row, everything after it by its events. */
export const timelineOfOrder = read(
  'orders:read',
  `select t.id, t.kind, t.at, t.actor_id, t.actor_name, t.details from (
     select o.id, 'created' as kind, o.created_at as at, o.created_by as actor_id, null::text as actor_name,
            jsonb_build_object('number', o.number, 'orderedAt', o.ordered_at, 'externalRef', o.external_ref, 'externalSource', o.external_source) as details, 0 as part
       from bss.sales_order o where o.organization_id = $1 and o.id = $2 and $3::uuid is null
     union all
     select e.id, e.kind, e.at, e.actor_id, e.actor_name, e.details, 1 as part
       from bss.sales_order_event e where e.organization_id = $1 and e.order_id = $2 and ($3::uuid is null or e.id > $3)) t
   order by t.part, t.id limit $4::int`,
  { id: column.id<OrderId>(), kind: column.text, at: column.instant, actorId: column.id<OrderId>(), actorName: column.nullable(column.text), details: column.decoded(record) },
)
export const orderExists = read('orders:read', 'select o.id from bss.sales_order o where o.organization_id = $1 and o.id = $2', { id: column.id<OrderId>() })

const Filter = Compile(Type.Object({ filter: OrderView.properties.filter, q: Type.Optional(OrderView.properties.q) }, { additionalProperties: false }))
const viewShape = { id: column.id<OrderViewId>(), name: column.text, filter: column.decoded((value) => Filter.Parse(value)), sort: column.oneOf(ORDER_SORTS), rowVersion: column.int } as const
export const insertView = write(
  'orders:write',
  'insert into bss.order_view as v (organization_id, id, name, filter, sort) values ($1, $2, $3, $4::jsonb, $5) returning v.id, v.name, v.filter, v.sort, v.row_version',
  viewShape,
  { order_view_name_unique: ['conflict', 'There is a view of this name already.', '/name'] },
)
export const allViews = read('orders:read', 'select v.id, v.name, v.filter, v.sort, v.row_version from bss.order_view v where v.organization_id = $1 order by v.name limit 500', viewShape)
export const lockView = write('orders:write', 'select v.id, v.row_version from bss.order_view v where v.organization_id = $1 and v.id = $2 for update', { id: column.id<OrderViewId>(), rowVersion: column.int })
export const deleteView = write('orders:write', 'delete from bss.order_view v where v.organization_id = $1 and v.id = $2', {})

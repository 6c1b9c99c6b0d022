import type { OrderHoldId, OrderId, OrderLineId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { HOLD_KINDS, type OrderHold } from './contract.ts'

const COLUMNS = 'h.id, h.order_id, h.line_id, h.kind, h.reason, h.created_at, h.released_at, h.release_reason, h.row_version'
const shape = {
  id: column.id<OrderHoldId>(), orderId: column.id<OrderId>(), lineId: column.nullable(column.id<OrderLineId>()), kind: column.oneOf(HOLD_KINDS), reason: column.text,
  createdAt: column.instant, releasedAt: column.nullable(column.instant), releaseReason: column.nullable(column.text), rowVersion: column.int,
} as const satisfies Readonly<Record<keyof OrderHold, column.Column<unknown>>>

/** No row comes back when the line is not one of this order. */
export const insertHold = write(
  'orders:write',
  `insert into bss.order_hold as h (organization_id, id, order_id, line_id, kind, reason)
   select $1, $2::uuid, $3::uuid, $4::uuid, $5, $6
    where $4::uuid is null or exists (select 1 from bss.sales_order_line l where l.organization_id = $1 and l.id = $4 and l.order_id = $3)
   returning ${COLUMNS}`,
  shape,
)
/** Of one order, newest last. */
export const holdsOfOrder = read('orders:read', `select ${COLUMNS} from bss.order_hold h where h.organization_id = $1 and h.order_id = $2 order by h.id`, shape)
export const orderExists = read('orders:read', 'select o.id from bss.sales_order o where o.organization_id = $1 and o.id = $2', { id: column.id<OrderId>() })
export const lockHold = write('orders:write', `select ${COLUMNS} from bss.order_hold h where h.organization_id = $1 and h.id = $2 and h.order_id = $3 for no key update`, shape)
export const releaseHold = write(
  'orders:release',
  `update bss.order_hold h set released_at = now(), released_by = sec.actor(), release_reason = $3 where h.organization_id = $1 and h.id = $2 returning ${COLUMNS}`,
  shape,
)

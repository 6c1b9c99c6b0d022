import type { ItemId, OrderId, OrderLineId } from '../../../kernel/ids.ts'
import { newId } from '../../../kernel/ids.ts'
import { quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { lineStates, lockOrder } from '../document/store.ts'
import type { LineChange, LineState } from '../rules.ts'

type Writing = Tx<'write', 'orders:write'>

const saveStatement = write(
  'orders:write',
  `update bss.sales_order_line l set status = u.status, backorder_policy = u.policy, ordered = u.ordered, cancelled = u.cancelled, reserved = u.reserved, picked = u.picked
     from unnest($2::uuid[], $3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[]) u(id, status, policy, ordered, cancelled, reserved, picked)
    where l.organization_id = $1 and l.id = u.id`,
  {},
)
const freeStatement = write(
  'orders:write',
  `with freed as materialized (select r.line_id, r.released from bss.release_reservations($1, $2::uuid[], $3::numeric[]) r)
   select l.id, f.released from freed f join bss.sales_order_line l on l.organization_id = $1 and l.id = f.line_id`,
  { id: column.id<OrderLineId>(), released: column.quantity },
)
const freePickedStatement = write('orders:write', 'select line_id, quantity from bss.release_picked_of_lines($1, $2::uuid[], $3::numeric[]) where organization_id = $1', { lineId: column.id<OrderLineId>(), quantity: column.quantity })
const settleStatement = write('orders:write', 'select line_id from bss.settle_lines($1, $2::uuid[]) where organization_id = $1', { lineId: column.id<OrderLineId>() })
/** What of an order is promised without a bin, by line. */
export const softPromises = read('orders:write', `select v.demand_line_id as line_id, sum(v.quantity) as quantity from bss.reservation v
  where v.organization_id = $1 and v.order_id = $2 and v.status = 'open' and v.kind = 'soft' group by v.demand_line_id`, { lineId: column.id<OrderLineId>(), quantity: column.quantity })
export const reserveOpenLines = write('orders:write', 'select line_id, item_id, taken, still_open from bss.reserve_open_lines($1, $2, $3::uuid[], $4) where organization_id = $1', {
  lineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), taken: column.quantity, stillOpen: column.quantity,
})
export const allocateHard = write(
  'orders:release',
  `with found as materialized (select a.line_id, a.item_id, a.shortage from bss.allocate_hard($1, $2) a)
   select f.line_id, f.item_id, f.shortage as quantity from found f join bss.sales_order_line l on l.organization_id = $1 and l.id = f.line_id order by l.line_number`,
  { lineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), quantity: column.quantity },
)
export const addLines = write('orders:write', 'select line_id from bss.add_lines($1, $2, $3::uuid[], $4::uuid[], $5::text[], $6::numeric[], $7::text[], $8) where organization_id = $1', { lineId: column.id<OrderLineId>() })
const recordStatement = write(
  'orders:write',
  'insert into bss.sales_order_event (organization_id, id, order_id, kind, actor_name, details) values ($1, $2, $3, $4, $5, $6::jsonb)',
  {},
)

/** Locks an order and reads its lines; a foreign order is not found. */
export async function openOrder(tx: Writing, orderId: OrderId): Promise<{ rowVersion: number; lines: LineState[] }> {
  const { rowVersion } = await tx.one('order', lockOrder, [orderId])
  return { rowVersion, lines: await tx.rows(lineStates, [orderId]) }
}

/** Stores what was decided about lines and gives back the stock that is freed by it. */
export async function saveLines(tx: Writing, changes: readonly LineChange[]): Promise<void> {
  if (changes.length === 0) return
  const amounts = (pick: (change: LineChange) => bigint): string[] => changes.map((change) => quantityOf(pick(change)))
  await tx.rows(saveStatement, [
    changes.map((change) => change.id), changes.map((change) => change.status), changes.map((change) => change.policy),
    amounts((change) => change.ordered), amounts((change) => change.cancelled), amounts((change) => change.reserved), amounts((change) => change.picked),
  ])
  const freed = changes.filter((change) => change.freed > change.freedPicked)
  if (freed.length > 0) await tx.rows(freeStatement, [freed.map((change) => change.id), freed.map((change) => quantityOf(change.freed - change.freedPicked))])
  const picked = changes.filter((change) => change.freedPicked > 0n)
  if (picked.length > 0) await tx.rows(freePickedStatement, [picked.map((change) => change.id), picked.map((change) => quantityOf(change.freedPicked))])
  const shipped = changes.filter((change) => change.status === 'shipped')
  if (shipped.length > 0) await tx.rows(settleStatement, [shipped.map((change) => change.id)])
}

/** One entry of the order's timeline. */
export async function record(tx: Writing, orderId: OrderId, kind: string, details: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await tx.rows(recordStatement, [newId<'Event'>(), orderId, kind, tx.actorName, JSON.stringify(details)])
}

const headStatement = write(
  'orders:write',
  `update bss.sales_order o set requested_on = coalesce($3::date, o.requested_on), promised_on = case when $4::boolean then $5::date else o.promised_on end,
     incoterm = case when $6::boolean then $7 else o.incoterm end, priority = coalesce($8::int, o.priority), channel = coalesce($9, o.channel),
     customer_reference = case when $10::boolean then $11 else o.customer_reference end
   where o.organization_id = $1 and o.id = $2`,
  {},
)
export interface HeadChange {
  readonly requestedOn?: string
  readonly promisedOn?: string | null
  readonly incoterm?: string | null
  readonly priority?: number
  readonly channel?: string
  readonly customerReference?: string | null
}
export async function saveHead(tx: Writing, orderId: OrderId, change: HeadChange): Promise<void> {
  await tx.rows(headStatement, [
    orderId, change.requestedOn ?? null, change.promisedOn !== undefined, change.promisedOn ?? null, change.incoterm !== undefined, change.incoterm ?? null,
    change.priority ?? null, change.channel ?? null, change.customerReference !== undefined, change.customerReference ?? null,
  ])
}

// What the rooms above tell an order about its goods: picked, shipped, delivered. Each is one statement over many lines of many orders,
// which takes the locks of the orders first.
import type { ItemId, OrderId, OrderLineId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { allocateHard, record } from '../changes/store.ts'
import { orderDelivered, orderShipped } from '../events.ts'

type Writing = Tx<'write', 'orders:write'>
export interface LineQuantity {
  readonly lineId: OrderLineId
  /** Exact decimal, greater than zero. */
  readonly quantity: string
}
export interface Shortage {
  readonly lineId: OrderLineId
  readonly itemId: ItemId
  readonly quantity: string
}

const touched = { orderId: column.id<OrderId>(), lineId: column.id<OrderLineId>() }
const begin = write('orders:write', 'select order_id, line_id from bss.begin_fulfilment($1, $2::uuid[]) where organization_id = $1', touched)
const pick = write('orders:write', 'select order_id, line_id from bss.record_picked($1, $2::uuid[], $3::numeric[]) where organization_id = $1', touched, {
  line_shipped_was_picked: ['conflict', 'More would be put back than lies picked.', ''],
})
const ship = write('orders:write', 'select order_id, line_id from bss.record_shipped($1, $2::uuid[], $3::numeric[]) where organization_id = $1', touched, {
  line_shipped_was_picked: ['conflict', 'More would be shipped than was picked.', ''],
  line_not_over_ordered: ['conflict', 'More would be shipped than was ordered.', ''],
})
const deliver = write('orders:write', 'select order_id, line_id from bss.record_delivered($1, $2::uuid[], $3::numeric[]) where organization_id = $1', touched, {
  line_shipped_was_picked: ['conflict', 'More would be delivered than was shipped.', ''],
})

const params = (lines: readonly LineQuantity[]) => [lines.map(({ lineId }) => lineId), lines.map(({ quantity }) => quantity)] as const

/** Lines for which work begins: released becomes in fulfilment; others stay. */
export const beginFulfilment = async (tx: Writing, lineIds: readonly OrderLineId[]): Promise<void> => void (await tx.rows(begin, [lineIds]))

/** Counts what was picked; takes the orders' locks, so call it before goods move. */
export const recordPicked = async (tx: Writing, lines: readonly LineQuantity[]): Promise<void> => void (await tx.rows(pick, params(lines)))

/** The same the other way: goods that were picked and are put back while their promise lives on or has ended. */
export const takeBackPicked = async (tx: Writing, lines: readonly LineQuantity[]): Promise<void> =>
  void (await tx.rows(pick, params(lines.map(({ lineId, quantity }) => ({ lineId, quantity: `-${quantity}` })))))

/** Goods issue: refuses what is on hold (`illegal_transition`). One event and one line of the timeline per order. */
export async function recordShipped(tx: Writing, shipmentId: string, lines: readonly LineQuantity[]): Promise<void> {
  const rows = await tx.rows(ship, params(lines))
  await tell(rows, lines, async (orderId, mine) => {
    tx.emit(orderShipped, orderId, { orderId, shipmentId, lines: mine })
    await record(tx, orderId, 'shipped', { shipmentId, lines: mine })
  })
}

export async function recordDelivered(tx: Writing, shipmentId: string, lines: readonly LineQuantity[]): Promise<void> {
  const rows = await tx.rows(deliver, params(lines))
  await tell(rows, lines, async (orderId, mine) => {
    tx.emit(orderDelivered, orderId, { orderId, shipmentId, lines: mine })
    await record(tx, orderId, 'delivered', { shipmentId, lines: mine })
  })
}

async function tell(rows: readonly { readonly orderId: OrderId; readonly lineId: OrderLineId }[], lines: readonly LineQuantity[], each: (orderId: OrderId, lines: LineQuantity[]) => Promise<void>): Promise<void> {
  const orderOf = new Map(rows.map(({ orderId, lineId }) => [lineId, orderId]))
  for (const [orderId, mine] of Map.groupBy(lines, ({ lineId }) => orderOf.get(lineId))) {
    if (orderId !== undefined) await each(orderId, mine.map(({ lineId, quantity }) => ({ lineId, quantity })))
  }
}

/** Gives soft promises of these orders a bin, as the release did; what finds none is returned. */
export async function allocateAgain(tx: Tx<'write', 'orders:release'>, orderIds: readonly OrderId[]): Promise<readonly Shortage[]> {
  const shortages: Shortage[] = []
  for (const orderId of [...orderIds].toSorted((a, b) => (a < b ? -1 : 1))) shortages.push(...(await tx.rows(allocateHard, [orderId])))
  return shortages
}

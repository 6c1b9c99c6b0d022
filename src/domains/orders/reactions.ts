// What orders do when stock comes in or a promise cannot be kept. Each may run again without harm: reserving takes only what still
// waits, and a line's reserved quantity is counted anew from its reservations.
import type { ItemId, OrderId, OrderLineId, SiteId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { reaction, type Reaction } from '../../platform/jobs/reaction.ts'
import { lotStatusChanged, promisesBroken, stockAdjusted, stockMoved, stockReceived } from '../inventory/events.ts'
import { reserve } from './changes/handlers.ts'
import { giveBins } from './fulfilment/later.ts'
import { record } from './changes/store.ts'
import { lockOrder } from './document/store.ts'
import { orderBackordered, returnDispositioned } from './events.ts'

type Writing = Tx<'write', 'orders:write'>
type Releasing = Tx<'write', 'orders:write' | 'orders:release'>

/** So many waiting orders are served by one event; the next one serves on. */
const SERVED_MAX = 200
const waitingFor = write('orders:write', 'select order_id, to_jsonb(line_ids) as line_ids from bss.orders_waiting_for($1, $2, $3::uuid[], $4) where organization_id = $1', { orderId: column.id<OrderId>(), lineIds: column.texts })

/** Serves the oldest promises first. An order that gets nothing does not stop the next: it may wait for more than is there. */
async function fill(tx: Releasing, siteId: SiteId, items: readonly ItemId[]): Promise<void> {
  if (items.length === 0) return
  for (const { orderId } of await tx.rows(waitingFor, [siteId, [...new Set(items)], SERVED_MAX])) {
    if ((await tx.maybe(lockOrder, [orderId])) === null) continue
    const taken = await reserve(tx, orderId, false)
    if (taken.length > 0) tx.changed({ entity: 'order', id: orderId, action: 'allocated', after: taken })
  }
  await giveBins(tx, siteId, items)
}

const recount = write('orders:write', 'select order_id, line_id, item_id, lost from bss.recount_reserved($1, $2::uuid[]) where organization_id = $1', {
  orderId: column.id<OrderId>(), lineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), lost: column.quantity,
})

/** A broken promise shows on its lines. */
async function breakPromise(tx: Writing, orderId: OrderId, lines: readonly OrderLineId[]): Promise<void> {
  const rows = await tx.rows(recount, [lines])
  const lost = rows.filter((row) => row.lost !== '0').map(({ lineId, itemId, lost: quantity }) => ({ lineId, itemId, quantity }))
  if (lost.length === 0) return
  tx.emit(orderBackordered, orderId, { orderId, lines: lost })
  tx.changed({ entity: 'order', id: orderId, action: 'backordered', after: { lines: lost } })
  await record(tx, orderId, 'backordered', { lines: lost })
}

const siteOfItem = write('orders:write', `select distinct o.site_id from bss.sales_order_line l join bss.sales_order o on o.organization_id = $1 and o.id = l.order_id
  where l.organization_id = $1 and l.item_id = $2 and l.is_backordered`, { siteId: column.id<SiteId>() })

export const orderReactions: readonly Reaction[] = [
  reaction('orders.fillFromReceipt', stockReceived, (tx, { payload }) => fill(tx, payload.siteId, payload.lines.map(({ itemId }) => itemId))),
  reaction('orders.fillFromAdjustment', stockAdjusted, (tx, { payload }) => fill(tx, payload.siteId, payload.lines.filter(({ change }) => !change.startsWith('-')).map(({ itemId }) => itemId))),
  reaction('orders.fillFromTransfer', stockMoved, (tx, { payload }) => (payload.isInTransit ? Promise.resolve() : fill(tx, payload.toSiteId, payload.lines.map(({ itemId }) => itemId)))),
  reaction('orders.fillFromReturn', returnDispositioned, (tx, { payload }) => fill(tx, payload.siteId, payload.lines.filter(({ disposition }) => disposition === 'restock').map(({ itemId }) => itemId))),
  reaction('orders.fillFromLot', lotStatusChanged, async (tx, { payload }) => {
    if (payload.to !== 'available') return
    for (const { siteId } of await tx.rows(siteOfItem, [payload.itemId])) await fill(tx, siteId, [payload.itemId])
  }),
  reaction('orders.breakPromises', promisesBroken, (tx, { payload }) => breakPromise(tx, payload.orderId, payload.lines.map(({ lineId }) => lineId))),
]

// What shipments do about the events of the rooms below.
import type { OrderLineId, ShipmentId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import { reaction, type Reaction } from '../../platform/jobs/reaction.ts'
import { orderCancelled, returnReceived } from '../orders/events.ts'
import { lockShipments } from './document/store.ts'
import { finishPicking } from './picks.ts'
import { cancelEmptied } from './plans/store.ts'

const openOf = write('shipments:write', `
  select distinct s.id from bss.shipment_line l join bss.shipment s on s.organization_id = $1 and s.id = l.shipment_id
   where l.organization_id = $1 and l.order_id = $2 and s.status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded')`, { id: column.id<ShipmentId>() })

const takeCostsBack = write('shipments:write', 'select t.order_line_id, t.quantity from bss.take_costs_back($1, $2) t', { orderLineId: column.id<OrderLineId>(), quantity: column.quantity })

export const shipmentReactions: readonly Reaction[] = [
  // Taking the locks brings the shipments in line with what is still promised; what has nothing left in it is cancelled.
  reaction('shipments.followCancellation', orderCancelled, async (tx, { payload }) => {
    const ids = (await tx.rows(openOf, [payload.orderId])).map(({ id }) => id)
    if (ids.length === 0) return
    await lockShipments(tx, ids)
    await finishPicking(tx, ids)
    await cancelEmptied(tx, ids)
  }),
  // The goods are here again, so their cost is: at what they had cost when they left. Doing it twice takes back nothing twice.
  reaction('shipments.takeCostsBack', returnReceived, async (tx, { payload }) => {
    const lines = await tx.rows(takeCostsBack, [payload.returnId])
    if (lines.length > 0) tx.changed({ entity: 'return', id: payload.returnId, action: 'costs_taken_back', after: { lines } })
  }),
]

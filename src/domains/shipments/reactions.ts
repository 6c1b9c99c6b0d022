// What shipments do about the events of the rooms below.
import type { ShipmentId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import { reaction, type Reaction } from '../../platform/jobs/reaction.ts'
import { orderCancelled } from '../orders/events.ts'
import { lockShipments } from './document/store.ts'
import { finishPicking } from './picks.ts'
import { cancelEmptied } from './plans/store.ts'

const openOf = write('shipments:write', `
  select distinct s.id from bss.shipment_line l join bss.shipment s on s.organization_id = $1 and s.id = l.shipment_id
   where l.organization_id = $1 and l.order_id = $2 and s.status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded')`, { id: column.id<ShipmentId>() })

export const shipmentReactions: readonly Reaction[] = [
  // Taking the locks brings the shipments in line with what is still promised; what has nothing left in it is cancelled.
  reaction('shipments.followCancellation', orderCancelled, async (tx, { payload }) => {
    const ids = (await tx.rows(openOf, [payload.orderId])).map(({ id }) => id)
    if (ids.length === 0) return
    await lockShipments(tx, ids)
    await finishPicking(tx, ids)
    await cancelEmptied(tx, ids)
  }),
]

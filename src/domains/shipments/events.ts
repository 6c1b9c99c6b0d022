// What happens to shipments. The aggregate is the shipment.
import Type from 'typebox'
import { defineEvent } from '../../kernel/event.ts'
import { idSchema, type ItemId, type OrderId, type OrderLineId, type ShipmentId, type ShipmentLineId, type SiteId } from '../../kernel/ids.ts'
import { closed } from './schema.ts'

const base = { shipmentId: idSchema<ShipmentId>(), siteId: idSchema<SiteId>() }

export const shipmentPlanned = defineEvent('shipment.planned', 'shipment', Type.Object({ ...base, orderIds: Type.Array(idSchema<OrderId>()) }, closed))
export const shipmentReleased = defineEvent('shipment.released', 'shipment', Type.Object(base, closed))
/** Everything that was planned and found is picked: it may be packed. */
export const shipmentPicked = defineEvent('shipment.picked', 'shipment', Type.Object(base, closed))
export const shipmentPacked = defineEvent('shipment.packed', 'shipment', Type.Object({ ...base, ssccs: Type.Array(Type.String()) }, closed))
export const shipmentStaged = defineEvent('shipment.staged', 'shipment', Type.Object(base, closed))
export const shipmentLoaded = defineEvent('shipment.loaded', 'shipment', Type.Object(base, closed))
/** A loaded shipment is to come off its truck again. */
export const shipmentUnloading = defineEvent('shipment.unloading', 'shipment', Type.Object(base, closed))
/** It is off: staged as before, until somebody has it loaded again. */
export const shipmentUnloaded = defineEvent('shipment.unloaded', 'shipment', Type.Object(base, closed))
/** Goods issue. Quantities only: money is read by who may see it. */
export const shipmentShipped = defineEvent('shipment.shipped', 'shipment', Type.Object({
  ...base, lines: Type.Array(Type.Object({ shipmentLineId: idSchema<ShipmentLineId>(), orderId: idSchema<OrderId>(), orderLineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Type.String() }, closed)),
}, closed))
export const shipmentTracked = defineEvent('shipment.tracked', 'shipment', Type.Object({ ...base, status: Type.String(), code: Type.String() }, closed))
export const shipmentDelivered = defineEvent('shipment.delivered', 'shipment', Type.Object(base, closed))
export const shipmentCancelled = defineEvent('shipment.cancelled', 'shipment', Type.Object(base, closed))

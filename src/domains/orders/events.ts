// What happens to orders. The aggregate is the order: what happens to one order is delivered in the order in which it happened.
import Type from 'typebox'
import { defineEvent } from '../../kernel/event.ts'
import { idSchema, type ItemId, type OrderId, type LocationId, type LotId, type OrderLineId, type PartyId, type ReturnId, type ReturnLineId, type SiteId } from '../../kernel/ids.ts'
import { closed } from '../../kernel/schema.ts'

const orderId = idSchema<OrderId>()
const lineIds = Type.Array(idSchema<OrderLineId>())
const LineQuantity = Type.Object({ lineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Type.String() }, closed)

/** A new order; `isDraft` when nothing is promised yet. What is reserved and what waits is told by the order itself. */
export const orderPlaced = defineEvent('order.placed', 'order', Type.Object({ orderId, customerId: Type.Union([idSchema<PartyId>(), Type.Null()]), siteId: Type.Union([idSchema<SiteId>(), Type.Null()]), lineCount: Type.Integer(), isDraft: Type.Boolean() }, closed))
export const orderSubmitted = defineEvent('order.submitted', 'order', Type.Object({ orderId }, closed))
export const orderConfirmed = defineEvent('order.confirmed', 'order', Type.Object({ orderId }, closed))
/** Stock was reserved for lines that were waiting for it. */
export const orderAllocated = defineEvent('order.allocated', 'order', Type.Object({ orderId, lines: Type.Array(LineQuantity) }, closed))
/** Lines wait for stock: at confirmation, or because a promise could not be kept. */
export const orderBackordered = defineEvent('order.backordered', 'order', Type.Object({ orderId, lines: Type.Array(LineQuantity) }, closed))
export const orderReleased = defineEvent('order.released', 'order', Type.Object({ orderId, lineIds }, closed))
export const orderCancelled = defineEvent('order.cancelled', 'order', Type.Object({ orderId, lines: Type.Array(LineQuantity), isWhole: Type.Boolean() }, closed))
export const orderAmended = defineEvent('order.amended', 'order', Type.Object({ orderId, changed: Type.Array(Type.String()) }, closed))
export const orderHeld = defineEvent('order.held', 'order', Type.Object({ orderId, holdId: Type.String(), lineId: Type.Union([idSchema<OrderLineId>(), Type.Null()]), kind: Type.String() }, closed))
export const orderUnheld = defineEvent('order.unheld', 'order', Type.Object({ orderId, holdId: Type.String() }, closed))
const ShippedLines = Type.Array(Type.Object({ lineId: idSchema<OrderLineId>(), quantity: Type.String() }, closed))
/** Goods of the order left a site, in one shipment; not necessarily all of it. */
export const orderShipped = defineEvent('order.shipped', 'order', Type.Object({ orderId, shipmentId: Type.String(), lines: ShippedLines }, closed))
export const orderDelivered = defineEvent('order.delivered', 'order', Type.Object({ orderId, shipmentId: Type.String(), lines: ShippedLines }, closed))

const returnId = idSchema<ReturnId>()
const ofReturn = Type.Object({ returnId }, closed)
const returned = { orderId, orderLineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Type.String() } as const
const goods = { ...returned, returnLineId: idSchema<ReturnLineId>(), lotId: Type.Union([idSchema<LotId>(), Type.Null()]), locationId: idSchema<LocationId>() } as const
const ReturnedLines = Type.Array(Type.Object(returned, closed))
export const returnRequested = defineEvent('return.requested', 'return', Type.Object({ returnId, customerId: idSchema<PartyId>(), siteId: idSchema<SiteId>(), lines: ReturnedLines }, closed))
export const returnApproved = defineEvent('return.approved', 'return', ofReturn)
export const returnRejected = defineEvent('return.rejected', 'return', Type.Object({ returnId, reason: Type.String() }, closed))
/** Withdrawn by those who asked for it. */
export const returnCancelled = defineEvent('return.cancelled', 'return', ofReturn)
export const returnAwaited = defineEvent('return.awaited', 'return', ofReturn)
/** Goods of a return are at the site again: their cost comes back, whatever becomes of them. */
export const returnReceived = defineEvent('return.received', 'return', Type.Object({ returnId, siteId: idSchema<SiteId>(), lines: Type.Array(Type.Object(goods, closed)) }, closed))
export const returnInspected = defineEvent('return.inspected', 'return', ofReturn)
/** What became of goods that came back; `locationId` is where they are since, virtual when they left. */
export const returnDispositioned = defineEvent('return.dispositioned', 'return', Type.Object({ returnId, siteId: idSchema<SiteId>(), lines: Type.Array(Type.Object({ ...goods, disposition: Type.String() }, closed)) }, closed))
/** The return is settled: finance owes the customer a credit for these goods. */
export const returnCreditRequested = defineEvent('return.creditRequested', 'return', Type.Object({ returnId, customerId: idSchema<PartyId>(), lines: ReturnedLines }, closed))
export const returnClosed = defineEvent('return.closed', 'return', ofReturn)

export const ORDER_EVENTS = [orderPlaced, orderSubmitted, orderConfirmed, orderAllocated, orderBackordered, orderReleased, orderCancelled, orderAmended, orderHeld, orderUnheld, orderShipped, orderDelivered,
  returnRequested, returnApproved, returnRejected, returnCancelled, returnAwaited, returnReceived, returnInspected, returnDispositioned, returnCreditRequested, returnClosed] as const

// The face of orders for the rooms above and for the composition of the service.
import type { ItemId, OrderId, OrderLineId, SiteId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { giveBins } from './fulfilment/later.ts'
import * as fulfilment from './fulfilment/store.ts'

export { ordersHandlers } from './handlers.ts'
export { orderReactions } from './reactions.ts'
export type { LineQuantity, Shortage } from './fulfilment/store.ts'

type Lending = Tx<'write', never>

/** Work begins on these lines. Takes the locks of their orders: call it before goods move. */
export const beginFulfilment = (tx: Lending, lineIds: readonly OrderLineId[]): Promise<void> => fulfilment.beginFulfilment(tx.lend('orders:write'), lineIds)
/** Counts picks. Takes the locks of the orders: call it before goods move. */
export const recordPicked = (tx: Lending, lines: readonly fulfilment.LineQuantity[]): Promise<void> => fulfilment.recordPicked(tx.lend('orders:write'), lines)
export const takeBackPicked = (tx: Lending, lines: readonly fulfilment.LineQuantity[]): Promise<void> => fulfilment.takeBackPicked(tx.lend('orders:write'), lines)
/** Goods issue: refused under a hold (`illegal_transition`). Call it before goods move. */
export const recordShipped = (tx: Lending, shipmentId: string, lines: readonly fulfilment.LineQuantity[]): Promise<void> => fulfilment.recordShipped(tx.lend('orders:write'), shipmentId, lines)
export const recordDelivered = (tx: Lending, shipmentId: string, lines: readonly fulfilment.LineQuantity[]): Promise<void> => fulfilment.recordDelivered(tx.lend('orders:write'), shipmentId, lines)
/** Gives soft promises of these orders a bin, as the release did; gives back what finds none. */
export const allocateAgain = (tx: Lending, orderIds: readonly OrderId[]): Promise<readonly fulfilment.Shortage[]> => fulfilment.allocateAgain(tx.lend('orders:release'), orderIds)
/** Goods have come to where they can be picked (put away, replenished): released orders that are promised some without a bin get one, and are told as released again. */
export const allocateWaiting = (tx: Lending, siteId: SiteId, items: readonly ItemId[]): Promise<void> => giveBins(tx.lend('orders:write').lend('orders:release'), siteId, items)

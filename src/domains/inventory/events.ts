// What has happened in the inventory.
import Type from 'typebox'
import { defineEvent } from '../../kernel/event.ts'
import { idSchema, type CycleCountId, type InspectionId, type ItemId, type LocationId, type LotId, type OrderId, type OrderLineId, type SiteId } from '../../kernel/ids.ts'
import { LOT_STATUSES } from './rules.ts'
import { closed, oneOf, orNull, type ReceiptId, type TransferId } from './schema.ts'

const place = { itemId: idSchema<ItemId>(), lotId: orNull(idSchema<LotId>()) }

/** Goods came in: whoever waits for these items at this site may be served. */
export const stockReceived = defineEvent('stock.received', 'site', Type.Object({
  siteId: idSchema<SiteId>(), lines: Type.Array(Type.Object({ ...place, locationId: idSchema<LocationId>(), receiptId: Type.String(), quantity: Type.String() }, closed)),
}, closed))

/** Stock was found, lost, counted or corrected; `change` is signed. */
export const stockAdjusted = defineEvent('stock.adjusted', 'site', Type.Object({
  siteId: idSchema<SiteId>(), documentId: Type.String({ description: 'the adjustment, or the document whose move was reversed' }), reason: Type.String(), lines: Type.Array(Type.Object({ ...place, locationId: idSchema<LocationId>(), change: Type.String() }, closed)),
}, closed))

/** Stock changed its place. `toSiteId` differs from `fromSiteId` when it left or reached another site. */
export const stockMoved = defineEvent('stock.moved', 'site', Type.Object({
  fromSiteId: idSchema<SiteId>(), toSiteId: idSchema<SiteId>(), transferId: idSchema<TransferId>(), isInTransit: Type.Boolean(),
  lines: Type.Array(Type.Object({ ...place, fromLocationId: idSchema<LocationId>(), toLocationId: idSchema<LocationId>(), quantity: Type.String() }, closed)),
}, closed))

/** Goods lie where they may be put away from: received, accepted, returned, or given up by an order after they were picked (then the document is the order). Also written by the database (bss.release_picked_of_lines). */
export const stockToPutAway = defineEvent('stock.toPutAway', 'site', Type.Object({
  siteId: idSchema<SiteId>(), documentKind: Type.String(), documentId: Type.String(), lines: Type.Array(Type.Object({ ...place, locationId: idSchema<LocationId>(), quantity: Type.String() }, closed)),
}, closed))

/** Goods wait in quarantine for a look, each of these for itself. */
export const inspectionsOpened = defineEvent('inspection.opened', 'site', Type.Object({ siteId: idSchema<SiteId>(), inspectionIds: Type.Array(idSchema<InspectionId>()) }, closed))
/** Somebody has looked: accepted goods are where they count, rejected ones are scrapped, sent back or kept in quarantine. */
export const inspectionDecided = defineEvent('inspection.decided', 'site', Type.Object({
  siteId: idSchema<SiteId>(), inspectionId: idSchema<InspectionId>(), receiptId: idSchema<ReceiptId>(), accepted: Type.String(), rejected: Type.String(),
}, closed))

export const lotStatusChanged = defineEvent('lot.statusChanged', 'lot', Type.Object({
  lotId: idSchema<LotId>(), itemId: idSchema<ItemId>(), from: oneOf(LOT_STATUSES), to: oneOf(LOT_STATUSES), reason: orNull(Type.String()),
}, closed))

export const BREAK_REASONS = ['lot', 'adjustment', 'reversal', 'expiry', 'overdue'] as const
/** Lines of an order lost (part of) their promise; by so much they are backordered. Also written by the database (bss.tell_broken_promises). */
export const promisesBroken = defineEvent('stock.promisesBroken', 'order', Type.Object({
  orderId: idSchema<OrderId>(), reason: oneOf(BREAK_REASONS),
  lines: Type.Array(Type.Object({ lineId: idSchema<OrderLineId>(), siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>(), quantity: Type.String() }, closed)),
}, closed))

/** Places wait to be counted: planned, or to be counted again (`round` above 1). */
export const countPlanned = defineEvent('count.planned', 'count', Type.Object({
  countId: idSchema<CycleCountId>(), siteId: idSchema<SiteId>(), locationIds: Type.Array(idSchema<LocationId>()), round: Type.Integer(),
}, closed))
/** Differences of a count were posted; `change` is signed. `loosened`: promises that lost their bin by it and want another. */
export const countPosted = defineEvent('count.posted', 'count', Type.Object({
  countId: idSchema<CycleCountId>(), siteId: idSchema<SiteId>(), lines: Type.Array(Type.Object({ ...place, locationId: idSchema<LocationId>(), change: Type.String() }, closed)),
  loosened: Type.Array(Type.Object({ orderId: idSchema<OrderId>(), lineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Type.String() }, closed)),
}, closed))

// What is in stock, what of it is promised, what can still be promised and when, and why each figure is what it is.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ItemId, type LocationId, type LotId, type OrderId, type OrderLineId, type ReservationId, type SiteId, type StockMoveId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { Quantity } from '../../../kernel/quantity.ts'
import { LOT_STATUSES } from '../rules.ts'
import { closed, Day, Instant, oneOf, orNull, sortBy } from '../schema.ts'

export const RESERVATION_KINDS = ['soft', 'hard'] as const
export const RESERVATION_STATUSES = ['open', 'picked', 'consumed', 'released', 'expired'] as const
export const DOCUMENT_KINDS = ['receipt', 'adjustment', 'transfer', 'shipment', 'return', 'count', 'task', 'inspection'] as const
export const DAYS_MAX = 366

export const Balance = Type.Object({
  siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>(), sku: Type.String(), locationId: idSchema<LocationId>(), locationCode: Type.String(), lotId: orNull(idSchema<LotId>()), lotNumber: orNull(Type.String()),
  lotStatus: orNull(oneOf(LOT_STATUSES)), expiresOn: orNull(Type.String()), onHand: Quantity, allocated: Quantity, updatedAt: Instant,
}, closed)
export type Balance = Type.Static<typeof Balance>
const level = { onHand: Quantity, unavailable: Type.String({ description: 'in lots or locations it may not be promised from' }), reserved: Quantity, available: Type.String({ description: 'onHand − unavailable − reserved' }) }
export const Level = Type.Object({ siteId: idSchema<SiteId>(), siteCode: Type.String(), itemId: idSchema<ItemId>(), sku: Type.String(), ...level, nextExpiryAt: orNull(Instant) }, closed)
export type Level = Type.Static<typeof Level>
export const Reservation = Type.Object({
  id: idSchema<ReservationId>(), orderId: idSchema<OrderId>(), lineId: idSchema<OrderLineId>(), siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>(), quantity: Quantity, kind: oneOf(RESERVATION_KINDS),
  status: oneOf(RESERVATION_STATUSES), locationId: orNull(idSchema<LocationId>()), lotId: orNull(idSchema<LotId>()), priority: Type.Integer(), expiresAt: orNull(Instant), createdAt: Instant, endedAt: orNull(Instant),
}, closed)
export type Reservation = Type.Static<typeof Reservation>

export const PromiseDay = Type.Object({
  on: Day, expected: Type.String({ description: 'expected receipts up to this day' }), expiring: Type.String({ description: 'usable stock in lots that expire before this day' }), available: Type.String(),
}, closed)
export const Promisable = Type.Object({ siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>(), today: Day, ...level, days: Type.Array(PromiseDay) }, closed)
export type Promisable = Type.Static<typeof Promisable>

export const LedgerLine = Type.Object({
  moveId: idSchema<StockMoveId>(), occurredAt: Instant, recordedAt: Instant, change: Quantity, runningTotal: Quantity, fromLocationId: idSchema<LocationId>(), toLocationId: idSchema<LocationId>(),
  lotId: orNull(idSchema<LotId>()), reason: Type.String(), documentKind: oneOf(DOCUMENT_KINDS), documentId: Type.String(), documentNumber: orNull(Type.String()), reversesId: orNull(idSchema<StockMoveId>()),
}, closed)
export type LedgerLine = Type.Static<typeof LedgerLine>
export const Explanation = Type.Object({
  figure: Type.Object({ onHand: Quantity, promised: Quantity }, { ...closed, description: 'as kept: promised is reserved of a level, allocated of a balance' }),
  sums: Type.Object({ moves: Quantity, moveCount: Type.Integer(), promises: Quantity, promiseCount: Type.Integer() }, { ...closed, description: 'of all moves and all open promises behind it: they equal the figure' }),
  moves: Type.Array(LedgerLine, { description: 'newest first, with the total after each' }), nextCursor: orNull(Type.String()),
  promises: Type.Array(Reservation, { description: 'open promises, the most urgent first, at most 200' }),
}, closed)
export type Explanation = Type.Static<typeof Explanation>

export const Invariant = Type.Object({
  rule: Type.Integer(), says: Type.String(), holds: Type.Boolean(), offenders: Type.Integer(), examples: Type.Array(Type.String(), { description: 'the first five' }),
}, closed)
export const Invariants = Type.Object({ checkedAt: Instant, holds: Type.Boolean(), rules: Type.Array(Invariant) }, closed)
export type Invariants = Type.Static<typeof Invariants>

const place = { 'filter[itemId]': Type.Optional(idSchema<ItemId>()), 'filter[siteId]': Type.Optional(idSchema<SiteId>()) }

export const stockApi = defineApi({
  listBalances: {
    method: 'GET', path: '/api/v1/stock/balances', needs: 'inventory:read', summary: 'Stock by item, location and lot', status: 200, returns: pageOf(Balance), fails: [],
    query: Type.Object({ ...PageQuery, ...place, 'filter[locationId]': Type.Optional(idSchema<LocationId>()), 'filter[lotId]': Type.Optional(idSchema<LotId>()), sort: sortBy(['item', 'location']) }, closed),
  },
  listLevels: {
    method: 'GET', path: '/api/v1/stock/levels', needs: 'inventory:read', summary: 'Stock by site and item: on hand, unavailable, reserved, available', status: 200, returns: pageOf(Level), fails: [],
    query: Type.Object({ ...PageQuery, ...place, sort: sortBy(['item', 'site']) }, closed),
  },
  listReservations: {
    method: 'GET', path: '/api/v1/stock/reservations', needs: 'inventory:read', summary: 'Promises of stock to order lines; the open ones when no status is given', status: 200, returns: pageOf(Reservation), fails: [],
    query: Type.Object({ ...PageQuery, ...place, 'filter[orderId]': Type.Optional(idSchema<OrderId>()), 'filter[lineId]': Type.Optional(idSchema<OrderLineId>()), 'filter[status]': Type.Optional(oneOf(RESERVATION_STATUSES)), sort: sortBy(['created']) }, closed),
  },
  getPromisable: {
    method: 'GET', path: '/api/v1/stock/levels/{siteId}/{itemId}/promisable', needs: 'inventory:read', summary: 'Available to promise of an item at a site, now and by day', status: 200, returns: Promisable, fails: ['not_found'],
    params: Type.Object({ siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>() }, closed), query: Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1, maximum: DAYS_MAX, default: 14 })) }, closed),
  },
  explainLevel: {
    method: 'GET', path: '/api/v1/stock/levels/{siteId}/{itemId}/why', needs: 'inventory:read', summary: 'Why a level is what it is: its moves with running totals, its open promises', status: 200, returns: Explanation, fails: ['not_found'],
    params: Type.Object({ siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>() }, closed), query: Type.Object({ ...PageQuery }, closed),
  },
  explainBalance: {
    method: 'GET', path: '/api/v1/stock/balances/{itemId}/{locationId}/why', needs: 'inventory:read', summary: 'Why a balance is what it is: its moves with running totals, its allocations', status: 200, returns: Explanation, fails: ['not_found'],
    params: Type.Object({ itemId: idSchema<ItemId>(), locationId: idSchema<LocationId>() }, closed), query: Type.Object({ ...PageQuery, lotId: Type.Optional(idSchema<LotId>()) }, closed),
  },
  checkInvariants: {
    method: 'GET', path: '/api/v1/inventory/invariants', needs: 'inventory:read', summary: 'Checks, now and on all stock of the organization, the rules that never break', status: 200, returns: Invariants, fails: [],
  },
})

// Adjustments, transfers and reversals: documents that move stock, each line a move of the ledger. Nothing is ever changed
// or deleted there; a wrong move is reversed.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ItemId, type LocationId, type LotId, type OrderId, type OrderLineId, type SiteId, type StockMoveId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { LotNamed } from '../lots/contract.ts'
import { ADJUSTS, closed, Instant, line, Note, oneOf, orNull, RowVersion, sortBy, WRITES, type AdjustmentId, type TransferId } from '../schema.ts'

export const ADJUST_REASONS = ['opening', 'count', 'found', 'lost', 'damage', 'scrap', 'correction'] as const
export const TRANSFER_STATUSES = ['in_transit', 'done'] as const
export const LINES_MAX = 1000

const SignedQuantity = Type.String({ pattern: '^-?(?=.*[1-9])(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$', description: 'Exact decimal, not zero; negative takes away' })
const lotRef = { lotId: Type.Optional(idSchema<LotId>()), lot: Type.Optional(LotNamed) }
const Lines = <S extends Type.TSchema>(schema: S) => Type.Array(schema, { minItems: 1, maxItems: LINES_MAX })

export const AdjustmentDraft = Type.Object({
  siteId: idSchema<SiteId>(), reason: oneOf(ADJUST_REASONS), number: Type.Optional(line(60)), note: Type.Optional(Note), occurredAt: Type.Optional(Instant),
  lines: Lines(Type.Object({ itemId: idSchema<ItemId>(), locationId: idSchema<LocationId>(), ...lotRef, change: SignedQuantity }, closed)),
}, closed)
export type AdjustmentDraft = Type.Static<typeof AdjustmentDraft>
const Broken = Type.Object({ orderId: idSchema<OrderId>(), lineId: idSchema<OrderLineId>(), siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>(), quantity: Type.String() }, closed)
export const Adjustment = Type.Object({
  id: idSchema<AdjustmentId>(), number: Type.String(), siteId: idSchema<SiteId>(), reason: Type.String(), moveIds: Type.Array(idSchema<StockMoveId>()),
  brokenPromises: Type.Array(Broken, { description: 'Order lines that lost their promise by it; they are backordered.' }),
}, closed)
export type Adjustment = Type.Static<typeof Adjustment>

export const TransferDraft = Type.Object({
  number: Type.Optional(line(60)), note: Type.Optional(Note), isInTransit: Type.Optional(Type.Boolean({ description: 'true: it leaves now and is received later' })),
  lines: Lines(Type.Object({ itemId: idSchema<ItemId>(), lotId: Type.Optional(idSchema<LotId>()), fromLocationId: idSchema<LocationId>(), toLocationId: idSchema<LocationId>(), quantity: PositiveQuantity }, closed)),
}, closed)
export type TransferDraft = Type.Static<typeof TransferDraft>
export const Transfer = Type.Object({
  id: idSchema<TransferId>(), number: Type.String(), fromSiteId: idSchema<SiteId>(), toSiteId: idSchema<SiteId>(), status: oneOf(TRANSFER_STATUSES), note: orNull(Type.String()), rowVersion: RowVersion, createdAt: Instant,
}, closed)
export type Transfer = Type.Static<typeof Transfer>

export const Reversal = Type.Object({ moveId: idSchema<StockMoveId>(), reversesId: idSchema<StockMoveId>(), brokenPromises: Type.Array(Broken) }, closed)
export type Reversal = Type.Static<typeof Reversal>

const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const TransferPath = Type.Object({ transferId: idSchema<TransferId>() }, closed)

export const movementsApi = defineApi({
  adjustStock: {
    method: 'POST', path: '/api/v1/stock/adjustments', needs: ADJUSTS, summary: 'Adjust stock: found, lost, counted, opening; promises that no longer fit are broken', body: AdjustmentDraft, status: 201,
    returns: Adjustment, fails: ['conflict', 'insufficient_stock', 'invalid'], example: { siteId: example, reason: 'count', lines: [{ itemId: example, locationId: example, change: '-2' }] },
  },
  transferStock: {
    method: 'POST', path: '/api/v1/stock/transfers', needs: WRITES, summary: 'Move stock between locations or sites, at once or through transit', body: TransferDraft, status: 201, returns: Transfer,
    fails: ['conflict', 'insufficient_stock', 'invalid'], example: { lines: [{ itemId: example, fromLocationId: example, toLocationId: '01890a5d-ac96-774b-bcce-b302099a8058', quantity: '10' }] },
  },
  receiveTransfer: {
    method: 'POST', path: '/api/v1/stock/transfers/{transferId}/receive', needs: WRITES, summary: 'Receive a transfer that is in transit', params: TransferPath, status: 200, returns: Transfer,
    fails: ['not_found', 'illegal_transition', 'conflict'],
  },
  listTransfers: {
    method: 'GET', path: '/api/v1/stock/transfers', needs: 'inventory:read', summary: 'List transfers', status: 200, returns: pageOf(Transfer), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(oneOf(TRANSFER_STATUSES)), sort: sortBy(['created']) }, closed),
  },
  getTransfer: { method: 'GET', path: '/api/v1/stock/transfers/{transferId}', needs: 'inventory:read', summary: 'Get a transfer', params: TransferPath, status: 200, returns: Transfer, fails: ['not_found'] },
  reverseMove: {
    method: 'POST', path: '/api/v1/stock/moves/{moveId}/reverse', needs: ADJUSTS, summary: 'Reverse a move of a receipt, an adjustment or a direct transfer', params: Type.Object({ moveId: idSchema<StockMoveId>() }, closed),
    body: Type.Object({ reason: line(500) }, closed), status: 201, returns: Reversal, fails: ['not_found', 'conflict', 'insufficient_stock'], example: { reason: 'Booked twice' },
  },
})

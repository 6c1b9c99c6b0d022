// Returns: asked for, approved, received, inspected and disposed of; never more than was shipped.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { type Id, idSchema, type ItemId, type LocationId, type LotId, type OrderId, type OrderLineId, type PartyId, type ReturnId, type ReturnLineId, type SiteId } from '../../../kernel/ids.ts'
import { pageOf, PageQuery } from '../../../kernel/page.ts'
import { PositiveQuantity, Quantity } from '../../../kernel/quantity.ts'
import { External, Instant, nullable, Text } from '../document/contract.ts'
import { closed, oneOf } from '../../../kernel/schema.ts'

export type ReturnReceiptId = Id<'ReturnReceipt'>
export type ReturnDispositionId = Id<'ReturnDisposition'>

export const RETURN_STATUSES = ['requested', 'approved', 'rejected', 'cancelled', 'awaiting_receipt', 'received', 'inspected', 'dispositioned', 'settled', 'closed'] as const
export const RETURN_REASONS = ['damaged', 'defective', 'wrong_item', 'not_as_described', 'not_needed', 'late', 'other'] as const
export const CONDITIONS = ['as_new', 'opened', 'damaged', 'defective', 'wrong_goods'] as const
export const DISPOSITIONS = ['restock', 'quarantine', 'repair', 'scrap', 'return_to_vendor'] as const
export type ReturnStatus = (typeof RETURN_STATUSES)[number]
export const RETURN_LINES_MAX = 500

const head = {
  id: idSchema<ReturnId>(), number: Type.String(), customerId: idSchema<PartyId>(), siteId: idSchema<SiteId>(), status: oneOf(RETURN_STATUSES), note: nullable(Type.String()), decisionNote: nullable(Type.String()),
  trackingReference: nullable(Type.String()), externalSource: nullable(Type.String()), externalRef: nullable(Type.String()), requestedAt: Type.String(), receivedAt: nullable(Type.String()), settledAt: nullable(Type.String()), rowVersion: Type.Integer(),
} as const
/** A return in a list. */
export const ReturnSummary = Type.Object(head, closed)
export type ReturnSummary = Type.Static<typeof ReturnSummary>
export const ReturnLine = Type.Object({
  id: idSchema<ReturnLineId>(), lineNo: Type.Integer(), orderId: idSchema<OrderId>(), orderLineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), lotId: nullable(idSchema<LotId>()),
  quantity: Quantity, received: Quantity, reason: oneOf(RETURN_REASONS),
}, closed)
/** Goods that came back: of which lot, where they were put, what they looked like, and how much of them has been decided on. */
export const ReturnReceipt = Type.Object({
  id: idSchema<ReturnReceiptId>(), returnLineId: idSchema<ReturnLineId>(), itemId: idSchema<ItemId>(), lotId: nullable(idSchema<LotId>()), locationId: idSchema<LocationId>(),
  quantity: Quantity, disposed: Quantity, condition: nullable(oneOf(CONDITIONS)), inspectionNote: nullable(Type.String()),
}, closed)
export const ReturnDisposition = Type.Object({ id: idSchema<ReturnDispositionId>(), receiptId: idSchema<ReturnReceiptId>(), disposition: oneOf(DISPOSITIONS), quantity: Quantity, locationId: idSchema<LocationId>() }, closed)
export const Return = Type.Object({ ...head, lines: Type.Array(ReturnLine), receipts: Type.Array(ReturnReceipt), dispositions: Type.Array(ReturnDisposition) }, closed)
export type Return = Type.Static<typeof Return>

export const ReturnDraft = Type.Object({
  siteId: Type.Optional(idSchema<SiteId>()), note: Type.Optional(Text(2000)), external: Type.Optional(External), requestedAt: Type.Optional(Instant),
  lines: Type.Array(Type.Object({ orderLineId: idSchema<OrderLineId>(), quantity: PositiveQuantity, reason: oneOf(RETURN_REASONS), lotId: Type.Optional(idSchema<LotId>()) }, closed), { minItems: 1, maxItems: RETURN_LINES_MAX }),
}, closed)
export type ReturnDraft = Type.Static<typeof ReturnDraft>
/** What came. `isComplete`: what is still awaited will not come. The lot by id or by number; without either the announced one. */
export const ReturnArrival = Type.Object({
  lines: Type.Array(Type.Object({ returnLineId: idSchema<ReturnLineId>(), quantity: PositiveQuantity, locationId: idSchema<LocationId>(), lotId: Type.Optional(idSchema<LotId>()), lotNumber: Type.Optional(Text(60)) }, closed), { maxItems: RETURN_LINES_MAX }),
  isComplete: Type.Optional(Type.Boolean()), receivedAt: Type.Optional(Instant),
}, closed)
export type ReturnArrival = Type.Static<typeof ReturnArrival>
export const ReturnFindings = Type.Object({ findings: Type.Array(Type.Object({ receiptId: idSchema<ReturnReceiptId>(), condition: oneOf(CONDITIONS), note: Type.Optional(Text(500)) }, closed), { maxItems: RETURN_LINES_MAX }) }, closed)
export type ReturnFindings = Type.Static<typeof ReturnFindings>
/** `locationId`: where goods are put that stay. Restocked goods that lie in a receiving location need none: a put-away follows. */
export const ReturnDecisions = Type.Object({
  lines: Type.Array(Type.Object({ receiptId: idSchema<ReturnReceiptId>(), disposition: oneOf(DISPOSITIONS), quantity: PositiveQuantity, locationId: Type.Optional(idSchema<LocationId>()) }, closed), { maxItems: RETURN_LINES_MAX }),
}, closed)
export type ReturnDecisions = Type.Static<typeof ReturnDecisions>

/**
 * Goods that came back, told without an order: the newest shipped lines ordered up to `occurredAt`. `alsoCancels`: what has not been shipped is cancelled first.
 * `receive`: the goods are at that receiving or quarantine location of the site that shipped them; with a disposition the return is closed at once.
 */
export const SoldReturn = Type.Object({
  external: External, customerCode: Text(60), sku: Text(100), quantity: PositiveQuantity, occurredAt: Instant, reason: Type.Optional(oneOf(RETURN_REASONS)), alsoCancels: Type.Optional(Type.Boolean()),
  receive: Type.Optional(Type.Object({ locationCode: Text(60), disposition: Type.Optional(oneOf(DISPOSITIONS)) }, closed)),
}, closed)
export type SoldReturn = Type.Static<typeof SoldReturn>
export const SOLD_RETURN_OUTCOMES = ['returned', 'cancelled', 'unchanged', 'refused'] as const
export const ReturnedLine = Type.Object({
  line: Type.Integer(), outcome: oneOf(SOLD_RETURN_OUTCOMES), returnIds: Type.Optional(Type.Array(idSchema<ReturnId>())), cancelledOrderIds: Type.Optional(Type.Array(idSchema<OrderId>())),
  code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()),
}, closed)
export type ReturnedLine = Type.Static<typeof ReturnedLine>

const ReturnPath = Type.Object({ returnId: idSchema<ReturnId>() }, closed)
const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const SORTS = ['requestedAt', '-requestedAt', 'number', '-number'] as const

export const returnsApi = defineApi({
  requestReturn: {
    method: 'POST', path: '/api/v1/returns', needs: 'orders:write', summary: 'Ask for goods to come back that were shipped', body: ReturnDraft, status: 201, returns: Return, fails: ['conflict', 'invalid'],
    example: { lines: [{ orderLineId: example, quantity: '2', reason: 'damaged' }] },
  },
  listReturns: {
    method: 'GET', path: '/api/v1/returns', needs: 'orders:read', summary: 'Find returns', status: 200, returns: pageOf(ReturnSummary), fails: [],
    query: Type.Object({
      ...PageQuery, sort: Type.Optional(oneOf(SORTS)), 'filter[status]': Type.Optional(oneOf(RETURN_STATUSES)), 'filter[customerId]': Type.Optional(idSchema<PartyId>()), 'filter[siteId]': Type.Optional(idSchema<SiteId>()),
      'filter[orderId]': Type.Optional(idSchema<OrderId>()), 'filter[number]': Type.Optional(Text(60)), 'filter[externalRef]': Type.Optional(Text(200)),
    }, closed),
  },
  getReturn: { method: 'GET', path: '/api/v1/returns/{returnId}', needs: 'orders:read', summary: 'A return with its lines and what became of the goods', params: ReturnPath, status: 200, returns: Return, fails: ['not_found'] },
  approveReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/approve', needs: 'orders:release', summary: 'Approve a return', params: ReturnPath, body: Type.Object({ note: Type.Optional(Text(500)) }, closed), status: 200, returns: Return,
    fails: ['not_found', 'illegal_transition'], example: { note: 'As agreed by telephone' },
  },
  rejectReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/reject', needs: 'orders:release', summary: 'Reject a return', params: ReturnPath, body: Type.Object({ reason: Text(500) }, closed), status: 200, returns: Return,
    fails: ['not_found', 'illegal_transition'], example: { reason: 'Later than the time for returns' },
  },
  cancelReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/cancel', needs: 'orders:write', summary: 'Withdraw a return before anything is on its way back; what it asked for may be asked for again', params: ReturnPath,
    body: Type.Object({ reason: Type.Optional(Text(500)) }, closed), status: 200, returns: Return, fails: ['not_found', 'illegal_transition', 'conflict'], example: { reason: 'The customer keeps the goods' },
  },
  awaitReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/await', needs: 'orders:write', summary: 'Say that the goods are on their way back', params: ReturnPath, body: Type.Object({ trackingReference: Type.Optional(Text(100)) }, closed), status: 200, returns: Return,
    fails: ['not_found', 'illegal_transition'], example: { trackingReference: 'JD0002' },
  },
  receiveReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/receive', needs: 'inventory:write', summary: 'Receive goods that come back, all or some', params: ReturnPath, body: ReturnArrival, status: 200, returns: Return,
    fails: ['not_found', 'illegal_transition', 'conflict', 'invalid'], example: { lines: [{ returnLineId: example, quantity: '2', locationId: example }] },
  },
  inspectReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/inspect', needs: 'inventory:write', summary: 'Say in which condition the goods came back', params: ReturnPath, body: ReturnFindings, status: 200, returns: Return,
    fails: ['not_found', 'illegal_transition', 'conflict'], example: { findings: [{ receiptId: example, condition: 'as_new' }] },
  },
  disposeReturn: {
    method: 'POST', path: '/api/v1/returns/{returnId}/dispose', needs: ['inventory:write', 'stock:adjust'], summary: 'Decide what becomes of inspected goods: back to stock, quarantine, repair, scrap, the vendor', params: ReturnPath, body: ReturnDecisions, status: 200, returns: Return,
    fails: ['not_found', 'illegal_transition', 'conflict', 'insufficient_stock'], example: { lines: [{ receiptId: example, disposition: 'restock', quantity: '2' }] },
  },
  settleReturn: { method: 'POST', path: '/api/v1/returns/{returnId}/settle', needs: 'orders:release', summary: 'Settle a return: finance is asked for the credit', params: ReturnPath, status: 200, returns: Return, fails: ['not_found', 'illegal_transition'] },
  closeReturn: { method: 'POST', path: '/api/v1/returns/{returnId}/close', needs: 'orders:write', summary: 'Close a settled return', params: ReturnPath, status: 200, returns: Return, fails: ['not_found', 'illegal_transition'] },
  returnSold: {
    method: 'POST', path: '/api/v1/returns/bulk', needs: ['orders:write', 'orders:release', 'inventory:write', 'stock:adjust'], summary: 'Return what was sold, newest shipped line first, one entry a line; all of an entry or nothing of it',
    body: SoldReturn, lines: true, status: 200, returns: ReturnedLine, fails: [],
    example: { external: { source: 'shop', ref: 'C536379/1' }, customerCode: '14527', sku: '85123A', quantity: '1', occurredAt: '2026-11-01T09:41:00Z', alsoCancels: true, receive: { locationCode: 'RETURNS', disposition: 'restock' } },
  },
})

// Receipts: goods expected and goods received. An open line counts as supply from its day on; what is received is stock.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ItemId, type LocationId, type LotId, type PurchaseOrderLineId, type SiteId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { LotNamed } from '../lots/contract.ts'
import { LINE_OUTCOMES } from '../items/contract.ts'
import { closed, Day, External, Instant, line, Note, oneOf, orNull, RowVersion, sortBy, WRITES, type ReceiptId, type ReceiptLineId } from '../schema.ts'

export const RECEIPT_STATUSES = ['expected', 'arrived', 'receiving', 'received', 'put_away', 'closed', 'cancelled'] as const
export const RECEIPT_LINE_STATUSES = ['open', 'closed'] as const

export const ReceiptLine = Type.Object({
  id: idSchema<ReceiptLineId>(), lineNo: Type.Integer(), itemId: idSchema<ItemId>(), locationId: orNull(idSchema<LocationId>()), expected: Type.String(), received: Type.String(), rejected: Type.String(), rejectReason: orNull(Type.String()),
  purchaseOrderLineId: orNull(idSchema<PurchaseOrderLineId>()),
  expectedOn: orNull(Type.String()), status: oneOf(RECEIPT_LINE_STATUSES),
}, closed)
export const ReceiptHeader = Type.Object({
  id: idSchema<ReceiptId>(), number: Type.String(), siteId: idSchema<SiteId>(), status: oneOf(RECEIPT_STATUSES), supplier: orNull(Type.String()), expectedOn: orNull(Type.String()),
  receivedAt: orNull(Instant), note: orNull(Type.String()), externalSource: orNull(Type.String()), externalRef: orNull(Type.String()), rowVersion: RowVersion, createdAt: Instant,
}, closed)
export type ReceiptHeader = Type.Static<typeof ReceiptHeader>
export const Receipt = Type.Object({ ...ReceiptHeader.properties, lines: Type.Array(ReceiptLine) }, closed)
export type Receipt = Type.Static<typeof Receipt>

const header = { siteId: idSchema<SiteId>(), number: Type.Optional(line(60)), supplier: Type.Optional(line(200)), note: Type.Optional(Note), external: Type.Optional(External) }
const Lines = <S extends Type.TSchema>(schema: S) => Type.Array(schema, { minItems: 1, maxItems: 1000 })
const lotRef = { lotId: Type.Optional(idSchema<LotId>()), lot: Type.Optional(LotNamed) }

export const ExpectedDraft = Type.Object({
  ...header, expectedOn: Day, lines: Lines(Type.Object({ itemId: idSchema<ItemId>(), quantity: PositiveQuantity, locationId: Type.Optional(idSchema<LocationId>()) }, closed)),
}, closed)
export type ExpectedDraft = Type.Static<typeof ExpectedDraft>
export const ReceivedDraft = Type.Object({
  ...header, receivedAt: Type.Optional(Instant),
  lines: Lines(Type.Object({ itemId: idSchema<ItemId>(), locationId: idSchema<LocationId>(), ...lotRef, quantity: PositiveQuantity }, closed)),
}, closed)
export type ReceivedDraft = Type.Static<typeof ReceivedDraft>
export const Arrival = Type.Object({
  isComplete: Type.Optional(Type.Boolean({ description: 'true: nothing more will come, whatever was expected' })),
  lines: Lines(Type.Object({ receiptLineId: idSchema<ReceiptLineId>(), locationId: Type.Optional(idSchema<LocationId>()), ...lotRef, quantity: PositiveQuantity }, closed)),
}, closed)
export type Arrival = Type.Static<typeof Arrival>

/** One line of the bulk, all by names; its external reference makes it happen once. */
export const ReceivedLine = Type.Object({
  external: External, siteCode: line(40), locationCode: line(60), sku: line(100), quantity: PositiveQuantity, lot: Type.Optional(LotNamed), receivedAt: Type.Optional(Instant), supplier: Type.Optional(line(200)),
}, closed)
export type ReceivedLine = Type.Static<typeof ReceivedLine>
export const ReceivedLineResult = Type.Object({
  line: Type.Integer(), outcome: oneOf(LINE_OUTCOMES), id: Type.Optional(idSchema<ReceiptId>()), code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()),
}, closed)
export type ReceivedLineResult = Type.Static<typeof ReceivedLineResult>

const ReceiptPath = Type.Object({ receiptId: idSchema<ReceiptId>() }, closed)
const example = '01890a5d-ac96-774b-bcce-b302099a8057'

export const receiptsApi = defineApi({
  expectReceipt: {
    method: 'POST', path: '/api/v1/receipts', needs: WRITES, summary: 'Announce goods that are expected on a day', body: ExpectedDraft, status: 201, returns: Receipt, fails: ['conflict', 'invalid'],
    example: { siteId: example, expectedOn: '2027-01-15', supplier: 'Acme Pottery', lines: [{ itemId: example, quantity: '240' }] },
  },
  receiveStock: {
    method: 'POST', path: '/api/v1/receipts/receive', needs: WRITES, summary: 'Receive goods in one step, without announcement', body: ReceivedDraft, status: 201, returns: Receipt, fails: ['conflict', 'invalid'],
    example: { siteId: example, lines: [{ itemId: example, locationId: example, quantity: '240', lot: { number: 'L2026-118', expiresOn: '2027-06-30' } }] },
  },
  receiveReceipt: {
    method: 'POST', path: '/api/v1/receipts/{receiptId}/receive', needs: WRITES, summary: 'Receive goods of an expected receipt, all or some', params: ReceiptPath, body: Arrival, status: 200, returns: Receipt,
    fails: ['not_found', 'illegal_transition', 'conflict', 'invalid'], example: { lines: [{ receiptLineId: example, locationId: example, quantity: '120' }] },
  },
  cancelReceipt: {
    method: 'POST', path: '/api/v1/receipts/{receiptId}/cancel', needs: WRITES, summary: 'Cancel what is still expected of a receipt', params: ReceiptPath, status: 200, returns: Receipt, fails: ['not_found', 'illegal_transition'],
  },
  arriveReceipt: {
    method: 'POST', path: '/api/v1/receipts/{receiptId}/arrive', needs: WRITES, summary: 'Note that the goods of an expected receipt stand at the dock', params: ReceiptPath, status: 200, returns: Receipt, fails: ['not_found', 'illegal_transition'],
  },
  putAwayReceipt: {
    method: 'POST', path: '/api/v1/receipts/{receiptId}/put-away', needs: WRITES, summary: 'Note that the goods of a receipt left the places for receiving; refused while some lie there', params: ReceiptPath, status: 200, returns: Receipt,
    fails: ['not_found', 'illegal_transition', 'conflict'],
  },
  closeReceipt: { method: 'POST', path: '/api/v1/receipts/{receiptId}/close', needs: WRITES, summary: 'Close a receipt whose goods are put away', params: ReceiptPath, status: 200, returns: Receipt, fails: ['not_found', 'illegal_transition'] },
  listReceipts: {
    method: 'GET', path: '/api/v1/receipts', needs: 'inventory:read', summary: 'List receipts', status: 200, returns: pageOf(ReceiptHeader), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[status]': Type.Optional(oneOf(RECEIPT_STATUSES)), 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[number]': Type.Optional(Type.String({ maxLength: 60 })),
      'filter[externalRef]': Type.Optional(Type.String({ maxLength: 200 })), sort: sortBy(['created', 'number']),
    }, closed),
  },
  getReceipt: { method: 'GET', path: '/api/v1/receipts/{receiptId}', needs: 'inventory:read', summary: 'Get a receipt with its lines', params: ReceiptPath, status: 200, returns: Receipt, fails: ['not_found'] },
  receiveLines: {
    method: 'POST', path: '/api/v1/receipts/bulk', needs: WRITES, summary: 'Receive many lines of goods, one per line; the external reference of a line makes it happen once', body: ReceivedLine, lines: true,
    status: 200, returns: ReceivedLineResult, fails: [], example: { external: { source: 'wms', ref: 'GR-1/1' }, siteCode: 'HAM', locationCode: 'A-01-03', sku: 'WHITE-MUG', quantity: '240' },
  },
})

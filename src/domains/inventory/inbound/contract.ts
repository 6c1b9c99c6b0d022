// Goods that arrive: announced by ship notices, received with tolerances, inspected, and given a place.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type InspectionId, type ItemId, type LocationId, type LotId, type PurchaseOrderId, type PurchaseOrderLineId, type ShipNoticeId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { LotNamed } from '../lots/contract.ts'
import { Receipt } from '../receipts/contract.ts'
import { closed, Day, Instant, line, Note, oneOf, orNull, RowVersion, sortBy, WRITES, type ReceiptId, type ReceiptLineId } from '../schema.ts'

export const NOTICE_STATUSES = ['announced', 'receiving', 'received', 'cancelled'] as const
export const UNIT_STATUSES = ['announced', 'received', 'cancelled'] as const
export const PLAN_KINDS = ['always', 'every', 'none'] as const
export const DISPOSITIONS = ['scrap', 'return_to_vendor', 'quarantine'] as const
export const REJECT_REASONS = ['damaged', 'wrong_item', 'expired', 'quality', 'not_ordered', 'other'] as const
const AnyQuantity = Type.String({ pattern: '^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$', description: 'Exact decimal of zero or more' })

export const OrderArrival = Type.Object({
  locationId: idSchema<LocationId>(), note: Type.Optional(Note), receivedAt: Type.Optional(Instant), isComplete: Type.Optional(Type.Boolean({ description: 'true: nothing more will come of the lines named, however little came' })),
  lines: Type.Array(Type.Object({
    purchaseOrderLineId: idSchema<PurchaseOrderLineId>(), quantity: AnyQuantity, lot: Type.Optional(LotNamed), rejected: Type.Optional(PositiveQuantity), rejectReason: Type.Optional(oneOf(REJECT_REASONS)),
  }, closed), { minItems: 1, maxItems: 1000 }),
}, closed)
export type OrderArrival = Type.Static<typeof OrderArrival>

const Sscc = Type.String({ pattern: '^[0-9]{18}$', description: 'SSCC-18 with its check digit' })
export const ShipNoticeDraft = Type.Object({
  number: line(60), purchaseOrderId: Type.Optional(idSchema<PurchaseOrderId>()), expectedOn: Day,
  supplierId: Type.Optional(Type.Unsafe<SupplierId>({ ...idSchema<SupplierId>(), description: 'Of a notice without an order, with siteId' })), siteId: Type.Optional(idSchema<SiteId>()),
  units: Type.Array(Type.Object({
    sscc: Sscc, contents: Type.Array(Type.Object({ itemId: idSchema<ItemId>(), quantity: PositiveQuantity, lot: Type.Optional(LotNamed) }, closed), { minItems: 1, maxItems: 100 }),
  }, closed), { minItems: 1, maxItems: 200 }),
}, closed)
export type ShipNoticeDraft = Type.Static<typeof ShipNoticeDraft>
export const ShipNoticeHeader = Type.Object({
  id: idSchema<ShipNoticeId>(), number: Type.String(), supplierId: idSchema<SupplierId>(), siteId: idSchema<SiteId>(), purchaseOrderId: orNull(idSchema<PurchaseOrderId>()), status: oneOf(NOTICE_STATUSES), expectedOn: Type.String(),
  rowVersion: RowVersion, createdAt: Instant,
}, closed)
export const ShipNoticeContent = Type.Object({
  sscc: Type.String(), status: oneOf(UNIT_STATUSES), receiptId: orNull(idSchema<ReceiptId>()), itemId: idSchema<ItemId>(), quantity: Type.String(), purchaseOrderLineId: orNull(idSchema<PurchaseOrderLineId>()),
  lotNumber: orNull(Type.String()), madeOn: orNull(Type.String()), expiresOn: orNull(Type.String()),
}, closed)
export const ShipNotice = Type.Object({ ...ShipNoticeHeader.properties, contents: Type.Array(ShipNoticeContent) }, closed)
export type ShipNotice = Type.Static<typeof ShipNotice>

export const InspectionPlanDraft = Type.Object({
  itemId: Type.Optional(idSchema<ItemId>()), supplierId: Type.Optional(idSchema<SupplierId>()), kind: oneOf(PLAN_KINDS), everyNth: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
}, closed)
export type InspectionPlanDraft = Type.Static<typeof InspectionPlanDraft>
export type InspectionPlanId = Id<'InspectionPlan'>
export const InspectionPlan = Type.Object({ id: idSchema<InspectionPlanId>(), itemId: orNull(idSchema<ItemId>()), supplierId: orNull(idSchema<SupplierId>()), kind: oneOf(PLAN_KINDS), everyNth: Type.Integer() }, closed)
export type InspectionPlan = Type.Static<typeof InspectionPlan>
export const Inspection = Type.Object({
  id: idSchema<InspectionId>(), siteId: idSchema<SiteId>(), receiptId: idSchema<ReceiptId>(), receiptLineId: idSchema<ReceiptLineId>(), itemId: idSchema<ItemId>(), lotId: orNull(idSchema<LotId>()), locationId: idSchema<LocationId>(),
  quantity: Type.String(), status: oneOf(['open', 'decided']), accepted: Type.String(), rejected: Type.String(), disposition: orNull(oneOf(DISPOSITIONS)), reason: orNull(Type.String()), rowVersion: RowVersion, createdAt: Instant,
}, closed)
export type Inspection = Type.Static<typeof Inspection>
export const InspectionResult = Type.Object({
  accepted: AnyQuantity, rejected: AnyQuantity, toLocationId: Type.Optional(idSchema<LocationId>()), disposition: Type.Optional(oneOf(DISPOSITIONS)), reason: Type.Optional(line(500)),
}, closed)
export type InspectionResult = Type.Static<typeof InspectionResult>
export const Putaway = Type.Object({ index: Type.Integer(), itemId: idSchema<ItemId>(), lotId: orNull(idSchema<LotId>()), locationId: orNull(idSchema<LocationId>()), quantity: Type.String() }, closed)

const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const RECEIVES = ['inventory:read', 'inventory:write', 'purchasing:read'] as const
const fails = ['not_found', 'illegal_transition', 'conflict', 'invalid'] as const
const NoticePath = Type.Object({ shipNoticeId: idSchema<ShipNoticeId>() }, closed)
const InspectionPath = Type.Object({ inspectionId: idSchema<InspectionId>() }, closed)

export const inboundApi = defineApi({
  receivePurchaseOrder: {
    method: 'POST', path: '/api/v1/purchase-orders/{purchaseOrderId}/receive', needs: RECEIVES, summary: 'Receive goods of a purchase order, within its tolerances; what a plan asks to inspect goes to quarantine',
    params: Type.Object({ purchaseOrderId: idSchema<PurchaseOrderId>() }, closed), body: OrderArrival, status: 201, returns: Receipt, fails,
    example: { locationId: example, lines: [{ purchaseOrderLineId: example, quantity: '120', rejected: '2', rejectReason: 'damaged' }] },
  },
  announceShipNotice: {
    method: 'POST', path: '/api/v1/ship-notices', needs: RECEIVES, summary: 'Announce what a supplier has sent, by handling unit', body: ShipNoticeDraft, status: 201, returns: ShipNotice, fails,
    example: { number: 'DN-4711', purchaseOrderId: example, expectedOn: '2027-01-15', units: [{ sscc: '340123450000000017', contents: [{ itemId: example, quantity: '48', lot: { number: 'L1', expiresOn: '2028-01-01' } }] }] },
  },
  listShipNotices: {
    method: 'GET', path: '/api/v1/ship-notices', needs: 'inventory:read', summary: 'List ship notices', status: 200, returns: pageOf(ShipNoticeHeader), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(oneOf(NOTICE_STATUSES)), 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[number]': Type.Optional(Type.String({ maxLength: 60 })), sort: sortBy(['created']) }, closed),
  },
  getShipNotice: { method: 'GET', path: '/api/v1/ship-notices/{shipNoticeId}', needs: 'inventory:read', summary: 'Get a ship notice with its units', params: NoticePath, status: 200, returns: ShipNotice, fails: ['not_found'] },
  cancelShipNotice: { method: 'POST', path: '/api/v1/ship-notices/{shipNoticeId}/cancel', needs: RECEIVES, summary: 'Cancel a notice of which nothing has come', params: NoticePath, status: 200, returns: ShipNotice, fails: ['not_found', 'illegal_transition'] },
  receiveUnit: {
    method: 'POST', path: '/api/v1/ship-notices/receive-unit', needs: RECEIVES, summary: 'Receive a whole announced handling unit by scanning its SSCC', body: Type.Object({ barcode: line(200), locationId: idSchema<LocationId>() }, closed),
    status: 201, returns: Receipt, fails, example: { barcode: '(00)340123450000000017', locationId: example },
  },
  setInspectionPlan: {
    method: 'POST', path: '/api/v1/inspection-plans', needs: WRITES, summary: 'Say what is inspected at arrival: of an item, of a supplier, or of both; the narrower plan counts', body: InspectionPlanDraft, status: 200, returns: InspectionPlan, fails: ['invalid'],
    example: { itemId: example, kind: 'every', everyNth: 5 },
  },
  listInspections: {
    method: 'GET', path: '/api/v1/inspections', needs: 'inventory:read', summary: 'List inspections', status: 200, returns: pageOf(Inspection), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(oneOf(['open', 'decided'])), 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[receiptId]': Type.Optional(idSchema<ReceiptId>()), sort: sortBy(['created']) }, closed),
  },
  getInspection: { method: 'GET', path: '/api/v1/inspections/{inspectionId}', needs: 'inventory:read', summary: 'Get an inspection', params: InspectionPath, status: 200, returns: Inspection, fails: ['not_found'] },
  decideInspection: {
    method: 'POST', path: '/api/v1/inspections/{inspectionId}/decide', needs: ['inventory:read', 'inventory:write', 'stock:adjust'], summary: 'Accept or reject what was inspected, all or a part', params: InspectionPath, body: InspectionResult, status: 200,
    returns: Inspection, fails, example: { accepted: '118', rejected: '2', disposition: 'scrap', reason: 'Broken' },
  },
  suggestPutaway: {
    method: 'POST', path: '/api/v1/putaway/suggest', needs: 'inventory:read', summary: 'Bins for goods that came', status: 200, returns: Type.Object({ items: Type.Array(Putaway) }, closed), fails: ['not_found'],
    body: Type.Object({ siteId: idSchema<SiteId>(), lines: Type.Array(Type.Object({ itemId: idSchema<ItemId>(), lotId: orNull(idSchema<LotId>()), quantity: PositiveQuantity }, closed), { minItems: 1, maxItems: 100 }) }, closed),
    example: { siteId: example, lines: [{ itemId: example, lotId: null, quantity: '48' }] },
  },
})

// Suppliers and purchase orders: what is bought from whom, and when it should come. Money is in a document of its own.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ActorId, type ItemId, type PurchaseOrderId, type PurchaseOrderLineId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Currency, UnitPrice } from '../../../kernel/money.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { closed, Day, External, Instant, line, Note, oneOf, orNull, RowVersion, sortBy } from '../schema.ts'
import { LINE_OUTCOMES } from '../items/contract.ts'
import { PURCHASE_ORDER_STATUSES } from './rules.ts'

export const PURCHASE_LINE_STATUSES = ['draft', 'open', 'closed', 'cancelled'] as const
const Percent = Type.String({ pattern: '^(100|[1-9]?[0-9](\\.[0-9]{1,3})?)$', description: 'Per cent, 0 to 100' })
const Lines = <S extends Type.TSchema>(schema: S) => Type.Array(schema, { minItems: 1, maxItems: 1000 })

const tolerances = { overPercent: Type.Optional(Percent), underPercent: Type.Optional(Percent) }
export const SupplierDraft = Type.Object({ code: line(60), name: line(200), ...tolerances, minRemainingDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 36_500 })) }, closed)
export type SupplierDraft = Type.Static<typeof SupplierDraft>
export const SupplierTerms = Type.Object({ overPercent: Percent, underPercent: Percent, minRemainingDays: orNull(Type.Integer({ minimum: 0, maximum: 36_500 })) }, closed)
export type SupplierTerms = Type.Static<typeof SupplierTerms>
export const Supplier = Type.Object({
  id: idSchema<SupplierId>(), code: Type.String(), name: Type.String(), status: oneOf(['active', 'inactive']), overPercent: Type.String(), underPercent: Type.String(), minRemainingDays: orNull(Type.Integer()),
}, closed)
export type Supplier = Type.Static<typeof Supplier>

export const PurchaseOrderLine = Type.Object({
  id: idSchema<PurchaseOrderLineId>(), lineNo: Type.Integer(), itemId: idSchema<ItemId>(), ordered: Type.String(), received: Type.String(), rejected: Type.String(), overPercent: Type.String(), underPercent: Type.String(),
  expectedOn: Type.String(), status: oneOf(PURCHASE_LINE_STATUSES),
}, closed)
export const PurchaseOrderHeader = Type.Object({
  id: idSchema<PurchaseOrderId>(), number: Type.String(), supplierId: idSchema<SupplierId>(), siteId: idSchema<SiteId>(), status: oneOf(PURCHASE_ORDER_STATUSES), expectedOn: Type.String(), note: orNull(Type.String()),
  statusReason: orNull(Type.String()), approvedBy: orNull(idSchema<ActorId>()), externalSource: orNull(Type.String()), externalRef: orNull(Type.String()), rowVersion: RowVersion, createdAt: Instant, updatedAt: Instant,
}, closed)
export const PurchaseOrder = Type.Object({ ...PurchaseOrderHeader.properties, lines: Type.Array(PurchaseOrderLine) }, closed)
export type PurchaseOrder = Type.Static<typeof PurchaseOrder>

export const PurchaseOrderDraft = Type.Object({
  supplierId: idSchema<SupplierId>(), siteId: idSchema<SiteId>(), expectedOn: Day, number: Type.Optional(line(60)), note: Type.Optional(Note), external: Type.Optional(External),
  lines: Lines(Type.Object({ itemId: idSchema<ItemId>(), quantity: PositiveQuantity, expectedOn: Type.Optional(Day), ...tolerances }, closed)),
}, closed)
export type PurchaseOrderDraft = Type.Static<typeof PurchaseOrderDraft>
export const Amendment = Type.Object({
  lines: Lines(Type.Object({ purchaseOrderLineId: idSchema<PurchaseOrderLineId>(), quantity: Type.Optional(PositiveQuantity), expectedOn: Type.Optional(Day) }, closed)),
}, closed)
export type Amendment = Type.Static<typeof Amendment>

export const PurchaseOrderMoney = Type.Object({
  purchaseOrderId: idSchema<PurchaseOrderId>(), currency: Currency, amount: Type.String(), lines: Type.Array(Type.Object({ purchaseOrderLineId: idSchema<PurchaseOrderLineId>(), unitPrice: Type.String(), amount: Type.String() }, closed)),
}, closed)
export type PurchaseOrderMoney = Type.Static<typeof PurchaseOrderMoney>
export const PurchaseOrderMoneyDraft = Type.Object({ currency: Currency, lines: Lines(Type.Object({ purchaseOrderLineId: idSchema<PurchaseOrderLineId>(), unitPrice: UnitPrice }, closed)) }, closed)
export type PurchaseOrderMoneyDraft = Type.Static<typeof PurchaseOrderMoneyDraft>

/** One order of the bulk, all by names; its external reference makes it happen once. */
export const PurchaseOrderBulkLine = Type.Object({
  external: External, supplierCode: line(60), siteCode: line(40), expectedOn: Day, note: Type.Optional(Note), lines: Type.Array(Type.Object({ sku: line(100), quantity: PositiveQuantity }, closed), { minItems: 1, maxItems: 200 }),
}, closed)
export type PurchaseOrderBulkLine = Type.Static<typeof PurchaseOrderBulkLine>
export const PurchaseOrderBulkResult = Type.Object({
  line: Type.Integer(), outcome: oneOf(LINE_OUTCOMES), id: Type.Optional(idSchema<PurchaseOrderId>()), code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()),
}, closed)
export type PurchaseOrderBulkResult = Type.Static<typeof PurchaseOrderBulkResult>

const BUYS = ['inventory:read', 'purchasing:read', 'purchasing:write'] as const
const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const SupplierPath = Type.Object({ supplierId: idSchema<SupplierId>() }, closed)
const OrderPath = Type.Object({ purchaseOrderId: idSchema<PurchaseOrderId>() }, closed)
const command = { method: 'POST', needs: BUYS, params: OrderPath, status: 200, returns: PurchaseOrder, fails: ['not_found', 'illegal_transition', 'conflict'] } as const
const Reason = Type.Object({ reason: line(500) }, closed)

export const purchasingApi = defineApi({
  createSupplier: {
    method: 'POST', path: '/api/v1/suppliers', needs: BUYS, summary: 'Create a supplier with the tolerances agreed', body: SupplierDraft, status: 201, returns: Supplier, fails: ['conflict', 'invalid'],
    example: { code: 'ACME', name: 'Acme Pottery', overPercent: '5', underPercent: '2' },
  },
  listSuppliers: {
    method: 'GET', path: '/api/v1/suppliers', needs: 'purchasing:read', summary: 'List suppliers', status: 200, returns: pageOf(Supplier), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[code]': Type.Optional(Type.String({ maxLength: 60 })), sort: sortBy(['code']) }, closed),
  },
  getSupplier: { method: 'GET', path: '/api/v1/suppliers/{supplierId}', needs: 'purchasing:read', summary: 'Get a supplier', params: SupplierPath, status: 200, returns: Supplier, fails: ['not_found'] },
  setSupplierTerms: {
    method: 'POST', path: '/api/v1/suppliers/{supplierId}/terms', needs: BUYS, summary: 'Set the tolerances of a supplier, for orders made from now on', params: SupplierPath, body: SupplierTerms, status: 200, returns: Supplier, fails: ['not_found'],
    example: { overPercent: '5', underPercent: '2', minRemainingDays: 90 },
  },
  createPurchaseOrder: {
    method: 'POST', path: '/api/v1/purchase-orders', needs: BUYS, summary: 'Draft a purchase order', body: PurchaseOrderDraft, status: 201, returns: PurchaseOrder, fails: ['conflict', 'invalid'],
    example: { supplierId: example, siteId: example, expectedOn: '2027-01-15', lines: [{ itemId: example, quantity: '240' }] },
  },
  listPurchaseOrders: {
    method: 'GET', path: '/api/v1/purchase-orders', needs: 'purchasing:read', summary: 'List purchase orders', status: 200, returns: pageOf(PurchaseOrderHeader), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[status]': Type.Optional(oneOf(PURCHASE_ORDER_STATUSES)), 'filter[supplierId]': Type.Optional(idSchema<SupplierId>()), 'filter[siteId]': Type.Optional(idSchema<SiteId>()),
      'filter[number]': Type.Optional(Type.String({ maxLength: 60 })), 'filter[externalRef]': Type.Optional(Type.String({ maxLength: 200 })), sort: sortBy(['created', 'number', 'expectedOn']),
    }, closed),
  },
  getPurchaseOrder: { method: 'GET', path: '/api/v1/purchase-orders/{purchaseOrderId}', needs: 'purchasing:read', summary: 'Get a purchase order with its lines', params: OrderPath, status: 200, returns: PurchaseOrder, fails: ['not_found'] },
  amendPurchaseOrder: {
    ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/amend', summary: 'Change a draft; of an approved order only to less or to another day', body: Amendment, fails: ['not_found', 'illegal_transition', 'conflict', 'invalid'],
    example: { lines: [{ purchaseOrderLineId: example, quantity: '200' }] },
  },
  submitPurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/submit', summary: 'Ask for approval' },
  approvePurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/approve', summary: 'Approve; never by who drafted or submitted it' },
  rejectPurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/reject', summary: 'Reject what waits for approval', body: Reason, example: { reason: 'Too much' } },
  sendPurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/send', summary: 'Note that it was sent to the supplier' },
  acknowledgePurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/acknowledge', summary: 'Note that the supplier accepted it' },
  cancelPurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/cancel', summary: 'Cancel before anything has come', body: Reason, example: { reason: 'Not needed' } },
  finishPurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/finish', summary: 'Nothing more will come: the open lines end with what was received' },
  closePurchaseOrder: { ...command, path: '/api/v1/purchase-orders/{purchaseOrderId}/close', summary: 'Close what was received' },
  setPurchaseOrderMoney: {
    method: 'POST', path: '/api/v1/purchase-orders/{purchaseOrderId}/money', needs: ['purchasing:read', 'cost:read', 'cost:write'], summary: 'Set the prices of a purchase order that is not approved yet', params: OrderPath, body: PurchaseOrderMoneyDraft,
    status: 200, returns: PurchaseOrderMoney, fails: ['not_found', 'illegal_transition', 'invalid'], example: { currency: 'EUR', lines: [{ purchaseOrderLineId: example, unitPrice: '2.45' }] },
  },
  getPurchaseOrderMoney: {
    method: 'GET', path: '/api/v1/purchase-orders/{purchaseOrderId}/money', needs: ['purchasing:read', 'cost:read'], summary: 'What a purchase order costs', params: OrderPath, status: 200, returns: PurchaseOrderMoney, fails: ['not_found'],
  },
  createPurchaseOrders: {
    method: 'POST', path: '/api/v1/purchase-orders/bulk', needs: BUYS, summary: 'Draft many purchase orders, one per line; the external reference of each makes it happen once', body: PurchaseOrderBulkLine, lines: true, status: 200,
    returns: PurchaseOrderBulkResult, fails: [], example: { external: { source: 'erp', ref: 'PO-1' }, supplierCode: 'ACME', siteCode: 'HAM', expectedOn: '2027-01-15', lines: [{ sku: 'WHITE-MUG', quantity: '240' }] },
  },
})

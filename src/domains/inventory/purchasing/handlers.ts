import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import { inBatches } from '../bulk.ts'
import { createPurchaseOrders } from './bulk-create.ts'
import type { PurchaseOrderBulkResult, purchasingApi } from './contract.ts'
import { getPurchaseOrderMoney, setPurchaseOrderMoney } from './money.ts'
import * as store from './store.ts'
import * as suppliers from './suppliers.ts'

export const purchasingHandlers = (database: Database): Handlers<typeof purchasingApi> => ({
  createSupplier: ({ ctx, body }) => database.write(ctx, (tx) => suppliers.createSupplier(tx, body)),
  listSuppliers: ({ ctx, query }) => database.read(ctx, (tx) => suppliers.listSuppliers(tx, { filters: { code: query['filter[code]'] }, sort: query.sort ?? 'code', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getSupplier: ({ ctx, params }) => database.read(ctx, (tx) => suppliers.getSupplier(tx, params.supplierId)),
  setSupplierTerms: ({ ctx, params, body }) => database.write(ctx, (tx) => suppliers.setSupplierTerms(tx, params.supplierId, body)),
  createPurchaseOrder: ({ ctx, body }) => database.write(ctx, (tx) => store.createPurchaseOrder(tx, body)),
  listPurchaseOrders: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listPurchaseOrders(tx, {
        filters: { status: query['filter[status]'], supplierId: query['filter[supplierId]'], siteId: query['filter[siteId]'], number: query['filter[number]'], externalRef: query['filter[externalRef]'] },
        sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      })),
  getPurchaseOrder: ({ ctx, params }) => database.read(ctx, (tx) => store.getPurchaseOrder(tx, params.purchaseOrderId)),
  amendPurchaseOrder: ({ ctx, params, body }) => database.write(ctx, (tx) => store.amendPurchaseOrder(tx, params.purchaseOrderId, body)),
  submitPurchaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'pending_approval')),
  approvePurchaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'approved')),
  rejectPurchaseOrder: ({ ctx, params, body }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'rejected', body.reason)),
  sendPurchaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'sent')),
  acknowledgePurchaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'acknowledged')),
  cancelPurchaseOrder: ({ ctx, params, body }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'cancelled', body.reason)),
  finishPurchaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => store.finishPurchaseOrder(tx, params.purchaseOrderId)),
  closePurchaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => store.movePurchaseOrder(tx, params.purchaseOrderId, 'closed')),
  setPurchaseOrderMoney: ({ ctx, params, body }) => database.write(ctx, (tx) => setPurchaseOrderMoney(tx, params.purchaseOrderId, body)),
  getPurchaseOrderMoney: ({ ctx, params }) => database.read(ctx, (tx) => getPurchaseOrderMoney(tx, params.purchaseOrderId)),
  createPurchaseOrders: ({ ctx, lines }) =>
    inBatches(
      lines,
      (value) => `${value.external.source} ${value.external.ref}`,
      () => null,
      (line, refused): PurchaseOrderBulkResult => ({ line, outcome: 'refused', ...refused }),
      (batch) => database.write(ctx, (tx) => createPurchaseOrders(tx, batch)),
    ),
})

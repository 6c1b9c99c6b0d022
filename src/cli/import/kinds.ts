// What can be imported from a table, and by which bulk operation.
import { inventoryApi } from '../../domains/inventory/contract.ts'
import { ordersApi } from '../../domains/orders/contract.ts'
import type { Operation } from '../../kernel/contract.ts'

export interface Kind {
  readonly kind: string
  readonly name: string
  readonly operation: Operation
  readonly says: string
  /** Rows with the same value at this path make one thing together; for kinds with a list. */
  readonly gatherBy: readonly string[] | null
  /** Things of one request. */
  readonly batch: number
}
export const KINDS: readonly Kind[] = [
  { kind: 'items', name: 'upsertItems', operation: inventoryApi.upsertItems, says: 'by sku', gatherBy: null, batch: 2_000 },
  { kind: 'stock', name: 'receiveLines', operation: inventoryApi.receiveLines, says: 'goods received', gatherBy: null, batch: 2_000 },
  { kind: 'customers', name: 'upsertCustomers', operation: ordersApi.upsertCustomers, says: 'by code', gatherBy: null, batch: 2_000 },
  { kind: 'orders', name: 'placeOrders', operation: ordersApi.placeOrders, says: 'rows of one external.ref make one order', gatherBy: ['external', 'ref'], batch: 200 },
]

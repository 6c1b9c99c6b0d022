// Decisions about purchase orders without I/O.
export const PURCHASE_ORDER_STATUSES = ['draft', 'pending_approval', 'approved', 'sent', 'acknowledged', 'partially_received', 'received', 'closed', 'rejected', 'cancelled'] as const
export type PurchaseOrderStatus = (typeof PURCHASE_ORDER_STATUSES)[number]

/** The only arrows; a trigger of the database has the same table. */
export const PURCHASE_ORDER_ARROWS: Readonly<Record<PurchaseOrderStatus, readonly PurchaseOrderStatus[]>> = {
  draft: ['pending_approval', 'cancelled'],
  pending_approval: ['approved', 'rejected', 'cancelled'],
  approved: ['sent', 'cancelled'],
  sent: ['acknowledged', 'partially_received', 'received', 'cancelled'],
  acknowledged: ['partially_received', 'received', 'cancelled'],
  partially_received: ['received'],
  received: ['closed'],
  closed: [],
  rejected: [],
  cancelled: [],
}
export const RECEIVABLE: readonly PurchaseOrderStatus[] = ['sent', 'acknowledged', 'partially_received']

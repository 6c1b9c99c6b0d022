// The arrows of a return; the database holds the same, and a test compares every pair.
import type { ReturnStatus } from './contract.ts'

export const RETURN_ARROWS: Readonly<Record<ReturnStatus, readonly ReturnStatus[]>> = {
  requested: ['approved', 'rejected', 'cancelled'],
  approved: ['awaiting_receipt', 'cancelled'],
  rejected: [],
  cancelled: [],
  awaiting_receipt: ['received'],
  received: ['inspected'],
  inspected: ['dispositioned'],
  dispositioned: ['settled'],
  settled: ['closed'],
  closed: [],
}

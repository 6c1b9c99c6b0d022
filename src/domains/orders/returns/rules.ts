// The arrows of a return; the database holds the same, and a test compares every pair.
import type { ReturnStatus } from './contract.ts'

export const RETURN_ARROWS: Readonly<Record<ReturnStatus, readonly ReturnStatus[]>> = {
  requested: ['approved', 'rejected'],
  approved: ['awaiting_receipt'],
  rejected: [],
  awaiting_receipt: ['received'],
  received: ['inspected'],
  inspected: ['dispositioned'],
  dispositioned: ['settled'],
  settled: ['closed'],
  closed: [],
}

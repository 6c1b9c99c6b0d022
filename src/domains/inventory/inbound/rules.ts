// The states of what arrives; triggers of the database have the same tables, and a test walks every pair.
import type { RECEIPT_STATUSES } from '../receipts/contract.ts'
import type { NOTICE_STATUSES, UNIT_STATUSES } from './contract.ts'

type Arrows<L extends readonly string[]> = Readonly<Record<L[number], readonly L[number][]>>

/** Goods received at the door have arrived by it: the steps before may be left out. */
export const RECEIPT_ARROWS: Arrows<typeof RECEIPT_STATUSES> = {
  expected: ['arrived', 'receiving', 'received', 'cancelled'], arrived: ['receiving', 'received', 'cancelled'], receiving: ['received'], received: ['put_away'], put_away: ['closed'], closed: [], cancelled: [],
}
export const NOTICE_ARROWS: Arrows<typeof NOTICE_STATUSES> = { announced: ['receiving', 'received', 'cancelled'], receiving: ['received'], received: [], cancelled: [] }
export const UNIT_ARROWS: Arrows<typeof UNIT_STATUSES> = { announced: ['received', 'cancelled'], received: [], cancelled: [] }
export const INSPECTION_STATUSES = ['open', 'decided'] as const
export const INSPECTION_ARROWS: Arrows<typeof INSPECTION_STATUSES> = { open: ['decided'], decided: [] }

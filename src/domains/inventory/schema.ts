// Pieces of schema that the room's contracts share. Browser-safe, as the contracts are.
import Type from 'typebox'
import type { Id } from '../../kernel/ids.ts'
import { closed, line } from '../../kernel/schema.ts'

export { closed, line, oneOf, orNull, sortBy } from '../../kernel/schema.ts'
export type ReceiptId = Id<'Receipt'>
export type ReceiptLineId = Id<'ReceiptLine'>
export type AdjustmentId = Id<'StockAdjustment'>
export type TransferId = Id<'Transfer'>

export const Note = Type.String({ maxLength: 2000 })
export { Instant } from '../../kernel/instant.ts'
/** A day that exists; years of four digits from 1900 on. */
export const Day = Type.String({ format: 'date', pattern: '^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' })
export const RowVersion = Type.Integer({ minimum: 1 })
export const GtinText = Type.String({ pattern: '^([0-9]{8}|[0-9]{12,14})$', description: 'GTIN-8, -12, -13 or -14 with its check digit' })

/** The system that owns the record, and its name there. Given together or not at all. */
export const External = Type.Object({ source: line(60), ref: line(200) }, closed)

export const WRITES = ['inventory:read', 'inventory:write'] as const
export const ADJUSTS = ['inventory:read', 'inventory:write', 'stock:adjust'] as const

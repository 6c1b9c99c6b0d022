// Pieces of schema that the room's contracts share. Browser-safe, as the contracts are.
import Type from 'typebox'
import type { Id } from '../../kernel/ids.ts'

export type ReceiptId = Id<'Receipt'>
export type ReceiptLineId = Id<'ReceiptLine'>
export type AdjustmentId = Id<'StockAdjustment'>
export type TransferId = Id<'Transfer'>

export const closed = { additionalProperties: false } as const
export const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
export const oneOf = <const L extends readonly string[]>(list: L, description?: string) =>
  Type.Unsafe<L[number]>({ type: 'string', enum: [...list], ...(description === undefined ? {} : { description }) })
/** Text of one line without white space around it. */
export const line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^\\S(.*\\S)?$' })
export const Note = Type.String({ maxLength: 2000 })
export { Instant } from '../../kernel/instant.ts'
/** A day that exists; years of four digits from 1900 on. */
export const Day = Type.String({ format: 'date', pattern: '^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' })
export const RowVersion = Type.Integer({ minimum: 1 })
export const GtinText = Type.String({ pattern: '^([0-9]{8}|[0-9]{12,14})$', description: 'GTIN-8, -12, -13 or -14 with its check digit' })
/** `code` ascending, `-code` descending. */
export const sortBy = <const K extends readonly string[]>(keys: K) => Type.Optional(Type.Unsafe<K[number] | `-${K[number]}`>({ type: 'string', enum: keys.flatMap((key) => [key, `-${key}`]) }))

/** The system that owns the record, and its name there. Given together or not at all. */
export const External = Type.Object({ source: line(60), ref: line(200) }, closed)

export const WRITES = ['inventory:read', 'inventory:write'] as const
export const ADJUSTS = ['inventory:read', 'inventory:write', 'stock:adjust'] as const

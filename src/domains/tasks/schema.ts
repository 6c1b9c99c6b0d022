// Pieces of schema that the room's contracts share. Browser-safe, as the contracts are.
import Type from 'typebox'

export const closed = { additionalProperties: false } as const
export const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
export const oneOf = <const L extends readonly string[]>(list: L, description?: string) =>
  Type.Unsafe<L[number]>({ type: 'string', enum: [...list], ...(description === undefined ? {} : { description }) })
/** Text of one line without white space around it. */
export const line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^\\S(.*\\S)?$' })
export const sortBy = <const K extends readonly string[]>(keys: K) => Type.Optional(Type.Unsafe<K[number] | `-${K[number]}`>({ type: 'string', enum: keys.flatMap((key) => [key, `-${key}`]) }))
export { Instant } from '../../kernel/instant.ts'

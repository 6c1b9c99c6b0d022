// Pieces of schema that every contract is made of.
import Type from 'typebox'

/** An object has the fields it names and no others. */
export const closed = { additionalProperties: false } as const
export const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
export const oneOf = <const L extends readonly string[]>(list: L, description?: string) =>
  Type.Unsafe<L[number]>({ type: 'string', enum: [...list], ...(description === undefined ? {} : { description }) })
/** Text of one line without white space around it. */
export const line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^\\S(.*\\S)?$' })
/** `code` ascending, `-code` descending. */
export const sortBy = <const K extends readonly string[]>(keys: K) => Type.Optional(Type.Unsafe<K[number] | `-${K[number]}`>({ type: 'string', enum: keys.flatMap((key) => [key, `-${key}`]) }))

// Pieces of schema that the room's contracts share. Browser-safe, as the contracts are.
import Type from 'typebox'

export { closed, line, oneOf, orNull, sortBy } from '../../kernel/schema.ts'
export const Sscc = Type.String({ pattern: '^[0-9]{18}$', description: 'GS1 Serial Shipping Container Code with its check digit' })
export { Instant } from '../../kernel/instant.ts'

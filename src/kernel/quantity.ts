// A quantity is an exact decimal of a unit of measure: `numeric(20,6)` in SQL, a decimal string on the wire, bigint micro-units in rules.
import Type from 'typebox'
import { formatDecimal, parseDecimal } from './decimal.ts'

export const QUANTITY_SCALE = 6
/** Largest quantity of one line or move: keeps every sum of a balance far inside `numeric(20,6)`. */
export const QUANTITY_MAX = '999999999.999999'

/** A quantity greater than zero on the wire. */
export const PositiveQuantity = Type.String({
  pattern: '^(?=.*[1-9])(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$',
  description: 'Exact decimal > 0, at most 9 digits before and 6 after the point',
})
/** A quantity of zero or more on the wire. */
export const Quantity = Type.String({ pattern: '^-?(0|[1-9][0-9]{0,13})(\\.[0-9]{1,6})?$', description: 'Exact decimal, at most 6 fraction digits' })

/** Units of measure (UN/ECE Recommendation 20 codes): each, kilogram, gram, litre, metre, pack, box, pallet, hour. */
export const UNITS = ['EA', 'KGM', 'GRM', 'LTR', 'MTR', 'PK', 'BX', 'PF', 'HUR'] as const
export const Unit = Type.Unsafe<Unit>({ type: 'string', enum: [...UNITS], description: 'UN/ECE Rec 20 unit code' })
export type Unit = (typeof UNITS)[number]

/** Micro-units of a decimal string; throws RangeError on anything a schema should have refused. */
export function micros(text: string): bigint {
  const units = parseDecimal(text, QUANTITY_SCALE)
  if (units === null) throw new RangeError(`Not a quantity: ${text.slice(0, 40)}`)
  return units
}

/** Decimal string of micro-units without trailing zeros: `2.5`, `12`. */
export const quantityOf = (units: bigint): string => formatDecimal(units, QUANTITY_SCALE)

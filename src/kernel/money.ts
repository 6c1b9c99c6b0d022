// Money is an exact decimal string with an ISO 4217 currency on the wire, and bigint minor units inside.
import Type from 'typebox'
import { formatDecimal, parseDecimal, roundHalfUp } from './decimal.ts'
import { QUANTITY_SCALE } from './quantity.ts'

/** Currencies the product accounts in, with their ISO 4217 minor-unit exponents. */
export const CURRENCY_EXPONENTS = {
  AED: 2, AUD: 2, BHD: 3, BRL: 2, CAD: 2, CHF: 2, CLP: 0, CNY: 2, CZK: 2, DKK: 2, EUR: 2, GBP: 2, HKD: 2, HUF: 2, IDR: 2, ILS: 2, INR: 2,
  ISK: 0, JPY: 0, KRW: 0, KWD: 3, MXN: 2, MYR: 2, NOK: 2, NZD: 2, PHP: 2, PLN: 2, RON: 2, SAR: 2, SEK: 2, SGD: 2, THB: 2, TND: 3, TRY: 2,
  TWD: 2, UAH: 2, USD: 2, VND: 0, ZAR: 2,
} as const
export type Currency = keyof typeof CURRENCY_EXPONENTS
export const CURRENCIES = Object.keys(CURRENCY_EXPONENTS) as Currency[] // Object.keys widens to string[]; the object above is closed.

export const Currency = Type.Unsafe<Currency>({ type: 'string', enum: CURRENCIES, description: 'ISO 4217 code' })
export const DecimalString = Type.String({ pattern: '^-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,10})?$', description: 'Exact decimal, never a JSON number' })

/** An amount of a document: at most as many fraction digits as its currency has. */
export const Money = Type.Object({ amount: DecimalString, currency: Currency }, { additionalProperties: false })
export type Money = Type.Static<typeof Money>

/** Price or cost of one unit of measure: up to ten fraction digits (`numeric(20,10)`). */
export const UNIT_PRICE_SCALE = 10
/** Prices are not negative: what is given back is a credit, not a price. */
export const UnitPrice = Type.String({ pattern: '^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,10})?$', description: 'Exact decimal, at most 10 fraction digits' })

export const isCurrency = (text: string): text is Currency => Object.hasOwn(CURRENCY_EXPONENTS, text)

/** Minor units (cents) of a money value; null when the amount is more precise than its currency. */
export const minorUnits = (money: Money): bigint | null => parseDecimal(money.amount, CURRENCY_EXPONENTS[money.currency])

/** Money of minor units, written with all fraction digits of its currency: `12.50`. */
export function moneyOf(minor: bigint, currency: Currency): Money {
  const exponent = CURRENCY_EXPONENTS[currency]
  return { amount: formatDecimal(minor, exponent, exponent), currency }
}

/**
 * Amount of a line in minor units: quantity (10^-6 units) × unit price (10^-10 units), rounded half away from zero
 * once, at the line (EN 16931 BT-131), so that the sum of lines is the sum a reader sees.
 */
export function lineAmount(quantityMicros: bigint, unitPriceUnits: bigint, currency: Currency): bigint {
  const denominator = 10n ** BigInt(QUANTITY_SCALE + UNIT_PRICE_SCALE - CURRENCY_EXPONENTS[currency])
  return roundHalfUp(quantityMicros * unitPriceUnits, denominator)
}

// What a line of the Online Retail file means. The file is an export of a till, not of orders: beside goods sold it holds postage,
// bank charges, samples, vouchers, bad debt and corrections of stock. Each line becomes exactly one of the kinds below; a line that
// is no order of goods is refused with its reason rather than bent into one.
import { parseDecimal } from '../../../kernel/decimal.ts'
import { QUANTITY_SCALE } from '../../../kernel/quantity.ts'
import { UNIT_PRICE_SCALE } from '../../../kernel/money.ts'
import { londonInstantOf } from './clock-time.ts'

export const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'] as const

/** Refusals that this file is known to need: a run that refuses for these alone has done all that can be done. */
export const REASONS = {
  not_goods: 'The code stands for a service, a fee, a discount, a voucher or a sample, not for goods in stock.',
  not_an_order: 'The document is neither an invoice nor a cancellation (bad debt written off).',
  no_matching_order: 'The customer has no open order of these goods left that it could cancel.',
} as const
/** Refusals of lines that make no sense. The real file has none of them. */
export const FAULTS = {
  bad_code: 'InvoiceNo or StockCode is empty or too long.',
  bad_quantity: 'Quantity is no number, zero, too large or, on a cancellation, not negative.',
  bad_price: 'UnitPrice is no price.',
  bad_date: 'InvoiceDate is no date and time.',
} as const
export type Reason = keyof typeof REASONS | keyof typeof FAULTS
export const sentenceOf = (reason: Reason): string => ({ ...REASONS, ...FAULTS })[reason]

const SERVICES = new Set(['POST', 'DOT', 'C2', 'M', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'ADJUST', 'ADJUST2', 'TEST001', 'TEST002', '23444', '23574', '22016'])
const VOUCHER = /^GIFT_/

/** Postage (POST, DOT, C2, 23444), packing (23574), manual entries (M), discounts (D), samples (S), bad debt (B), fees, vouchers (gift_…, 22016). */
export const isGoods = (code: string): boolean => !SERVICES.has(code.toUpperCase()) && !VOUCHER.test(code.toUpperCase())

export interface SaleFields {
  readonly invoice: string
  readonly code: string
  readonly quantity: string
  readonly unitPrice: string
  readonly customer: string
  readonly country: string
  readonly at: string
}
export type Meaning =
  | ({ readonly kind: 'sale' } & SaleFields)
  /** Like a sale, but nobody bought and nothing was paid: stock that was found, unless its invoice has real sales. */
  | ({ readonly kind: 'unpaid' } & SaleFields)
  /** Stock that was thrown away, lost or damaged: a quantity below zero without customer and price. */
  | ({ readonly kind: 'writeOff' } & SaleFields)
  | ({ readonly kind: 'cancellation' } & SaleFields)
  | { readonly kind: 'refused'; readonly reason: Reason }

const refused = (reason: Reason): Meaning => ({ kind: 'refused', reason })
const QUANTITY_MAX_MICROS = 999_999_999_999_999n

/** `17850.0` → `17850`: the export has turned numbers with gaps into floating point. */
export const customerOf = (text: string): string => text.trim().replace(/\.0+$/, '')
/** Customers the file does not name are gathered by country. */
export const walkInOf = (country: string): string => `walk-in-${country.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`

/** The fields of a line in the order of COLUMNS. */
export function meaningOf(fields: readonly string[]): Meaning {
  const [invoiceText = '', codeText = '', , quantityText = '', dateText = '', priceText = '', customerText = '', countryText = ''] = fields
  const invoice = invoiceText.trim()
  const code = codeText.trim()
  if (invoice === '' || code === '' || invoice.length > 100 || code.length > 100) return refused('bad_code')
  if (!/^C?[0-9]+$/i.test(invoice)) return refused('not_an_order')
  if (!isGoods(code)) return refused('not_goods')
  const quantity = parseDecimal(quantityText.trim(), QUANTITY_SCALE)
  if (quantity === null || quantity === 0n || quantity > QUANTITY_MAX_MICROS || quantity < -QUANTITY_MAX_MICROS) return refused('bad_quantity')
  const price = parseDecimal(priceText.trim(), UNIT_PRICE_SCALE)
  if (price === null || price < 0n) return refused('bad_price')
  const at = londonInstantOf(dateText.trim())
  if (at === null) return refused('bad_date')
  const country = countryText.trim() === '' ? 'Unspecified' : countryText.trim()
  const named = customerOf(customerText)
  const sale = { invoice, code, quantity: quantityText.trim().replace(/^-/, ''), unitPrice: priceText.trim(), customer: named === '' ? walkInOf(country) : named, country, at }
  if (/^C/i.test(invoice)) return quantity < 0n ? { kind: 'cancellation', ...sale } : refused('bad_quantity')
  if (quantity < 0n) return named === '' && price === 0n ? { kind: 'writeOff', ...sale } : refused('bad_quantity')
  return { kind: named === '' && price === 0n ? 'unpaid' : 'sale', ...sale }
}

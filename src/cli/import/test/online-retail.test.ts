import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { londonInstantOf } from '../online-retail/clock-time.ts'
import { countryCodeOf } from '../online-retail/countries.ts'
import { Gatherer, ReturnFinder, TooScattered, type Gathered } from '../online-retail/gather.ts'
import { isGoods, meaningOf, walkInOf } from '../online-retail/meaning.ts'
import { columnOrder } from '../online-retail/survey.ts'

const fields = (change: Partial<Record<'invoice' | 'code' | 'quantity' | 'date' | 'price' | 'customer' | 'country', string>> = {}): string[] => {
  const line = { invoice: '536365', code: '85123A', quantity: '6', date: '2010-12-01 08:26:00', price: '2.55', customer: '17850.0', country: 'United Kingdom', ...change }
  return [line.invoice, line.code, 'WHITE HANGING HEART', line.quantity, line.date, line.price, line.customer, line.country]
}

describe('what a line means', () => {
  test('a sale keeps its price and quantity to the digit, and its customer loses the floating point', () => {
    expect(meaningOf(fields())).toEqual({ kind: 'sale', invoice: '536365', code: '85123A', quantity: '6', unitPrice: '2.55', customer: '17850', country: 'United Kingdom', at: '2010-12-01T08:26:00.000Z' })
  })
  const meanings: readonly [what: string, change: Parameters<typeof fields>[0], meaning: object][] = [
    ['a cancellation counts what is taken back', { invoice: 'C536379', quantity: '-1' }, { kind: 'cancellation', quantity: '1' }],
    ['no customer: the walk-in customer of the country', { customer: '' }, { kind: 'sale', customer: 'walk-in-united-kingdom' }],
    ['goods given away to a customer are a sale at no price', { price: '0.0' }, { kind: 'sale', unitPrice: '0.0' }],
    ['no customer and no price: nobody knows yet', { price: '0.0', customer: '' }, { kind: 'unpaid' }],
    ['goods written off', { price: '0.0', customer: '', quantity: '-9' }, { kind: 'writeOff', quantity: '9' }],
    ['postage', { code: 'POST' }, { kind: 'refused', reason: 'not_goods' }],
    ['a manual entry in small letters', { code: 'm' }, { kind: 'refused', reason: 'not_goods' }],
    ['a voucher', { code: 'gift_0001_20' }, { kind: 'refused', reason: 'not_goods' }],
    ['bad debt', { invoice: 'A563186', code: 'B', price: '-11062.06' }, { kind: 'refused', reason: 'not_an_order' }],
    ['a price below zero', { price: '-1' }, { kind: 'refused', reason: 'bad_price' }],
    ['a price in words', { price: 'free' }, { kind: 'refused', reason: 'bad_price' }],
    ['nothing ordered', { quantity: '0' }, { kind: 'refused', reason: 'bad_quantity' }],
    ['a quantity in words', { quantity: 'six' }, { kind: 'refused', reason: 'bad_quantity' }],
    ['a quantity beyond every warehouse', { quantity: '1000000000000' }, { kind: 'refused', reason: 'bad_quantity' }],
    ['a cancellation that adds', { invoice: 'C1', quantity: '5' }, { kind: 'refused', reason: 'bad_quantity' }],
    ['a customer who buys less than nothing', { quantity: '-5' }, { kind: 'refused', reason: 'bad_quantity' }],
    ['a day that does not exist', { date: '2011-02-30 10:00:00' }, { kind: 'refused', reason: 'bad_date' }],
    ['no code', { code: ' ' }, { kind: 'refused', reason: 'bad_code' }],
  ]
  for (const [what, change, meaning] of meanings) test(what, () => expect(meaningOf(fields(change))).toMatchObject(meaning))
  test('every line has a meaning, whatever is in it', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 9 }), (line) => {
      expect(['sale', 'unpaid', 'writeOff', 'cancellation', 'refused']).toContain(meaningOf(line).kind)
    }))
  })
  test('goods that are named like services stay goods', () => {
    expect(['85123A', 'DCGS0003', 'PADS', 'D1', 'POSTER'].map(isGoods)).toEqual([true, true, true, true, true])
  })
  test('names of countries', () => {
    expect(['EIRE', 'RSA', 'Unspecified', 'Atlantis', 'constructor'].map(countryCodeOf)).toEqual(['IE', 'ZA', null, null, null])
    expect(walkInOf('Channel Islands')).toBe('walk-in-channel-islands')
  })
})

describe('the clock of London', () => {
  test('summer time begins and ends on the last Sundays of March and October', () => {
    expect(['2011-03-27 00:59:00', '2011-03-27 02:00:00', '2011-10-30 01:59:00', '2011-10-30 02:00:00', '2011-07-01 09:30'].map(londonInstantOf)).toEqual([
      '2011-03-27T00:59:00.000Z', '2011-03-27T01:00:00.000Z', '2011-10-30T00:59:00.000Z', '2011-10-30T02:00:00.000Z', '2011-07-01T08:30:00.000Z',
    ])
  })
  test('agrees with the time zone database on every hour of a year that is no change of the clock', () => {
    const london = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London', dateStyle: 'short', timeStyle: 'medium' })
    for (let hour = 0; hour < 366 * 24; hour += 1) {
      const instant = new Date(Date.UTC(2011, 0, 1) + hour * 3_600_000)
      if (instant.getUTCMonth() === 9 && instant.getUTCDate() === 30 && instant.getUTCHours() === 1) continue // The hour the clock shows twice.
      expect(londonInstantOf(london.format(instant))).toBe(instant.toISOString())
    }
  })
})

function gather(invoices: readonly string[], linesMax: number): { parts: Gathered<number>[]; waitingMax: number } {
  const finder = new ReturnFinder()
  for (const [index, invoice] of invoices.entries()) finder.add(invoice, index + 2)
  const gatherer = new Gatherer<number>(finder.lastLines, linesMax)
  const parts: Gathered<number>[] = []
  let waitingMax = 0
  let waiting = 0
  for (const [index, invoice] of invoices.entries()) {
    waiting += 1
    waitingMax = Math.max(waitingMax, waiting)
    for (const part of gatherer.add(invoice, index + 2, index)) {
      parts.push(part)
      waiting -= part.lines.length
    }
  }
  parts.push(...gatherer.end())
  return { parts, waitingMax }
}

describe('lines of one invoice', () => {
  test('come together even when others stand between them, each line once, in order, in parts no larger than allowed', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('1', '2', '3', '4', '5'), { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (invoices, linesMax) => {
      const { parts } = gather(invoices, linesMax)
      expect(parts.flatMap(({ lines }) => lines).toSorted((a, b) => a - b)).toEqual(invoices.map((_, index) => index))
      for (const invoice of new Set(invoices)) {
        const own = parts.filter((part) => part.invoice === invoice)
        const expected = invoices.flatMap((each, index) => (each === invoice ? [index] : []))
        expect(own.flatMap(({ lines }) => lines)).toEqual(expected)
        expect(own.map(({ part }) => part)).toEqual(own.map((_, index) => index + 1))
        expect(own.length).toBe(Math.ceil(expected.length / linesMax))
        let from = 1
        for (const part of own) {
          expect(part.from).toBe(from)
          from += part.lines.length
        }
      }
    }))
  })
  test('wait no longer than until the next invoice begins when none comes back', () => {
    const { waitingMax } = gather(Array.from({ length: 5_000 }, (_, index) => String(536_365 + Math.floor(index / 3))), 1_000)
    expect(waitingMax).toBeLessThanOrEqual(8)
  })
  test('a file in no order at all is refused instead of being read into memory', () => {
    const returns = new Map(Array.from({ length: 300_000 }, (_, index) => [String(index), 1_000_000] as const))
    const gatherer = new Gatherer<number>(returns, 1_000)
    expect(() => {
      for (let line = 0; line < 300_000; line += 1) gatherer.add(String(line), line, line)
    }).toThrow(TooScattered)
  })
})

test('columns may stand in any order, and a missing one is named', () => {
  expect(columnOrder(['Country', 'invoiceno', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Extra'])).toEqual([1, 2, 3, 4, 5, 6, 7, 0])
  expect(() => columnOrder(['InvoiceNo', 'StockCode', 'Description', 'Qty', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'])).toThrow('the column Quantity is missing')
})

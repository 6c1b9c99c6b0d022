import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import { canLotBecome, checkDigitOf, hasCheckDigit, isGln, isGtin, LOT_ARROWS, LOT_STATUSES } from '../rules.ts'
import { dayAfter, promisableDays } from '../stock/rules.ts'

const digits = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: length, maxLength: length })

describe('check digits (GS1 mod 10)', () => {
  it('known numbers are right', () => {
    for (const gtin of ['4006381333931', '96385074', '012345678905', '10012345678902']) expect(isGtin(gtin)).toBe(true)
    expect(isGln('4012345000009')).toBe(true)
    expect(isGln('4006381333932')).toBe(false)
  })
  it('the digit completes any number, and every other digit is refused', () => {
    fc.assert(fc.property(digits(12), (body) => {
      const right = checkDigitOf(body)
      for (const digit of '0123456789') expect(hasCheckDigit(body + digit)).toBe(digit === right)
    }))
  })
  it('one wrong digit is always noticed', () => {
    fc.assert(fc.property(digits(13), fc.nat(12), fc.integer({ min: 1, max: 9 }), (body, at, add) => {
      const whole = body + checkDigitOf(body)
      const wrong = whole.slice(0, at) + String((Number(whole[at]) + add) % 10) + whole.slice(at + 1)
      expect(hasCheckDigit(wrong)).toBe(false)
    }))
  })
})

describe('the states of a lot', () => {
  it('end at scrapped, and every other state leads there', () => {
    expect(LOT_ARROWS.scrapped).toEqual([])
    for (const from of LOT_STATUSES) {
      const reached = new Set([from])
      for (const state of reached) for (const next of LOT_ARROWS[state]) reached.add(next)
      expect(reached.has('scrapped')).toBe(true)
    }
  })
  it('damaged, expired and recalled goods never become available again', () => {
    for (const from of ['damaged', 'expired', 'recalled', 'scrapped'] as const) expect(canLotBecome(from, 'available')).toBe(false)
  })
})

describe('what can be promised by day', () => {
  const quantity = fc.integer({ min: 0, max: 1_000_000 }).map((n) => quantityOf(BigInt(n) * 1000n))
  const day = fc.integer({ min: 0, max: 40 }).map((n) => Array.from({ length: n }).reduce<string>((on) => dayAfter(on), '2026-02-20'))
  const dated = fc.array(fc.record({ on: day, quantity }), { maxLength: 8 })
  it('starts with what is free, grows by receipts and shrinks by expiry only on their days', () => {
    fc.assert(fc.property(quantity, dated, dated, (available, expected, expiring) => {
      const days = promisableDays({ today: '2026-02-20', available, expected, expiring }, 30)
      expect(days).toHaveLength(30)
      for (const [index, each] of days.entries()) {
        const before = days[index - 1]
        const came = expected.filter(({ on }) => (before === undefined ? on <= each.on : on === each.on)).reduce((sum, e) => sum + micros(e.quantity), 0n)
        const gone = expiring.filter(({ on }) => before !== undefined && on === before.on).reduce((sum, e) => sum + micros(e.quantity), 0n)
        expect(micros(each.available)).toBe(micros(before?.available ?? available) + came - gone)
      }
    }))
  })
  it('knows the calendar', () => {
    expect(dayAfter('2028-02-28')).toBe('2028-02-29')
    expect(dayAfter('2026-12-31')).toBe('2027-01-01')
  })
})

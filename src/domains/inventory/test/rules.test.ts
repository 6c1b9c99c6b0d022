import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import { canLotBecome, LOT_ARROWS, LOT_STATUSES } from '../rules.ts'
import { dayAfter, promisableDays } from '../stock/rules.ts'

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

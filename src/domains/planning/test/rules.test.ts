import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import { LINE_STATUSES } from '../../orders/document/contract.ts'
import { ORDER_STATES } from '../contract.ts'
import { DEFINITION_KEYS, DEFINITIONS } from '../definitions/contract.ts'
import { faultsOf, onTimeInFull, periodOf, ratio, sumOf } from '../rules.ts'

const quantity = fc.bigInt({ min: 0n, max: 10n ** 18n }).map(quantityOf)

describe('a ratio', () => {
  it('is the nearest of four places, half away from zero', () => {
    expect([ratio('1', '3', 'no_demand').value, ratio('2', '3', 'no_demand').value, ratio('0.00005', '1', 'no_demand').value, ratio('7', '7', 'no_demand').value]).toEqual(['0.3333', '0.6667', '0.0001', '1'])
    fc.assert(fc.property(quantity, quantity.filter((text) => text !== '0'), fc.bigInt({ min: 1n, max: 30n }), (numerator, denominator, factor) => {
      const value = micros(ratio(numerator, denominator, 'no_demand', factor).value ?? '-1')
      const error = value * micros(denominator) - micros(numerator) * factor * 1_000_000n
      expect((error < 0n ? -error : error) * 20_000n <= micros(denominator) * 1_000_000n).toBe(true)
    }))
  })
  it('of nothing has no value and a reason', () => expect(ratio('5', '0', 'no_demand')).toEqual({ value: null, numerator: '5', denominator: '0', reason: 'no_demand' }))
  it('keeps sums exact where floating numbers would not', () => expect(sumOf(['0.1', '0.2', '99999999999999.999999'])).toBe('100000000000000.299999'))
})

describe('OTIF', () => {
  it('is not zero where deliveries are not recorded', () => {
    expect(onTimeInFull({ due: 4, delivered: 0, onTimeInFull: 0 })).toMatchObject({ value: null, reason: 'no_deliveries' })
    expect(onTimeInFull({ due: 4, delivered: 1, onTimeInFull: 0 })).toMatchObject({ value: '0', reason: null })
    expect(onTimeInFull({ due: 0, delivered: 0, onTimeInFull: 0 })).toMatchObject({ value: null, reason: 'nothing_due' })
  })
})

describe('a period', () => {
  it('is the 30 days up to today, or up to its end, or from its beginning to today', () => {
    expect(periodOf(undefined, undefined, '2026-03-01')).toEqual({ from: '2026-01-31', to: '2026-03-01' })
    expect(periodOf(undefined, '2024-03-01', '2026-03-01')).toEqual({ from: '2024-02-01', to: '2024-03-01' })
    expect(periodOf('2026-02-27', undefined, '2026-03-01')).toEqual({ from: '2026-02-27', to: '2026-03-01' })
  })
  it('ends after it begins and has at most 366 days', () => {
    expect(faultsOf({ from: '2024-01-01', to: '2024-12-31' })).toEqual([])
    expect(faultsOf({ from: '2024-01-01', to: '2025-01-01' }).map((fault) => fault.code)).toEqual(['period_too_long'])
    expect(faultsOf({ from: '2024-01-02', to: '2024-01-01' }).map((fault) => fault.code)).toEqual(['after_to'])
  })
})

describe('the definitions', () => {
  it('are listed without one missing', () => expect(Object.keys(DEFINITIONS).toSorted()).toEqual([...DEFINITION_KEYS].toSorted()))
  it('know every state of an order', () => expect(ORDER_STATES).toEqual(LINE_STATUSES))
})

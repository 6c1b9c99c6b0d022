import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId, type OrderLineId } from '../../../kernel/ids.ts'
import { lineAmount } from '../../../kernel/money.ts'
import { Problem } from '../../../kernel/problem.ts'
import { isGln } from '../../../kernel/gs1/index.ts'
import { BACKORDER_POLICIES, LINE_STATUSES, type LineStatus } from '../document/contract.ts'
import { bulkFaultsOf } from '../placements/rules.ts'
import * as rules from '../rules.ts'

const status = fc.constantFrom(...LINE_STATUSES)
const line = fc.record({
  status: fc.constantFrom<LineStatus>('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment'), policy: fc.constantFrom(...BACKORDER_POLICIES),
  ordered: fc.bigInt(1n, 10n ** 15n), parts: fc.tuple(fc.nat(100), fc.nat(100)),
}).map(({ status: at, policy, ordered, parts: [a, b] }): rules.LineState => {
  const cancelled = (ordered * BigInt(a)) / 201n
  const isPromising = at !== 'draft' && at !== 'submitted'
  const reserved = isPromising ? ((ordered - cancelled) * BigInt(b)) / 100n : 0n
  const picked = at === 'in_fulfilment' ? reserved / 2n : 0n
  return { id: newId<'SalesOrderLine'>(), lineNumber: 1, status: at, policy, ordered, cancelled, reserved, picked, shipped: 0n }
})

describe('the rules of orders', () => {
  it('no way leads back, and nothing leaves the end', () => {
    const order = LINE_STATUSES.slice(0, 8)
    for (const from of LINE_STATUSES) for (const to of rules.ARROWS[from]) expect(to === 'cancelled' || order.indexOf(to) === order.indexOf(from) + 1).toBe(true)
    expect([rules.ARROWS.closed, rules.ARROWS.cancelled]).toEqual([[], []])
  })

  it('the status of an order does not depend on the order of its lines, and cancelled lines count only alone', () => {
    fc.assert(fc.property(fc.array(status, { minLength: 1, maxLength: 8 }), (lines) => {
      const of = rules.orderStatusOf(lines)
      expect(rules.orderStatusOf(lines.toReversed())).toBe(of)
      expect(rules.orderStatusOf([...lines, 'cancelled'])).toBe(of)
      expect(of === 'cancelled').toBe(lines.every((each) => each === 'cancelled'))
    }))
  })

  it('cancelling frees exactly what no longer has a reason to be reserved, and takes what is picked last', () => {
    fc.assert(fc.property(line, fc.bigInt(1n, 10n ** 15n), (before, wanted) => {
      const decision = rules.cancelLine(before, wanted)
      if (decision instanceof Problem) return wanted > rules.openOf(before) || rules.openOf(before) === 0n
      const [after] = decision
      return (
        after !== undefined && after.cancelled === before.cancelled + wanted && before.reserved - after.reserved === after.freed &&
        after.cancelled + after.reserved <= before.ordered && after.ordered - after.cancelled >= before.shipped && after.picked === before.picked - after.freedPicked && after.freedPicked >= 0n &&
        (after.freedPicked === 0n || after.reserved === after.picked) && (after.status === 'cancelled') === (after.cancelled === before.ordered)
      )
    }))
  })

  it('an amendment never leaves more reserved than is left to deliver', () => {
    fc.assert(fc.property(line, fc.bigInt(1n, 10n ** 15n), (before, ordered) => {
      const after = rules.amendLine(before, { ordered, policy: null }, '/x')
      if (after instanceof Problem) return after.code === 'illegal_transition' ? before.status === 'released' || before.status === 'in_fulfilment' : after.code === 'conflict' && ordered <= before.cancelled
      return after.reserved <= after.ordered - after.cancelled && after.freed === before.reserved - after.reserved && after.freed >= 0n
    }))
  })

  it('a held line stays while the others go; a hold on the whole order stops all', () => {
    const at = (lineNumber: number): rules.LineState => ({ id: newId<'SalesOrderLine'>(), lineNumber, status: 'confirmed', policy: 'allow', ordered: 5n, cancelled: 0n, reserved: 5n, picked: 0n, shipped: 0n })
    const [one, two] = [at(1), at(2)]
    const ids = (decision: rules.Decision): OrderLineId[] | string => (decision instanceof Problem ? decision.code : decision.map(({ id }) => id))
    expect(ids(rules.release([one, two], [{ lineId: one.id, kind: 'quality', reason: 'x' }]))).toEqual([two.id])
    expect(ids(rules.release([one, two], [{ lineId: null, kind: 'credit', reason: 'x' }]))).toBe('illegal_transition')
  })

  it('a line that waits goes in part only when it may be split', () => {
    const waiting = (policy: 'allow' | 'split'): rules.LineState => ({ id: newId<'SalesOrderLine'>(), lineNumber: 1, status: 'confirmed', policy, ordered: 5n, cancelled: 0n, reserved: 3n, picked: 0n, shipped: 0n })
    expect(rules.release([waiting('allow')], [])).toBeInstanceOf(Problem)
    expect(rules.release([waiting('split')], [])).toHaveLength(1)
  })

  it('the amount of a line is rounded once, half away from zero', () => {
    expect(lineAmount(3_000_000n, 3_350_000_000n, 'EUR')).toBe(101n) // 3 × 0.335 = 1.005
    expect(lineAmount(1_000_000n, 5_000_000_000n, 'JPY')).toBe(1n)
    expect(lineAmount(1_000_000n, 4_999_999_999n, 'JPY')).toBe(0n)
  })

  it('a bulk order names customer, site and items exactly once', () => {
    const good = { external: { source: 's', ref: '1' }, customerCode: 'C', siteCode: 'S', lines: [{ sku: 'A' }] }
    expect(bulkFaultsOf(good)).toEqual([])
    const faults = bulkFaultsOf({ customerCode: 'C', customerId: 'x', lines: [{ sku: 'A', itemId: 'x', unitPrice: '1' }, {}] })
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/lines/0', '/lines/1', '/customerCode', '/siteCode', '/currency'])
  })

  it('one wrong digit makes a GLN invalid', () => {
    expect(isGln('4012345000009')).toBe(true)
    for (let at = 0; at < 13; at++) expect(isGln('4012345000009'.split('').map((digit, index) => (index === at ? (Number(digit) + 1) % 10 : digit)).join(''))).toBe(false)
  })
})

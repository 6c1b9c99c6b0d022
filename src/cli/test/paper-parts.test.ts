import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { distanceOf, nearest } from '../nearest.ts'
import { barOf, durationOf, progressOf } from '../progress.ts'
import { recordOf, tableOf } from '../table.ts'
import { paperWorld } from './paper.ts'

describe('the nearest word', () => {
  test('is found for a slip of the fingers and for a beginning, and not for another word', () => {
    const words = ['orders', 'items', 'stock', 'organizations', 'keys', 'import']
    expect(['ordres', 'itmes', 'stok', 'org', 'improt', 'elephant', ''].map((word) => nearest(word, words))).toEqual(['orders', 'items', 'stock', 'organizations', 'import', null, null])
  })
  test('distance is a metric of edits: zero for the same word, the same both ways, one for one letter more', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
    fc.assert(fc.property(word, word, (a, b) => {
      expect(distanceOf(a, a)).toBe(0)
      expect(distanceOf(a, b)).toBe(distanceOf(b, a))
      expect(distanceOf(a, `${a}x`)).toBe(1)
      expect(distanceOf(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }))
  })
})

describe('tables', () => {
  test('figures stand to the right, long texts are cut, every line is aligned', () => {
    expect(tableOf(['NAME', 'COUNT'], [['a', '5'], ['ä'.repeat(70), '1,200']]).split('\n').map((line) => Array.from(line).length)).toEqual([67, 67, 67, 0])
    expect(tableOf(['NAME', 'COUNT'], [['a', '5'], ['bb', '1,200']])).toBe('NAME  COUNT\na         5\nbb    1,200\n')
  })
  test('a thing with parts shows its parts as tables below', () => {
    expect(recordOf({ id: '1', customer: { code: 'C1' }, lines: [{ sku: 'A', quantity: '2' }] })).toBe('id             1\ncustomer.code  C1\n\nlines\nSKU  QUANTITY\nA           2\n')
  })
})

describe('progress', () => {
  test('at a terminal it rewrites one line with rate and time left, elsewhere it is quiet for ten seconds', () => {
    let now = 0
    const terminal = paperWorld({ isTerminal: true, nowMs: () => now })
    const plain = paperWorld({ nowMs: () => now })
    const both = [progressOf(terminal, 'Orders', 'lines', 1000), progressOf(plain, 'Orders', 'lines', 1000)]
    now = 2_000
    for (const progress of both) progress.reach(100)
    expect(terminal.talked()).toContain('10%  100 of 1,000 lines  50/s  18s left')
    expect(plain.talked()).toBe('')
    now = 10_000
    for (const progress of both) progress.reach(500)
    expect(plain.talked()).toContain('500 of 1,000 lines  50/s  10s left')
    for (const progress of both) progress.end(1000)
    expect(plain.talked()).toMatch(/Orders\s+1,000 lines in 10s, 100\/s\n$/)
  })
  test('durations and bars', () => {
    expect([0.4, 59, 61, 3_725].map(durationOf)).toEqual(['0s', '59s', '1m01s', '1h02m'])
    expect([barOf(-1), barOf(0.5), barOf(2)].map((bar) => bar.split('█').length - 1)).toEqual([0, 12, 24])
  })
})

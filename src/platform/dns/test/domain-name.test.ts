import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalDomain, readDomain } from '../domain-name.ts'

const read = (text: string): string => {
  const result = readDomain(text)
  return result.ok ? result.domain : `refused: ${result.code}`
}

describe('one spelling per domain', () => {
  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com'],
    ['  example.com ', 'example.com'],
    ['a.b.c.example.com', 'a.b.c.example.com'],
    ['1und1.de', '1und1.de'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['faß.de', 'xn--fa-hia.de'],
    ['ｅｘａｍｐｌｅ．ｃｏｍ', 'example.com'],
    ['example。com', 'example.com'],
    ['exam\u00adple.com', 'example.com'],
    // Homographs: each is another domain, and looks like it.
    ['аpple.com', 'xn--pple-43d.com'],
    ['аррӏе.com', 'xn--80ak6aa92e.com'],
    ['paypаl.com', 'xn--paypl-7ve.com'],
    ['gοοgle.com', 'xn--ggle-0nda.com'],
    ['', 'refused: empty'],
    [' . ', 'refused: empty'],
    ['com', 'refused: single_label'],
    ['localhost', 'refused: single_label'],
    ['de.', 'refused: single_label'],
    ['127.0.0.1', 'refused: address'],
    ['127.1', 'refused: address'],
    ['0x7f.1', 'refused: address'],
    ['2130706433', 'refused: address'],
    ['①②⑦.0.0.1', 'refused: address'],
    ['::1', 'refused: address'],
    ['[2001:db8::1]', 'refused: address'],
    ['a..com', 'refused: invalid'],
    ['.example.com', 'refused: invalid'],
    ['example.com..', 'refused: invalid'],
    ['-a.com', 'refused: invalid'],
    ['a-.com', 'refused: invalid'],
    ['_dmarc.example.com', 'refused: invalid'],
    ['*.example.com', 'refused: invalid'],
    ['example.com/x', 'refused: invalid'],
    ['example.com?x', 'refused: invalid'],
    ['example.com#x', 'refused: invalid'],
    ['example.com:443', 'refused: invalid'],
    ['https://example.com', 'refused: invalid'],
    ['user@example.com', 'refused: invalid'],
    ['example%2ecom', 'refused: invalid'],
    ['exa mple.com', 'refused: invalid'],
    ['exa\tmple.com', 'refused: invalid'],
    ['exa\u0000mple.com', 'refused: invalid'],
    ['a\u200db.com', 'refused: invalid'],
    ['1.2.3.4.5', 'refused: invalid'],
    [`${'a'.repeat(64)}.com`, 'refused: too_long'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
    [`${'a.'.repeat(126)}com`, 'refused: too_long'],
    ['a.'.repeat(10_000), 'refused: too_long'],
  ])('"%s" is %s', (text, expected) => expect(read(text)).toBe(expected))

  test('reading twice changes nothing, and what is read is a plain name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.domain()), (text) => {
        const once = normalDomain(text)
        return once === null || (normalDomain(once) === once && /^[a-z0-9.-]+$/.test(once))
      }),
    )
  })
})

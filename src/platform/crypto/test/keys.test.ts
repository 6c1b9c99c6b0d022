import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWellFormedKey, KEY_KINDS, keyDigest, newKey } from '../keys.ts'

describe('API keys', () => {
  it('a new key of every kind has the documented form', () => {
    for (const kind of KEY_KINDS) {
      const key = newKey(kind)
      expect(key).toMatch(new RegExp(`^bss_${kind}_[0-9A-Za-z]{49}$`))
      expect(isWellFormedKey(key)).toBe(true)
    }
  })

  it('no two keys are the same', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newKey('live'))).size).toBe(1_000)
  })

  it('a key with one character changed is not well formed', () => {
    const key = newKey('live')
    fc.assert(
      fc.property(fc.integer({ min: 9, max: key.length - 1 }), fc.constantFrom(...'0123456789ABCXYZabcxyz'.split('')), (index, char) => {
        if (key.charAt(index) === char) return
        expect(isWellFormedKey(key.slice(0, index) + char + key.slice(index + 1))).toBe(false)
      }),
    )
  })

  it('anything else is not well formed', () => {
    const key = newKey('test')
    for (const text of ['', 'bss_', key.slice(1), `${key}x`, `${key}\n`, ` ${key}`, key.replace('test', 'root'), 'x'.repeat(1_000_000)]) expect(isWellFormedKey(text)).toBe(false)
  })

  it('the digest is SHA-256 in hex', () => {
    expect(keyDigest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

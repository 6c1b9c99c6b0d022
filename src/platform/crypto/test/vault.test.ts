import { describe, expect, it } from 'vitest'
import { openSecret, sealSecret } from '../vault.ts'

const secret = Buffer.from('a secret of the tests, at least 32 bytes long')
const other = Buffer.from('another secret of the tests, also long enough')

describe('a sealed secret', () => {
  it('opens with the same secret for the same purpose', () => {
    expect(openSecret(secret, sealSecret(secret, 'client secret ✓', 'connection:1'), 'connection:1')).toBe('client secret ✓')
  })
  it('is never the same twice, and does not show what it holds', () => {
    const [a, b] = [sealSecret(secret, 'plain', 'p'), sealSecret(secret, 'plain', 'p')]
    expect(a.equals(b)).toBe(false)
    expect(a.includes('plain')).toBe(false)
  })
  it('opens nothing elsewhere: another secret, another purpose, a changed byte, a cut', () => {
    const sealed = sealSecret(secret, 'plain', 'connection:1')
    const changed = Buffer.from(sealed)
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
    expect(() => openSecret(other, sealed, 'connection:1')).toThrow(/authenticate/)
    expect(() => openSecret(secret, sealed, 'connection:2')).toThrow(/authenticate/)
    expect(() => openSecret(secret, changed, 'connection:1')).toThrow(/authenticate/)
    expect(() => openSecret(secret, sealed.subarray(0, 20), 'connection:1')).toThrow(/sealed/)
  })
})

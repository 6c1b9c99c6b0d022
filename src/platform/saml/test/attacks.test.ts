import { describe, expect, it } from 'vitest'
import { readResponse } from '../response.ts'
import { ENCRYPTION } from './attacks-encryption.ts'
import { MEANINGS } from './attacks-meaning.ts'
import { SIGNATURES } from './attacks-signature.ts'
import { TEXTS } from './attacks-text.ts'
import { WRAPPING } from './attacks-wrapping.ts'
import { base64Of, expectedBy } from './recipe.ts'
import { attackText, honestText, type Row } from './row.ts'

const GROUPS: readonly (readonly [string, readonly Row[]])[] = [['wrapping', WRAPPING], ['signatures', SIGNATURES], ['text', TEXTS], ['meaning', MEANINGS], ['encryption', ENCRYPTION]]

const verdictOn = (samlResponseBase64: string, expected: Row['expected']): string => {
  const answer = readResponse({ samlResponseBase64, expected: expectedBy(expected) })
  return answer.ok ? 'accepted' : answer.code
}

describe.for(GROUPS)('%s: the honest message is accepted, the forged one refused with its code', ([, rows]) => {
  it.for(rows.map((row) => [row.name, row.code, row] as const))('%s: %s', ([, , row]) => {
    const honest = base64Of(honestText(row))
    const forged = base64Of(attackText(row))
    const attack = row.changeBase64?.(forged) ?? forged
    expect({ honest: verdictOn(honest, row.expected), attack: verdictOn(attack, { ...row.expected, ...row.expectedInAttack }) }).toEqual({ honest: 'accepted', attack: row.code })
    // An attack that sends the honest message and expects the same of it would prove nothing.
    expect(attack === honest && row.expectedInAttack === undefined).toBe(false)
  })
})

describe('the table', () => {
  it('has at least a hundred attacks, no two of one name in a group', () => {
    const names = GROUPS.flatMap(([group, rows]) => rows.map(({ name }) => `${group}: ${name}`))
    expect(names.length).toBeGreaterThanOrEqual(100)
    expect(new Set(names).size).toBe(names.length)
  })
})

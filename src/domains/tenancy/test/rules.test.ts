import { describe, expect, it } from 'vitest'
import { canBecome, everyMove } from '../rules.ts'

describe('the life cycle of an organization', () => {
  it('has exactly the arrows of the domain', () => {
    const arrows = everyMove().filter(([from, to]) => canBecome(from, to)).map((move) => move.join(' → '))
    expect(arrows).toEqual(['provisioning → active', 'active → suspended', 'suspended → active', 'suspended → offboarding', 'offboarding → exported', 'exported → erased'])
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OIDC_CODES } from '../../../../platform/oidc/index.ts'
import { REFUSAL_CODES } from '../../../../platform/saml/index.ts'
import { ADVICE, adviceFor, adviceTable } from '../advice.ts'

const guide = readFileSync(new URL('../../../../../docs/sign-in/README.md', import.meta.url), 'utf8')

describe('advice about a refusal', () => {
  it('is there for every code, and the one of the row that names it', () => {
    for (const code of [...OIDC_CODES, ...REFUSAL_CODES, 'no_account', 'anything']) expect(adviceFor(code).todo).not.toBe('')
    for (const row of ADVICE) for (const code of row.codes) expect([code, adviceFor(code.replace('*', ''))]).toEqual([code, row])
    expect(adviceFor('client_refused').todo).toContain('copy both again')
    expect(adviceFor('discovery_timeout').means).toContain('cannot be reached')
    expect(adviceFor('doctype').codes).toEqual(['*'])
  })
  it('is the table of the guide', () => {
    expect(guide).toContain(adviceTable())
  })
})

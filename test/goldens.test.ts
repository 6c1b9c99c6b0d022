import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { goldens } from '../src/app/goldens.ts'
import { freshDatabase } from './setup/database.ts'

describe('the goldens are fresh (npm run gen)', () => {
  it('API and schema are what golden/ says', async () => {
    const house = await freshDatabase()
    try {
      for (const [name, text] of await goldens(house.primaryUrl)) {
        const committed = readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8')
        expect(text === committed, `golden/${name} is out of date: run \`npm run gen\` and look at the difference`).toBe(true)
      }
    } finally {
      await house.close()
    }
  })
})

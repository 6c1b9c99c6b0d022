// Apart from the others: it uses up what one address may fail, and every test of a file calls from the same address.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEstate, type Estate } from './estate.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate()
})
afterAll(() => estate.close())

it('a suspended organization cannot keep the database busy by trying again and again', async () => {
  const { id, admin } = await estate.organization()
  await estate.operator.suspendOrganization({ params: { organizationId: id }, body: { reason: 'because of a test' } })
  const statuses = new Set<number>()
  for (let round = 0; round < 30 && !statuses.has(429); round += 1) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => admin.whoami().then(() => 200, (error: { status: number }) => error.status)))
    // The first of them may still be remembered for the moment that the news of the suspension takes.
    for (const status of answers) if (round > 0) statuses.add(status)
  }
  expect(statuses).toEqual(new Set([403, 429]))
})

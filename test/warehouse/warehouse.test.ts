// A whole warehouse under random commands, two devices at once: after each of them, whatever its outcome, no rule is broken.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../setup/house.ts'
import { sql } from '../setup/sql.ts'
import { carryOut, command, handsOf, WHOLE_WAY, type Command, type Hands } from './commands.ts'
import { openFloor } from './floor.ts'
import { broken } from './rules.ts'

let house: House
let hands: Hands
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  const sender = house.sender('tenant_admin')
  hands = handsOf(sender, await openFloor(sender, { siteCode: 'PROP', items: 4, onHand: 12, packLocations: 1 }))
  await hands.shipments.setShippingSettings({ params: { siteId: hands.floor.siteId }, body: { companyPrefix: '9521234', extension: 0 } })
}, 120_000)
afterAll(() => house.close())

/** What is broken when the events have been told: a promise that was broken reaches its line by one. */
async function settled(): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await broken(house.superuserUrl)
    const [[pending] = []] = await sql(house.superuserUrl, "select count(*) from bss.outbox_event where status = 'pending'")
    if (found.length === 0 || (pending === '0' && attempt > 1) || attempt >= 200) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('a warehouse', () => {
  it('keeps its rules whatever is done in it', { timeout: 240_000 }, async () => {
    const done = new Map<Command['what'], number>()
    const does = async (each: Command): Promise<void> => {
      if (await carryOut(hands, each)) done.set(each.what, (done.get(each.what) ?? 0) + 1)
      expect([each, await settled()]).toEqual([each, []])
    }
    for (const each of WHOLE_WAY) await does(each)
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 30, maxLength: 40 }), async (commands) => {
        for (const each of commands) await does(each)
      }),
      { numRuns: 6, endOnFailure: true },
    )
    // Goods went the whole way, so that the rules had something to hold.
    const [[shipped, picked, shorts] = []] = await sql(house.superuserUrl, `select (select count(*) from bss.shipment where shipped_at is not null),
      (select count(*) from bss.warehouse_task where kind = 'pick' and status = 'completed'), (select count(*) from bss.warehouse_task where status = 'short_completed')`)
    expect({ done: [...done.keys()].length > 12, shipped: Number(shipped) > 0, picked: Number(picked) > 5, shorts: Number(shorts) > 0 }).toEqual({ done: true, shipped: true, picked: true, shorts: true })
    expect(await sql(house.superuserUrl, "select topic, last_error from bss.outbox_event where status = 'set_aside'")).toEqual([])
  })
})

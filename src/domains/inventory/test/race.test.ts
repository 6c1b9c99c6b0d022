// 64 workers race for the last units with multi-line baskets, give some of it back, and race again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import type { ItemId, OrderLineId } from '../../../kernel/ids.ts'
import { line, openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
beforeAll(async () => {
  room = await openStockroom()
})
afterAll(() => room.close())

const WORKERS = 64
/** Repeatable, so that a failure can be looked at again. */
const dice = (seed: number) => (below: number): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return Math.floor((seed / 0x80000000) * below)
}

describe.each([{ skus: 1, units: 100 }, { skus: 10, units: 30 }, { skus: 1000, units: 1 }])('64 workers racing for the last units of $skus items', ({ skus, units }) => {
  it('never get one too many, lose none to a deadlock, and the sums are equal', async () => {
    const items: ItemId[] = []
    const drafts = Array.from({ length: skus }, (_, n) => ({ sku: `RACE-${skus}-${n}`, name: 'Last units', baseUnit: 'EA' as const }))
    for await (const { id } of room.admin.upsertItems({ lines: drafts })) if (id !== undefined) items.push(id)
    expect(items).toHaveLength(skus)
    for (let from = 0; from < skus; from += 500) {
      await room.admin.adjustStock({ body: { siteId: room.siteId, reason: 'opening', lines: items.slice(from, from + 500).map((itemId) => ({ itemId, locationId: room.bins.a, change: String(units) })) } })
    }
    const work = async (worker: number): Promise<number> => {
      const roll = dice(worker * 7919 + skus)
      let taken = 0
      for (let turn = 0; turn < 4; turn++) {
        const lines = Array.from({ length: 1 + roll(5) }, () => line(items[roll(skus)] ?? items[0] ?? rejectEmpty(), String(1 + roll(2)), roll(2) === 0))
        const got = await room.reserve({ siteId: room.siteId, lines, isWhole: roll(3) === 0 })
        const back: OrderLineId[] = got.filter(() => roll(4) === 0).map(({ lineId }) => lineId)
        const given = back.length === 0 ? [] : await room.release(back)
        taken += got.reduce((sum, each) => sum + Number(each.reserved), 0) - given.reduce((sum, each) => sum + Number(each.released), 0)
      }
      return taken
    }
    const taken = (await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))).reduce((sum, each) => sum + each, 0)
    const [sums] = await sql(room.house.superuserUrl, `
      select (select sum(reserved) from bss.stock_level where item_id = any($1::uuid[])), (select coalesce(sum(quantity), 0) from bss.reservation where item_id = any($1::uuid[]) and status = 'open'),
             (select max(reserved) from bss.stock_level where item_id = any($1::uuid[]))`, [items])
    const [level, promises, most] = (sums ?? []).map(Number)
    expect(level).toBe(taken)
    expect(promises).toBe(taken)
    expect(most).toBeLessThanOrEqual(units)
    expect(taken).toBeGreaterThan(0)
    await room.settle()
    expect((await room.admin.checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
  })
})

function rejectEmpty(): never {
  throw new Error('There are no items to race for.')
}

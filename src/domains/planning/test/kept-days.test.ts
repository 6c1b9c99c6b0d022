// Figures of kept days and figures counted from the lines must be the same figures, whatever happens to the orders in between.
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import type { OrderId } from '../../../kernel/ids.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import { openDatabase, type Database } from '../../../platform/db/database.ts'
import { PERMISSIONS } from '../../../kernel/access.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { openShop, type Shop } from '../../orders/test/shop.ts'
import { planningChores } from '../chores.ts'
import { planningApi } from '../contract.ts'

let house: House
let worker: Database
const shops: Shop[] = []
beforeAll(async () => {
  house = await openHouse()
  worker = openDatabase({ ...house, role: 'bss_worker', poolSize: 2, lanes: 1 })
  shops.push(await openShop(house, house.acme, 'EAST'), await openShop(house, house.acme, 'WEST'))
  for (const shop of shops) await shop.item(`ITEM-${shops.indexOf(shop)}`, 300)
})
afterAll(async () => {
  await worker.close()
  await house.close()
})

const orders = () => house.client(ordersApi, 'tenant_admin')
const DAY_MS = 86_400_000
/** A moment of a day some days ago; noon in UTC is the same day at the site. */
const momentOf = (daysAgo: number): string => `${new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10)}T12:00:00Z`
const dayOf = (daysAgo: number): string => momentOf(daysAgo).slice(0, 10)

interface Line {
  readonly quantity: string
  readonly policy: 'allow' | 'split' | 'cancel' | 'all_or_nothing'
}
interface Plan {
  readonly daysAgo: number
  readonly dueDaysAgo: number | null
  readonly shop: number
  readonly lines: readonly Line[]
}
const line: fc.Arbitrary<Line> = fc.record({ quantity: fc.integer({ min: 1, max: 60 }).map((n) => quantityOf(BigInt(n) * 500_000n)), policy: fc.constantFrom('allow', 'split', 'cancel', 'all_or_nothing') })
const plan: fc.Arbitrary<Plan> = fc.record({
  daysAgo: fc.integer({ min: 1, max: 12 }), dueDaysAgo: fc.option(fc.integer({ min: -3, max: 10 }), { nil: null }), shop: fc.integer({ min: 0, max: 1 }), lines: fc.array(line, { minLength: 1, maxLength: 4 }),
})

/** What the test remembers of each line: how it stood when its order was placed. */
interface Placed {
  readonly id: OrderId
  readonly plan: Plan
  readonly missing: readonly bigint[]
}
const placed: Placed[] = []
let batch = 0

async function place(plans: readonly Plan[]): Promise<void> {
  batch += 1
  const bodies = plans.map(({ daysAgo, dueDaysAgo, shop, lines }, index) => ({
    external: { source: 'random', ref: `${batch}-${index}` }, customerCode: `C-${shop === 0 ? 'EAST' : 'WEST'}`, siteCode: shop === 0 ? 'EAST' : 'WEST', orderedAt: momentOf(daysAgo),
    ...(dueDaysAgo === null ? {} : { promisedOn: dayOf(dueDaysAgo) }),
    lines: lines.map(({ quantity, policy }) => ({ sku: `ITEM-${shop}`, quantity, backorderPolicy: policy })),
  }))
  let index = 0
  for await (const result of orders().placeOrders({ lines: bodies })) {
    const source = plans[index++]
    if (result.id === undefined || source === undefined) throw new Error(JSON.stringify(result))
    const order = await orders().getOrder({ params: { orderId: result.id } })
    placed.push({ id: result.id, plan: source, missing: order.lines.map((each) => micros(each.backordered) + (each.backorderPolicy === 'cancel' ? micros(each.cancelled) : 0n)) })
  }
}

/** The same figures, the slow and simple way: every order is read, and every line looked at. */
async function naive(fromDaysAgo: number, toDaysAgo: number): Promise<readonly (readonly string[])[]> {
  const sum = { lines: 0, filled: 0, wanted: 0n, missing: 0n, open: 0, waiting: 0, due: 0 }
  for (const { id, plan: { daysAgo, dueDaysAgo }, missing } of placed) {
    const order = await orders().getOrder({ params: { orderId: id } })
    for (const [index, now] of order.lines.entries()) {
      const short = missing[index] ?? 0n
      const isLive = !['draft', 'submitted', 'cancelled'].includes(now.status)
      if (dueDaysAgo !== null && dueDaysAgo >= Math.max(0, toDaysAgo) && dueDaysAgo <= fromDaysAgo && isLive) sum.due += 1
      if (daysAgo < toDaysAgo || daysAgo > fromDaysAgo) continue
      if (['confirmed', 'released', 'in_fulfilment'].includes(now.status)) sum.open += 1
      if (now.backordered !== '0') sum.waiting += 1
      if (!isLive && short === 0n) continue
      sum.lines += 1
      if (short === 0n) sum.filled += 1
      // A line that was short keeps what it wanted then; the others want what is left of them.
      sum.wanted += short > 0n ? micros(now.ordered) : micros(now.ordered) - micros(now.cancelled)
      sum.missing += short
    }
  }
  return [[String(sum.filled), String(sum.lines)], [quantityOf(sum.wanted - sum.missing), quantityOf(sum.wanted)], [String(sum.waiting), String(sum.open)], [String(sum.due)]]
}
async function shown(fromDaysAgo: number, toDaysAgo: number): Promise<readonly (readonly string[])[]> {
  const { lineFill, unitFill, backorderRate, onTimeInFull } = await house.client(planningApi, 'planner').getServiceFigures({ query: { 'filter[from]': dayOf(fromDaysAgo), 'filter[to]': dayOf(toDaysAgo) } })
  return [...[lineFill, unitFill, backorderRate].map((figure) => [figure.numerator, figure.denominator ?? '']), [onTimeInFull.denominator ?? '']]
}
const keep = async (): Promise<void> => {
  for (const chore of planningChores) await worker.housekeep(systemContext({ organizationId: house.acme.id, permissions: PERMISSIONS, operation: 'test.keep' }), chore.run)
}
const count = async (table: string): Promise<number> => Number((await sql(house.superuserUrl, `select count(*) from bss.${table} where organization_id = $1`, [house.acme.id]))[0]?.[0])

const emptyKeptDays = () => plant(house.superuserUrl, `update bss.figure_day set totals = '[]' where organization_id = $1 and kind = 'ordered'`, [house.acme.id])

describe('figures of past days', () => {
  it('are those of a naive count, kept or not, before and after anything that happens to the orders', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 4, maxLength: 12 }), fc.array(fc.nat(), { minLength: 3, maxLength: 6 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }), async (plans, picks, a, b) => {
        const [from, to] = [Math.max(a, b), Math.min(a, b)]
        const agrees = async (): Promise<void> => expect(await shown(from, to)).toEqual(await naive(from, to))
        await place(plans)
        await agrees()
        await keep()
        await agrees()
        for (const pick of picks) {
          const { id } = placed[pick % placed.length] ?? {}
          if (id === undefined) continue
          const order = await orders().getOrder({ params: { orderId: id } })
          const target = order.lines[pick % order.lines.length]
          // Cancelling what is over already is refused, and that is fine: nothing happened then.
          if (pick % 3 === 0) await orders().cancelOrder({ params: { orderId: id }, body: {} }).catch(() => undefined)
          else if (target !== undefined && target.backordered === '0') await orders().cancelOrderLine({ params: { orderId: id, lineId: target.id }, body: { quantity: '0.5' } }).catch(() => undefined)
        }
        await agrees()
        await keep()
        await agrees()
      }),
      { numRuns: 4 },
    )
    expect(await count('figure_day')).toBeGreaterThan(100)
    expect(await count('figure_change')).toBe(0)
  })

  it('begin anew when a site moves to another time zone', async () => {
    const inventory = house.client(inventoryApi, 'tenant_admin')
    const moved = await inventory.getSite({ params: { siteId: shops[0]?.siteId ?? raise() } })
    await emptyKeptDays()
    await inventory.updateSite({ params: { siteId: moved.id }, ifMatch: moved.rowVersion, body: { timeZone: 'America/New_York' } })
    const { lineFill } = await house.client(planningApi, 'planner').getServiceFigures({ query: { 'filter[siteId]': moved.id, 'filter[from]': dayOf(12), 'filter[to]': dayOf(0) } })
    expect(Number(lineFill.denominator)).toBeGreaterThan(0)
    await keep()
    const again = await house.client(planningApi, 'planner').getServiceFigures({ query: { 'filter[siteId]': moved.id, 'filter[from]': dayOf(12), 'filter[to]': dayOf(0) } })
    expect([again.lineFill.numerator, again.lineFill.denominator]).toEqual([lineFill.numerator, lineFill.denominator])
  })

  it('cannot be kept by the API', async () => {
    const ctx = contextOf(house.acme.id, 'planner').need('planning:read')
    const { keepDays } = await import('../store.ts')
    await expect(house.database.write(ctx, (tx) => tx.rows(keepDays, [1]))).rejects.toThrow(/./)
  })
})

function raise(): never {
  throw new Error('There is nothing to test with.')
}

// The last units: many clients at once, with baskets in any order, retries under the same key and cancellations in between.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import type { ItemId } from '../../../kernel/ids.ts'
import { ordersApi } from '../contract.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
})
afterAll(() => house.close())

const CLIENTS = 64
/** Repeatable, so that a failure can be looked at again. */
const dice = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed / 0x7fffffff
}

describe.each([{ skus: 1, lines: 1 }, { skus: 10, lines: 3 }, { skus: 200, lines: 5 }])('64 clients racing for the last units of $skus items', ({ skus, lines }) => {
  it('never promise one too many, lose none and double none', async () => {
    const units = Math.max(2, Math.floor(120 / skus))
    const items: ItemId[] = []
    for (let index = 0; index < skus; index++) items.push(await shop.item(`R${skus}-${index}`, units))
    const roll = dice(skus)
    const baskets = Array.from({ length: CLIENTS * 3 }, () => Array.from({ length: lines }, () => ({ itemId: items[Math.floor(roll() * skus)] ?? items[0], quantity: '1' })).flatMap(({ itemId, quantity }) => (itemId === undefined ? [] : [{ itemId, quantity, backorderPolicy: 'cancel' as const }])))
    const rollOfClient = dice(skus + 1)
    const work = async (client: number): Promise<{ id: string; number: string; twin: string }[]> => {
      const api = house.client(ordersApi, 'integration')
      const placed: { id: string; number: string; twin: string }[] = []
      for (let turn = 0; turn < 3; turn++) {
        const basket = baskets[client * 3 + turn] ?? []
        const body = { customerId: shop.customerId, siteId: shop.siteId, lines: basket }
        const idempotencyKey = `race-${skus}-${client}-${turn}`
        // Half of the clients send everything twice at once, the others once more after the answer.
        const first = api.placeOrder({ body, idempotencyKey })
        if (client % 2 === 1) await first
        const [order, twin] = await Promise.all([first, api.placeOrder({ body, idempotencyKey })])
        placed.push({ id: order.id, number: order.number, twin: twin.id })
        if (order.status !== 'cancelled' && rollOfClient() < 0.3) await api.cancelOrder({ params: { orderId: order.id }, body: {} })
      }
      return placed
    }
    const placed = (await Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)))).flat()
    expect(placed.every(({ id, twin }) => id === twin)).toBe(true)
    expect(new Set(placed.map(({ number }) => number)).size).toBe(CLIENTS * 3)
    const rows = await sql(house.superuserUrl, `select s.item_id, s.on_hand::int, s.reserved::int,
        (select coalesce(sum(l.reserved), 0)::int from bss.sales_order_line l where l.item_id = s.item_id) as of_lines,
        (select coalesce(sum(v.quantity), 0)::int from bss.reservation v where v.item_id = s.item_id and v.status = 'open') as of_reservations,
        (select coalesce(sum(l.ordered), 0)::int from bss.sales_order_line l where l.item_id = s.item_id) as wanted
      from bss.stock_level s where s.item_id = any ($1::uuid[])`, [items])
    expect(rows).toHaveLength(skus)
    for (const [, onHand, reserved, ofLines, ofReservations] of rows) {
      expect(Number(reserved)).toBeLessThanOrEqual(Number(onHand))
      expect([ofLines, ofReservations]).toEqual([reserved, reserved])
    }
    const [counted] = await sql(house.superuserUrl, "select count(*)::int, (select last_number from bss.document_series where organization_id = $1 and kind = 'sales_order') from bss.sales_order where organization_id = $1", [house.acme.id])
    expect(counted?.[0]).toBe(counted?.[1])
    // Somebody did get the last unit: with more wanted than there is, nothing is left unless it was given back.
    expect(rows.some(([, , reserved]) => Number(reserved) > 0)).toBe(true)
  }, 90_000)
})

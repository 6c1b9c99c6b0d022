// The arithmetic of an order line over its whole life: random commands of planners, pickers, carriers and customers, against a small
// model and against everything that is kept beside the line.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { ApiError } from '../../../kernel/client.ts'
import { newId, type LocationId, type OrderHoldId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../contract.ts'
import type { OrderLine } from '../document/contract.ts'
import { mayBecome } from '../rules.ts'
import { floorOf, type Floor } from './floor.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
let floor: Floor
let back: LocationId
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
  const place = async (code: string, kind: 'pack' | 'receive') => (await house.client(inventoryApi, 'tenant_admin').createLocation({ params: { siteId: shop.siteId }, body: { code, kind } })).id
  floor = floorOf(house, await place('PACK', 'pack'))
  back = await place('BACK', 'receive')
}, 120_000)
afterAll(() => house.close())

const COMMANDS = ['release', 'allocate', 'cancel', 'pick', 'ship', 'deliver', 'hold', 'unhold', 'stock', 'return'] as const
const step = fc.record({ do: fc.constantFrom(...COMMANDS), quantity: fc.integer({ min: 1, max: 5 }) })
/** What each command may move, and which way; everything else of the line stays. */
const MOVES: Readonly<Record<(typeof COMMANDS)[number], readonly string[]>> = {
  release: [], allocate: ['+reserved'], cancel: ['+cancelled', '-reserved', '-picked'], pick: ['+picked'], ship: ['+shipped', '-reserved'], deliver: ['+delivered'], hold: [], unhold: [], stock: [], return: ['+returned'],
}
const COUNTED = ['ordered', 'cancelled', 'reserved', 'picked', 'shipped', 'delivered', 'returned'] as const
const isRefusal = (error: unknown): boolean =>
  ((error instanceof ApiError || error instanceof Problem) && ['illegal_transition', 'conflict', 'insufficient_stock'].includes(error.code)) || (error instanceof Error && error.message === 'There is not so much in bins.')

describe('an order line over its life', () => {
  it('changes only by what a command is for, and agrees with reservations, levels and bins after each', async () => {
    const client = house.client(ordersApi, 'tenant_admin')
    let run = 0
    const seen = new Set<string>()
    await fc.assert(fc.asyncProperty(fc.constantFrom('split' as const, 'allow' as const), fc.array(step, { minLength: 10, maxLength: 25 }), async (backorderPolicy, steps) => {
      run += 1
      const itemId = await shop.item(`LIFE-${run}`, 6)
      const placed = await client.placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity: '8', backorderPolicy }] } })
      const params = { orderId: placed.id }
      const look = async (): Promise<OrderLine> => {
        const [line] = (await client.getOrder({ params })).lines
        if (line === undefined) throw new Error('The order has no line.')
        return line
      }
      const holds: OrderHoldId[] = []
      const take = async ({ do: command, quantity }: { do: (typeof COMMANDS)[number]; quantity: number }, line: OrderLine): Promise<unknown> => {
        switch (command) {
          case 'release': return client.releaseOrder({ params })
          case 'allocate': return client.allocateOrder({ params })
          case 'cancel': return client.cancelOrderLine({ params: { ...params, lineId: line.id }, body: { quantity: String(quantity) } })
          case 'pick': return floor.pick(line.id, String(quantity))
          case 'ship': return Number(line.picked) > Number(line.shipped) ? floor.ship(line.id) : null
          case 'deliver': return floor.deliver(line.id, String(quantity))
          case 'hold': return holds.push((await client.holdOrder({ params, body: { kind: 'manual', reason: 'Look at it' } })).id)
          case 'unhold': return Promise.all(holds.splice(0).map((holdId) => client.unholdOrder({ params: { ...params, holdId }, body: {} })))
          case 'stock': return shop.add(itemId, String(quantity))
          case 'return': {
            const made = await client.requestReturn({ body: { lines: [{ orderLineId: line.id, quantity: String(quantity), reason: 'late' }] } })
            const on = { params: { returnId: made.id } }
            await client.approveReturn({ ...on, body: {} })
            await client.awaitReturn({ ...on, body: {} })
            return client.receiveReturn({ ...on, body: { lines: [{ returnLineId: made.lines[0]?.id ?? newId(), quantity: String(quantity), locationId: back }] } })
          }
        }
      }
      let before = await look()
      for (const next of [{ do: 'release' as const, quantity: 1 }, { do: 'pick' as const, quantity: 2 }, ...steps]) {
        let isDone = true
        try {
          await take(next, before)
        } catch (error) {
          if (!isRefusal(error)) throw error
          isDone = false
        }
        const after = await look()
        const moved = COUNTED.flatMap((name) => (Number(after[name]) === Number(before[name]) ? [] : [`${Number(after[name]) > Number(before[name]) ? '+' : '-'}${name}`]))
        const faults = moved.filter((move) => !isDone || !MOVES[next.do].includes(move))
        if (after.status !== before.status && !mayBecome(before.status, after.status) && !(before.status === 'in_fulfilment' && after.status === 'delivered')) faults.push(`${before.status} became ${after.status}`)
        if (next.do === 'ship' && isDone && moved.length > 0 && holds.length > 0) faults.push('shipped under a hold')
        if (isDone) for (const move of moved) seen.add(`${next.do} ${move}`)
        expect({ next, faults, broken: await floor.broken() }).toEqual({ next, faults: [], broken: [] })
        before = after
      }
    }), { numRuns: 8, endOnFailure: true })
    // The walk went everywhere: a property over commands that are all refused proves nothing.
    expect([...seen]).toEqual(expect.arrayContaining(['cancel +cancelled', 'cancel -reserved', 'pick +picked', 'ship +shipped', 'ship -reserved']))
    expect((await house.client(inventoryApi, 'tenant_admin').checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
  }, 240_000)
})

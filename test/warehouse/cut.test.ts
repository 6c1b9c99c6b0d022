// The connection to the database is cut at every single statement of a command, before the server has it and after: the command is done
// once or not at all, and the same command sent again with its key does it.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ApiError, fetchSender } from '../../src/kernel/client.ts'
import { newId, type CycleCountId, type OrderId, type ReturnId, type ShipmentId, type TaskId } from '../../src/kernel/ids.ts'
import { openHouse, type House } from '../setup/house.ts'
import { plant, sql } from '../setup/sql.ts'
import { handsOf, type Hands } from './commands.ts'
import { openCut, type Cut } from './cut.ts'
import { openFloor, releaseOrders, type Floor } from './floor.ts'
import { broken } from './rules.ts'

const SENDINGS_MAX = 12
/** No command takes so many statements; a test that never sees the last one would not end. */
const STATEMENTS_MAX = 80

let cut: Cut
let house: House
beforeAll(async () => {
  cut = await openCut(new URL(inject('cluster').primaryUrl))
  house = await openHouse({ via: cut.urlOf })
}, 120_000)
afterAll(async () => {
  await house.close()
  await cut.close()
})

/** A floor of its own for each command, so that nobody's leftovers are in the way. */
async function newFloor(siteCode: string): Promise<Hands> {
  const sender = fetchSender({ baseUrl: house.url, token: house.acme.keys.tenant_admin, retries: 0 })
  const like = first
  const hands = handsOf(sender, await openFloor(sender, { siteCode, items: 6, onHand: 2_000, packLocations: 1 }, like))
  first ??= hands.floor
  await hands.shipments.setShippingSettings({ params: { siteId: hands.floor.siteId }, body: { companyPrefix: '9521234', extension: 0 } })
  return hands
}
let first: Floor | undefined

/** Released orders of one line each, on the floor: their pick tasks are ready. */
async function onTheFloor({ floor, shipments, tasks }: Hands, count: number): Promise<{ readonly orders: readonly OrderId[]; readonly shipments: readonly ShipmentId[] }> {
  const orders = await releaseOrders(house.sender('tenant_admin'), floor, count, 1, '4')
  const { shipmentIds } = await shipments.planShipments({ body: { siteId: floor.siteId, limit: 1000 } })
  const wave = await tasks.planWave({ body: { siteId: floor.siteId, shipmentIds } })
  await tasks.releaseWave({ params: { waveId: wave.id } })
  return { orders, shipments: shipmentIds }
}
async function leased({ floor, tasks }: Hands, count: number): Promise<TaskId[]> {
  const { tasks: mine } = await tasks.nextTasks({ body: { siteId: floor.siteId, deviceId: 'd', kinds: ['pick'], count } })
  return mine.map(({ id }) => id)
}
async function picked(hands: Hands, count: number) {
  const made = await onTheFloor(hands, count)
  for (const taskId of await leased(hands, count)) await hands.tasks.completeTask({ params: { taskId }, body: { deviceId: 'd' } })
  return made
}
const contentsOf = async ({ shipments }: Hands, shipmentId: ShipmentId) =>
  (await shipments.getShipment({ params: { shipmentId } })).lines.map((line) => ({ shipmentLineId: line.id, quantity: line.planned }))

/** Sends until the answer comes, with one key. A client may do so whenever it heard nothing, or `unavailable`. */
async function untilAnswered(send: (idempotencyKey: string) => Promise<unknown>): Promise<void> {
  const key = newId()
  for (let sending = 1; ; sending += 1) {
    try {
      await send(key)
      return
    } catch (error) {
      const isPassing = error instanceof ApiError && (error.status === 0 || error.status === 503 || error.code === 'in_progress')
      if (!isPassing || sending >= SENDINGS_MAX) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Cuts a command at its first statement, at its second … each time on another thing, until it has no more; before and after in turns. */
async function cutEverywhere<T>(supply: (count: number) => Promise<readonly T[]>, send: (thing: T, key: string) => Promise<unknown>): Promise<number> {
  let things: T[] = []
  let idle = 0
  for (let nth = 1; nth <= STATEMENTS_MAX; nth += 1) {
    if (things.length === 0) things = [...(await supply(12))]
    const thing = things.pop()
    if (thing === undefined) throw new Error('There is nothing to do it to.')
    cut.arm(nth, nth % 2 === 0 ? 'after' : 'before')
    await untilAnswered((key) => send(thing, key))
    idle = cut.disarm() ? 0 : idle + 1
    // What is broken stays broken: to look now and then says the same as to look each time.
    const found = nth % 4 === 0 || idle === 2 ? await broken(house.superuserUrl) : []
    expect([nth, found]).toEqual([nth, []])
    if (idle === 2) return nth - 2
  }
  throw new Error('The command has no end.')
}

describe('a command whose connection is cut at any statement', () => {
  it('a pick is done once', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-PICK')
    const statements = await cutEverywhere(async (count) => {
      await onTheFloor(hands, count)
      return leased(hands, count)
    }, (taskId, idempotencyKey) => hands.tasks.completeTask({ params: { taskId }, body: { deviceId: 'd' }, idempotencyKey }))
    expect(statements).toBeGreaterThan(8)
    expect(await sql(house.superuserUrl, "select count(*) from bss.warehouse_task where kind = 'pick' and status not in ('completed', 'ready', 'leased')")).toEqual([['0']])
  })

  it('a short pick corrects the books once', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-SHORT')
    const statements = await cutEverywhere(async (count) => {
      await onTheFloor(hands, count)
      return leased(hands, count)
    }, (taskId, idempotencyKey) => hands.tasks.shortTask({ params: { taskId }, body: { deviceId: 'd', found: '0', code: 'not_found' }, idempotencyKey }))
    expect(statements).toBeGreaterThan(8)
    expect(await sql(house.superuserUrl, `select (select count(*) from bss.warehouse_task where status = 'short_completed') = (select count(*) from bss.stock_move where reason = 'lost')`)).toEqual([['t']])
  })

  it('packing gives one package and one number', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-PACK')
    const contents = new Map<ShipmentId, Awaited<ReturnType<typeof contentsOf>>>()
    const statements = await cutEverywhere(async (count) => {
      const { shipments } = await picked(hands, count)
      for (const id of shipments) contents.set(id, await contentsOf(hands, id))
      return shipments
    }, (shipmentId, idempotencyKey) =>
      hands.shipments.packShipment({ params: { shipmentId }, body: { units: [{ kind: 'package', contents: contents.get(shipmentId) ?? [] }] }, idempotencyKey }))
    expect(statements).toBeGreaterThan(5)
  })

  it('goods issue is whole or not at all', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-SHIP')
    const statements = await cutEverywhere(async (count) => {
      const { shipments } = await picked(hands, count)
      for (const id of shipments) await hands.shipments.packShipment({ params: { shipmentId: id }, body: { units: [{ kind: 'package', contents: await contentsOf(hands, id) }] } })
      return shipments
    }, (shipmentId, idempotencyKey) => hands.shipments.shipShipment({ params: { shipmentId }, body: {}, idempotencyKey }))
    expect(statements).toBeGreaterThan(8)
    expect(await sql(house.superuserUrl, `select count(*) from bss.shipment s where s.status = 'shipped' and not (
      exists (select from bss.outbound_ship_notice n where n.organization_id = s.organization_id and n.id = s.id) and exists (select from bss.invoice_request i where i.organization_id = s.organization_id and i.shipment_id = s.id))`)).toEqual([['0']])
  })

  it('cancelling what is picked frees it once', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-CANCEL')
    const statements = await cutEverywhere(async (count) => (await picked(hands, count)).orders, (orderId, idempotencyKey) => hands.orders.cancelOrder({ params: { orderId }, body: {}, idempotencyKey }))
    expect(statements).toBeGreaterThan(6)
  })

  it('a withdrawn return frees what it asked for once', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-RETURN')
    const statements = await cutEverywhere(async (count) => {
      const { orders, shipments } = await picked(hands, count)
      for (const id of shipments) {
        await hands.shipments.packShipment({ params: { shipmentId: id }, body: { units: [{ kind: 'package', contents: await contentsOf(hands, id) }] } })
        await hands.shipments.shipShipment({ params: { shipmentId: id }, body: {} })
      }
      const asked: ReturnId[] = []
      for (const orderId of orders) {
        const { lines } = await hands.orders.getOrder({ params: { orderId } })
        asked.push((await hands.orders.requestReturn({ body: { lines: lines.map(({ id }) => ({ orderLineId: id, quantity: '1', reason: 'other' })) } })).id)
      }
      return asked
    }, (returnId, idempotencyKey) => hands.orders.cancelReturn({ params: { returnId }, body: {}, idempotencyKey }))
    expect(statements).toBeGreaterThan(4)
    expect(await sql(house.superuserUrl, "select count(*) from bss.sales_return s where s.status = 'cancelled' and (select count(*) from bss.outbox_event e where e.topic = 'return.cancelled' and e.aggregate_id = s.id) <> 1")).toEqual([['0']])
  })

  it('a count is posted once', { timeout: 120_000 }, async () => {
    const hands = await newFloor('CUT-COUNT')
    const { floor, inventory } = hands
    let found = 2_000
    // One count of each bin at a time: approved counts of one bin would find what the first has posted.
    const statements = await cutEverywhere(async () => {
      found -= 1
      const counts: CycleCountId[] = []
      for (const [n, locationId] of floor.binIds.entries()) {
        const { id: countId } = await inventory.planCount({ body: { siteId: floor.siteId, locationIds: [locationId], toleranceQuantity: '1' } })
        const params = { countId }
        await inventory.recordCount({ params, body: { locationId, entries: floor.itemIds.slice(n, n + 1).map((itemId) => ({ itemId, quantity: String(found) })) } })
        await inventory.reviewCount({ params })
        await inventory.approveCount({ params })
        counts.push(countId)
      }
      return counts
    }, (countId, idempotencyKey) => inventory.postCount({ params: { countId }, idempotencyKey }))
    expect(statements).toBeGreaterThan(6)
    expect(await sql(house.superuserUrl, "select count(*) from (select m.document_line_id from bss.stock_move m where m.document_kind = 'count' group by 1 having count(*) > 1) q")).toEqual([['0']])
  })
})

describe('the rules themselves', () => {
  it('notice what is wrong', async () => {
    expect(await broken(house.superuserUrl)).toEqual([])
    const free = 'set session_replication_role = replica'
    const wrongs: readonly (readonly [string, string])[] = [
      ['update bss.sales_order_line set picked = picked + 1 where shipped > 0', 'update bss.sales_order_line set picked = picked - 1 where shipped > 0'],
      ['update bss.sales_order_line set to_return = to_return + 1 where shipped > returned', 'update bss.sales_order_line set to_return = to_return - 1 where shipped > returned'],
      ["update bss.warehouse_task set done = done - 1 where status = 'completed'", "update bss.warehouse_task set done = done + 1 where status = 'completed'"],
    ]
    for (const [wrong, right] of wrongs) {
      await plant(house.superuserUrl, [free, wrong])
      expect((await broken(house.superuserUrl)).length).toBeGreaterThan(0)
      await plant(house.superuserUrl, [free, right])
      expect(await broken(house.superuserUrl)).toEqual([])
    }
  })
})

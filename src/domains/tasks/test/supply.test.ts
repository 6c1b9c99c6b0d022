// What supplies the floor: put-away into bins with room, receipts that end, faces that are filled again, promises that lose their bin.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import type { ItemId, LocationId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { floorOf, type Floor } from '../../orders/test/floor.ts'
import { openShop, type Shop } from '../../orders/test/shop.ts'
import { shipmentsApi } from '../../shipments/contract.ts'
import { tasksApi } from '../contract.ts'

let house: House
let shop: Shop
let floor: Floor
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  shop = await openShop(house, house.acme, 'SUPPLY')
  floor = floorOf(house, await bin('PACK', 'pack'))
}, 120_000)
afterAll(() => house.close())
const admin = () => house.client(inventoryApi, 'tenant_admin')
const lead = () => house.client(tasksApi, 'warehouse_lead')
const operator = () => house.client(tasksApi, 'warehouse_operator')
const planner = () => house.client(ordersApi, 'planner')
const deviceId = 'scanner-1'
const bin = async (code: string, kind: 'storage' | 'pick' | 'receive' | 'pack', more: { capacity?: string; pickSequence?: number } = {}): Promise<LocationId> =>
  (await admin().createLocation({ params: { siteId: shop.siteId }, body: { code, kind, ...more } })).id
const put = (itemId: ItemId, locationId: LocationId, change: string) => admin().adjustStock({ body: { siteId: shop.siteId, reason: 'count', lines: [{ itemId, locationId, change }] } })

async function waved(itemId: ItemId, quantity: string) {
  const order = await planner().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity, backorderPolicy: 'split' }] } })
  await planner().releaseOrder({ params: { orderId: order.id } })
  const shipment = await house.client(shipmentsApi, 'warehouse_lead').createShipment({ body: { orderIds: [order.id] } })
  const wave = await lead().planWave({ body: { siteId: shop.siteId, shipmentIds: [shipment.id] } })
  await lead().releaseWave({ params: { waveId: wave.id } })
  return { orderId: order.id, shipmentId: shipment.id, waveId: wave.id }
}
async function eventually<T>(look: () => Promise<T>, isThere: (value: T) => boolean, boundMs = 20_000): Promise<T> {
  for (const deadline = Date.now() + boundMs; ; ) {
    const value = await look()
    if (isThere(value) || Date.now() > deadline) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const tasksOf = async (itemId: ItemId, kind: 'pick' | 'putaway' | 'replenish') =>
  (await lead().listTasks({ query: { 'filter[kind]': kind, 'filter[siteId]': shop.siteId, limit: 200, sort: 'created' } })).items.filter((each) => each.itemId === itemId)
/** The next task of this kind for the item, held; the others are given back. */
async function held(kind: 'pick' | 'putaway' | 'replenish', itemId: ItemId) {
  const { tasks } = await operator().nextTasks({ body: { siteId: shop.siteId, deviceId, kinds: [kind], count: 50 } })
  const task = tasks.find((each) => each.itemId === itemId)
  for (const each of tasks) if (each.id !== task?.id) await operator().releaseTask({ params: { taskId: each.id }, body: { deviceId } })
  if (task === undefined) throw new Error('There is no such task.')
  return { task, params: { taskId: task.id }, complete: (quantity = task.planned ?? '0') => operator().completeTask({ params: { taskId: task.id }, body: { deviceId, quantity } }) }
}

describe('a pick face', () => {
  it('is set, listed and deleted, and refuses what cannot be', async () => {
    const [face, other] = [await shop.item('FACE-1', 0), await shop.item('FACE-2', 0)]
    const locationId = await bin('FACE', 'pick', { capacity: '50' })
    const set = (body: { itemId?: ItemId; locationId?: LocationId; minimum?: string; maximum?: string }) => admin().setPickFace({ body: { locationId, itemId: face, minimum: '2', maximum: '20', ...body } })
    expect(await set({})).toMatchObject({ locationId, itemId: face, minimum: '2', maximum: '20', siteId: shop.siteId })
    expect(await set({ minimum: '5' })).toMatchObject({ minimum: '5' })
    await expect(set({ itemId: other })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'other_item' }] })
    await expect(set({ minimum: '21' })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'below_minimum' }] })
    await expect(set({ maximum: '51' })).rejects.toMatchObject({ errors: [{ code: 'over_capacity' }] })
    await expect(set({ locationId: shop.locationId })).rejects.toMatchObject({ errors: [{ code: 'not_for_picking' }] })
    const query = { 'filter[locationId]': locationId }
    const { items } = await admin().listPickFaces({ query })
    expect(items).toMatchObject([{ itemId: face, minimum: '5' }])
    for (const { id } of items) await admin().deletePickFace({ params: { pickFaceId: id } })
    expect(await admin().listPickFaces({ query })).toMatchObject({ items: [] })
  })

  it('that a pick takes below its minimum is filled by one task, up to its maximum, with goods that nobody is promised', async () => {
    const itemId = await shop.item('REPL', 0)
    const [face, store] = [await bin('REPL-FACE', 'pick', { pickSequence: 1 }), await bin('REPL-STORE', 'storage', { pickSequence: 9 })]
    await admin().setPickFace({ body: { locationId: face, itemId, minimum: '4', maximum: '10' } })
    await put(itemId, face, '6')
    await put(itemId, store, '30')
    await waved(itemId, '4')
    const pick = await held('pick', itemId)
    await pick.complete('1')
    expect(await tasksOf(itemId, 'replenish')).toEqual([])
    // This part leaves 3 at the face: the task is there with the answer, not later.
    await pick.complete('2')
    const filling = { kind: 'replenish', fromLocationId: store, toLocationId: face, planned: '7', status: 'ready' }
    expect(await tasksOf(itemId, 'replenish')).toMatchObject([filling])
    await pick.complete('1')
    expect(await tasksOf(itemId, 'replenish')).toHaveLength(1)
    // Promised meanwhile: what is left to carry is not there for the face.
    const promised = await planner().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity: '28', backorderPolicy: 'split' }] } })
    await planner().releaseOrder({ params: { orderId: promised.id } })
    const { params, complete } = await held('replenish', itemId)
    await expect(complete()).rejects.toMatchObject({ code: 'conflict' })
    await planner().cancelOrder({ params: { orderId: promised.id }, body: { reason: 'Not wanted' } })
    await complete()
    expect(await lead().getTask({ params })).toMatchObject({ status: 'completed', done: '7' })
    expect(await sql(house.superuserUrl, 'select trim_scale(on_hand)::text from bss.stock_balance where location_id = $1', [face])).toEqual([['9']])
    expect(await floor.broken()).toEqual([])
  })

  it('that something else emptied is found by the chore, once goods for it are there', async () => {
    const itemId = await shop.item('CHORE', 0)
    const [face, full, small] = [await bin('CHORE-FACE', 'pick'), await bin('CHORE-FULL', 'storage'), await bin('CHORE-SMALL', 'storage')]
    await admin().setPickFace({ body: { locationId: face, itemId, minimum: '4', maximum: '10' } })
    await admin().adjustStock({ body: { siteId: shop.siteId, reason: 'count', lines: [{ itemId, locationId: small, change: '3' }, { itemId, locationId: full, change: '5' }] } })
    // Goods without a date: the fullest bin first, and only what lies there.
    expect(await eventually(() => tasksOf(itemId, 'replenish'), ({ length }) => length > 0, 60_000)).toMatchObject([{ fromLocationId: full, toLocationId: face, planned: '5' }])
  }, 90_000)
})

describe('put-away', () => {
  it('is split over bins with room, the low face first; tasks on their way take their room; the receipt ends with the last', async () => {
    const itemId = await shop.item('PUTAWAY', 0)
    // The other bins of this site are not empty.
    await shop.item('ELSEWHERE', 1)
    const [gate, face, first, second] = [await bin('GATE', 'receive'), await bin('PA-FACE', 'pick'), await bin('PA-1', 'storage', { capacity: '10', pickSequence: 1 }), await bin('PA-2', 'storage', { capacity: '100', pickSequence: 2 })]
    await admin().setPickFace({ body: { locationId: face, itemId, minimum: '2', maximum: '6' } })
    const receive = (quantity: string) => admin().receiveStock({ body: { siteId: shop.siteId, lines: [{ itemId, locationId: gate, quantity }] } })
    const receipt = await receive('12')
    const places = (tasks: Awaited<ReturnType<typeof tasksOf>>) => tasks.map((each) => [each.fromLocationId, each.toLocationId, each.planned, each.receiptId])
    expect(places(await eventually(() => tasksOf(itemId, 'putaway'), ({ length }) => length === 2))).toEqual([[gate, face, '6', receipt.id], [gate, first, '6', receipt.id]])
    // Nothing of it was carried yet: what comes now finds the face full and 4 of room in the first bin.
    const later = await receive('5')
    expect(places(await eventually(() => tasksOf(itemId, 'putaway'), ({ length }) => length === 4)).slice(2)).toEqual([[gate, first, '4', later.id], [gate, second, '1', later.id]])
    const state = async () => (await admin().getReceipt({ params: { receiptId: receipt.id } })).status
    expect(await state()).toBe('received')
    for (let n = 0; n < 4; n++) await (await held('putaway', itemId)).complete()
    expect(await eventually(state, (status) => status !== 'received')).toBe('put_away')
    expect(await eventually(async () => (await admin().getReceipt({ params: { receiptId: later.id } })).status, (status) => status !== 'received')).toBe('put_away')
    expect(await sql(house.superuserUrl, 'select trim_scale(on_hand)::text from bss.stock_balance where item_id = $1 and on_hand > 0 order by on_hand', [itemId])).toEqual([['1'], ['6'], ['10']])
    expect(await tasksOf(itemId, 'replenish')).toEqual([])
  })
})

describe('promises that lose their bin', () => {
  it('by a count are given another, and the floor a new task', async () => {
    const itemId = await shop.item('COUNTED', 0)
    const [here, there] = [await bin('CNT-1', 'storage', { pickSequence: 1 }), await bin('CNT-2', 'storage', { pickSequence: 2 })]
    await put(itemId, here, '5')
    const { orderId, shipmentId, waveId } = await waved(itemId, '5')
    await put(itemId, there, '9')
    const count = await admin().planCount({ body: { siteId: shop.siteId, locationIds: [here] } })
    const params = { countId: count.id }
    for (let round = 0; round < 2; round++) await house.client(inventoryApi, 'warehouse_operator').recordCount({ params, body: { locationId: here, entries: [{ itemId, quantity: '2' }] } })
    await admin().reviewCount({ params })
    await house.client(inventoryApi, 'warehouse_lead').approveCount({ params })
    await admin().postCount({ params })
    const open = async () => (await tasksOf(itemId, 'pick')).filter((each) => each.status === 'ready').map((each) => [each.fromLocationId, each.planned, each.waveId])
    expect(await eventually(open, ({ length }) => length === 2)).toEqual([[here, '2', waveId], [there, '3', waveId]])
    for (let n = 0; n < 2; n++) await (await held('pick', itemId)).complete()
    expect(await planner().getOrder({ params: { orderId } })).toMatchObject({ lines: [{ picked: '5', reserved: '5' }] })
    expect(await house.client(shipmentsApi, 'warehouse_lead').getShipment({ params: { shipmentId } })).toMatchObject({ status: 'picked' })
    expect(await floor.broken()).toEqual([])
  })

  it('by another pick that is short are off the floor with it; a wave whose last tasks are cancelled is completed', async () => {
    const itemId = await shop.item('SHARED', 5)
    const urgent = await waved(itemId, '3')
    const other = await waved(itemId, '2')
    const { task, params } = await held('pick', itemId)
    expect(task.waveId).toBe(urgent.waveId)
    await operator().shortTask({ params, body: { deviceId, found: '0', code: 'not_found' } })
    await planner().cancelOrder({ params: { orderId: other.orderId }, body: { reason: 'Not wanted' } })
    expect(await eventually(() => lead().getWave({ params: { waveId: other.waveId } }), ({ status }) => status === 'completed')).toMatchObject({ status: 'completed', tasks: 1, tasksEnded: 1 })
    expect(await floor.broken()).toEqual([])
  })
})

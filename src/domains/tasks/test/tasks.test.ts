// Tasks: what is next and for whom, picks that move their goods once, shorts, cancellations, waves from plan to end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import type { OrderId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { floorOf, type Floor } from '../../orders/test/floor.ts'
import { openShop, type Shop } from '../../orders/test/shop.ts'
import { shipmentsApi } from '../../shipments/contract.ts'
import { tasksApi } from '../contract.ts'
import { TASK_ARROWS, TASK_STATUSES, WAVE_ARROWS, WAVE_STATUSES } from '../rules.ts'

let house: House
let shop: Shop
let floor: Floor
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  shop = await openShop(house, house.acme, 'MAIN')
  const pack = await house.client(inventoryApi, 'tenant_admin').createLocation({ params: { siteId: shop.siteId }, body: { code: 'PACK', kind: 'pack' } })
  floor = floorOf(house, pack.id)
}, 120_000)
afterAll(() => house.close())
const lead = () => house.client(tasksApi, 'warehouse_lead')
const operator = () => house.client(tasksApi, 'warehouse_operator')
const planner = () => house.client(ordersApi, 'planner')
const deviceId = 'scanner-1'

/** A released order of one line, in a released wave of its own; gives its wave. */
async function waved(sku: string, onHand: number, quantity: string) {
  const itemId = await shop.item(sku, onHand)
  const order = await planner().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity, backorderPolicy: 'split' }] } })
  await planner().releaseOrder({ params: { orderId: order.id } })
  const shipment = await house.client(shipmentsApi, 'warehouse_lead').createShipment({ body: { orderIds: [order.id] } })
  const wave = await lead().planWave({ body: { siteId: shop.siteId, shipmentIds: [shipment.id] } })
  return { itemId, orderId: order.id, shipmentId: shipment.id, wave: await lead().releaseWave({ params: { waveId: wave.id } }) }
}
const order = (orderId: OrderId) => planner().getOrder({ params: { orderId } })
async function next(kinds: readonly ('pick' | 'pack' | 'count' | 'putaway')[] = ['pick']) {
  const { tasks: [task] } = await operator().nextTasks({ body: { siteId: shop.siteId, deviceId, kinds: [...kinds] } })
  if (task === undefined) throw new Error('There is no task.')
  return { task, params: { taskId: task.id } }
}
async function eventually<T>(look: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const value = await look()
    if (isThere(value) || Date.now() > deadline) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('a wave', () => {
  it('is planned, released and picked; its goods lie at the packing place with their promise, once', async () => {
    const { orderId, shipmentId, wave } = await waved('WAVE', 10, '5')
    expect(wave).toMatchObject({ status: 'released', tasks: 1, shipmentIds: [shipmentId] })
    const { task, params } = await next()
    expect(task).toMatchObject({ kind: 'pick', status: 'leased', planned: '5', done: '0', sku: 'WAVE', shipmentId, waveId: wave.id })
    expect(await operator().nextTasks({ body: { siteId: shop.siteId, deviceId: 'scanner-2', kinds: ['pick'] } })).toMatchObject({ tasks: [] })
    const body = { deviceId, quantity: '2' }
    expect(await operator().completeTask({ params, body, idempotencyKey: 'part' })).toMatchObject({ status: 'in_progress', done: '2' })
    expect(await operator().completeTask({ params, body, idempotencyKey: 'part' })).toMatchObject({ status: 'in_progress', done: '2' })
    expect(await operator().completeTask({ params, body: { deviceId } })).toMatchObject({ status: 'completed', done: '5', leaseUntil: null })
    await expect(operator().completeTask({ params, body: { deviceId } })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await order(orderId)).toMatchObject({ status: 'in_fulfilment', lines: [{ picked: '5', reserved: '5' }] })
    expect(await floor.broken()).toEqual([])
    expect(await eventually(() => lead().getWave({ params: { waveId: wave.id } }), ({ status }) => status === 'completed')).toMatchObject({ status: 'completed', tasksEnded: 1 })
    expect(await eventually(() => lead().listTasks({ query: { 'filter[shipmentId]': shipmentId, 'filter[kind]': 'pack' } }), ({ items }) => items.length === 1)).toMatchObject({ items: [{ status: 'ready' }] })
  })

  it('is not made twice of the same shipment, and is released once', async () => {
    const { shipmentId, wave } = await waved('ONCE', 10, '1')
    await expect(lead().releaseWave({ params: { waveId: wave.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(lead().planWave({ body: { siteId: shop.siteId, shipmentIds: [shipmentId] } })).rejects.toMatchObject({ code: 'conflict' })
    const { params } = await next()
    await operator().completeTask({ params, body: { deviceId } })
  })
})

describe('a lease', () => {
  it('is one person on one device; it is kept alive, given back, and taken away by a lead', async () => {
    await waved('LEASE', 10, '3')
    const { params } = await next()
    await expect(operator().completeTask({ params, body: { deviceId: 'other' } })).rejects.toMatchObject({ code: 'conflict' })
    await expect(lead().completeTask({ params, body: { deviceId } })).rejects.toMatchObject({ code: 'conflict' })
    await expect(operator().reassignTask({ params, body: { assignee: null } })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await operator().heartbeatTask({ params, body: { deviceId } })).toMatchObject({ status: 'leased' })
    expect(await operator().releaseTask({ params, body: { deviceId } })).toMatchObject({ status: 'ready', assignee: null, leaseDevice: null })
    expect((await next()).task.id).toBe(params.taskId)
    expect(await operator().failTask({ params, body: { deviceId, code: 'location_blocked' } })).toMatchObject({ status: 'exception', exceptionCode: 'location_blocked', leaseUntil: null })
    expect(await lead().reassignTask({ params, body: { assignee: null, priority: 1 } })).toMatchObject({ status: 'ready', priority: 1, exceptionCode: null })
    expect((await next()).task.id).toBe(params.taskId)
    await operator().completeTask({ params, body: { deviceId } })
  })

  it('that runs out makes the task anybody’s again; with something done it waits for a lead', async () => {
    await waved('LATE', 10, '3')
    const first = await next()
    await sql(house.superuserUrl, `update bss.warehouse_task set lease_until = now() - interval '1 minute' where id = $1`, [first.params.taskId])
    expect(await eventually(() => lead().getTask(first), ({ status }) => status === 'ready')).toMatchObject({ status: 'ready', assignee: null })
    const again = await next()
    await operator().completeTask({ params: again.params, body: { deviceId, quantity: '1' } })
    await sql(house.superuserUrl, `update bss.warehouse_task set lease_until = now() - interval '1 minute' where id = $1`, [again.params.taskId])
    expect(await eventually(() => lead().getTask(again), ({ status }) => status === 'exception')).toMatchObject({ exceptionCode: 'lease_expired', done: '1' })
    await lead().reassignTask({ params: again.params, body: { assignee: null } })
    const last = await next()
    expect(await operator().completeTask({ params: last.params, body: { deviceId } })).toMatchObject({ status: 'completed', done: '3' })
  }, 60_000)

  it('is given once, whoever asks at the same time', async () => {
    const waves: string[] = []
    for (let n = 0; n < 4; n++) waves.push((await waved(`RACE-${n}`, 5, '1')).wave.id)
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => operator().nextTasks({ body: { siteId: shop.siteId, deviceId: `racer-${n}`, kinds: ['pick'] } })))
    const given = answers.flatMap(({ tasks }) => tasks)
    expect(new Set(given.map(({ id }) => id)).size).toBe(given.length)
    expect(given.filter(({ waveId }) => waveId !== null && waves.includes(waveId))).toHaveLength(4)
    for (const each of given) await operator().completeTask({ params: { taskId: each.id }, body: { deviceId: each.leaseDevice ?? '' } })
    expect(await floor.broken()).toEqual([])
  })
})

describe('a pick', () => {
  it('is never more than its task asks for, and never goes to another site', async () => {
    await waved('OVER', 10, '2')
    const { params } = await next()
    await expect(operator().completeTask({ params, body: { deviceId, quantity: '3' } })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'over_pick' }] })
    await expect(operator().shortTask({ params, body: { deviceId, found: '2', code: 'too_few' } })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'not_short' }] })
    expect(await lead().getTask({ params })).toMatchObject({ status: 'leased', done: '0' })
    await operator().completeTask({ params, body: { deviceId } })
  })

  it('that is short corrects the books, breaks what cannot be kept, and has the bin counted', async () => {
    const { orderId, itemId, shipmentId } = await waved('SHORT', 4, '4')
    const { task, params } = await next()
    expect(await operator().shortTask({ params, body: { deviceId, found: '1', code: 'too_few' } })).toMatchObject({ status: 'short_completed', done: '1', exceptionCode: 'too_few' })
    expect(await eventually(() => order(orderId), ({ lines: [line] }) => line?.reserved === '1')).toMatchObject({ lines: [{ picked: '1', reserved: '1' }] })
    expect(await sql(house.superuserUrl, 'select trim_scale(on_hand)::text from bss.stock_level where item_id = $1', [itemId])).toEqual([['1']])
    expect(await house.client(shipmentsApi, 'warehouse_lead').getShipment({ params: { shipmentId } })).toMatchObject({ status: 'picked', lines: [{ planned: '1', picked: '1' }] })
    expect(await eventually(() => lead().listTasks({ query: { 'filter[kind]': 'count', 'filter[status]': 'ready' } }), ({ items }) => items.some((each) => each.fromLocationId === task.fromLocationId))).toMatchObject({ items: [{ fromLocationId: task.fromLocationId }] })
    expect(await floor.broken()).toEqual([])
    const counting = await next(['count'])
    await expect(operator().completeTask({ params: counting.params, body: { deviceId } })).rejects.toMatchObject({ code: 'invalid' })
    await operator().releaseTask({ params: counting.params, body: { deviceId } })
  })

  it('of a cancelled order is taken off the floor', async () => {
    const { orderId } = await waved('GONE', 10, '4')
    const { params } = await next()
    await planner().cancelOrder({ params: { orderId }, body: { reason: 'The customer changed their mind' } })
    await expect(operator().completeTask({ params, body: { deviceId } })).rejects.toMatchObject({ status: 409 })
    expect(await eventually(() => lead().getTask({ params }), ({ status }) => status === 'cancelled')).toMatchObject({ status: 'cancelled', done: '0', leaseUntil: null })
    expect(await floor.broken()).toEqual([])
  })
})

it('knows the same states as the database', async () => {
  const pairs = (from: readonly string[]) => from.flatMap((a) => from.map((b) => [a, b]))
  const inDatabase = async (name: string, list: readonly string[]) => (await sql(house.superuserUrl, `select a, b from unnest($1::text[]) a, unnest($1::text[]) b where bss.${name}(a, b) order by 1, 2`, [list])).map(([a, b]) => `${a} ${b}`)
  const inCode = (arrows: Readonly<Record<string, readonly string[]>>, list: readonly string[]) => pairs(list).filter(([a, b]) => arrows[a ?? '']?.includes(b ?? '') === true).map(([a, b]) => `${a} ${b}`).toSorted((a, b) => (a < b ? -1 : 1))
  expect((await inDatabase('task_may_become', TASK_STATUSES)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(inCode(TASK_ARROWS, TASK_STATUSES))
  expect((await inDatabase('wave_may_become', WAVE_STATUSES)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(inCode(WAVE_ARROWS, WAVE_STATUSES))
})

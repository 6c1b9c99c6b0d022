// A pick that finds too little, seen from the shipment: what is not there is no longer planned for it, and the rest leaves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { newId, type ItemId, type OrderId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { openShop, type Shop } from '../../orders/test/shop.ts'
import { shipmentsApi } from '../../shipments/contract.ts'
import { tasksApi } from '../contract.ts'
import type { Task } from '../work/contract.ts'

let house: House
let shop: Shop
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  shop = await openShop(house, house.acme, 'MAIN')
  await house.client(inventoryApi, 'tenant_admin').createLocation({ params: { siteId: shop.siteId }, body: { code: 'PACK', kind: 'pack' } })
  await house.client(shipmentsApi, 'tenant_admin').setShippingSettings({ params: { siteId: shop.siteId }, body: { companyPrefix: '4012345', extension: 3 } })
}, 120_000)
afterAll(() => house.close())
const lead = () => house.client(tasksApi, 'warehouse_lead')
const operator = () => house.client(tasksApi, 'warehouse_operator')
const shipments = () => house.client(shipmentsApi, 'warehouse_lead')
const orders = () => house.client(ordersApi, 'planner')
const deviceId = 'scanner-1'

async function waved(lines: readonly { readonly itemId: ItemId; readonly quantity: string }[]) {
  const order = await orders().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: lines.map((line) => ({ ...line, backorderPolicy: 'split' as const })) } })
  await orders().releaseOrder({ params: { orderId: order.id } })
  const shipment = await shipments().createShipment({ body: { orderIds: [order.id] } })
  const wave = await lead().planWave({ body: { siteId: shop.siteId, shipmentIds: [shipment.id] } })
  await lead().releaseWave({ params: { waveId: wave.id } })
  return { orderId: order.id, params: { shipmentId: shipment.id } }
}
/** The open pick tasks, taken. */
async function taken(count: number): Promise<(itemId: ItemId) => Task> {
  const { tasks } = await operator().nextTasks({ body: { siteId: shop.siteId, deviceId, kinds: ['pick'], count: 10 } })
  expect(tasks).toHaveLength(count)
  return (itemId) => {
    const task = tasks.find((each) => each.itemId === itemId)
    if (task === undefined) throw new Error('There is no task for this item.')
    return task
  }
}
const short = (task: Task, found: string) => operator().shortTask({ params: { taskId: task.id }, body: { deviceId, found, code: 'too_few' } })
const reservedOf = async (orderId: OrderId) => (await orders().getOrder({ params: { orderId } })).lines.map(({ picked, reserved }) => [picked, reserved])

describe('a short pick', () => {
  it('takes what is missing out of the plan; the rest is packed and leaves', async () => {
    const full = await shop.item('FULL', 10)
    const few = await shop.item('FEW', 4)
    const { orderId, params } = await waved([{ itemId: full, quantity: '5' }, { itemId: few, quantity: '4' }])
    const taskOf = await taken(2)
    await short(taskOf(few), '1')
    expect(await shipments().getShipment({ params })).toMatchObject({ status: 'picking' })
    await operator().completeTask({ params: { taskId: taskOf(full).id }, body: { deviceId } })
    const picked = await shipments().getShipment({ params })
    expect(picked.status).toBe('picked')
    const of = (itemId: ItemId) => picked.lines.find((line) => line.itemId === itemId)
    expect([of(full), of(few)]).toMatchObject([{ planned: '5', picked: '5' }, { planned: '1', picked: '1' }])
    await expect(shipments().packShipment({ params, body: { units: [{ kind: 'package', contents: [{ itemId: few, quantity: '2' }] }] } })).rejects.toMatchObject({ errors: [{ code: 'more_than_picked' }] })
    expect(await shipments().packShipment({ params, body: { units: [{ kind: 'package', contents: [{ itemId: full, quantity: '5' }, { itemId: few, quantity: '1' }] }] } })).toMatchObject({ status: 'packed' })
    expect(await shipments().shipShipment({ params, body: {} })).toMatchObject({ status: 'shipped' })
    expect(await orders().getOrder({ params: { orderId } })).toMatchObject({ status: 'in_fulfilment', lines: [{ shipped: '5' }, { shipped: '1' }] })
    const { items } = await shipments().getShipmentTimeline({ params })
    expect(items.find(({ kind }) => kind === 'short')?.details).toMatchObject({ lines: [{ shipmentLineId: of(few)?.id ?? newId(), quantity: '3' }] })
  }, 60_000)

  it('that finds nothing of all that was planned cancels the shipment; the order waits', async () => {
    const none = await shop.item('NONE', 3)
    const { orderId, params } = await waved([{ itemId: none, quantity: '3' }])
    await short((await taken(1))(none), '0')
    expect(await shipments().getShipment({ params })).toMatchObject({ status: 'cancelled', lines: [{ planned: '0', picked: '0' }] })
    // The worker breaks the promise.
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && (await reservedOf(orderId))[0]?.[1] !== '0'; ) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await reservedOf(orderId)).toEqual([['0', '0']])
    await expect(shipments().createShipment({ body: { orderIds: [orderId] } })).rejects.toMatchObject({ code: 'illegal_transition' })
  }, 60_000)
})

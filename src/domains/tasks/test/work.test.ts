// Tasks that other rooms' commands stand behind: inspections, packing, loading and unloading; moves that somebody orders; room that is taken.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ssccOf } from '../../../kernel/gs1/index.ts'
import type { ItemId } from '../../../kernel/ids.ts'
import { DEVICE, eventually, openGround, type Ground } from './ground.ts'

let g: Ground
beforeAll(async () => {
  g = await openGround('WORK')
}, 120_000)
afterAll(() => g.house.close())

describe('an inspect task', () => {
  const arrived = async (sku: string, quantity: string) => {
    const { itemId } = await g.item(sku)
    await g.inventory.setInspectionPlan({ body: { itemId, kind: 'always' } })
    const receipt = await g.inventory.receiveStock({ body: { siteId: g.siteId, lines: [{ itemId, locationId: g.bins.gate, quantity }] } })
    return { itemId, receiptId: receipt.id, inspections: async () => (await g.inventory.listInspections({ query: { 'filter[receiptId]': receipt.id } })).items }
  }

  it('comes with goods in quarantine, decides the inspection in one command, and what is accepted is put away', async () => {
    const { itemId, receiptId, inspections } = await arrived('LOOKED-AT', '10')
    const { task, params } = await g.next('inspect')
    expect(task).toMatchObject({ itemId, receiptId, fromLocationId: g.bins.look, planned: '10', done: '0', inspectionId: (await inspections())[0]?.id })
    await expect(g.operator.completeTask({ params, body: { deviceId: DEVICE } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/inspection' }] })
    await expect(g.operator.completeTask({ params, body: { deviceId: DEVICE, inspection: { accepted: '8', rejected: '1', disposition: 'scrap', reason: 'Broken' } } })).rejects.toMatchObject({ errors: [{ code: 'not_all' }] })
    const body = { deviceId: DEVICE, inspection: { accepted: '8', rejected: '2', disposition: 'scrap' as const, reason: 'Broken' } }
    expect(await g.operator.completeTask({ params, body, idempotencyKey: 'looked' })).toMatchObject({ status: 'completed', done: '10' })
    expect(await g.operator.completeTask({ params, body, idempotencyKey: 'looked' })).toMatchObject({ status: 'completed', done: '10' })
    expect(await inspections()).toMatchObject([{ status: 'decided', accepted: '8', rejected: '2', disposition: 'scrap' }])
    expect([await g.onHand(itemId, g.bins.look), await g.onHand(itemId, g.bins.gate)]).toEqual(['0', '8'])
    const putAway = await g.next('putaway')
    expect(putAway.task).toMatchObject({ itemId, planned: '8', receiptId })
    await g.operator.completeTask({ params: putAway.params, body: { deviceId: DEVICE, toLocationId: g.shop.locationId } })
    expect(await eventually(async () => (await g.inventory.getReceipt({ params: { receiptId } })).status, (status) => status === 'put_away')).toBe('put_away')
    expect(await g.floor.broken()).toEqual([])
  })

  it('ends when the inspection is decided without it; a receipt of which nothing was accepted is done', async () => {
    const { receiptId, inspections } = await arrived('DECIDED', '4')
    const { task, params } = await g.next('inspect')
    const [inspection] = await inspections()
    if (inspection === undefined) throw new Error('There is none.')
    await g.inventory.decideInspection({ params: { inspectionId: inspection.id }, body: { accepted: '0', rejected: '4', disposition: 'return_to_vendor', reason: 'Wrong colour' } })
    expect(task.inspectionId).toBe(inspection.id)
    expect(await eventually(() => g.lead.getTask({ params }), ({ status }) => status === 'cancelled')).toMatchObject({ status: 'cancelled', leaseUntil: null, done: '0' })
    await expect(g.operator.completeTask({ params, body: { deviceId: DEVICE, inspection: { accepted: '4', rejected: '0' } } })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await eventually(async () => (await g.inventory.getReceipt({ params: { receiptId } })).status, (status) => status === 'put_away')).toBe('put_away')
  })
})

describe('a shipment on its way out', () => {
  const picked = async (sku: string) => {
    const { itemId } = await g.item(sku)
    await g.put(itemId, g.shop.locationId, '20')
    const shipmentId = await g.waved([{ itemId, quantity: '6' }])
    const { params } = await g.next('pick')
    await g.operator.completeTask({ params, body: { deviceId: DEVICE } })
    return { itemId, shipmentId, path: { shipmentId } }
  }
  const shipment = (path: Awaited<ReturnType<typeof picked>>['path']) => g.shipments.getShipment({ params: path })
  const packAll = async (itemId: ItemId) => {
    const { params } = await g.next('pack')
    return g.operator.completeTask({ params, body: { deviceId: DEVICE, units: [{ kind: 'package', contents: [{ itemId, quantity: '2' }] }, { kind: 'package', contents: [{ itemId, quantity: '4' }] }] } })
  }

  it('is packed in parts and loaded by tasks alone, with the labels of its own packages and of all of them', async () => {
    const { itemId, path } = await picked('OUT')
    const packing = await g.next('pack')
    await expect(g.operator.completeTask({ params: packing.params, body: { deviceId: DEVICE } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/units' }] })
    expect(await g.operator.completeTask({ params: packing.params, body: { deviceId: DEVICE, units: [{ kind: 'package', contents: [{ itemId, quantity: '2' }] }] } })).toMatchObject({ status: 'in_progress' })
    expect(await g.operator.completeTask({ params: packing.params, body: { deviceId: DEVICE, units: [{ kind: 'package', contents: [{ itemId, quantity: '4' }] }] } })).toMatchObject({ status: 'completed' })
    const { status, units: [first, second] } = await shipment(path)
    expect(status).toBe('packed')
    await g.shipments.stageShipment({ params: path, body: {} })
    const { params } = await g.next('load')
    const load = (...labels: string[]) => g.operator.completeTask({ params, body: { deviceId: DEVICE, labels } })
    await expect(load(`(00)${ssccOf({ extension: '9', companyPrefix: '4012345', serial: 1n })}`)).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/labels/0', code: 'foreign_sscc' }] })
    await expect(load('(00)340123450000000018')).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/labels/0', code: 'wrong_check_digit' }] })
    await expect(load(`(00)${first?.sscc}`)).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/labels', code: 'not_all' }] })
    expect(await shipment(path)).toMatchObject({ status: 'staged' })
    expect(await load(`(00)${first?.sscc}`, `]C100${second?.sscc}`)).toMatchObject({ status: 'completed' })
    expect(await shipment(path)).toMatchObject({ status: 'loaded' })
    expect(await g.onHand(itemId, g.bins.dock)).toBe('6')
    expect(await g.shipments.shipShipment({ params: path, body: {} })).toMatchObject({ status: 'shipped' })
    expect(await g.floor.broken()).toEqual([])
  })

  it('comes off its truck by an unload task, does not leave meanwhile, and is loaded again when a lead says so', async () => {
    const { itemId, shipmentId, path } = await picked('BACK')
    await packAll(itemId)
    await expect(g.shipments.unloadShipment({ params: path, body: { reason: 'Too early' } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await g.shipments.stageShipment({ params: path, body: {} })
    await g.shipments.loadShipment({ params: path, body: {} })
    expect(await g.shipments.unloadShipment({ params: path, body: { reason: 'The truck broke down' } })).toMatchObject({ status: 'loaded', isUnloading: true })
    await expect(g.shipments.unloadShipment({ params: path, body: { reason: 'Again' } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(g.shipments.shipShipment({ params: path, body: {} })).rejects.toMatchObject({ code: 'illegal_transition', errors: [{ code: 'unloading' }] })
    const { task, params } = await g.next('unload')
    expect(task.shipmentId).toBe(shipmentId)
    await expect(g.operator.completeTask({ params, body: { deviceId: DEVICE, toLocationId: g.bins.dock } })).rejects.toMatchObject({ errors: [{ code: 'wrong_location' }] })
    expect(await g.operator.completeTask({ params, body: { deviceId: DEVICE } })).toMatchObject({ status: 'completed' })
    expect(await shipment(path)).toMatchObject({ status: 'staged', isUnloading: false, lines: [{ picked: '6', packed: '6' }] })
    expect([await g.onHand(itemId, g.bins.stage), await g.onHand(itemId, g.bins.dock)]).toEqual(['6', '0'])
    expect((await g.shipments.getShipmentTimeline({ params: path })).items.map(({ kind }) => kind).slice(-2)).toEqual(['unloading', 'unloaded'])
    const again = () => g.tasksOf('load', { shipmentId })
    const waiting = (await eventually(again, (tasks) => tasks.some(({ status }) => status === 'created'))).find(({ status }) => status === 'created')
    expect(await g.operator.nextTasks({ body: { siteId: g.siteId, deviceId: DEVICE, kinds: ['load'] } })).toMatchObject({ tasks: [] })
    if (waiting === undefined) throw new Error('There is no task to load it again.')
    await g.lead.reassignTask({ params: { taskId: waiting.id }, body: { assignee: null } })
    const loading = await g.next('load')
    await g.operator.completeTask({ params: loading.params, body: { deviceId: DEVICE } })
    expect(await g.shipments.shipShipment({ params: path, body: {} })).toMatchObject({ status: 'shipped' })
    expect(await g.floor.broken()).toEqual([])
  })

  it('that is cancelled while it comes off needs no unloading any more: its goods are put away from the dock', async () => {
    const { itemId, path } = await picked('CANCELLED')
    await packAll(itemId)
    await g.shipments.stageShipment({ params: path, body: {} })
    await g.shipments.loadShipment({ params: path, body: {} })
    await g.shipments.unloadShipment({ params: path, body: { reason: 'The customer called' } })
    const { params } = await g.next('unload')
    const orderId = (await shipment(path)).lines[0]?.orderId
    if (orderId === undefined) throw new Error('There is no order.')
    await g.orders.cancelOrder({ params: { orderId }, body: { reason: 'Not wanted' } })
    expect(await eventually(() => g.lead.getTask({ params }), ({ status }) => status === 'cancelled')).toMatchObject({ status: 'cancelled' })
    expect(await eventually(() => g.tasksOf('putaway', { itemId }), ({ length }) => length > 0)).toMatchObject([{ fromLocationId: g.bins.dock, planned: '6' }])
  })
})

describe('a move', () => {
  it('is ordered by a lead, worked by an operator, and refused when the goods are not free', async () => {
    const { itemId } = await g.item('MOVED')
    const to = await g.bin('MOVE-TO', 'storage')
    await g.put(itemId, g.shop.locationId, '10')
    const draft = { siteId: g.siteId, itemId, fromLocationId: g.shop.locationId, toLocationId: to, quantity: '7' }
    await expect(g.operator.orderMove({ body: draft })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(g.lead.orderMove({ body: { ...draft, toLocationId: g.shop.locationId } })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'same_location' }] })
    await expect(g.lead.orderMove({ body: { ...draft, quantity: '11' } })).rejects.toMatchObject({ code: 'insufficient_stock', errors: [{ pointer: '/quantity' }] })
    expect(await g.lead.orderMove({ body: { ...draft, priority: 2 }, idempotencyKey: 'move-7' })).toMatchObject({ kind: 'move', status: 'ready', planned: '7', priority: 2 })
    // What is on its way is not there for another, and the same command is done once.
    await g.lead.orderMove({ body: { ...draft, priority: 2 }, idempotencyKey: 'move-7' })
    await expect(g.lead.orderMove({ body: { ...draft, quantity: '4' } })).rejects.toMatchObject({ code: 'insufficient_stock' })
    const { task, params } = await g.next('move')
    expect(task).toMatchObject({ itemId, fromLocationId: g.shop.locationId, toLocationId: to, planned: '7' })
    await g.operator.completeTask({ params, body: { deviceId: DEVICE, quantity: '5' } })
    await expect(g.operator.cancelMove({ params })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await g.lead.cancelMove({ params })).toMatchObject({ status: 'cancelled', done: '5', leaseUntil: null })
    await expect(g.lead.cancelMove({ params })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect([await g.onHand(itemId, g.shop.locationId), await g.onHand(itemId, to)]).toEqual(['5', '5'])
  })
})

describe('room for put-away', () => {
  it('that open tasks will take is not offered again', async () => {
    const [{ itemId }, other] = [await g.item('ROOM'), await g.item('ROOM-FULL')]
    const small = await g.bin('ROOM-1', 'storage', { capacity: '10', pickSequence: 1 })
    const large = await g.bin('ROOM-2', 'storage', { capacity: '500', pickSequence: 2 })
    // The other bins of this site are not empty.
    for (const { id, kind } of (await g.inventory.listLocations({ query: { 'filter[siteId]': g.siteId, limit: 200 } })).items) if (kind === 'storage' && id !== small && id !== large) await g.put(other.itemId, id, '1')
    const suggest = async (quantity: string) => (await g.inventory.suggestPutaway({ body: { siteId: g.siteId, lines: [{ itemId, lotId: null, quantity }] } })).items.map(({ locationId, quantity: part }) => [locationId, part])
    expect(await suggest('8')).toEqual([[small, '8']])
    await g.inventory.receiveStock({ body: { siteId: g.siteId, lines: [{ itemId, locationId: g.bins.gate, quantity: '7' }] } })
    expect(await eventually(() => g.tasksOf('putaway', { itemId }), ({ length }) => length > 0)).toMatchObject([{ toLocationId: small, planned: '7' }])
    expect(await suggest('8')).toEqual([[small, '3'], [large, '5']])
  })
})

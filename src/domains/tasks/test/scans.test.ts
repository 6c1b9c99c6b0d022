// Scans: judged with a code of their own, posted once however often and in whatever order they come, and left to a lead when it is not clear whose they are.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { newId, type ItemId, type LocationId, type LotId, type TaskId } from '../../../kernel/ids.ts'
import { checkDigit } from '../../../kernel/gs1/index.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { floorOf, type Floor } from '../../orders/test/floor.ts'
import { openShop, type Shop } from '../../orders/test/shop.ts'
import { shipmentsApi } from '../../shipments/contract.ts'
import { tasksApi } from '../contract.ts'
import type { ScanDraft } from '../scans/contract.ts'

let house: House
let shop: Shop
let floor: Floor
let packId: LocationId
let bulkId: LocationId
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
  packId = (await inventory().createLocation({ params: { siteId: shop.siteId }, body: { code: 'PACK', kind: 'pack' } })).id
  bulkId = (await inventory().createLocation({ params: { siteId: shop.siteId }, body: { code: 'BULK-1', kind: 'storage' } })).id
  floor = floorOf(house, packId)
}, 120_000)
afterAll(() => house.close())
const inventory = () => house.client(inventoryApi, 'tenant_admin')
const lead = () => house.client(tasksApi, 'warehouse_lead')
const operator = () => house.client(tasksApi, 'warehouse_operator')
const planner = () => house.client(ordersApi, 'planner')

let made = 0
const gtinOf = (n: number): string => { const body = `4012345${String(n).padStart(5, '0')}`; return `${body}${checkDigit(body)}` }
interface Stock { readonly itemId: ItemId; readonly sku: string; readonly gtin: string; readonly lotId: LotId | null }
/** An item with stock, of a lot when one is named. */
async function stock(onHand: string, lot?: { readonly number: string; readonly expiresOn?: string }): Promise<Stock> {
  const n = ++made
  const [sku, gtin] = [`SCAN-${n}`, gtinOf(n)]
  const item = await inventory().createItem({ body: { sku, name: sku, baseUnit: 'EA', gtin, tracking: lot === undefined ? 'none' : 'lot' } })
  const lotId = lot === undefined ? null : (await inventory().createLot({ params: { itemId: item.id }, body: lot })).id
  await inventory().adjustStock({ body: { siteId: shop.siteId, reason: 'opening', lines: [{ itemId: item.id, locationId: shop.locationId, change: onHand, ...(lotId === null ? {} : { lotId }) }] } })
  return { itemId: item.id, sku, gtin, lotId }
}
/** A released order in a released wave of its own, and its pick task leased by a device. */
async function picking(of: Stock, quantity: string, deviceId: string) {
  const order = await planner().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId: of.itemId, quantity, backorderPolicy: 'split' }] } })
  await planner().releaseOrder({ params: { orderId: order.id } })
  const shipment = await house.client(shipmentsApi, 'warehouse_lead').createShipment({ body: { orderIds: [order.id] } })
  const wave = await lead().planWave({ body: { siteId: shop.siteId, shipmentIds: [shipment.id] } })
  await lead().releaseWave({ params: { waveId: wave.id } })
  const { tasks } = await operator().nextTasks({ body: { siteId: shop.siteId, deviceId, kinds: ['pick'], count: 50 } })
  const task = tasks.find(({ waveId }) => waveId === wave.id)
  if (task === undefined) throw new Error('There is no task.')
  return { orderId: order.id, taskId: task.id }
}
let counter = 0
const scan = (taskId: TaskId, rest: Partial<ScanDraft> = {}): ScanDraft => ({ sequence: ++counter, key: `k${counter}`, occurredAt: new Date().toISOString(), taskId, ...rest })
const send = async (deviceId: string, scans: readonly ScanDraft[]) => (await operator().recordScans({ body: { deviceId, scans: [...scans] } })).answers
const taskOf = (taskId: TaskId) => lead().getTask({ params: { taskId } })
const moved = async (taskId: TaskId) => (await sql(house.superuserUrl, 'select trim_scale(coalesce(sum(quantity), 0))::text from bss.stock_move where document_id = $1', [taskId]))[0]?.[0]
const codesOf = (answers: readonly { readonly outcome: string; readonly code: string | null }[]) => answers.map(({ outcome, code }) => code ?? outcome)

describe('a scan', () => {
  it('picks by every form of barcode, ends the task with the last piece, and is answered the same again', async () => {
    const goods = await stock('20', { number: 'L1', expiresOn: '2029-01-31' })
    const { taskId, orderId } = await picking(goods, '5', 'd1')
    const gtin14 = `0${goods.gtin}`
    const scans = [
      scan(taskId, { barcode: goods.gtin }), scan(taskId, { barcode: `]C101${gtin14}10L1` }), scan(taskId, { barcode: `(01)${gtin14}(17)290131(10)L1` }), scan(taskId, { barcode: `https://example.com/01/${gtin14}/10/L1` }),
      scan(taskId, { barcode: goods.sku, location: 'A-01', quantity: '1' }),
    ]
    expect(codesOf(await send('d1', scans))).toEqual(['accepted', 'accepted', 'accepted', 'accepted', 'accepted'])
    expect(await taskOf(taskId)).toMatchObject({ status: 'completed', done: '5', leaseUntil: null })
    expect((await send('d1', scans)).map(({ outcome, firstOutcome }) => [outcome, firstOutcome])).toEqual(scans.map(() => ['duplicate', 'accepted']))
    expect(await moved(taskId)).toBe('5')
    expect(await planner().getOrder({ params: { orderId } })).toMatchObject({ status: 'in_fulfilment', lines: [{ picked: '5', reserved: '5' }] })
    expect(codesOf(await send('d1', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['over_pick'])
    expect(await floor.broken()).toEqual([])
  })

  it('that is wrong is refused with its code, moves nothing, and takes no other down', async () => {
    const goods = await stock('20', { number: 'L1', expiresOn: '2029-01-31' })
    const other = await stock('5')
    const { taskId } = await picking(goods, '5', 'd2')
    const gtin14 = `0${goods.gtin}`
    const wrong = goods.gtin.slice(0, 12) + String((Number(goods.gtin.at(-1)) + 1) % 10)
    const sscc = `34012345000000000${checkDigit('34012345000000000')}`
    const scans: readonly (readonly [string, ScanDraft])[] = [
      ['unknown_barcode', scan(taskId, { barcode: 'no such thing' })], ['unknown_barcode', scan(taskId, { barcode: gtinOf(99_000) })], ['wrong_check_digit', scan(taskId, { barcode: wrong })], ['wrong_item', scan(taskId, { barcode: other.gtin })],
      ['wrong_lot', scan(taskId, { barcode: `(01)${gtin14}(10)L2` })], ['wrong_lot', scan(taskId, { barcode: goods.sku, lot: 'L3' })], ['expired_lot', scan(taskId, { barcode: `(01)${gtin14}(17)200131(10)L1` })],
      ['wrong_location', scan(taskId, { barcode: goods.gtin, location: 'BULK-1' })], ['wrong_location', scan(taskId, { barcode: goods.gtin, toLocation: 'NOWHERE' })], ['over_pick', scan(taskId, { barcode: goods.gtin, quantity: '6' })],
      ['foreign_sscc', scan(taskId, { barcode: sscc })], ['barcode_required', scan(taskId)], ['unknown_task', scan(newId<'WarehouseTask'>(), { barcode: goods.gtin })],
      ['accepted', scan(taskId, { barcode: goods.gtin, quantity: '2' })],
    ]
    expect(codesOf(await send('d2', scans.map(([, each]) => each)))).toEqual(scans.map(([code]) => code))
    expect(await taskOf(taskId)).toMatchObject({ status: 'in_progress', done: '2' })
    expect(await moved(taskId)).toBe('2')
    expect((await lead().listScans({ query: { 'filter[deviceId]': 'd2', limit: 50 } })).items).toHaveLength(scans.length)
    expect(codesOf(await send('stranger', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['held_by_other'])
  })

  it('of a lot that may not leave is refused; so is one of a cancelled order, before and after its task is taken off the floor', async () => {
    const goods = await stock('20', { number: 'L1' })
    const { taskId, orderId } = await picking(goods, '3', 'd3')
    await plant(house.superuserUrl, `update bss.lot set status = 'on_hold' where id = $1`, [goods.lotId])
    expect(codesOf(await send('d3', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['lot_not_available'])
    await plant(house.superuserUrl, `update bss.lot set status = 'available', expires_on = '2020-01-01' where id = $1`, [goods.lotId])
    expect(codesOf(await send('d3', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['expired_lot'])
    await planner().cancelOrder({ params: { orderId }, body: { reason: 'The customer changed their mind' } })
    expect(codesOf(await send('d3', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['task_cancelled'])
    await plant(house.superuserUrl, `update bss.warehouse_task set status = 'cancelled', ended_at = now(), lease_device = null, lease_until = null where id = $1`, [taskId])
    expect(codesOf(await send('d3', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['task_cancelled'])
    expect(await moved(taskId)).toBe('0')
  })

  it('of a clock that cannot be right is flagged and happens now; gaps are shown until they are filled', async () => {
    const goods = await stock('9')
    const { taskId } = await picking(goods, '3', 'd4')
    const at = (sequence: number, days: number): ScanDraft => ({ sequence, key: `clock-${sequence}`, occurredAt: new Date(Date.now() + days * 86_400_000).toISOString(), taskId, barcode: goods.gtin })
    expect((await send('d4', [at(10, 2), at(14, -2), at(12, 0)])).map(({ outcome, isClockOff }) => [outcome, isClockOff])).toEqual([['accepted', true], ['accepted', true], ['accepted', false]])
    expect(await sql(house.superuserUrl, `select count(*)::text from bss.stock_move where document_id = $1 and occurred_at between now() - interval '1 hour' and now()`, [taskId])).toEqual([['1']])
    const device = async () => (await lead().listScanDevices({ query: {} })).items.find((each) => each.deviceId === 'd4')
    expect(await device()).toMatchObject({ received: 3, lastSequence: 14, missing: ['13', '11'] })
    await send('d4', [at(11, 0), at(16, 0)])
    expect(await device()).toMatchObject({ received: 5, lastSequence: 16, missing: ['15', '13'] })
  })

  it('carries put-away goods to the place that was scanned, and says when one is needed', async () => {
    const goods = await stock('8')
    const taskId = newId<'WarehouseTask'>()
    await plant(house.superuserUrl, `insert into bss.warehouse_task (organization_id, id, site_id, kind, status, from_location_id, item_id, planned, created_by, updated_by) select organization_id, $1, site_id, 'move', 'ready', $2, $3, 8, created_by, created_by from bss.location where id = $2`, [taskId, shop.locationId, goods.itemId])
    expect(codesOf(await send('d5', [scan(taskId, { barcode: goods.gtin, toLocation: 'BULK-1' })]))).toEqual(['not_leased'])
    await operator().nextTasks({ body: { siteId: shop.siteId, deviceId: 'd5', kinds: ['move'] } })
    expect(codesOf(await send('d5', [scan(taskId, { barcode: goods.gtin }), scan(taskId, { barcode: goods.gtin, toLocation: 'BULK-1', quantity: '3' }), scan(taskId, { barcode: goods.gtin, toLocation: 'PACK', quantity: '5' })]))).toEqual(['location_required', 'accepted', 'accepted'])
    expect(await taskOf(taskId)).toMatchObject({ status: 'completed', done: '8' })
    expect(await sql(house.superuserUrl, 'select trim_scale(on_hand)::text from bss.stock_balance where item_id = $1 and location_id = $2', [goods.itemId, bulkId])).toEqual([['3']])
  })

  it('is for those who work there', async () => {
    const body = { deviceId: 'd', scans: [scan(newId<'WarehouseTask'>())] }
    await expect(house.client(tasksApi, 'auditor').recordScans({ body })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(operator().listScansToReconcile({ query: {} })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(operator().recordScans({ body: { deviceId: 'd', scans: [] } })).rejects.toMatchObject({ status: 400 })
    await expect(lead().resolveScan({ params: { scanId: newId<'Scan'>() }, body: { decision: 'accept' } })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a lease that ran out', () => {
  const expire = (taskId: TaskId, status: 'ready' | 'exception') =>
    plant(house.superuserUrl, `update bss.warehouse_task set status = $2, exception_code = case $2 when 'exception' then 'lease_expired' end, assignee = case $2 when 'ready' then null else assignee end, lease_device = null, lease_until = null where id = $1`, [taskId, status])

  it('does not matter while nobody took the task; else the scan waits for a lead, who accepts or discards it', async () => {
    const goods = await stock('30')
    const { taskId } = await picking(goods, '6', 'l1')
    await expire(taskId, 'ready')
    expect(codesOf(await send('l1', [scan(taskId, { barcode: goods.gtin })]))).toEqual(['accepted'])
    expect(await taskOf(taskId)).toMatchObject({ status: 'in_progress', leaseDevice: 'l1', done: '1' })
    await expire(taskId, 'exception')
    const answers = await send('l1', [scan(taskId, { barcode: goods.gtin }), scan(taskId, { barcode: goods.gtin, quantity: '2' })])
    expect(answers.map(({ outcome, code }) => [outcome, code])).toEqual([['queued', 'task_in_exception'], ['queued', 'task_in_exception']])
    expect(await taskOf(taskId)).toMatchObject({ done: '1' })
    const waiting = await lead().listScansToReconcile({ query: { 'filter[taskId]': taskId } })
    expect(waiting.items.map(({ id }) => id)).toEqual(answers.map(({ scanId }) => scanId))
    const [first, second] = answers
    if (first === undefined || second === undefined) throw new Error('No answers.')
    expect(await lead().resolveScan({ params: { scanId: first.scanId }, body: { decision: 'accept' } })).toMatchObject({ outcome: 'queued', resolution: 'accepted' })
    expect(await taskOf(taskId)).toMatchObject({ status: 'exception', exceptionCode: 'lease_expired', done: '2' })
    await expect(lead().resolveScan({ params: { scanId: first.scanId }, body: { decision: 'accept' } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(lead().resolveScan({ params: { scanId: second.scanId }, body: { decision: 'discard' } })).rejects.toMatchObject({ code: 'invalid' })
    expect(await lead().resolveScan({ params: { scanId: second.scanId }, body: { decision: 'discard', reason: 'Put back' } })).toMatchObject({ resolution: 'discarded', reason: 'Put back' })
    expect((await lead().listScansToReconcile({ query: { 'filter[taskId]': taskId } })).items).toEqual([])
    expect(await moved(taskId)).toBe('2')
    expect(await floor.broken()).toEqual([])
  })

  it('and a task that somebody else ended: the scan waits, and cannot be accepted when nothing is left', async () => {
    const goods = await stock('30')
    const { taskId } = await picking(goods, '4', 'l2')
    await expire(taskId, 'ready')
    const { tasks } = await lead().nextTasks({ body: { siteId: shop.siteId, deviceId: 'l3', kinds: ['pick'], count: 50 } })
    expect(tasks.map(({ id }) => id)).toContain(taskId)
    const [held] = await send('l2', [scan(taskId, { barcode: goods.gtin })])
    expect(held).toMatchObject({ outcome: 'queued', code: 'held_by_other' })
    await lead().completeTask({ params: { taskId }, body: { deviceId: 'l3' } })
    const [ended] = await send('l2', [scan(taskId, { barcode: goods.gtin })])
    expect(ended).toMatchObject({ outcome: 'queued', code: 'task_ended' })
    await expect(lead().resolveScan({ params: { scanId: held?.scanId ?? newId<'Scan'>() }, body: { decision: 'accept' } })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'task_ended' }] })
    expect(await moved(taskId)).toBe('4')
  })
})

describe('batches', () => {
  it('in any order and any repetition give the same stock and the same sums', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 6 }), fc.array(fc.nat(), { minLength: 64, maxLength: 64 }), fc.integer({ min: 1, max: 4 }), async (quantities, dice, width) => {
      let thrown = 0
      const random = (): number => dice[thrown++ % dice.length] ?? 0
      const goods = [await stock('100'), await stock('100')]
      const device = `p${++made}`
      const total = String(quantities.reduce((sum, each) => sum + each, 0))
      const tasks: TaskId[] = []
      for (const each of goods) tasks.push((await picking(each, total, device)).taskId)
      const scans = tasks.flatMap((taskId, index) => quantities.map((quantity) => scan(taskId, { barcode: goods[index]?.gtin ?? '', quantity: String(quantity) })))
      const repeated = [...scans, ...scans.filter(() => random() % 2 === 0)].map((each) => ({ each, at: random() })).toSorted((a, b) => a.at - b.at).map(({ each }) => each)
      for (let from = 0; from < repeated.length; from += width) {
        const batch = repeated.slice(from, from + width)
        await send(device, batch)
        if (random() % 3 === 0) await send(device, batch)
      }
      for (const taskId of tasks) {
        expect(await taskOf(taskId)).toMatchObject({ status: 'completed', done: total })
        expect(await moved(taskId)).toBe(total)
      }
      expect(await sql(house.superuserUrl, `select count(*)::text, count(*) filter (where outcome = 'accepted')::text from bss.scan s join bss.scan_device d on d.id = s.device_id where d.code = $1`, [device])).toEqual([[String(scans.length), String(scans.length)]])
      expect(await floor.broken()).toEqual([])
    }), { numRuns: 6 })
  }, 120_000)

  it('of eight clients at once, overlapping, are posted once', async () => {
    const goods = await stock('500')
    const tasks: TaskId[] = []
    for (let n = 0; n < 3; n++) tasks.push((await picking(goods, '8', 'crowd')).taskId)
    const scans = tasks.flatMap((taskId) => Array.from({ length: 8 }, () => scan(taskId, { barcode: goods.gtin, quantity: '1' })))
    const answers = (await Promise.all(Array.from({ length: 8 }, (_, n) => send('crowd', [...scans.slice(n * 3), ...scans.slice(0, n * 3 + 6)])))).flat()
    expect(answers.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(scans.length)
    expect(answers.filter(({ outcome }) => outcome !== 'accepted' && outcome !== 'duplicate')).toEqual([])
    for (const taskId of tasks) {
      expect(await taskOf(taskId)).toMatchObject({ status: 'completed', done: '8' })
      expect(await moved(taskId)).toBe('8')
    }
    expect(await floor.broken()).toEqual([])
  })

  it('with a scan that only the database refuses lose only that one', async () => {
    const goods = await stock('8')
    const ids = [newId<'WarehouseTask'>(), newId<'WarehouseTask'>(), newId<'WarehouseTask'>()]
    for (const id of ids) await plant(house.superuserUrl, `insert into bss.warehouse_task (organization_id, id, site_id, kind, status, from_location_id, item_id, planned, created_by, updated_by) select organization_id, $1, site_id, 'move', 'ready', $2, $3, 4, created_by, created_by from bss.location where id = $2`, [id, shop.locationId, goods.itemId])
    await operator().nextTasks({ body: { siteId: shop.siteId, deviceId: 'few', kinds: ['move'], count: 3 } })
    const answers = await send('few', ids.map((id) => scan(id, { barcode: goods.gtin, toLocation: 'BULK-1', quantity: '4' })))
    expect(codesOf(answers).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['accepted', 'accepted', 'insufficient_stock'])
    expect((await Promise.all(ids.map(taskOf))).map(({ done }) => done).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['0', '4', '4'])
  })
})

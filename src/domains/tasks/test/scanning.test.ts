// Scans beyond the pick: serial numbers, put-away of pieces and of whole units, faces, moves; and what becomes of old ones.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { ssccOf } from '../../../kernel/gs1/index.ts'
import type { TaskId } from '../../../kernel/ids.ts'
import type { ScanDraft } from '../scans/contract.ts'
import { SCAN_DAYS, trimScans } from '../scans/trim.ts'
import { DEVICE, eventually, openGround, type Ground } from './ground.ts'

let g: Ground
beforeAll(async () => {
  g = await openGround('SCANNING')
  // The first bin of this site is not empty: nothing is put away there.
  await g.put((await g.item('ANCHOR')).itemId, g.shop.locationId, '1')
}, 120_000)
afterAll(() => g.house.close())

let counter = 0
const scan = (taskId: TaskId, rest: Partial<ScanDraft> = {}): ScanDraft => ({ sequence: ++counter, key: `k${counter}`, occurredAt: new Date().toISOString(), taskId, ...rest })
const send = async (...scans: ScanDraft[]) => (await g.operator.recordScans({ body: { deviceId: DEVICE, scans } })).answers
const codes = async (...scans: ScanDraft[]) => (await send(...scans)).map(({ outcome, code }) => code ?? outcome)
const taskOf = (taskId: TaskId) => g.lead.getTask({ params: { taskId } })

describe('a scan', () => {
  it('of a serial number picks that piece and no other, also when its label names a lot beside it', async () => {
    const { itemId, gtin14 } = await g.item('SERIAL', 'serial')
    await g.put(itemId, g.shop.locationId, '1', { number: 'SN-1' })
    await g.put(itemId, g.shop.locationId, '1', { number: 'SN-2' })
    await g.waved([{ itemId, quantity: '2' }])
    const tasks = [(await g.next('pick')).task, (await g.next('pick')).task].toSorted((a, b) => ((a.lotNumber ?? '') < (b.lotNumber ?? '') ? -1 : 1))
    const [first, second] = tasks
    if (first === undefined || second === undefined) throw new Error('There are two pieces.')
    expect(tasks.map(({ lotNumber, planned }) => [lotNumber, planned])).toEqual([['SN-1', '1'], ['SN-2', '1']])
    expect(await codes(scan(first.id, { barcode: `(01)${gtin14}(21)SN-2` }), scan(first.id, { barcode: `(01)${gtin14}(10)BATCH-7(21)SN-2` }), scan(first.id, { barcode: `https://example.com/01/${gtin14}/21/SN-1` }), scan(first.id, { barcode: `(01)${gtin14}(21)SN-1` })))
      .toEqual(['wrong_lot', 'wrong_lot', 'accepted', 'over_pick'])
    expect(await codes(scan(second.id, { barcode: `(01)${gtin14}(10)BATCH-7(21)SN-2` }))).toEqual(['accepted'])
    expect(await sql(g.house.superuserUrl, 'select l.number, trim_scale(m.quantity)::text from bss.stock_move m join bss.lot l on l.id = m.lot_id where m.document_id = any($1::uuid[]) order by 1', [[first.id, second.id]])).toEqual([['SN-1', '1'], ['SN-2', '1']])
    expect(await g.floor.broken()).toEqual([])
  })

  it('puts goods away piece by piece into the bin of the task, or another that was scanned', async () => {
    const { itemId, gtin } = await g.item('AWAY')
    const [meant, other] = [await g.bin('AWAY-1', 'storage', { pickSequence: 1 }), await g.bin('AWAY-2', 'pick')]
    await g.inventory.receiveStock({ body: { siteId: g.siteId, lines: [{ itemId, locationId: g.bins.gate, quantity: '5' }] } })
    const { task } = await g.next('putaway')
    expect(task).toMatchObject({ itemId, toLocationId: meant })
    expect(await codes(
      scan(task.id, { barcode: gtin, location: 'PACK' }), scan(task.id, { barcode: gtin, toLocation: 'GATE' }), scan(task.id, { barcode: gtin, toLocation: 'NOWHERE' }), scan(task.id, { barcode: gtin, quantity: '6' }),
      scan(task.id, { barcode: gtin, location: 'GATE', quantity: '2' }), scan(task.id, { barcode: gtin, toLocation: 'AWAY-2', quantity: '3' }),
    )).toEqual(['wrong_location', 'wrong_location', 'wrong_location', 'over_pick', 'accepted', 'accepted'])
    expect(await taskOf(task.id)).toMatchObject({ status: 'completed', done: '5' })
    expect([await g.onHand(itemId, meant), await g.onHand(itemId, other), await g.onHand(itemId, g.bins.gate)]).toEqual(['2', '3', '0'])
  })

  it('of the SSCC of a unit that was received whole puts away what the task takes of it, and of no other unit', async () => {
    const [a, b] = [await g.item('UNIT-A'), await g.item('UNIT-B', 'lot')]
    const supplier = await g.inventory.createSupplier({ body: { code: 'UNITS', name: 'Units' } })
    const [mine, other] = [ssccOf({ extension: '3', companyPrefix: '4054321', serial: 1n }), ssccOf({ extension: '3', companyPrefix: '4054321', serial: 2n })]
    await g.inventory.announceShipNotice({ body: { number: 'DN-1', supplierId: supplier.id, siteId: g.siteId, expectedOn: '2035-01-15', units: [
      { sscc: mine, contents: [{ itemId: a.itemId, quantity: '12' }, { itemId: b.itemId, quantity: '5', lot: { number: 'LOT-1' } }] }, { sscc: other, contents: [{ itemId: a.itemId, quantity: '3' }] },
    ] } })
    const [narrow, wide] = [await g.bin('UNIT-1', 'storage', { capacity: '10', pickSequence: 2 }), await g.bin('UNIT-2', 'storage', { pickSequence: 3 })]
    await g.inventory.receiveUnit({ body: { barcode: `(00)${mine}`, locationId: g.bins.gate } })
    await eventually(() => g.tasksOf('putaway', { itemId: b.itemId }), ({ length }) => length > 0)
    const { tasks } = await g.operator.nextTasks({ body: { siteId: g.siteId, deviceId: DEVICE, kinds: ['putaway'], count: 10 } })
    const parts = tasks.filter(({ itemId }) => itemId === a.itemId).toSorted((x, y) => Number(y.planned) - Number(x.planned))
    const lots = tasks.find(({ itemId }) => itemId === b.itemId)
    if (lots === undefined) throw new Error('There is no task.')
    expect(parts.map(({ toLocationId, planned }) => [toLocationId, planned])).toEqual([[narrow, '10'], [wide, '2']])
    expect(await codes(scan(lots.id, { barcode: `(00)${other}` }))).toEqual(['foreign_sscc'])
    expect(await codes(...parts.map(({ id }) => scan(id, { barcode: `(00)${mine}` })), scan(lots.id, { barcode: `]C100${mine}`, toLocation: 'UNIT-2' }))).toEqual(['accepted', 'accepted', 'accepted'])
    for (const { id, planned } of [...parts, lots]) expect(await taskOf(id)).toMatchObject({ status: 'completed', done: planned })
    expect(await codes(scan(lots.id, { barcode: `(00)${mine}` }))).toEqual(['over_pick'])
    expect([await g.onHand(a.itemId, narrow), await g.onHand(a.itemId, wide), await g.onHand(b.itemId, wide), await g.onHand(a.itemId, g.bins.gate)]).toEqual(['10', '2', '5', '0'])
  })

  it('fills a face, and only the face of the task', async () => {
    const { itemId, gtin } = await g.item('FACED')
    const [face, store] = [await g.bin('FACE', 'pick', { pickSequence: 1 }), await g.bin('STORE', 'storage', { pickSequence: 9 })]
    await g.inventory.setPickFace({ body: { locationId: face, itemId, minimum: '4', maximum: '10' } })
    await g.put(itemId, face, '4')
    await g.put(itemId, store, '30')
    await g.waved([{ itemId, quantity: '2' }])
    await g.operator.completeTask({ params: (await g.next('pick')).params, body: { deviceId: DEVICE } })
    const { task } = await g.next('replenish')
    expect(task).toMatchObject({ itemId, fromLocationId: store, toLocationId: face, planned: '8' })
    expect(await codes(scan(task.id, { barcode: gtin, toLocation: 'STORE' }), scan(task.id, { barcode: gtin, toLocation: 'PACK' }), scan(task.id, { barcode: gtin, location: 'FACE' }), scan(task.id, { barcode: gtin, location: 'STORE', toLocation: 'FACE', quantity: '5' }), scan(task.id, { barcode: gtin, quantity: '3' })))
      .toEqual(['wrong_location', 'wrong_location', 'wrong_location', 'accepted', 'accepted'])
    expect(await taskOf(task.id)).toMatchObject({ status: 'completed' })
    expect([await g.onHand(itemId, face), await g.onHand(itemId, store)]).toEqual(['10', '22'])
  })

  it('does a move that a lead ordered, and refuses one that was cancelled', async () => {
    const { itemId, gtin } = await g.item('MOVING')
    const to = await g.bin('MOVING-TO', 'storage')
    await g.put(itemId, g.shop.locationId, '6')
    await g.lead.orderMove({ body: { siteId: g.siteId, itemId, fromLocationId: g.shop.locationId, toLocationId: to, quantity: '6' } })
    const { task, params } = await g.next('move')
    expect(await codes(scan(task.id, { barcode: gtin, quantity: '2' }), scan(task.id, { location: 'A-01', toLocation: 'MOVING-TO', quantity: '2' }))).toEqual(['accepted', 'accepted'])
    await g.lead.cancelMove({ params })
    expect(await codes(scan(task.id, { barcode: gtin }))).toEqual(['task_cancelled'])
    expect([await g.onHand(itemId, g.shop.locationId), await g.onHand(itemId, to)]).toEqual(['2', '4'])
  })
})

describe('scans that are old', () => {
  it('are forgotten, but for those that wait; what the device sends again is refused, and posts nothing', async () => {
    const { itemId, gtin } = await g.item('OLD')
    const to = await g.bin('OLD-TO', 'storage')
    await g.put(itemId, g.shop.locationId, '9')
    const { id } = await g.lead.orderMove({ body: { siteId: g.siteId, itemId, fromLocationId: g.shop.locationId, toLocationId: to, quantity: '9' } })
    await g.next('move')
    const list = async () => (await g.lead.listScans({ query: { 'filter[taskId]': id, sort: 'received' } })).items.map(({ sequence }) => sequence)
    const old = scan(id, { barcode: gtin })
    const missing = ++counter
    const [young, foreign] = [scan(id, { barcode: gtin }), scan(id, { barcode: gtin })]
    expect(await codes(old, young)).toEqual(['accepted', 'accepted'])
    const waiting = (await g.operator.recordScans({ body: { deviceId: 'another', scans: [foreign] } })).answers
    expect(waiting).toMatchObject([{ outcome: 'queued' }])
    await plant(g.house.superuserUrl, 'update bss.scan set created_at = now() - make_interval(days => $1::int, mins => 1) where named_task = $2 and sequence <> $3', [SCAN_DAYS, id, young.sequence])
    await plant(g.house.superuserUrl, 'update bss.scan set created_at = now() - make_interval(days => $1::int - 1) where named_task = $2 and sequence = $3', [SCAN_DAYS, id, young.sequence])
    await g.house.database.housekeep(contextOf(g.house.acme.id, 'tenant_admin').need('tasks:manage'), (tx) => trimScans(tx))
    await plant(g.house.superuserUrl, 'select 1')
    expect(await list()).toEqual([young.sequence, foreign.sequence])
    expect((await g.lead.listScansToReconcile({ query: { 'filter[taskId]': id } })).items).toHaveLength(1)
    expect((await send(old, young)).map(({ outcome, firstOutcome, code }) => [outcome, firstOutcome, code])).toEqual([['refused', null, 'too_old'], ['duplicate', 'accepted', null]])
    // A scan that never came is not taken for one that was forgotten.
    expect(await codes({ ...scan(id, { barcode: gtin }), sequence: missing })).toEqual(['accepted'])
    expect(await taskOf(id)).toMatchObject({ done: '3' })
    expect(await g.onHand(itemId, to)).toBe('3')
  })
})

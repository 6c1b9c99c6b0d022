import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import { ssccOf } from '../../../kernel/gs1/index.ts'
import type { ItemId, LocationId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../contract.ts'
import type { PurchaseOrder } from '../purchasing/contract.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
let supplierId: PurchaseOrder['supplierId']
let gate: LocationId
const planner = () => room.house.client(inventoryApi, 'planner')
const worker = () => room.house.client(inventoryApi, 'warehouse_operator')
beforeAll(async () => {
  room = await openStockroom()
  gate = (await room.admin.createLocation({ params: { siteId: room.siteId }, body: { code: 'RCV', kind: 'receive' } })).id
  supplierId = (await room.admin.createSupplier({ body: { code: 'ACME', name: 'Acme Pottery', overPercent: '10', underPercent: '5', minRemainingDays: 30 } })).id
})
afterAll(() => room.close())

async function sent(...lines: { itemId: ItemId; quantity: string }[]): Promise<PurchaseOrder> {
  const { id } = await planner().createPurchaseOrder({ body: { supplierId, siteId: room.siteId, expectedOn: '2035-01-15', lines } })
  const path = { params: { purchaseOrderId: id } }
  await planner().submitPurchaseOrder(path)
  await room.admin.approvePurchaseOrder(path)
  return planner().sendPurchaseOrder(path)
}
const again = (order: PurchaseOrder) => planner().getPurchaseOrder({ params: { purchaseOrderId: order.id } })
const first = <T>(list: readonly T[]): T => {
  const [only] = list
  if (only === undefined) throw new Error('There is none.')
  return only
}
type Coming = { quantity: string; lot?: { number: string; expiresOn?: string }; rejected?: string; rejectReason?: 'damaged' }
const receive = (order: PurchaseOrder, coming: Coming, more: { isComplete?: boolean; locationId?: LocationId } = {}) =>
  worker().receivePurchaseOrder({ params: { purchaseOrderId: order.id }, body: { locationId: gate, ...more, lines: [{ purchaseOrderLineId: first(order.lines).id, ...coming }] } })
const count = async (text: string, ...params: string[]) => (await sql(room.house.superuserUrl, text, params))[0]?.[0]
const onHand = (itemId: ItemId, locationId: LocationId) => count('select coalesce(sum(trim_scale(on_hand)), 0)::text from bss.stock_balance where item_id = $1::uuid and location_id = $2::uuid', itemId, locationId)
const sscc = (serial: number) => ssccOf({ extension: '3', companyPrefix: '4012345', serial })
const clean = async () => { expect(await room.admin.checkInvariants({})).toMatchObject({ holds: true }) }

describe('receiving what was ordered', () => {
  it('counts, tells what may be put away, and ends within the tolerances', async () => {
    const itemId = await room.item('IN-A')
    const order = await sent({ itemId, quantity: '100' })
    const receipt = await receive(order, { quantity: '60', rejected: '3', rejectReason: 'damaged' })
    expect(receipt).toMatchObject({ status: 'received', lines: [{ received: '60', rejected: '3', rejectReason: 'damaged', purchaseOrderLineId: first(order.lines).id }] })
    expect(await again(order)).toMatchObject({ status: 'partially_received', lines: [{ received: '60', rejected: '3', status: 'open' }] })
    expect(await count("select payload->'lines'->0->>'quantity' from bss.outbox_event where topic = 'stock.toPutAway' and payload->>'documentId' = $1", receipt.id)).toBe('60')
    await expect(receive(order, { quantity: '50.000001' })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'over_delivery', pointer: '/lines/0/quantity', message: 'At most 50 may still be received of this line.' }] })
    expect(await onHand(itemId, gate)).toBe('60')
    await receive(order, { quantity: '35' })
    expect(await again(order)).toMatchObject({ status: 'received', lines: [{ received: '95', status: 'closed' }] })
    await expect(receive(order, { quantity: '1' })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await planner().closePurchaseOrder({ params: { purchaseOrderId: order.id } })).toMatchObject({ status: 'closed' })
    await clean()
  })
  it('twenty trucks at once never bring more than was allowed', async () => {
    const itemId = await room.item('IN-RACE')
    const order = await sent({ itemId, quantity: '10' })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => receive(order, { quantity: '2' })))
    expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(5)
    expect(await onHand(itemId, gate)).toBe('10')
  })
  it('a short delivery that is complete ends the line', async () => {
    const [itemId, other] = [await room.item('IN-B'), await room.item('IN-B2')]
    const order = await sent({ itemId, quantity: '10' }, { itemId: other, quantity: '1' })
    await receive(order, { quantity: '4' }, { isComplete: true })
    expect(await again(order)).toMatchObject({ status: 'partially_received', lines: [{ received: '4', status: 'closed' }, { status: 'open' }] })
    await planner().finishPurchaseOrder({ params: { purchaseOrderId: order.id } })
    expect(await again(order)).toMatchObject({ status: 'received', lines: [{ status: 'closed' }, { received: '0', status: 'closed' }] })
  })
  it('checks lots, their dates and reasons', async () => {
    const itemId = (await room.admin.createItem({ body: { sku: 'IN-LOT', name: 'Yoghurt', baseUnit: 'EA', tracking: 'lot', shelfLifeDays: 400 } })).id
    const order = await sent({ itemId, quantity: '10' })
    await expect(receive(order, { quantity: '1', lot: { number: 'L0' } })).rejects.toMatchObject({ errors: [{ code: 'expiry_required' }] })
    await expect(receive(order, { quantity: '1', lot: { number: 'L1', expiresOn: '2020-01-01' } })).rejects.toMatchObject({ errors: [{ code: 'lot_expired', pointer: '/lines/0/lot/expiresOn' }] })
    const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
    await expect(receive(order, { quantity: '1', lot: { number: 'L2', expiresOn: soon } })).rejects.toMatchObject({ errors: [{ code: 'short_lived' }] })
    await expect(receive(order, { quantity: '1', rejected: '1', lot: { number: 'L3', expiresOn: '2040-01-01' } })).rejects.toMatchObject({ errors: [{ code: 'reason_required' }] })
    await receive(order, { quantity: '1', lot: { number: 'L3', expiresOn: '2040-01-01' } })
    // What was refused left no lot behind.
    expect(await count('select string_agg(number, \',\') from bss.lot where item_id = $1::uuid', itemId)).toBe('L3')
  })
})

describe('a ship notice', () => {
  it('is received by the scan of each handling unit, once', async () => {
    const [mug, milk] = [await room.item('ASN-MUG'), await room.item('ASN-MILK', 'lot')]
    const order = await sent({ itemId: mug, quantity: '48' }, { itemId: milk, quantity: '12' })
    const body = (serial: number, itemId = mug) => ({
      number: `DN-${serial}`, purchaseOrderId: order.id, expectedOn: '2035-01-15',
      units: [{ sscc: sscc(serial), contents: [{ itemId, quantity: '48' }, { itemId: milk, quantity: '6', lot: { number: 'M1', expiresOn: '2040-01-01' } }] }, { sscc: sscc(serial + 1), contents: [{ itemId: milk, quantity: '6', lot: { number: 'M2', expiresOn: '2040-02-01' } }] }],
    })
    const stranger = await room.item('ASN-OTHER')
    await expect(worker().announceShipNotice({ body: body(10, stranger) })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'not_ordered', pointer: '/units/0/contents/0/itemId' }] })
    await expect(worker().announceShipNotice({ body: { ...body(10), units: [{ sscc: '340123450000000010', contents: [{ itemId: mug, quantity: '1' }] }] } })).rejects.toMatchObject({ errors: [{ code: 'check_digit' }] })
    const notice = await worker().announceShipNotice({ body: body(10) })
    await expect(worker().announceShipNotice({ body: body(10) })).rejects.toMatchObject({ code: 'conflict' })
    const scan = (barcode: string) => worker().receiveUnit({ body: { barcode, locationId: gate } })
    expect(await scan(`(00)${sscc(10)}`)).toMatchObject({ status: 'received', lines: [{ received: '48' }, { received: '6' }] })
    await expect(scan(sscc(10))).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'unit_received', pointer: '/barcode' }] })
    await expect(scan(sscc(99))).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'unknown_unit' }] })
    await expect(scan('340123450000000010')).rejects.toMatchObject({ code: 'invalid' })
    await expect(worker().cancelShipNotice({ params: { shipNoticeId: notice.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await scan(sscc(11))
    expect(await worker().getShipNotice({ params: { shipNoticeId: notice.id } })).toMatchObject({ status: 'received' })
    expect(await again(order)).toMatchObject({ status: 'received' })
    await clean()
  })
})

describe('inspection', () => {
  it('keeps every second delivery in quarantine until it is decided, once and whole', async () => {
    const itemId = await room.item('INSP-A')
    await room.admin.setInspectionPlan({ body: { itemId, kind: 'every', everyNth: 2 } })
    const order = await sent({ itemId, quantity: '30' })
    const receipt = await receive(order, { quantity: '10' })
    await receive(order, { quantity: '10' })
    expect([await onHand(itemId, room.bins.quarantine), await onHand(itemId, gate)]).toEqual(['10', '10'])
    const { items } = await worker().listInspections({ query: { 'filter[receiptId]': receipt.id } })
    expect(items).toMatchObject([{ status: 'open', quantity: '10' }])
    const decide = (body: { accepted: string; rejected: string; disposition?: 'scrap' | 'return_to_vendor'; reason?: string }) => worker().decideInspection({ params: { inspectionId: first(items).id }, body })
    await expect(decide({ accepted: '9', rejected: '2', disposition: 'scrap', reason: 'Broken' })).rejects.toMatchObject({ errors: [{ code: 'not_all' }] })
    await expect(decide({ accepted: '8', rejected: '2' })).rejects.toMatchObject({ errors: [{ code: 'reason_required' }] })
    expect(await decide({ accepted: '8', rejected: '2', disposition: 'scrap', reason: 'Broken' })).toMatchObject({ status: 'decided', accepted: '8', rejected: '2' })
    expect([await onHand(itemId, room.bins.quarantine), await onHand(itemId, gate)]).toEqual(['0', '18'])
    await expect(decide({ accepted: '10', rejected: '0' })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await count("select payload->>'documentKind' from bss.outbox_event where topic = 'stock.toPutAway' and payload->>'documentId' = $1", first(items).id)).toBe('inspection')
    await clean()
  })
})

describe('goods that nobody ordered', () => {
  const bulk = async (...lines: { ref: string; sku: string; quantity: string; siteCode?: string }[]) => {
    const results: unknown[] = []
    for await (const each of worker().receiveLines({ lines: lines.map(({ ref, sku, quantity, siteCode = 'HAM' }) => ({ external: { source: 'wms', ref }, siteCode, locationCode: 'RCV', sku, quantity })) })) results.push(each)
    return results
  }
  it('obey the inspection plans in bulk as they do one by one: into quarantine, with an inspection each, and not to be put away', async () => {
    const [always, second, never] = [await room.item('BULK-A'), await room.item('BULK-2'), await room.item('BULK-N')]
    await room.admin.setInspectionPlan({ body: { itemId: always, kind: 'always' } })
    await room.admin.setInspectionPlan({ body: { itemId: second, kind: 'every', everyNth: 2 } })
    const lines = [{ ref: 'B1', sku: 'BULK-A', quantity: '5' }, { ref: 'B2', sku: 'BULK-2', quantity: '3' }, { ref: 'B3', sku: 'BULK-2', quantity: '4' }, { ref: 'B4', sku: 'BULK-N', quantity: '6' }]
    expect(await bulk(...lines)).toMatchObject([{ line: 1, outcome: 'created' }, { line: 2, outcome: 'created' }, { line: 3, outcome: 'created' }, { line: 4, outcome: 'created' }])
    const at = (locationId: LocationId) => Promise.all([always, second, never].map((itemId) => onHand(itemId, locationId)))
    expect([await at(room.bins.quarantine), await at(gate)]).toEqual([['5', '3', '0'], ['0', '4', '6']])
    expect(await sql(room.house.superuserUrl, "select r.external_ref, n.quantity::int from bss.inspection n join bss.receipt r on r.id = n.receipt_id where r.external_source = 'wms' order by 1")).toEqual([['B1', '5'], ['B2', '3']])
    expect(await sql(room.house.superuserUrl, "select r.external_ref from bss.outbox_event e join bss.receipt r on r.id::text = e.payload->>'documentId' where e.topic = 'stock.toPutAway' and r.external_source = 'wms' order by 1")).toEqual([['B3'], ['B4']])
    // Told again, nothing is counted for the plan again.
    expect(await bulk(...lines)).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'unchanged' }, { outcome: 'unchanged' }, { outcome: 'unchanged' }])
    await bulk({ ref: 'B5', sku: 'BULK-2', quantity: '1' })
    expect(await at(room.bins.quarantine)).toEqual(['5', '4', '0'])
    await clean()
  })
  it('are refused alone where they are to be inspected and the site has no quarantine', async () => {
    const [itemId] = [await room.item('BULK-NOQ'), await room.item('BULK-OK')]
    await room.admin.setInspectionPlan({ body: { itemId, kind: 'always' } })
    const site = await room.admin.createSite({ body: { code: 'NOQ', name: 'No quarantine', timeZone: 'UTC', currency: 'EUR' } })
    await room.admin.createLocation({ params: { siteId: site.id }, body: { code: 'RCV', kind: 'receive' } })
    expect(await bulk({ ref: 'N1', sku: 'BULK-OK', quantity: '1', siteCode: 'NOQ' }, { ref: 'N2', sku: 'BULK-NOQ', quantity: '1', siteCode: 'NOQ' }, { ref: 'N3', sku: 'BULK-NOQ', quantity: '1' })).toMatchObject([
      { outcome: 'created' }, { outcome: 'refused', code: 'conflict' }, { outcome: 'created' },
    ])
  })
})

describe('a receipt whose rest is cancelled', () => {
  it('is cancelled when nothing came, received while something lies at the door, put away when all that came has gone to its bin', async () => {
    const itemId = await room.item('REST')
    const expected = () => room.admin.expectReceipt({ body: { siteId: room.siteId, expectedOn: '2035-01-15', lines: [{ itemId, quantity: '10' }] } })
    const come = async (locationId: LocationId) => {
      const receipt = await expected()
      const params = { receiptId: receipt.id }
      expect(await worker().receiveReceipt({ params, body: { lines: [{ receiptLineId: first(receipt.lines).id, locationId, quantity: '4' }] } })).toMatchObject({ status: 'receiving' })
      return params
    }
    const nothing = { receiptId: (await expected()).id }
    expect(await worker().cancelReceipt({ params: nothing })).toMatchObject({ status: 'cancelled', lines: [{ received: '0', status: 'closed' }] })
    const [carried, binned] = [await come(gate), await come(room.bins.b)]
    await room.admin.transferStock({ body: { lines: [{ itemId, fromLocationId: gate, toLocationId: room.bins.b, quantity: '4' }] } })
    expect(await worker().cancelReceipt({ params: carried })).toMatchObject({ status: 'put_away', lines: [{ expected: '10', received: '4', status: 'closed' }] })
    expect(await worker().cancelReceipt({ params: binned })).toMatchObject({ status: 'put_away' })
    const lying = await come(gate)
    expect(await worker().cancelReceipt({ params: lying })).toMatchObject({ status: 'received' })
    for (const params of [nothing, carried, lying]) await expect(worker().cancelReceipt({ params })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(worker().putAwayReceipt({ params: lying })).rejects.toMatchObject({ code: 'conflict' })
    expect(await worker().closeReceipt({ params: carried })).toMatchObject({ status: 'closed' })
    expect(await count("select coalesce(sum(quantity), 0)::int from bss.receipt_line k join bss.receipt r on r.id = k.receipt_id cross join lateral (select k.expected - k.received as quantity) q where r.site_id = $1::uuid and k.item_id = $2::uuid and k.status = 'open'", room.siteId, itemId)).toBe('0')
    await clean()
  })
})

describe('directed put-away', () => {
  it('prefers the bin with the same goods, then an empty one by the path, and never a full or inactive one', async () => {
    const site = (await room.admin.createSite({ body: { code: 'PUT', name: 'Put', timeZone: 'UTC', currency: 'EUR' } })).id
    const bin = async (code: string, pickSequence: number, capacity: string) => (await room.admin.createLocation({ params: { siteId: site }, body: { code, kind: 'storage', pickSequence, capacity } })).id
    const [small, same, empty, off] = [await bin('S', 1, '5'), await bin('M', 9, '12'), await bin('E', 5, '100'), await bin('OFF', 0, '100')]
    const off1 = await room.admin.getLocation({ params: { locationId: off } })
    await room.admin.updateLocation({ params: { locationId: off }, body: { status: 'inactive' }, ifMatch: off1.rowVersion })
    const [a, b] = [await room.item('PUT-A'), await room.item('PUT-B')]
    await room.admin.adjustStock({ body: { siteId: site, reason: 'count', lines: [{ itemId: a, locationId: same, change: '10' }] } })
    const lines = [{ itemId: a, lotId: null, quantity: '6' }, { itemId: b, lotId: null, quantity: '120' }]
    const { items } = await worker().suggestPutaway({ body: { siteId: site, lines } })
    expect(items.map(({ index, locationId, quantity }) => [index, locationId, quantity])).toEqual([[0, same, '2'], [0, small, '4'], [1, empty, '100'], [1, null, '20']])
  })
})

// How goods arrive, beyond the plain order: in every state and no other, with serials, blind, announced without an order, from another site.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import { ssccOf } from '../../../kernel/gs1/index.ts'
import { idOf, type ItemId, type LocationId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../contract.ts'
import { NOTICE_STATUSES, UNIT_STATUSES } from '../inbound/contract.ts'
import { INSPECTION_ARROWS, INSPECTION_STATUSES, NOTICE_ARROWS, RECEIPT_ARROWS, UNIT_ARROWS } from '../inbound/rules.ts'
import type { PurchaseOrder } from '../purchasing/contract.ts'
import { RECEIPT_STATUSES } from '../receipts/contract.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
let supplierId: PurchaseOrder['supplierId']
let gate: LocationId
const planner = () => room.house.client(inventoryApi, 'planner')
const worker = () => room.house.client(inventoryApi, 'warehouse_operator')
beforeAll(async () => {
  room = await openStockroom()
  gate = (await room.admin.createLocation({ params: { siteId: room.siteId }, body: { code: 'RCV', kind: 'receive' } })).id
  supplierId = (await room.admin.createSupplier({ body: { code: 'ACME', name: 'Acme Pottery', overPercent: '10' } })).id
})
afterAll(() => room.close())

const soon = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10)
async function sent(...lines: { itemId: ItemId; quantity: string }[]): Promise<PurchaseOrder> {
  const { id } = await planner().createPurchaseOrder({ body: { supplierId, siteId: room.siteId, expectedOn: soon, lines } })
  const path = { params: { purchaseOrderId: id } }
  await planner().submitPurchaseOrder(path)
  await room.admin.approvePurchaseOrder(path)
  return planner().sendPurchaseOrder(path)
}
const first = <T>(list: readonly T[]): T => {
  const [only] = list
  if (only === undefined) throw new Error('There is none.')
  return only
}
const count = async (text: string, ...params: string[]) => (await sql(room.house.superuserUrl, text, params))[0]?.[0]
const onHand = (itemId: ItemId, locationId: LocationId) => count('select coalesce(sum(trim_scale(on_hand)), 0)::text from bss.stock_balance where item_id = $1::uuid and location_id = $2::uuid', itemId, locationId)
const sscc = (serial: number) => ssccOf({ extension: '3', companyPrefix: '4012345', serial })
const clean = async () => { expect(await room.admin.checkInvariants({})).toMatchObject({ holds: true }) }
const told = (documentId: string) => count("select payload->'lines'->0->>'quantity' from bss.outbox_event where topic = 'stock.toPutAway' and payload->>'documentId' = $1", documentId)

/** Every pair that the table allows when a row is really put from one state into the other. */
async function walked(table: string, id: string, list: readonly string[]): Promise<string[]> {
  await sql(room.house.superuserUrl, `create or replace function public.walk() returns setof text language plpgsql as $walk$
    declare a text; b text;
    begin
      foreach a in array array[${list.map((each) => `'${each}'`).join(', ')}] loop foreach b in array array[${list.map((each) => `'${each}'`).join(', ')}] loop
        if a = b then continue; end if;
        perform set_config('session_replication_role', 'replica', true);
        update bss.${table} set status = a where id = '${id}';
        perform set_config('session_replication_role', 'origin', true);
        begin
          update bss.${table} set status = b where id = '${id}';
          return next a || ' ' || b;
        exception when others then null;
        end;
      end loop; end loop;
      perform set_config('session_replication_role', 'replica', true);
    end $walk$`)
  return (await sql(room.house.superuserUrl, `select w from public.walk() w order by w collate "C"`)).map(([pair]) => pair ?? '')
}
const arrows = (table: Readonly<Record<string, readonly string[]>>) => Object.entries(table).flatMap(([from, to]) => to.map((each) => `${from} ${each}`)).toSorted((a, b) => (a < b ? -1 : 1))

describe('states', () => {
  it('of a receipt and of a ship notice follow their arrows only, whatever is tried', async () => {
    const itemId = await room.item('WALK')
    const receipt = await room.admin.expectReceipt({ body: { siteId: room.siteId, expectedOn: '2035-01-01', lines: [{ itemId, quantity: '1' }] } })
    expect(await walked('receipt', receipt.id, RECEIPT_STATUSES)).toEqual(arrows(RECEIPT_ARROWS))
    const notice = await worker().announceShipNotice({ body: { number: 'WALK', supplierId, siteId: room.siteId, expectedOn: '2035-01-01', units: [{ sscc: sscc(900), contents: [{ itemId, quantity: '1' }] }] } })
    expect(await walked('ship_notice', notice.id, NOTICE_STATUSES)).toEqual(arrows(NOTICE_ARROWS))
  })
  it('of units and inspections are the same in the database', async () => {
    const inDatabase = async (name: string, list: readonly string[]) => (await sql(room.house.superuserUrl, `select a || ' ' || b from unnest($1::text[]) a, unnest($1::text[]) b where bss.${name}(a, b) order by 1`, [list])).map(([pair]) => pair ?? '').toSorted((a, b) => (a < b ? -1 : 1))
    expect(await inDatabase('ship_notice_unit_may_become', UNIT_STATUSES)).toEqual(arrows(UNIT_ARROWS))
    expect(await inDatabase('inspection_may_become', INSPECTION_STATUSES)).toEqual(arrows(INSPECTION_ARROWS))
    expect(await count("select count(*)::text from pg_trigger where tgname = 'states' and tgrelid in ('bss.ship_notice_unit'::regclass, 'bss.inspection'::regclass)")).toBe('2')
  })
  it('of a receipt are walked by its commands', async () => {
    const itemId = await room.item('STATES')
    const { id, lines } = await room.admin.expectReceipt({ body: { siteId: room.siteId, expectedOn: '2035-01-01', lines: [{ itemId, quantity: '5' }] } })
    const path = { params: { receiptId: id } }
    await expect(room.admin.putAwayReceipt(path)).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await room.admin.arriveReceipt(path)).toMatchObject({ status: 'arrived' })
    const receive = (quantity: string) => room.admin.receiveReceipt({ ...path, body: { lines: [{ receiptLineId: first(lines).id, locationId: gate, quantity }] } })
    expect(await receive('2')).toMatchObject({ status: 'receiving' })
    expect(await receive('3')).toMatchObject({ status: 'received' })
    await expect(receive('1')).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(room.admin.putAwayReceipt(path)).rejects.toMatchObject({ code: 'conflict' })
    await room.admin.transferStock({ body: { lines: [{ itemId, fromLocationId: gate, toLocationId: room.bins.b, quantity: '5' }] } })
    expect(await room.admin.putAwayReceipt(path)).toMatchObject({ status: 'put_away' })
    expect(await room.admin.closeReceipt(path)).toMatchObject({ status: 'closed' })
    await expect(room.admin.closeReceipt(path)).rejects.toMatchObject({ code: 'illegal_transition' })
  })
})

describe('goods of an order', () => {
  it('with serial numbers come one by one, each once', async () => {
    const itemId = await room.item('SERIAL', 'serial')
    const order = await sent({ itemId, quantity: '3' })
    const line = first(order.lines).id
    const receive = (...serials: [string, string][]) =>
      worker().receivePurchaseOrder({ params: { purchaseOrderId: order.id }, body: { locationId: gate, lines: serials.map(([number, quantity]) => ({ purchaseOrderLineId: line, quantity, lot: { number } })) } })
    await expect(receive(['S1', '2'])).rejects.toMatchObject({ status: 422 })
    await receive(['S1', '1'], ['S2', '1'])
    await expect(receive(['S1', '1'])).rejects.toSatisfy((error: { status: number }) => error.status >= 400 && error.status < 500)
    await receive(['S3', '1'])
    expect(await onHand(itemId, gate)).toBe('3')
    expect(await planner().getPurchaseOrder({ params: { purchaseOrderId: order.id } })).toMatchObject({ status: 'received', lines: [{ received: '3' }] })
    await clean()
  })
  it('that are reversed are waited for again; what waited for an inspection is decided by it', async () => {
    const itemId = await room.item('REVERSE')
    await room.admin.setInspectionPlan({ body: { itemId, kind: 'every', everyNth: 2 } })
    const order = await sent({ itemId, quantity: '20' })
    const receive = async () => {
      const receipt = await worker().receivePurchaseOrder({ params: { purchaseOrderId: order.id }, body: { locationId: gate, lines: [{ purchaseOrderLineId: first(order.lines).id, quantity: '5' }] } })
      return { receipt, moveId: idOf<'StockMove'>(await count('select id::text from bss.stock_move where document_id = $1::uuid', receipt.id) ?? '') }
    }
    const [held, free] = [await receive(), await receive()]
    const reverse = (moveId: typeof held.moveId) => room.admin.reverseMove({ params: { moveId }, body: { reason: 'Booked on the wrong order' } })
    await reverse(free.moveId)
    expect(await planner().getPurchaseOrder({ params: { purchaseOrderId: order.id } })).toMatchObject({ status: 'partially_received', lines: [{ received: '5', status: 'open' }] })
    await reverse(held.moveId)
    expect(await worker().listInspections({ query: { 'filter[receiptId]': held.receipt.id } })).toMatchObject({ items: [{ status: 'decided', rejected: '5', disposition: 'return_to_vendor' }] })
    expect([await onHand(itemId, room.bins.quarantine), await onHand(itemId, gate)]).toEqual(['0', '0'])
    const inspected = await receive()
    const { items } = await worker().listInspections({ query: { 'filter[receiptId]': inspected.receipt.id } })
    await worker().decideInspection({ params: { inspectionId: first(items).id }, body: { accepted: '5', rejected: '0' } })
    await expect(reverse(inspected.moveId)).rejects.toMatchObject({ code: 'conflict' })
    await clean()
  })
  it('count for a promise by day before they come', async () => {
    const itemId = await room.item('PROMISE')
    const order = await sent({ itemId, quantity: '7' })
    await room.stock(itemId, room.bins.b, '1')
    await room.settle()
    const { days } = await room.admin.getPromisable({ params: { siteId: room.siteId, itemId }, query: { days: 60 } })
    expect(days.filter((each) => each.on < soon).map((each) => each.available)).toEqual(days.filter((each) => each.on < soon).map(() => '1'))
    expect(days.find((each) => each.on === soon)).toMatchObject({ available: '8' })
    expect(days.at(0)).toMatchObject({ available: '1' })
    await planner().cancelPurchaseOrder({ params: { purchaseOrderId: order.id }, body: { reason: 'Not wanted' } })
    const after = await room.admin.getPromisable({ params: { siteId: room.siteId, itemId }, query: { days: 60 } })
    expect(after.days.at(-1)).toMatchObject({ available: '1' })
  })
})

describe('a ship notice', () => {
  it('fills several lines of one item in turn, and what is too much counts to the last', async () => {
    const itemId = await room.item('TURN')
    const order = await sent({ itemId, quantity: '10' }, { itemId, quantity: '10' })
    const units = [{ sscc: sscc(1), contents: [{ itemId, quantity: '15' }] }, { sscc: sscc(2), contents: [{ itemId, quantity: '6' }] }]
    const notice = await worker().announceShipNotice({ body: { number: 'TURN', purchaseOrderId: order.id, expectedOn: '2035-01-15', units } })
    expect(notice.contents.map((each) => [each.purchaseOrderLineId, each.quantity])).toEqual([[order.lines[0]?.id, '10'], [order.lines[1]?.id, '5'], [order.lines[1]?.id, '6']])
    for (const { sscc: barcode } of units) await worker().receiveUnit({ body: { barcode, locationId: gate } })
    expect(await planner().getPurchaseOrder({ params: { purchaseOrderId: order.id } })).toMatchObject({ status: 'received', lines: [{ received: '10' }, { received: '11' }] })
    await clean()
  })
  it('without an order is received all the same, and inspected as its supplier is', async () => {
    const itemId = await room.item('BLIND-ASN')
    const strict = (await room.admin.createSupplier({ body: { code: 'STRICT', name: 'Strict' } })).id
    await room.admin.setInspectionPlan({ body: { supplierId: strict, kind: 'always' } })
    const body = { number: 'BLIND', siteId: room.siteId, expectedOn: '2035-01-15', units: [{ sscc: sscc(3), contents: [{ itemId, quantity: '4' }] }] }
    await expect(worker().announceShipNotice({ body })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/supplierId', code: 'required' }] })
    const notice = await worker().announceShipNotice({ body: { ...body, supplierId: strict } })
    expect(notice).toMatchObject({ purchaseOrderId: null, contents: [{ purchaseOrderLineId: null, quantity: '4' }] })
    const receipt = await worker().receiveUnit({ body: { barcode: sscc(3), locationId: gate } })
    expect(receipt).toMatchObject({ status: 'received', supplier: 'Strict', lines: [{ received: '4', locationId: room.bins.quarantine }] })
    await expect(worker().receiveUnit({ body: { barcode: sscc(3), locationId: gate } })).rejects.toMatchObject({ code: 'conflict' })
    expect(await worker().listInspections({ query: { 'filter[receiptId]': receipt.id } })).toMatchObject({ items: [{ status: 'open', quantity: '4' }] })
    await clean()
  })
})

it('a blind receipt obeys the inspection plan of its item', async () => {
  const [itemId, other] = [await room.item('BLIND'), await room.item('BLIND-2')]
  await room.admin.setInspectionPlan({ body: { itemId, kind: 'always' } })
  const receipt = await room.admin.receiveStock({ body: { siteId: room.siteId, lines: [{ itemId, locationId: room.bins.b, quantity: '6' }, { itemId: other, locationId: room.bins.b, quantity: '1' }] } })
  expect([await onHand(itemId, room.bins.quarantine), await onHand(itemId, room.bins.b), await onHand(other, room.bins.b)]).toEqual(['6', '0', '1'])
  await room.settle()
  expect(await room.admin.listLevels({ query: { 'filter[itemId]': itemId } })).toMatchObject({ items: [{ onHand: '6', available: '0' }] })
  expect(await worker().listInspections({ query: { 'filter[receiptId]': receipt.id } })).toMatchObject({ items: [{ itemId, quantity: '6' }] })
  await clean()
})

it('goods from another site that arrive in a place for receiving are told to be put away', async () => {
  const itemId = await room.item('FROM-AFAR')
  const far = (await room.admin.createSite({ body: { code: 'FAR', name: 'Far', timeZone: 'UTC', currency: 'EUR' } })).id
  const dock = (await room.admin.createLocation({ params: { siteId: far }, body: { code: 'IN', kind: 'receive' } })).id
  await room.stock(itemId, room.bins.b, '9')
  const transfer = await room.admin.transferStock({ body: { isInTransit: true, lines: [{ itemId, fromLocationId: room.bins.b, toLocationId: dock, quantity: '9' }] } })
  expect(await told(transfer.id)).toBeUndefined()
  await room.admin.receiveTransfer({ params: { transferId: transfer.id } })
  expect(await told(transfer.id)).toBe('9')
})

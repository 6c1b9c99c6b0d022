import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { PERMISSIONS } from '../../../kernel/access.ts'
import { newId, type ItemId, type OrderId } from '../../../kernel/ids.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { inventoryChores } from '../chores.ts'
import { inventoryApi } from '../contract.ts'
import { canLotBecome, LOT_STATUSES } from '../rules.ts'
import { line, openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
beforeAll(async () => {
  room = await openStockroom()
})
afterAll(() => room.close())
const collect = async <T>(values: AsyncIterable<T, unknown, unknown>): Promise<T[]> => {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
const level = async (itemId: ItemId) => {
  await room.settle()
  return (await room.admin.listLevels({ query: { 'filter[itemId]': itemId } })).items[0]
}
const far = '2031-01-01'

describe('stock', () => {
  it('is expected, received, moved and reversed, and every figure follows', async () => {
    const itemId = await room.item('FLOW')
    const expected = await room.admin.expectReceipt({ body: { siteId: room.siteId, expectedOn: far, lines: [{ itemId, quantity: '10', locationId: room.bins.dock }] } })
    expect(expected).toMatchObject({ status: 'expected', lines: [{ expected: '10', received: '0', status: 'open' }] })
    const [first] = expected.lines
    if (first === undefined) throw new Error('The receipt has no line.')
    const half = await room.admin.receiveReceipt({ params: { receiptId: expected.id }, body: { lines: [{ receiptLineId: first.id, quantity: '4' }] } })
    expect(half).toMatchObject({ status: 'receiving', lines: [{ received: '4', status: 'open' }] })
    const whole = await room.admin.receiveReceipt({ params: { receiptId: expected.id }, body: { lines: [{ receiptLineId: first.id, quantity: '6' }] } })
    expect(whole).toMatchObject({ status: 'received', lines: [{ received: '10', status: 'closed' }] })
    await room.admin.transferStock({ body: { lines: [{ itemId, fromLocationId: room.bins.dock, toLocationId: room.bins.a, quantity: '7' }] } })
    await room.admin.transferStock({ body: { lines: [{ itemId, fromLocationId: room.bins.a, toLocationId: room.bins.quarantine, quantity: '2' }] } })
    expect(await level(itemId)).toMatchObject({ onHand: '10', unavailable: '2', reserved: '0', available: '8' })
    const balances = await room.admin.listBalances({ query: { 'filter[itemId]': itemId } })
    expect(Object.fromEntries(balances.items.map((each) => [each.locationCode, each.onHand]))).toEqual({ 'A-01': '5', 'D-01': '3', 'Q-01': '2' })
    const why = await room.admin.explainBalance({ params: { itemId, locationId: room.bins.a } })
    expect(why).toMatchObject({ figure: { onHand: '5' }, sums: { moves: '5', moveCount: 2 }, moves: [{ change: '-2', runningTotal: '5' }, { change: '7', runningTotal: '7', documentKind: 'transfer' }] })
    const [moved] = why.moves
    if (moved === undefined) throw new Error('There is no move.')
    expect(moved.documentNumber).toMatch(/^TRF-/)
    await room.admin.reverseMove({ params: { moveId: moved.moveId }, body: { reason: 'Wrong bin' } })
    expect(await level(itemId)).toMatchObject({ onHand: '10', unavailable: '0' })
    await expect(room.admin.reverseMove({ params: { moveId: moved.moveId }, body: { reason: 'Again' } })).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })
  it('between sites is in transit until it arrives', async () => {
    const itemId = await room.item('TRAVEL')
    await room.stock(itemId, room.bins.a, '5')
    const there = await room.admin.createSite({ body: { code: 'BER', name: 'Berlin', timeZone: 'Europe/Berlin', currency: 'EUR' } })
    const to = await room.admin.createLocation({ params: { siteId: there.id }, body: { code: 'A-01', kind: 'storage' } })
    const transfer = await room.admin.transferStock({ body: { isInTransit: true, lines: [{ itemId, fromLocationId: room.bins.a, toLocationId: to.id, quantity: '5' }] } })
    expect(transfer.status).toBe('in_transit')
    const sites = async () => Object.fromEntries((await room.admin.listLevels({ query: { 'filter[itemId]': itemId } })).items.map((each) => [each.siteCode, each.onHand]))
    expect(await sites()).toEqual({ HAM: '0' })
    expect((await room.admin.receiveTransfer({ params: { transferId: transfer.id } })).status).toBe('done')
    expect(await sites()).toEqual({ BER: '5', HAM: '0' })
    await expect(room.admin.receiveTransfer({ params: { transferId: transfer.id } })).rejects.toMatchObject({ status: 409, code: 'illegal_transition' })
  })
  it('is promised by day: free now, more when goods come, less after lots expire', async () => {
    const itemId = await room.item('BYDAY', 'lot')
    const { today } = await room.admin.getPromisable({ params: { siteId: room.siteId, itemId } })
    const day = (n: number): string => new Date(Date.parse(`${today}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10)
    await room.stock(itemId, room.bins.a, '10', { number: 'SHORT', expiresOn: day(2) })
    await room.stock(itemId, room.bins.a, '5', { number: 'LONG', expiresOn: far })
    await room.admin.expectReceipt({ body: { siteId: room.siteId, expectedOn: day(4), lines: [{ itemId, quantity: '20' }] } })
    await room.reserve({ siteId: room.siteId, lines: [line(itemId, '3')] })
    await room.settle()
    const atp = await room.admin.getPromisable({ params: { siteId: room.siteId, itemId }, query: { days: 6 } })
    expect(atp).toMatchObject({ onHand: '15', reserved: '3', available: '12' })
    expect(atp.days.map((each) => each.available)).toEqual(['12', '12', '12', '2', '22', '22'])
  })
})

describe('promises', () => {
  it('are given in the order of the lines, split where that is allowed, or not at all', async () => {
    const itemId = await room.item('SPLIT')
    await room.stock(itemId, room.bins.a, '10')
    const [first, second, third] = [line(itemId, '6'), line(itemId, '6'), line(itemId, '6', true)]
    expect(await room.reserve({ siteId: room.siteId, lines: [first, second, third], isWhole: true })).toEqual([])
    expect(await level(itemId)).toMatchObject({ reserved: '0' })
    expect(await room.reserve({ siteId: room.siteId, lines: [first, second, third] })).toEqual([{ lineId: first.lineId, reserved: '6' }, { lineId: third.lineId, reserved: '4' }])
    expect(await level(itemId)).toMatchObject({ reserved: '10', available: '0' })
    expect(await room.release([first.lineId], ['2'])).toEqual([{ lineId: first.lineId, released: '2' }])
    await room.settle()
    const open = await room.admin.listReservations({ query: { 'filter[itemId]': itemId, sort: 'created' } })
    expect(open.items.map((each) => each.quantity)).toEqual(['4', '4'])
  })
  it('get their bins first by expiry, then by pick sequence, and never from lots or places out of use', async () => {
    const itemId = await room.item('FEFO', 'lot')
    await room.stock(itemId, room.bins.a, '4', { number: 'LATE', expiresOn: '2032-01-01' })
    await room.stock(itemId, room.bins.b, '4', { number: 'EARLY', expiresOn: far })
    await room.stock(itemId, room.bins.a, '2', { number: 'EARLY', expiresOn: far })
    await room.stock(itemId, room.bins.dock, '4', { number: 'EARLY', expiresOn: far })
    const orderId: OrderId = newId()
    const wanted = line(itemId, '12')
    await room.reserve({ orderId, siteId: room.siteId, lines: [wanted] })
    expect(await room.allocate(orderId)).toEqual([{ lineId: wanted.lineId, shortage: '2' }])
    await room.settle()
    const balances = (await room.admin.listBalances({ query: { 'filter[itemId]': itemId } })).items
    expect(balances.map((each) => `${each.lotNumber} ${each.locationCode} ${each.allocated}`).toSorted()).toEqual(['EARLY A-01 2', 'EARLY B-01 4', 'EARLY D-01 0', 'LATE A-01 4'])
    await expect(room.stock(itemId, room.bins.b, '-1', { number: 'EARLY' })).rejects.toMatchObject({ status: 409, code: 'conflict', errors: [{ code: 'allocated' }] })
  })
  it('that lose their stock are broken, least urgent first, and told', async () => {
    const itemId = await room.item('BROKEN')
    await room.stock(itemId, room.bins.a, '10')
    const [urgent, patient] = [line(itemId, '5'), line(itemId, '5')]
    await room.reserve({ siteId: room.siteId, lines: [patient], priority: 9 })
    await room.reserve({ siteId: room.siteId, lines: [urgent], priority: 1 })
    const lost = await room.admin.adjustStock({ body: { siteId: room.siteId, reason: 'lost', lines: [{ itemId, locationId: room.bins.a, change: '-3' }] } })
    expect(lost.brokenPromises).toMatchObject([{ lineId: patient.lineId, quantity: '3' }])
    const told = await sql(room.house.superuserUrl, "select payload->'lines'->0->>'lineId', payload->>'reason' from bss.outbox_event where topic = 'stock.promisesBroken' and payload->'lines'->0->>'itemId' = $1", [itemId])
    expect(told).toEqual([[patient.lineId, 'adjustment']])
    expect(await level(itemId)).toMatchObject({ onHand: '7', reserved: '7', available: '0' })
  })
  it('end with their time, and lots with their date, when the calendar is looked at', async () => {
    const itemId = await room.item('CALENDAR', 'lot')
    await room.stock(itemId, room.bins.a, '5', { number: 'OLD', expiresOn: far })
    await room.stock(itemId, room.bins.a, '5', { number: 'NEW', expiresOn: '2032-01-01' })
    await room.reserve({ siteId: room.siteId, lines: [line(itemId, '1')], expiresAt: '2026-01-01T00:00:00Z' })
    await room.reserve({ siteId: room.siteId, lines: [line(itemId, '7')] })
    await plant(room.house.superuserUrl, [`update bss.lot set expires_on = '2026-01-01' where number = 'OLD'`, 'update bss.stock_level set next_expiry_at = now() where next_expiry_at is not null'])
    const ctx = systemContext({ organizationId: room.house.acme.id, permissions: PERMISSIONS, operation: 'inventory.expire' })
    for (const chore of inventoryChores) await room.house.database.housekeep(ctx, chore.run)
    expect(await level(itemId)).toMatchObject({ onHand: '10', unavailable: '5', reserved: '5', available: '0' })
    expect((await room.admin.listLots({ query: { 'filter[itemId]': itemId } })).items.map((lot) => `${lot.number} ${lot.status}`)).toEqual(['NEW available', 'OLD expired'])
  })
})

describe('master data', () => {
  it('items come in bulk, each line answered, a second time unchanged', async () => {
    const lines = [{ sku: 'BULK-1', name: 'One', baseUnit: 'EA' as const }, { sku: 'BULK-2', name: 'Two', baseUnit: 'EA' as const, gtin: '4006381333932' }, { sku: 'BULK-1', name: 'One, better', baseUnit: 'EA' as const }]
    expect((await collect(room.admin.upsertItems({ lines }))).map((each) => [each.line, each.outcome, each.code])).toEqual([[1, 'created', undefined], [2, 'refused', 'check_digit'], [3, 'updated', undefined]])
    expect((await collect(room.admin.upsertItems({ lines: lines.slice(2) }))).map((each) => each.outcome)).toEqual(['unchanged'])
  })
  it('received lines happen once by their external reference, and the bad ones say why', async () => {
    const itemId = await room.item('INBOUND')
    const good = { external: { source: 'wms', ref: 'GR-1/1' }, siteCode: 'HAM', locationCode: 'A-01', sku: 'INBOUND', quantity: '5' }
    const lines = [good, { ...good, external: { source: 'wms', ref: 'GR-1/2' }, sku: 'NO-SUCH' }, { ...good, external: { source: 'wms', ref: 'GR-1/3' }, locationCode: 'Z' }]
    expect((await collect(room.admin.receiveLines({ lines }))).map((each) => each.code ?? each.outcome)).toEqual(['created', 'unknown_item', 'unknown_location'])
    expect((await collect(room.admin.receiveLines({ lines: [good] }))).map((each) => each.outcome)).toEqual(['unchanged'])
    expect(await level(itemId)).toMatchObject({ onHand: '5' })
  })
  it('the costs of an item are seen only by who may see costs', async () => {
    const itemId = await room.item('COSTLY')
    await room.admin.setItemCost({ params: { itemId }, body: { effectiveOn: '2026-01-01', unitCost: '2.45', currency: 'EUR' } })
    const finance = room.house.client(inventoryApi, 'finance')
    expect((await finance.listItemCosts({ params: { itemId } })).items).toMatchObject([{ unitCost: '2.45', currency: 'EUR' }])
    await expect(room.house.client(inventoryApi, 'planner').listItemCosts({ params: { itemId } })).rejects.toMatchObject({ status: 403 })
  })
  it('a lot follows only its arrows, in code and in the database', async () => {
    const itemId = await room.item('STATES', 'lot')
    const pairs = LOT_STATUSES.flatMap((from) => LOT_STATUSES.map((to) => `${from} ${to}`))
    await plant(room.house.superuserUrl, `insert into bss.lot (organization_id, id, item_id, number, status, created_by, updated_by)
      select '${room.house.acme.id}', gen_random_uuid(), '${itemId}', pair, split_part(pair, ' ', 1), '${itemId}', '${itemId}' from unnest(array['${pairs.join("', '")}']) as pair`)
    await sql(room.house.superuserUrl, `do $do$
      declare r record;
      begin
        for r in select id, number from bss.lot where item_id = '${itemId}' loop
          begin
            update bss.lot set status = split_part(r.number, ' ', 2) where id = r.id;
          exception when sqlstate 'BSPRB' then
            update bss.lot set status_reason = 'refused' where id = r.id;
          end;
        end loop;
      end $do$`)
    const rows = await sql(room.house.superuserUrl, `select number, status_reason is null from bss.lot where item_id = '${itemId}'`)
    const allowed = new Set(rows.filter(([, isAllowed]) => isAllowed === 't').map(([number]) => number))
    expect(rows).toHaveLength(pairs.length)
    for (const from of LOT_STATUSES) for (const to of LOT_STATUSES) expect([from, to, allowed.has(`${from} ${to}`)]).toEqual([from, to, canLotBecome(from, to)])
  })
  it('lists go on where the page ended, in both directions', async () => {
    for (const sort of ['item', '-item', 'location', '-location'] as const) {
      const all = (await room.admin.listBalances({ query: { sort, limit: 200 } })).items
      const paged: typeof all = []
      let after: string | null = null
      do {
        const page: Awaited<ReturnType<typeof room.admin.listBalances>> = await room.admin.listBalances({ query: { sort, limit: 3, ...(after === null ? {} : { after }) } })
        paged.push(...page.items)
        after = page.nextCursor
      } while (after !== null)
      expect(paged).toEqual(all)
    }
  })
})

describe('what is refused', () => {
  it('bad input (400, 422) with a pointer to each fault', async () => {
    const itemId = await room.item('BAD')
    const adjust = (change: string, locationId = room.bins.a) => room.admin.adjustStock({ body: { siteId: room.siteId, reason: 'count', lines: [{ itemId, locationId, change }] } })
    for (const change of ['0', '-0.0', '1.0000001', '1e3', '9999999999']) await expect(adjust(change)).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/lines/0/change' }] })
    await expect(adjust('1', newId())).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/lines/0/locationId', code: 'unknown_location' }] })
    await expect(room.admin.createSite({ body: { code: 'X', name: 'X', timeZone: 'Mars/Base', currency: 'EUR', gln: '4012345000008' } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/gln' }, { pointer: '/timeZone' }] })
    await expect(room.admin.listLevels({ query: { after: 'nonsense' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/after' }] })
  })
  it('a stranger (401) and the wrong role (403)', async () => {
    await expect(fetch(`${room.house.url}/api/v1/stock/levels`).then((answer) => answer.status)).resolves.toBe(401)
    const reader = room.house.client(inventoryApi, 'twin_engineer')
    await expect(reader.createItem({ body: { sku: 'NO', name: 'No', baseUnit: 'EA' } })).rejects.toMatchObject({ status: 403 })
    await expect(room.house.client(inventoryApi, 'planner').adjustStock({ body: { siteId: room.siteId, reason: 'count', lines: [{ itemId: newId(), locationId: room.bins.a, change: '1' }] } })).rejects.toMatchObject({ status: 403 })
    expect((await reader.listLevels()).items.length).toBeGreaterThan(0)
  })
  it('foreign things look exactly like missing ones (404)', async () => {
    const itemId = await room.item('MINE')
    const other = room.house.client(inventoryApi, 'tenant_admin', room.house.globex)
    const answer = (call: Promise<unknown>) => call.then(() => 'found', (error: unknown) => String(error))
    for (const ask of [(id: typeof itemId) => other.getItem({ params: { itemId: id } }), (id: typeof itemId) => other.getPromisable({ params: { siteId: room.siteId, itemId: id } }), (id: typeof itemId) => other.explainLevel({ params: { siteId: room.siteId, itemId: id } })]) {
      const foreign = await answer(ask(itemId))
      expect(foreign).toContain('not_found')
      expect(foreign).toBe(await answer(ask(newId())))
    }
    expect((await other.listBalances()).items).toEqual([])
    expect((await other.checkInvariants()).holds).toBe(true)
  })
  it('what contradicts the stock or the state of things (409, 412)', async () => {
    const itemId = await room.item('POOR')
    await expect(room.stock(itemId, room.bins.a, '-1')).rejects.toMatchObject({ status: 409, code: 'insufficient_stock', errors: [{ code: 'not_on_hand' }] })
    await expect(room.item('POOR')).rejects.toMatchObject({ status: 409, errors: [{ pointer: '/sku' }] })
    await room.admin.updateItem({ params: { itemId }, ifMatch: 1, body: { abc: 'A' } })
    await expect(room.admin.updateItem({ params: { itemId }, ifMatch: 1, body: { abc: 'B' } })).rejects.toMatchObject({ status: 412, code: 'stale' })
    const serial = await room.item('SERIAL', 'serial')
    await room.stock(serial, room.bins.a, '1', { number: 'SN-1' })
    await expect(room.stock(serial, room.bins.b, '1', { number: 'SN-1' })).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })
  it('the page of rules shows a figure that was tampered with, and holds otherwise', async () => {
    expect(await room.admin.checkInvariants()).toMatchObject({ holds: true })
    const itemId = await room.item('TAMPERED')
    await room.stock(itemId, room.bins.a, '5')
    await plant(room.house.superuserUrl, `update bss.stock_balance set on_hand = 6 where item_id = '${itemId}' and not is_virtual`)
    await room.settle()
    const broken = await room.admin.checkInvariants()
    expect(broken.rules.filter((rule) => !rule.holds)).toMatchObject([{ rule: 1, offenders: 2 }])
    await plant(room.house.superuserUrl, `update bss.stock_balance set on_hand = 5 where item_id = '${itemId}' and not is_virtual`)
    await room.settle()
    expect(await room.admin.checkInvariants()).toMatchObject({ holds: true })
  })
})

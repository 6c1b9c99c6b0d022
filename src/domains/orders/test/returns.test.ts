// Returns: from the request to the credit, and what they refuse.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { ApiError } from '../../../kernel/client.ts'
import { newId, type ItemId, type LocationId, type OrderLineId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../contract.ts'
import { RETURN_STATUSES, type Return } from '../returns/contract.ts'
import { RETURN_ARROWS } from '../returns/rules.ts'
import { floorOf, type Floor } from './floor.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
let floor: Floor
let back: LocationId
let quarantine: LocationId
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
  const place = async (code: string, kind: 'pack' | 'receive' | 'quarantine') => (await house.client(inventoryApi, 'tenant_admin').createLocation({ params: { siteId: shop.siteId }, body: { code, kind } })).id
  floor = floorOf(house, await place('PACK', 'pack'))
  back = await place('BACK', 'receive')
  quarantine = await place('Q', 'quarantine')
}, 120_000)
afterAll(() => house.close())
const planner = () => house.client(ordersApi, 'planner')
const operator = () => house.client(ordersApi, 'warehouse_operator')

/** The line of an order of which so much was shipped. */
async function shipped(itemId: ItemId, ordered: string, quantity = ordered) {
  const order = await planner().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines: [{ itemId, quantity: ordered }] } })
  await planner().releaseOrder({ params: { orderId: order.id } })
  const lineId = order.lines[0]?.id ?? newId<'SalesOrderLine'>()
  await floor.pick(lineId, quantity)
  await floor.ship(lineId)
  return { orderId: order.id, lineId }
}
const ask = (orderLineId: OrderLineId, quantity: string, more: object = {}) => planner().requestReturn({ body: { lines: [{ orderLineId, quantity, reason: 'damaged', ...more }] } })
/** As far as the goods being awaited. */
async function awaited(orderLineId: OrderLineId, quantity: string, more: object = {}): Promise<Return> {
  const { id } = await ask(orderLineId, quantity, more)
  await planner().approveReturn({ params: { returnId: id }, body: {} })
  return planner().awaitReturn({ params: { returnId: id }, body: { trackingReference: 'JD1' } })
}
const on = (made: Return) => ({ params: { returnId: made.id } })
const firstLine = (made: Return) => made.lines[0]?.id ?? newId<'ReturnLine'>()
const stockAt = async (itemId: ItemId, locationId: LocationId) => (await sql(house.superuserUrl, 'select trim_scale(coalesce(sum(on_hand), 0))::text from bss.stock_balance where item_id = $1 and location_id = $2', [itemId, locationId]))[0]?.[0]
const lineOf = async (lineId: OrderLineId) => (await sql(house.superuserUrl, 'select trim_scale(returned)::text, trim_scale(to_return)::text from bss.sales_order_line where id = $1', [lineId]))[0]

describe('a return', () => {
  it('goes from the request to the credit, and each part of the goods where it was decided', async () => {
    const item = await shop.item('BACK-1', 20)
    const { orderId, lineId } = await shipped(item, '10')
    const made = await awaited(lineId, '8')
    expect(made).toMatchObject({ status: 'awaiting_receipt', trackingReference: 'JD1', lines: [{ quantity: '8', received: '0' }] })
    expect(made.number).toMatch(/^RMA-[0-9]{6}$/)
    const some = await operator().receiveReturn({ ...on(made), body: { lines: [{ returnLineId: firstLine(made), quantity: '3', locationId: back }, { returnLineId: firstLine(made), quantity: '2', locationId: quarantine }] } })
    expect(some).toMatchObject({ status: 'awaiting_receipt', lines: [{ received: '5' }] })
    expect(await lineOf(lineId)).toEqual(['5', '3'])
    const received = await operator().receiveReturn({ ...on(made), body: { lines: [{ returnLineId: firstLine(made), quantity: '1', locationId: back }], isComplete: true } })
    expect(received.status).toBe('received')
    expect(await lineOf(lineId)).toEqual(['6', '0'])
    expect([await stockAt(item, back), await stockAt(item, quarantine)]).toEqual(['4', '2'])

    const [three, two, one] = received.receipts.toSorted((a, b) => Number(b.quantity) - Number(a.quantity))
    if (three === undefined || two === undefined || one === undefined) throw new Error('Three parts came back.')
    expect((await operator().inspectReturn({ ...on(made), body: { findings: [{ receiptId: three.id, condition: 'as_new' }] } })).status).toBe('received')
    const inspected = await operator().inspectReturn({ ...on(made), body: { findings: [{ receiptId: two.id, condition: 'damaged', note: 'Wet' }, { receiptId: one.id, condition: 'opened' }] } })
    expect(inspected.status).toBe('inspected')
    const decide = (lines: readonly { readonly receiptId: typeof three.id; readonly disposition: 'restock' | 'scrap' | 'repair' | 'return_to_vendor' | 'quarantine'; readonly quantity: string; readonly locationId?: LocationId }[]) => operator().disposeReturn({ ...on(made), body: { lines: [...lines] } })
    await expect(decide([{ receiptId: two.id, disposition: 'restock', quantity: '1', locationId: shop.locationId }, { receiptId: three.id, disposition: 'scrap', quantity: '4' }, { receiptId: three.id, disposition: 'repair', quantity: '1' }])).rejects.toMatchObject({
      code: 'conflict', errors: [{ pointer: '/lines/0/disposition', code: 'not_sellable' }, { pointer: '/lines/1/quantity', code: 'too_much' }, { pointer: '/lines/2/quantity', code: 'too_much' }, { pointer: '/lines/2/locationId', code: 'required' }],
    })
    expect((await decide([{ receiptId: three.id, disposition: 'restock', quantity: '2' }, { receiptId: three.id, disposition: 'restock', quantity: '1', locationId: shop.locationId }, { receiptId: two.id, disposition: 'repair', quantity: '1' }])).status).toBe('inspected')
    const disposed = await decide([{ receiptId: two.id, disposition: 'scrap', quantity: '1' }, { receiptId: one.id, disposition: 'return_to_vendor', quantity: '1' }])
    expect(disposed).toMatchObject({ status: 'dispositioned', receipts: [{ disposed: '3' }, { disposed: '2' }, { disposed: '1' }] })
    expect([await stockAt(item, back), await stockAt(item, quarantine), await stockAt(item, shop.locationId)]).toEqual(['2', '1', '11'])

    expect((await planner().settleReturn(on(made))).status).toBe('settled')
    const closedReturn = await planner().closeReturn(on(made))
    expect(closedReturn.status).toBe('closed')
    expect(await planner().getReturn(on(made))).toEqual(closedReturn)
    const told = await sql(house.superuserUrl, 'select topic from bss.outbox_event where aggregate_id = $1 order by id', [made.id])
    expect(told.flat()).toEqual(['return.requested', 'return.approved', 'return.awaited', 'return.received', 'return.received', 'return.inspected', 'return.dispositioned', 'return.dispositioned', 'return.creditRequested', 'return.closed'])
    expect(await sql(house.superuserUrl, "select payload->'lines'->0->>'quantity' from bss.outbox_event where topic = 'return.creditRequested' and aggregate_id = $1", [made.id])).toEqual([['6']])
    expect(await sql(house.superuserUrl, "select jsonb_array_length(payload->'lines'), payload->'lines'->0->>'quantity' from bss.outbox_event where topic = 'stock.toPutAway' and payload->>'documentId' = $1", [made.id])).toEqual([['1', '2']])
    expect((await planner().getOrder({ params: { orderId } })).lines[0]).toMatchObject({ shipped: '10', returned: '6' })
    expect((await planner().getOrderTimeline({ params: { orderId } })).items.filter(({ kind }) => kind === 'returned')).toHaveLength(2)
    expect(await floor.broken()).toEqual([])
    expect((await house.client(inventoryApi, 'tenant_admin').checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
  })

  it('never takes more than was shipped, over all returns, and gives up what is rejected or does not come', async () => {
    const { lineId } = await shipped(await shop.item('BACK-2', 20), '10', '6')
    const first = await ask(lineId, '4')
    await expect(ask(lineId, '3')).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/lines/0/quantity', code: 'too_much' }] })
    await planner().rejectReturn({ ...on(first), body: { reason: 'Too late' } })
    expect(await lineOf(lineId)).toEqual(['0', '0'])
    await expect(planner().approveReturn({ ...on(first), body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    const second = await awaited(lineId, '6')
    await expect(operator().receiveReturn({ ...on(second), body: { lines: [{ returnLineId: firstLine(second), quantity: '7', locationId: shop.locationId }] } })).rejects.toMatchObject({
      code: 'conflict', errors: [{ code: 'too_much' }, { pointer: '/lines/0/locationId', code: 'wrong_location' }],
    })
    expect((await operator().receiveReturn({ ...on(second), body: { lines: [], isComplete: true } })).status).toBe('received')
    expect(await lineOf(lineId)).toEqual(['0', '0'])
    await operator().inspectReturn({ ...on(second), body: { findings: [] } })
    await operator().disposeReturn({ ...on(second), body: { lines: [] } })
    await planner().settleReturn(on(second))
    expect(await sql(house.superuserUrl, "select count(*)::int from bss.outbox_event where topic = 'return.creditRequested' and aggregate_id = $1", [second.id])).toEqual([['0']])
    await expect(ask(newId<'SalesOrderLine'>(), '1')).rejects.toMatchObject({ errors: [{ code: 'unknown_line' }] })
  })

  it('can be withdrawn until the goods are on their way, by those who ask for returns, and what it asked for is free again', async () => {
    const { lineId } = await shipped(await shop.item('BACK-4', 20), '10', '6')
    const [requested, approved] = [await ask(lineId, '4'), await ask(lineId, '2')]
    await planner().approveReturn({ ...on(approved), body: { note: 'As agreed' } })
    await expect(ask(lineId, '1')).rejects.toMatchObject({ code: 'conflict' })
    await expect(operator().cancelReturn({ ...on(requested), body: {} })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(house.client(ordersApi, 'planner', house.globex).cancelReturn({ ...on(requested), body: {} })).rejects.toMatchObject({ code: 'not_found' })
    expect(await planner().cancelReturn({ ...on(requested), body: { reason: 'The customer keeps them' } })).toMatchObject({ status: 'cancelled', decisionNote: 'The customer keeps them' })
    expect(await lineOf(lineId)).toEqual(['0', '2'])
    expect(await planner().cancelReturn({ ...on(approved), body: {} })).toMatchObject({ status: 'cancelled', decisionNote: 'As agreed' })
    expect(await lineOf(lineId)).toEqual(['0', '0'])
    for (const gone of [requested, approved]) await expect(planner().cancelReturn({ ...on(gone), body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(planner().approveReturn({ ...on(requested), body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    const onItsWay = await awaited(lineId, '6')
    await expect(planner().cancelReturn({ ...on(onItsWay), body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await lineOf(lineId)).toEqual(['0', '6'])
    expect(await sql(house.superuserUrl, "select count(*) from bss.outbox_event where topic = 'return.cancelled' and aggregate_id = any ($1::uuid[])", [[requested.id, approved.id]])).toEqual([['2']])
  })

  it('takes back only lots and serial numbers that were shipped with the line', async () => {
    const admin = house.client(inventoryApi, 'tenant_admin')
    const item = (await admin.createItem({ body: { sku: 'BACK-LOT', name: 'Lot', baseUnit: 'EA', tracking: 'lot' } })).id
    const stock = (number: string) => admin.adjustStock({ body: { siteId: shop.siteId, reason: 'opening', lines: [{ itemId: item, locationId: shop.locationId, change: '5', lot: { number, expiresOn: number === 'L1' ? '2098-01-01' : '2099-01-01' } }] } })
    await stock('L1')
    await stock('L2')
    await stock('L3')
    const { lineId } = await shipped(item, '7')
    const made = await awaited(lineId, '7')
    const take = (quantity: string, lotNumber?: string) => operator().receiveReturn({ ...on(made), body: { lines: [{ returnLineId: firstLine(made), quantity, locationId: back, ...(lotNumber === undefined ? {} : { lotNumber }) }] } })
    await expect(take('1')).rejects.toMatchObject({ errors: [{ code: 'lot_required' }] })
    await expect(take('1', 'L9')).rejects.toMatchObject({ errors: [{ code: 'unknown_lot' }] })
    await expect(take('6', 'L1')).rejects.toMatchObject({ errors: [{ code: 'lot_not_shipped' }] })
    await take('5', 'L1')
    await expect(take('1', 'L1')).rejects.toMatchObject({ errors: [{ code: 'lot_not_shipped' }] })
    expect((await take('2', 'L2').catch(() => take('2', 'L3'))).status).toBe('received')
    expect((await admin.checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
  })

  it('is found by its filters, and is nobody else’s', async () => {
    const { orderId, lineId } = await shipped(await shop.item('BACK-3', 20), '10')
    const made = await Promise.all([ask(lineId, '1'), ask(lineId, '2'), ask(lineId, '3')])
    const first = await planner().listReturns({ query: { 'filter[orderId]': orderId, sort: 'number', limit: 2 } })
    const rest = await planner().listReturns({ query: { 'filter[orderId]': orderId, sort: 'number', limit: 2, after: first.nextCursor ?? '' } })
    expect([...first.items, ...rest.items].map(({ number }) => number)).toEqual(made.map(({ number }) => number).toSorted((a, b) => (a < b ? -1 : 1)))
    const newest = await planner().listReturns({ query: { 'filter[orderId]': orderId, limit: 2 } })
    const older = await planner().listReturns({ query: { 'filter[orderId]': orderId, limit: 2, after: newest.nextCursor ?? '' } })
    expect(new Set([...newest.items, ...older.items].map(({ id }) => id)).size).toBe(3)
    await expect(planner().listReturns({ query: { after: 'x' } })).rejects.toMatchObject({ code: 'bad_request' })
    const returnId = made[0].id
    await expect(house.client(ordersApi, 'planner', house.globex).getReturn({ params: { returnId } })).rejects.toMatchObject({ code: 'not_found' })
    await expect(house.client(ordersApi, 'tenant_admin', house.globex).receiveReturn({ params: { returnId }, body: { lines: [] } })).rejects.toMatchObject({ code: 'not_found' })
    await expect(operator().approveReturn({ params: { returnId }, body: {} })).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('has the same arrows in the database as in the rules', async () => {
    const pairs = RETURN_STATUSES.flatMap((from) => RETURN_STATUSES.map((to) => [from, to] as const))
    const rows = await sql(house.superuserUrl, 'select bss.return_may_become(u.f, u.t) from unnest($1::text[], $2::text[]) with ordinality u(f, t, n) order by n', [pairs.map(([from]) => from), pairs.map(([, to]) => to)])
    expect(rows.map(([may]) => may === 't')).toEqual(pairs.map(([from, to]) => RETURN_ARROWS[from].includes(to)))
  })

  it('under random commands, several at once: what is returned and asked for is never above what was shipped', async () => {
    const item = await shop.item('BACK-RANDOM', 1_000)
    const step = fc.record({ do: fc.constantFrom('ask' as const, 'reject' as const, 'withdraw' as const, 'take' as const, 'finish' as const), quantity: fc.integer({ min: 1, max: 5 }), which: fc.nat(3) })
    await fc.assert(fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 5 }), async (rounds) => {
      const { lineId } = await shipped(item, '8', '7')
      const open: Return[] = []
      for (const round of rounds) {
        const outcomes = await Promise.allSettled(round.map(async (next) => {
          const at = open[next.which]
          if (next.do === 'ask') open.push(next.which > 1 ? await ask(lineId, String(next.quantity)) : await awaited(lineId, String(next.quantity)))
          else if (at !== undefined && next.do === 'reject') await planner().rejectReturn({ ...on(at), body: { reason: 'No' } })
          else if (at !== undefined && next.do === 'withdraw') await planner().cancelReturn({ ...on(at), body: {} })
          else if (at !== undefined) await operator().receiveReturn({ ...on(at), body: { lines: [{ returnLineId: firstLine(at), quantity: String(next.quantity), locationId: back }], isComplete: next.do === 'finish' } })
        }))
        for (const outcome of outcomes) {
          const reason: unknown = Reflect.get(outcome, 'reason')
          if (outcome.status === 'rejected' && !(reason instanceof ApiError && ['conflict', 'illegal_transition'].includes(reason.code))) throw reason
        }
        const [row] = await sql(house.superuserUrl, `select l.returned + l.to_return <= l.shipped,
            l.returned = (select coalesce(sum(r.quantity), 0) from bss.sales_return_receipt r join bss.sales_return_line x on x.id = r.return_line_id where x.order_line_id = l.id),
            l.to_return = (select coalesce(sum(x.quantity - x.received), 0) from bss.sales_return_line x join bss.sales_return s on s.id = x.return_id where x.order_line_id = l.id and s.status in ('requested', 'approved', 'awaiting_receipt'))
          from bss.sales_order_line l where l.id = $1`, [lineId])
        expect(row).toEqual(['t', 't', 't'])
      }
    }), { numRuns: 8, endOnFailure: true })
    expect((await house.client(inventoryApi, 'tenant_admin').checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
  }, 120_000)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId, type ItemId } from '../../../kernel/ids.ts'
import { clientOf } from '../../../kernel/client.ts'
import { CURRENCIES, CURRENCY_EXPONENTS } from '../../../kernel/money.ts'
import type { ExportedLine } from '../book/contract.ts'
import { ordersApi } from '../contract.ts'
import { LINE_STATUSES } from '../document/contract.ts'
import { mayBecome, orderStatusOf } from '../rules.ts'
import { openShop, type Shop } from './shop.ts'

let house: House
let shop: Shop
let pump: ItemId
let seal: ItemId
beforeAll(async () => {
  house = await openHouse()
  shop = await openShop(house, house.acme, 'MAIN')
  pump = await shop.item('PUMP', 1_000)
  seal = await shop.item('SEAL', 10)
  const prices = house.client(ordersApi, 'tenant_admin')
  const list = await prices.createPriceList({ body: { code: 'L', name: 'List', currency: 'EUR', isDefault: true } })
  await prices.setPrice({ params: { priceListId: list.id }, body: { itemId: pump, unitPrice: '0.335', validFrom: '2020-01-01' } })
})
afterAll(() => house.close())
const planner = () => house.client(ordersApi, 'planner')
const order = (lines: { itemId?: ItemId; sku?: string; quantity: string; backorderPolicy?: 'allow' | 'split' | 'cancel' | 'all_or_nothing' }[], more: object = {}) => ({ customerId: shop.customerId, siteId: shop.siteId, lines, ...more })

describe('an order', () => {
  it('is confirmed and reserved when placed, and reads back as it was answered', async () => {
    const placed = await planner().placeOrder({ body: order([{ itemId: pump, quantity: '2.5' }, { sku: 'PUMP', quantity: '1' }]) })
    expect(placed).toMatchObject({ status: 'confirmed', isBackordered: false, customerCode: 'C-MAIN', siteCode: 'MAIN', lineCount: 2 })
    expect(placed.lines.map(({ sku, reserved, backordered }) => [sku, reserved, backordered])).toEqual([['PUMP', '2.5', '0'], ['PUMP', '1', '0']])
    expect(await planner().getOrder({ params: { orderId: placed.id } })).toEqual(placed)
    expect(placed.number).toMatch(/^SO-[0-9]{6}$/)
  })

  it('has its money in a document of its own, rounded once at the line', async () => {
    const placed = await planner().placeOrder({ body: order([{ itemId: pump, quantity: '3' }, { itemId: seal, quantity: '0.5' }]) })
    expect(JSON.stringify(placed)).not.toMatch(/price|amount|currency/i)
    const money = await house.client(ordersApi, 'finance').getOrderMoney({ params: { orderId: placed.id } })
    expect(money).toMatchObject({ currency: 'EUR', total: { amount: '1.01', currency: 'EUR' }, unpricedLines: 1, lines: [{ lineNumber: 1, unitPrice: '0.335' }] })
    await planner().cancelOrderLine({ params: { orderId: placed.id, lineId: placed.lines[0]?.id ?? newId() }, body: { quantity: '2' } })
    expect(await house.client(ordersApi, 'finance').getOrderMoney({ params: { orderId: placed.id } })).toMatchObject({ total: { amount: '0.34' } })
    await planner().cancelOrder({ params: { orderId: placed.id }, body: {} })
  })

  it('serves each backorder policy as it says', async () => {
    const rare = await shop.item('RARE', 3)
    const [a, b, c, d] = (await planner().placeOrder({ body: order([
      { itemId: rare, quantity: '5', backorderPolicy: 'all_or_nothing' }, { itemId: rare, quantity: '2', backorderPolicy: 'allow' },
      { itemId: rare, quantity: '3', backorderPolicy: 'cancel' }, { itemId: rare, quantity: '1', backorderPolicy: 'cancel' }]) })).lines
    expect([a, b, c, d].map((line) => [line?.status, line?.reserved, line?.cancelled, line?.backordered])).toEqual([
      ['confirmed', '0', '0', '5'], ['confirmed', '2', '0', '0'], ['confirmed', '1', '2', '0'], ['cancelled', '0', '1', '0']])
    expect(await shop.reserved(rare)).toEqual({ lines: 3, reservations: 3, level: 3, onHand: 3 })
  })

  it('walks from the draft to the release, and cancelled goods are free again', async () => {
    const item = await shop.item('WALK', 10)
    const client = planner()
    const draft = await client.createOrder({ body: order([{ itemId: item, quantity: '4' }, { itemId: item, quantity: '3' }]) })
    expect(draft).toMatchObject({ status: 'draft' })
    expect((await shop.reserved(item)).level).toBe(0)
    const params = { orderId: draft.id }
    await expect(client.confirmOrder({ params })).rejects.toMatchObject({ code: 'illegal_transition' })
    await client.submitOrder({ params })
    const confirmed = await client.confirmOrder({ params })
    expect(confirmed.lines.map(({ reserved }) => reserved)).toEqual(['4', '3'])
    const hold = await client.holdOrder({ params, body: { kind: 'credit', reason: 'Over the limit' } })
    await expect(client.releaseOrder({ params })).rejects.toThrow('illegal_transition: A hold is in the way: Over the limit')
    expect((await client.listOrders({ query: { 'filter[isHeld]': true } })).items.map(({ id }) => id)).toEqual([draft.id])
    await client.unholdOrder({ params: { ...params, holdId: hold.id }, body: { reason: 'Paid' } })
    const released = await client.releaseOrder({ params })
    expect(released).toMatchObject({ status: 'released', shortages: [] })
    expect(await sql(house.superuserUrl, "select kind, count(*)::text from bss.reservation where order_id = $1 and status = 'open' group by kind", [draft.id])).toEqual([['hard', '2']])
    await expect(client.amendOrder({ params, ifMatch: released.rowVersion, body: { priority: 1 } })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await client.cancelOrder({ params, body: { reason: 'Changed mind' } })).toMatchObject({ status: 'cancelled' })
    expect(await shop.reserved(item)).toEqual({ lines: 0, reservations: 0, level: 0, onHand: 10 })
    expect((await client.getOrderTimeline({ params })).items.map(({ kind }) => kind)).toEqual(['created', 'submitted', 'confirmed', 'allocated', 'held', 'unheld', 'released', 'cancelled'])
    await expect(client.cancelOrder({ params, body: {} })).rejects.toMatchObject({ code: 'illegal_transition' })
  })

  it('can be amended before its release; stock and money follow', async () => {
    const item = await shop.item('AMEND', 10)
    const client = planner()
    const placed = await client.placeOrder({ body: order([{ itemId: item, quantity: '8' }, { itemId: pump, quantity: '1' }]) })
    const params = { orderId: placed.id }
    const [first, second] = placed.lines
    const amended = await client.amendOrder({ params, ifMatch: placed.rowVersion, body: {
      requestedOn: '2027-01-15', incoterm: 'DAP', changeLines: [{ lineId: first?.id ?? newId(), quantity: '5' }], removeLineIds: [second?.id ?? newId()], addLines: [{ sku: 'PUMP', quantity: '10' }] } })
    expect(amended).toMatchObject({ requestedOn: '2027-01-15', incoterm: 'DAP', status: 'confirmed', lineCount: 3 })
    expect(amended.lines.map(({ status, ordered, reserved }) => [status, ordered, reserved])).toEqual([['confirmed', '5', '5'], ['cancelled', '1', '0'], ['confirmed', '10', '10']])
    expect((await shop.reserved(item)).level).toBe(5)
    expect(await house.client(ordersApi, 'finance').getOrderMoney({ params })).toMatchObject({ total: { amount: '3.35' } })
    await expect(client.amendOrder({ params, ifMatch: placed.rowVersion, body: { priority: 1 } })).rejects.toMatchObject({ code: 'stale' })
    await expect(client.amendOrder({ params, ifMatch: amended.rowVersion, body: { addLines: [{ itemId: newId<'Item'>(), quantity: '1' }] } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/addLines/0/itemId', code: 'unknown_item' }] })
  })

  it('placed whole or not at all names what is short and leaves nothing behind', async () => {
    const item = await shop.item('WHOLE', 1)
    await expect(planner().placeOrder({ body: order([{ itemId: pump, quantity: '1' }, { itemId: item, quantity: '2' }], { allOrNothing: true }) }))
      .rejects.toMatchObject({ code: 'insufficient_stock', errors: [{ pointer: '/lines/1', code: 'insufficient_stock' }] })
    expect((await shop.reserved(item)).level).toBe(0)
  })

  it('is placed once for one key, and the replay is the same answer', async () => {
    const body = order([{ itemId: pump, quantity: '1' }])
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => planner().placeOrder({ body, idempotencyKey: 'placed-once' })))
    for (const other of others) expect(other).toEqual(first)
    await expect(planner().placeOrder({ body: order([{ itemId: pump, quantity: '2' }]), idempotencyKey: 'placed-once' })).rejects.toMatchObject({ code: 'key_reused' })
  })

  it('at prices of its own needs the right to set prices', async () => {
    const body = { ...order([]), currency: 'GBP' as const, lines: [{ itemId: pump, quantity: '2', unitPrice: '12.345' }] }
    const placed = await house.client(ordersApi, 'integration').placePricedOrder({ body })
    expect(await house.client(ordersApi, 'finance').getOrderMoney({ params: { orderId: placed.id } })).toMatchObject({ total: { amount: '24.69', currency: 'GBP' } })
    await expect(planner().placePricedOrder({ body })).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('the order book', () => {
  it('pages through every order once, whatever the sort order', async () => {
    const all = (await planner().listOrders({ query: { limit: 200 } })).items.map(({ id }) => id).toSorted()
    for (const sort of ['orderedAt', '-number', 'promisedOn', '-requestedOn'] as const) {
      const seen: string[] = []
      for (let after: string | null | undefined; after !== null; ) {
        const page = await planner().listOrders({ query: { limit: 3, sort, ...(after === undefined ? {} : { after }) } })
        seen.push(...page.items.map(({ id }) => id))
        after = page.nextCursor
      }
      expect(seen.toSorted()).toEqual(all)
    }
  })
  it('finds by the beginning of number and reference, by item, customer and what waits', async () => {
    const placed = await planner().placeOrder({ body: order([{ itemId: seal, quantity: '500' }], { external: { source: 'shop', ref: 'WEB-77' } }) })
    const ids = async (query: NonNullable<Parameters<ReturnType<typeof planner>['listOrders']>[0]>['query']) => (await planner().listOrders(query === undefined ? {} : { query })).items.map(({ id }) => id)
    expect(await ids({ q: 'WEB-7' })).toEqual([placed.id])
    expect(await ids({ q: placed.number })).toEqual([placed.id])
    expect(await ids({ q: 'WEB-_' })).toEqual([])
    expect(await ids({ 'filter[isBackordered]': true, 'filter[itemId]': seal })).toEqual([placed.id])
    expect(await ids({ 'filter[customerId]': newId<'Party'>() })).toEqual([])
    await expect(planner().placeOrder({ body: order([{ itemId: seal, quantity: '1' }], { external: { source: 'shop', ref: 'WEB-77' } }) })).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/external/ref' }] })
  })
  it('exports what it lists, with lines', async () => {
    const exported: ExportedLine[] = []
    for await (const line of planner().exportOrders({ lines: [{ filter: { status: 'confirmed' } }] })) exported.push(line)
    const listed = (await planner().listOrders({ query: { 'filter[status]': 'confirmed', limit: 200, sort: 'orderedAt' } })).items
    expect(exported.map(({ order: each }) => each?.id)).toEqual(listed.map(({ id }) => id))
    expect(exported.every(({ order: each }) => each?.lines.length === each?.lineCount)).toBe(true)
  })
  it('keeps saved views', async () => {
    const view = await planner().createOrderView({ body: { name: 'Waiting', filter: { isBackordered: true }, sort: 'promisedOn' } })
    expect((await planner().listOrderViews()).items).toEqual([view])
    await expect(planner().createOrderView({ body: { name: 'Waiting', filter: {}, sort: 'number' } })).rejects.toMatchObject({ code: 'conflict' })
    await planner().deleteOrderView({ params: { viewId: view.id }, ifMatch: view.rowVersion })
    expect((await planner().listOrderViews()).items).toEqual([])
  })
})

describe('orders refuse', () => {
  const refused = async (body: unknown, status: number, pointer: string): Promise<void> => {
    const response = await fetch(`${house.url}/api/v1/orders`, { method: 'POST', headers: { authorization: `Bearer ${house.acme.keys.planner}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
    expect([response.status, await response.json()]).toMatchObject([status, { errors: [{ pointer }] }])
  }
  it('bad input with a pointer to it (400)', async () => {
    const line = { itemId: pump, quantity: '1' }
    await refused(order([{ ...line, quantity: '1.0000001' }]), 400, '/lines/0/quantity')
    await refused(order([{ ...line, quantity: '-1' }]), 400, '/lines/0/quantity')
    await refused(order([{ ...line, quantity: '0' }]), 400, '/lines/0/quantity')
    await refused(order([{ ...line, quantity: '1000000000' }]), 400, '/lines/0/quantity')
    await refused({ ...order([line]), extra: 1 }, 400, '/extra')
    await refused(order([]), 400, '/lines')
    await refused(order(Array.from({ length: 10_000 }, () => line)), 400, '/lines')
    await refused(order([{ itemId: pump, sku: 'PUMP', quantity: '1' }]), 400, '/lines/0')
    await refused(order([line], { requestedOn: '2027-02-30' }), 400, '/requestedOn')
    await refused(order([line], { priority: 0 }), 400, '/priority')
  })
  it('a currency that is none, and an amount no document can hold', async () => {
    const client = house.client(ordersApi, 'integration')
    const send = (body: unknown): Promise<Response> => fetch(`${house.url}/api/v1/priced-orders`, { method: 'POST', headers: { authorization: `Bearer ${house.acme.keys.integration}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
    expect((await send({ ...order([]), currency: 'XXX', lines: [{ itemId: pump, quantity: '1', unitPrice: '1' }] })).status).toBe(400)
    await expect(client.placePricedOrder({ body: { ...order([]), currency: 'EUR', lines: [{ itemId: pump, quantity: '999999999', unitPrice: '9999999999' }] } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/lines/0/quantity', code: 'amount_too_large' }] })
  })
  it('a stranger (401) and the wrong role (403)', async () => {
    await expect(clientOf(ordersApi, house.sender(null)).listOrders()).rejects.toMatchObject({ status: 401 })
    await expect(house.client(ordersApi, 'warehouse_operator').listOrders()).rejects.toMatchObject({ status: 403 })
    const placed = await planner().placeOrder({ body: order([{ itemId: pump, quantity: '1' }]) })
    await expect(planner().getOrderMoney({ params: { orderId: placed.id } })).rejects.toMatchObject({ status: 403 })
    await expect(house.client(ordersApi, 'auditor').cancelOrder({ params: { orderId: placed.id }, body: {} })).rejects.toMatchObject({ status: 403 })
  })
  it('a foreign order, customer, site or item exactly like a missing one (404, 422)', async () => {
    const placed = await planner().placeOrder({ body: order([{ itemId: pump, quantity: '1' }]) })
    const stranger = house.client(ordersApi, 'planner', house.globex)
    const problem = async (call: () => Promise<unknown>): Promise<unknown> => {
      try {
        await call()
      } catch (error) {
        if (error instanceof Error && 'code' in error && 'errors' in error) return [error.message, error.code, error.errors]
      }
      throw new Error('It was not refused.')
    }
    const missing = newId<'SalesOrder'>()
    for (const name of ['getOrder', 'getOrderTimeline', 'submitOrder', 'allocateOrder', 'releaseOrder', 'listOrderHolds'] as const) {
      expect(await problem(() => stranger[name]({ params: { orderId: placed.id } }))).toEqual(await problem(() => stranger[name]({ params: { orderId: missing } })))
    }
    const other = await openShop(house, house.globex, 'MAIN')
    const body = { customerId: other.customerId, siteId: other.siteId, lines: [{ itemId: pump, quantity: '1' }] }
    expect(await problem(() => stranger.placeOrder({ body }))).toEqual(await problem(() => stranger.placeOrder({ body: { ...body, lines: [{ itemId: newId<'Item'>(), quantity: '1' }] } })))
    expect(await problem(() => stranger.placeOrder({ body: { ...body, customerId: shop.customerId } }))).toEqual(await problem(() => stranger.placeOrder({ body: { ...body, customerId: newId<'Party'>() } })))
    expect(await problem(() => stranger.placeOrder({ body: { ...body, siteId: shop.siteId } }))).toEqual(await problem(() => stranger.placeOrder({ body: { ...body, siteId: newId<'Site'>() } })))
  })
})

describe('the database', () => {
  it('has the same arrows as the rules', async () => {
    const rows = await sql(house.superuserUrl, 'select a, b, bss.line_may_become(a, b)::text from unnest($1::text[]) a, unnest($1::text[]) b', [[...LINE_STATUSES]])
    const wrong = rows.filter(([from, to, may]) => {
      const [a, b] = [LINE_STATUSES.find((each) => each === from), LINE_STATUSES.find((each) => each === to)]
      return a === undefined || b === undefined || (may === 'true') !== mayBecome(a, b)
    })
    expect([rows.length, wrong]).toEqual([81, []])
  })
  it('derives the status of an order as the rules do', async () => {
    const triples = LINE_STATUSES.flatMap((a) => LINE_STATUSES.flatMap((b) => LINE_STATUSES.map((c) => [a, b, c])))
    const rows = await sql(house.superuserUrl, 'select bss.order_status_of(string_to_array(t, $2)) from unnest($1::text[]) with ordinality u(t, n) order by n', [triples.map((triple) => triple.join()), ','])
    expect(rows.map(([status]) => status)).toEqual(triples.map((triple) => orderStatusOf(triple)))
  })
  it('knows the minor units of every currency', async () => {
    const rows = await sql(house.superuserUrl, 'select bss.minor_units_of(c)::text from unnest($1::text[]) with ordinality u(c, n) order by n', [[...CURRENCIES]])
    expect(rows.map(([units]) => Number(units))).toEqual(CURRENCIES.map((currency) => 10 ** CURRENCY_EXPONENTS[currency]))
  })
  it('keeps numbers without a gap, whatever was refused in between', async () => {
    const rows = await sql(house.superuserUrl, "select count(*)::text, max(substr(number, 4)::bigint)::text, (select last_number::text from bss.document_series s where s.kind = 'sales_order' and s.organization_id = $1) from bss.sales_order where organization_id = $1", [house.acme.id])
    expect(new Set(rows[0]).size).toBe(1)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { plant } from '../../../../test/setup/sql.ts'
import { clientOf } from '../../../kernel/client.ts'
import { newId, type ItemId, type OrderId, type SiteId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { openShop, type Shop } from '../../orders/test/shop.ts'
import { planningApi } from '../contract.ts'

let house: House
let north: Shop
let south: Shop
const items: Partial<Record<'A' | 'B' | 'C' | 'D', ItemId>> = {}
let waiting: OrderId
const planner = () => house.client(planningApi, 'planner')
const orders = () => house.client(ordersApi, 'tenant_admin')
const inventory = () => house.client(inventoryApi, 'tenant_admin')
const at = (siteId: SiteId) => ({ query: { 'filter[siteId]': siteId } })
const dayFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString()

/**
 * Two sites. North: 10 of A, 2 of B, 1 of C; south: 8 of D, and 1.5 kg of K. Orders of today: (A 4, B 5 which waits for 3),
 * (C 3 which gives up 2), (D 2), a draft (A 1). Older ones, all of D at the south: 3, 5, 10, 20 and 40 days, one of each.
 */
beforeAll(async () => {
  house = await openHouse()
  north = await openShop(house, house.acme, 'NORTH')
  south = await openShop(house, house.acme, 'SOUTH')
  items.A = await north.item('A', 10)
  items.B = await north.item('B', 2)
  items.C = await north.item('C', 1)
  items.D = await south.item('D', 8)
  const kilos = (await inventory().createItem({ body: { sku: 'K', name: 'K', baseUnit: 'KGM' } })).id
  await south.add(kilos, '1.5')
  const place = (shop: Shop, lines: { sku: string; quantity: string; backorderPolicy?: 'cancel' }[], more: { promisedOn?: string } = {}) =>
    orders().placeOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, lines, ...more } })
  waiting = (await place(north, [{ sku: 'A', quantity: '4' }, { sku: 'B', quantity: '5' }], { promisedOn: dayFromNow(9) })).id
  await place(north, [{ sku: 'C', quantity: '3', backorderPolicy: 'cancel' }])
  await place(south, [{ sku: 'D', quantity: '2' }])
  await orders().createOrder({ body: { customerId: north.customerId, siteId: north.siteId, lines: [{ sku: 'A', quantity: '1' }] } })
  const old = [3, 5, 10, 20, 40].map((days) => ({ external: { source: 'past', ref: `O${days}` }, customerCode: 'C-SOUTH', siteCode: 'SOUTH', orderedAt: hoursAgo(days * 24 + 1), lines: [{ sku: 'D', quantity: days > 10 ? '1' : '0.5' }] }))
  for await (const result of orders().placeOrders({ lines: old })) {
    if (result.outcome !== 'created' || result.isBackordered !== false) throw new Error(JSON.stringify(result))
  }
})
afterAll(() => house.close())

describe('order figures', () => {
  it('count orders by state and by the whole days since they were ordered', async () => {
    const { ordersByState, openOrders } = await planner().getOrderFigures()
    expect(ordersByState.value).toBe('9')
    expect(openOrders).toMatchObject({ value: '8', numerator: '8', denominator: null, definitionVersion: 1 })
    const confirmed = ordersByState.states.find((state) => state.status === 'confirmed')
    expect(confirmed?.ages.map((age) => [age.fromDays, age.toDays, age.orders])).toEqual([[0, 1, 3], [2, 3, 1], [4, 7, 1], [8, 14, 1], [15, 30, 1], [31, null, 1]])
    expect(ordersByState.states.find((state) => state.status === 'draft')?.orders).toBe(1)
  })
  it('can be those of one site', async () => {
    const { openOrders, backorderedLines, backorderedQuantity } = await planner().getOrderFigures(at(north.siteId))
    expect([openOrders.value, backorderedLines.value, backorderedQuantity.byUnit.map((part) => [part.unit, part.value])]).toEqual(['2', '1', [['EA', '3']]])
    expect((await planner().getOrderFigures(at(south.siteId))).backorderedLines.value).toBe('0')
  })
  it('say what waits for stock', async () => {
    const { backorderedLines, backorderedQuantity } = await planner().getOrderFigures()
    expect(backorderedLines).toMatchObject({ value: '1', key: 'backordered_lines' })
    expect(backorderedQuantity.byUnit).toMatchObject([{ unit: 'EA', value: '3' }])
  })
})

describe('service figures', () => {
  it('tell what was there the first time: waiting and giving up both count as missed', async () => {
    const { lineFill, unitFill, backorderRate } = await planner().getServiceFigures()
    // Lines of 30 days: A, B, C, D today; 3, 5, 10 and 20 days ago. Short: B and C. Units: 4 + 5 + 3 + 2 + 0.5 × 3 + 1 = 16.5, of which 3 + 2 were missing.
    expect(lineFill).toMatchObject({ numerator: '6', denominator: '8', value: '0.75' })
    expect(unitFill).toMatchObject({ numerator: '11.5', denominator: '16.5', value: '0.697' })
    expect(backorderRate).toMatchObject({ numerator: '1', denominator: '8', value: '0.125' })
    expect(lineFill.bySite.map((site) => [site.siteCode, site.numerator, site.denominator])).toEqual([['NORTH', '1', '3'], ['SOUTH', '5', '5']])
  })
  it('are those of the days asked for', async () => {
    const { lineFill, period } = await planner().getServiceFigures({ query: { 'filter[from]': dayFromNow(-45), 'filter[to]': dayFromNow(-15) } })
    expect([period, lineFill.numerator, lineFill.denominator]).toEqual([{ from: dayFromNow(-45), to: dayFromNow(-15) }, '2', '2'])
  })
  it('have no value where there is nothing to divide by, and say why', async () => {
    const { lineFill, unitFill, onTimeInFull, backorderRate } = await planner().getServiceFigures({ query: { 'filter[from]': '2020-01-01', 'filter[to]': '2020-01-31' } })
    expect([lineFill, unitFill, onTimeInFull, backorderRate].map((figure) => [figure.value, figure.reason, figure.bySite])).toEqual([
      [null, 'nothing_ordered', []], [null, 'nothing_ordered', []], [null, 'nothing_due', []], [null, 'nothing_open', []]])
  })
  it('do not get better when a backorder is filled later', async () => {
    await north.add(items.B ?? newId(), '3')
    const order = await orders().allocateOrder({ params: { orderId: waiting } })
    expect(order.isBackordered).toBe(false)
    const { lineFill, unitFill, backorderRate } = await planner().getServiceFigures()
    expect([lineFill.value, unitFill.value, backorderRate.value]).toEqual(['0.75', '0.697', '0'])
  })
  it('count a delivery as on time in full only when all of it was there by the promised day', async () => {
    const dueToday = async (promisedOn: string, delivered: number): Promise<void> => {
      const { id } = await orders().placeOrder({ body: { customerId: south.customerId, siteId: south.siteId, promisedOn, lines: [{ sku: 'K', quantity: '0.3' }] } })
      await orders().releaseOrder({ params: { orderId: id } })
      for (const change of ["status = 'in_fulfilment'", `reserved = 0, picked = ${delivered}, shipped = ${delivered}, delivered = ${delivered}`, "status = 'shipped'", "status = 'delivered'"]) {
        await plant(house.superuserUrl, `update bss.sales_order_line set ${change} where order_id = $1`, [id])
      }
    }
    const place = { customerId: south.customerId, siteId: south.siteId, promisedOn: dayFromNow(0), lines: [{ sku: 'K', quantity: '0.1' }] }
    const due = { query: { 'filter[siteId]': south.siteId, 'filter[from]': dayFromNow(-1) } }
    await orders().placeOrder({ body: place })
    expect((await planner().getServiceFigures(due)).onTimeInFull).toMatchObject({ value: null, reason: 'no_deliveries', denominator: '1' })
    await dueToday(dayFromNow(0), 0.3)
    await dueToday(dayFromNow(0), 0.2)
    await dueToday(dayFromNow(-1), 0.3)
    expect((await planner().getServiceFigures(due)).onTimeInFull).toMatchObject({ value: '0.25', numerator: '1', denominator: '4', reason: null })
  })
})

describe('shortages', () => {
  it('come worst first, with what is promised and what is expected', async () => {
    await inventory().expectReceipt({ body: { number: 'R-1', siteId: north.siteId, expectedOn: dayFromNow(12), lines: [{ itemId: items.B ?? newId(), quantity: '7' }] } })
    await inventory().expectReceipt({ body: { number: 'R-2', siteId: north.siteId, expectedOn: dayFromNow(4), lines: [{ itemId: items.B ?? newId(), quantity: '6' }] } })
    await orders().placeOrder({ body: { customerId: north.customerId, siteId: north.siteId, promisedOn: dayFromNow(9), lines: [{ sku: 'B', quantity: '3' }] } })
    await orders().placeOrder({ body: { customerId: south.customerId, siteId: south.siteId, lines: [{ sku: 'A', quantity: '2' }] } })
    const shortages = await planner().getShortages()
    expect(shortages.value).toBe('2')
    expect(shortages.items).toMatchObject([
      { sku: 'B', unit: 'EA', backorderedQuantity: '3', backorderedLines: 1, orders: 1, oldestPromiseOn: dayFromNow(9), availableToPromise: '0', nextReceiptOn: dayFromNow(4), nextReceiptQuantity: '6' },
      { sku: 'A', backorderedQuantity: '2', oldestPromiseOn: null, availableToPromise: '6', nextReceiptOn: null, nextReceiptQuantity: null },
    ])
    expect((await planner().getShortages({ query: { limit: 1 } })).items.map((item) => item.sku)).toEqual(['B'])
    const south1 = await planner().getShortages(at(south.siteId))
    expect([south1.value, south1.items.map((item) => [item.sku, item.availableToPromise])]).toEqual(['1', [['A', '0']]])
  })
})

describe('stock figures', () => {
  it('are units, items and days of supply by site and unit', async () => {
    const { distinctItems, units, daysOfSupply } = await planner().getStockFigures()
    expect(distinctItems).toMatchObject({ value: '5', bySite: [{ siteCode: 'NORTH', value: '3' }, { siteCode: 'SOUTH', value: '2' }] })
    expect(units.bySite.map((part) => [part.siteCode, part.unit, part.onHand])).toEqual([['NORTH', 'EA', '16'], ['SOUTH', 'EA', '8'], ['SOUTH', 'KGM', '1.5']])
    // 30 days of demand at the north: A 4 + B 5 + 3 + C 1 = 13; at the south: D 2 + 0.5 × 3 + 1, and 2 of A.
    expect(daysOfSupply.bySite.filter((part) => part.unit === 'EA').map((part) => [part.siteCode, part.numerator, part.denominator, part.value])).toEqual([
      ['NORTH', '16', '13', '36.9231'], ['SOUTH', '8', '6.5', '36.9231']])
  })
  it('value stock per site and currency, exactly, and tell how much of it has a cost', async () => {
    const cost = (itemId: ItemId | undefined, effectiveOn: string, unitCost: string, currency: 'EUR' | 'JPY') =>
      house.client(inventoryApi, 'finance').setItemCost({ params: { itemId: itemId ?? newId() }, body: { effectiveOn, unitCost, currency } })
    await cost(items.A, dayFromNow(-60), '99', 'EUR')
    await cost(items.A, dayFromNow(-2), '0.3335', 'EUR')
    await cost(items.A, dayFromNow(5), '77', 'EUR')
    await cost(items.B, dayFromNow(-2), '1.005', 'EUR')
    await cost(items.D, dayFromNow(-2), '0.3125', 'JPY')
    const value = await house.client(planningApi, 'finance').getStockValue()
    // 10 × 0.3335 = 3.335 → 3.34; 5 × 1.005 = 5.025 → 5.03; 8 × 0.3125 = 2.5 → 3 yen. C and K have no cost.
    expect(value.bySite.map((site) => [site.siteCode, site.value, site.items])).toEqual([
      ['NORTH', { amount: '8.37', currency: 'EUR' }, 2], ['SOUTH', { amount: '3', currency: 'JPY' }, 1]])
    expect(value).toMatchObject({ numerator: '3', denominator: '5', value: '0.6', totals: [{ amount: '8.37', currency: 'EUR' }, { amount: '3', currency: 'JPY' }] })
    expect((await house.client(planningApi, 'auditor').getStockValue(at(south.siteId))).totals).toEqual([{ amount: '3', currency: 'JPY' }])
  })
})

describe('the dashboard', () => {
  it('says the same as its parts, without any money', async () => {
    const { orders: orderPart, service, shortages, stock } = await planner().getDashboard({ query: { limit: 1 } })
    const numbers = (figures: unknown): unknown => JSON.parse(JSON.stringify(figures, (key, value: unknown) => (key === 'computedAt' || key === 'dataAsOf' ? undefined : value)))
    expect(numbers(orderPart)).toEqual(numbers(await planner().getOrderFigures()))
    expect(numbers(service)).toEqual(numbers(await planner().getServiceFigures()))
    expect(numbers(shortages)).toEqual(numbers(await planner().getShortages({ query: { limit: 1 } })))
    expect(numbers(stock)).toEqual(numbers(await planner().getStockFigures()))
    // A period of one's own changes the service, and not the demand behind days of supply.
    const past = { query: { 'filter[from]': dayFromNow(-45), 'filter[to]': dayFromNow(-15) } }
    const earlier = await planner().getDashboard(past)
    expect(numbers(earlier.service)).toEqual(numbers(await planner().getServiceFigures(past)))
    expect(numbers(earlier.stock)).toEqual(numbers(stock))
    expect(JSON.stringify([orderPart, service, shortages, stock])).not.toMatch(/amount|currency|cost|price/i)
  })
  it('comes from the replica, fresh, each figure with its definition', async () => {
    const before = Date.now() - 1_000
    const figure = (await planner().getDashboard()).orders.openOrders
    expect(figure.servedBy).toBe('replica')
    expect(Date.parse(figure.dataAsOf)).toBeLessThanOrEqual(Date.parse(figure.computedAt))
    expect(Date.parse(figure.computedAt)).toBeGreaterThan(before)
    const { items: definitions } = await planner().listDefinitions()
    expect(definitions.find((definition) => definition.key === figure.key)).toMatchObject({ sentence: figure.definition, version: figure.definitionVersion })
    expect(new Set(definitions.map((definition) => definition.key)).size).toBe(13)
  })
})

describe('who may see what', () => {
  const calls = ['getDashboard', 'getOrderFigures', 'getServiceFigures', 'getShortages', 'getStockFigures', 'listDefinitions'] as const
  it.each(['from after to', 'a year and more', 'no day', 'too many'])('refuses bad input: %s', async (what) => {
    const wrong = {
      'from after to': () => planner().getServiceFigures({ query: { 'filter[from]': '2026-02-02', 'filter[to]': '2026-02-01' } }),
      'a year and more': () => planner().getDashboard({ query: { 'filter[from]': '2024-01-01', 'filter[to]': '2026-01-01' } }),
      'no day': () => planner().getServiceFigures({ query: { 'filter[from]': '2026-02-30' } }),
      'too many': () => planner().getShortages({ query: { limit: 101 } }),
    }[what]
    await expect(wrong?.()).rejects.toMatchObject({ status: 400 })
  })
  it.each(calls)('%s asks a stranger who it is', async (name) => {
    await expect(clientOf(planningApi, house.sender(null))[name]()).rejects.toMatchObject({ status: 401 })
  })
  it.each(calls)('%s is for those who plan, not for the floor', async (name) => {
    await expect(house.client(planningApi, 'warehouse_operator')[name]()).rejects.toMatchObject({ status: 403 })
    await expect(house.client(planningApi, 'planner')[name]()).resolves.toBeDefined()
  })
  it('a planner plans without seeing what stock is worth', async () => {
    await expect(planner().getStockValue()).rejects.toMatchObject({ status: 403 })
    await expect(house.client(planningApi, 'finance').getStockValue()).resolves.toMatchObject({ key: 'stock_value' })
  })
  it('a foreign site and a missing one look the same', async () => {
    const ask = (siteId: SiteId) => house.client(planningApi, 'planner', house.globex).getDashboard(at(siteId)).catch((error: unknown) => error)
    const [foreign, missing] = [await ask(north.siteId), await ask(newId())]
    expect(foreign).toMatchObject({ status: 404, code: 'not_found', detail: 'There is no such site.' })
    const withoutRequest = (error: unknown): string => JSON.stringify(error, (name, value: unknown) => (name === 'requestId' ? null : value))
    expect(withoutRequest(foreign)).toBe(withoutRequest(missing))
  })
  it('another organization sees its own numbers only', async () => {
    const mine = await house.client(planningApi, 'planner', house.globex).getDashboard()
    expect([mine.orders.ordersByState.value, mine.service.lineFill.denominator, mine.shortages.items, mine.stock.units.bySite]).toEqual(['0', '0', [], []])
    expect((await house.client(planningApi, 'finance', house.globex).getStockValue()).totals).toEqual([])
  })
})

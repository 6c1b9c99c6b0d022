// Input that is well formed and means something impossible: keys used again, lines twice, orders without end, things of others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryApi } from '../../src/domains/inventory/contract.ts'
import { openShop, type Shop } from '../../src/domains/orders/test/shop.ts'
import { changed, digestOf } from './digest.ts'
import { type Answer, OPERATIONS, openStage, send, type Stage } from './stage.ts'

let stage: Stage
let shop: Shop
let foreign: Shop
beforeAll(async () => {
  stage = await openStage()
  shop = await openShop(stage.house, stage.house.acme, 'MEANING')
  foreign = await openShop(stage.house, stage.house.globex, 'THEIRS')
  await shop.item('LAMP', 5)
  await foreign.item('THEIR-LAMP', 5)
}, 120_000)
afterAll(() => stage.house.close())

// What the operator of the platform does happens in no organization, so that no organization could keep the key: the state of things makes it safe to repeat.
const isPlatform = (path: string): boolean => path.startsWith('/api/v1/platform/')
const WRITES = OPERATIONS.filter(({ operation }) => operation.method !== 'GET' && operation.lines !== true && operation.needs !== 'public' && !isPlatform(operation.path)).map(({ name }) => name)

describe('an Idempotency-Key with another body', () => {
  let kept = 0
  it.each(WRITES)('%s', async (name) => {
    const to = await stage.ready(name)
    const text = to.body === undefined ? '' : JSON.stringify(to.body)
    const key = { 'idempotency-key': crypto.randomUUID() }
    const first = await send(stage.house, to, text === '' ? null : text, key)
    const before = await digestOf(stage.house.superuserUrl)
    const other = await send(stage.house, to, text === '' ? '{}' : `${text} `, key)
    // What was refused has kept nothing, and is judged anew: by the state of things, not by the key.
    const isKept = first.status < 300
    kept += isKept ? 1 : 0
    expect([other.status, other.code]).toEqual(isKept ? [422, 'key_reused'] : [first.status, first.code])
    const again = await send(stage.house, to, text === '' ? null : text, key)
    expect([again.status, again.code]).toEqual([first.status, first.code])
    expect(changed(before, await digestOf(stage.house.superuserUrl))).toEqual([])
  })
  it('was tried where an answer is kept', () => expect(kept).toBeGreaterThan(20))
})

describe('an order that cannot be', () => {
  const line = { sku: 'LAMP', quantity: '1' }
  const ask = async (name: string, body: unknown): Promise<Answer> => send(stage.house, await stage.ready(name), JSON.stringify(body))
  const order = (changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({ customerId: shop.customerId, siteId: shop.siteId, lines: [line], ...changes })
  const seen = ({ status, code, errors }: Answer): unknown[] => [status, code, errors[0]?.pointer]

  it('is refused at the fault, and nothing of it is there', async () => {
    const before = await digestOf(stage.house.superuserUrl)
    const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly unknown[]])[] = [
      ['10,000 lines', { lines: Array.from({ length: 10_000 }, () => line) }, [400, 'bad_request', '/lines']],
      ['1,001 lines', { lines: Array.from({ length: 1_001 }, () => line) }, [400, 'bad_request', '/lines']],
      ['no line', { lines: [] }, [400, 'bad_request', '/lines']],
      ['an unknown SKU', { lines: [line, { sku: 'NO-LAMP', quantity: '1' }] }, [422, 'invalid', '/lines/1/sku']],
      ['the SKU of somebody else', { lines: [line, { sku: 'THEIR-LAMP', quantity: '1' }] }, [422, 'invalid', '/lines/1/sku']],
      ['the customer of somebody else', { customerId: foreign.customerId }, [422, 'invalid', '/customerId']],
      ['the site of somebody else', { siteId: foreign.siteId }, [422, 'invalid', '/siteId']],
      ['more than there is, whole or not at all', { allOrNothing: true, lines: [line, { sku: 'LAMP', quantity: '999999999.999999' }] }, [409, 'insufficient_stock', '/lines/0']],
    ]
    for (const [what, changes, wanted] of cases) {
      for (const name of ['orders.placeOrder', 'orders.createOrder']) {
        if (name === 'orders.createOrder' && wanted[0] === 409) continue
        expect([what, name, ...seen(await ask(name, order(changes)))]).toEqual([what, name, ...wanted])
      }
    }
    const priced = (changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => order({ currency: 'EUR', lines: [{ ...line, unitPrice: '9.99' }], ...changes })
    for (const currency of ['XXX', 'eur', 'EURO', '', '€']) expect([currency, ...seen(await ask('orders.placePricedOrder', priced({ currency })))]).toEqual([currency, 400, 'bad_request', '/currency'])
    for (const unitPrice of ['-1', '0.00000000001', '10000000000', 'free']) {
      expect([unitPrice, ...seen(await ask('orders.placePricedOrder', priced({ lines: [{ ...line, unitPrice }] })))]).toEqual([unitPrice, 400, 'bad_request', '/lines/0/unitPrice'])
    }
    expect(changed(before, await digestOf(stage.house.superuserUrl))).toEqual([])
  }, 60_000)

  it('lines twice: of one item as often as one likes, and never more than there is; of one thing to change only once', async () => {
    const placed = await ask('orders.placeOrder', order({ lines: Array.from({ length: 1_000 }, () => line) }))
    expect(placed.status).toBe(201)
    const inventory = stage.house.client(inventoryApi, 'tenant_admin')
    const levels = await inventory.listLevels({ query: { 'filter[siteId]': shop.siteId } })
    expect(levels.items.map(({ onHand, reserved }) => [onHand, reserved])).toEqual([['5', '5']])
    expect((await inventory.checkInvariants()).holds).toBe(true)
  }, 60_000)

  it('in a stream, a line of 10,000 entries is refused and its neighbours are done', async () => {
    const to = await stage.ready('orders.placeOrders')
    const one = (ref: string, lines: readonly unknown[]): string => JSON.stringify({ external: { source: 'meaning', ref }, customerId: shop.customerId, siteId: shop.siteId, lines })
    const text = [one('1', [line]), one('2', Array.from({ length: 10_000 }, () => line)), '{', one('1', [line]), one('4', [line])].join('\n')
    const answers = (await send(stage.house, to, text)).text.trim().split('\n')
    expect(answers.map((answer) => /"outcome":"(\w+)"/.exec(answer)?.[1])).toEqual(['created', 'refused', 'refused', 'unchanged', 'created'])
    expect(answers[1]).toContain('"pointer":"/lines"')
  }, 60_000)
})

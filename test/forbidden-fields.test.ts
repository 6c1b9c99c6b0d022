// Money is no field that is hidden from a Planner or an Operator: it is in no answer they get, and cannot be asked for by the side door:
// by sorting, filtering, searching, expanding or exporting. Generated from the contracts, so that a new operation is tried by itself.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACTS } from '../src/app/rooms.ts'
import { tenancyApi } from '../src/domains/tenancy/contract.ts'
import { clientOf, fetchSender } from '../src/kernel/client.ts'
import { neededPermissions, type Api, type Operation } from '../src/kernel/contract.ts'
import { ROLES } from '../src/kernel/access.ts'
import { isList, isRecord } from '../src/kernel/json.ts'
import { ordersApi } from '../src/domains/orders/contract.ts'
import { openShop } from '../src/domains/orders/test/shop.ts'
import { openHouse, type House } from './setup/house.ts'

let house: House
/** The id of a price list says which one a customer has, and nothing of what is in it. */
const MONEY = /^(?!priceListId$).*(?:price|amount|minor|cost|margin|discount|revenue|total(?!Count))/i
const ASKED = ['unitPrice', 'totalMinor', 'total', 'amount', 'cost', 'margin', 'price'] as const
const POORER = ['planner', 'warehouse_operator', 'twin_engineer'] as const

beforeAll(async () => {
  house = await openHouse()
  // A limit that is reached would answer in the place of what is asked for.
  const platform = clientOf(tenancyApi, fetchSender({ baseUrl: house.url, token: house.operatorKey }))
  await platform.setOrganizationLimits({ params: { organizationId: house.acme.id }, body: { requestsPerSecond: 100_000, burst: 200_000, concurrentRequests: 1_000, rowsPerExport: 1_000_000 } })
  const shop = await openShop(house, house.acme, 'MAIN')
  const itemId = await shop.item('PRICED', 10)
  await house.client(ordersApi, 'tenant_admin').placePricedOrder({ body: { customerId: shop.customerId, siteId: shop.siteId, currency: 'EUR', lines: [{ itemId, quantity: '2', unitPrice: '12.5' }] } })
}, 60_000)
afterAll(() => house.close())

const reads = Object.entries<Api>(CONTRACTS).flatMap(([room, api]) => Object.entries<Operation>(api)
  .filter(([, { method, params }]) => method === 'GET' && params === undefined)
  .map(([name, operation]) => ({ name: `${room}.${name}`, operation })))
const cases = POORER.flatMap((role) => reads
  .filter(({ operation }) => neededPermissions(operation).every((permission) => ROLES[role].permissions.some((each) => each === permission)))
  .map(({ name, operation }) => ({ role, name, path: operation.path })))

function keysIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (isList(value)) for (const each of value) keysIn(each, found)
  else if (isRecord(value)) for (const [key, inner] of Object.entries(value)) keysIn(inner, found.add(key))
  return found
}
const ask = async (role: (typeof POORER)[number], path: string, query: string): Promise<{ status: number; keys: string[] }> => {
  const answer = await fetch(`${house.url}${path}?${query}`, { headers: { authorization: `Bearer ${house.acme.keys[role]}` } })
  const value: unknown = await answer.json()
  return { status: answer.status, keys: [...keysIn(value)] }
}

describe('money', () => {
  it('is there to be seen by those who may', async () => {
    const { items } = await house.client(ordersApi, 'finance').listOrders({ query: { limit: 5 } })
    const [order] = items
    if (order === undefined) throw new Error('There is no order.')
    expect(JSON.stringify(await house.client(ordersApi, 'finance').getOrderMoney({ params: { orderId: order.id } }))).toMatch(/unitPrice/)
  })
  it.each(cases)('is in no answer of $name for the $role, and cannot be asked for', async ({ role, path }) => {
    const plain = await ask(role, path, 'limit=50')
    const bare = plain.status === 400 ? await ask(role, path, '') : plain
    expect(bare.status === 200 ? bare.keys.filter((key) => MONEY.test(key)) : []).toEqual([])
    for (const field of ASKED) {
      for (const query of [`sort=${field}`, `sort=-${field}`, `filter[${field}]=1`, `expand=${field}`, `fields=${field}`, `group=${field}`]) {
        const { status, keys } = await ask(role, path, encodeURI(query))
        expect([query, status === 200 ? keys.filter((key) => MONEY.test(key)) : status]).toEqual([query, 400])
      }
    }
  }, 60_000)
})

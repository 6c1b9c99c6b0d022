import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operationsOf } from '../src/app/access-matrix/matrix.ts'
import { CONTRACTS } from '../src/app/rooms.ts'
import { identityApi } from '../src/domains/identity/contract.ts'
import { inventoryApi } from '../src/domains/inventory/contract.ts'
import { clientOf, fetchSender, type Client } from '../src/kernel/client.ts'
import { neededPermissions } from '../src/kernel/contract.ts'
import { newId } from '../src/kernel/ids.ts'
import { openHouse, type House } from './setup/house.ts'
import { openSession } from './setup/session.ts'

let house: House
let admin: Client<typeof identityApi>
beforeAll(async () => {
  house = await openHouse()
  admin = house.client(identityApi, 'tenant_admin')
})
afterAll(() => house.close())

describe('why somebody may do something', () => {
  it('names the role that gives each right and where it comes from: by hand, or which group', async () => {
    const { id: userId } = await admin.createUser({ body: { userName: 'why', displayName: 'Why' } })
    const group = await admin.createGroup({ body: { name: 'Planners of Europe' } })
    await admin.mapGroupRole({ params: { groupId: group.id }, body: { role: 'planner' } })
    await admin.addGroupMember({ params: { groupId: group.id }, body: { userId } })
    await admin.assignUserRole({ params: { userId }, body: { role: 'integration' } })
    const explanation = await admin.explainAccess({ query: { userId, operation: 'orders.placePricedOrder' } })
    expect(explanation).toMatchObject({ isAllowed: true, obstacles: [], sites: null, subject: { kind: 'user', name: 'Why', status: 'active' } })
    const sources = explanation.needs.map(({ permission, from }) => [permission, from.map(({ role, source, groups }) => [role, source, groups])])
    expect(sources).toEqual([
      ['orders:write', [['planner', 'group', ['Planners of Europe']], ['integration', 'manual', []]]],
      ['price:write', [['integration', 'manual', []]]],
    ])
  })
  it('names what is missing and which roles of the organization would give it, own ones too, retired ones not', async () => {
    const { id: userId } = await admin.createUser({ body: { userName: 'why-not', displayName: 'Why not' } })
    const own = await admin.createCustomRole({ body: { name: 'Pricing', permissions: ['price:read', 'price:write'], fieldClasses: ['price'] } })
    const gone = await admin.createCustomRole({ body: { name: 'Old pricing', permissions: ['price:read', 'price:write'], fieldClasses: [] } })
    await admin.retireCustomRole({ params: { roleId: gone.id } })
    expect(await admin.explainAccess({ query: { userId, operation: 'orders.setPrice' } })).toMatchObject({ isAllowed: false, obstacles: [{ code: 'no_role' }, { code: 'missing_permission' }, { code: 'missing_permission' }] })
    await admin.assignUserRole({ params: { userId }, body: { role: 'planner' } })
    const explanation = await admin.explainAccess({ query: { userId, operation: 'orders.setPrice' } })
    expect(explanation.obstacles.map(({ code }) => code)).toEqual(['missing_permission', 'missing_permission'])
    expect(explanation.needs.map(({ wouldGive }) => wouldGive.map(({ name }) => name))).toEqual([
      ['Tenant Admin', 'Finance', 'Auditor', 'Integration Developer', 'Pricing'], ['Tenant Admin', 'Finance', 'Integration Developer', 'Pricing'],
    ])
    await admin.assignUserRole({ params: { userId }, body: { roleId: own.id } })
    expect((await admin.explainAccess({ query: { userId, operation: 'orders.setPrice' } })).isAllowed).toBe(true)
    await admin.suspendUser({ params: { userId } })
    expect(await admin.explainAccess({ query: { userId, operation: 'orders.setPrice' } })).toMatchObject({ isAllowed: false, obstacles: [{ code: 'suspended' }] })
  })
  it('knows the sites', async () => {
    const inventory = house.client(inventoryApi, 'tenant_admin')
    const draft = { timeZone: 'UTC', currency: 'EUR' } as const
    const [here, there] = [await inventory.createSite({ body: { code: 'HERE', name: 'Here', ...draft } }), await inventory.createSite({ body: { code: 'THERE', name: 'There', ...draft } })]
    const account = await admin.createServiceAccount({ body: { name: 'Scanner', role: 'warehouse_operator', siteIds: [here.id] } })
    const ask = (siteId: typeof here.id) => admin.explainAccess({ query: { serviceAccountId: account.id, operation: 'inventory.adjustStock', siteId } })
    expect(await ask(here.id)).toMatchObject({ isAllowed: true, sites: [here.id] })
    expect(await ask(there.id)).toMatchObject({ isAllowed: false, obstacles: [{ code: 'outside_sites' }] })
    const foreign = await house.client(inventoryApi, 'tenant_admin', house.globex).createSite({ body: { code: 'HERE', name: 'Here', ...draft } })
    const refusals = await Promise.all([foreign.id, newId<'Site'>()].map((id) => ask(id).then(() => null, (error: { status: number; detail: string }) => [error.status, error.detail])))
    expect(refusals[0]).toEqual(refusals[1])
    expect(refusals[0]?.[0]).toBe(404)
  })
  it('says for every operation what really happens', async () => {
    const { id: userId } = await admin.createUser({ body: { userName: 'all', displayName: 'All' } })
    await admin.assignUserRole({ params: { userId }, body: { role: 'auditor' } })
    const token = await openSession(house.superuserUrl, { organizationId: house.acme.id, userId })
    const whole = await clientOf(identityApi, fetchSender({ baseUrl: house.url, token })).whoami()
    const held = new Set<string>(whole.permissions)
    const wrong: string[] = []
    for (const { name, operation } of operationsOf(CONTRACTS)) {
      const needs = neededPermissions(operation)
      const { isAllowed } = await admin.explainAccess({ query: { userId, operation: name } })
      if (isAllowed !== needs.every((permission) => held.has(permission))) wrong.push(name)
    }
    expect(wrong).toEqual([])
  })
  it('refuses what nobody can answer, and whoever may not know it', async () => {
    const { id: userId } = await admin.createUser({ body: { userName: 'bad', displayName: 'Bad' } })
    const query = { userId, operation: 'orders.placeOrder' }
    const statusOf = (call: Promise<unknown>) => call.then(() => 200, (error: { status: number }) => error.status)
    expect(await statusOf(admin.explainAccess({ query: { ...query, operation: 'orders.dance' } }))).toBe(400)
    expect(await statusOf(admin.explainAccess({ query: { operation: 'orders.placeOrder' } }))).toBe(400)
    expect(await statusOf(admin.explainAccess({ query: { ...query, serviceAccountId: newId() } }))).toBe(400)
    expect(await statusOf(house.client(identityApi, 'planner').explainAccess({ query }))).toBe(403)
    const [foreign, missing] = await Promise.all([admin, house.client(identityApi, 'tenant_admin', house.globex)].map((client) => client.explainAccess({ query: { ...query, userId: client === admin ? newId() : userId } }).then(() => null, (error: { status: number; detail: string }) => [error.status, error.detail])))
    expect(foreign).toEqual(missing)
    expect(missing?.[0]).toBe(404)
  })
})

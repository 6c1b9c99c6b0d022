import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOf } from '../../../kernel/client.ts'
import { rolesApi } from '../../identity/roles/contract.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { auditApi } from '../contract.ts'
import { openGrounds, until, type Grounds } from './grounds.ts'

let grounds: Grounds
beforeAll(async () => {
  grounds = await openGrounds()
})
afterAll(() => grounds.house.close())

describe('a role of one\'s own that may read the trail', () => {
  it('is shown no value of a class it does not have: in the list, in one entry, in the chain', async () => {
    const { house, admin, auditor, identity } = grounds
    const customers = house.client(ordersApi, 'tenant_admin')
    const customer = await customers.createCustomer({ body: { code: 'ANNA', name: 'Anna Ltd' } })
    await customers.updateCustomer({ params: { customerId: customer.id }, body: { name: 'Berta Ltd', country: 'DE' }, ifMatch: customer.rowVersion })
    const role = await house.client(rolesApi, 'tenant_admin').createCustomRole({ body: { name: 'Reader', permissions: ['audit:read'], fieldClasses: ['ops'] } })
    const account = await identity.createServiceAccount({ body: { name: 'Reader', role: 'planner' } })
    await identity.assignRole({ params: { serviceAccountId: account.id }, body: { roleId: role.id } })
    const { secret } = await identity.createKey({ body: { serviceAccountId: account.id, name: 'Reader' } })
    await grounds.chained()
    const reader = clientOf(auditApi, house.sender({ token: secret ?? '' }))
    const query = { 'filter[entity]': 'customer', 'filter[entityId]': customer.id, 'filter[operation]': 'orders.updateCustomer' }
    const [seen] = (await reader.listAuditEntries({ query })).items
    expect(seen?.changes[0]?.after).toEqual({ name: { hidden: 'pii' }, country: 'DE' })
    expect((await reader.getAuditEntry({ params: { entryId: seen?.id ?? noEntry() } })).changes).toEqual(seen?.changes)
    const links = await reader.listAuditChain({ query: { limit: 200 } })
    expect(links.items.every(({ personal, salt }) => personal === null && salt === null)).toBe(true)
    expect(JSON.stringify([seen, links])).not.toContain('Berta')
    for (const whole of [admin, auditor]) expect((await whole.listAuditEntries({ query })).items[0]?.changes[0]?.after).toEqual({ name: 'Berta Ltd', country: 'DE' })
  })
})

describe('somebody who is limited to some sites', () => {
  it('reads nothing of the trail, whose entries are about all of them: no list, entry, chain or stream', async () => {
    const { house, admin, auditor, identity } = grounds
    const site = await house.client(inventoryApi, 'tenant_admin').createSite({ body: { code: 'AUDIT', name: 'Audit', timeZone: 'Europe/Berlin', currency: 'EUR' } })
    const roles = house.client(rolesApi, 'tenant_admin')
    const role = await roles.createCustomRole({ body: { name: 'Reader at a site', permissions: ['audit:read', 'identity:write'], fieldClasses: ['ops'] } })
    const account = await identity.createServiceAccount({ body: { name: 'Reader at a site', role: 'planner' } })
    await identity.assignRole({ params: { serviceAccountId: account.id }, body: { roleId: role.id, siteIds: [site.id] } })
    const { secret } = await identity.createKey({ body: { serviceAccountId: account.id, name: 'Reader at a site' } })
    const reader = clientOf(auditApi, house.sender({ token: secret ?? '' }))
    const [entry] = (await auditor.listAuditEntries()).items
    const entryId = entry?.id ?? noEntry()
    const stream = await admin.createAuditStream({ body: { name: 'Not for them', url: 'https://siem.example.com/x' } })
    const params = { streamId: stream.id }
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => reader.listAuditEntries(), () => reader.listAuditEntries({ query: { 'filter[entity]': 'site' } }), () => reader.getAuditEntry({ params: { entryId } }), () => reader.getAuditChain(), () => reader.listAuditChain(),
      () => reader.eraseAuditEntries({ body: { reason: 'No reason', entryIds: [entryId] } }), () => reader.listAuditStreams(), () => reader.createAuditStream({ body: { name: 'Mine', url: 'https://siem.example.com/y' } }),
      () => reader.pauseAuditStream({ params }), () => reader.resumeAuditStream({ params }), () => reader.deleteAuditStream({ params }),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    // The same rights without the limit open all of it: it was the limit that was refused.
    await identity.assignRole({ params: { serviceAccountId: account.id }, body: { roleId: role.id } })
    await until('the limit is forgotten', async () => (await reader.getAuditChain().catch(() => null)) !== null)
    expect((await reader.getAuditEntry({ params: { entryId } })).id).toBe(entryId)
    await admin.deleteAuditStream({ params })
  })
})

describe('the list', () => {
  it('goes both ways, from any entry on, and is narrowed to what operations begin with', async () => {
    const { admin } = grounds
    for (let index = 0; index < 5; index += 1) await grounds.change(`Account ${index}`)
    await grounds.chained()
    const newest = (await admin.listAuditEntries({ query: { limit: 200 } })).items.map(({ id }) => id)
    const paged: string[] = []
    let after: string | undefined
    do {
      const page: Awaited<ReturnType<typeof admin.listAuditEntries>> = await admin.listAuditEntries({ query: { limit: 3, order: 'oldest', ...(after === undefined ? {} : { after }) } })
      paged.push(...page.items.map(({ id }) => id))
      after = page.nextCursor ?? undefined
    } while (after !== undefined)
    expect(paged).toEqual(newest.toReversed())
    const page = await admin.listAuditEntries({ query: { limit: 4, order: 'oldest' } })
    const back = await admin.listAuditEntries({ query: { order: 'newest', after: page.nextCursor ?? '' } })
    expect(back.items.map(({ id }) => id)).toEqual(page.items.slice(0, 3).map(({ id }) => id).toReversed())
    const identity = await admin.listAuditEntries({ query: { limit: 200, 'filter[operationPrefix]': 'identity.' } })
    expect(identity.items.length).toBeGreaterThan(5)
    expect(identity.items.every(({ operation }) => operation.startsWith('identity.'))).toBe(true)
    expect((await admin.listAuditEntries({ query: { 'filter[operationPrefix]': 'identity_' } })).items).toEqual([])
  })
  it('finds what touched a thing before and after it is tied on, page by page, and only of its kind', async () => {
    const { admin, identity } = grounds
    const id = await grounds.change('Looked up')
    const lookUp = async (entity: string) => (await admin.listAuditEntries({ query: { 'filter[entity]': entity, 'filter[entityId]': id } })).items.map(({ operation }) => operation)
    expect(await lookUp('service_account')).toEqual(['identity.createServiceAccount'])
    await identity.assignRole({ params: { serviceAccountId: id }, body: { role: 'auditor' } })
    await grounds.chained()
    expect(await lookUp('service_account')).toEqual(['identity.assignRole', 'identity.createServiceAccount'])
    expect(await lookUp('api_key')).toEqual([])
    const query = { 'filter[entityId]': id, limit: 1 }
    const first = await admin.listAuditEntries({ query })
    const second = await admin.listAuditEntries({ query: { ...query, after: first.nextCursor ?? '' } })
    expect([...first.items, ...second.items].map(({ operation }) => operation)).toEqual(['identity.assignRole', 'identity.createServiceAccount'])
    expect(second.nextCursor).toBeNull()
  })
})

function noEntry(): never {
  throw new Error('There is no such entry.')
}

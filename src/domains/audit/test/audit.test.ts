import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { openEstate, type Estate } from '../../tenancy/test/estate.ts'
import { listEntries } from '../store.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate()
})
afterAll(() => estate.close())

const everything = { operation: null, operationPrefix: null, actorId: null, requestId: null, entity: null, entityId: null, from: null, to: null, idsFrom: null, idsBefore: null }

describe('the audit trail', () => {
  it('says who did what to which thing, newest first', async () => {
    const { admin } = await estate.organization()
    const account = await admin.createServiceAccount({ body: { name: 'Somebody', role: 'planner' } })
    const key = await admin.createKey({ body: { serviceAccountId: account.id, name: 'Key' } })
    const me = (await admin.whoami()).actor
    const { items } = await admin.listAuditEntries()
    expect(items.map((entry) => [entry.operation, entry.changes.map(({ entity, action }) => `${entity} ${action}`)])).toEqual([
      ['identity.createKey', ['api_key created']], ['identity.createServiceAccount', ['service_account created']],
      ['tenancy.createOrganization', ['service_account created', 'api_key created']],
    ])
    expect(items[0]).toMatchObject({ actor: me, changes: [{ id: key.id }] })
    expect(items[2]?.actor.kind).toBe('system')
  })
  it('is filtered by operation, actor, request, thing and time', async () => {
    const { admin } = await estate.organization()
    const account = await admin.createServiceAccount({ body: { name: 'Somebody', role: 'planner' } })
    await admin.assignRole({ params: { serviceAccountId: account.id }, body: { role: 'auditor' } })
    const operations = async (query: Parameters<typeof admin.listAuditEntries>[0]) => (await admin.listAuditEntries(query)).items.map((entry) => entry.operation)
    const both = ['identity.assignRole', 'identity.createServiceAccount']
    const { items } = await admin.listAuditEntries()
    expect(await operations({ query: { 'filter[operation]': 'identity.assignRole' } })).toEqual(['identity.assignRole'])
    expect(await operations({ query: { 'filter[actorId]': (await admin.whoami()).actor.id } })).toEqual(both)
    expect(await operations({ query: { 'filter[requestId]': items[0]?.requestId ?? '' } })).toEqual(['identity.assignRole'])
    expect(await operations({ query: { 'filter[entity]': 'service_account', 'filter[entityId]': account.id } })).toEqual(both)
    expect(await operations({ query: { 'filter[entity]': 'api_key', 'filter[entityId]': account.id } })).toEqual([])
    expect(await operations({ query: { 'filter[from]': items[0]?.at ?? '' } })).toEqual(['identity.assignRole'])
    expect(await operations({ query: { 'filter[from]': items[1]?.at ?? '', 'filter[to]': items[0]?.at ?? '' } })).toEqual(['identity.createServiceAccount'])
  })
  it('comes page by page, each entry once, and ends; a page that only looked says where to go on', async () => {
    const { id, admin } = await estate.organization()
    for (let index = 0; index < 7; index += 1) await admin.createServiceAccount({ body: { name: `Account ${index}`, role: 'planner' } })
    const all = (await admin.listAuditEntries()).items.map((entry) => entry.id)
    expect(all).toHaveLength(8)
    const paged: string[] = []
    let after: string | undefined
    do {
      const page = await admin.listAuditEntries({ query: { limit: 3, ...(after === undefined ? {} : { after }) } })
      paged.push(...page.items.map((entry) => entry.id))
      after = page.nextCursor ?? undefined
    } while (after !== undefined)
    expect(paged).toEqual(all)
    const ctx = contextOf(id, 'auditor').need('audit:read')
    const looked = await estate.house.database.read(ctx, (tx) => listEntries(tx, { filter: { ...everything, operation: 'tenancy.createOrganization' }, order: 'newest', after: null, limit: 5, window: 3 }))
    expect(looked.items).toEqual([])
    expect(looked.nextCursor).not.toBeNull()
  })
  it('refuses bad input, strangers and other roles', async () => {
    const { admin, as } = await estate.organization()
    await expect(admin.listAuditEntries({ query: { 'filter[from]': 'yesterday' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/filter[from]' }] })
    await expect(admin.listAuditEntries({ query: { after: 'nonsense' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/after' }] })
    await expect(estate.stranger.listAuditEntries()).rejects.toMatchObject({ status: 401 })
    for (const role of ['planner', 'warehouse_operator', 'finance', 'integration'] as const) await expect((await as(role)).listAuditEntries()).rejects.toMatchObject({ status: 403 })
    expect((await (await as('auditor')).listAuditEntries()).items.length).toBeGreaterThan(0)
  })
  it('holds nothing of another organization', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    const account = await theirs.admin.createServiceAccount({ body: { name: 'Theirs', role: 'planner' } })
    expect((await ours.admin.listAuditEntries({ query: { 'filter[entityId]': account.id } })).items).toEqual([])
    expect(JSON.stringify((await ours.admin.listAuditEntries()).items)).not.toContain(theirs.id)
  })
})

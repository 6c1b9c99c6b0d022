import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES } from '../../../kernel/access.ts'
import { newId } from '../../../kernel/ids.ts'
import { openEstate, type Estate } from '../../tenancy/test/estate.ts'
import { TENANT_ROLES } from '../contract.ts'
import { createAuthenticate } from '../index.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate()
})
afterAll(() => estate.close())
const draft = { name: 'Order import', description: 'Nightly', role: 'integration' } as const

describe('service accounts', () => {
  it('are created with a role, found and listed', async () => {
    const { admin } = await estate.organization()
    const account = await admin.createServiceAccount({ body: draft })
    expect(account).toMatchObject({ ...draft, status: 'active', rowVersion: 1 })
    expect(await admin.getServiceAccount({ params: { serviceAccountId: account.id } })).toEqual(account)
    expect((await admin.listServiceAccounts()).items.map((each) => each.name)).toEqual(['First Tenant Admin', 'Order import'])
    expect((await admin.listServiceAccounts({ query: { 'filter[role]': 'integration' } })).items).toEqual([account])
    expect((await admin.listServiceAccounts({ query: { 'filter[status]': 'deactivated' } })).items).toEqual([])
    const first = await admin.listServiceAccounts({ query: { limit: 1 } })
    expect((await admin.listServiceAccounts({ query: { limit: 1, after: first.nextCursor ?? '' } })).items).toEqual([account])
  })
  it('are refused with a pointer when the input is bad', async () => {
    const { admin } = await estate.organization()
    await expect(admin.createServiceAccount({ body: { ...draft, name: '' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/name' }] })
    await expect(admin.createServiceAccount({ body: { ...draft, description: 'x'.repeat(501) } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/description' }] })
    await expect(admin.listServiceAccounts({ query: { after: 'nonsense' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/after' }] })
    for (const role of ['global_admin', 'owner']) {
      const response = await fetch(`${estate.urls[0]}/api/v1/service-accounts`, { method: 'POST', headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json' }, body: JSON.stringify({ ...draft, role }) })
      expect(response.status).toBe(400)
    }
  })
  it('are nobody else’s business: strangers 401, other roles 403', async () => {
    const { as } = await estate.organization()
    await expect(estate.stranger.listServiceAccounts()).rejects.toMatchObject({ status: 401 })
    const planner = await as('planner')
    await expect(planner.listServiceAccounts()).rejects.toMatchObject({ status: 403 })
    await expect(planner.createServiceAccount({ body: draft })).rejects.toMatchObject({ status: 403 })
    const auditor = await as('auditor')
    expect((await auditor.listServiceAccounts()).items).toHaveLength(3)
    await expect(auditor.createServiceAccount({ body: draft })).rejects.toMatchObject({ status: 403 })
  })
  it('a foreign account and a missing one look the same, whatever is done to it', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    const foreign = await theirs.admin.createServiceAccount({ body: draft })
    const answers = await Promise.all([foreign.id, newId<'ServiceAccount'>()].map(async (serviceAccountId) => {
      const params = { serviceAccountId }
      return Promise.all([
        ours.admin.getServiceAccount({ params }), ours.admin.assignRole({ params, body: { role: 'planner' } }), ours.admin.deactivateServiceAccount({ params }),
        ours.admin.createKey({ body: { serviceAccountId, name: 'Key' } }),
      ].map((call) => call.then(() => null, (error: { status: number; detail: string; errors: unknown }) => ({ status: error.status, detail: error.detail, errors: error.errors }))))
    }))
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.map((answer) => answer?.status)).toEqual([404, 404, 404, 404])
    expect(await theirs.admin.getServiceAccount({ params: { serviceAccountId: foreign.id } })).toEqual(foreign)
  })
  it('have names that are unique in their organization only', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    await ours.admin.createServiceAccount({ body: draft })
    await expect(ours.admin.createServiceAccount({ body: draft })).rejects.toMatchObject({ status: 409, code: 'conflict', errors: [{ pointer: '/name' }] })
    await theirs.admin.createServiceAccount({ body: draft })
  })
})

describe('roles', () => {
  it('are listed with what they may do', async () => {
    const { items } = await (await estate.organization()).admin.listRoles()
    expect(items.map((role) => role.key)).toEqual([...TENANT_ROLES])
    for (const role of items) expect(role).toMatchObject({ title: ROLES[role.key].title, permissions: [...ROLES[role.key].permissions], fieldClasses: [...ROLES[role.key].fieldClasses] })
  })
  it('each gives exactly its permissions', async () => {
    const { as } = await estate.organization()
    for (const role of TENANT_ROLES) expect((await (await as(role)).whoami()).permissions).toEqual([...ROLES[role].permissions].toSorted())
  })
  it('another role counts from the next request, and the ETag says so', async () => {
    const { admin } = await estate.organization()
    const account = await admin.createServiceAccount({ body: { name: 'Somebody', role: 'planner' } })
    const client = estate.client((await admin.createKey({ body: { serviceAccountId: account.id, name: 'Key' } })).secret)
    expect(await client.whoami()).toMatchObject({ role: 'planner' })
    expect(await admin.assignRole({ params: { serviceAccountId: account.id }, body: { role: 'auditor' } })).toMatchObject({ role: 'auditor', rowVersion: account.rowVersion + 1 })
    await expect.poll(async () => (await client.whoami()).role).toBe('auditor')
  })
  it('of two Tenant Admins who remove each other at the same moment one stays, every time', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { admin, as } = await estate.organization()
      const other = await as('tenant_admin')
      const [first, second] = (await admin.listServiceAccounts({ query: { 'filter[role]': 'tenant_admin' } })).items
      if (first === undefined || second === undefined) throw new Error('There are no two admins.')
      const both = await Promise.allSettled([
        admin.deactivateServiceAccount({ params: { serviceAccountId: second.id } }),
        round % 2 === 0 ? other.deactivateServiceAccount({ params: { serviceAccountId: first.id } }) : other.assignRole({ params: { serviceAccountId: first.id }, body: { role: 'planner' } }),
      ])
      expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    }
  })
  it('the last Tenant Admin cannot be removed, nor the last who has a key', async () => {
    const { admin } = await estate.organization()
    const [first] = (await admin.listServiceAccounts({ query: { 'filter[role]': 'tenant_admin' } })).items
    if (first === undefined) throw new Error('There is no first admin.')
    const last = { status: 409, code: 'conflict', errors: [{ code: 'last_admin' }] }
    await expect(admin.assignRole({ params: { serviceAccountId: first.id }, body: { role: 'planner' } })).rejects.toMatchObject(last)
    await expect(admin.deactivateServiceAccount({ params: { serviceAccountId: first.id } })).rejects.toMatchObject(last)
    const idle = await admin.createServiceAccount({ body: { name: 'Admin without a key', role: 'tenant_admin' } })
    await expect(admin.deactivateServiceAccount({ params: { serviceAccountId: first.id } })).rejects.toMatchObject(last)
    await admin.deactivateServiceAccount({ params: { serviceAccountId: idle.id } })
  })
  it('a narrowed admin hands on only what its key holds', async () => {
    const { admin } = await estate.organization()
    const [first] = (await admin.listServiceAccounts()).items
    if (first === undefined) throw new Error('There is no account.')
    const narrowed = estate.client((await admin.createKey({ body: { serviceAccountId: first.id, name: 'People', scopes: ['members:read', 'members:write', 'keys:write', 'inventory:read', 'organization:read'] } })).secret)
    await expect(narrowed.createServiceAccount({ body: { name: 'Boss', role: 'tenant_admin' } })).rejects.toMatchObject({ status: 403 })
    const engineer = await narrowed.createServiceAccount({ body: { name: 'Twin', role: 'twin_engineer' } })
    await expect(narrowed.assignRole({ params: { serviceAccountId: engineer.id }, body: { role: 'planner' } })).rejects.toMatchObject({ status: 403 })
    await expect(narrowed.assignRole({ params: { serviceAccountId: first.id }, body: { role: 'twin_engineer' } })).rejects.toMatchObject({ status: 403 })
    await expect(narrowed.createKey({ body: { serviceAccountId: first.id, name: 'More' } })).rejects.toMatchObject({ status: 403 })
    await narrowed.createKey({ body: { serviceAccountId: engineer.id, name: 'Less' } })
  })
  it('a deactivated account is over: its keys end with it, it gets no role and no key', async () => {
    const { admin, as } = await estate.organization()
    const planner = await as('planner')
    const [account] = (await admin.listServiceAccounts({ query: { 'filter[role]': 'planner' } })).items
    if (account === undefined) throw new Error('There is no planner.')
    const authenticate = createAuthenticate(estate.house.database, { nowMs: () => Date.now() })
    const caller = { token: planner.token ?? '', remoteAddress: '192.0.2.1' }
    expect(await authenticate(caller)).toMatchObject({ role: 'planner' })
    await planner.whoami()
    const params = { serviceAccountId: account.id }
    expect(await admin.deactivateServiceAccount({ params })).toMatchObject({ status: 'deactivated' })
    await expect.poll(() => planner.whoami().then(() => 200, (error: { status: number }) => error.status)).toBe(401)
    expect((await admin.listKeys({ query: { 'filter[serviceAccountId]': account.id } })).items.map((key) => key.status)).toEqual(['revoked'])
    await expect(admin.deactivateServiceAccount({ params })).rejects.toMatchObject({ code: 'illegal_transition' })
    // Not even a key that somehow escaped the revocation opens anything for an account that is over.
    await estate.peek('update bss.api_key set revoked_at = null where service_account_id = $1', [account.id])
    expect(await authenticate(caller)).toBeNull()
    await estate.peek('update bss.api_key set revoked_at = now() where service_account_id = $1', [account.id])
    await expect(admin.assignRole({ params, body: { role: 'auditor' } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(admin.createKey({ body: { serviceAccountId: account.id, name: 'Key' } })).rejects.toMatchObject({ code: 'illegal_transition' })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSession } from '../../../../test/setup/session.ts'
import { newId } from '../../../kernel/ids.ts'
import { openEstate, type Estate } from '../../tenancy/test/estate.ts'
import { AT_ONCE, newPerson, refusalOf, saidOf, statusOf } from './person.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate(2)
})
afterAll(() => estate.close())
const draft = { userName: 'Ada@Example.com', displayName: 'Ada Lovelace', email: 'ada@example.com' }

describe('people', () => {
  it('are created by hand without a role, found, listed and searched', async () => {
    const { admin } = await estate.organization()
    const ada = await admin.createUser({ body: draft })
    expect(ada).toMatchObject({ userName: 'Ada@Example.com', displayName: 'Ada Lovelace', status: 'active', source: 'manual', roles: [], connections: [], lastSignInAt: null, emails: [{ email: 'ada@example.com', isPrimary: true }] })
    const bob = await admin.createUser({ body: { userName: 'bob', displayName: 'Bob 100%' } })
    expect(await admin.getUser({ params: { userId: ada.id } })).toEqual(ada)
    const found = async (q: string) => (await admin.listUsers({ query: { q } })).items.map(({ id }) => id)
    expect(await Promise.all(['ADA L', 'ada@', 'bo', '%', 'Lovelace'].map(found))).toEqual([[ada.id], [ada.id], [bob.id], [], []])
    const first = await admin.listUsers({ query: { limit: 1 } })
    expect((await admin.listUsers({ query: { limit: 1, after: first.nextCursor ?? '' } })).items).toEqual([bob])
    await admin.assignUserRole({ params: { userId: bob.id }, body: { role: 'planner' } })
    expect((await admin.listUsers({ query: { 'filter[role]': 'planner' } })).items.map(({ id }) => id)).toEqual([bob.id])
    expect((await admin.listUsers({ query: { 'filter[status]': 'suspended' } })).items).toEqual([])
  })
  it('are refused when the input is bad, and nothing but the named fields is taken', async () => {
    const { admin } = await estate.organization()
    const send = (path: string, body: unknown, method: 'POST' | 'PATCH' = 'POST') => fetch(`${estate.urls[0]}/api/v1/${path}`, { method, headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json', 'if-match': '"1"' }, body: JSON.stringify(body) }).then((answer) => answer.status)
    const other = (await estate.organization()).id
    for (const more of [{ organizationId: other }, { role: 'tenant_admin' }, { roles: [{ role: 'tenant_admin' }] }, { status: 'active' }, { source: 'scim' }, { id: newId() }, { createdBy: newId() }]) {
      expect({ more, status: await send('users', { ...draft, ...more }) }).toEqual({ more, status: 400 })
    }
    const { id } = await admin.createUser({ body: draft })
    for (const more of [{ status: 'deactivated' }, { userName: 'x' }, { organizationId: other }, { source: 'jit' }]) expect(await send(`users/${id}`, { displayName: 'X', ...more }, 'PATCH')).toBe(400)
    for (const body of [{}, { role: 'planner', roleId: newId() }, { role: 'global_admin' }, { role: 'support' }, { role: 'planner', source: 'scim' }, { role: 'planner', siteIds: [] }, { role: 'planner', userId: newId() }]) {
      expect({ body, status: await send(`users/${id}/roles`, body) }).toEqual({ body, status: 400 })
    }
    for (const bad of [{ userName: ' x', displayName: 'X' }, { userName: '', displayName: 'X' }, { userName: 'x', displayName: 'X', email: 'nobody' }]) expect(await send('users', bad)).toBe(400)
    await expect(admin.createUser({ body: { ...draft, userName: 'ADA@example.COM' } })).rejects.toMatchObject({ status: 409, code: 'conflict', errors: [{ pointer: '/userName' }] })
  })
  it('are nobody else’s business: strangers 401, other roles 403, other organizations the same 404 as a missing person', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    await expect(estate.stranger.listUsers()).rejects.toMatchObject({ status: 401 })
    const planner = await ours.as('planner')
    expect(await Promise.all([planner.listUsers(), planner.createUser({ body: draft })].map(statusOf))).toEqual([403, 403])
    const auditor = await ours.as('auditor')
    expect(await statusOf(auditor.createUser({ body: draft }))).toBe(403)
    const foreign = await theirs.admin.createUser({ body: draft })
    await theirs.admin.assignUserRole({ params: { userId: foreign.id }, body: { role: 'planner' } })
    const before = await theirs.admin.getUser({ params: { userId: foreign.id } })
    const answers = await Promise.all([foreign.id, newId<'User'>()].map((userId) => Promise.all([
      ours.admin.getUser({ params: { userId } }), ours.admin.suspendUser({ params: { userId } }), ours.admin.resumeUser({ params: { userId } }), ours.admin.deactivateUser({ params: { userId } }),
      ours.admin.updateUser({ params: { userId }, body: { displayName: 'Mine' }, ifMatch: 1 }), ours.admin.assignUserRole({ params: { userId }, body: { role: 'tenant_admin' } }),
      ours.admin.unassignUserRole({ params: { userId, assignmentId: before.roles[0]?.id ?? newId() } }), ours.admin.listUserSessions({ params: { userId } }), ours.admin.revokeUserSessions({ params: { userId } }),
    ].map(refusalOf))))
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.every((answer) => answer !== null)).toBe(true)
    expect(await theirs.admin.getUser({ params: { userId: foreign.id } })).toEqual(before)
  })
  it('are personal data: without that class there is somebody and no more, and no search by name', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const role = await admin.createCustomRole({ body: { name: 'Access desk', permissions: ['members:read'], fieldClasses: ['ops'] } })
    const { id } = await admin.createUser({ body: draft })
    const { client } = await newPerson(estate, organization, { roleId: role.id })
    expect(await client.getUser({ params: { userId: id } })).toMatchObject({ id, userName: null, displayName: null, emails: null, status: 'active' })
    expect(JSON.stringify(await client.listUsers())).not.toMatch(/ada|lovelace/i)
    expect(await statusOf(client.listUsers({ query: { q: 'ada' } }))).toBe(403)
  })
  it('suspended or deactivated are out at once, on every server, with all sessions; a leaver has no role and no group left', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const { id, client } = await newPerson(estate, organization, { role: 'planner' })
    const elsewhere = estate.client(await openSession(estate.house.superuserUrl, { organizationId: organization.id, userId: id }), 1)
    await Promise.all([client.whoami(), elsewhere.whoami()])
    expect((await admin.listUserSessions({ params: { userId: id } })).items).toHaveLength(2)
    expect(await admin.suspendUser({ params: { userId: id } })).toMatchObject({ status: 'suspended', roles: [{ role: 'planner' }] })
    await expect.poll(() => Promise.all([client, elsewhere].map((each) => statusOf(each.whoami()))), AT_ONCE).toEqual([401, 401])
    expect(await statusOf(admin.suspendUser({ params: { userId: id } }))).toBe(409)
    await admin.resumeUser({ params: { userId: id } })
    expect(await statusOf(client.whoami())).toBe(401)
    const again = estate.client(await openSession(estate.house.superuserUrl, { organizationId: organization.id, userId: id }))
    expect(await again.whoami()).toMatchObject({ role: 'planner' })
    const group = await admin.createGroup({ body: { name: 'Night shift' } })
    await admin.mapGroupRole({ params: { groupId: group.id }, body: { role: 'auditor' } })
    await admin.addGroupMember({ params: { groupId: group.id }, body: { userId: id } })
    expect(await admin.deactivateUser({ params: { userId: id } })).toMatchObject({ status: 'deactivated', roles: [] })
    await expect.poll(() => statusOf(again.whoami()), AT_ONCE).toBe(401)
    expect(await admin.getGroup({ params: { groupId: group.id } })).toMatchObject({ memberCount: 0 })
    expect(await Promise.all([admin.deactivateUser({ params: { userId: id } }), admin.assignUserRole({ params: { userId: id }, body: { role: 'planner' } }), admin.addGroupMember({ params: { groupId: group.id }, body: { userId: id } })].map(statusOf))).toEqual([409, 409, 409])
    expect(await admin.resumeUser({ params: { userId: id } })).toMatchObject({ status: 'active', roles: [] })
    const kept = JSON.stringify((await admin.listAuditEntries({ query: { 'filter[entityId]': id } })).items.map(({ operation }) => operation).toSorted())
    expect(kept).toContain('identity.deactivateUser')
  })
  it('of a directory are changed there', async () => {
    const { admin } = await estate.organization()
    const { id } = await admin.createUser({ body: draft })
    await estate.peek("update bss.user_account set source = 'scim' where id = $1", [id])
    const { rowVersion: now } = await admin.getUser({ params: { userId: id } })
    expect(await saidOf(admin.updateUser({ params: { userId: id }, body: { displayName: 'X' }, ifMatch: now }))).toMatch(/^409 .*directory/)
    expect(await saidOf(admin.deactivateUser({ params: { userId: id } }))).toMatch(/^409 .*directory/)
    expect(await admin.suspendUser({ params: { userId: id } })).toMatchObject({ status: 'suspended' })
    expect(await admin.resumeUser({ params: { userId: id } })).toMatchObject({ status: 'active', displayName: 'Ada Lovelace' })
  })
  it('are renamed only by who has read them last', async () => {
    const { admin } = await estate.organization()
    const { id, rowVersion } = await admin.createUser({ body: draft })
    expect(await admin.updateUser({ params: { userId: id }, body: { displayName: 'Countess' }, ifMatch: rowVersion })).toMatchObject({ displayName: 'Countess', rowVersion: rowVersion + 1 })
    await expect(admin.updateUser({ params: { userId: id }, body: { displayName: 'Other' }, ifMatch: rowVersion })).rejects.toMatchObject({ status: 412 })
  })
})

describe('sessions', () => {
  it('are seen and ended: one’s own by oneself, those of others by who may', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const { id, client } = await newPerson(estate, organization, null)
    const other = estate.client(await openSession(estate.house.superuserUrl, { organizationId: organization.id, userId: id }), 1)
    await other.whoami()
    const mine = (await client.listMySessions()).items
    expect(mine.map(({ isCurrent, userAgent }) => ({ isCurrent, userAgent }))).toEqual([{ isCurrent: true, userAgent: 'Test browser' }, { isCurrent: false, userAgent: 'Test browser' }])
    const [, second] = mine
    const stranger = await newPerson(estate, organization, null)
    const params = { sessionId: second?.id ?? newId<'Session'>() }
    expect(await refusalOf(stranger.client.revokeMySession({ params }))).toEqual(await refusalOf(stranger.client.revokeMySession({ params: { sessionId: newId() } })))
    expect(await client.revokeMySession({ params })).toMatchObject({ id: params.sessionId, isCurrent: false })
    await expect.poll(() => statusOf(other.whoami()), AT_ONCE).toBe(401)
    expect(await statusOf(client.revokeMySession({ params }))).toBe(404)
    const [left] = (await admin.listUserSessions({ params: { userId: id } })).items
    expect(await statusOf(admin.revokeSession({ params: { userId: stranger.id, sessionId: left?.id ?? newId() } }))).toBe(404)
    await admin.revokeSession({ params: { userId: id, sessionId: left?.id ?? newId() } })
    await expect.poll(() => statusOf(client.whoami()), AT_ONCE).toBe(401)
    expect(await admin.revokeUserSessions({ params: { userId: stranger.id } })).toEqual({ revoked: 1 })
    await expect.poll(() => statusOf(stranger.client.whoami()), AT_ONCE).toBe(401)
    expect((await admin.listMySessions()).items).toEqual([])
  })
})

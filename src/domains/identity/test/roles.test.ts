import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { giveSignIn } from '../../../../test/setup/session.ts'
import { newId } from '../../../kernel/ids.ts'
import { openEstate, type Estate } from '../../tenancy/test/estate.ts'
import { AT_ONCE, newPerson, refusalOf, saidOf, statusOf } from './person.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate(2)
})
afterAll(() => estate.close())
const clerk = { name: 'Stock clerk', description: 'Counts', permissions: ['inventory:read', 'stock:adjust', 'audit:read'], fieldClasses: ['ops'] } as const
const draftOf = (more: { name?: string } = {}) => ({ ...clerk, ...more, permissions: [...clerk.permissions], fieldClasses: [...clerk.fieldClasses] })

describe('an organization’s own roles', () => {
  it('are made, changed and retired, and each change counts from the next request, on every server', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const role = await admin.createCustomRole({ body: draftOf() })
    expect(role).toMatchObject({ name: 'Stock clerk', permissions: ['audit:read', 'inventory:read', 'stock:adjust'], fieldClasses: ['ops'], isRetired: false, holders: 0, rowVersion: 1 })
    const { client } = await newPerson(estate, organization, { roleId: role.id }, 1)
    expect(await client.whoami()).toMatchObject({ role: 'Stock clerk', permissions: ['audit:read', 'inventory:read', 'stock:adjust'], plane: 'tenant' })
    expect(await statusOf(client.listAuditEntries())).toBe(200)
    const changed = await admin.updateCustomRole({ params: { roleId: role.id }, body: { permissions: ['inventory:read'] }, ifMatch: role.rowVersion })
    expect(changed).toMatchObject({ permissions: ['inventory:read'], holders: 1, rowVersion: 2 })
    await expect.poll(() => statusOf(client.listAuditEntries()), AT_ONCE).toBe(403)
    await expect(admin.updateCustomRole({ params: { roleId: role.id }, body: { permissions: ['audit:read'] }, ifMatch: 1 })).rejects.toMatchObject({ status: 412 })
    expect(await admin.retireCustomRole({ params: { roleId: role.id } })).toMatchObject({ isRetired: true })
    await expect.poll(async () => (await client.whoami()).permissions, AT_ONCE).toEqual([])
    expect(await Promise.all([
      admin.retireCustomRole({ params: { roleId: role.id } }), admin.updateCustomRole({ params: { roleId: role.id }, body: { name: 'Again' }, ifMatch: 3 }),
    ].map(statusOf))).toEqual([409, 409])
    const { id } = await admin.createUser({ body: { userName: 'late', displayName: 'Late' } })
    await expect(admin.assignUserRole({ params: { userId: id }, body: { roleId: role.id } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/roleId', code: 'retired_role' }] })
    expect((await admin.listCustomRoles()).items.map(({ id: roleId }) => roleId)).toEqual([role.id])
  })
  it('are not called like a template, nor like another, nor so that a seal could be read wrongly', async () => {
    const { admin } = await estate.organization()
    for (const name of ['tenant_admin', 'Tenant Admin', 'GLOBAL_ADMIN', 'Support (read-only)']) await expect(admin.createCustomRole({ body: draftOf({ name }) })).rejects.toMatchObject({ status: 409, errors: [{ code: 'template_name' }] })
    for (const name of ['tenant_admin+planner', 'a.b.c', 'clerk@site', ' x', 'x', 'a\u0000b']) await expect(admin.createCustomRole({ body: draftOf({ name }) })).rejects.toMatchObject({ status: 400 })
    await admin.createCustomRole({ body: draftOf() })
    await expect(admin.createCustomRole({ body: draftOf({ name: 'STOCK clerk' }) })).rejects.toMatchObject({ status: 409, errors: [{ pointer: '/name' }] })
  })
  it('a name of any letters does no harm to its holder', async () => {
    const organization = await estate.organization()
    const role = await organization.admin.createCustomRole({ body: draftOf({ name: 'Läger/Nacht (2) — «ü» 管理' }) })
    const { client } = await newPerson(estate, organization, { roleId: role.id })
    expect(await client.whoami()).toMatchObject({ role: 'Läger/Nacht (2) — «ü» 管理' })
    expect(await statusOf(client.listAuditEntries())).toBe(200)
    expect(await statusOf(client.listMySessions())).toBe(200)
  })
  it('hold nothing of the platform, whoever makes them', async () => {
    const { admin } = await estate.organization()
    const post = (permissions: readonly string[], fieldClasses: readonly string[] = []) => fetch(`${estate.urls[0]}/api/v1/custom-roles`, {
      method: 'POST', headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Grabber', permissions, fieldClasses }),
    }).then((answer) => answer.status)
    expect(await Promise.all([post(['platform:write']), post(['platform:read', 'orders:read']), post(['*']), post([]), post(['orders:read'], ['everything'])])).toEqual([400, 400, 400, 400, 400])
  })
  it('of another organization look like missing ones, wherever an id fits', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    const foreign = await theirs.admin.createCustomRole({ body: draftOf() })
    const group = await ours.admin.createGroup({ body: { name: 'Group' } })
    const { id: userId } = await ours.admin.createUser({ body: { userName: 'u', displayName: 'U' } })
    const account = await ours.admin.createServiceAccount({ body: { name: 'Account', role: 'planner' } })
    const answers = await Promise.all([foreign.id, newId<'Role'>()].map((roleId) => Promise.all([
      ours.admin.getCustomRole({ params: { roleId } }), ours.admin.updateCustomRole({ params: { roleId }, body: { name: 'Mine' }, ifMatch: 1 }), ours.admin.retireCustomRole({ params: { roleId } }),
      ours.admin.assignUserRole({ params: { userId }, body: { roleId } }), ours.admin.mapGroupRole({ params: { groupId: group.id }, body: { roleId } }),
      ours.admin.assignRole({ params: { serviceAccountId: account.id }, body: { roleId } }), ours.admin.createServiceAccount({ body: { name: 'Another', roleId } }),
    ].map(refusalOf))))
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.every((answer) => answer !== null)).toBe(true)
    expect((await ours.admin.listUsers({ query: { 'filter[roleId]': foreign.id } })).items).toEqual([])
    expect(await theirs.admin.getCustomRole({ params: { roleId: foreign.id } })).toEqual(foreign)
  })
})

describe('nobody hands on what he does not hold', () => {
  it('not as a role of his own making, not by a template, not by a group, not by a service account or its key', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const deputy = await admin.createCustomRole({ body: { name: 'Deputy', permissions: ['members:read', 'members:write', 'keys:read', 'keys:write', 'inventory:read', 'organization:read'], fieldClasses: ['ops', 'pii'] } })
    const { id, client } = await newPerson(estate, organization, { roleId: deputy.id })
    const make = (permissions: Parameters<typeof client.createCustomRole>[0]['body']['permissions'], fieldClasses: Parameters<typeof client.createCustomRole>[0]['body']['fieldClasses'] = []) =>
      client.createCustomRole({ body: { name: `Role of ${[...permissions, ...fieldClasses].join(' and ')}`, permissions, fieldClasses } })
    expect(await Promise.all([make(['support:grant']), make(['identity:write']), make(['inventory:read', 'finance:read']), make(['inventory:read'], ['cost'])].map(statusOf))).toEqual([403, 403, 403, 403])
    const mine = await make(['inventory:read'], ['ops'])
    expect(await statusOf(client.updateCustomRole({ params: { roleId: mine.id }, body: { permissions: ['inventory:write'] }, ifMatch: mine.rowVersion }))).toBe(403)
    // His own role does not become wider by his own hand, nor does he take away what is above him.
    expect(await statusOf(client.updateCustomRole({ params: { roleId: deputy.id }, body: { permissions: ['members:read', 'identity:write'] }, ifMatch: deputy.rowVersion }))).toBe(403)
    expect(await statusOf(client.assignUserRole({ params: { userId: id }, body: { role: 'tenant_admin' } }))).toBe(403)
    expect(await statusOf(client.assignUserRole({ params: { userId: id }, body: { role: 'planner' } }))).toBe(403)
    const group = await client.createGroup({ body: { name: 'Friends' } })
    expect(await statusOf(client.mapGroupRole({ params: { groupId: group.id }, body: { role: 'tenant_admin' } }))).toBe(403)
    const bosses = await admin.createGroup({ body: { name: 'Bosses' } })
    await admin.mapGroupRole({ params: { groupId: bosses.id }, body: { role: 'tenant_admin' } })
    expect(await statusOf(client.addGroupMember({ params: { groupId: bosses.id }, body: { userId: id } }))).toBe(403)
    expect(await statusOf(client.createServiceAccount({ body: { name: 'Door', role: 'tenant_admin' } }))).toBe(403)
    const integration = await admin.createServiceAccount({ body: { name: 'Integration', role: 'integration' } })
    // The scopes are within his own permissions, but the key would read fields of a class that he may not.
    expect(await statusOf(client.createKey({ body: { serviceAccountId: integration.id, name: 'Key', scopes: ['inventory:read'] } }))).toBe(403)
    expect(await statusOf(client.assignUserRole({ params: { userId: id }, body: { roleId: mine.id } }))).toBe(200)
    expect((await client.whoami()).permissions).not.toContain('inventory:write')
  })
  it('nor touches somebody above himself', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const desk = await admin.createCustomRole({ body: { name: 'Help desk', permissions: ['members:read', 'members:write'], fieldClasses: ['pii'] } })
    const { client } = await newPerson(estate, organization, { roleId: desk.id })
    const boss = await newPerson(estate, organization, { role: 'tenant_admin' })
    const params = { userId: boss.id }
    const [bossNow] = (await admin.listUsers({ query: { 'filter[role]': 'tenant_admin' } })).items
    const [account] = (await admin.listServiceAccounts()).items
    expect(await Promise.all([
      client.suspendUser({ params }), client.deactivateUser({ params }), client.revokeUserSessions({ params }), client.updateUser({ params, body: { displayName: 'Fool' }, ifMatch: bossNow?.rowVersion ?? 0 }),
      client.unassignUserRole({ params: { ...params, assignmentId: bossNow?.roles[0]?.id ?? newId() } }), client.deactivateServiceAccount({ params: { serviceAccountId: account?.id ?? newId() } }),
    ].map(statusOf))).toEqual([403, 403, 403, 403, 403, 403])
    expect(await statusOf(boss.client.whoami())).toBe(200)
    const nobody = await newPerson(estate, organization, null)
    expect(await statusOf(client.suspendUser({ params: { userId: nobody.id } }))).toBe(200)
  })
})

describe('the last Tenant Admin', () => {
  const last = { status: 409, code: 'conflict', errors: [{ code: 'last_admin' }] }
  it('may be a person, who counts once he can sign in', async () => {
    const organization = await estate.organization()
    const { admin, id: organizationId } = organization
    const [first] = (await admin.listServiceAccounts()).items
    const params = { serviceAccountId: first?.id ?? newId<'ServiceAccount'>() }
    const boss = await newPerson(estate, organization, { role: 'tenant_admin' })
    await expect(admin.deactivateServiceAccount({ params })).rejects.toMatchObject(last)
    await giveSignIn(estate.house.superuserUrl, { organizationId, userId: boss.id })
    expect((await admin.getUser({ params: { userId: boss.id } })).connections).toHaveLength(1)
    await boss.client.deactivateServiceAccount({ params })
    const [assignment] = (await boss.client.getUser({ params: { userId: boss.id } })).roles
    const own = { userId: boss.id }
    await expect(boss.client.suspendUser({ params: own })).rejects.toMatchObject(last)
    await expect(boss.client.deactivateUser({ params: own })).rejects.toMatchObject(last)
    await expect(boss.client.unassignUserRole({ params: { ...own, assignmentId: assignment?.id ?? newId() } })).rejects.toMatchObject(last)
    expect(await boss.client.getUser({ params: own })).toMatchObject({ status: 'active', roles: [{ role: 'tenant_admin' }] })
  })
  it('one by a group is kept as well: the group, its role and its members cannot take him away', async () => {
    const organization = await estate.organization()
    const { admin, id: organizationId } = organization
    const [first] = (await admin.listServiceAccounts()).items
    const boss = await newPerson(estate, organization, null)
    await giveSignIn(estate.house.superuserUrl, { organizationId, userId: boss.id })
    const group = await admin.createGroup({ body: { name: 'Board' } })
    const mapped = await admin.mapGroupRole({ params: { groupId: group.id }, body: { role: 'tenant_admin' } })
    await admin.addGroupMember({ params: { groupId: group.id }, body: { userId: boss.id } })
    await boss.client.deactivateServiceAccount({ params: { serviceAccountId: first?.id ?? newId() } })
    await expect(boss.client.removeGroupMember({ params: { groupId: group.id, userId: boss.id } })).rejects.toMatchObject(last)
    await expect(boss.client.unmapGroupRole({ params: { groupId: group.id, mappingId: mapped.roles[0]?.id ?? newId() } })).rejects.toMatchObject(last)
    expect(await boss.client.whoami()).toMatchObject({ role: 'tenant_admin' })
  })
  it('of several who take each other away at the same moment, by whatever way, one stays every time', async () => {
    for (let round = 0; round < 6; round += 1) {
      const organization = await estate.organization()
      const { admin, id: organizationId } = organization
      const [first] = (await admin.listServiceAccounts()).items
      const [one, two] = await Promise.all([newPerson(estate, organization, { role: 'tenant_admin' }), newPerson(estate, organization, { role: 'tenant_admin' })])
      await Promise.all([one, two].map(({ id }) => giveSignIn(estate.house.superuserUrl, { organizationId, userId: id })))
      const ofTwo = (await admin.getUser({ params: { userId: two.id } })).roles[0]?.id ?? newId<'RoleAssignment'>()
      const all = await Promise.allSettled([
        one.client.deactivateServiceAccount({ params: { serviceAccountId: first?.id ?? newId() } }),
        two.client.suspendUser({ params: { userId: one.id } }),
        round % 2 === 0 ? admin.unassignUserRole({ params: { userId: two.id, assignmentId: ofTwo } }) : admin.deactivateUser({ params: { userId: two.id } }),
      ])
      // Two of three may go; whoever comes last may also have lost his right or his session on the way.
      expect(all.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(3)
      const [[left]] = [await estate.peek(
        `select count(*)::text from bss.role_assignment r left join bss.user_account u on u.id = r.user_id left join bss.service_account a on a.id = r.service_account_id
          where r.organization_id = $1 and r.role = 'tenant_admin' and coalesce(u.status, a.status) = 'active'`, [organizationId])]
      expect(Number(left?.[0])).toBeGreaterThan(0)
    }
  })
})

describe('groups', () => {
  it('give by their mapping and never by their name, and take back what they gave and nothing else', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const { id, client } = await newPerson(estate, organization, { role: 'twin_engineer' }, 1)
    const group = await admin.createGroup({ body: { name: 'Tenant Admin' } })
    const params = { groupId: group.id }
    expect(await admin.addGroupMember({ params, body: { userId: id } })).toMatchObject({ memberCount: 1, roles: [] })
    expect((await client.whoami()).role).toBe('twin_engineer')
    const mapped = await admin.mapGroupRole({ params, body: { role: 'planner' } })
    await expect.poll(async () => (await client.whoami()).role, AT_ONCE).toBe('twin_engineer+planner')
    // The same role by hand beside the one of the group: taking the one leaves the other.
    await admin.assignUserRole({ params: { userId: id }, body: { role: 'planner' } })
    expect((await admin.getUser({ params: { userId: id } })).roles.map(({ role, source }) => `${role} ${source}`)).toEqual(['twin_engineer manual', 'planner group', 'planner manual'])
    const ofGroup = (await admin.getUser({ params: { userId: id } })).roles.find(({ source }) => source === 'group')
    expect(await saidOf(admin.unassignUserRole({ params: { userId: id, assignmentId: ofGroup?.id ?? newId() } }))).toMatch(/^409 .*group/)
    await admin.unmapGroupRole({ params: { ...params, mappingId: mapped.roles[0]?.id ?? newId() } })
    expect((await admin.getUser({ params: { userId: id } })).roles.map(({ role, source }) => `${role} ${source}`)).toEqual(['twin_engineer manual', 'planner manual'])
    expect((await admin.listGroupMembers({ params })).items).toEqual([{ userId: id, displayName: 'Somebody' }])
    await admin.mapGroupRole({ params, body: { role: 'auditor' } })
    await expect.poll(async () => (await client.whoami()).role, AT_ONCE).toContain('auditor')
    await admin.removeGroupMember({ params: { ...params, userId: id } })
    await expect.poll(async () => (await client.whoami()).role, AT_ONCE).not.toContain('auditor')
    expect(await statusOf(admin.removeGroupMember({ params: { ...params, userId: id } }))).toBe(404)
  })
  it('members and roles that change at the same moment leave nobody with what was taken away', async () => {
    const organization = await estate.organization()
    const { admin } = organization
    const { id } = await newPerson(estate, organization, null)
    for (let round = 0; round < 5; round += 1) {
      const group = await admin.createGroup({ body: { name: `Group ${round}` } })
      const other = await admin.createGroup({ body: { name: `Other ${round}` } })
      const params = { groupId: group.id }
      const mapped = await admin.mapGroupRole({ params, body: { role: 'planner' } })
      await admin.mapGroupRole({ params: { groupId: other.id }, body: { role: 'finance' } })
      await Promise.all([admin.addGroupMember({ params, body: { userId: id } }), admin.unmapGroupRole({ params: { ...params, mappingId: mapped.roles[0]?.id ?? newId() } }), admin.addGroupMember({ params: { groupId: other.id }, body: { userId: id } })])
      expect((await admin.getUser({ params: { userId: id } })).roles.map(({ role }) => role)).toEqual(['finance'])
      await Promise.all([group.id, other.id].map((groupId) => admin.removeGroupMember({ params: { groupId, userId: id } })))
      expect((await admin.getUser({ params: { userId: id } })).roles).toEqual([])
    }
  })
  it('of a directory are filled there, and foreign groups, people and mappings look like missing ones', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    const { id: userId } = await ours.admin.createUser({ body: { userName: 'u', displayName: 'U' } })
    const group = await ours.admin.createGroup({ body: { name: 'Group' } })
    await estate.peek("update bss.user_group set source = 'scim' where id = $1", [group.id])
    expect(await saidOf(ours.admin.addGroupMember({ params: { groupId: group.id }, body: { userId } }))).toMatch(/^409 .*directory/)
    const foreignGroup = await theirs.admin.createGroup({ body: { name: 'Group' } })
    const foreignMap = (await theirs.admin.mapGroupRole({ params: { groupId: foreignGroup.id }, body: { role: 'planner' } })).roles[0]?.id ?? newId<'GroupRole'>()
    const foreignUser = (await theirs.admin.createUser({ body: { userName: 'u', displayName: 'U' } })).id
    const local = await ours.admin.createGroup({ body: { name: 'Local' } })
    const answers = await Promise.all([[foreignGroup.id, foreignMap, foreignUser] as const, [newId<'Group'>(), newId<'GroupRole'>(), newId<'User'>()] as const].map(([groupId, mappingId, user]) => Promise.all([
      ours.admin.getGroup({ params: { groupId } }), ours.admin.listGroupMembers({ params: { groupId } }), ours.admin.addGroupMember({ params: { groupId }, body: { userId } }), ours.admin.mapGroupRole({ params: { groupId }, body: { role: 'planner' } }),
      ours.admin.unmapGroupRole({ params: { groupId: local.id, mappingId } }), ours.admin.addGroupMember({ params: { groupId: local.id }, body: { userId: user } }), ours.admin.removeGroupMember({ params: { groupId: local.id, userId: user } }),
    ].map(refusalOf))))
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.every((answer) => answer !== null)).toBe(true)
  })
})

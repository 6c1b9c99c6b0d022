import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idOf as brand, newId } from '../../../../kernel/ids.ts'
import { isList } from '../../../../kernel/json.ts'
import { openSession } from '../../../../../test/setup/session.ts'
import { freshName, GROUP, idOf, openGround, patch, q, textIn, USER, type Answer, type Ground } from './ground.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 240_000)
afterAll(() => ground.close())

const person = async (): Promise<string> => idOf(await ground.call('POST', '/Users', { body: { schemas: [USER], userName: freshName() } }))
const group = async (displayName: string, members: readonly string[] = []): Promise<string> => idOf(await ground.call('POST', '/Groups', { body: { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) } }))
const membersOf = ({ body }: Answer): string[] => (isList(body['members']) ? body['members'].map((each) => textIn(each, 'value')).toSorted((a, b) => a.localeCompare(b)) : [])
const inGroup = async (id: string): Promise<string[]> => membersOf(await ground.call('GET', `/Groups/${id}`))
const rolesOf = async (id: string): Promise<unknown[]> => (await ground.acme.getUser({ params: { userId: brand<'User'>(id) } })).roles.map(({ role, source }) => [role, source])

describe('groups of a directory', () => {
  it('are made, looked for, renamed, filled and emptied as Entra ID does it', async () => {
    const [ada, bob] = [await person(), await person()]
    const made = await ground.call('POST', '/Groups', { body: { schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'], externalId: 'g-1', displayName: 'Engineers', meta: { resourceType: 'Group' } } })
    expect(made).toMatchObject({ status: 201, body: { displayName: 'Engineers', externalId: 'g-1', members: [] } })
    const id = idOf(made)
    expect((await ground.call('GET', `/Groups?excludedAttributes=members&filter=${q('displayName eq "engineers"')}`)).body).toMatchObject({ totalResults: 1 })
    const added = await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'Add', path: 'members', value: [{ $ref: null, value: ada }, { $ref: null, value: bob }] }))
    expect(added.status).toBe(204)
    expect(added.header('etag')).toBe('W/"2"')
    expect((await ground.call('GET', `/Groups?filter=${q(`id eq "${id}" and members eq "${ada}"`)}&attributes=id`)).body).toMatchObject({ totalResults: 1 })
    expect((await ground.call('GET', `/Groups?filter=${q(`members.value eq "${newId()}"`)}`)).body).toMatchObject({ totalResults: 0 })
    expect((await ground.call('GET', `/Users/${ada}`)).body).toMatchObject({ groups: [{ value: id, display: 'Engineers' }] })
    await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'Remove', path: 'members', value: [{ value: ada }] }))
    expect(await inGroup(id)).toEqual([bob])
    await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: `members[value eq "${bob}"]` }, { op: 'Replace', path: 'displayName', value: 'Former engineers' }))
    expect((await ground.call('GET', `/Groups/${id}`)).body).toMatchObject({ displayName: 'Former engineers', members: [] })
    expect((await ground.call('DELETE', `/Groups/${id}`)).status).toBe(204)
    expect((await ground.call('GET', `/Groups/${id}`)).status).toBe(404)
  })
  it('are replaced whole and by an object with an id, as Okta does it', async () => {
    const [ada, bob] = [await person(), await person()]
    const id = await group('Ops', [ada])
    expect((await ground.call('PUT', `/Groups/${id}`, { body: { schemas: [GROUP], id, displayName: 'Operations', members: [{ value: bob, display: 'bob' }] } })).body).toMatchObject({ displayName: 'Operations' })
    expect(await inGroup(id)).toEqual([bob])
    expect((await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'replace', value: { id, displayName: 'Ops again' } }))).status).toBe(204)
    await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'replace', path: 'members', value: [{ value: ada }] }))
    expect((await ground.call('GET', `/Groups/${id}`)).body).toMatchObject({ displayName: 'Ops again', members: [{ value: ada, type: 'User' }] })
  })
  it('give what is mapped, and take it back; a name gives nothing, even “Tenant Admin”', async () => {
    const ada = await person()
    const named = await group('Tenant Admin', [ada])
    await ground.call('PATCH', `/Groups/${named}`, patch({ op: 'replace', path: 'displayName', value: 'tenant_admin' }))
    expect(await rolesOf(ada)).toEqual([])
    const id = await group('Planning')
    await ground.acme.mapGroupRole({ params: { groupId: brand<'Group'>(id) }, body: { role: 'planner' } })
    await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: [{ value: ada }] }))
    expect(await rolesOf(ada)).toEqual([['planner', 'group']])
    expect(await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members' }))).toMatchObject({ status: 204 })
    expect(await rolesOf(ada)).toEqual([])
    await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: [{ value: ada }] }))
    await ground.call('DELETE', `/Groups/${id}`)
    expect(await rolesOf(ada)).toEqual([])
  })
  it('of thousands are changed by thousands at once, all or none', async () => {
    await ground.peek(`insert into bss.user_account (organization_id, id, user_name, display_name, source, directory_connection_id, created_by, updated_by)
      select $1, gen_random_uuid(), 'many' || n, 'Many ' || n, 'scim', $2, $1, $1 from generate_series(1, 10000) n`, [ground.house.acme.id, ground.connection.id])
    // As time and autovacuum would have done it: plans made for a handful of rows are made anew.
    await ground.peek('analyze bss.user_account')
    const ids = (await ground.peek("select id::text from bss.user_account where user_name like 'many%' order by id")).map(([id]) => id ?? '')
    const id = await group('Everybody')
    expect(await ground.call('PUT', `/Groups/${id}`, { body: { schemas: [GROUP], displayName: 'Everybody', members: ids.map((value) => ({ value })) } })).toMatchObject({ status: 200 })
    const thousand = ids.slice(0, 1_000).map((value) => ({ value }))
    expect((await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value: thousand }))).status).toBe(204)
    expect(await inGroup(id)).toHaveLength(9_000)
    // Everybody of the group is given the role by one statement, and who is signed in is forgotten with it: announced once, not ten thousand times.
    const session = await openSession(ground.house.superuserUrl, { organizationId: ground.house.acme.id, userId: brand<'User'>(ids[5_000] ?? '') })
    const mapped = await ground.acme.mapGroupRole({ params: { groupId: brand<'Group'>(id) }, body: { role: 'planner' } })
    expect(await ground.peek("select count(*)::text from bss.role_assignment where role = 'planner' and source = 'group'")).toEqual([['9000']])
    const announced = "select count(*)::text, count(distinct r.transaction_id)::text from sec.revocation r join bss.session s on s.id = r.credential_id where s.digest = sha256(convert_to($1, 'UTF8'))"
    expect(await ground.peek(announced, [session])).toEqual([['1', '1']])
    await ground.acme.unmapGroupRole({ params: { groupId: brand<'Group'>(id), mappingId: brand<'GroupRole'>(mapped.roles[0]?.id ?? '') } })
    expect(await ground.peek("select count(*)::text from bss.role_assignment where role = 'planner' and source = 'group'")).toEqual([['0']])
    expect(await ground.peek(announced, [session])).toEqual([['2', '2']])
    await ground.peek("insert into bss.group_role_map (organization_id, id, group_id, role, created_by) values ($1, $2, $3, 'twin_engineer', $2)", [ground.house.acme.id, newId(), id])
    expect((await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: thousand }))).status).toBe(204)
    expect(await ground.peek("select count(*)::text from bss.role_assignment where role = 'twin_engineer' and source = 'group'")).toEqual([['1000']])
    expect((await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value: thousand }))).status).toBe(204)
    expect(await ground.peek("select count(*)::text from bss.role_assignment where role = 'twin_engineer' and source = 'group'")).toEqual([['0']])
    const half = await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: [...ids.slice(0, 500), newId()].map((value) => ({ value })) }))
    expect(half).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } })
    expect(await inGroup(id)).toHaveLength(9_000)
    const many = await ground.call('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: Array.from({ length: 10_001 }, (_, n) => ({ value: `x${n}` })) }))
    expect(many).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } })
    expect((await ground.call('GET', `/Groups?filter=${q('displayName eq "Everybody"')}`)).body).toMatchObject({ totalResults: 1, itemsPerPage: 1 })
  }, 120_000)
})

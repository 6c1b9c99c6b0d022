import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { giveSignIn, openSession } from '../../../../../test/setup/session.ts'
import { idOf as userIdOf } from '../../../../kernel/ids.ts'
import { ENTERPRISE, found, freshName, GROUP, idOf, namesIn, openGround, patch, q, textIn, USER, type Answer, type Ground } from './ground.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 240_000)
afterAll(() => ground.close())

const create = (more: Record<string, unknown> = {}): Promise<Answer> => ground.call('POST', '/Users', { body: { schemas: [USER], userName: freshName(), active: true, ...more } })
const tokenOf = (answer: Answer): Promise<string> => openSession(ground.house.superuserUrl, { organizationId: ground.house.acme.id, userId: userIdOf<'User'>(idOf(answer)) })
const whoami = (token: string): Promise<number> => fetch(`${ground.house.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status)

describe('what Entra ID sends', () => {
  it('looks for a user, makes it, patches it by paths, and disables it with "False"', async () => {
    const userName = freshName()
    expect((await ground.call('GET', `/Users?filter=${q(`userName eq "${userName}"`)}`)).body).toMatchObject({ totalResults: 0, Resources: [] })
    const made = await ground.call('POST', '/Users', {
      body: {
        schemas: [USER, ENTERPRISE], externalId: 'entra-1', userName, active: true, displayName: 'Ada Lovelace', emails: [{ primary: true, type: 'work', value: 'Ada@acme.example' }], meta: { resourceType: 'User' },
        name: { formatted: 'Ada Lovelace', familyName: 'Lovelace', givenName: 'Ada' }, roles: [], title: 'Engineer', [ENTERPRISE]: { department: 'Engines', manager: 'boss-1' },
      },
    })
    expect(made.status).toBe(201)
    expect(made.header('location')).toBe(`${ground.house.url}/scim/v2/Users/${idOf(made)}`)
    expect(made.header('etag')).toBe('W/"1"')
    expect(made.header('content-type')).toMatch(/^application\/scim\+json/)
    expect(made.body).toMatchObject({ schemas: [USER, ENTERPRISE], userName, externalId: 'entra-1', title: 'Engineer', [ENTERPRISE]: { department: 'Engines', manager: { value: 'boss-1' } }, meta: { resourceType: 'User', version: 'W/"1"' } })
    const changed = await ground.call('PATCH', `/Users/${idOf(made)}`, patch(
      { op: 'Replace', path: 'displayName', value: 'Ada King' }, { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 20' }, { op: 'Replace', path: 'emails[type eq "work"].value', value: 'king@acme.example' },
      { op: 'Add', path: `${ENTERPRISE}:manager`, value: 'boss-2' },
    ))
    expect(changed).toMatchObject({ status: 200, body: { displayName: 'Ada King', phoneNumbers: [{ type: 'mobile', value: '+44 20' }], emails: [{ value: 'king@acme.example', type: 'work', primary: true }], [ENTERPRISE]: { manager: { value: 'boss-2' } } } })
    expect((await ground.call('GET', `/Users?filter=${q('emails[type eq "work"].value eq "KING@acme.example"')}`)).body).toMatchObject({ totalResults: 1 })
    expect((await ground.call('GET', `/Users?filter=${q('externalId eq "entra-1"')}`)).body).toMatchObject({ totalResults: 1 })
    expect((await ground.call('PATCH', `/Users/${idOf(made)}`, patch({ op: 'Replace', path: 'active', value: 'False' }))).body).toMatchObject({ active: false })
    expect((await ground.call('GET', `/Users/${idOf(made)}`)).body).toMatchObject({ active: false, displayName: 'Ada King' })
  })
})

describe('what Okta sends', () => {
  it('pages through all, replaces whole users, and deactivates by an object without a path', async () => {
    const first = await create({ name: { givenName: 'Grace', familyName: 'Hopper' }, emails: [{ value: 'grace@acme.example', primary: true, type: 'work' }], password: 'never kept', locale: 'en-US' })
    expect(first).toMatchObject({ status: 201, body: { displayName: 'Grace Hopper' } })
    const replaced = await ground.call('PUT', `/Users/${idOf(first)}`, { body: { schemas: [USER], id: idOf(first), userName: String(first.body['userName']).toUpperCase(), name: { givenName: 'Grace', familyName: 'Murray' }, active: true, groups: [], meta: {} } })
    expect(replaced).toMatchObject({ status: 200, body: { displayName: 'Grace Murray' } })
    expect(replaced.body).not.toHaveProperty('locale')
    expect(replaced.body).not.toHaveProperty('emails')
    const off = await ground.call('PATCH', `/Users/${idOf(first)}`, { body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', value: { active: false } }] } })
    expect(off).toMatchObject({ status: 200, body: { active: false } })
    expect((await ground.call('GET', '/Users?startIndex=1&count=1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 1 })
    expect(JSON.stringify(await ground.peek('select to_jsonb(u)::text from bss.user_account u union all select a.changes::text from bss.audit_entry a'))).not.toContain('never kept')
  })
})

describe('somebody who leaves', () => {
  it('loses sessions, passkeys and roles in the same moment, is soft, and comes back with what the groups give', async () => {
    const person = await create()
    const id = idOf(person)
    const group = await ground.call('POST', '/Groups', { body: { schemas: [GROUP], displayName: 'Planners', members: [{ value: id }] } })
    await ground.acme.mapGroupRole({ params: { groupId: userIdOf<'Group'>(idOf(group)) }, body: { role: 'planner' } })
    await ground.acme.assignUserRole({ params: { userId: userIdOf<'User'>(id) }, body: { role: 'auditor' } })
    await ground.peek(`insert into bss.webauthn_credential (organization_id, id, user_id, name, credential, public_key, can_be_backed_up, is_backed_up, created_by, updated_by)
      values ($1, $2, $2, 'Key', decode(repeat('ab', 20), 'hex'), decode(repeat('cd', 40), 'hex'), false, false, $2, $2)`, [ground.house.acme.id, id])
    const token = await tokenOf(person)
    expect(await whoami(token)).toBe(200)
    await ground.call('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: 'False' }))
    await expect.poll(() => whoami(token), { timeout: 2_000 }).toBe(401)
    expect(await ground.peek("select (select count(*) from bss.webauthn_credential where user_id = $1)::text, (select count(*) from bss.role_assignment where user_id = $1)::text, (select count(*) from bss.session where user_id = $1 and revoked_reason = 'deactivated')::text", [id])).toEqual([['0', '0', '1']])
    const gone = await ground.acme.getUser({ params: { userId: userIdOf<'User'>(id) } })
    expect(gone).toMatchObject({ status: 'deactivated', roles: [] })
    await ground.call('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: true }))
    const back = await ground.acme.getUser({ params: { userId: userIdOf<'User'>(id) } })
    expect(back.status).toBe('active')
    expect(back.roles.map(({ role, source }) => [role, source])).toEqual([['planner', 'group']])
    expect(await whoami(token)).toBe(401)
  })
  it('deleted is gone for the directory, stays for the trail, and the user name is free for somebody new', async () => {
    const person = await create({ externalId: 'ext-9' })
    const [id, userName] = [idOf(person), String(person.body['userName'])]
    await giveSignIn(ground.house.superuserUrl, { organizationId: ground.house.acme.id, userId: userIdOf<'User'>(id) })
    const token = await tokenOf(person)
    expect(await ground.call('DELETE', `/Users/${id}`)).toMatchObject({ status: 204 })
    await expect.poll(() => whoami(token), { timeout: 2_000 }).toBe(401)
    for (const [method, asked] of [['GET', {}], ['PUT', { body: { userName } }], ['PATCH', patch({ op: 'replace', path: 'title', value: 'x' })], ['DELETE', {}]] as const) expect((await ground.call(method, `/Users/${id}`, asked)).status).toBe(404)
    expect((await ground.call('GET', `/Users?filter=${q(`userName eq "${userName}" or externalId eq "ext-9"`)}`)).body).toMatchObject({ totalResults: 0 })
    const again = await ground.call('POST', '/Users', { body: { schemas: [USER], userName, externalId: 'ext-9' } })
    expect(again.status).toBe(201)
    expect(idOf(again)).not.toBe(id)
    expect(await ground.peek('select count(*)::text from bss.external_identity where user_id = $1', [id])).toEqual([['0']])
    const trail = await ground.acme.listAuditEntries({ query: { 'filter[entityId]': id } })
    const actions = trail.items.flatMap(({ changes }) => changes.map(({ action }) => action))
    for (const action of ['created', 'deactivated', 'deleted']) expect(actions).toContain(action)
    expect(trail.items[0]).toMatchObject({ actor: { name: 'SCIM Entra' }, operation: 'identity.scim.deleteUser' })
  })
  it('may be the last Tenant Admin who can enter: the directory decides, and the trail warns', async () => {
    const admins = await ground.acme.listServiceAccounts({ query: { 'filter[role]': 'tenant_admin' } })
    const person = await create()
    const userId = userIdOf<'User'>(idOf(person))
    await giveSignIn(ground.house.superuserUrl, { organizationId: ground.house.acme.id, userId })
    await ground.acme.assignUserRole({ params: { userId }, body: { role: 'tenant_admin' } })
    // Behind the doors: the house would refuse to revoke its own last keys.
    const keys = admins.items.map(({ id }) => id)
    await ground.peek('update bss.api_key set expires_at = now() where service_account_id = any(string_to_array($1, \',\')::uuid[])', [keys.join(',')])
    expect(await ground.call('PATCH', `/Users/${userId}`, patch({ op: 'replace', path: 'active', value: false }))).toMatchObject({ status: 200, body: { active: false } })
    await ground.peek("update bss.api_key set expires_at = now() + interval '30 days' where service_account_id = any(string_to_array($1, ',')::uuid[])", [keys.join(',')])
    const trail = await ground.acme.listAuditEntries({ query: { 'filter[entity]': 'organization' } })
    expect(trail.items.flatMap(({ changes }) => changes.map(({ action }) => action))).toContain('left_without_admin')
  })
})

describe('versions', () => {
  it('a weak ETag guards a change, answers 304, and stays when nothing changed', async () => {
    const person = await create({ title: 'A' })
    const path = `/Users/${idOf(person)}`
    expect((await ground.call('GET', path, { headers: { 'if-none-match': 'W/"1"' } })).status).toBe(304)
    expect(await ground.call('PATCH', path, { ...patch({ op: 'replace', path: 'title', value: 'B' }), headers: { 'if-match': 'W/"7"' } })).toMatchObject({ status: 412, body: { status: '412' } })
    expect((await ground.call('PATCH', path, patch({ op: 'replace', path: 'title', value: 'A' }))).header('etag')).toBe('W/"1"')
    const changed = await ground.call('PATCH', path, { ...patch({ op: 'replace', path: 'title', value: 'B' }), headers: { 'if-match': 'W/"1"' } })
    expect(changed).toMatchObject({ status: 200, body: { title: 'B', meta: { version: 'W/"2"' } } })
    expect((await ground.call('DELETE', path, { headers: { 'if-match': 'W/"1"' } })).status).toBe(412)
    expect((await ground.call('DELETE', path, { headers: { 'if-match': '*' } })).status).toBe(204)
  })
})

describe('lists', () => {
  const all = async (query: string): Promise<string[]> => found(await ground.call('GET', `/Users?${query}`)).map((each) => textIn(each, 'id'))
  it('are paged by index and by cursor, and both show everybody once', async () => {
    const tag = `paged-${Date.now()}`
    for (let n = 0; n < 7; n += 1) await create({ displayName: `${tag} ${n}` })
    const filter = `filter=${q(`displayName sw "${tag}"`)}`
    const whole = await all(filter)
    expect(whole).toHaveLength(7)
    expect([...(await all(`${filter}&count=3`)), ...(await all(`${filter}&count=3&startIndex=4`)), ...(await all(`${filter}&count=3&startIndex=7`))]).toEqual(whole)
    let page = await ground.call('GET', `/Users?${filter}&count=3&cursor`)
    const seen = found(page).map((each) => textIn(each, 'id'))
    while (typeof page.body['nextCursor'] === 'string') {
      page = await ground.call('GET', `/Users?${filter}&count=3&cursor=${page.body['nextCursor']}`)
      seen.push(...found(page).map((each) => textIn(each, 'id')))
    }
    expect(seen).toEqual(whole)
    expect((await ground.call('GET', `/Users?${filter}&count=0`)).body).toMatchObject({ totalResults: 7, itemsPerPage: 0, Resources: [] })
    expect(await all(`${filter}&sortBy=displayName&sortOrder=descending`)).toEqual(whole.toReversed())
    expect((await ground.call('GET', `/Users?count=3&cursor=${String((await ground.call('GET', `/Users?${filter}&count=3&cursor`)).body['nextCursor'])}`)).body).toMatchObject({ scimType: 'invalidCursor' })
    const searched = await ground.call('POST', '/Users/.search', { body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter: `displayName sw "${tag}"`, count: 2, attributes: ['userName', 'emails.value'] } })
    expect(searched.body).toMatchObject({ totalResults: 7, itemsPerPage: 2 })
    expect(found(searched).map(namesIn)).toEqual([['id', 'schemas', 'userName'], ['id', 'schemas', 'userName']])
  })
  it('show what is asked for and not what is excluded', async () => {
    const person = await create({ name: { givenName: 'A', familyName: 'B' }, emails: [{ value: 'a@acme.example', type: 'work' }], [ENTERPRISE]: { department: 'D', costCenter: 'C' } })
    const shown = async (query: string) => (await ground.call('GET', `/Users/${idOf(person)}?${query}`)).body
    expect(await shown('attributes=name.givenName')).toEqual({ schemas: [USER, ENTERPRISE], id: idOf(person), name: { givenName: 'A' } })
    expect(await shown(`attributes=${ENTERPRISE}:department,EMAILS.VALUE`)).toEqual({ schemas: [USER, ENTERPRISE], id: idOf(person), emails: [{ value: 'a@acme.example' }], [ENTERPRISE]: { department: 'D' } })
    const rest = await shown('excludedAttributes=emails,meta,id,name.familyName')
    expect(rest).toMatchObject({ id: idOf(person), name: { givenName: 'A' } })
    expect(Object.keys(rest)).not.toContain('emails')
    expect(JSON.stringify(rest)).not.toContain('familyName')
  })
  it('find what a reader of the resources would have found, for any filter', async () => {
    const tag = `prop${Date.now()}`
    const people: { userName: string; externalId: string; active: boolean; email: string | null }[] = []
    for (const [n, [active, email]] of ([[true, 'Anna@x.example'], [false, 'bob@y.example'], [true, null], [false, 'ANNA@y.example']] as const).entries()) {
      const it = { userName: `${tag}-${'AbCd'.charAt(n)}`, externalId: `${tag}-${n % 2 === 0 ? 'x' : 'X'}`, active, email }
      people.push(it)
      await create({ userName: it.userName, externalId: it.externalId, active, ...(email === null ? {} : { emails: [{ value: email, type: 'work' }] }) })
    }
    type Person = (typeof people)[number]
    const low = (text: string): string => text.toLowerCase()
    const text = fc.constantFrom('a', 'B', 'anna@x.example', 'y.example', `${tag}-a`, `${tag}-x`, `${tag}-X`, tag, '%', '_', "'", '\\')
    const leaf: fc.Arbitrary<readonly [string, (person: Person) => boolean]> = fc.oneof(
      fc.tuple(fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew'), fc.constantFrom('userName', 'externalId', 'emails.value'), text).map(([op, name, value]) => {
        const test = (has: string, wanted: string): boolean => (op === 'eq' || op === 'ne' ? has === wanted : op === 'co' ? has.includes(wanted) : op === 'sw' ? has.startsWith(wanted) : has.endsWith(wanted))
        const meets = (person: Person): boolean => (name === 'externalId' ? test(person.externalId, value) : name === 'userName' ? test(low(person.userName), low(value)) : person.email !== null && test(low(person.email), low(value)))
        return [`${name} ${op} ${JSON.stringify(value)}`, (person: Person) => meets(person) !== (op === 'ne')] as const
      }),
      fc.boolean().map((value) => [`active eq ${value}`, (person: Person) => person.active === value] as const),
      fc.constant(['emails pr', (person: Person) => person.email !== null] as const),
    )
    const tree = fc.letrec<{ node: readonly [string, (person: Person) => boolean] }>((tie) => ({
      node: fc.oneof({ maxDepth: 2 }, leaf,
        fc.tuple(tie('node'), fc.boolean(), tie('node')).map(([a, isAnd, b]) => [`(${a[0]}) ${isAnd ? 'and' : 'or'} (${b[0]})`, (person: Person) => (isAnd ? a[1](person) && b[1](person) : a[1](person) || b[1](person))] as const),
        tie('node').map((a) => [`not (${a[0]})`, (person: Person) => !a[1](person)] as const)),
    })).node
    await fc.assert(fc.asyncProperty(tree, async ([filter, meets]) => {
      const answer = await ground.call('GET', `/Users?filter=${q(`userName sw "${tag}" and (${filter})`)}&attributes=userName`)
      expect(found(answer).map((each) => textIn(each, 'userName'))).toEqual(people.filter(meets).map(({ userName }) => userName))
    }), { numRuns: 60 })
  }, 120_000)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, idOf as brand } from '../../../../kernel/ids.ts'
import { isWellFormedKey, newKey } from '../../../../platform/crypto/keys.ts'
import { freshName, GROUP, idOf, openGround, patch, q, textIn, USER, type Answer, type Asked, type Ground } from './ground.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 240_000)
afterAll(() => ground.close())

const said = ({ status, body }: Answer, id: string): unknown => JSON.parse(JSON.stringify({ status, body }).replaceAll(id, '<id>'))
const api = (token: string, path: string, method = 'GET'): Promise<number> => fetch(`${ground.house.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status)

describe('keys of a directory', () => {
  it('are shown once, listed without the secret, rotated with an overlap and revoked at once', async () => {
    expect(isWellFormedKey(ground.key.secret ?? '')).toBe(true)
    expect(ground.key).toMatchObject({ directory: 'SCIM Entra', connectionId: ground.connection.id, baseUrl: `${ground.house.url}/scim/v2`, status: 'live', prefix: ground.key.secret?.slice(0, 13) })
    const made = await ground.acme.createScimKey({ body: { name: 'Second', connectionId: ground.connection.id } })
    const next = await ground.acme.rotateScimKey({ params: { keyId: made.id }, body: { overlapMinutes: 5 } })
    for (const token of [made.secret, next.secret]) expect((await ground.as(token ?? '')('GET', '/Users?count=0')).status).toBe(200)
    expect(await ground.acme.revokeScimKey({ params: { keyId: made.id } })).toMatchObject({ status: 'revoked' })
    expect((await ground.as(made.secret ?? '')('GET', '/Users')).status).toBe(401)
    expect((await ground.as(next.secret ?? '')('GET', '/Users?count=0')).status).toBe(200)
    expect(JSON.stringify(await ground.acme.listScimKeys())).not.toContain(next.secret?.slice(13))
    await expect(ground.acme.revokeScimKey({ params: { keyId: made.id } })).rejects.toMatchObject({ status: 409 })
    await expect(ground.acme.rotateScimKey({ params: { keyId: made.id }, body: {} })).rejects.toMatchObject({ status: 409 })
  })
  it('open SCIM and nothing else; other keys do not open SCIM', async () => {
    const token = ground.call.token
    for (const path of ['/whoami', '/users', '/keys', '/identity/scim-keys', '/sessions', '/nothing']) expect({ path, status: await api(token, path) }).toEqual({ path, status: 403 })
    for (const role of ['tenant_admin', 'integration', 'auditor'] as const) {
      const answer = await ground.as(ground.house.acme.keys[role])('GET', '/Users')
      expect(answer).toMatchObject({ status: 403, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '403' } })
    }
    for (const wrong of ['', 'nonsense', newKey('scim'), newKey('live')]) {
      const answer = await ground.as(wrong)('GET', '/Users')
      expect(answer).toMatchObject({ status: 401, body: { status: '401' } })
      expect(answer.header('www-authenticate')).toBe('Bearer')
      expect(answer.header('content-type')).toMatch(/^application\/scim\+json/)
    }
    const post = (path: string, body: unknown): Promise<number> => fetch(`${ground.house.url}/api/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${ground.house.acme.keys.tenant_admin}`, 'content-type': 'application/json' }, body: JSON.stringify(body) }).then(({ status }) => status)
    expect(await post('/keys', { serviceAccountId: newId(), name: 'x', scopes: ['scim:write'] })).toBe(400)
    expect(await post('/custom-roles', { name: 'Sneaky', permissions: ['scim:write'], fieldClasses: ['ops'] })).toBe(400)
    expect((await ground.acme.listKeys()).items.map(({ kind }) => kind)).not.toContain('scim')
    await expect(ground.acme.getKey({ params: { keyId: ground.key.id } })).rejects.toMatchObject({ status: 404 })
  })
  it('are made only by whoever may appoint everybody, for a connection of the own organization', async () => {
    const role = await ground.acme.createCustomRole({ body: { name: 'Identity only', permissions: ['identity:read', 'identity:write'], fieldClasses: ['ops'] } })
    const account = await ground.acme.createServiceAccount({ body: { name: 'Narrow', roleId: role.id } })
    const narrow = await ground.acme.createKey({ body: { serviceAccountId: account.id, name: 'narrow' } })
    expect(await fetch(`${ground.house.url}/api/v1/identity/scim-keys`, { method: 'POST', headers: { authorization: `Bearer ${narrow.secret}`, 'content-type': 'application/json' }, body: '{"name":"x"}' }).then(({ status }) => status)).toBe(403)
    const refused = (connectionId: string) => ground.globex.createScimKey({ body: { name: 'x', connectionId: brand<'IdentityConnection'>(connectionId) } }).then(() => null, (error: { status: number; detail: string; errors: unknown }) => [error.status, error.detail, error.errors])
    expect(await refused(ground.connection.id)).toEqual(await refused(newId()))
    expect((await refused(newId()))?.[0]).toBe(422)
    const answers = await Promise.all([ground.key.id, newId<'ApiKey'>()].map((keyId) => ground.globex.getScimKey({ params: { keyId } }).then(() => null, (error: { status: number; detail: string }) => [error.status, error.detail])))
    expect(answers[0]).toEqual(answers[1])
  })
  it('switch off the making of accounts at the first sign-in, and tie people to the provider of their directory', async () => {
    const person = await ground.call('POST', '/Users', { body: { schemas: [USER], userName: freshName() } })
    expect(await ground.peek('select source, directory_connection_id::text from bss.user_account where id = $1', [idOf(person)])).toEqual([['scim', ground.connection.id]])
    expect(await ground.peek("select exists (select from bss.api_key k where k.organization_id = $1 and k.kind = 'scim' and k.revoked_at is null and k.expires_at > now())::text", [ground.house.acme.id])).toEqual([['true']])
  })
  it('cannot be mixed with others in the database either', async () => {
    const mixed = (set: string) => ground.peek(`update bss.api_key set ${set} where id = $1`, [ground.key.id]).then(() => 'done', (error: Error) => error.message)
    expect(await mixed("scopes = array['orders:read']")).toContain('api_key_scim')
    expect(await mixed("kind = 'live'")).toContain('api_key_scim')
  })
})

describe('what belongs to somebody else', () => {
  it('looks like what is missing, wherever an id fits', async () => {
    const foreignUser = idOf(await ground.foreign('POST', '/Users', { body: { schemas: [USER], userName: 'victim@globex.example' } }))
    const foreignGroup = idOf(await ground.foreign('POST', '/Groups', { body: { schemas: [GROUP], displayName: 'Globex', members: [{ value: foreignUser }] } }))
    const manual = (await ground.acme.createUser({ body: { userName: freshName(), displayName: 'Recovery administrator' } })).id
    const byHand = (await ground.acme.createGroup({ body: { name: `By hand ${newId()}` } })).id
    const own = idOf(await ground.call('POST', '/Groups', { body: { schemas: [GROUP], displayName: 'Own' } }))
    const everywhere = (id: string): readonly (readonly [string, string, Asked?])[] => [
      ['GET', `/Users/${id}`], ['PUT', `/Users/${id}`, { body: { userName: 'x' } }], ['PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: false })], ['DELETE', `/Users/${id}`],
      ['GET', `/Groups/${id}`], ['PUT', `/Groups/${id}`, { body: { displayName: 'x' } }], ['PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members' })], ['DELETE', `/Groups/${id}`],
      ['GET', `/Users?filter=${q(`id eq "${id}"`)}`], ['GET', `/Groups?filter=${q(`id eq "${id}"`)}`], ['GET', `/Groups?filter=${q(`members eq "${id}"`)}`],
      ['POST', '/Groups', { body: { displayName: 'x', members: [{ value: id }] } }], ['PUT', `/Groups/${own}`, { body: { displayName: 'x', members: [{ value: id }] } }],
      ['PATCH', `/Groups/${own}`, patch({ op: 'add', path: 'members', value: [{ value: id }] })], ['PATCH', `/Groups/${own}`, patch({ op: 'remove', path: `members[value eq "${id}"]` })],
    ]
    const answers = async (id: string): Promise<unknown[]> => {
      const all: unknown[] = []
      for (const [method, path, asked] of everywhere(id)) all.push(said(await ground.call(method, path, asked ?? {}), id))
      return all
    }
    const missing = await answers(newId())
    expect(missing.slice(0, 8).map((each) => textIn(each, 'status'))).toEqual(Array.from({ length: 8 }, () => '404'))
    for (const id of [foreignUser, foreignGroup, manual, byHand]) expect(await answers(id)).toEqual(missing)
    expect(await answers('not-an-id')).toEqual(missing)
    expect((await ground.foreign('GET', `/Users/${foreignUser}`)).body).toMatchObject({ active: true })
    expect((await ground.acme.getUser({ params: { userId: manual } })).status).toBe('active')
  })
  it('two organizations may have the same user name; one has it once, whatever the case', async () => {
    const userName = freshName()
    const body = { schemas: [USER], userName }
    expect((await ground.call('POST', '/Users', { body })).status).toBe(201)
    expect((await ground.foreign('POST', '/Users', { body })).status).toBe(201)
    expect(await ground.call('POST', '/Users', { body: { ...body, userName: userName.toUpperCase() } })).toMatchObject({ status: 409, body: { scimType: 'uniqueness', status: '409' } })
    const other = await ground.call('POST', '/Users', { body: { ...body, userName: freshName() } })
    expect(await ground.call('PATCH', `/Users/${idOf(other)}`, patch({ op: 'replace', path: 'title', value: 'x' }, { op: 'replace', path: 'userName', value: userName }))).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } })
    expect((await ground.call('GET', `/Users/${idOf(other)}`)).body).not.toHaveProperty('title')
  })
  it('does not come in by fields that are not the directory’s', async () => {
    const made = await ground.call('POST', '/Users', { body: { schemas: [USER], userName: freshName(), id: newId(), organizationId: ground.house.globex.id, organization_id: ground.house.globex.id, source: 'manual', role: 'tenant_admin', roles: [{ value: 'tenant_admin' }], groups: [{ value: newId() }], meta: { version: 'W/"99"' } } })
    expect(made).toMatchObject({ status: 201, body: { meta: { version: 'W/"1"' }, roles: [{ value: 'tenant_admin' }] } })
    expect(await ground.acme.getUser({ params: { userId: brand<'User'>(idOf(made)) } })).toMatchObject({ source: 'scim', roles: [] })
  })
})

describe('what is not valid', () => {
  it.each<[string, number, string | undefined, string, string, Asked]>([
    ['no JSON', 400, 'invalidSyntax', 'POST', '/Users', { raw: '{"userName":' }],
    ['nothing', 400, 'invalidSyntax', 'POST', '/Users', {}],
    ['a list', 400, 'invalidSyntax', 'POST', '/Users', { body: [] }],
    ['a field twice', 400, 'invalidSyntax', 'POST', '/Users', { raw: '{"userName":"a","userName":"b"}' }],
    ['a field twice in another case', 400, 'invalidSyntax', 'POST', '/Users', { raw: '{"userName":"a","username":"b"}' }],
    ['too deep', 400, 'invalidSyntax', 'POST', '/Users', { raw: `${'['.repeat(50)}${']'.repeat(50)}` }],
    ['the prototype', 400, 'invalidSyntax', 'POST', '/Users', { raw: '{"userName":"a","__proto__":{"x":1}}' }],
    ['no user name', 400, 'invalidValue', 'POST', '/Users', { body: { schemas: [USER] } }],
    ['a blank user name', 400, 'invalidValue', 'POST', '/Users', { body: { userName: '   ' } }],
    ['a user name that is too long', 400, 'invalidValue', 'POST', '/Users', { body: { userName: 'x'.repeat(256) } }],
    ['a NUL character', 400, 'invalidSyntax', 'POST', '/Users', { raw: '{"userName":"a\\u0000b"}' }],
    ['the wrong schema', 400, 'invalidSyntax', 'POST', '/Users', { body: { schemas: [GROUP], userName: 'x' } }],
    ['another content type', 415, undefined, 'POST', '/Users', { raw: '<user/>', headers: { 'content-type': 'text/xml' } }],
    ['too many bytes', 413, undefined, 'POST', '/Users', { raw: JSON.stringify({ userName: 'x'.repeat(1_100_000) }) }],
    ['a deep filter', 400, 'invalidFilter', 'GET', `/Users?filter=${q(`${'('.repeat(300)}userName pr${')'.repeat(300)}`)}`, {}],
    ['a filter with an injection', 400, 'invalidFilter', 'GET', `/Users?filter=${q('userName eq "a"); drop table bss.user_account; --')}`, {}],
    ['a filter by what is not kept apart', 400, 'invalidFilter', 'GET', `/Users?filter=${q('title eq "x"')}`, {}],
    ['a number that is none', 400, 'invalidValue', 'GET', '/Users?count=ten', {}],
    ['a forged cursor', 400, 'invalidCursor', 'GET', '/Users?cursor=AAAA', {}],
    ['an unknown order', 400, 'invalidValue', 'GET', '/Users?sortBy=password', {}],
    ['bulk', 501, undefined, 'POST', '/Bulk', { body: {} }],
    ['an unknown address', 404, undefined, 'GET', '/Nothing', {}],
    ['an unknown method', 405, undefined, 'DELETE', '/Users', {}],
    ['an empty PATCH', 400, 'invalidSyntax', 'PATCH', '/Users/x', { body: { Operations: [] } }],
    ['too many operations', 400, 'tooMany', 'PATCH', '/Users/x', { body: { Operations: Array.from({ length: 1_001 }, () => ({ op: 'add', path: 'title', value: 'x' })) } }],
  ])('is refused with one clear SCIM error: %s', async (_what, status, scimType, method, path, asked) => {
    const answer = await ground.call(method, path, asked)
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status) } })
    expect(answer.body['scimType']).toBe(scimType)
    expect(String(answer.body['detail']).length).toBeGreaterThan(5)
  })
  it('leaves nothing half done: of several operations none', async () => {
    const made = await ground.call('POST', '/Users', { body: { schemas: [USER], userName: freshName() } })
    const refused = await ground.call('PATCH', `/Users/${idOf(made)}`, patch({ op: 'replace', path: 'title', value: 'Half' }, { op: 'replace', path: 'active', value: false }, { op: 'replace', path: 'emails', value: [{ value: 'x' }] }))
    expect(refused).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } })
    expect((await ground.call('GET', `/Users/${idOf(made)}`)).body).toEqual(made.body)
  })
})

describe('discovery', () => {
  it('says what is there, and what is not', async () => {
    expect((await ground.call('GET', '/ServiceProviderConfig')).body).toMatchObject({ patch: { supported: true }, bulk: { supported: false }, filter: { supported: true, maxResults: 200 }, etag: { supported: true }, pagination: { cursor: true, index: true } })
    expect((await ground.call('GET', '/ResourceTypes')).body).toMatchObject({ totalResults: 2, Resources: [{ id: 'User', endpoint: '/Users' }, { id: 'Group' }] })
    expect((await ground.call('GET', `/Schemas/${USER}`)).body).toMatchObject({ id: USER, name: 'User' })
    expect((await ground.call('GET', '/Schemas')).body).toMatchObject({ totalResults: 3 })
    expect((await ground.call('GET', '/Schemas/urn:none')).status).toBe(404)
    expect((await ground.call('GET', '/Schemas?filter=x')).status).toBe(403)
  })
  it('many requests of one key wait their turn: 429 as SCIM says it', async () => {
    await ground.peek('update bss.api_key set requests_per_second = 1, burst = 1 where id = $1', [ground.key.id])
    const answers = await Promise.all(Array.from({ length: 5 }, () => ground.call('GET', '/ServiceProviderConfig')))
    const late = answers.find(({ status }) => status === 429)
    expect(late?.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '429' })
    expect(Number(late?.header('retry-after'))).toBeGreaterThan(0)
  })
})

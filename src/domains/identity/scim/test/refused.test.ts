// A refused request of the directory leaves one line in the organization's own log, and nothing else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newKey } from '../../../../platform/crypto/keys.ts'
import { REFUSALS_AN_HOUR } from '../note.ts'
import { freshName, GROUP, idOf, openGround, patch, q, USER, type Asked, type Ground } from './ground.ts'

let ground: Ground
let person: string
beforeAll(async () => {
  ground = await openGround()
  person = idOf(await ground.call('POST', '/Users', { body: { schemas: [USER], userName: 'taken@acme.example' } }))
}, 240_000)
afterAll(() => ground.close())

const lines = async (requestId: string | null) => (await ground.acme.listSignInAttempts({ query: { 'filter[purpose]': 'scim', limit: 200 } })).items.filter((line) => line.requestId === requestId)
const count = (where = 'true') => ground.peek(`select count(*) from bss.sign_in_attempt where purpose = 'scim' and ${where}`).then(([row]) => Number(row?.[0]))
/** Everything that a directory can change, and everything that changes beside it. */
const state = () => ground.peek(`select (select md5(coalesce(string_agg(to_jsonb(u)::text, '' order by u.id), '')) from bss.user_account u), (select md5(coalesce(string_agg(to_jsonb(g)::text, '' order by g.id), '')) from bss.user_group g),
  (select count(*) from bss.group_member), (select count(*) from bss.audit_entry), (select count(*) from bss.outbox_event), (select count(*) from bss.user_email), (select count(*) from bss.session)`)

describe('a request of the directory that is refused', () => {
  it.each<[string, string, string, string, (id: string) => Asked]>([
    ['no JSON', 'invalidSyntax', 'POST', '/Users', () => ({ raw: '{"userName":' })],
    ['a field twice', 'invalidSyntax', 'POST', '/Users', () => ({ raw: '{"userName":"a","userName":"b"}' })],
    ['a NUL character', 'invalidSyntax', 'POST', '/Users', () => ({ raw: '{"userName":"a\\u0000b"}' })],
    ['a NUL character in a name', 'invalidSyntax', 'POST', '/Users', () => ({ raw: '{"a\\u0000b":"x"}' })],
    ['another content type', 'unsupported_media_type', 'POST', '/Users', () => ({ raw: '<user/>', headers: { 'content-type': 'text/xml' } })],
    ['too many bytes', 'too_large', 'POST', '/Users', () => ({ raw: JSON.stringify({ userName: 'x'.repeat(1_100_000) }) })],
    ['a field that is too long', 'invalidValue', 'POST', '/Users', () => ({ body: { userName: 'x'.repeat(256) } })],
    ['an attribute nobody knows', 'invalidPath', 'PATCH', '/Users/{id}', () => patch({ op: 'replace', path: 'shoeSize', value: '44' })],
    ['a filter that cannot be', 'invalidFilter', 'GET', `/Users?filter=${q('secret word')}`, () => ({})],
    ['a name that is taken', 'uniqueness', 'POST', '/Users', () => ({ body: { schemas: [USER], userName: 'Taken@acme.example' } })],
    ['somebody unknown in a group', 'invalidValue', 'POST', '/Groups', () => ({ body: { schemas: [GROUP], displayName: freshName(), members: [{ value: 'nobody' }] } })],
    ['half of the operations', 'invalidValue', 'PATCH', '/Users/{id}', () => patch({ op: 'replace', path: 'active', value: false }, { op: 'replace', path: 'emails', value: [{ value: 'x' }] })],
    ['an old version', 'stale', 'DELETE', '/Users/{id}', () => ({ headers: { 'if-match': 'W/"999"' } })],
    ['somebody missing', 'not_found', 'GET', '/Users/%00%F0%9F%98%80', () => ({})],
    ['an unknown address', 'not_found', 'GET', '/Nothing', () => ({})],
    ['an unknown method', 'method_not_allowed', 'DELETE', '/Users', () => ({})],
    ['bulk', 'not_supported', 'POST', '/Bulk', () => ({ body: {} })],
  ])('leaves one line with its exact code, and changes nothing: %s', async (_what, outcome, method, template, asked) => {
    const path = template.replace('{id}', person)
    const before = await state()
    const answer = await ground.call(method, path, asked(person))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    const found = await lines(answer.header('request-id'))
    expect(found).toMatchObject([{ purpose: 'scim', outcome, connectionId: ground.connection.id, userId: null, address: '127.0.0.1', detail: String(answer.body['detail']) }])
    expect(found[0]?.subject?.startsWith(`${method} ${path.split(/[?%]/)[0]}`)).toBe(true)
    // What was asked for in a filter is about people, and is not kept.
    expect(found[0]?.subject).not.toContain('filter')
    expect(await state()).toEqual(before)
  })

  it('leaves none when it worked, when it came too early, or without a good key of a directory', async () => {
    const before = await count()
    expect((await ground.call('GET', `/Users/${person}`)).status).toBe(200)
    expect((await ground.call('GET', '/Users?count=0')).status).toBe(200)
    for (const token of ['', 'nonsense', newKey('scim'), ground.house.acme.keys.tenant_admin]) expect([401, 403]).toContain((await ground.as(token)('POST', '/Users', { raw: '{' })).status)
    expect(await count()).toBe(before)
  })
  it('is in the log of its own organization only', async () => {
    const answer = await ground.foreign('POST', '/Users', { raw: '{' })
    expect(await lines(answer.header('request-id'))).toEqual([])
    expect((await ground.globex.listSignInAttempts({ query: { 'filter[purpose]': 'scim' } })).items).toMatchObject([{ outcome: 'invalidSyntax', connectionId: null, requestId: answer.header('request-id') }])
  })
  it('is written so many times an hour and no more; the last line says so', async () => {
    const own = `organization_id = '${ground.house.acme.id}'`
    const plant = (lines: number, at: string) => ground.peek(`insert into bss.sign_in_attempt (organization_id, id, at, purpose, outcome, request_id) select $1, gen_random_uuid(), ${at}, 'scim', 'invalidSyntax', 'planted' from generate_series(1, ${lines})`, [ground.house.acme.id])
    const ask = async () => (await ground.call('POST', '/Users', { raw: '{' })).header('request-id') ?? ''
    // Those of an hour ago take no room of this hour's.
    await plant(REFUSALS_AN_HOUR, "now() - interval '61 minutes'")
    expect(await ground.peek('select outcome from bss.sign_in_attempt where request_id = $1', [await ask()])).toEqual([['invalidSyntax']])
    await plant(2 * REFUSALS_AN_HOUR - 1 - (await count(own)), 'now()')
    expect(await ground.peek('select detail like $2 from bss.sign_in_attempt where request_id = $1', [await ask(), 'The last line of this hour%'])).toEqual([['t']])
    expect(await ground.peek('select from bss.sign_in_attempt where request_id = $1', [await ask()])).toEqual([])
    expect(await count(own)).toBe(2 * REFUSALS_AN_HOUR)
  })
})

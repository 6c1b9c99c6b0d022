// What stands in the address and in the headers: path ids, parameters, cursors, ETags, keys. Generated from the contracts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isList, isRecord } from '../../src/kernel/json.ts'
import { cursorOf } from '../../src/kernel/page.ts'
import { changed, digestOf } from './digest.ts'
import { inTurns, OPERATIONS, openStage, type Ready, send, type Stage } from './stage.ts'

let stage: Stage
let before: ReadonlyMap<string, string>
beforeAll(async () => {
  stage = await openStage()
  before = await digestOf(stage.house.superuserUrl)
}, 120_000)
afterAll(() => stage.house.close())

const bodyOf = (to: Ready): string | null => (to.body === undefined ? null : JSON.stringify(to.body))
const SOME_ID = '0190a0b0-0000-7000-8000-000000000001'
const IDS = ['nope', '0190A0B0-0000-7000-8000-000000000001', '0190a0b000007000800000000000001', '0190a0b0-0000-7000-8000-000000000001%20', "'%20or%201=1%20--", '%00', '..%2f..%2fkeys', 'null', '1', '%F0%9F%9A%A2', '*', '%27', '0190a0b0-0000-7000-8000-000000000001%0a', '{id}']
const BROKEN_PATHS = ['%', '%zz', '%E0%A4%A', '%ff', 'x'.repeat(600)]

const named = (wanted: (operation: (typeof OPERATIONS)[number]['operation']) => boolean): string[] => OPERATIONS.filter(({ operation }) => wanted(operation)).map(({ name }) => name)

describe('a path id that is none', () => {
  it.each(named(({ path }) => /\{[A-Za-z]+Id\}/.test(path)))('%s', async (name) => {
    const to = await stage.ready(name)
    const params = [...to.operation.path.matchAll(/\{([A-Za-z]+Id)\}/g)].map((match) => match[1] ?? '')
    const segments = to.operation.path.split('/')
    const known = to.path.split('/')
    for (const param of params) {
      const at = segments.indexOf(`{${param}}`)
      const withId = (id: string): string => known.map((segment, index) => (index === at ? id : segment)).join('/')
      for (const id of IDS) {
        const answer = await send(stage.house, to, bodyOf(to), {}, withId(id))
        expect([id, answer.status, answer.code, answer.errors[0]?.pointer]).toEqual([id, 400, 'bad_request', `/path/${param}`])
      }
      for (const id of BROKEN_PATHS) {
        const answer = await send(stage.house, to, bodyOf(to), {}, withId(id))
        expect([id, answer.status, answer.code]).toEqual([id, 400, 'bad_request'])
      }
    }
  })
})

const STRANGE_PARAMETERS = ['organizationId=0190a0b0-0000-7000-8000-000000000001', 'organization_id=x', 'offset=1', '__proto__=1', 'constructor=1', '=1', 'limit[]=1', 'filter=1', 'filter[nope]=1', 'filter[status', '%5B%5D=1', `${'x'.repeat(5_000)}=1`]
const CURSOR_WORDS = ['x', '', null, '9999-99-99', '2026-02-30', 'infinity', 'NaN', '0000-01-01', "'", '99999999999999999999999999', SOME_ID, '2026-01-01 99:99:99.999999+00', '5000000000000000000000'] as const
const NONE_OF_OURS = ['x', '%', 'bm9wZQ', 'W10', 'bnVsbA', 'eyJhIjoxfQ', '-', '====', '%F0%9F%9A%A2', 'WzFd', 'x'.repeat(500), 'x'.repeat(501), '']

describe('parameters nobody declared, and values that do not fit', () => {
  it.each(named(() => true))('%s', async (name) => {
    const to = await stage.ready(name)
    const complaints: string[] = []
    const known: Readonly<Record<string, unknown>> = isRecord(to.operation.query?.properties) ? to.operation.query.properties : {}
    const ask = async (search: string, wanted: readonly number[]): Promise<void> => {
      const answer = await send(stage.house, to, bodyOf(to), {}, `${to.path}?${search}`)
      const isGood = wanted.includes(answer.status) && (answer.status !== 400 || answer.errors.every(({ pointer }) => pointer.startsWith('/query')))
      if (!isGood) complaints.push(`?${search.slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 200)}`)
    }
    const wrong = [...STRANGE_PARAMETERS, '%ff=1', 'a=%', 'a=%c3%28', ...Object.keys(known).map((parameter) => `${parameter}=%00`)]
    if ('limit' in known) wrong.push(...['0', '-1', '201', '1.5', '1e1', 'x', '', '99999999999999999999', '0x10', '%201', '1&limit=1'].map((value) => `limit=${value}`))
    if ('sort' in known) wrong.push(...['nope', '', '-', '--code', 'code,name', "code'", 'organization_id'].map((value) => `sort=${value}`))
    await inTurns(wrong, 4, (search) => ask(search, [400]))
    // Values of a filter may fit; then they find nothing, and fail never.
    const values = ['x', '%27', '%F0%9F%9A%A2', '0000-01-01', '9999-12-31', '2026-02-30', '0000-01-01T00:00:00Z', '2026-03-01T00:00:00-23:59', '9999-12-31T23:59:59Z', 'infinity', '99999999999999999999', '00000000-0000-0000-0000-000000000000', 'x'.repeat(3_000), '%25', '%5C', 'a'.repeat(200)]
    const searches = Object.keys(known).filter((parameter) => to.operation.method === 'GET' && parameter !== 'after').flatMap((parameter) => values.map((value) => `${encodeURIComponent(parameter)}=${value}`))
    if ('after' in known) {
      const sorts = isRecord(known['sort']) && isList(known['sort']['enum']) ? known['sort']['enum'].map((sort) => `sort=${String(sort)}&`) : ['']
      const cursors = [1, 2, 3].flatMap((count) => CURSOR_WORDS.map((each) => cursorOf(Array.from({ length: count }, (_, index) => (index === 0 ? each : SOME_ID)))))
      searches.push(...sorts.flatMap((sort) => [...NONE_OF_OURS, ...cursors].map((cursor) => `${sort}after=${cursor}`)))
    }
    await inTurns(searches, 4, (search) => ask(search, [200, 400, 404]))
    expect(complaints).toEqual([])
  }, 60_000)
})

describe('If-Match', () => {
  it.each(named(({ ifMatch }) => ifMatch === true))('%s: missing 428, stale 412, no ETag 400', async (name) => {
    const to = { ...(await stage.ready(name)), headers: {} }
    const seen: (readonly [string | null, number, string])[] = []
    for (const tag of [null, '"999999"', '"0"', '7', 'W/"1"', '*', '"1", "2"', '"-1"', '"1e3"', '"99999999999999999999"', '""']) {
      const { status, code } = await send(stage.house, to, bodyOf(to), tag === null ? {} : { 'if-match': tag })
      seen.push([tag, status, code])
    }
    // Of a kind of which none was planted there is nothing that could be stale.
    const stale = to.path.includes('00000000dead') ? [404, 'not_found'] : [412, 'stale']
    expect(seen).toEqual([[null, 428, 'precondition_required'], ['"999999"', ...stale], ['"0"', ...stale], ...seen.slice(3).map(([tag]) => [tag, 400, 'bad_request'])])
  })
})

describe('Idempotency-Key', () => {
  it.each(named(({ method, lines, needs }) => method !== 'GET' && lines !== true && needs !== 'public'))('%s: what is no key is a 400', async (name) => {
    const to = await stage.ready(name)
    for (const key of ['', 'a b', 'ä', 'x'.repeat(256), 'a\tb']) {
      const answer = await send(stage.house, to, bodyOf(to), { 'idempotency-key': key })
      expect([key, answer.status, answer.errors[0]?.pointer]).toEqual([key, 400, '/header/Idempotency-Key'])
    }
  })
})

describe('after all of that', () => {
  it('every table is as it was', async () => expect(changed(before, await digestOf(stage.house.superuserUrl))).toEqual([]))
})

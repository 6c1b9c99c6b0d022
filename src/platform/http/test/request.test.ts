import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOTE, openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld({ failures: { perSecond: 1_000, burst: 10_000 } })
})
afterAll(() => world.stop())

interface Body {
  readonly code: string
  readonly detail: string
  readonly requestId: string
  readonly errors?: readonly { pointer: string; code: string; message: string }[]
  readonly seen?: unknown
  readonly query?: unknown
}
const bodyOf = async (response: Response): Promise<Body> => (await response.json()) as Body
const write = (value: unknown, headers?: Record<string, string>): Promise<Response> => world.send('POST', '/api/v1/notes', typeof value === 'string' ? value : JSON.stringify(value), headers)

describe('who may come in', () => {
  it('without a valid key every address and method looks the same: 401', async () => {
    const keys = ['', 'Bearer', 'Bearer x', `Basic ${world.key}`, `Bearer ${world.key}x`, `Bearer ${world.key.slice(0, -1)}`]
    for (const authorization of keys) {
      for (const path of ['/', '/nope', '/api/v1/notes', '/api/v1/%E0%A4%A', `/api/v1/notes/${'x'.repeat(600)}`, '/api/v1/ping', `/api/v1/ping?token=${world.key}`]) {
        for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
          const response = await fetch(world.url + path, { method, headers: authorization === '' ? {} : { authorization } })
          expect([path, method, response.status]).toEqual([path, method, 401])
          expect(response.headers.get('www-authenticate')).toBe('Bearer')
          await response.body?.cancel()
        }
      }
    }
  })

  it('with one an unknown address is 404 and a wrong method 405 with Allow', async () => {
    expect((await world.get('/nope')).status).toBe(404)
    const wrong = await world.send('PUT', '/api/v1/notes', '{}')
    expect([wrong.status, wrong.headers.get('allow'), (await bodyOf(wrong)).code]).toEqual([405, 'GET, HEAD, POST', 'method_not_allowed'])
    expect((await world.get('/api/v1/%E0%A4%A')).status).toBe(400)
  })

  it('a public operation, health, readiness, the description and the reference need no key', async () => {
    for (const path of ['/api/v1/hello', '/healthz', '/readyz', '/openapi.json', '/docs', '/docs/docs.css']) expect([path, (await world.get(path, {})).status]).toEqual([path, 200])
  })

  it('a role without the permission is refused before its body is read', async () => {
    const key = world.addKey({ permissions: new Set(['orders:read']), role: 'auditor' })
    const response = await write('{ not json', { authorization: `Bearer ${key}` })
    expect([response.status, (await bodyOf(response)).code]).toEqual([403, 'forbidden'])
  })
})

describe('what a body may be', () => {
  it('every fault is named with its pointer and in words', async () => {
    const response = await write({ text: '', lines: [{ sku: 'a', quantity: 'x' }], target: { kind: 'zone', zone: 'q' }, memo: 3, 'a/b': 1 })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect((await bodyOf(response)).errors).toEqual([
      { pointer: '/text', code: 'length', message: 'Must not be empty.' },
      { pointer: '/lines/0/quantity', code: 'pattern', message: 'Expected: Whole number as text.' },
      { pointer: '/target/zone', code: 'type', message: 'Must be a whole number.' },
      { pointer: '/memo', code: 'type', message: 'Must be text.' },
      { pointer: '/a~1b', code: 'unknown', message: 'There is no such field.' },
    ])
  })

  it('an alternative that does not exist is one fault, not many', async () => {
    expect((await bodyOf(await write({ text: 'a', target: { kind: 'moon' } }))).errors).toEqual([{ pointer: '/target/kind', code: 'enum', message: 'Must be one of site, zone.' }])
  })

  it('at most 20 faults are listed, and a large wrong body is cheap', async () => {
    const started = performance.now()
    const response = await write({ text: 'a', lines: Array.from({ length: 30_000 }, () => ({ sku: 1, quantity: 'x' })) })
    expect((await bodyOf(response)).errors).toHaveLength(20)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('only application/json in UTF-8 is read', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/json; charset=latin1', 'multipart/form-data', 'nonsense', 'application/x-ndjson']) {
      const response = await write({ text: 'a' }, { 'content-type': type })
      expect([type, response.status]).toEqual([type, 415])
    }
    expect((await write({ text: 'a' }, { 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await write({ text: 'a' }, { 'content-type': 'application/json; charset=UTF-8' })).status).toBe(201)
  })

  it('broken UTF-8, broken JSON, nothing at all: 400 with the reason', async () => {
    const broken = await world.send('POST', '/api/v1/notes', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))
    expect((await bodyOf(broken)).errors?.[0]?.code).toBe('utf8')
    for (const [text, code] of [['{', 'json'], ['{"text":"a",}', 'json'], ['', 'required'], ['[]', 'type'], ['null', 'type']] as const) expect([text, (await bodyOf(await write(text))).errors?.[0]?.code]).toEqual([text, code])
  })

  it('the same field twice and __proto__ are refused, at any depth', async () => {
    expect((await bodyOf(await write('{"text":"a","text":"b"}'))).errors?.[0]?.code).toBe('duplicate')
    expect((await bodyOf(await write('{"text":"a","free":{"x":[{"y":1,"y":2}]}}'))).errors?.[0]?.code).toBe('duplicate')
    expect((await write('{"text":"a","free":{"x":{"__proto__":{"isAdmin":true}}}}')).status).toBe(400)
    expect((await bodyOf(await write(String.raw`{"text":"a\u0000b"}`))).errors).toEqual([{ pointer: '/text', code: 'text', message: 'Text must be valid Unicode without the NUL character.' }])
    expect((await write(String.raw`{"text":"\ud800"}`)).status).toBe(400)
    expect((await write(String.raw`{"text":"a:\"{b","free":{"c:d":"{\\\":"}}`)).status).toBe(201)
  })

  it('a body 50,000 levels deep is a cheap 400; 32 levels are fine', async () => {
    const nested = (depth: number): string => `{"text":"a","free":${'['.repeat(depth)}${']'.repeat(depth)}}`
    await write(nested(2))
    const started = performance.now()
    const response = await write(nested(50_000))
    expect(performance.now() - started).toBeLessThan(100)
    expect([response.status, (await bodyOf(response)).errors?.[0]?.code]).toEqual([400, 'depth'])
    expect((await write(nested(31))).status).toBe(201)
    expect((await write(nested(32))).status).toBe(400)
  })

  it('a body over the limit is 413, announced or not', async () => {
    expect((await write(JSON.stringify({ text: 'a', free: 'x'.repeat(1_100_000) }))).status).toBe(413)
    const answer = await raw(`POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'x'.repeat(0x10000)}\r\n`.repeat(20)}`)
    expect(answer).toContain('HTTP/1.1 413')
  })

  it('an operation without a body takes none, or an empty object', async () => {
    for (const [text, status] of [[null, 204], ['{}', 204], ['{"a":1}', 400]] as const) expect((await world.send('POST', '/api/v1/keys', text)).status).toBe(status)
  })
})

describe('query and path', () => {
  const list = async (query: string): Promise<[number, Body]> => {
    const response = await world.get(`/api/v1/notes${query}`)
    return [response.status, await bodyOf(response)]
  }
  it('text becomes what the schema says, with its default', async () => {
    expect(await list('')).toEqual([200, { query: { limit: 50 } }])
    expect(await list('?limit=7&isOpen=true&filter[status]=a&filter%5Bstatus%5D=b%20c&sort=name')).toEqual([200, { query: { limit: 7, isOpen: true, 'filter[status]': ['a', 'b c'], sort: 'name' } }])
    expect(await list('?filter[status]=1')).toEqual([200, { query: { limit: 50, 'filter[status]': ['1'] } }])
  })
  it('what does not fit is refused at /query/…', async () => {
    for (const [query, pointer, code] of [
      ['?limit=x', '/query/limit', 'type'], ['?limit=0', '/query/limit', 'minimum'], ['?limit=1.5', '/query/limit', 'type'], ['?limit=1e2', '/query/limit', 'type'], ['?limit=', '/query/limit', 'type'],
      ['?isOpen=yes', '/query/isOpen', 'type'], ['?sort=up', '/query/sort', 'enum'], ['?offset=1', '/query/offset', 'unknown'], ['?limit=1&limit=2', '/query/limit', 'duplicate'], ['?sort=%ff', '/query', 'encoding'], ['?__proto__=1', '/query/__proto__', 'unknown'], ['?sort=%00', '/query/sort', 'text'],
    ]) {
      const [status, body] = await list(query ?? '')
      expect([query, status, body.errors?.[0]?.pointer, body.errors?.[0]?.code]).toEqual([query, 400, pointer, code])
    }
  })
  it('a path parameter is checked too, and operations without a query take none', async () => {
    expect((await bodyOf(await world.get('/api/v1/notes/nope'))).errors).toEqual([{ pointer: '/path/noteId', code: 'format', message: 'Expected: an id (lower-case UUID).' }])
    expect((await world.get('/api/v1/ping?a=1')).status).toBe(400)
  })
})

describe('headers', () => {
  it('every answer has a request id, the caller own when it is sane', async () => {
    for (const path of ['/api/v1/ping', '/nope', '/healthz', '/docs']) expect((await world.get(path)).headers.get('request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const auth = { authorization: `Bearer ${world.key}` }
    expect((await world.get('/api/v1/ping', { ...auth, 'request-id': 'mine-0001' })).headers.get('request-id')).toBe('mine-0001')
    expect((await world.get('/api/v1/ping', { ...auth, 'request-id': 'a b' })).headers.get('request-id')).not.toBe('a b')
  })
  it('answers of the API are not kept, not sniffed and not framed', async () => {
    const { headers } = await world.get('/api/v1/ping')
    expect([headers.get('cache-control'), headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual(['no-store', 'nosniff', 'DENY'])
  })
  it('a row version is the ETag, and If-Match is required where the contract says so', async () => {
    const read = await world.get(`/api/v1/notes/${NOTE}`)
    expect([read.headers.get('etag'), read.headers.get('consistency-token')]).toEqual(['"7"', '0/16B3748'])
    const change = (headers: Record<string, string>): Promise<Response> => world.send('PATCH', `/api/v1/notes/${NOTE}`, '{"text":"a"}', headers)
    expect((await change({})).status).toBe(428)
    for (const tag of ['7', 'W/"7"', '*', '"7", "8"', '"x"', '""', '"-1"']) expect([tag, (await change({ 'if-match': tag })).status]).toEqual([tag, 400])
    expect((await change({ 'if-match': '"7"' })).headers.get('etag')).toBe('"8"')
  })
  it('an Idempotency-Key comes with a digest of method, address, caller and body', async () => {
    const pay = async (path: string, key: string | null, other?: string): Promise<Record<string, string>> => {
      const response = await world.send('POST', path, null, { ...(key === null ? {} : { 'idempotency-key': key }), ...(other === undefined ? {} : { authorization: `Bearer ${other}` }) })
      return { ...((await response.json()) as Record<string, string>), status: String(response.status) }
    }
    const path = `/api/v1/notes/${NOTE}/pay`
    const first = await pay(path, 'k-1')
    expect([first['status'], first['key'], first['fingerprint']?.length]).toEqual(['200', 'k-1', 64])
    expect((await pay(path, 'k-2'))['fingerprint']).toBe(first['fingerprint'])
    expect((await pay(path.replace('0001/', '0002/'), 'k-1'))['fingerprint']).not.toBe(first['fingerprint'])
    expect((await pay(path, 'k-1', world.addKey()))['fingerprint']).not.toBe(first['fingerprint'])
    for (const key of [null, 'a b', 'x'.repeat(256)]) expect((await pay(path, key))['status']).toBe('400')
    const seen = async (text: string): Promise<unknown> => ((await (await write({ text }, { 'idempotency-key': 'k' })).json()) as { facts: { idempotency: { fingerprint: string } } }).facts.idempotency.fingerprint
    expect(await seen('a')).not.toBe(await seen('b'))
    expect((await write({ text: 'again' })).headers.get('idempotency-replayed')).toBe('true')
  })
  it('a consistency token reaches the context, a false one is refused', async () => {
    const read = (token: string): Promise<Response> => world.get(`/api/v1/notes/${NOTE}`, { authorization: `Bearer ${world.key}`, 'consistency-token': token })
    expect(await (await read('16/b374d848')).json()).toMatchObject({ text: '16/B374D848' })
    for (const token of ['x', '1', "0/1'", '0/123456789']) expect((await read(token)).status).toBe(400)
  })
  it('HEAD is GET without the body', async () => {
    const response = await world.send('HEAD', '/api/v1/ping', null)
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('failures', () => {
  it('a refusal tells its code and keeps its cause', async () => {
    const response = await write({ text: 'taken' })
    const text = await response.text()
    expect([response.status, text.includes('conflict'), text.includes('secret')]).toEqual([409, true, false])
  })
  it('a bug and an undeclared answer are `internal`: logged with causes, shown with nothing', async () => {
    for (const path of ['/api/v1/crash', '/api/v1/leak']) {
      const response = await world.get(path)
      const text = await response.text()
      expect([response.status, /secret|cost|9\.99|Error/.test(text)]).toEqual([500, false])
      expect(text).toContain(response.headers.get('request-id'))
    }
    const logged = world.logs.join('')
    expect([logged.includes('outer secret'), logged.includes('inner secret'), logged.includes('/cost')]).toEqual([true, true, true])
  })
  it('the log names the request and never holds a key', () => {
    const logged = world.logs.join('')
    expect(logged).not.toContain(world.key)
    expect(JSON.parse(world.logs.find((line) => line.includes('notes.ping')) ?? '{}')).toMatchObject({ operation: 'notes.ping', msg: 'request' })
  })
})

/** Sends bytes as they are and gives everything that comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(world.port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', () => {})
  })
}

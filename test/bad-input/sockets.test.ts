// What no HTTP client would send, written to the socket byte by byte: slow, cut, too long, two meanings at once.
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ordersApi } from '../../src/domains/orders/contract.ts'
import { openHouse, type House } from '../setup/house.ts'
import { changed, digestOf } from './digest.ts'

let house: House
let port: number
beforeAll(async () => {
  house = await openHouse({ http: { headersTimeoutMs: 700, requestTimeoutMs: 1_500, streamTimeoutMs: 6_000, keepAliveTimeoutMs: 2_000, overloadLagMs: 60_000 } })
  port = Number(new URL(house.url).port)
}, 120_000)
afterAll(() => house.close())

const HEAD = (): string => `Host: x\r\nAuthorization: Bearer ${house.acme.keys.tenant_admin}\r\n`
const customer = (code: string): string => JSON.stringify({ code, name: 'Smuggled' })
const post = (body: string): string => `POST /api/v1/customers HTTP/1.1\r\n${HEAD()}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const ping = (): string => `GET /api/v1/whoami HTTP/1.1\r\n${HEAD()}Connection: close\r\n\r\n`

const ended = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let answer = ''
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
/** Sends bytes as they are and gives everything that comes back until the server closes. */
const raw = (bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
  return ended(socket)
}
const statuses = (answer: string): number[] => [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
const isWell = async (): Promise<boolean> => statuses(await raw(ping()))[0] === 200

/** One byte of something endless every now and then, until the server has enough. */
function drip(start: string, byte: string): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  // Not before the connection stands: a byte that is queued earlier would come in front of the start.
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(start)
    timer = setInterval(() => socket.write(byte), 40)
  })
  return ended(socket).finally(() => clearInterval(timer))
}

describe('the host a request is for', () => {
  const twice = (path: string): string => `GET ${path} HTTP/1.1\r\n${HEAD()}Host: evil.example\r\nConnection: close\r\n\r\n`
  const without = (path: string): string => `GET ${path} HTTP/1.1\r\n${HEAD().replace('Host: x\r\n', '')}Connection: close\r\n\r\n`
  it.each(['/api/v1/whoami', '/api/v1/nothing', '/sign-in', '/scim/v2/Users', '/healthz', '/docs', '/'])('is said once: two hosts or none are refused as a problem at %s', async (path) => {
    const answers = await Promise.all([raw(twice(path)), raw(without(path))])
    expect(answers.map((answer) => [statuses(answer), answer.includes('content-type: application/problem+json'), answer.includes('"code":"bad_request"'), answer.includes('"pointer":"/header/Host"')])).toEqual([[[400], true, true, true], [[400], true, true, true]])
    expect(await isWell()).toBe(true)
  })
  it('in another case, or twice the same, is twice too; and nothing of such a request is done', async () => {
    const before = await digestOf(house.superuserUrl)
    for (const extra of ['hOsT: x', 'HOST: y']) expect(statuses(await raw(post(customer('TWOHOSTS')).replace('\r\nContent-Type', `\r\n${extra}\r\nContent-Type`)))).toEqual([400])
    expect(changed(before, await digestOf(house.superuserUrl))).toEqual([])
    // HTTP/1.0 knew no hosts.
    expect(statuses(await raw(`GET /healthz HTTP/1.0\r\n\r\n`))).toEqual([200])
  })
})

describe('two meanings at once', () => {
  const hidden = (): string => post(customer('HIDDEN'))
  const shapes = (): readonly (readonly [string, string])[] => {
    const start = `POST /api/v1/customers HTTP/1.1\r\n${HEAD()}Content-Type: application/json\r\n`
    const inside = hidden()
    return [
      ['length and chunks', `${start}Content-Length: ${inside.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inside}`],
      ['chunks and length', `${start}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${inside}\r\n0\r\n\r\n`],
      ['two lengths', `${start}Content-Length: 2\r\nContent-Length: ${inside.length}\r\n\r\n{}${inside}`],
      ['a list of lengths', `${start}Content-Length: 2, 2\r\n\r\n{}${inside}`],
      ['a length with a sign', `${start}Content-Length: +2\r\n\r\n{}${inside}`],
      ['a negative length', `${start}Content-Length: -2\r\n\r\n{}${inside}`],
      ['a length in hex', `${start}Content-Length: 0x2\r\n\r\n{}${inside}`],
      ['a length without end', `${start}Content-Length: 99999999999999999999999\r\n\r\n{}${inside}`],
      ['an unknown encoding', `${start}Transfer-Encoding: xchunked\r\n\r\n{}${inside}`],
      ['chunked twice', `${start}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inside}`],
      ['a space before the colon', `${start}Content-Length : 2\r\n\r\n{}${inside}`],
      ['a folded header', `${start}X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inside}`],
      ['a NUL in a header', `${start}X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}${inside}`],
      ['a carriage return in a header', `${start}X-A: a\rContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}${inside}`],
      ['bare line feeds', `${start.replaceAll('\r\n', '\n')}Content-Length: 2\n\n{}${inside}`],
      ['a chunk size in words', `${start}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n${inside}`],
      ['a chunk size with a sign', `${start}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n${inside}`],
      ['a chunk without end', `${start}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n${inside}`],
      ['a chunk longer than it says', `${start}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n${inside}`],
      ['an empty line in front of a header', `POST /api/v1/customers HTTP/1.1\r\n: x\r\n${HEAD()}Content-Length: 2\r\n\r\n{}${inside}`],
    ]
  }
  it('is refused, the connection ends, and what was hidden in it is not done', async () => {
    const before = await digestOf(house.superuserUrl)
    for (const [what, bytes] of shapes()) {
      const answer = await raw(bytes)
      expect([what, statuses(answer).length, statuses(answer).every((status) => status === 400), answer.includes('application/problem+json')]).toEqual([what, 1, true, true])
    }
    expect(changed(before, await digestOf(house.superuserUrl))).toEqual([])
    expect(await isWell()).toBe(true)
  }, 60_000)

  it('a request without a host is refused', async () => {
    expect(statuses(await raw(`GET /api/v1/whoami HTTP/1.1\r\nAuthorization: Bearer ${house.acme.keys.tenant_admin}\r\n\r\n`))).toEqual([400])
  })

  it('a refused body is never read as the next request', async () => {
    const before = await digestOf(house.superuserUrl)
    const inside = hidden()
    for (const type of ['text/plain', 'application/json']) {
      const answer = await raw(`POST /api/v1/customers HTTP/1.1\r\n${HEAD()}Content-Type: ${type}\r\nContent-Length: ${inside.length}\r\n\r\n${inside}${ping()}`)
      expect([type, statuses(answer)]).toEqual([type, [type === 'text/plain' ? 415 : 400, 200]])
    }
    expect(changed(before, await digestOf(house.superuserUrl))).toEqual([])
  })
})

describe('what is hardly HTTP', () => {
  const noise = ['hello\r\n\r\n', '\r\n\r\n\r\n', '\0\0\0\0', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET /api/v1/whoami\r\n\r\n', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 'FROB / HTTP/1.1\r\nHost: x\r\n\r\n', 'GET  /api/v1/whoami HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n', '{"code":"A"}']
  it.each(noise.map((bytes) => [JSON.stringify(bytes), bytes]))('%s gets an answer of 4xx or the door', async (_name, bytes) => {
    const answer = await raw(bytes)
    expect(statuses(answer).every((status) => status >= 400 && status < 500)).toBe(true)
    expect(await isWell()).toBe(true)
  })

  it('methods: unknown ones are refused, those of HTTP get 401, 404 or 405, and a tunnel is never opened', async () => {
    for (const method of ['TRACE', 'OPTIONS', 'PUT', 'PROPFIND', 'MKCOL', 'LOCK', 'SUBSCRIBE', 'PURGE', 'LINK', 'QUERY']) {
      const answer = await raw(`${method} /api/v1/customers HTTP/1.1\r\n${HEAD()}Connection: close\r\n\r\n`)
      expect([method, [400, 404, 405].includes(statuses(answer)[0] ?? 0), answer.includes('application/problem+json')]).toEqual([method, true, true])
      const stranger = await raw(`${method} /api/v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expect([method, statuses(stranger)]).toEqual([method, [401]])
    }
    expect(statuses(await raw(`CONNECT example.com:443 HTTP/1.1\r\n${HEAD()}\r\n`)).every((status) => status >= 400)).toBe(true)
    expect(statuses(await raw(`GET /api/v1/whoami HTTP/1.1\r\n${HEAD()}Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n`))[0]).not.toBe(101)
  })

  it('addresses and headers: too long 431, badly encoded 400, absolute or climbing ones find nothing', async () => {
    const get = async (target: string, more = ''): Promise<number | undefined> => statuses(await raw(`GET ${target} HTTP/1.1\r\n${HEAD()}${more}Connection: close\r\n\r\n`))[0]
    expect(await get(`/${'a'.repeat(20_000)}`)).toBe(431)
    expect(await get('/api/v1/whoami', `X-Long: ${'a'.repeat(20_000)}\r\n`)).toBe(431)
    expect(await get('/api/v1/whoami', 'X-Many: a\r\n'.repeat(3_000))).toBe(431)
    expect(await get(`/api/v1/whoami?${'a=1&'.repeat(3_000)}`)).toBe(400)
    for (const target of ['/api/v1/%', '/api/v1/%zz', '/api/v1/%c0%af', '/api/v1/orders/%ff']) expect([target, await get(target)]).toEqual([target, 400])
    for (const target of ['/api/v1/../../etc/passwd', '//etc/passwd', '/api/v1/orders/..%2f..%2fkeys', '/API/V1/whoami', '/api/v1/whoami/', '/api//v1/whoami', '/api/v1/whoami;x=1', '/api/v1/whoami%2f', '/.git/config', '/api/v1/whoami%00']) {
      expect([target, [400, 404].includes((await get(target)) ?? 0)]).toEqual([target, true])
    }
    expect(await get('*')).not.toBe(200)
  })

  it('an expectation that nobody can meet is refused, and the usual one is answered by the verdict', async () => {
    const before = await digestOf(house.superuserUrl)
    const start = `POST /api/v1/customers HTTP/1.1\r\n${HEAD()}Content-Type: application/json\r\nConnection: close\r\n`
    expect(statuses(await raw(`${start}Expect: wonders\r\nContent-Length: 2\r\n\r\n{}`))).toEqual([417])
    expect(statuses(await raw(`${start}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`)).at(-1)).toBe(400)
    expect(changed(before, await digestOf(house.superuserUrl))).toEqual([])
  })
})

describe('slow and cut', () => {
  it('headers that come byte by byte are ended with 408, all of them, and others are served meanwhile', async () => {
    const slow = Array.from({ length: 60 }, () => drip('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'a'))
    const silent = Array.from({ length: 20 }, () => ended(connect(port, '127.0.0.1')))
    expect(await isWell()).toBe(true)
    const answers = await Promise.all(slow)
    expect(answers.filter((answer) => !/^HTTP\/1\.1 408 [^]*"code":"timeout"/.test(answer))).toEqual([])
    await Promise.all(silent)
    expect(await isWell()).toBe(true)
  }, 60_000)

  it('a body that comes byte by byte is given up: 408, and nothing is done', async () => {
    const before = await digestOf(house.superuserUrl)
    const start = `POST /api/v1/customers HTTP/1.1\r\n${HEAD()}Content-Type: application/json\r\n`
    const answers = await Promise.all([
      drip(`${start}Content-Length: 100000\r\n\r\n{"code":"SLOW","name":"`, 'a'),
      drip(`${start}Transfer-Encoding: chunked\r\n\r\n`, '1\r\na\r\n'),
    ])
    expect(answers.map(statuses)).toEqual([[408], [408]])
    await drip(`POST /api/v1/customers/bulk HTTP/1.1\r\n${HEAD()}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`, '1\r\n{\r\n')
    expect(changed(before, await digestOf(house.superuserUrl))).toEqual([])
    expect(await isWell()).toBe(true)
  }, 60_000)

  it('a request that is cut anywhere before its end does nothing', async () => {
    const before = await digestOf(house.superuserUrl)
    const whole = post(customer('CUT'))
    for (const length of [1, 20, whole.indexOf('\r\n\r\n'), whole.indexOf('\r\n\r\n') + 4, whole.length - 20, whole.length - 1]) {
      const socket = connect(port, '127.0.0.1', () => socket.end(whole.slice(0, length)))
      expect(statuses(await ended(socket)).every((status) => status >= 400 && status < 500)).toBe(true)
    }
    expect(changed(before, await digestOf(house.superuserUrl))).toEqual([])
    // The same bytes to their end are done: the cuts above were the only reason.
    expect(statuses(await raw(whole + ping()))).toEqual([201, 200])
    const { items } = await house.client(ordersApi, 'planner').listCustomers({ query: { q: 'C' } })
    expect(items.map(({ code }) => code)).toContain('CUT')
  }, 60_000)
})

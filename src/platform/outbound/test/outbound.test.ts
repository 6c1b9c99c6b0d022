import { gzipSync } from 'node:zlib'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { OutboundCode } from '../codes.ts'
import { createOutbound, type OutboundOptions } from '../outbound.ts'
import type { OutboundRequest } from '../exchange.ts'
import { CERTIFICATE } from './certificate.ts'
import { openWire, type Wire } from './wire.ts'

const open: Wire[] = []
afterEach(async () => {
  for (const wire of open.splice(0)) await wire.close()
})
const wireOf = async (answer: (socket: Socket) => void, isTls = false): Promise<Wire> => {
  const wire = await openWire(answer, isTls)
  open.push(wire)
  return wire
}
const LOCAL: OutboundOptions = { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1', 'idp.example'], resolve: async () => ['127.0.0.1'] }
const http = (head: string, body = ''): string => `HTTP/1.1 ${head}\r\nconnection: close\r\n\r\n${body}`
const HONEST = http('200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: 2', '{}')

type Told = { code: OutboundCode | 'ok'; status?: number; text?: string }
async function ask(wire: Wire, options: OutboundOptions = LOCAL, request: OutboundRequest = {}, url = `http://idp.example:${wire.port}/path?q=1`): Promise<Told> {
  const answer = await createOutbound(options).fetch(url, request)
  return answer.ok ? { code: 'ok', status: answer.status, text: Buffer.from(answer.body).toString() } : { code: answer.code }
}

describe('an honest answer', () => {
  test('arrives whole, with its status and type', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    const answer = await createOutbound(LOCAL).fetch(`http://idp.example:${wire.port}/path?q=1`, { contentTypes: ['application/json'] })
    expect(answer).toMatchObject({ ok: true, status: 200, contentType: 'application/json' })
    expect(wire.requests[0]).toMatch(new RegExp(`^GET /path\\?q=1 HTTP/1.1\r\n`))
    expect(wire.requests[0]?.toLowerCase()).toContain(`host: idp.example:${wire.port}\r\n`)
    expect(wire.requests[0]?.toLowerCase()).toContain('accept-encoding: identity\r\n')
  })
  test('an error status is an answer too', async () => {
    const wire = await wireOf((socket) => socket.end(http('400 Bad Request\r\ncontent-type: application/json', '{"error":"x"}')))
    expect(await ask(wire)).toEqual({ code: 'ok', status: 400, text: '{"error":"x"}' })
  })
  test('a form is posted with its length; headers that would change the message are ours', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    await ask(wire, LOCAL, { method: 'POST', body: 'a=1&b=ü', headers: { 'content-type': 'application/x-www-form-urlencoded', Host: 'evil.example', 'Transfer-Encoding': 'chunked', 'Accept-Encoding': 'gzip' } })
    expect(wire.requests[0]).toMatch(/^POST /)
    expect(wire.requests[0]?.toLowerCase()).toContain('content-length: 8\r\n')
    expect(wire.requests[0]?.toLowerCase()).not.toMatch(/evil|chunked|gzip/)
  })
  test('a header that cannot be sent is refused', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    expect(await ask(wire, LOCAL, { headers: { authorization: 'a\r\nx: y' } })).toEqual({ code: 'request_invalid' })
    expect(wire.requests).toEqual([])
  })
})

describe('where it goes', () => {
  test('a name that leads inside is refused before a byte is sent', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    expect(await ask(wire)).toMatchObject({ code: 'ok' })
    expect(await ask(wire, { ...LOCAL, allowedNetworks: [] })).toEqual({ code: 'address_forbidden' })
    expect(await ask(wire, { ...LOCAL, resolve: async () => ['127.0.0.1', '169.254.169.254'] })).toEqual({ code: 'address_forbidden' })
    expect(await ask(wire, { ...LOCAL, resolve: async () => ['127.0.0.1', '::1'] })).toEqual({ code: 'address_forbidden' })
    expect(await ask(wire, { ...LOCAL, resolve: async () => ['idp.example'] })).toEqual({ code: 'address_forbidden' })
    expect(wire.requests).toHaveLength(1)
  })
  test('rebinding: the name is asked for once, and what was checked is what is connected to', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    const answers = [['127.0.0.1'], ['169.254.169.254']]
    let asked = 0
    const resolve = async (): Promise<string[]> => answers[asked++] ?? []
    expect(await ask(wire, { ...LOCAL, resolve })).toMatchObject({ code: 'ok' })
    expect(asked).toBe(1)
    // The second look-up of the same name is checked anew.
    expect(await ask(wire, { ...LOCAL, resolve })).toEqual({ code: 'address_forbidden' })
  })
  test('the trailing dot is not part of the name that is asked for', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    const names: string[] = []
    const resolve = async (name: string): Promise<string[]> => {
      names.push(name)
      return ['127.0.0.1']
    }
    expect(await ask(wire, { ...LOCAL, resolve }, {}, `http://IDP.example.:${wire.port}/`)).toMatchObject({ code: 'ok' })
    expect(names).toEqual(['idp.example'])
    expect(wire.requests[0]?.toLowerCase()).toContain(`host: idp.example:${wire.port}\r\n`)
  })
  test('no address, and a resolver that fails', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    expect(await ask(wire, { ...LOCAL, resolve: async () => [] })).toEqual({ code: 'name_unresolvable' })
    expect(await ask(wire, { ...LOCAL, resolve: () => Promise.reject(new Error('SERVFAIL')) })).toEqual({ code: 'name_unresolvable' })
    expect(await ask(wire, { ...LOCAL, timeoutMs: 50, resolve: () => new Promise(() => {}) })).toEqual({ code: 'timeout' })
  })
  test('a proxy in the environment is not used', async () => {
    const proxy = await wireOf((socket) => socket.end(HONEST))
    const wire = await wireOf((socket) => socket.end(HONEST))
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => process.env[name])
    try {
      for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`
      expect(await ask(wire)).toMatchObject({ code: 'ok' })
    } finally {
      for (const [index, name] of names.entries()) {
        const value = before[index]
        if (value === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = value
      }
    }
    expect({ proxied: proxy.requests.length, direct: wire.requests.length }).toEqual({ proxied: 0, direct: 1 })
  })
  test('nobody there', async () => {
    const wire = await openWire(() => {})
    await wire.close()
    expect(await ask(wire)).toEqual({ code: 'connection_failed' })
  })
})

describe('TLS', () => {
  const TRUSTING = { ...LOCAL, ca: [CERTIFICATE] }
  test('the certificate must be trusted and carry the name', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST), true)
    expect(await ask(wire, TRUSTING, {}, `https://idp.example:${wire.port}/`)).toMatchObject({ code: 'ok' })
    expect(await ask(wire, LOCAL, {}, `https://idp.example:${wire.port}/`)).toEqual({ code: 'tls_failed' })
    expect(await ask(wire, TRUSTING, {}, `https://other.example:${wire.port}/`)).toEqual({ code: 'tls_failed' })
    expect(await ask(wire, TRUSTING, {}, `https://127.0.0.1:${wire.port}/`)).toEqual({ code: 'tls_failed' })
    expect(wire.requests).toHaveLength(1)
  })
  test('the environment cannot switch the check off', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST), true)
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    try {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      expect(await ask(wire, LOCAL, {}, `https://idp.example:${wire.port}/`)).toEqual({ code: 'tls_failed' })
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED')
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })
  test('a server without TLS waits for a line that never comes', async () => {
    const wire = await wireOf((socket) => socket.end(HONEST))
    expect(await ask(wire, { ...LOCAL, timeoutMs: 300 }, {}, `https://idp.example:${wire.port}/`)).toEqual({ code: 'timeout' })
  })
})

const OK = '200 OK\r\ncontent-type: application/json'
const JSON_ONLY: OutboundRequest = { contentTypes: ['application/json'] }
const cases: readonly [name: string, answer: string | Uint8Array | ((socket: Socket) => void), code: OutboundCode, options?: OutboundOptions][] = [
  ['301', http('301 Moved\r\nlocation: http://169.254.169.254/'), 'redirect_refused'],
  ['302 to itself', http('302 Found\r\nlocation: /'), 'redirect_refused'],
  ['307', http('307 Temporary\r\nlocation: https://idp.example/'), 'redirect_refused'],
  ['300 without location', http('300 Choices'), 'redirect_refused'],
  ['304', http('304 Not Modified'), 'redirect_refused'],
  ['html', http('200 OK\r\ncontent-type: text/html', '<p>'), 'content_type_refused'],
  ['no type', http('200 OK', '{}'), 'content_type_refused'],
  ['two types', http('200 OK\r\ncontent-type: application/json\r\ncontent-type: text/html', '{}'), 'content_type_refused'],
  ['almost the type', http('200 OK\r\ncontent-type: application/jsonp', '{}'), 'content_type_refused'],
  ['announced too long', http(`${OK}\r\ncontent-length: 262145`), 'too_large'],
  ['too long without announcement', http(OK, 'x'.repeat(262_145)), 'too_large'],
  ['endless', (socket) => forever(socket), 'too_large'],
  ['chunked, endless', (socket) => forever(socket, true), 'too_large'],
  ['gzip bomb', Buffer.concat([Buffer.from(http(`${OK}\r\ncontent-encoding: gzip`)), gzipSync(Buffer.alloc(10_000_000))]), 'encoding_refused'],
  ['gzip, twice', http(`${OK}\r\ncontent-encoding: gzip, gzip`), 'encoding_refused'],
  ['promises more than it sends', http(`${OK}\r\ncontent-length: 100`, '{}'), 'body_incomplete'],
  ['sends more than it promises', http(`${OK}\r\ncontent-length: 2`, '{}{"smuggled":true}'), 'response_invalid'],
  ['chunk cut off', http(`${OK}\r\ntransfer-encoding: chunked`, '10\r\n{}'), 'body_incomplete'],
  ['two lengths', http(`${OK}\r\ncontent-length: 2\r\ncontent-length: 3`, '{}'), 'response_invalid'],
  ['length and chunks', http(`${OK}\r\ncontent-length: 2\r\ntransfer-encoding: chunked`, '2\r\n{}\r\n0\r\n\r\n'), 'response_invalid'],
  ['a negative length', http(`${OK}\r\ncontent-length: -1`, '{}'), 'response_invalid'],
  ['headers without end', http(`${OK}\r\nx: ${'y'.repeat(20_000)}`, '{}'), 'response_invalid'],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n', 'response_invalid'],
  ['status 99', 'HTTP/1.1 99 Odd\r\n\r\n', 'response_invalid'],
  ['hangs up', (socket) => void socket.destroy(), 'connection_failed'],
  ['switches protocols', (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'), 'response_invalid'],
  ['says nothing', () => {}, 'timeout', { ...LOCAL, timeoutMs: 150 }],
  ['slow head', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx-long: '), 'timeout', { ...LOCAL, timeoutMs: 150 }],
  ['slow body', (socket) => drip(socket, `HTTP/1.1 ${OK}\r\n\r\n`), 'timeout', { ...LOCAL, timeoutMs: 150 }],
]

function forever(socket: Socket, isChunked = false): void {
  socket.write(`HTTP/1.1 ${OK}\r\n${isChunked ? 'transfer-encoding: chunked\r\n' : ''}\r\n`)
  const piece = isChunked ? `10000\r\n${'x'.repeat(65_536)}\r\n` : 'x'.repeat(65_536)
  const more = (): void => {
    if (!socket.destroyed && socket.write(piece)) setImmediate(more)
  }
  socket.on('drain', more)
  more()
}
/** A byte now and then, for as long as the other side listens. */
function drip(socket: Socket, head: string): void {
  socket.write(head)
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('x')), 10)
  socket.on('close', () => clearInterval(timer))
}

describe('what comes back', () => {
  test.each(cases)('%s', async (_name, answer, code, options = LOCAL) => {
    const honest = await wireOf((socket) => socket.end(HONEST))
    expect(await ask(honest, LOCAL, JSON_ONLY)).toEqual({ code: 'ok', status: 200, text: '{}' })
    const wire = await wireOf((socket) => (typeof answer === 'function' ? answer(socket) : socket.end(answer)))
    expect(await ask(wire, options, JSON_ONLY)).toEqual({ code })
  })
  test('exactly as much as is allowed', async () => {
    const wire = await wireOf((socket) => socket.end(http(OK, 'x'.repeat(262_144))))
    expect((await ask(wire)).text).toHaveLength(262_144)
  })
})

import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { newId } from '../../../kernel/ids.ts'
import { openWorld, type World } from './world.ts'

const open: World[] = []
const world = async (...options: Parameters<typeof openWorld>): Promise<World> => {
  const opened = await openWorld(...options)
  open.push(opened)
  return opened
}
afterEach(async () => {
  for (const one of open.splice(0)) {
    one.stage.release()
    await one.stop()
  }
})

const closed = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let answer = ''
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
const ping = (at: World, key: string): Promise<Response> => at.get('/api/v1/ping', { authorization: `Bearer ${key}` })

describe('principals', () => {
  it('a hundred requests at once with a new key cause one look-up, and later ones none for a minute', async () => {
    const at = await world()
    const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await ping(at, at.key)).status))
    expect([new Set(statuses), at.lookUps()]).toEqual([new Set([200]), 1])
    at.now.ms += 59_000
    await ping(at, at.key)
    expect(at.lookUps()).toBe(1)
    at.now.ms += 2_000
    await ping(at, at.key)
    expect(at.lookUps()).toBe(2)
  })

  it('a revoked key is refused as soon as it is forgotten', async () => {
    const at = await world()
    const credentialId = newId()
    const key = at.addKey({ credentialId })
    expect((await ping(at, key)).status).toBe(200)
    at.removeKey(key)
    expect((await ping(at, key)).status).toBe(200)
    at.server.principals.forget(credentialId)
    expect((await ping(at, key)).status).toBe(401)
  })

  it('a look-up that was running during a revocation is not remembered', async () => {
    const at = await world()
    const credentialId = newId()
    const key = at.addKey({ credentialId })
    const running = ping(at, key)
    while (at.lookUps() === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    at.removeKey(key)
    at.server.principals.forget(credentialId)
    await running
    expect((await ping(at, key)).status).toBe(401)
  })

  it('an expired key is refused although it is remembered; an unknown one is asked about once', async () => {
    const at = await world()
    const key = at.addKey({ expiresAtMs: at.now.ms + 1_000 })
    expect((await ping(at, key)).status).toBe(200)
    at.now.ms += 1_000
    expect((await ping(at, key)).status).toBe(401)
    const stranger = at.addKey()
    at.removeKey(stranger)
    const before = at.lookUps()
    for (let turn = 0; turn < 5; turn += 1) expect((await ping(at, stranger)).status).toBe(401)
    expect(at.lookUps()).toBe(before + 1)
  })

  it('a malformed key is never looked up; an operation that hands out authority always looks', async () => {
    const at = await world()
    await ping(at, `${at.key.slice(0, -1)}${at.key.endsWith('a') ? 'b' : 'a'}`)
    expect(at.lookUps()).toBe(0)
    for (let turn = 0; turn < 3; turn += 1) await at.send('POST', '/api/v1/keys', null)
    expect(at.lookUps()).toBe(3)
    at.server.principals.pause(true)
    for (let turn = 0; turn < 3; turn += 1) await ping(at, at.key)
    expect(at.lookUps()).toBe(6)
  })
})

describe('rates', () => {
  it('an organization that used its tokens up gets 429 with the time to wait; another one does not notice', async () => {
    const at = await world()
    const limits = { requestsPerSecond: 2, burst: 5, concurrentRequests: 10 }
    const organizationId = newId<'Organization'>()
    const keys = [at.addKey({ limits, organizationId }), at.addKey({ limits, organizationId })]
    const statuses: number[] = []
    for (let turn = 0; turn < 8; turn += 1) statuses.push((await ping(at, keys[turn % 2] ?? '')).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    const refused = await ping(at, keys[0] ?? '')
    expect([refused.headers.get('retry-after'), refused.headers.get('ratelimit-policy'), refused.headers.get('ratelimit')]).toEqual(['1', '"organization";q=5;w=3, "key";q=5;w=3', '"organization";r=0;t=3, "key";r=2;t=2'])
    expect((await ping(at, at.key)).status).toBe(200)
    at.now.ms += 1_000
    expect([(await ping(at, keys[0] ?? '')).status, (await ping(at, keys[0] ?? '')).status, (await ping(at, keys[0] ?? '')).status]).toEqual([200, 200, 429])
  })

  it('a key may have a smaller share than its organization', async () => {
    const at = await world()
    const key = at.addKey({ keyLimits: { requestsPerSecond: 1, burst: 1 } })
    expect([(await ping(at, key)).status, (await ping(at, key)).status]).toEqual([200, 429])
  })

  it('requests that run at the same time are bounded per organization', async () => {
    const at = await world()
    const key = at.addKey({ limits: { requestsPerSecond: 100, burst: 100, concurrentRequests: 2 } })
    const slow = (): Promise<Response> => at.get('/api/v1/slow', { authorization: `Bearer ${key}` })
    const running = [slow(), slow()]
    while (at.stage.waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 2))
    const third = await slow()
    expect([third.status, third.headers.get('retry-after'), (await ping(at, at.key)).status]).toEqual([429, '1', 200])
    at.stage.release()
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200])
    await Promise.all(running.map((response) => response.then((got) => got.text())))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await ping(at, key)).status).toBe(200)
  })

  it('a caller who leaves early keeps the place until the work has ended', async () => {
    const at = await world()
    const key = at.addKey({ limits: { requestsPerSecond: 100, burst: 100, concurrentRequests: 1 } })
    const leaver = new AbortController()
    const left = fetch(`${at.url}/api/v1/slow`, { headers: { authorization: `Bearer ${key}` }, signal: leaver.signal }).catch(() => 'left')
    while (at.stage.waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 2))
    leaver.abort()
    expect(await left).toBe('left')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await ping(at, key)).status).toBe(429)
    at.stage.release()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await ping(at, key)).status).toBe(200)
  })

  it('an address that fails too often waits, and a remembered caller at the same address does not', async () => {
    const at = await world({ failures: { perSecond: 1, burst: 3 } })
    await ping(at, at.key)
    const statuses: number[] = []
    for (let turn = 0; turn < 5; turn += 1) statuses.push((await at.get('/nope', {})).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    expect((await ping(at, at.addKey())).status).toBe(429)
    expect((await ping(at, at.key)).status).toBe(200)
  })

  it('public operations are bounded per address', async () => {
    const at = await world({ publicRequests: { perSecond: 1, burst: 2 } })
    const statuses: number[] = []
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await at.get('/api/v1/hello', {})).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})

describe('sockets and time', () => {
  it('400 connections that never finish their headers are closed within 6 s, and others are served meanwhile', async () => {
    const at = await world()
    const started = performance.now()
    const sockets = Array.from({ length: 400 }, () => connect(at.port, '127.0.0.1'))
    const ends = sockets.map(async (socket) => {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      return closed(socket)
    })
    expect((await ping(at, at.key)).status).toBe(200)
    const answers = await Promise.all(ends)
    expect(performance.now() - started).toBeLessThan(6_500)
    expect(answers[0]).toMatch(/^HTTP\/1\.1 408 [^]*"code":"timeout"/)
  }, 15_000)

  it('a body that does not arrive is given up, and so is a handler that never ends', async () => {
    const at = await world({ requestTimeoutMs: 300 })
    const socket = connect(at.port, '127.0.0.1')
    socket.write(`POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${at.key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`)
    expect(await closed(socket)).toMatch(/^HTTP\/1\.1 408 /)
    const slow = await at.get('/api/v1/slow')
    expect([slow.status, ((await slow.json()) as { code: string }).code]).toEqual([503, 'unavailable'])
  })

  it('headers that are too long are 431, and what is not HTTP is 400', async () => {
    const at = await world()
    const long = connect(at.port, '127.0.0.1')
    long.write(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(await closed(long)).toMatch(/^HTTP\/1\.1 431 /)
    const noise = connect(at.port, '127.0.0.1')
    noise.write('hello there\r\n\r\n')
    expect(await closed(noise)).toMatch(/^HTTP\/1\.1 400 [^]*bad_request/)
  })

  it('one address can only hold so many connections', async () => {
    const at = await world({ connectionsPerAddressMax: 3 })
    const held = Array.from({ length: 3 }, () => connect(at.port, '127.0.0.1'))
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await closed(connect(at.port, '127.0.0.1'))).toBe('')
    for (const socket of held) socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await ping(at, at.key)).status).toBe(200)
  })
})

describe('stopping and readiness', () => {
  it('what runs is finished, what comes is refused, and the port is free afterwards', async () => {
    const at = await world()
    const running = at.get('/api/v1/slow')
    while (at.stage.waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 2))
    const idle = connect(at.port, '127.0.0.1')
    const held = connect(at.port, '127.0.0.1')
    held.write(`GET /api/v1/slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${at.key}\r\n\r\nGET /api/v1/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${at.key}\r\n\r\n`)
    while (at.stage.waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 2))
    const stopped = at.stop()
    const answers = closed(held)
    idle.on('error', () => {})
    at.stage.release()
    expect((await running).status).toBe(200)
    expect((await running).headers.get('connection')).toBe('close')
    await stopped
    expect(await answers).toMatch(/^HTTP\/1\.1 200 /)
    await expect(ping(at, at.key)).rejects.toThrow('fetch failed')
    open.length = 0
  })

  it('a stop does not wait longer than its limit', async () => {
    const at = await world({ stopTimeoutMs: 200 })
    const running = at.get('/api/v1/slow').catch(() => 'cut')
    while (at.stage.waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 2))
    const started = performance.now()
    await at.stop()
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(await running).toBe('cut')
    open.length = 0
  })

  it('readiness lists its checks by name, and fails when one fails or the checks break', async () => {
    const at = await world({}, { isReady: async () => [{ name: 'database', isOk: true }, { name: 'migrations', isOk: false }] })
    const response = await at.get('/readyz', {})
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', checks: [{ name: 'database', isOk: true }, { name: 'migrations', isOk: false }] }])
    const broken = await world({}, { isReady: () => Promise.reject(new Error('secret')) })
    expect((await broken.get('/readyz', {})).status).toBe(503)
  })
})

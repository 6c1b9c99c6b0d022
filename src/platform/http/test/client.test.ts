import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOf, fetchSender } from '../../../kernel/client.ts'
import { NOTE, notesApi, openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.stop())

/** A server that answers with the given statuses in turn, and keeps what it was asked. */
async function scripted(statuses: readonly number[], headers: Record<string, string> = {}): Promise<{ url: string; seen: IncomingMessage[]; close: () => void }> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    const status = statuses[Math.min(seen.push(request), statuses.length) - 1] ?? 500
    if (status === 0) return void request.socket.destroy()
    request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(status < 400 ? { ok: true, seen: null, facts: null } : { code: 'unavailable', detail: 'later', requestId: 'r' })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, seen, close: () => server.close() }
}

describe('the client', () => {
  it('speaks the contract: body, params, query, status without a body', async () => {
    const client = world.client()
    expect(await client.ping()).toEqual({ ok: true })
    expect(await client.listNotes({ query: { limit: 3, 'filter[status]': ['a&b', 'c d'], isOpen: false } })).toEqual({ query: { limit: 3, 'filter[status]': ['a&b', 'c d'], isOpen: false } })
    expect(await client.changeNote({ params: { noteId: NOTE }, body: { text: 'x' }, ifMatch: 7 })).toMatchObject({ rowVersion: 8 })
    expect(await client.deleteNote({ params: { noteId: NOTE }, ifMatch: 8 })).toBeUndefined()
  })

  it('a refusal is an ApiError with everything the problem says', async () => {
    await expect(world.client().writeNote({ body: { text: '' } })).rejects.toMatchObject({ name: 'ApiError', status: 400, code: 'bad_request', errors: [{ pointer: '/text', code: 'length', message: 'Must not be empty.' }], requestId: expect.any(String) as unknown })
    await expect(world.client({ token: null }).ping()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' })
  })

  it('every POST has an idempotency key, the caller own when given', async () => {
    const keyOf = (answer: { facts: unknown }): unknown => (answer.facts as { idempotency: { key: string } }).idempotency.key
    expect(keyOf(await world.client().writeNote({ body: { text: 'a' } }))).toMatch(/^[0-9a-f-]{36}$/)
    expect(keyOf(await world.client().writeNote({ body: { text: 'a' }, idempotencyKey: 'mine' }))).toBe('mine')
  })

  it('sends the consistency token of the latest answer back', async () => {
    const client = world.client()
    expect((await client.getNote({ params: { noteId: NOTE } })).text).toBe('none')
    expect((await client.getNote({ params: { noteId: NOTE } })).text).toBe('0/16B3748')
  })

  it('repeats what may be repeated, with the same key, and nothing else', async () => {
    const busy = await scripted([503, 0, 200])
    const client = clientOf(notesApi, fetchSender({ baseUrl: busy.url, token: 'k', backoffMs: 5 }))
    await client.writeNote({ body: { text: 'a' } })
    expect(new Set(busy.seen.map((request) => request.headers['idempotency-key'])).size).toBe(1)
    expect(busy.seen).toHaveLength(3)
    const other = await scripted([503])
    const sender = fetchSender({ baseUrl: other.url, token: 'k', backoffMs: 5 })
    await expect(clientOf(notesApi, sender).changeNote({ params: { noteId: NOTE }, body: { text: 'a' }, ifMatch: 1 })).rejects.toMatchObject({ status: 503 })
    expect(other.seen).toHaveLength(1)
    await expect(clientOf(notesApi, sender).ping()).rejects.toMatchObject({ status: 503, code: 'unavailable', detail: 'later', requestId: 'r' })
    expect(other.seen).toHaveLength(4)
    const far = await scripted([429], { 'retry-after': '3600' })
    await expect(clientOf(notesApi, fetchSender({ baseUrl: far.url, token: null })).ping()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 3600 })
    expect(far.seen).toHaveLength(1)
    for (const server of [busy, other, far]) server.close()
    await expect(clientOf(notesApi, fetchSender({ baseUrl: 'http://127.0.0.1:9', token: null, retries: 0 })).ping()).rejects.toMatchObject({ status: 0, code: 'network' })
  })

  it('100,000 lines go through in bounded memory', async () => {
    const before = process.memoryUsage().heapUsed
    let count = 0
    let last = 0
    const lines = (function* () {
      for (let index = 0; index < 100_000; index += 1) yield { sku: `sku-${index}`, quantity: '1' }
    })()
    for await (const result of world.client().loadNotes({ lines })) {
      count += 1
      last = result.line
    }
    expect([count, last]).toEqual([100_000, 100_000])
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150_000_000)
  })
})

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiError } from '../../../kernel/client.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld({ lineBytesMax: 100_000, streamBytesMax: 20_000_000 })
})
afterAll(() => world.stop())

const load = async (body: string, type = 'application/x-ndjson'): Promise<{ status: number; lines: Record<string, unknown>[] }> => {
  const response = await world.send('POST', '/api/v1/notes:batch', body, { 'content-type': type })
  const text = await response.text()
  return { status: response.status, lines: text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>) }
}
const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 500 && !holds(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(holds()).toBe(true)
}

describe('NDJSON', () => {
  it('good, bad and blank lines: one answer per line, in order, with numbers that count blanks', async () => {
    const long = JSON.stringify({ sku: 'x'.repeat(100_001), quantity: '1' })
    const { status, lines } = await load(`{"sku":"a","quantity":"1"}\r\n\n  \n{"sku":"b","quantity":"x"}\n{nope\n${long}\n{"sku":"c","quantity":"1","more":1}\n{"sku":"d","sku":"e","quantity":"1"}\n{"sku":"z","quantity":"9"}`)
    expect(status).toBe(200)
    expect(lines).toEqual([
      { line: 1, status: 'ok' },
      { line: 4, status: 'refused', reason: 'pattern /quantity Expected: Whole number as text.' },
      { line: 5, status: 'refused', reason: 'json  The line is not valid JSON.' },
      { line: 6, status: 'refused', reason: 'too_large  The line has more than 100000 bytes.' },
      { line: 7, status: 'refused', reason: 'unknown /more There is no such field.' },
      { line: 8, status: 'refused', reason: 'duplicate  The line has the same field twice.' },
      { line: 9, status: 'ok' },
    ])
  })

  it('a JSON array is cut into the same lines', async () => {
    const { lines } = await load('  [ {"sku":"a,]}\\"[","quantity":"1"},\n{"sku":"b","quantity":"x"} , 7 , ,{"sku":"c","quantity":"1"}]\n', 'application/json')
    expect(lines.map((line) => `${String(line['line'])} ${String(line['status'])}`)).toEqual(['1 ok', '2 refused', '3 refused', '4 refused', '5 ok'])
    expect((await load('[]', 'application/json')).lines).toEqual([])
    for (const text of ['{}', '[1}', '[] []', '7']) expect([text, (await load(text, 'application/json')).lines.at(-1)?.['code'] ?? (await load(text, 'application/json')).lines.at(-1)?.['problem']]).toEqual([text, expect.anything()])
  })

  it('nothing is lost when the pieces of the body are cut anywhere', async () => {
    const body = Buffer.from('{"sku":"é€😀","quantity":"1"}\n{"sku":"b","quantity":"2"}\n')
    const pieces = (async function* () {
      for (const byte of body) yield Uint8Array.of(byte)
    })()
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers: { authorization: `Bearer ${world.key}`, 'content-type': 'application/x-ndjson' }, body: pieces as unknown as ReadableStream, duplex: 'half' }
    expect((await (await fetch(`${world.url}/api/v1/notes:batch`, init)).text()).split('\n')).toEqual(['{"line":1,"status":"ok"}', '{"line":2,"status":"ok"}', ''])
  })

  it('other types are 415, an Idempotency-Key is refused, and a stream over its limit ends with a problem', async () => {
    expect((await load('x', 'text/csv')).status).toBe(415)
    expect((await world.send('POST', '/api/v1/notes:batch', '', { 'content-type': 'application/x-ndjson', 'idempotency-key': 'k' })).status).toBe(400)
    const client = world.client()
    let seen = 0
    const refused = (async () => {
      for await (const result of client.loadNotes({ lines: (function* () { for (;;) yield { sku: 'x'.repeat(1_000), quantity: '1' } })() })) seen += result.line > 0 ? 1 : 0
    })()
    await expect(refused).rejects.toMatchObject({ code: 'too_large', status: 413 })
    expect(seen).toBeGreaterThan(1_000)
  })

  it('a failure in the middle ends the stream with a problem, which the client throws', async () => {
    world.stage.failAtLine = 3
    const { status, lines } = await load('{"sku":"a","quantity":"1"}\n'.repeat(5))
    expect([status, lines.length, lines[2]?.['problem']]).toEqual([200, 3, expect.objectContaining({ code: 'internal', requestId: expect.any(String) as unknown })])
    const results: number[] = []
    await expect((async () => {
      for await (const result of world.client().loadNotes({ lines: Array.from({ length: 5 }, () => ({ sku: 'a', quantity: '1' })) })) results.push(result.line)
    })()).rejects.toBeInstanceOf(ApiError)
    expect(results).toEqual([1, 2])
    world.stage.failAtLine = 1
    expect((await load('{"sku":"a","quantity":"1"}\n')).status).toBe(500)
    world.stage.failAtLine = Infinity
    expect(world.logs.join('')).toContain('broken in the middle')
  })

  it('the client sends and receives at the same time: the second line goes out after the first answer', async () => {
    const answers: number[] = []
    let answered = (): void => {}
    const lines = (async function* () {
      for (let line = 1; line <= 5; line += 1) {
        const next = new Promise<void>((resolve) => {
          answered = resolve
        })
        yield { sku: 'a', quantity: String(line) }
        await next
      }
    })()
    for await (const result of world.client().loadNotes({ lines })) {
      answers.push(result.line)
      answered()
    }
    expect(answers).toEqual([1, 2, 3, 4, 5])
  })

  it('a client that does not read stops the handler from reading on', async () => {
    const before = world.stage.linesRead
    const socket = connect(world.port, '127.0.0.1')
    const line = `{"sku":"a","quantity":"1"}${' '.repeat(10)}\n`
    const chunk = line.repeat(1_000)
    socket.write(`POST /api/v1/notes:batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`)
    socket.pause()
    let sent = 0
    const pump = (): void => {
      while (sent < 500 && socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)) sent += 1
    }
    socket.on('drain', pump)
    pump()
    let last = -1
    await until(() => {
      const isStill = world.stage.linesRead === last && last > before
      last = world.stage.linesRead
      return isStill
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const read = world.stage.linesRead - before
    expect(read).toBeLessThan(500_000)
    const ended = world.stage.streamsEnded
    socket.destroy()
    await until(() => world.stage.streamsEnded === ended + 1)
  })

  it('a client that leaves stops the handler, also when it waits for a line', async () => {
    const ended = world.stage.streamsEnded
    const socket = connect(world.port, '127.0.0.1')
    const line = '{"sku":"a","quantity":"1"}\n'
    socket.write(`POST /api/v1/notes:batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n${line.length.toString(16)}\r\n${line}\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await until(() => world.stage.streamsEnded === ended + 1)
    const reader = world.client().loadNotes({ lines: (function* () { for (;;) yield { sku: 'a', quantity: '1' } })() })[Symbol.asyncIterator]()
    await reader.next()
    await reader.return?.()
    await until(() => world.stage.streamsEnded === ended + 2)
  })
})

// The load: plain HTTP/1.1 over sockets, keep-alive, one request under way per connection. As little of its own CPU as possible, because it
// shares the cores with what it measures.
import { connect, type Socket } from 'node:net'
import { Value } from 'typebox/value'
import { BEGUN } from './child.ts'
import { quantile, seeded } from './figures.ts'
import { LoadPlan, type LoadResult } from './load-plan.ts'
import { requestMaker } from './requests.ts'

let text = ''
const input: AsyncIterable<unknown, unknown, unknown> = process.stdin.setEncoding('utf8')
for await (const chunk of input) {
  text += String(chunk)
  if (text.includes('\n')) break
}
const plan = Value.Parse(LoadPlan, JSON.parse(text))
const next = requestMaker(plan, seeded(plan.seed))
process.stdout.write(`${BEGUN}\n`)
const startedMs = performance.now()
const fromMs = startedMs + plan.warmSeconds * 1000
const untilMs = fromMs + plan.seconds * 1000
const latencies: number[] = []
const statuses: Record<string, number> = {}
let acknowledged = 0
let firstFailure = ''

/** The end of an answer in `data`, or -1 while some of it is missing. */
function endOf(data: Buffer): number {
  const head = data.indexOf('\r\n\r\n')
  if (head < 0) return -1
  const headers = data.toString('latin1', 0, head)
  const length = /\r\ncontent-length: (\d+)/i.exec(headers)
  if (length !== null) {
    const end = head + 4 + Number(length[1])
    return data.length >= end ? end : -1
  }
  if (!/\r\ntransfer-encoding: chunked/i.test(headers)) return head + 4
  return data.subarray(-5).equals(LAST_CHUNK) ? data.length : -1
}
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

let sentSoFar = 0
function run(socket: Socket, done: () => void): void {
  let data: Buffer | null = null
  let sentMs = 0
  const send = (): void => {
    const now = performance.now()
    if (now >= untilMs) {
      socket.end()
      return done()
    }
    if (plan.rate > 0) {
      // An open load: requests leave by the clock, and waiting for a late answer counts as latency.
      const dueMs = startedMs + (sentSoFar++ / plan.rate) * 1000
      sentMs = dueMs
      if (dueMs > now) return void setTimeout(() => socket.write(next()), dueMs - now)
    } else sentMs = now
    socket.write(next())
  }
  socket.on('data', (chunk) => {
    data = data === null ? chunk : Buffer.concat([data, chunk])
    const end = endOf(data)
    if (end < 0) return
    const now = performance.now()
    const status = data.toString('latin1', 9, 12)
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status.startsWith('2')) acknowledged += 1
    else if (firstFailure === '') firstFailure = data.toString('utf8').slice(0, 1000)
    if (now >= fromMs && now < untilMs) latencies.push(now - sentMs)
    data = null
    send()
  })
  socket.on('connect', send)
  socket.on('error', (error) => {
    firstFailure ||= error.message
    done()
  })
}

await Promise.all(
  Array.from({ length: plan.connections }, () => new Promise<void>((resolve) => run(connect({ host: plan.host, port: plan.port, noDelay: true }), resolve))),
)
const result: LoadResult = {
  count: latencies.length, seconds: plan.seconds, acknowledged, statuses, firstFailure,
  p50Ms: latencies.length === 0 ? 0 : quantile(latencies, 0.5), p99Ms: latencies.length === 0 ? 0 : quantile(latencies, 0.99),
}
process.stdout.write(`${JSON.stringify(result)}\n`)

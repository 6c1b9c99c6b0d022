// Fifty people with scanners, in a process of their own: ask for the next task, walk, do it, ask again.
import { Value } from 'typebox/value'
import { tasksApi } from '../../src/domains/tasks/contract.ts'
import { ApiError, clientOf, fetchSender } from '../../src/kernel/client.ts'
import { idOf, newId } from '../../src/kernel/ids.ts'
import { BEGUN } from './child.ts'
import { quantile } from './figures.ts'
import { ShiftPlan, type ShiftResult } from './shift-plan.ts'

let text = ''
const input: AsyncIterable<unknown, unknown, unknown> = process.stdin.setEncoding('utf8')
for await (const chunk of input) {
  text += String(chunk)
  if (text.includes('\n')) break
}
const plan = Value.Parse(ShiftPlan, JSON.parse(text))
const client = clientOf(tasksApi, fetchSender({ baseUrl: plan.baseUrl, token: plan.token }))
const siteId = idOf<'Site'>(plan.siteId)
const nextMs: number[] = []
const doneMs: number[] = []
const failures: string[] = []
const seen = new Set<string>()
let begun = 0
let picks = 0
let twice = 0

async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const from = performance.now()
  const value = await work()
  into.push(performance.now() - from)
  return value
}

/** With a rate, each pick has its moment: operators walk until then, and a late answer does not move the next one. */
async function walk(startedMs: number, nth: number): Promise<void> {
  if (plan.rate === 0) return
  const dueMs = startedMs + (nth / plan.rate) * 1000 - performance.now()
  if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs))
}

async function operator(nth: number, startedMs: number): Promise<void> {
  const deviceId = `${plan.phase}-${nth}`
  while (begun < plan.picks) {
    await walk(startedMs, begun++)
    const { tasks: [task] } = await timed(nextMs, () => client.nextTasks({ body: { siteId, deviceId, kinds: ['pick'] } }))
    if (task === undefined) return
    if (seen.has(task.id)) twice += 1
    seen.add(task.id)
    try {
      await timed(doneMs, () => client.completeTask({ params: { taskId: task.id }, body: { deviceId }, idempotencyKey: newId() }))
      picks += 1
    } catch (error) {
      failures.push(error instanceof ApiError ? error.message : String(error))
    }
  }
}

process.stdout.write(`${BEGUN}\n`)
const startedMs = performance.now()
await Promise.all(Array.from({ length: plan.operators }, (_, nth) => operator(nth, startedMs)))
const latency = (all: readonly number[]) => ({ count: all.length, p50Ms: quantile([...all], 0.5), p99Ms: quantile([...all], 0.99) })
const result: ShiftResult = { picks, seconds: (performance.now() - startedMs) / 1000, next: latency(nextMs), done: latency(doneMs), failures: failures.slice(0, 5), twice }
process.stdout.write(`${JSON.stringify(result)}\n`)

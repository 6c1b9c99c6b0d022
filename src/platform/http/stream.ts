// NDJSON out: one result per line, in order, as fast as the client reads and no faster. A failure in the middle ends the
// stream with a last line `{"problem": {...}}`, because the status has long been sent.
import type { FastifyReply } from 'fastify'
import type { Log } from '../log/log.ts'
import { answerHeaders, discardRest, problemBody, problemOf } from './answer.ts'
import { Disconnected } from './body.ts'
import type { Exchange } from './exchange.ts'
import { explain } from './explain.ts'
import type { Route } from './route.ts'

const isIterable = (value: unknown): value is AsyncIterable<unknown, unknown, unknown> => typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** Resolves when the client can take more, or is gone. */
const drained = (raw: FastifyReply['raw']): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      raw.off('drain', go)
      raw.off('close', go)
      resolve()
    }
    raw.on('drain', go)
    raw.on('close', go)
  })

function textOf(route: Route, value: unknown): string {
  if (!route.returns.validator.Check(value)) {
    throw new Error(`${route.name} answered with an undeclared shape: ${JSON.stringify(explain(route.returns.schema, value))}`)
  }
  return `${JSON.stringify(value)}\n`
}

/** Streams the results of a handler. The first one is awaited before the status is sent, so that an early refusal is an ordinary problem. */
export async function sendStream(reply: FastifyReply, exchange: Exchange, route: Route, results: unknown, log: Log): Promise<void> {
  if (!isIterable(results)) throw new Error(`${route.name} must answer with an AsyncIterable.`)
  const iterator = results[Symbol.asyncIterator]()
  const { raw } = reply
  let isGone = raw.destroyed
  raw.once('close', () => {
    isGone = true
    if (raw.writableFinished) return
    // The handler's `finally` runs now, even when it waits for a line that will never come. A failing return() has nobody to tell.
    void Promise.resolve(iterator.return?.()).catch((error: unknown) => log.warn({ requestId: exchange.requestId, error }, 'Stopping a stream failed.'))
  })
  const first = await iterator.next()
  let firstText = ''
  try {
    if (first.done !== true) firstText = textOf(route, first.value)
  } catch (error) {
    await iterator.return?.()
    throw error
  }
  if (isGone || exchange.isOver) return
  exchange.isOver = true
  reply.hijack()
  raw.writeHead(200, answerHeaders(exchange, 'application/x-ndjson'))
  try {
    if (firstText !== '') raw.write(firstText)
    let isDone = first.done === true
    while (!isDone && !isGone) {
      if (raw.writableNeedDrain) await drained(raw)
      const next = await iterator.next()
      isDone = next.done === true
      if (!isDone && !isGone) raw.write(textOf(route, next.value))
    }
  } catch (error) {
    if (isGone || error instanceof Disconnected) return
    const problem = problemOf(error, exchange, log)
    raw.write(`${JSON.stringify({ problem: problemBody(problem, exchange.requestId) })}\n`)
    void iterator.return?.()
  }
  if (isGone) return
  raw.end()
  discardRest(reply.request.raw)
}

// The durable barrier. Orders are pipelined on a lane: each is a transaction of its own, in its own organization's context,
// committed without waiting for the disk; then one small transaction with a synchronous commit flushes everything before it,
// and only after that is any of them acknowledged. The log is sequential, so what was acknowledged is durable; a crash before
// the barrier loses only what nobody was told. No timer: a lane takes what has arrived, so a single order waits for nobody.
import type pg from 'pg'
import { Problem } from '../../kernel/problem.ts'
import { barrier, enterDeferred } from './keeping.ts'
import { ConnectionLost, Wire, type Call, type Result } from './wire.ts'

/** At most so many transactions share one flush: bounds the memory and the time to the acknowledgement. */
const GROUP_MAX = 128
const WAITING_MAX = 4_000

interface Job {
  readonly calls: readonly Call[]
  readonly resolve: (done: { results: Result[]; lsn: string }) => void
  readonly reject: (error: unknown) => void
}

class Lane {
  readonly #config: pg.ClientConfig
  readonly #take: () => Job[]
  #wire: Wire | null = null
  #running = false
  constructor(config: pg.ClientConfig, take: () => Job[]) {
    this.#config = config
    this.#take = take
  }
  get isBusy(): boolean {
    return this.#running
  }
  get wire(): Wire | null {
    return this.#wire
  }
  /** Works until nothing waits any more. */
  async run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      try {
        if (this.#wire === null || this.#wire.isLost) this.#wire = await Wire.connect(this.#config)
        await flushTogether(this.#wire, group)
      } catch (error) {
        for (const job of group) job.reject(error)
      }
    }
    this.#running = false
  }
  async close(): Promise<void> {
    await this.#wire?.close().catch(() => undefined)
  }
}

async function flushTogether(wire: Wire, group: readonly Job[]): Promise<void> {
  const outcomes = group.map((job) => wire.send(job.calls).then((results) => ({ job, results }), (error: unknown) => ({ job, error })))
  const flushed = wire.send([barrier])
  flushed.catch(() => undefined) // Looked at below, after the outcomes; without this a lost connection counts as unhandled meanwhile.
  const done: { job: Job; results: Result[] }[] = []
  for (const outcome of await Promise.all(outcomes)) {
    if ('error' in outcome) outcome.job.reject(outcome.error)
    else done.push(outcome)
  }
  try {
    const [position] = await flushed
    for (const { job, results } of done) job.resolve({ results, lsn: position?.rows[0]?.[0] ?? '0/0' })
  } catch (error) {
    // Without the barrier nothing is known to be durable: every one of them is unknown, and its key will tell.
    for (const { job } of done) job.reject(error instanceof ConnectionLost ? error : new ConnectionLost('The flush was not confirmed.'))
  }
}

export class Lanes {
  readonly #queue: Job[] = []
  readonly #lanes: readonly Lane[]
  readonly #watch: NodeJS.Timeout
  #closed = false
  constructor(config: pg.ClientConfig, count: number, silentAfterMs: number) {
    this.#lanes = Array.from({ length: count }, () => new Lane(config, () => this.#take()))
    this.#watch = setInterval(() => {
      const now = Date.now()
      for (const { wire } of this.#lanes) if (wire && wire.waitingMs(now) > silentAfterMs) wire.destroy('The database did not answer in time.')
    }, 500)
    this.#watch.unref()
  }

  /** Runs the calls as one transaction under the sealed context; resolves once they are durable. */
  submit(seal: string, calls: readonly Call[]): Promise<{ results: Result[]; lsn: string }> {
    if (this.#closed) return Promise.reject(new Problem('unavailable', 'The service is stopping.', { retryAfterSeconds: 2 }))
    if (this.#queue.length >= WAITING_MAX) return Promise.reject(new Problem('unavailable', 'Too many changes are waiting.', { retryAfterSeconds: 1 }))
    return new Promise((resolve, reject) => {
      this.#queue.push({ calls: [enterDeferred(seal), ...calls], resolve, reject })
      const idle = this.#lanes.find((lane) => !lane.isBusy)
      // Deferred to the end of this turn of the event loop, so that requests which arrived together travel together.
      if (idle) setImmediate(() => void idle.run())
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#watch)
    const deadline = Date.now() + 5_000
    while ((this.#queue.length > 0 || this.#lanes.some((lane) => lane.isBusy)) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }

  #take(): Job[] {
    return this.#queue.splice(0, GROUP_MAX)
  }
}

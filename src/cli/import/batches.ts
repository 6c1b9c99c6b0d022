// Sends things in batches through a bulk operation and hands each result to whoever sent the thing. Every bulk operation knows what
// it has seen by its external reference, so a batch whose answer was lost is simply sent again.
import { ApiError } from '../../kernel/client.ts'
import { CliError, EXIT } from '../exit.ts'
import type { World } from '../world.ts'

/** One line of the answer of a bulk operation: what every contract says in its own words. */
export interface BulkResult {
  readonly line: number
  readonly outcome: string
  readonly id: string | null
  readonly code: string | null
  readonly pointer: string | null
  readonly message: string | null
  /** An order that waits for stock. */
  readonly isBackordered: boolean
}
export type Send<V, R extends BulkResult> = (values: readonly V[]) => AsyncIterable<R, unknown, unknown>

export interface BatchLimits {
  /** Things of one request. */
  readonly countMax: number
  /** Weight of one request; the weight of a thing is 1 unless `weightOf` says otherwise. */
  readonly weightMax: number
  /** Requests under way at one time. */
  readonly parallel: number
}

const ATTEMPTS = 8
const PASSING = new Set([0, 408, 429, 502, 503, 504])
const isPassing = (error: unknown): boolean => (error instanceof ApiError ? PASSING.has(error.status) || error.code === 'in_progress' : error instanceof TypeError)

export class Batches<V, T, R extends BulkResult> {
  readonly #world: World
  readonly #send: Send<V, R>
  readonly #limits: BatchLimits
  readonly #onResult: (thing: T, result: R) => void
  #values: V[] = []
  #things: T[] = []
  #weight = 0
  readonly #running = new Set<Promise<void>>()
  #failure: Error | null = null

  constructor(world: World, send: Send<V, R>, limits: BatchLimits, onResult: (thing: T, result: R) => void) {
    this.#world = world
    this.#send = send
    this.#limits = limits
    this.#onResult = onResult
  }

  /** Takes a thing; waits while enough requests are under way. */
  async add(value: V, thing: T, weight = 1): Promise<void> {
    this.#values.push(value)
    this.#things.push(thing)
    this.#weight += weight
    if (this.#values.length >= this.#limits.countMax || this.#weight >= this.#limits.weightMax) await this.#flush()
  }

  /** Sends what is left and waits for every answer. */
  async end(): Promise<void> {
    if (this.#values.length > 0) await this.#flush()
    await Promise.all(this.#running)
    this.#rethrow()
  }

  #rethrow(): void {
    if (this.#failure !== null) throw this.#failure
  }

  async #flush(): Promise<void> {
    while (this.#running.size >= this.#limits.parallel) await Promise.race(this.#running)
    this.#rethrow()
    this.#world.signal.throwIfAborted()
    const values = this.#values
    const things = this.#things
    this.#values = []
    this.#things = []
    this.#weight = 0
    const sending = this.#deliver(values, things).catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
    })
    const tracked = sending.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  async #deliver(values: readonly V[], things: readonly T[]): Promise<void> {
    const results = await this.#repeat(values)
    for (const [index, thing] of things.entries()) {
      const result = results[index]
      if (result === undefined) throw new CliError(EXIT.failed, 'The server did not answer for every line it was sent.', 'Run the same command again: what was done is recognized.')
      this.#onResult(thing, result)
    }
  }

  async #repeat(values: readonly V[]): Promise<readonly R[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(values)
      } catch (error) {
        if (this.#world.signal.aborted || attempt >= ATTEMPTS || !isPassing(error)) throw unreachable(error)
        const seconds = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0
        await new Promise((resolve) => setTimeout(resolve, Math.max(seconds * 1000, Math.min(5_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2))))
        this.#world.signal.throwIfAborted()
      }
    }
  }

  async #once(values: readonly V[]): Promise<readonly R[]> {
    const results: R[] = []
    for await (const result of this.#send(values)) results[result.line - 1] = result
    return results
  }
}

/** A connection that broke in the middle of an answer is the network's fault, whatever fetch calls it. */
const unreachable = (error: unknown): unknown =>
  error instanceof TypeError ? new ApiError({ status: 0, code: 'network', detail: 'The connection was lost.', errors: [], requestId: null, retryAfterSeconds: null }, error) : error

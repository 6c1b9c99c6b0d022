// One connection that sends several statements with one Sync: one round trip and, outside a transaction block, one implicit
// transaction (PostgreSQL §54.2.3). Batches are pipelined: the next may leave before the last was answered.
// `pg` does the handshake, TLS, authentication and the protocol's bytes; its one-query-at-a-time queue is bypassed, because it
// sends a Sync after every statement, so that a context set in one would be gone in the next.
import type { EventEmitter } from 'node:events'
import pg from 'pg'
import { isList } from '../../kernel/json.ts'

export type Param = string | number | bigint | boolean | null | Uint8Array | readonly (string | number | bigint | boolean | null)[]
export interface Call {
  readonly name: string
  readonly text: string
  readonly params: readonly Param[]
}
export interface Result {
  readonly fields: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Command tag: `INSERT 0 1`, `COMMIT`. */
  readonly tag: string
}
/** An error of the server, with the index of the call that failed. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly sqlState: string
  readonly detail: string | null
  readonly hint: string | null
  readonly constraint: string | null
  constructor(fields: { message?: string; code?: string | undefined; detail?: string | undefined; hint?: string | undefined; constraint?: string | undefined }) {
    super(fields.message ?? 'The database reported an error.')
    this.sqlState = fields.code ?? 'XX000'
    this.detail = fields.detail ?? null
    this.hint = fields.hint ?? null
    this.constraint = fields.constraint ?? null
  }
}
/** The connection is gone; whether what was under way took effect is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** No connection came about: nothing was sent, so nothing was done. */
export class CannotConnect extends Error {
  override readonly name = 'CannotConnect'
  constructor(cause: unknown) {
    // A name with several addresses fails once for each, and the whole of it has no words of its own.
    const several: unknown = cause instanceof AggregateError ? Reflect.get(cause, 'errors') : undefined
    const reasons = isList(several) ? several : [cause]
    super(reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; '), { cause })
  }
}

interface Protocol extends EventEmitter {
  stream: { cork(): void; uncork(): void; destroy(error?: Error): void }
  parse(message: { name: string; text: string; types: readonly number[] }): void
  describe(message: { type: 'S'; name: string }): void
  bind(message: { statement: string; values: readonly (string | Buffer | null)[] }): void
  execute(message: { portal: string }): void
  sync(): void
}
interface Pending {
  /** Parses its one call and does not run it. */
  readonly isPreparing: boolean
  readonly calls: readonly Call[]
  readonly resolve: (results: Result[]) => void
  readonly reject: (error: Error) => void
  readonly results: Result[]
  readonly sentAtMs: number
  rows: (string | null)[][]
  error: Error | null
  warning: string | null
}
const TAKEN_OVER = ['readyForQuery', 'errorMessage', 'rowDescription', 'dataRow', 'commandComplete', 'emptyQuery', 'parseComplete', 'notice', 'notification', 'portalSuspended'] as const

export class Wire {
  readonly #client: pg.Client
  readonly #protocol: Protocol
  readonly #pending: Pending[] = []
  readonly #fields = new Map<string, readonly string[]>()
  readonly #types = new Map<string, readonly number[]>()
  readonly #unparsed = new Map<string, Error>()
  #lost: Error | null = null
  onNotification: ((channel: string, payload: string) => void) | null = null

  private constructor(client: pg.Client) {
    this.#client = client
    this.#protocol = (client as unknown as { connection: Protocol }).connection // Untyped in @types/pg; this file is the one place that knows it.
    for (const event of TAKEN_OVER) this.#protocol.removeAllListeners(event)
    this.#listen()
  }

  /** Connects; throws CannotConnect when the server cannot be reached, ServerError when it refuses. */
  static async connect(config: pg.ClientConfig): Promise<Wire> {
    const client = new pg.Client({ ...config, keepAlive: true })
    client.on('error', () => undefined) // Reported through 'end' below; without a listener it would end the process.
    try {
      await client.connect()
    } catch (error) {
      throw error instanceof pg.DatabaseError ? new ServerError(error) : new CannotConnect(error)
    }
    return new Wire(client)
  }

  get isLost(): boolean {
    return this.#lost !== null
  }
  /** Milliseconds the oldest unanswered batch has been waiting; 0 when nothing is under way. */
  waitingMs(nowMs: number): number {
    const oldest = this.#pending[0]
    return oldest === undefined ? 0 : nowMs - oldest.sentAtMs
  }

  /** Sends the calls with one Sync. Rejects with ServerError (the whole batch had no effect outside a block) or ConnectionLost. */
  send(calls: readonly Call[]): Promise<Result[]> {
    if (this.#lost) return Promise.reject(this.#lost)
    const protocol = this.#protocol
    protocol.stream.cork()
    // The unnamed statement (migrations) is parsed every time.
    for (const call of calls) if (call.name === '' || !this.#fields.has(call.name)) this.#prepare(call)
    const done = this.#enqueue(calls)
    for (const call of calls) {
      protocol.bind({ statement: call.name, values: call.params.map(encodeParam) })
      protocol.execute({ portal: '' })
    }
    protocol.sync()
    queueMicrotask(() => protocol.stream.uncork())
    return done
  }

  /** Column names and type oids of a statement, without running it; throws when it does not fit the schema. */
  async describe(statement: { readonly name: string; readonly text: string }): Promise<readonly { readonly name: string; readonly type: number }[]> {
    if (this.#lost) throw this.#lost
    this.#fields.set(statement.name, [])
    this.#types.set(statement.name, [])
    this.#protocol.parse({ name: statement.name, text: statement.text, types: [] })
    this.#protocol.describe({ type: 'S', name: statement.name })
    this.#protocol.sync()
    await this.#enqueue([{ ...statement, params: [] }], true)
    const types = this.#types.get(statement.name) ?? []
    return (this.#fields.get(statement.name) ?? []).map((name, index) => ({ name, type: types[index] ?? 0 }))
  }

  async close(): Promise<void> {
    if (this.#lost === null) await this.#client.end()
  }
  /** Cuts the connection at once; everything under way is rejected as ConnectionLost. */
  destroy(reason: string): void {
    this.#fail(new ConnectionLost(reason))
    this.#protocol.stream.destroy()
  }

  /** A statement is parsed once per connection, in a batch of its own, so that a failing batch never leaves it half known. */
  #prepare(call: Call): void {
    this.#fields.set(call.name, [])
    this.#protocol.parse({ name: call.name, text: call.text, types: [] })
    this.#protocol.describe({ type: 'S', name: call.name })
    this.#protocol.sync()
    this.#enqueue([call], true).catch(() => undefined) // The batch behind it fails as well, and tells the cause.
  }

  #enqueue(calls: readonly Call[], isPreparing = false): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ calls, isPreparing, resolve, reject, results: [], sentAtMs: Date.now(), rows: [], error: null, warning: null })
    })
  }

  #listen(): void {
    const protocol = this.#protocol
    const current = (): Pending => {
      const head = this.#pending[0]
      if (head === undefined) throw new ConnectionLost('The server answered without being asked.')
      return head
    }
    protocol.on('rowDescription', (message: { fields: { name: string; dataTypeID: number }[] }) => {
      const name = current().calls[0]?.name
      if (name === undefined) return
      this.#fields.set(name, message.fields.map((field) => field.name))
      if (this.#types.has(name)) this.#types.set(name, message.fields.map((field) => field.dataTypeID))
    })
    protocol.on('dataRow', (message: { fields: (string | null)[] }) => current().rows.push(message.fields))
    const completed = (tag: string): void => {
      const batch = current()
      const call = batch.calls[batch.results.length]
      batch.results.push({ fields: (call && this.#fields.get(call.name)) ?? [], rows: batch.rows, tag })
      batch.rows = []
    }
    protocol.on('commandComplete', (message: { text: string }) => completed(message.text))
    protocol.on('emptyQuery', () => completed(''))
    protocol.on('notice', (message: { severity?: string; message?: string }) => {
      const batch = this.#pending[0]
      if (batch && message.severity === 'WARNING') batch.warning = message.message ?? 'warning'
    })
    protocol.on('notification', (message: { channel: string; payload: string }) => this.onNotification?.(message.channel, message.payload))
    protocol.on('errorMessage', (message: object) => {
      const error = new ServerError(message)
      const batch = this.#pending[0]
      if (batch === undefined) this.#fail(new ConnectionLost(error.message)) // FATAL between queries: the server is going away.
      else batch.error ??= error
    })
    protocol.on('readyForQuery', () => {
      const batch = this.#pending.shift()
      if (batch === undefined) return
      if (batch.error) this.#refuse(batch, batch.error)
      else if (batch.warning !== null && batch.results.some((result) => result.tag === 'COMMIT')) {
        // A cancelled wait for a synchronous standby ends as a COMMIT with a WARNING: not known to be safe.
        batch.reject(new ConnectionLost(`Commit is uncertain: ${batch.warning}`))
      } else batch.resolve(batch.results)
    })
    this.#client.on('end', () => this.#fail(new ConnectionLost('The connection to the database was lost.')))
  }

  /** A statement that could not be parsed is not known; whoever wanted to run it learns why it could not be parsed. */
  #refuse(batch: Pending, error: Error): void {
    if (batch.isPreparing) {
      for (const { name } of batch.calls) {
        this.#fields.delete(name)
        this.#unparsed.set(name, error)
      }
      return batch.reject(error)
    }
    const cause = batch.calls.map(({ name }) => this.#unparsed.get(name)).find((each) => each !== undefined)
    for (const { name } of batch.calls) this.#unparsed.delete(name)
    batch.reject(error instanceof ServerError && error.sqlState === '26000' && cause ? cause : error)
  }

  #fail(error: Error): void {
    this.#lost ??= error
    for (const batch of this.#pending.splice(0)) batch.reject(batch.error ?? error)
  }
}

function encodeParam(value: Param): string | Buffer | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'object') return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : encodeArray(value)
  return String(value)
}
function encodeArray(values: readonly (string | number | bigint | boolean | null)[]): string {
  const parts = values.map((value) => (value === null ? 'NULL' : typeof value === 'string' ? `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : String(value)))
  return `{${parts.join(',')}}`
}

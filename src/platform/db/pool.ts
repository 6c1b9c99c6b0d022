// A bounded set of connections for one database role. Every wait has an end: waiting for a connection is limited in number
// and time, and a connection on which the server went silent is cut.
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { Problem } from '../../kernel/problem.ts'
import { Wire } from './wire.ts'

export interface PoolOptions {
  readonly url: string
  readonly user: string
  readonly password: string
  readonly size: number
  readonly applicationName: string
  readonly statementTimeoutMs?: number
  readonly readOnly?: boolean
}
/** How many callers may wait for a connection before the rest is turned away at once. */
const WAITING_MAX = 2_000
const ACQUIRE_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 3_000

/**
 * Behind the wall every statement names its organization and has an index led by it. A plan made while a table was still empty would
 * read all of it, and be kept by the connection while the table grows: the checks of foreign keys as well as our own statements.
 */
const WRITERS = '-c enable_seqscan=off'

/** Where a database is and how to speak to it; who speaks is not in it. `sslmode=require` encrypts, `verify-full` also checks who answers. */
function addressOf(url: URL): pg.ClientConfig {
  const mode = url.searchParams.get('sslmode')
  const authority = url.searchParams.get('sslrootcert')
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''), // An IPv6 address stands in brackets in a URL, and nowhere else.
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(mode === null || mode === 'disable' ? {} : { ssl: { rejectUnauthorized: mode.startsWith('verify'), ...(authority === null ? {} : { ca: readFileSync(authority, 'utf8') }) } }),
  }
}

/** Connection settings of the user whom the address names, for what is done once before the service starts. */
export function ownerConfig(text: string, applicationName: string): pg.ClientConfig {
  const url = new URL(text)
  return { ...addressOf(url), user: decodeURIComponent(url.username), password: decodeURIComponent(url.password), application_name: applicationName, connectionTimeoutMillis: 5_000 }
}

/** Connection settings of a role; the timeouts are set by the server, so that they hold when this process is gone. */
export function wireConfig(options: PoolOptions): pg.ClientConfig {
  return {
    ...addressOf(new URL(options.url)),
    user: options.user,
    password: options.password,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    lock_timeout: 3_000,
    idle_in_transaction_session_timeout: 5_000,
    // Compiling a plan takes longer than any statement of ours may, and what it costs is decided by an estimate.
    options: `-c jit=off -c TimeZone=UTC -c DateStyle=ISO -c client_min_messages=warning ${options.readOnly ? '-c default_transaction_read_only=on' : WRITERS}`,
  }
}

export class Pool {
  readonly #config: pg.ClientConfig
  readonly #size: number
  readonly #silentAfterMs: number
  readonly #idle: Wire[] = []
  readonly #busy = new Set<Wire>()
  readonly #waiting: { resolve: (wire: Wire) => void; reject: (error: unknown) => void; sinceMs: number }[] = []
  readonly #watch: NodeJS.Timeout
  #opening = 0
  #closed = false

  constructor(options: PoolOptions) {
    this.#config = wireConfig(options)
    this.#size = options.size
    this.#silentAfterMs = (options.statementTimeoutMs ?? 10_000) + 2_000
    this.#watch = setInterval(() => this.#sweep(), 500)
    this.#watch.unref()
  }

  /** Runs work on a connection of its own; a connection that broke is thrown away. */
  async use<T>(work: (wire: Wire) => Promise<T>): Promise<T> {
    const wire = await this.#acquire()
    try {
      return await work(wire)
    } finally {
      this.release(wire)
    }
  }

  /** Gives a connection to be released by `release`. */
  #acquire(): Promise<Wire> {
    if (this.#closed) return Promise.reject(new Problem('unavailable', 'The service is stopping.', { retryAfterSeconds: 2 }))
    for (let wire = this.#idle.pop(); wire !== undefined; wire = this.#idle.pop()) {
      if (wire.isLost) continue
      this.#busy.add(wire)
      return Promise.resolve(wire)
    }
    if (this.#waiting.length >= WAITING_MAX) return Promise.reject(new Problem('unavailable', 'Too many requests are waiting for the database.', { retryAfterSeconds: 1 }))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, sinceMs: Date.now() })
      this.#open()
    })
  }

  acquire(): Promise<Wire> {
    return this.#acquire()
  }

  release(wire: Wire): void {
    this.#busy.delete(wire)
    if (this.#closed) return void wire.close().catch(() => undefined)
    if (wire.isLost) return this.#open()
    const next = this.#waiting.shift()
    if (next === undefined) return void this.#idle.push(wire)
    this.#busy.add(wire)
    next.resolve(wire)
  }

  /** Connections in use, idle, and callers waiting. */
  get figures(): { readonly busy: number; readonly idle: number; readonly waiting: number } {
    return { busy: this.#busy.size, idle: this.#idle.length, waiting: this.#waiting.length }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#watch)
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new Problem('unavailable', 'The service is stopping.', { retryAfterSeconds: 2 }))
    const deadline = Date.now() + 5_000
    while (this.#busy.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    for (const wire of this.#busy) wire.destroy('The pool was closed.')
    await Promise.allSettled(this.#idle.splice(0).map((wire) => wire.close()))
  }

  #open(): void {
    if (this.#waiting.length === 0 || this.#closed || this.#busy.size + this.#idle.length + this.#opening >= this.#size) return
    this.#opening += 1
    Wire.connect(this.#config).then(
      (wire) => {
        this.#opening -= 1
        this.release(wire)
      },
      (error: unknown) => {
        this.#opening -= 1
        // Whoever waited longest learns it now; the others try again, so that a restart of the server is bridged.
        this.#waiting.shift()?.reject(error)
        this.#open()
      },
    )
  }

  #sweep(): void {
    const now = Date.now()
    for (const wire of this.#busy) if (wire.waitingMs(now) > this.#silentAfterMs) wire.destroy('The database did not answer in time.')
    while (this.#waiting[0] && now - this.#waiting[0].sinceMs > ACQUIRE_TIMEOUT_MS) {
      this.#waiting.shift()?.reject(new Problem('unavailable', 'No database connection became free in time.', { retryAfterSeconds: 1 }))
    }
    for (let index = this.#idle.length - 1; index >= 0; index--) if (this.#idle[index]?.isLost) this.#idle.splice(index, 1)
    this.#open()
  }
}

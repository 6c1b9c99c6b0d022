// News of revocations. A NOTIFY wakes this process, and a poll every second stands behind it; either asks the database what is new
// since the position seen last, so that nothing is missed across a lost connection. When neither has got through for five
// seconds, the listener is told that it knows nothing any more.
import type pg from 'pg'
import { isList } from '../../kernel/json.ts'
import { rolePassword } from '../crypto/seal.ts'
import type { Log } from '../log/log.ts'
import { wireConfig } from './pool.ts'
import { Wire, type Call } from './wire.ts'

export interface Revocations {
  /** A key that was revoked or changed. */
  forget(credentialId: string): void
  /** Everything: an organization was suspended, or its limits changed. */
  forgetAll(): void
  /** True while no news arrives: what is remembered may be out of date. */
  pause(isPaused: boolean): void
}

const POLL_MS = 1_000
const SILENT_AFTER_MS = 5_000
const ANSWER_WITHIN_MS = 3_000

const listen: Call = { name: '', text: 'listen bss_revoked', params: [] }
const since = (position: string): Call => ({ name: 'bss_revocations', text: 'select reached, entries from sec.revocations_since($1)', params: [position] })
const now: Call = { name: 'bss_position', text: 'select pg_snapshot_xmin(pg_current_snapshot())::text', params: [] }

export interface RevocationOptions {
  /** The primary: a replica hears of nothing. */
  readonly url: string
  readonly secret: Uint8Array
  readonly log: Log
  readonly principals: Revocations
  /** A clock that only runs forward; the process's own by default. */
  readonly nowMs?: () => number
}

/** Tells `principals` what to forget until it is stopped. `started` settles after the first attempt to listen. */
export function onRevoked({ url, secret, log, principals, nowMs = () => performance.now() }: RevocationOptions): { readonly started: Promise<void>; stop(): Promise<void> } {
  const user = 'bss_app'
  const config = wireConfig({ url, user, password: rolePassword(secret, user), size: 1, applicationName: 'blue-ship-sync revocations' })
  const feed = new RevocationFeed(config, principals, log, nowMs)
  return { started: feed.started, stop: () => feed.close() }
}

class RevocationFeed {
  readonly #config: pg.ClientConfig
  readonly #sink: Revocations
  readonly #log: Log
  readonly #nowMs: () => number
  readonly #timer: NodeJS.Timeout
  readonly #started: Promise<void>
  #wire: Wire | null = null
  #position: string | null = null
  #seen: ReadonlySet<string> = new Set()
  #heardAtMs = Number.NEGATIVE_INFINITY
  #isPaused = true
  #isAsking = false
  #hasMore = false
  #isClosed = false

  constructor(config: pg.ClientConfig, sink: Revocations, log: Log, nowMs: () => number) {
    this.#config = config
    this.#log = log
    this.#nowMs = nowMs
    this.#sink = sink
    sink.pause(true) // Until the first answer: what happens between a look-up and the start of listening would never be heard of.
    this.#timer = setInterval(() => {
      this.#judge() // Not only after an answer: while one is awaited, the silence grows all the same.
      void this.#tick()
    }, POLL_MS)
    this.#timer.unref()
    this.#started = this.#tick()
  }

  get started(): Promise<void> {
    return this.#started
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#wire?.close().catch(() => undefined)
  }

  async #tick(): Promise<void> {
    if (this.#isAsking) {
      this.#hasMore = true // Woken while asking: what woke us may be newer than the answer under way.
      return
    }
    this.#isAsking = true
    try {
      do {
        this.#hasMore = false
        await this.#ask()
      } while (this.#hasMore && !this.#isClosed)
    } catch (error) {
      if (!this.#isClosed) this.#log.warn({ error }, 'News of revocations did not arrive.')
      this.#wire?.destroy('News of revocations did not arrive.')
      this.#wire = null
    } finally {
      this.#isAsking = false
      this.#judge()
    }
  }

  async #ask(): Promise<void> {
    const wire = await this.#connection()
    const deadline = setTimeout(() => wire.destroy('The database did not answer in time.'), ANSWER_WITHIN_MS)
    try {
      if (this.#position === null) {
        const [result] = await wire.send([now])
        this.#position = result?.rows[0]?.[0] ?? '0'
      }
      const [result] = await wire.send([since(this.#position)])
      const [position, entries] = result?.rows[0] ?? []
      this.#take(JSON.parse(entries ?? '[]'))
      this.#position = position ?? this.#position
      this.#heardAtMs = this.#nowMs()
    } finally {
      clearTimeout(deadline)
    }
  }

  async #connection(): Promise<Wire> {
    if (this.#wire !== null && !this.#wire.isLost) return this.#wire
    const wire = await Wire.connect(this.#config)
    if (this.#isClosed) {
      await wire.close()
      throw new Error('The feed was closed.')
    }
    wire.onNotification = () => void this.#tick()
    await wire.send([listen])
    this.#wire = wire
    return wire
  }

  /** Entries are reported again while a transaction from before them still runs, so those of the last answer are skipped. */
  #take(entries: unknown): void {
    const seen = new Set<string>()
    for (const entry of isList(entries) ? entries : []) {
      const [id, credentialId] = isList(entry) ? entry : []
      if (typeof id !== 'string') continue
      seen.add(id)
      if (this.#seen.has(id)) continue
      if (typeof credentialId === 'string') this.#sink.forget(credentialId)
      else this.#sink.forgetAll()
    }
    this.#seen = seen
  }

  #judge(): void {
    if (this.#isClosed) return
    const isPaused = this.#nowMs() - this.#heardAtMs > SILENT_AFTER_MS
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#log.warn({}, 'Nothing was heard of revocations for five seconds: no key is remembered until it is.')
    this.#sink.pause(isPaused)
  }
}

// Which server a read goes to. A replica serves when it has replayed what the caller has already seen; else it is given a
// moment to catch up, and after that the primary serves. Nobody ever reads less than it wrote.
import type { OrganizationId } from '../../kernel/ids.ts'
import type { Pool } from './pool.ts'
import type { Call } from './wire.ts'

/** How long a read waits for the replica before it turns to the primary. */
export const CATCH_UP_MS = 40
/** A replica that failed is left alone for this long. */
const REST_MS = 1_000
const REMEMBERED_MAX = 50_000

/** Log positions compare as (high, low) hexadecimal halves. */
export function lsnNumber(lsn: string): bigint {
  const [high, low] = lsn.split('/')
  return (BigInt(`0x${high ?? '0'}`) << 32n) | BigInt(`0x${low ?? '0'}`)
}
export const isLsn = (value: string): boolean => /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(value)
const later = (a: string | null, b: string | null): string | null => (a === null ? b : b === null ? a : lsnNumber(a) >= lsnNumber(b) ? a : b)

/** True when this server has replayed up to the position ($1), or is no replica at all. Lag is in milliseconds. */
export const replayedCheck = (lsn: string | null): Call => ({
  name: 'bss_replayed',
  text: `select coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, not pg_is_in_recovery()) as fresh`,
  params: [lsn ?? '0/0'],
})

export class Replicas {
  readonly #pools: readonly Pool[]
  readonly #restingUntil = new Map<Pool, number>()
  readonly #written = new Map<OrganizationId, string>()
  #next = 0
  constructor(pools: readonly Pool[]) {
    this.#pools = pools
  }

  /** Remembers how far an organization has written through this process, so that its reads need no token to be fresh. */
  wrote(organizationId: OrganizationId, lsn: string): void {
    const known = this.#written.get(organizationId) ?? null
    this.#written.delete(organizationId)
    this.#written.set(organizationId, later(known, lsn) ?? lsn)
    if (this.#written.size > REMEMBERED_MAX) {
      const oldest = this.#written.keys().next().value
      if (oldest !== undefined) this.#written.delete(oldest)
    }
  }
  /** The position a read of this organization must have reached: its own writes here, and what its token says. */
  required(organizationId: OrganizationId, token: string | null): string | null {
    return later(this.#written.get(organizationId) ?? null, token)
  }

  /** A replica that is not resting, in turn; null when there is none. */
  pick(): Pool | null {
    const now = Date.now()
    for (let tries = 0; tries < this.#pools.length; tries++) {
      const pool = this.#pools[this.#next++ % this.#pools.length]
      if (pool && (this.#restingUntil.get(pool) ?? 0) <= now) return pool
    }
    return null
  }
  rest(pool: Pool): void {
    this.#restingUntil.set(pool, Date.now() + REST_MS)
  }
  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()))
  }
  get pools(): readonly Pool[] {
    return this.#pools
  }
}

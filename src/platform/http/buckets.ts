// Token buckets, bounded in memory. A bucket that has refilled is the same as no bucket, so it can be dropped without loss.

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface Bucket {
  tokens: number
  atMs: number
  rate: Rate
}

const BUCKETS_MAX = 20_000

export class Buckets {
  readonly #buckets = new Map<string, Bucket>()

  /** The bucket of a name, refilled up to now. A changed rate applies at once. */
  at(name: string, rate: Rate, nowMs: number): Bucket {
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) this.#makeRoom(nowMs)
      const fresh = { tokens: rate.burst, atMs: nowMs, rate }
      this.#buckets.set(name, fresh)
      return fresh
    }
    bucket.tokens = Math.min(rate.burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * rate.perSecond)
    bucket.atMs = nowMs
    bucket.rate = rate
    return bucket
  }

  get size(): number {
    return this.#buckets.size
  }

  #makeRoom(nowMs: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (bucket.tokens + ((nowMs - bucket.atMs) / 1000) * bucket.rate.perSecond >= bucket.rate.burst) this.#buckets.delete(name)
    }
    // Every bucket is in use: the oldest tenth starts again, which errs on the side of the caller.
    if (this.#buckets.size < BUCKETS_MAX) return
    let toDrop = BUCKETS_MAX / 10
    for (const name of this.#buckets.keys()) {
      if (toDrop-- <= 0) return
      this.#buckets.delete(name)
    }
  }
}

/** Seconds until the bucket holds one token again, at least 1. */
export const secondsUntilToken = (bucket: Bucket): number => Math.max(1, Math.ceil((1 - bucket.tokens) / bucket.rate.perSecond))

/** `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers: quota `q` per window of `w` seconds. */
export const policyOf = (name: string, rate: Rate): string => `"${name}";q=${rate.burst};w=${Math.max(1, Math.ceil(rate.burst / rate.perSecond))}`

/** `RateLimit` of the same draft: `r` requests left, `t` seconds until the quota is whole again. */
export const stateOf = (name: string, bucket: Bucket): string =>
  `"${name}";r=${Math.max(0, Math.floor(bucket.tokens))};t=${Math.ceil((bucket.rate.burst - bucket.tokens) / bucket.rate.perSecond)}`

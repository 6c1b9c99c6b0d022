// Limits per organization, per key and per address. They hold before anything is parsed or read from the database.
import type { OrganizationId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problem.ts'
import { Buckets, policyOf, type Rate, secondsUntilToken, stateOf } from './buckets.ts'
import type { HttpConfig } from './config.ts'
import type { Principal } from './principals.ts'

/** The limits of an organization and of one key, with their header text made once. */
interface Quota {
  readonly organization: Rate
  readonly key: Rate
  readonly policy: string
}

export interface Admission {
  readonly policy: string
  readonly state: string
  readonly refusal: Problem | null
}

const tooMany = (whose: string, seconds: number): Problem =>
  new Problem('rate_limited', `Too many requests of this ${whose}. Try again in ${seconds} s.`, { retryAfterSeconds: seconds })

export class Limits {
  readonly #config: HttpConfig
  readonly #nowMs: () => number
  readonly #organizations = new Buckets()
  readonly #keys = new Buckets()
  readonly #failures = new Buckets()
  readonly #strangers = new Buckets()
  readonly #running = new Map<OrganizationId, number>()
  readonly #quotas = new WeakMap<Principal, Quota>()

  constructor(config: HttpConfig, nowMs: () => number) {
    this.#config = config
    this.#nowMs = nowMs
  }

  #quotaOf(principal: Principal): Quota {
    const before = this.#quotas.get(principal)
    if (before !== undefined) return before
    const organization = { perSecond: principal.limits.requestsPerSecond, burst: principal.limits.burst }
    const own = principal.keyLimits ?? principal.limits
    const key = { perSecond: own.requestsPerSecond, burst: own.burst }
    const quota = { organization, key, policy: `${policyOf('organization', organization)}, ${policyOf('key', key)}` }
    this.#quotas.set(principal, quota)
    return quota
  }

  /** Takes one token of the organization and one of the key. A refused request costs neither of them anything. */
  admit(principal: Principal): Admission {
    const quota = this.#quotaOf(principal)
    const now = this.#nowMs()
    const organization = this.#organizations.at(principal.organizationId, quota.organization, now)
    const key = this.#keys.at(principal.credentialId, quota.key, now)
    const refusal = key.tokens < 1 ? tooMany('key', secondsUntilToken(key)) : organization.tokens < 1 ? tooMany('organization', secondsUntilToken(organization)) : null
    if (refusal === null) {
      organization.tokens -= 1
      key.tokens -= 1
    }
    return { policy: quota.policy, state: `${stateOf('organization', organization)}, ${stateOf('key', key)}`, refusal }
  }

  /** Takes a place among the organization's running requests; give it back with `leave`. */
  enter(principal: Principal): Problem | null {
    const running = this.#running.get(principal.organizationId) ?? 0
    if (running >= principal.limits.concurrentRequests) {
      return new Problem('rate_limited', `${running} requests of this organization are running already. Wait for one to end.`, { retryAfterSeconds: 1 })
    }
    this.#running.set(principal.organizationId, running + 1)
    return null
  }

  leave(organizationId: OrganizationId): void {
    const running = this.#running.get(organizationId) ?? 0
    if (running <= 1) this.#running.delete(organizationId)
    else this.#running.set(organizationId, running - 1)
  }

  /** Seconds for which an address that failed too often must wait; null when it may try. */
  failureWaitSeconds(address: string): number | null {
    const bucket = this.#failures.at(address, this.#config.failures, this.#nowMs())
    return bucket.tokens < 1 ? secondsUntilToken(bucket) : null
  }

  countFailure(address: string): void {
    const bucket = this.#failures.at(address, this.#config.failures, this.#nowMs())
    bucket.tokens = Math.max(0, bucket.tokens - 1)
  }

  /** One request of a public operation by an address nobody vouches for. */
  admitStranger(address: string): Problem | null {
    const bucket = this.#strangers.at(address, this.#config.publicRequests, this.#nowMs())
    if (bucket.tokens < 1) return tooMany('address', secondsUntilToken(bucket))
    bucket.tokens -= 1
    return null
  }
}

// Who is behind a key, remembered for a minute. Entries are named by the SHA-256 of the key and the caller's address (a key
// may be bound to addresses), never by the key. Unknown keys are remembered for seconds, in a map of their own, so that a
// flood of guesses cannot push out the callers who belong here.
import type { Facts, Permission } from '../../kernel/access.ts'
import type { OrganizationId } from '../../kernel/ids.ts'
import { keyDigest } from '../crypto/keys.ts'

export interface RequestLimits {
  readonly requestsPerSecond: number
  readonly burst: number
}
export interface Principal {
  readonly organizationId: OrganizationId
  readonly actor: Facts['actor']
  readonly role: string
  readonly permissions: ReadonlySet<Permission>
  readonly fieldClasses: Facts['fieldClasses']
  readonly sites: Facts['sites']
  readonly session: Facts['session']
  /** Id of the key or session: what `forget` takes. */
  readonly credentialId: string
  /** A key of a protocol: it opens the protocol's endpoints and no operation of the API. */
  readonly opensPagesOnly?: true
  /** Of the whole organization. */
  readonly limits: RequestLimits & { readonly concurrentRequests: number }
  /** Of this one key; the organization's when absent. */
  readonly keyLimits?: RequestLimits
  readonly expiresAtMs: number | null
}
/** Looks a well-formed key up. Null: unknown, expired, revoked, or not from this address. */
export type Authenticate = (credential: { readonly token: string; readonly remoteAddress: string }) => Promise<Principal | null>

export interface PrincipalsOptions {
  readonly authenticate: Authenticate
  readonly nowMs: () => number
  readonly ttlMs: number
  readonly strangerTtlMs: number
  readonly max: number
}

interface Entry {
  readonly principal: Principal
  readonly untilMs: number
}

export class Principals {
  readonly #options: PrincipalsOptions
  readonly #entries = new Map<string, Entry>()
  readonly #strangers = new Map<string, number>()
  readonly #byCredential = new Map<string, Set<string>>()
  #flights = new Map<string, Promise<Principal | null>>()
  #isPaused = false

  constructor(options: PrincipalsOptions) {
    this.#options = options
  }

  /** The remembered principal, null for a remembered stranger, or undefined: `lookUp` has to be asked. */
  recall(token: string, remoteAddress: string): { readonly name: string; readonly known: Principal | null | undefined } {
    const name = `${keyDigest(token)} ${remoteAddress}`
    if (this.#isPaused) return { name, known: undefined }
    const now = this.#options.nowMs()
    const entry = this.#entries.get(name)
    if (entry !== undefined) {
      if (entry.untilMs > now) return { name, known: entry.principal }
      this.#drop(name, entry.principal)
    }
    const strangerUntilMs = this.#strangers.get(name)
    if (strangerUntilMs !== undefined && strangerUntilMs > now) return { name, known: null }
    return { name, known: undefined }
  }

  /** Asks for real. Callers with the same key at the same moment share one look-up. */
  lookUp(name: string, token: string, remoteAddress: string): Promise<Principal | null> {
    const flights = this.#flights
    const running = flights.get(name)
    if (running !== undefined) return running
    const flight = this.#options.authenticate({ token, remoteAddress }).then(
      (principal) => {
        flights.delete(name)
        // A revocation replaced the map while this look-up ran: what it saw may be out of date, so it is not kept.
        if (flights === this.#flights) this.#keep(name, principal)
        return principal !== null && principal.expiresAtMs !== null && principal.expiresAtMs <= this.#options.nowMs() ? null : principal
      },
      (error: unknown) => {
        flights.delete(name)
        throw error
      },
    )
    flights.set(name, flight)
    return flight
  }

  /** A revoked or changed credential: the next request with it is looked up again. */
  forget(credentialId: string): void {
    this.#flights = new Map()
    for (const name of this.#byCredential.get(credentialId) ?? []) this.#entries.delete(name)
    this.#byCredential.delete(credentialId)
  }

  forgetAll(): void {
    this.#flights = new Map()
    this.#entries.clear()
    this.#strangers.clear()
    this.#byCredential.clear()
  }

  /** While the news of revocations does not arrive, nothing is remembered: every request is looked up. */
  pause(isPaused: boolean): void {
    if (isPaused && !this.#isPaused) this.forgetAll()
    this.#isPaused = isPaused
  }

  get size(): number {
    return this.#entries.size + this.#strangers.size
  }

  #keep(name: string, principal: Principal | null): void {
    if (this.#isPaused) return
    const now = this.#options.nowMs()
    if (principal === null) {
      if (this.#strangers.size >= this.#options.max) this.#dropOldest(this.#strangers)
      this.#strangers.set(name, now + this.#options.strangerTtlMs)
      return
    }
    const before = this.#entries.get(name)
    if (before !== undefined) this.#drop(name, before.principal)
    if (this.#entries.size >= this.#options.max) this.#dropOldest(this.#entries)
    this.#strangers.delete(name)
    this.#entries.set(name, { principal, untilMs: Math.min(now + this.#options.ttlMs, principal.expiresAtMs ?? Infinity) })
    const names = this.#byCredential.get(principal.credentialId)
    if (names === undefined) this.#byCredential.set(principal.credentialId, new Set([name]))
    else names.add(name)
  }

  #drop(name: string, principal: Principal): void {
    this.#entries.delete(name)
    const names = this.#byCredential.get(principal.credentialId)
    names?.delete(name)
    if (names?.size === 0) this.#byCredential.delete(principal.credentialId)
  }

  #dropOldest(map: Map<string, unknown>): void {
    for (const name of map.keys()) {
      const entry = this.#entries.get(name)
      if (map === this.#entries && entry !== undefined) this.#drop(name, entry.principal)
      else map.delete(name)
      return
    }
  }
}

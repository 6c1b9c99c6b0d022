// What the sign-in part of this room is given by the composition of the service.
import type { Outbound } from '../../platform/outbound/outbound.ts'
import type { Database } from '../../platform/db/database.ts'

export interface IdentityParts {
  readonly database: Database
  /** The installation's secret: seals what must be read again. */
  readonly secret: Uint8Array
  /** Scheme, host and port by which browsers know this server. */
  readonly origin: () => string
  /** The guarded way out to addresses that customers configure. */
  readonly outbound: Outbound
  readonly resolveTxt: (name: string) => Promise<readonly string[]>
  readonly nowMs: () => number
  /** The demo's providers run on this machine without TLS. Never in production. */
  readonly allowsLocalProviders: boolean
}

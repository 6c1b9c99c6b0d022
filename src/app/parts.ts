// What the rooms are given beside the database, with what is usual where nothing else is said.
import type { IdentityParts } from '../domains/identity/index.ts'
import type { Database } from '../platform/db/database.ts'
import { createTxtResolver } from '../platform/dns/txt.ts'
import { createOutbound } from '../platform/outbound/outbound.ts'

export const partsOf = (database: Database, secret: Uint8Array, more: Partial<IdentityParts> = {}): IdentityParts => ({
  database, secret,
  origin: () => '',
  outbound: createOutbound(),
  resolveTxt: createTxtResolver(),
  nowMs: () => Date.now(),
  allowsLocalProviders: false,
  ...more,
})

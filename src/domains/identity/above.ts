// What this room is told of the rooms above it, where the service is put together: it may not look there itself.
import type { Permission } from '../../kernel/access.ts'
import type { SiteId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/tx.ts'

export interface Above {
  /** Every operation by its name, `orders.placeOrder`, with the permissions it needs. */
  readonly operations: () => ReadonlyMap<string, readonly Permission[]>
  /** Those of the ids that are sites the caller meets. */
  readonly knownSites: <M extends 'read' | 'write'>(tx: Tx<M, never>, ids: readonly SiteId[]) => Promise<ReadonlySet<string>>
}

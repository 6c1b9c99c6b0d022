// The face of inventory for the rooms above and for the composition of the service.
import type { SiteId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { existingSites } from './sites/store.ts'

export { inventoryChores } from './chores.ts'
export { inventoryHandlers } from './handlers.ts'
export { listing } from './listing.ts'

/** Those of the ids that are sites the caller meets: for rooms that only have to know whether there is such a site. */
export const knownSites = async <M extends 'read' | 'write'>(tx: Tx<M, never>, ids: readonly SiteId[]): Promise<ReadonlySet<string>> => existingSites(tx.lend('inventory:read'), ids)

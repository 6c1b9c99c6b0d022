// The face of inventory for the rooms above and for the composition of the service.
import type { CycleCountId, InspectionId, LocationId, OrderId, SiteId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/tx.ts'
import type { Count, CountRecord } from './counts/contract.ts'
import * as counts from './counts/store.ts'
import * as tasks from './movements/task.ts'
import type { Inspection, InspectionResult } from './inbound/contract.ts'
import * as inspections from './inbound/inspect.ts'
import * as putaway from './inbound/putaway.ts'
import * as receipts from './receipts/store.ts'
import type { ReceiptId } from './schema.ts'
import { existingSites } from './sites/store.ts'

export { inventoryChores } from './chores.ts'
export { inventoryHandlers } from './handlers.ts'
export { listing } from './listing.ts'
export type { ReceiptId } from './schema.ts'

/** Those of the ids that are sites the caller meets: for rooms that only have to know whether there is such a site. */
export const knownSites = async <M extends 'read' | 'write'>(tx: Tx<M, never>, ids: readonly SiteId[]): Promise<ReadonlySet<string>> => existingSites(tx.lend('inventory:read'), ids)

/** What the caller found in one place of a count; the actor of the transaction counted. Refused (`conflict`, `counted_already`) when the place waits for no count. */
export const recordCount = (tx: Tx<'write', never>, { countId, ...record }: CountRecord & { readonly countId: CycleCountId }): Promise<Count> =>
  counts.recordCount(tx.lend('inventory:read').lend('inventory:write'), countId, record)
/** Plans a count of those places that wait for none already (event `count.planned`); null when all do. */
export const proposeCount = (tx: Tx<'write', never>, wanted: { readonly siteId: SiteId; readonly locationIds: readonly LocationId[]; readonly reason: string }): Promise<CycleCountId | null> =>
  counts.proposeCount(tx.lend('inventory:read').lend('inventory:write'), wanted)

/** Carries free goods for a task. Refused when they are not there, or promised. */
export const moveForTask = (tx: Tx<'write', never>, move: tasks.TaskMove): Promise<void> => tasks.moveForTask(tx.lend('inventory:read').lend('inventory:write'), move)
/** What a task did not find is taken out of the books; promises that this makes untrue are broken and told. Gives the orders whose promises those were. */
export const loseForTask = (tx: Tx<'write', never>, loss: tasks.TaskLoss): Promise<readonly OrderId[]> => tasks.loseForTask(tx.lend('inventory:read').lend('inventory:write'), loss)

/** Decides an inspection once; accepted goods that lie where goods are received get their put-away told. Refused (`illegal_transition`) when it was decided before. */
export const decideInspection = (tx: Tx<'write', never>, key: string, id: InspectionId, result: InspectionResult): Promise<Inspection> =>
  inspections.decideInspection(tx.lend('inventory:read').lend('inventory:write').lend('stock:adjust'), key, id, result)

/** Bins for goods that lie somewhere at the site, split over bins where one has no room for all; `locationId` null for what finds none. The room of goods that are `onTheWay` is taken. */
export const suggestPutaway = <M extends 'read' | 'write'>(tx: Tx<M, never>, siteId: SiteId, lines: readonly putaway.PutawayLine[], onTheWay: readonly putaway.Placed[] = []): Promise<putaway.PutawayPlace[]> =>
  putaway.suggestPutaway(tx.lend('inventory:read'), siteId, lines, onTheWay)
/** Everything of a receipt lies in its bins: a received one is put away. Others stay as they are. */
export const receiptWasPutAway = (tx: Tx<'write', never>, id: ReceiptId): Promise<void> => receipts.wasPutAway(tx.lend('inventory:read').lend('inventory:write'), id)

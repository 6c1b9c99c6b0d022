// What warehouse tasks do to stock that nobody is promised by name: goods go to another place, or are found not to be where the books say.
import type { ItemId, LocationId, LotId, OrderId, SiteId, TaskId } from '../../../kernel/ids.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockAdjusted } from '../events.ts'
import { virtualLocations } from '../sites/store.ts'
import { post, sitesOf } from './post.ts'

export interface TaskMove {
  readonly taskId: TaskId
  readonly reason: string
  readonly key: string
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly fromLocationId: LocationId
  readonly toLocationId: LocationId
  readonly quantity: string
  readonly occurredAt: string | null
}
export interface TaskLoss {
  readonly taskId: TaskId
  readonly siteId: SiteId
  readonly reason: 'lost' | 'damage'
  readonly key: string
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly locationId: LocationId
  readonly quantity: string
}
type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

/** Carries free goods to another real place. Refused when they are not there or promised. */
export async function moveForTask(tx: Writing, { taskId, reason, key, itemId, lotId, fromLocationId, toLocationId, quantity, occurredAt }: TaskMove): Promise<void> {
  await sitesOf(tx, [{ pointer: '/toLocationId', id: toLocationId }])
  await post(tx, { documentKind: 'task', reason, key, breaks: null, moves: [{ documentId: taskId, documentLineId: taskId, itemId, lotId, fromLocationId, toLocationId, quantity, occurredAt }] })
}

/** Corrects the books by what was not there, and breaks the promises that this makes untrue; gives the orders whose promises those were. */
export async function loseForTask(tx: Writing, { taskId, siteId, reason, key, itemId, lotId, locationId, quantity }: TaskLoss): Promise<readonly OrderId[]> {
  const { adjustment } = await virtualLocations(tx, siteId)
  const { broken } = await post(tx, { documentKind: 'task', reason, key: `${key}:${reason}`, breaks: 'adjustment', moves: [{ documentId: taskId, documentLineId: taskId, itemId, lotId, fromLocationId: locationId, toLocationId: adjustment, quantity, occurredAt: null }] })
  tx.emit(stockAdjusted, siteId, { siteId, documentId: taskId, reason, lines: [{ itemId, lotId, locationId, change: `-${quantity}` }] })
  return [...new Set(broken.map(({ orderId }) => orderId))].toSorted((a, b) => (a < b ? -1 : 1))
}

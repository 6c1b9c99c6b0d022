// Posting a count: the differences, relative to what the books said when it was counted.
import type { CycleCountId, ItemId, OrderId, OrderLineId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { countPosted, stockAdjusted } from '../events.ts'
import { post, type Move } from '../movements/post.ts'
import { virtualLocations } from '../sites/store.ts'
import type { CountPosted } from './contract.ts'
import { changedSinceReview, differences, getCount, lockCount } from './store.ts'

const loosen = write('inventory:write', 'select l.order_id, l.demand_line_id, l.item_id, l.quantity from bss.loosen_for_count($1, $2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[]) l', {
  orderId: column.id<OrderId>(), demandLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), quantity: column.quantity,
})
const setPosted = write('inventory:write', "update bss.cycle_count set status = 'posted', posted_at = now() where organization_id = $1 and id = $2", {})

/** Posts what was approved, once. The moves are dated to the instant of counting, so that a count that overlaps does not find the same difference again. */
export async function postCount(tx: Tx<'write', 'inventory:read' | 'inventory:write' | 'stock:adjust'>, key: string, id: CycleCountId): Promise<CountPosted> {
  await lockCount(tx, id, ['approved'], 'posted')
  const { siteId } = await getCount(tx, id)
  const { adjustment } = await virtualLocations(tx, siteId)
  const found = await tx.rows(differences, [id])
  const differing = found.filter(({ difference }) => difference !== '0')
  const loosened = await tx.rows(loosen, [differing.map((each) => each.itemId), differing.map((each) => each.locationId), differing.map((each) => each.lotId), differing.map((each) => each.difference)])
  // Under the locks of the levels: moves of before the counting that were recorded only after the review would make the approved figures wrong.
  const late = (await tx.rows(differences, [id])).filter(({ isAsReviewed }) => !isAsReviewed)
  if (late.length > 0) throw changedSinceReview(late)
  const moves = differing.map((each): Move => {
    const isLoss = each.difference.startsWith('-')
    const [fromLocationId, toLocationId] = isLoss ? [each.locationId, adjustment] : [adjustment, each.locationId]
    return { documentId: id, documentLineId: each.entryId, itemId: each.itemId, fromLocationId, toLocationId, lotId: each.lotId, quantity: isLoss ? each.difference.slice(1) : each.difference, occurredAt: each.countedAt }
  })
  const { moveIds } = moves.length === 0 ? { moveIds: [] } : await post(tx, { documentKind: 'count', reason: 'count', key, moves, breaks: 'adjustment' })
  await tx.rows(setPosted, [id])
  const lines = differing.map(({ itemId, lotId, locationId, difference }) => ({ itemId, lotId, locationId, change: difference }))
  if (lines.length > 0) tx.emit(stockAdjusted, siteId, { siteId, documentId: id, reason: 'count', lines })
  tx.emit(countPosted, id, { countId: id, siteId, lines, loosened: loosened.map(({ demandLineId, ...rest }) => ({ lineId: demandLineId, ...rest })) })
  tx.changed({ entity: 'cycle_count', id, action: 'posted', after: { lines } })
  return { count: await getCount(tx, id), moveIds }
}

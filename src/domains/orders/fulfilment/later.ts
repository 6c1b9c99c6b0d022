// Orders that went to the warehouse and were promised more later: they get bins as soon as bins hold it.
import type { ItemId, OrderId, SiteId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { releaseLater } from '../changes/handlers.ts'

/** So many orders are served at once; the next event serves on. */
const SERVED_MAX = 200
const withoutBins = write('orders:write', 'select order_id from bss.orders_without_bins($1, $2, $3::uuid[], $4) where organization_id = $1', { orderId: column.id<OrderId>() })

/** Gives bins to soft promises of released orders, the most urgent and oldest first: called when goods have come to where they can be picked. */
export async function giveBins(tx: Tx<'write', 'orders:write' | 'orders:release'>, siteId: SiteId, items: readonly ItemId[]): Promise<void> {
  if (items.length === 0) return
  for (const { orderId } of await tx.rows(withoutBins, [siteId, [...new Set(items)], SERVED_MAX])) await releaseLater(tx, orderId)
}

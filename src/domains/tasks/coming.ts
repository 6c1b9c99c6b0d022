// Goods on their way to bins: their room is taken already.
import type { Permission } from '../../kernel/access.ts'
import type { ItemId, LocationId, LotId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'

/** What open tasks will put into places of a site. */
export const comingTo = <const P extends Permission>(needs: P) => write(needs, `
  select t.to_location_id as location_id, t.item_id, t.lot_id, sum(t.planned - t.done) as quantity from bss.warehouse_task t
   where t.organization_id = $1 and t.site_id = $2 and t.kind in ('putaway', 'replenish', 'move') and t.ended_at is null and t.to_location_id is not null and t.item_id is not null and t.planned > t.done
   group by t.to_location_id, t.item_id, t.lot_id`, { locationId: column.id<LocationId>(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()), quantity: column.quantity })

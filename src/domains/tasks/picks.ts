// Pick tasks out of the promises of shipment lines: by waves, and again after a short pick.
import type { Permission } from '../../kernel/access.ts'
import type { ShipmentLineId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write, type Statement } from '../../platform/db/statement.ts'

interface Made {
  readonly shipmentLineId: ShipmentLineId
  readonly wanted: string
  readonly made: string
}
/** Makes the tasks for these lines and says how much of each found a promise with a bin. Needs the locks of orders and shipments. */
export const pickTasksOf = <const P extends Permission>(needs: P): Statement<'write', P, Made> =>
  write(needs, 'select m.shipment_line_id, m.wanted, m.made from bss.make_pick_tasks($1, $2::uuid[], $3::uuid) m', { shipmentLineId: column.id<ShipmentLineId>(), wanted: column.quantity, made: column.quantity })

// The warehouse of the tests: picks and ships what an order was promised, by the same functions as the rooms above, and without them.
import { contextOf } from '../../../../test/setup/database.ts'
import type { House } from '../../../../test/setup/house.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { newId, type LocationId, type OrderLineId, type ReservationId } from '../../../kernel/ids.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { recordDelivered, recordPicked, recordShipped } from '../index.ts'

const promises = write('inventory:write', `select v.id, v.quantity from bss.reservation v where v.organization_id = $1 and v.demand_line_id = $2 and v.status = $3 and v.kind = 'hard' order by v.id`, {
  id: column.id<ReservationId>(), quantity: column.quantity,
})
const carry = write('inventory:write', `select r.entry from bss.carry_reserved($1, $2::uuid[], $3::numeric[], $4::uuid[], 'task', 'pick', $5, $6::uuid[], $6::uuid[], $7::timestamptz[]) r`, { entry: column.int })
const issue = write('inventory:write', `select r.entry from bss.issue_reserved($1, $2::uuid[], 'shipment', 'ship', $3, $4::uuid[], $4::uuid[], now()) r`, { entry: column.int })

export interface Floor {
  /** Picks so much of a line to a place; what it has in bins must be enough. */
  readonly pick: (lineId: OrderLineId, quantity: string) => Promise<void>
  /** Ships the picked promises of a line, whole; gives how much that was. */
  readonly ship: (lineId: OrderLineId) => Promise<string>
  readonly deliver: (lineId: OrderLineId, quantity: string) => Promise<void>
  /** What lies on the packing table: on hand, allocated. */
  readonly onTable: () => Promise<readonly (string | null)[]>
  /** Rules of the live data that do not hold. */
  readonly broken: () => Promise<readonly (string | null)[]>
}

export function floorOf(house: House, packId: LocationId): Floor {
  const ctx = () => contextOf(house.acme.id, 'tenant_admin').need('inventory:write')
  /** What is done here goes past the API: what is read through it next must not be older. */
  const done = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work
    await plant(house.superuserUrl, 'select 1')
    return result
  }
  return {
    pick: (lineId, quantity) => done(house.database.write(ctx(), async (tx) => {
      await recordPicked(tx, [{ lineId, quantity }])
      let rest = micros(quantity)
      const parts: { id: ReservationId; quantity: string }[] = []
      for (const each of await tx.rows(promises, [lineId, 'open'])) {
        const part = micros(each.quantity) < rest ? micros(each.quantity) : rest
        if (part > 0n) parts.push({ id: each.id, quantity: quantityOf(part) })
        rest -= part
      }
      if (rest > 0n) throw new Error('There is not so much in bins.')
      const now = new Date().toISOString()
      await tx.rows(carry, [parts.map(({ id }) => id), parts.map((part) => part.quantity), parts.map(() => packId), newId(), parts.map(() => newId()), parts.map(() => now)])
    })),
    ship: (lineId) => done(house.database.write(ctx(), async (tx) => {
      const picked = await tx.rows(promises, [lineId, 'picked'])
      const quantity = quantityOf(picked.reduce((total, each) => total + micros(each.quantity), 0n))
      await recordShipped(tx, newId(), [{ lineId, quantity }])
      await tx.rows(issue, [picked.map(({ id }) => id), newId(), picked.map(() => newId())])
      return quantity
    })),
    deliver: (lineId, quantity) => done(house.database.write(ctx(), (tx) => recordDelivered(tx, newId(), [{ lineId, quantity }]))),
    onTable: async () => (await sql(house.superuserUrl, 'select trim_scale(coalesce(sum(on_hand), 0))::text, trim_scale(coalesce(sum(allocated), 0))::text from bss.stock_balance where location_id = $1', [packId]))[0] ?? [],
    broken: async () => (await sql(house.superuserUrl, `
      select 'reserved ' || l.id from bss.sales_order_line l where l.reserved <> (select coalesce(sum(v.quantity), 0) from bss.reservation v where v.demand_line_id = l.id and v.status in ('open', 'picked'))
      union all select 'picked ' || l.id from bss.sales_order_line l where l.picked - l.shipped <> (select coalesce(sum(v.quantity), 0) from bss.reservation v where v.demand_line_id = l.id and v.status = 'picked')
      union all select 'shipped ' || l.id from bss.sales_order_line l where l.shipped <> (select coalesce(sum(v.quantity), 0) from bss.reservation v where v.demand_line_id = l.id and v.status = 'consumed')
      union all select 'level ' || s.item_id from bss.stock_level s where s.reserved <> (select coalesce(sum(v.quantity), 0) from bss.reservation v where v.site_id = s.site_id and v.item_id = s.item_id and v.status in ('open', 'picked'))
      union all select 'allocated ' || b.item_id from bss.stock_balance b where b.allocated <> (select coalesce(sum(v.quantity), 0) from bss.reservation v where v.item_id = b.item_id and v.location_id = b.location_id and v.lot_id is not distinct from b.lot_id and v.status in ('open', 'picked'))
      union all select 'status ' || o.id from bss.sales_order o where o.status <> bss.order_status_of((select array_agg(l.status) from bss.sales_order_line l where l.order_id = o.id))
      union all select 'ends ' || l.id from bss.sales_order_line l where l.status in ('released', 'in_fulfilment') and l.shipped > 0 and l.shipped + l.cancelled = l.ordered`)).map(([what]) => what ?? null),
  }
}

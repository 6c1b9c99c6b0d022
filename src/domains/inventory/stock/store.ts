// Reads of balances, levels, promises and what can be promised.
import type { ItemId, LocationId, LotId, OrderId, OrderLineId, ReservationId, SiteId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import { LOT_STATUSES } from '../rules.ts'
import { RESERVATION_KINDS, RESERVATION_STATUSES, type Promisable } from './contract.ts'
import { promisableDays } from './rules.ts'

export type Reading = Tx<'read', 'inventory:read'>

const balance = {
  siteId: column.id<SiteId>(), itemId: column.id<ItemId>(), sku: column.text, locationId: column.id<LocationId>(), locationCode: column.text, lotId: column.nullable(column.id<LotId>()),
  lotNumber: column.nullable(column.text), lotStatus: column.nullable(column.oneOf(LOT_STATUSES)), expiresOn: column.nullable(column.date), onHand: column.quantity, allocated: column.quantity, updatedAt: column.instant,
}
const NO_LOT = '00000000-0000-0000-0000-000000000000'

export const listBalances = listing('inventory:read', {
  select: `
    select b.site_id, b.item_id, i.sku, b.location_id, l.code as location_code, b.lot_id, t.number as lot_number, t.status as lot_status, t.expires_on, b.on_hand, b.allocated, b.updated_at
      from bss.stock_balance b
      join bss.item i on i.organization_id = $1 and i.id = b.item_id
      join bss.location l on l.organization_id = $1 and l.id = b.location_id
      left join bss.lot t on t.organization_id = $1 and t.id = b.lot_id
     where b.organization_id = $1 and not b.is_virtual and b.on_hand <> 0`,
  shape: balance,
  filters: { itemId: 'b.item_id = ?', siteId: 'b.site_id = ?', locationId: 'b.location_id = ?', lotId: 'b.lot_id = ?' },
  sorts: { item: { sql: 'b.item_id', type: 'uuid', of: (row) => row.itemId }, location: { sql: 'b.location_id', type: 'uuid', of: (row) => row.locationId } },
  tie: { sql: 'b.location_id', type: 'uuid', of: (row) => row.locationId },
  moreTies: [{ sql: 'b.item_id', type: 'uuid', of: (row) => row.itemId }, { sql: 'b.lot_key', type: 'uuid', of: (row) => row.lotId ?? NO_LOT }],
})

const levelFigures = { onHand: column.quantity, unavailable: column.quantity, reserved: column.quantity, available: column.quantity }
const LEVEL_FIGURES = 'v.on_hand, v.unavailable, v.reserved, v.on_hand - v.unavailable - v.reserved as available'

export const listLevels = listing('inventory:read', {
  select: `
    select v.site_id, s.code as site_code, v.item_id, i.sku, ${LEVEL_FIGURES}, v.next_expiry_at
      from bss.stock_level v
      join bss.site s on s.organization_id = $1 and s.id = v.site_id
      join bss.item i on i.organization_id = $1 and i.id = v.item_id
     where v.organization_id = $1`,
  shape: { siteId: column.id<SiteId>(), siteCode: column.text, itemId: column.id<ItemId>(), sku: column.text, ...levelFigures, nextExpiryAt: column.nullable(column.instant) },
  filters: { itemId: 'v.item_id = ?', siteId: 'v.site_id = ?' },
  sorts: { item: { sql: 'v.item_id', type: 'uuid', of: (row) => row.itemId }, site: { sql: 'v.site_id', type: 'uuid', of: (row) => row.siteId } },
  tie: { sql: 'v.site_id', type: 'uuid', of: (row) => row.siteId },
  moreTies: [{ sql: 'v.item_id', type: 'uuid', of: (row) => row.itemId }],
})

export const reservation = {
  id: column.id<ReservationId>(), orderId: column.id<OrderId>(), lineId: column.id<OrderLineId>(), siteId: column.id<SiteId>(), itemId: column.id<ItemId>(), quantity: column.quantity,
  kind: column.oneOf(RESERVATION_KINDS), status: column.oneOf(RESERVATION_STATUSES), locationId: column.nullable(column.id<LocationId>()), lotId: column.nullable(column.id<LotId>()), priority: column.int,
  expiresAt: column.nullable(column.instant), createdAt: column.instant, endedAt: column.nullable(column.instant),
}
export const RESERVATION = 'r.id, r.order_id, r.demand_line_id as line_id, r.site_id, r.item_id, r.quantity, r.kind, r.status, r.location_id, r.lot_id, r.priority, r.expires_at, r.created_at, r.ended_at'
const promises = {
  shape: reservation,
  sorts: { created: { sql: 'r.id', type: 'uuid', of: (row: { readonly id: string }) => row.id } },
  tie: { sql: 'r.id', type: 'uuid', of: (row: { readonly id: string }) => row.id },
} as const
const wantedPromises = { itemId: 'r.item_id = ?', siteId: 'r.site_id = ?', orderId: 'r.order_id = ?', lineId: 'r.demand_line_id = ?' } as const
/** Two lists, so that the open ones, which are few, are found by the indexes that hold only them. */
export const listOpenReservations = listing('inventory:read', {
  ...promises, select: `select ${RESERVATION} from bss.reservation r where r.organization_id = $1 and r.status in ('open', 'picked')`, filters: wantedPromises,
})
export const listReservations = listing('inventory:read', { ...promises, select: `select ${RESERVATION} from bss.reservation r where r.organization_id = $1`, filters: { ...wantedPromises, status: 'r.status = ?' } })

/** A site and an item that exist have a level, if only of nothing. */
const levelOf = read('inventory:read', `
  select (now() at time zone s.time_zone)::date as today, coalesce(v.on_hand, 0) as on_hand, coalesce(v.unavailable, 0) as unavailable, coalesce(v.reserved, 0) as reserved,
         coalesce(v.on_hand - v.unavailable - v.reserved, 0) as available
    from bss.site s
    join bss.item i on i.organization_id = $1 and i.id = $3
    left join bss.stock_level v on v.organization_id = $1 and v.site_id = s.id and v.item_id = i.id
   where s.organization_id = $1 and s.id = $2`, { today: column.date, ...levelFigures })
const dated = { on: column.date, quantity: column.quantity }
const expectedAt = read('inventory:read', `
  select e.expected_on as on, sum(e.quantity) as quantity
    from (select k.expected_on, k.expected - k.received as quantity from bss.receipt_line k
           where k.organization_id = $1 and k.site_id = $2 and k.item_id = $3 and k.status = 'open' and k.expected > k.received and k.expected_on is not null
          union all
          select p.expected_on, p.ordered - p.received from bss.purchase_order_line p
           where p.organization_id = $1 and p.site_id = $2 and p.item_id = $3 and p.status = 'open' and p.ordered > p.received) e
   group by e.expected_on order by e.expected_on`, dated)
const expiringAt = read('inventory:read', `
  select t.expires_on as on, sum(b.on_hand) as quantity
    from bss.stock_balance b
    join bss.location l on l.organization_id = $1 and l.id = b.location_id
    join bss.lot t on t.organization_id = $1 and t.id = b.lot_id
   where b.organization_id = $1 and b.item_id = $3 and b.site_id = $2 and not b.is_virtual and b.on_hand > 0 and l.kind <> 'quarantine' and t.status = 'available' and t.expires_on is not null
   group by t.expires_on order by t.expires_on`, dated)

export async function getPromisable(tx: Reading, siteId: SiteId, itemId: ItemId, days: number): Promise<Promisable> {
  const { today, ...level } = await tx.one('stock level', levelOf, [siteId, itemId])
  const [expected, expiring] = [await tx.rows(expectedAt, [siteId, itemId]), await tx.rows(expiringAt, [siteId, itemId])]
  return { siteId, itemId, today, ...level, days: promisableDays({ today, available: level.available, expected, expiring }, days) }
}

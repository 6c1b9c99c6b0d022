// What scans are judged by, read under the locks: orders and shipments of picks first, then tasks by id.
import { parseBarcode } from '../../../kernel/gs1/index.ts'
import type { ItemId, LocationId, LotId, ReservationId, ShipmentLineId, SiteId, TaskId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { ReceiptId } from '../../inventory/index.ts'
import { lockForPicks, packLocationOf } from '../../shipments/index.ts'
import { TASK_KINDS, TASK_STATUSES } from '../rules.ts'
import type { Working } from '../work/store.ts'
import { plainOf, type Known, type Reading, type ScannedTask } from './rules.ts'

const lines = write('tasks:work', 'select t.shipment_line_id from bss.warehouse_task t where t.organization_id = $1 and t.id = any($2::uuid[]) and t.shipment_line_id is not null and t.ended_at is null', { shipmentLineId: column.id<ShipmentLineId>() })
const lock = write('tasks:work', 'select t.id from bss.warehouse_task t where t.organization_id = $1 and t.id = any($2::uuid[]) order by t.id for no key update', { id: column.id<TaskId>() })
const facts = write('tasks:work', `
  select t.id, t.site_id, t.kind, t.status, coalesce(t.assignee = sec.actor(), false) as is_mine, t.assignee is not null as is_given, t.lease_device, t.last_device, t.exception_code, t.from_location_id, t.to_location_id, t.item_id, t.lot_id,
         n.number as lot_number, n.status as lot_status, coalesce(n.expires_on < c.today, false) as is_lot_past, c.today, t.planned, t.done, t.reservation_id, t.shipment_line_id, t.receipt_id, t.tote,
         case when v.kind = 'hard' and v.status = 'open' then v.quantity else 0 end as promised,
         coalesce(p.status not in ('planned', 'released', 'picking'), false) and t.ended_at is null or coalesce(o.status = 'cancelled', false) as is_stopped
    from bss.warehouse_task t
    join bss.site s on s.organization_id = $1 and s.id = t.site_id
    cross join lateral (select (now() at time zone s.time_zone)::date as today) c
    left join bss.lot n on n.organization_id = $1 and n.item_id = t.item_id and n.id = t.lot_id
    left join bss.reservation v on v.organization_id = $1 and v.id = t.reservation_id
    left join bss.shipment_line l on l.organization_id = $1 and l.id = t.shipment_line_id
    left join bss.shipment p on p.organization_id = $1 and p.id = l.shipment_id
    left join bss.sales_order o on o.organization_id = $1 and o.id = v.order_id
   where t.organization_id = $1 and t.id = any($2::uuid[])`, {
  id: column.id<TaskId>(), siteId: column.id<SiteId>(), kind: column.oneOf(TASK_KINDS), status: column.oneOf(TASK_STATUSES), isMine: column.bool, isGiven: column.bool, leaseDevice: column.nullable(column.text), lastDevice: column.nullable(column.text),
  exceptionCode: column.nullable(column.text), fromLocationId: column.nullable(column.id<LocationId>()), toLocationId: column.nullable(column.id<LocationId>()), itemId: column.nullable(column.id<ItemId>()), lotId: column.nullable(column.id<LotId>()),
  lotNumber: column.nullable(column.text), lotStatus: column.nullable(column.text), isLotPast: column.bool, today: column.date, planned: column.nullable(column.quantity), done: column.quantity,
  reservationId: column.nullable(column.id<ReservationId>()), shipmentLineId: column.nullable(column.id<ShipmentLineId>()), promised: column.quantity, receiptId: column.nullable(column.id<ReceiptId>()), tote: column.nullable(column.text), isStopped: column.bool,
})

/** Takes the locks of everything these tasks hang on, and gives the tasks as they are under them. */
export async function holdTasks(tx: Working, ids: readonly TaskId[]): Promise<ReadonlyMap<TaskId, ScannedTask>> {
  const behind = [...new Set((await tx.rows(lines, [ids])).map(({ shipmentLineId }) => shipmentLineId))]
  if (behind.length > 0) await lockForPicks(tx, behind)
  await tx.rows(lock, [ids])
  return new Map((await tx.rows(facts, [ids])).map((each) => [each.id, each] as const))
}

const items = write('tasks:work', `
  select 'gtin ' || lpad(i.gtin, 14, '0') as code, i.id as item_id, 1::numeric as factor from bss.item i where i.organization_id = $1 and i.gtin = any($2::text[])
  union all select 'gtin ' || lpad(u.gtin, 14, '0'), u.item_id, u.factor from bss.item_unit u where u.organization_id = $1 and u.gtin = any($2::text[])
  union all select 'sku ' || i.sku, i.id, 1 from bss.item i where i.organization_id = $1 and i.sku = any($3::text[])`, { code: column.text, itemId: column.id<ItemId>(), factor: column.quantity })
const places = write('tasks:work', `
  select l.id, l.site_id, l.code, l.barcode, l.status = 'active' as is_place, l.kind = 'quarantine' as is_quarantine from bss.location l
   where l.organization_id = $1 and l.kind <> 'virtual' and (l.site_id = any($2::uuid[]) and l.code = any($3::text[]) or l.barcode = any($3::text[]))`, {
  id: column.id<LocationId>(), siteId: column.id<SiteId>(), code: column.text, barcode: column.nullable(column.text), isPlace: column.bool, isQuarantine: column.bool,
})
const units = write('tasks:work', `
  select u.sscc, u.receipt_id, c.item_id, c.lot_number, c.quantity from bss.ship_notice_unit u join bss.ship_notice_content c on c.organization_id = $1 and c.unit_id = u.id
   where u.organization_id = $1 and u.sscc = any($2::text[]) and u.status = 'received'`, { sscc: column.text, receiptId: column.id<ReceiptId>(), itemId: column.id<ItemId>(), lotNumber: column.nullable(column.text), quantity: column.quantity })
/** A GTIN is kept as it was entered: of 8, 12, 13 or 14 digits. */
const formsOf = (gtin14: string): string[] => [14, 13, 12, 8].flatMap((length) => (gtin14.startsWith('0'.repeat(14 - length)) ? [gtin14.slice(14 - length)] : []))

/** Everything the barcodes of a batch name, in one look per kind. */
export async function look(tx: Working, readings: readonly Reading[], tasks: Iterable<ScannedTask, unknown, unknown>): Promise<Known> {
  const gtins = new Set<string>()
  const skus = new Set<string>()
  const texts = new Set<string>()
  const ssccs = new Set<string>()
  for (const { barcode, location, toLocation } of readings) {
    for (const text of [location, toLocation]) if (text !== undefined) texts.add(plainOf(text))
    if (barcode === undefined) continue
    skus.add(plainOf(barcode))
    const code = parseBarcode(barcode)
    if (code.ok && code.scan.sscc !== undefined) ssccs.add(code.scan.sscc)
    if (code.ok && code.scan.gtin14 !== undefined) for (const form of formsOf(code.scan.gtin14)) gtins.add(form)
  }
  const all = [...tasks]
  const siteIds = [...new Set(all.map(({ siteId }) => siteId))]
  const packLocations = new Map<SiteId, LocationId | null>()
  for (const siteId of new Set(all.filter(({ kind }) => kind === 'pick').map((task) => task.siteId))) packLocations.set(siteId, await packLocationOf(tx, siteId))
  const found = texts.size === 0 ? [] : await tx.rows(places, [siteIds, [...texts]])
  return {
    items: skus.size === 0 ? new Map<string, []>() : Map.groupBy(await tx.rows(items, [[...gtins], [...skus]]), ({ code }) => code),
    locations: Map.groupBy(found.flatMap((each) => [...new Set([each.code, each.barcode ?? each.code])].map((text) => ({ ...each, text }))), ({ text }) => text),
    units: ssccs.size === 0 ? new Map<string, []>() : Map.groupBy(await tx.rows(units, [[...ssccs]]), ({ sscc }) => sscc),
    packLocations,
  }
}

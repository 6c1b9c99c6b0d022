// The statements behind the figures. They read the tables of the rooms below and lock nothing. Each is written for the index it
// walks; a filter by site is a statement of its own where it needs another one, since one plan cannot serve both.
import type { ItemId, SiteId } from '../../kernel/ids.ts'
import { UNITS } from '../../kernel/quantity.ts'
import * as column from '../../platform/db/row.ts'
import { read, write } from '../../platform/db/statement.ts'
import { ORDER_STATES } from './contract.ts'

const unit = column.oneOf(UNITS)
const siteId = column.id<SiteId>()

/** The sites a figure is about: all, or the one asked for. */
export const sites = read('planning:read', `
  select s.id as site_id, s.code as site_code from bss.site s where s.organization_id = $1 and ($2::uuid is null or s.id = $2) order by s.code`, { siteId, siteCode: column.text })

/** The oldest instants of each age bucket, oldest first; the sub-select makes them once for all rows. */
const BUCKET = `width_bucket(o.ordered_at, (select array[now() - interval '31 days', now() - interval '15 days', now() - interval '8 days', now() - interval '4 days', now() - interval '2 days']))`
const stateShape = { status: column.oneOf(ORDER_STATES), bucket: column.int, orders: column.int }
/** What has ended is counted for as long as it is recent: the cost follows the open orders, not the years of history. */
export const ordersByState = read('planning:read', `
  select o.status, ${BUCKET} as bucket, count(*) as orders
    from (select a.status, a.ordered_at from bss.sales_order a
           where a.organization_id = $1 and a.status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered')
          union all
          select e.status, e.ordered_at from bss.sales_order e
           where e.organization_id = $1 and e.status in ('closed', 'cancelled') and e.ordered_at > now() - interval '31 days') o
   group by 1, 2`, stateShape)
export const ordersByStateAtSite = read('planning:read', `
  select o.status, ${BUCKET} as bucket, count(*) as orders from bss.sales_order o
   where o.organization_id = $1 and o.site_id = $2 and (o.status not in ('closed', 'cancelled') or o.ordered_at > now() - interval '31 days') group by 1, 2`, stateShape)

const OPEN_QUANTITY = 'l.ordered - l.cancelled - l.shipped - l.reserved'
const backorderShape = { unit, lines: column.int, quantity: column.quantity }
/** By item first: the items are few, the lines are many. */
export const backorders = read('planning:read', `
  select i.base_unit as unit, sum(b.lines)::bigint as lines, sum(b.quantity) as quantity
    from (select l.item_id, count(*) as lines, sum(${OPEN_QUANTITY}) as quantity from bss.sales_order_line l
           where l.organization_id = $1 and l.is_backordered group by l.item_id) b
    join bss.item i on i.organization_id = $1 and i.id = b.item_id
   group by i.base_unit order by i.base_unit`, backorderShape)
export const backordersAtSite = read('planning:read', `
  select i.base_unit as unit, sum(b.lines)::bigint as lines, sum(b.quantity) as quantity
    from (select l.item_id, count(*) as lines, sum(${OPEN_QUANTITY}) as quantity
            from bss.sales_order o join bss.sales_order_line l on l.organization_id = $1 and l.order_id = o.id and l.is_backordered
           where o.organization_id = $1 and o.is_backordered and o.site_id = $2 group by l.item_id) b
    join bss.item i on i.organization_id = $1 and i.id = b.item_id
   group by i.base_unit order by i.base_unit`, backorderShape)

/**
 * What became of the lines ordered in a period, per site and unit: kept days and counted ones ($2 one site or null; $3 to $4 days of
 * each site's own calendar, null for the 30 days up to today there).
 */
export const orderDays = read('planning:read', `
  select t.site_id, t.unit, t.lines, t.filled_lines, t.wanted, t.missing, t.open_lines, t.backordered_lines, t.demand from bss.order_day_totals($1, $2::uuid, $3::date, $4::date) t`, {
  siteId, unit, lines: column.int, filledLines: column.int, wanted: column.quantity, missing: column.quantity, openLines: column.int, backorderedLines: column.int, demand: column.quantity,
})
/** The same for what was due. */
export const dueDays = read('planning:read', `
  select t.site_id, t.due, t.delivered, t.on_time_in_full from bss.due_day_totals($1, $2::uuid, $3::date, $4::date) t`, {
  siteId, due: column.int, delivered: column.int, onTimeInFull: column.int,
})

const shortageShape = {
  itemId: column.id<ItemId>(), sku: column.text, name: column.text, unit, backorderedQuantity: column.quantity, backorderedLines: column.int, orders: column.int, itemsShort: column.int,
  oldestPromiseOn: column.nullable(column.date), oldestRequestOn: column.nullable(column.date), availableToPromise: column.quantity,
  nextReceiptOn: column.nullable(column.date), nextReceiptQuantity: column.nullable(column.quantity),
} as const
/** The worst items first, and only of those what else is worth knowing. $2 one site or null, $3 how many. */
const SHORTAGE_DETAILS = `
  select i.id as item_id, i.sku, i.name, i.base_unit as unit, w.quantity as backordered_quantity, w.lines as backordered_lines, w.orders, w.items_short,
         d.oldest_promise_on, d.oldest_request_on, coalesce(a.quantity, 0) as available_to_promise, r.expected_on as next_receipt_on, r.quantity as next_receipt_quantity
    from worst w
    join bss.item i on i.organization_id = $1 and i.id = w.item_id
    cross join lateral (
      select min(o.promised_on) as oldest_promise_on, min(o.requested_on) as oldest_request_on
        from bss.sales_order_line l join bss.sales_order o on o.organization_id = $1 and o.id = l.order_id
       where l.organization_id = $1 and l.item_id = w.item_id and l.is_backordered and ($2::uuid is null or o.site_id = $2)) d
    cross join lateral (
      select sum(v.on_hand - v.unavailable - v.reserved) as quantity from bss.stock_level v
       where v.organization_id = $1 and v.item_id = w.item_id and ($2::uuid is null or v.site_id = $2)) a
    left join lateral (
      select e.expected_on, sum(e.quantity) as quantity
        from (select k.expected_on, k.expected - k.received as quantity from bss.receipt_line k
               where k.organization_id = $1 and k.item_id = w.item_id and ($2::uuid is null or k.site_id = $2) and k.status = 'open' and k.expected > k.received and k.expected_on is not null
              union all
              select p.expected_on, p.ordered - p.received from bss.purchase_order_line p
               where p.organization_id = $1 and p.item_id = w.item_id and ($2::uuid is null or p.site_id = $2) and p.status = 'open' and p.ordered > p.received) e
       group by e.expected_on order by e.expected_on limit 1) r on true
   order by w.quantity desc, w.item_id`
export const shortages = read('planning:read', `
  with worst as materialized (
    select q.item_id, sum(q.quantity) as quantity, sum(q.lines)::bigint as lines, count(*) as orders, count(*) over () as items_short
      from (select l.item_id, l.order_id, sum(${OPEN_QUANTITY}) as quantity, count(*) as lines from bss.sales_order_line l
             where l.organization_id = $1 and l.is_backordered group by l.item_id, l.order_id) q
     group by q.item_id order by 2 desc, 1 limit $3::int)
  ${SHORTAGE_DETAILS}`, shortageShape)
export const shortagesAtSite = read('planning:read', `
  with worst as materialized (
    select q.item_id, sum(q.quantity) as quantity, sum(q.lines)::bigint as lines, count(*) as orders, count(*) over () as items_short
      from (select l.item_id, l.order_id, sum(${OPEN_QUANTITY}) as quantity, count(*) as lines
              from bss.sales_order o join bss.sales_order_line l on l.organization_id = $1 and l.order_id = o.id and l.is_backordered
             where o.organization_id = $1 and o.is_backordered and o.site_id = $2::uuid group by l.item_id, l.order_id) q
     group by q.item_id order by 2 desc, 1 limit $3::int)
  ${SHORTAGE_DETAILS}`, shortageShape)

/** $2 one site or null. */
export const stock = read('planning:read', `
  select v.site_id, i.base_unit as unit, count(*) filter (where v.on_hand > 0) as items, sum(v.on_hand) as on_hand, sum(v.on_hand - v.unavailable) as usable, sum(v.reserved) as reserved
    from bss.stock_level v join bss.item i on i.organization_id = $1 and i.id = v.item_id
   where v.organization_id = $1 and ($2::uuid is null or v.site_id = $2) group by 1, 2 having sum(v.on_hand) > 0`, {
  siteId, unit, items: column.int, onHand: column.quantity, usable: column.quantity, reserved: column.quantity,
})
/** An item at two sites is one item. */
export const itemsInStock = read('planning:read', `
  select count(*) as items from (select v.item_id from bss.stock_level v where v.organization_id = $1 and ($2::uuid is null or v.site_id = $2) and v.on_hand > 0 group by v.item_id) x`, { items: column.int })

/** The value of what is on hand: a null currency is what has no cost in force. Rounded per item and site, so that the sum is the one a reader gets. */
export const stockValue = read('cost:read', `
  with place as materialized (
    select s.id, (now() at time zone s.time_zone)::date as today from bss.site s where s.organization_id = $1 and ($2::uuid is null or s.id = $2)),
  cost as materialized (
    select c.item_id, c.effective_on, lead(c.effective_on) over (partition by c.item_id order by c.effective_on) as ends_on, c.unit_cost, c.currency
      from bss.item_cost c where c.organization_id = $1)
  select s.id as site_id, c.currency, count(*) as items, coalesce(sum(round(v.on_hand * c.unit_cost * bss.minor_units_of(c.currency))), 0)::bigint as value_minor
    from place s
    join bss.stock_level v on v.organization_id = $1 and v.site_id = s.id and v.on_hand > 0
    left join cost c on c.item_id = v.item_id and c.effective_on <= s.today and (c.ends_on is null or c.ends_on > s.today)
   group by s.id, c.currency`, { siteId, currency: column.nullable(column.currency), items: column.int, valueMinor: column.bigint })

/** Keeps the figures of past days; the worker's chore. */
export const keepDays = write('planning:read', `select bss.keep_figure_days($1, $2::int) as days`, { days: column.int })

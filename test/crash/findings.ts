// Reads every rule from the tables themselves, as a superuser and without any code of the product: what must be there exactly
// once, what must not be there at all, and the sums that must be equal. Gives sentences; none when all is well.
import { sql } from '../setup/sql.ts'
import type { Shop } from './ground.ts'
import type { Acknowledged } from './load.ts'

/** Rules about the stock of an organization ($1) with so many units of each item ($2). Each gives the rows that break it. */
const STOCK_RULES: readonly (readonly [string, string])[] = [
  ['on hand is what it was, for nothing was shipped', 'select item_id, on_hand from bss.stock_level where organization_id = $1 and on_hand <> $2'],
  ['on hand of a level is the sum of its moves', `select s.item_id, s.on_hand from bss.stock_level s where s.organization_id = $1 and $2::int > 0 and s.on_hand is distinct from
     (select sum(case when t.virtual_role is null then m.quantity else 0 end - case when f.virtual_role is null then m.quantity else 0 end) from bss.stock_move m
        join bss.location f on f.organization_id = $1 and f.id = m.from_location_id join bss.location t on t.organization_id = $1 and t.id = m.to_location_id
       where m.organization_id = $1 and m.item_id = s.item_id)`],
  ['never more is promised than there is', 'select item_id, on_hand, reserved from bss.stock_level where organization_id = $1 and $2::int > 0 and (reserved > on_hand or reserved < 0)'],
  ['what a level promises is the sum of its open reservations', `select s.item_id, s.reserved from bss.stock_level s where s.organization_id = $1 and $2::int > 0 and s.reserved <>
     (select coalesce(sum(r.quantity), 0) from bss.reservation r where r.organization_id = $1 and r.item_id = s.item_id and r.site_id = s.site_id and r.status = 'open')`],
  ['what a line has reserved is the sum of its open reservations', `select l.id, l.reserved from bss.sales_order_line l where l.organization_id = $1 and $2::int > 0 and l.reserved <>
     (select coalesce(sum(r.quantity), 0) from bss.reservation r where r.organization_id = $1 and r.demand_line_id = l.id and r.status = 'open')`],
  ['no line has more than it asked for', 'select id, ordered, cancelled, reserved from bss.sales_order_line where organization_id = $1 and $2::int > 0 and reserved + cancelled > ordered'],
  ['every reservation belongs to a line', `select r.id from bss.reservation r where r.organization_id = $1 and $2::int > 0
     and not exists (select from bss.sales_order_line l where l.organization_id = $1 and l.id = r.demand_line_id and l.order_id = r.order_id)`],
]

/** Rules about the traces of orders in an organization ($1): one audit row and one event for each placing and each cancelling. */
const TRACE_RULES: readonly (readonly [string, string])[] = (
  [['placed', 'select id from bss.sales_order where organization_id = $1'], ['cancelled', 'select aggregate_id from bss.outbox_event where organization_id = $1 and topic = \'order.cancelled\'']] as const
).flatMap(([action, orders]) => [
  [`one audit row for each order ${action}`, `select o.id, count(a.entity_id) from (${orders}) o(id) full join
     (select c ->> 'id' as entity_id from bss.audit_entry e, jsonb_array_elements(e.changes) c where e.organization_id = $1 and c ->> 'entity' = 'order' and c ->> 'action' = '${action}') a on a.entity_id = o.id::text
     group by o.id having count(a.entity_id) <> 1 or o.id is null`],
  [`one event for each order ${action}`, `select o.id, count(e.id) from (${orders}) o(id) full join
     (select id, aggregate_id from bss.outbox_event where organization_id = $1 and topic = 'order.${action}') e on e.aggregate_id = o.id
     group by o.id having count(e.id) <> 1 or o.id is null`],
])

export async function stockFindings(superuserUrl: string, shop: Shop): Promise<string[]> {
  const found: string[] = []
  for (const [rule, text] of STOCK_RULES) {
    for (const row of (await sql(superuserUrl, text, [shop.organizationId, shop.units])).slice(0, 3)) found.push(`${shop.name}: ${rule}, but ${row.join(' ')}`)
  }
  return found
}

export async function orderFindings(superuserUrl: string, shop: Shop, all: readonly Acknowledged[]): Promise<string[]> {
  const mine = new Map(all.filter((each) => each.shop === shop).map((each) => [each.key, each]))
  const found: string[] = []
  const say = (what: string): void => void (found.length < 20 && found.push(`${shop.name}: ${what}`))
  for (const [rule, text] of TRACE_RULES) for (const row of (await sql(superuserUrl, text, [shop.organizationId])).slice(0, 3)) say(`${rule}, but ${row.join(' ')}`)
  // From the orders that are there to the keys that asked for them: none nobody asked for, none twice, each with the lines it was asked with.
  const orders = await sql(superuserUrl, `select o.id, o.number, o.status, (select string_agg(l.item_id || '=' || trim_scale(l.ordered), ' ' order by l.line_number) from bss.sales_order_line l where l.organization_id = $1 and l.order_id = o.id)
      from bss.sales_order o where o.organization_id = $1`, [shop.organizationId])
  const byId = new Map([...mine.values()].map((each) => [String(each.order.id), each]))
  if (byId.size !== mine.size) say(`${mine.size} keys were answered with ${byId.size} orders`)
  for (const [id, number, status, lines] of orders) {
    const asked = byId.get(id ?? '')
    if (asked === undefined) say(`nobody was told of ${number} (${id})`)
    else if (number !== asked.order.number) say(`${id} is ${number}, and ${asked.order.number} was told`)
    else if (lines !== asked.lines.map(({ itemId, quantity }) => `${itemId}=${quantity}`).join(' ')) say(`${number} has other lines than it was asked with: ${lines}`)
    else if (asked.isCancelled && status !== 'cancelled') say(`${number} was cancelled, and is ${status}`)
  }
  const there = new Set(orders.map(([id]) => id))
  for (const { key, order } of mine.values()) if (!there.has(order.id)) say(`${order.number} was acknowledged to ${key}, and is lost`)
  if (new Set(orders.map(([, number]) => number)).size !== orders.length) say('two orders have the same number')
  const kept = await sql(superuserUrl, `select key, response -> 0 ->> 'order_id' from bss.idempotency_record where organization_id = $1 and key not like '%-cancel'`, [shop.organizationId])
  if (kept.length !== mine.size) say(`${mine.size} keys were used, and ${kept.length} are kept`)
  for (const [key, id] of kept) if (mine.get(key ?? '')?.order.id !== id) say(`${key} is kept with the order ${id}`)
  return found
}

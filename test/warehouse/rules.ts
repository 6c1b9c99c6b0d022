// The rules that never break (DOMAIN.md §4), as far as goods go, asked of the live data behind the walls after every command.
import { ask } from '../setup/sql.ts'

/** Each names what is wrong; no row is right. */
const RULES: readonly (readonly [string, string])[] = [
  ['a line shipped, cancelled or returned more than it may be', `select id from bss.sales_order_line where not (delivered <= shipped and shipped <= picked and shipped + cancelled + reserved <= ordered and returned + to_return <= shipped and invoiced <= shipped)`],
  ['a line is asked back by more or less than its open returns', `select l.id from bss.sales_order_line l
     left join lateral (select coalesce(sum(x.quantity - x.received), 0) as q from bss.sales_return_line x join bss.sales_return s on s.organization_id = x.organization_id and s.id = x.return_id
       where x.organization_id = l.organization_id and x.order_line_id = l.id and s.status in ('requested', 'approved', 'awaiting_receipt')) r on true where l.to_return <> r.q`],
  ['a line and its promises differ', `select l.id from bss.sales_order_line l
     left join lateral (select coalesce(sum(v.quantity), 0) as q from bss.reservation v where v.organization_id = l.organization_id and v.demand_line_id = l.id and v.status in ('open', 'picked')) r on true where l.reserved <> r.q`],
  ['what is picked of a line is not what lies picked or has left', `select l.id from bss.sales_order_line l
     left join lateral (select coalesce(sum(v.quantity), 0) as q from bss.reservation v where v.organization_id = l.organization_id and v.demand_line_id = l.id and v.status = 'picked') r on true where l.picked <> r.q + l.shipped`],
  ['stock promised twice', 'select item_id from bss.stock_level where reserved < 0 or reserved > on_hand - unavailable'],
  ['a level and its promises differ', `select l.item_id from bss.stock_level l
     left join lateral (select coalesce(sum(v.quantity), 0) as q from bss.reservation v where v.organization_id = l.organization_id and v.site_id = l.site_id and v.item_id = l.item_id and v.status in ('open', 'picked')) r on true where l.reserved <> r.q`],
  ['allocated is not the sum of the promises by bin', `select b.item_id from bss.stock_balance b
     left join lateral (select coalesce(sum(v.quantity), 0) as q from bss.reservation v where v.organization_id = b.organization_id and v.item_id = b.item_id and v.location_id = b.location_id and v.lot_id is not distinct from b.lot_id and v.status in ('open', 'picked')) r on true where b.allocated <> r.q`],
  ['stock that is not the sum of its moves', `select coalesce(m.item_id, b.item_id) from (
       select organization_id, item_id, location_id, sum(quantity) as q from (select organization_id, item_id, to_location_id as location_id, quantity from bss.stock_move union all select organization_id, item_id, from_location_id, -quantity from bss.stock_move) x group by 1, 2, 3) m
       full join (select organization_id, item_id, location_id, sum(on_hand) as q from bss.stock_balance group by 1, 2, 3) b using (organization_id, item_id, location_id) where coalesce(m.q, 0) <> coalesce(b.q, 0)`],
  ['a task whose moves are not what was done', `select t.id from bss.warehouse_task t
     where t.kind in ('pick', 'putaway', 'replenish', 'move') and t.done <> (select coalesce(sum(m.quantity), 0) from bss.stock_move m where m.organization_id = t.organization_id and m.document_id = t.id and m.reason not in ('lost', 'damage'))`],
  ['a task with two leases or a lease without a holder', `select id from bss.warehouse_task where (status in ('leased', 'in_progress')) <> (lease_until is not null) or (lease_until is not null and assignee is null)`],
  ['a promise that two live pick tasks want', `select t.reservation_id from bss.warehouse_task t join bss.reservation v on v.organization_id = t.organization_id and v.id = t.reservation_id
     where t.kind = 'pick' and t.status in ('ready', 'leased', 'in_progress') and v.status = 'open' and v.kind = 'hard' group by t.reservation_id, v.quantity having sum(t.planned - t.done) > v.quantity`],
  ['a shipment line out of order', 'select id from bss.shipment_line where not (shipped <= packed and packed <= picked and picked <= planned)'],
  ['packages that do not hold what is packed', `select l.id from bss.shipment_line l
     left join lateral (select coalesce(sum(c.quantity), 0) as q from bss.handling_unit_content c where c.organization_id = l.organization_id and c.shipment_line_id = l.id) c on true where l.packed <> c.q`],
  ['goods that left without their cost', `select m.id from bss.stock_move m where m.document_kind = 'shipment' and m.reason = 'shipment' and not exists (select from bss.cost_of_goods c where c.organization_id = m.organization_id and c.move_id = m.id)`],
  ['numbers of packages with a gap', `select id from bss.sscc_series s where last_serial + 1 <> (select count(*) from bss.handling_unit h where h.organization_id = s.organization_id) and last_serial <> (select count(*) from bss.handling_unit h where h.organization_id = s.organization_id)`],
  ['serials in two places', `select b.lot_id from bss.stock_balance b join bss.item i on i.organization_id = b.organization_id and i.id = b.item_id where i.tracking = 'serial' and not b.is_virtual group by b.lot_id having sum(b.on_hand) > 1`],
]

/** What is broken, by name; empty when every rule holds. */
export async function broken(superuserUrl: string): Promise<string[]> {
  const text = RULES.map(([name, rule], index) => `(select ${index}, '${name}', count(*) from (${rule}) q having count(*) > 0)`).join(' union all ')
  return (await ask(superuserUrl, text)).map(([, name, count]) => `${name}: ${count}`)
}

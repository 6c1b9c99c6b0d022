// A fast wrong answer is a failure: after every benchmark the sums are taken behind the walls, over all organizations at once.
import { sql } from '../setup/sql.ts'

/** Each gives the number of offences; 0 is right. */
const RULES: readonly (readonly [string, string])[] = [
  ['promised more than there is', 'select count(*) from bss.stock_level where reserved < 0 or reserved > on_hand - unavailable'],
  [
    'promises and reservations differ',
    `select count(*) from bss.stock_level l full join (
       select organization_id, site_id, item_id, sum(quantity) as quantity from bss.reservation where status in ('open', 'picked') group by 1, 2, 3) r using (organization_id, site_id, item_id)
      where coalesce(l.reserved, 0) <> coalesce(r.quantity, 0)`,
  ],
  [
    'lines and reservations differ',
    `select count(*) from bss.sales_order_line l full join (
       select organization_id, demand_line_id as id, sum(quantity) as quantity from bss.reservation where status in ('open', 'picked') group by 1, 2) r using (organization_id, id)
      where coalesce(l.reserved, 0) <> coalesce(r.quantity, 0)`,
  ],
  ['orders without all their lines', 'select count(*) from bss.sales_order o where line_count <> (select count(*) from bss.sales_order_line l where l.organization_id = o.organization_id and l.order_id = o.id)'],
  [
    'numbers with gaps',
    `select count(*) from bss.document_series s where kind = 'sales_order' and last_number <> (select count(*) from bss.sales_order o where o.organization_id = s.organization_id and o.number ^@ s.prefix)`,
  ],
  [
    'orders and their events differ in number',
    `select count(*) from (select organization_id, count(*) as n from bss.sales_order where number ^@ 'SO-' group by 1) o
       full join (select organization_id, count(*) as n from bss.outbox_event where topic = 'order.placed' group by 1) e using (organization_id) where o.n is distinct from e.n`,
  ],
  ['stock that is not the sum of its moves', `select count(*) from (
      select organization_id, item_id, location_id, sum(quantity) as moved from (
        select organization_id, item_id, to_location_id as location_id, quantity from bss.stock_move union all select organization_id, item_id, from_location_id, -quantity from bss.stock_move) m group by 1, 2, 3) m
      full join (select organization_id, item_id, location_id, sum(on_hand) as on_hand from bss.stock_balance group by 1, 2, 3) b using (organization_id, item_id, location_id)
     where coalesce(m.moved, 0) <> coalesce(b.on_hand, 0)`],
]

export interface Offence {
  readonly rule: string
  readonly found: string
}

export async function countOrders(superuserUrl: string): Promise<number> {
  const [row] = await sql(superuserUrl, 'select count(*) from bss.sales_order')
  return Number(row?.[0] ?? Number.NaN)
}

/** What is wrong with the data. `expectedOrders`: as many orders must be there, no more and no fewer. */
export async function offencesIn(superuserUrl: string, expectedOrders: number): Promise<Offence[]> {
  const offences: Offence[] = []
  const orders = await countOrders(superuserUrl)
  if (orders !== expectedOrders) offences.push({ rule: 'orders stored and orders acknowledged differ', found: `${orders} stored, ${expectedOrders} acknowledged` })
  for (const [rule, text] of RULES) {
    const [row] = await sql(superuserUrl, text)
    if (row?.[0] !== '0') offences.push({ rule, found: row?.[0] ?? 'nothing' })
  }
  return offences
}

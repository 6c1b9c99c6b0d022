// The rules that never break, checked on all stock of an organization in one snapshot. Each is kept by constraints and by the one
// posting; this page is where anybody can see that it is so.
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Invariants } from './contract.ts'
import type { Reading } from './store.ts'

const SAYS: readonly string[] = [
  'On hand is what came in less what went out, per item, location and lot; and per site and item.',
  'Allocated is never negative and never more than on hand.',
  'Allocated is the sum of the open hard reservations.',
  'Nothing is promised twice: what is reserved is the sum of the open reservations and at most what is on hand and available.',
  'Stock moves are never changed or deleted.',
  'Every move names its document line and its posting, and the document exists.',
  'A serial number is in at most one place.',
  'A lot that is not available, or is past its date, is not allocated; what is in it counts as unavailable.',
]
/** The calendar is looked at once a minute; a lot may be past its date for so long before it has to be out of use. */
const CALENDAR_GRACE = '5 minutes'

const offenders = read('inventory:read', `
  with moved as materialized (
    select q.item_id, q.location_id, q.lot_key, sum(q.change) as on_hand from (
      select m.item_id, m.to_location_id as location_id, coalesce(m.lot_id, '00000000-0000-0000-0000-000000000000'::uuid) as lot_key, m.quantity as change from bss.stock_move m where m.organization_id = $1
      union all
      select m.item_id, m.from_location_id, coalesce(m.lot_id, '00000000-0000-0000-0000-000000000000'::uuid), -m.quantity from bss.stock_move m where m.organization_id = $1) q
     group by q.item_id, q.location_id, q.lot_key
  ), balance as materialized (
    select b.*, l.kind as location_kind, l.virtual_role, t.status as lot_status, t.number as lot_number, i.tracking, ((t.expires_on + 1)::timestamp) at time zone s.time_zone as expires_at
      from bss.stock_balance b
      join bss.location l on l.organization_id = $1 and l.id = b.location_id
      join bss.item i on i.organization_id = $1 and i.id = b.item_id
      join bss.site s on s.organization_id = $1 and s.id = b.site_id
      left join bss.lot t on t.organization_id = $1 and t.id = b.lot_id
     where b.organization_id = $1
  ), promise as materialized (
    select r.* from bss.reservation r where r.organization_id = $1 and r.status in ('open', 'picked')
  ), of_site as (
    select b.site_id, b.item_id, sum(b.on_hand) as on_hand,
           sum(b.on_hand) filter (where b.location_kind = 'quarantine' or b.lot_status <> 'available') as unavailable
      from balance b where not b.is_virtual group by b.site_id, b.item_id
  ), reserved as (
    select p.site_id, p.item_id, sum(p.quantity) as quantity from promise p group by p.site_id, p.item_id
  ), hard as (
    select p.item_id, p.location_id, coalesce(p.lot_id, '00000000-0000-0000-0000-000000000000'::uuid) as lot_key, sum(p.quantity) as quantity from promise p where p.kind = 'hard' group by 1, 2, 3
  ), level as materialized (
    select v.* from bss.stock_level v where v.organization_id = $1
  ), offender as (
    select 1 as rule, format('item %s, location %s, lot %s: %s kept, %s moved', coalesce(b.item_id, m.item_id), coalesce(b.location_id, m.location_id), coalesce(b.lot_key, m.lot_key), b.on_hand, m.on_hand) as detail
      from balance b full join moved m on m.item_id = b.item_id and m.location_id = b.location_id and m.lot_key = b.lot_key where coalesce(b.on_hand, 0) <> coalesce(m.on_hand, 0)
    union all
    select 1, format('item %s, site %s: level %s, balances %s', coalesce(v.item_id, o.item_id), coalesce(v.site_id, o.site_id), v.on_hand, o.on_hand)
      from level v full join of_site o on o.site_id = v.site_id and o.item_id = v.item_id where coalesce(v.on_hand, 0) <> coalesce(o.on_hand, 0)
    union all
    select 2, format('item %s, location %s: %s allocated of %s', b.item_id, b.location_id, b.allocated, b.on_hand) from balance b
     where b.allocated < 0 or (not b.is_virtual and b.allocated > b.on_hand) or (not b.is_virtual and b.on_hand < 0)
    union all
    select 3, format('item %s, location %s: %s allocated, %s reserved by bin', coalesce(b.item_id, h.item_id), coalesce(b.location_id, h.location_id), b.allocated, h.quantity)
      from balance b full join hard h on h.item_id = b.item_id and h.location_id = b.location_id and h.lot_key = b.lot_key where coalesce(b.allocated, 0) <> coalesce(h.quantity, 0)
    union all
    select 4, format('item %s, site %s: reserved %s, promises %s, on hand %s, unavailable %s', coalesce(v.item_id, r.item_id), coalesce(v.site_id, r.site_id), v.reserved, r.quantity, v.on_hand, v.unavailable)
      from level v full join reserved r on r.site_id = v.site_id and r.item_id = v.item_id
     where coalesce(v.reserved, 0) <> coalesce(r.quantity, 0) or v.reserved > v.on_hand - v.unavailable
    union all
    select 5, 'the ledger may be changed by ' || g.role
      from (values ('bss_app'), ('bss_worker'), ('bss_reader')) as g (role)
     where has_table_privilege(g.role, 'bss.stock_move', 'update, delete, truncate') or has_any_column_privilege(g.role, 'bss.stock_move', 'update')
    union all
    select 5, 'the ledger has lost its keeper' where not exists (
      select from pg_catalog.pg_trigger g where g.tgrelid = 'bss.stock_move'::regclass and g.tgname = 'keep_row' and g.tgenabled in ('O', 'A'))
    union all
    select 6, format('move %s names %s %s, which is not there', m.id, m.document_kind, m.document_id) from bss.stock_move m
     where m.organization_id = $1 and (m.posting_key = '' or (m.document_kind in ('receipt', 'adjustment', 'transfer')
       and not exists (select from bss.receipt c where c.organization_id = $1 and c.id = m.document_id)
       and not exists (select from bss.stock_adjustment a where a.organization_id = $1 and a.id = m.document_id)
       and not exists (select from bss.transfer x where x.organization_id = $1 and x.id = m.document_id)))
    union all
    select 7, format('serial %s of item %s: %s pieces', b.lot_number, b.item_id, sum(b.on_hand)) from balance b
     where b.tracking = 'serial' and (not b.is_virtual or b.virtual_role = 'transit') group by b.item_id, b.lot_id, b.lot_number having sum(b.on_hand) > 1
    union all
    select 8, format('lot %s is %s and %s of it is allocated', b.lot_number, b.lot_status, b.allocated) from balance b
     where b.allocated > 0 and (b.lot_status <> 'available' or b.expires_at < now() - interval '${CALENDAR_GRACE}')
    union all
    select 8, format('item %s, site %s: %s unavailable, in lots and locations out of use %s', v.item_id, v.site_id, v.unavailable, coalesce(o.unavailable, 0))
      from level v left join of_site o on o.site_id = v.site_id and o.item_id = v.item_id where v.unavailable <> coalesce(o.unavailable, 0)
  )
  select rule, detail, n, now() as checked_at from (select rule, detail, count(*) over (partition by rule) as n, row_number() over (partition by rule order by detail) as nth from offender) ranked where nth <= 5 order by rule, nth`,
{ rule: column.int, detail: column.text, n: column.int, checkedAt: column.instant })

export async function checkInvariants(tx: Reading): Promise<Invariants> {
  const rows = await tx.rows(offenders)
  const rules = SAYS.map((says, index) => {
    const broken = rows.filter(({ rule }) => rule === index + 1)
    return { rule: index + 1, says, holds: broken.length === 0, offenders: broken[0]?.n ?? 0, examples: broken.map(({ detail }) => detail) }
  })
  return { checkedAt: rows[0]?.checkedAt ?? new Date().toISOString(), holds: rows.length === 0, rules }
}

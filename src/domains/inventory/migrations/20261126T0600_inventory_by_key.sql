-- Commands look rows up by their keys. A planner that knows an organization only by the average of all would rather read the whole of it
-- once: right for the many small ones, a thousand times wrong for the large one. Here it may only go from key to key, and where a join could
-- begin at either end, both ends name the keys.

-- Holds still what a posting relies on, before anything is read: what its locations and lots are good for (whoever changes that waits for
-- us, or we for him), and then the levels, in key order. A level that is missing is made, which is rare, and only then looked for again.
create or replace function bss.lock_for_posting(p_org uuid, p_item_ids uuid[], p_from uuid[], p_to uuid[], p_lot_ids uuid[]) returns void
language plpgsql
as $$
declare
  sites uuid[];
  items uuid[];
  locked int;
begin
  perform 1 from bss.location l where l.organization_id = p_org and l.id = any (p_from || p_to) and l.kind <> 'virtual' order by l.id for share;
  if array_remove(p_lot_ids, null) <> '{}' then
    perform 1 from bss.lot t where t.organization_id = p_org and t.id = any (p_lot_ids) order by t.item_id, t.id for share;
  end if;
  select array_agg(k.site_id), array_agg(k.item_id) into sites, items
    from (select distinct l.site_id, i.id as item_id
            from unnest(p_item_ids || p_item_ids, p_from || p_to) as u (item_id, location_id)
            join bss.location l on l.organization_id = p_org and l.id = u.location_id
            join bss.item i on i.organization_id = p_org and i.id = u.item_id
           order by 1, 2) k;
  for attempt in 1 .. 2 loop
    perform 1 from unnest(sites, items) as k (site_id, item_id)
      join bss.stock_level l on l.organization_id = p_org and l.site_id = k.site_id and l.item_id = k.item_id
      order by l.site_id, l.item_id for no key update of l;
    get diagnostics locked = row_count;
    exit when locked >= coalesce(cardinality(sites), 0);
    insert into bss.stock_level (organization_id, site_id, item_id)
    select p_org, k.site_id, k.item_id from unnest(sites, items) as k (site_id, item_id)
    on conflict (organization_id, site_id, item_id) do nothing;
  end loop;
end
$$;

-- As before (20261125T0600), with less to do: promised goods that are carried stay in their site and as good as they were, so its levels
-- stay as they are, and a bin gives and takes the goods and their promise in one step.
create or replace function bss.carry_reserved(
  p_org uuid, p_reservations uuid[], p_quantities numeric[], p_to uuid[], p_document_kind text, p_reason text, p_posting_key text,
  p_document_ids uuid[], p_line_ids uuid[], p_occurred_at timestamptz[]
) returns table (entry int, reservation_id uuid, move_id uuid, order_id uuid, demand_line_id uuid, item_id uuid, lot_id uuid, from_location_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  items uuid[];
  froms uuid[];
  lots uuid[];
  sites uuid[];
  move_ids uuid[];
  ids uuid[];
  is_split boolean;
  faults jsonb;
begin
  select array_agg(v.item_id order by u.n), array_agg(v.location_id order by u.n), array_agg(v.lot_id order by u.n) into items, froms, lots
    from unnest(p_reservations) with ordinality u (id, n) left join bss.reservation v on v.organization_id = p_org and v.id = u.id;
  perform bss.lock_for_posting(p_org, items, froms, p_to, lots);
  -- Under the locks: what is true now.
  with line as materialized (
    select u.n, v.id, v.kind, v.status, v.quantity as promised, u.quantity, v.site_id, v.location_id, v.item_id, v.lot_id, t.status as lot_status,
           t.expires_on < (now() at time zone s.time_zone)::date as is_past, o.site_id = v.site_id and o.kind not in ('virtual', 'quarantine') and o.status = 'active' as is_place, v.location_id = u.to_id as is_there,
           count(*) over (partition by u.id) as times
      from unnest(p_reservations, p_quantities, p_to) with ordinality u (id, quantity, to_id, n)
      left join bss.reservation v on v.organization_id = p_org and v.id = u.id
      left join bss.site s on s.organization_id = p_org and s.id = v.site_id
      left join bss.lot t on t.organization_id = p_org and t.id = v.lot_id
      left join bss.location o on o.organization_id = p_org and o.id = u.to_id
  ), fault as (
    select l.n, f.field, f.code, f.message from line l cross join lateral (values
      ('reservation', 'no_promise', 'These goods are no longer promised to this order: it was cancelled or changed.', l.id is null or l.kind <> 'hard' or l.status not in ('open', 'picked')),
      ('reservation', 'named_twice', 'The same goods are named twice.', l.times > 1),
      ('quantity', 'too_much', format('Only %s are promised here.', trim_scale(l.promised)), l.quantity > l.promised),
      ('quantity', 'too_little', 'Must be greater than zero.', l.quantity <= 0),
      ('lot', 'lot_' || l.lot_status, format('This lot is %s.', replace(l.lot_status, '_', ' ')), l.lot_status <> 'available'),
      ('lot', 'lot_expired', 'This lot is past its date.', l.is_past),
      ('toLocation', 'wrong_location', 'Goods of an order are carried to an active, real location of the same site that is not in quarantine.', l.id is not null and l.is_place is not true),
      ('toLocation', 'same_location', 'The goods are there already.', l.is_there)) f (field, code, message, applies)
     where f.applies
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/entries/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault),
         array_agg(item_id order by n), array_agg(location_id order by n), array_agg(lot_id order by n), array_agg(site_id order by n), array_agg(bss.new_id() order by n),
         array_agg(case when line.quantity = promised then id else bss.new_id() end order by n), bool_or(line.quantity <> promised)
    into faults, items, froms, lots, sites, move_ids, ids, is_split from line;
  if faults is not null then
    perform sec.refuse('conflict', 'Some goods cannot be carried.', faults);
  end if;
  update bss.stock_balance b set on_hand = b.on_hand - s.quantity, allocated = b.allocated - s.quantity, updated_at = now()
    from (select u.item_id, u.location_id, u.lot_id, sum(u.quantity) as quantity from unnest(items, froms, lots, p_quantities) u (item_id, location_id, lot_id, quantity) group by 1, 2, 3) s
   where b.organization_id = p_org and b.item_id = any (items) and b.item_id = s.item_id and b.location_id = s.location_id and b.lot_key = coalesce(s.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
  insert into bss.stock_balance as b (organization_id, item_id, location_id, lot_id, site_id, is_virtual, on_hand, allocated)
  select p_org, u.item_id, u.location_id, u.lot_id, u.site_id, false, sum(u.quantity), sum(u.quantity) from unnest(items, p_to, lots, sites, p_quantities) u (item_id, location_id, lot_id, site_id, quantity) group by 2, 3, 4, 5
  on conflict (organization_id, item_id, location_id, lot_key) do update set on_hand = b.on_hand + excluded.on_hand, allocated = b.allocated + excluded.allocated, updated_at = now();
  insert into bss.stock_move (organization_id, id, item_id, lot_id, from_location_id, to_location_id, quantity, reason, document_kind, document_id, document_line_id, posting_key, posting_line, occurred_at)
  select p_org, u.id, u.item_id, u.lot_id, u.from_id, u.to_id, u.quantity, p_reason, p_document_kind, u.document_id, u.line_id, p_posting_key, u.n, u.occurred_at
    from unnest(move_ids, p_document_ids, p_line_ids, items, froms, p_to, lots, p_quantities, p_occurred_at) with ordinality as u (id, document_id, line_id, item_id, from_id, to_id, lot_id, quantity, occurred_at, n)
   order by u.n;
  if is_split then
    insert into bss.reservation (organization_id, id, order_id, demand_line_id, site_id, item_id, quantity, kind, status, location_id, lot_id, priority, created_at)
    select p_org, u.new_id, v.order_id, v.demand_line_id, v.site_id, v.item_id, u.quantity, 'hard', 'picked', u.to_id, v.lot_id, v.priority, v.created_at
      from unnest(p_reservations, ids, p_quantities, p_to) u (id, new_id, quantity, to_id)
      join bss.reservation v on v.organization_id = p_org and v.id = u.id
     where u.new_id <> u.id;
  end if;
  return query
    update bss.reservation v
       set quantity = case when u.new_id = u.id then v.quantity else v.quantity - u.quantity end,
           status = case when u.new_id = u.id then 'picked' else v.status end,
           location_id = case when u.new_id = u.id then u.to_id else v.location_id end
      from unnest(p_reservations, ids, move_ids, froms, p_quantities, p_to) with ordinality u (id, new_id, move_id, from_id, quantity, to_id, n)
     where v.organization_id = p_org and v.id = any (p_reservations) and v.id = u.id
    returning u.n::int, u.new_id, u.move_id, v.order_id, v.demand_line_id, v.item_id, v.lot_id, u.from_id, u.quantity;
end
$$;

-- Serial numbers are lots: what has none has nothing to look at.
create or replace function bss.keep_serials_single(p_org uuid, p_item_ids uuid[], p_lot_ids uuid[]) returns void
language plpgsql
as $$
declare
  double text;
begin
  if array_remove(p_lot_ids, null) = '{}' then
    return;
  end if;
  select t.number into double
    from bss.stock_balance b
    join bss.item i on i.organization_id = p_org and i.id = b.item_id
    join bss.location o on o.organization_id = p_org and o.id = b.location_id
    join bss.lot t on t.organization_id = p_org and t.id = b.lot_id
   where b.organization_id = p_org and b.lot_id = any (p_lot_ids) and i.tracking = 'serial' and (not b.is_virtual or o.virtual_role = 'transit')
   group by t.number having sum(b.on_hand) > 1 limit 1;
  if double is not null then
    perform sec.refuse('conflict', format('The serial number %s is in stock already.', double));
  end if;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array[
    'post_moves(uuid, text, text, text, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], numeric[], timestamptz[], uuid[], boolean)',
    'carry_reserved(uuid, uuid[], numeric[], uuid[], text, text, text, uuid[], uuid[], timestamptz[])',
    'issue_reserved(uuid, uuid[], text, text, text, uuid[], uuid[], timestamptz)',
    'loosen_reserved(uuid, uuid[], numeric[])', 'release_picked(uuid, uuid[], numeric[])'
  ] loop
    execute format('alter function bss.%s set enable_hashjoin = off', f);
    execute format('alter function bss.%s set enable_mergejoin = off', f);
    execute format('alter function bss.%s set enable_material = off', f);
  end loop;
end
$do$;

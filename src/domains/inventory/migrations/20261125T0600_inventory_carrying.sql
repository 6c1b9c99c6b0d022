-- Promised goods on their way out: carried from place to place with their promise, given up short, issued. As everywhere, the locks are
-- lots, then levels; who holds a level's lock owns the balances and reservations beneath it.

alter table bss.stock_move drop constraint stock_move_document_kind_check;
alter table bss.stock_move add constraint stock_move_document_kind_check
  check (document_kind in ('receipt', 'adjustment', 'transfer', 'shipment', 'return', 'count', 'task', 'inspection'));

-- Carries hard promises to other locations of their site: picking (open becomes picked), staging and loading (picked stays picked). The
-- goods move and the promise with them, so nobody else can be served from what lies on a packing table. A part that is carried becomes a
-- promise of its own. Each reservation at most once in a call. Refusals name the entry (/entries/0/...).
create function bss.carry_reserved(
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
  move_ids uuid[];
  ids uuid[];
  faults jsonb;
begin
  select array_agg(v.item_id order by u.n), array_agg(v.location_id order by u.n), array_agg(v.lot_id order by u.n) into items, froms, lots
    from unnest(p_reservations) with ordinality u (id, n) left join bss.reservation v on v.organization_id = p_org and v.id = u.id;
  perform bss.lock_for_posting(p_org, items, froms, p_to, lots);
  -- Under the locks: what is true now.
  with line as materialized (
    select u.n, v.id, v.kind, v.status, v.quantity as promised, u.quantity, v.location_id, v.item_id, v.lot_id, t.status as lot_status,
           t.expires_on < (now() at time zone s.time_zone)::date as is_past, o.site_id = v.site_id and o.kind not in ('virtual', 'quarantine') and o.status = 'active' as is_place, v.location_id = u.to_id as is_there,
           count(*) over (partition by u.id) as times
      from unnest(p_reservations, p_quantities, p_to) with ordinality u (id, quantity, to_id, n)
      left join bss.reservation v on v.organization_id = p_org and v.id = u.id
      left join bss.site s on s.organization_id = p_org and s.id = v.site_id
      left join bss.lot t on t.organization_id = p_org and t.id = v.lot_id
      left join bss.location o on o.organization_id = p_org and o.id = u.to_id
  ), fault as (
    select n, 'reservation' as field, 'no_promise' as code, 'These goods are no longer promised to this order: it was cancelled or changed.' as message from line
     where id is null or kind <> 'hard' or status not in ('open', 'picked')
    union all select n, 'reservation', 'named_twice', 'The same goods are named twice.' from line where times > 1
    union all select n, 'quantity', 'too_much', format('Only %s are promised here.', trim_scale(promised)) from line where quantity > promised
    union all select n, 'quantity', 'too_little', 'Must be greater than zero.' from line where quantity <= 0
    union all select n, 'lot', 'lot_' || lot_status, format('This lot is %s.', replace(lot_status, '_', ' ')) from line where lot_status <> 'available'
    union all select n, 'lot', 'lot_expired', 'This lot is past its date.' from line where is_past
    union all select n, 'toLocation', 'wrong_location', 'Goods of an order are carried to an active, real location of the same site that is not in quarantine.' from line where id is not null and is_place is not true
    union all select n, 'toLocation', 'same_location', 'The goods are there already.' from line where is_there
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/entries/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault),
         array_agg(item_id order by n), array_agg(location_id order by n), array_agg(lot_id order by n), array_agg(bss.new_id() order by n),
         array_agg(case when line.quantity = promised then id else bss.new_id() end order by n)
    into faults, items, froms, lots, move_ids, ids from line;
  if faults is not null then
    perform sec.refuse('conflict', 'Some goods cannot be carried.', faults);
  end if;
  update bss.stock_balance b set allocated = b.allocated - s.quantity, updated_at = now()
    from (select u.item_id, u.location_id, u.lot_id, sum(u.quantity) as quantity from unnest(items, froms, lots, p_quantities) u (item_id, location_id, lot_id, quantity) group by 1, 2, 3) s
   where b.organization_id = p_org and b.item_id = s.item_id and b.location_id = s.location_id and b.lot_key = coalesce(s.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
  perform bss.post_moves(p_org, p_document_kind, p_reason, p_posting_key, move_ids, p_document_ids, p_line_ids, items, froms, p_to, lots, p_quantities, p_occurred_at, array_fill(null::uuid, array[cardinality(p_to)]), false);
  update bss.stock_balance b set allocated = b.allocated + s.quantity, updated_at = now()
    from (select u.item_id, u.location_id, u.lot_id, sum(u.quantity) as quantity from unnest(items, p_to, lots, p_quantities) u (item_id, location_id, lot_id, quantity) group by 1, 2, 3) s
   where b.organization_id = p_org and b.item_id = s.item_id and b.location_id = s.location_id and b.lot_key = coalesce(s.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
  insert into bss.reservation (organization_id, id, order_id, demand_line_id, site_id, item_id, quantity, kind, status, location_id, lot_id, priority, created_at)
  select p_org, u.new_id, v.order_id, v.demand_line_id, v.site_id, v.item_id, u.quantity, 'hard', 'picked', u.to_id, v.lot_id, v.priority, v.created_at
    from unnest(p_reservations, ids, p_quantities, p_to) u (id, new_id, quantity, to_id)
    join bss.reservation v on v.organization_id = p_org and v.id = u.id
   where u.new_id <> u.id;
  update bss.reservation v
     set quantity = case when u.new_id = u.id then v.quantity else v.quantity - u.quantity end,
         status = case when u.new_id = u.id then 'picked' else v.status end,
         location_id = case when u.new_id = u.id then u.to_id else v.location_id end
    from unnest(p_reservations, ids, p_quantities, p_to) u (id, new_id, quantity, to_id)
   where v.organization_id = p_org and v.id = u.id;
  return query
    select u.n::int, u.new_id, u.move_id, v.order_id, v.demand_line_id, v.item_id, v.lot_id, u.from_id, u.quantity
      from unnest(p_reservations, ids, move_ids, froms, p_quantities) with ordinality u (id, new_id, move_id, from_id, quantity, n)
      join bss.reservation v on v.organization_id = p_org and v.id = u.id
     order by u.n;
end
$$;

-- Goods issue of picked promises, whole: they leave the site and the promise is kept. Refusals name the entry.
create function bss.issue_reserved(
  p_org uuid, p_reservations uuid[], p_document_kind text, p_reason text, p_posting_key text, p_document_ids uuid[], p_line_ids uuid[], p_occurred_at timestamptz
) returns table (entry int, reservation_id uuid, move_id uuid, order_id uuid, demand_line_id uuid, item_id uuid, lot_id uuid, from_location_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  items uuid[];
  froms uuid[];
  tos uuid[];
  lots uuid[];
  quantities numeric[];
  move_ids uuid[];
  faults jsonb;
begin
  select array_agg(v.item_id order by u.n), array_agg(v.location_id order by u.n), array_agg(o.id order by u.n), array_agg(v.lot_id order by u.n) into items, froms, tos, lots
    from unnest(p_reservations) with ordinality u (id, n)
    left join bss.reservation v on v.organization_id = p_org and v.id = u.id
    left join bss.location o on o.organization_id = p_org and o.site_id = v.site_id and o.virtual_role = 'outside';
  perform bss.lock_for_posting(p_org, items, froms, tos, lots);
  with line as materialized (
    select u.n, v.id, v.status, v.item_id, v.location_id, v.lot_id, v.quantity, t.status as lot_status, t.expires_on < (now() at time zone s.time_zone)::date as is_past, count(*) over (partition by u.id) as times
      from unnest(p_reservations) with ordinality u (id, n)
      left join bss.reservation v on v.organization_id = p_org and v.id = u.id
      left join bss.site s on s.organization_id = p_org and s.id = v.site_id
      left join bss.lot t on t.organization_id = p_org and t.id = v.lot_id
  ), fault as (
    select n, 'reservation' as field, 'no_promise' as code, 'These goods are no longer promised to this order: it was cancelled or changed.' as message from line where id is null or status not in ('open', 'picked')
    union all select n, 'reservation', 'not_picked', 'These goods have not been picked.' from line where status = 'open'
    union all select n, 'reservation', 'named_twice', 'The same goods are named twice.' from line where times > 1
    union all select n, 'lot', 'lot_' || lot_status, format('This lot is %s.', replace(lot_status, '_', ' ')) from line where lot_status <> 'available'
    union all select n, 'lot', 'lot_expired', 'This lot is past its date.' from line where is_past
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/entries/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault),
         array_agg(item_id order by n), array_agg(location_id order by n), array_agg(lot_id order by n), array_agg(line.quantity order by n), array_agg(bss.new_id() order by n)
    into faults, items, froms, lots, quantities, move_ids from line;
  if faults is not null then
    perform sec.refuse('conflict', 'Some goods cannot leave.', faults);
  end if;
  update bss.reservation v set status = 'consumed', ended_at = now() where v.organization_id = p_org and v.id = any (p_reservations);
  update bss.stock_balance b set allocated = b.allocated - s.quantity, updated_at = now()
    from (select u.item_id, u.location_id, u.lot_id, sum(u.quantity) as quantity from unnest(items, froms, lots, quantities) u (item_id, location_id, lot_id, quantity) group by 1, 2, 3) s
   where b.organization_id = p_org and b.item_id = s.item_id and b.location_id = s.location_id and b.lot_key = coalesce(s.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
  update bss.stock_level l set reserved = l.reserved - s.quantity
    from (select v.site_id, v.item_id, sum(v.quantity) as quantity from bss.reservation v where v.organization_id = p_org and v.id = any (p_reservations) group by 1, 2) s
   where l.organization_id = p_org and l.site_id = s.site_id and l.item_id = s.item_id;
  perform bss.post_moves(p_org, p_document_kind, p_reason, p_posting_key, move_ids, p_document_ids, p_line_ids, items, froms, tos, lots, quantities, array_fill(p_occurred_at, array[cardinality(tos)]), array_fill(null::uuid, array[cardinality(tos)]), false);
  return query
    select u.n::int, u.id, u.move_id, v.order_id, v.demand_line_id, v.item_id, v.lot_id, u.from_id, v.quantity
      from unnest(p_reservations, move_ids, froms) with ordinality u (id, move_id, from_id, n)
      join bss.reservation v on v.organization_id = p_org and v.id = u.id
     order by u.n;
end
$$;

-- Takes the place away from (a part of) open hard promises: the goods were not where the books say. The promise stays, soft, to be
-- given another place (allocate_hard) or to be broken by the posting that corrects the books.
create function bss.loosen_reserved(p_org uuid, p_reservations uuid[], p_quantities numeric[]) returns table (reservation_id uuid, order_id uuid, demand_line_id uuid, site_id uuid, item_id uuid, location_id uuid, lot_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  r record;
  soft_id uuid;
begin
  perform 1 from bss.stock_level l
    where l.organization_id = p_org and (l.site_id, l.item_id) in (select v.site_id, v.item_id from bss.reservation v where v.organization_id = p_org and v.id = any (p_reservations))
    order by l.site_id, l.item_id for no key update;
  for r in
    select v.*, u.quantity as lost from unnest(p_reservations, p_quantities) u (id, quantity) join bss.reservation v on v.organization_id = p_org and v.id = u.id order by v.id
  loop
    if r.kind <> 'hard' or r.status <> 'open' or r.lost <= 0 or r.lost > r.quantity then
      perform sec.refuse('conflict', format('Only goods that are promised by bin and not picked can be given up: %s of %s.', trim_scale(r.lost), trim_scale(r.quantity)));
    end if;
    update bss.stock_balance b set allocated = b.allocated - r.lost, updated_at = now()
     where b.organization_id = p_org and b.item_id = r.item_id and b.location_id = r.location_id and b.lot_key = coalesce(r.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
    if r.lost = r.quantity then
      soft_id := r.id;
      update bss.reservation v set kind = 'soft', location_id = null, lot_id = null where v.organization_id = p_org and v.id = r.id;
    else
      soft_id := bss.new_id();
      update bss.reservation v set quantity = v.quantity - r.lost where v.organization_id = p_org and v.id = r.id;
      insert into bss.reservation (organization_id, id, order_id, demand_line_id, site_id, item_id, quantity, priority, created_at)
      values (p_org, soft_id, r.order_id, r.demand_line_id, r.site_id, r.item_id, r.lost, r.priority, r.created_at);
    end if;
    return query select soft_id, r.order_id, r.demand_line_id, r.site_id, r.item_id, r.location_id, r.lot_id, r.lost;
  end loop;
end
$$;

-- Ends promises of goods that were picked and will not be shipped: the goods stay where they lie, free again. Whole reservations or a
-- part of them.
create function bss.release_picked(p_org uuid, p_reservations uuid[], p_quantities numeric[]) returns table (reservation_id uuid, order_id uuid, demand_line_id uuid, site_id uuid, item_id uuid, location_id uuid, lot_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  r record;
begin
  perform 1 from bss.stock_level l
    where l.organization_id = p_org and (l.site_id, l.item_id) in (select v.site_id, v.item_id from bss.reservation v where v.organization_id = p_org and v.id = any (p_reservations))
    order by l.site_id, l.item_id for no key update;
  for r in
    select v.*, u.quantity as freed from unnest(p_reservations, p_quantities) u (id, quantity) join bss.reservation v on v.organization_id = p_org and v.id = u.id order by v.id
  loop
    if r.status <> 'picked' or r.freed <= 0 or r.freed > r.quantity then
      perform sec.refuse('conflict', format('Only goods that are picked can be given back: %s of %s.', trim_scale(r.freed), trim_scale(r.quantity)));
    end if;
    update bss.stock_balance b set allocated = b.allocated - r.freed, updated_at = now()
     where b.organization_id = p_org and b.item_id = r.item_id and b.location_id = r.location_id and b.lot_key = coalesce(r.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
    update bss.stock_level l set reserved = l.reserved - r.freed where l.organization_id = p_org and l.site_id = r.site_id and l.item_id = r.item_id;
    if r.freed = r.quantity then
      update bss.reservation v set status = 'released', ended_at = now() where v.organization_id = p_org and v.id = r.id;
    else
      update bss.reservation v set quantity = v.quantity - r.freed where v.organization_id = p_org and v.id = r.id;
    end if;
    return query select r.id, r.order_id, r.demand_line_id, r.site_id, r.item_id, r.location_id, r.lot_id, r.freed;
  end loop;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['carry_reserved', 'issue_reserved', 'loosen_reserved', 'release_picked'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;

-- Posting: the one way stock moves. Balances and levels follow in the same transaction, by the set.

create type bss.stock_effect as (
  site_id uuid, item_id uuid, location_id uuid, lot_id uuid, is_virtual boolean, is_usable boolean, change numeric, expires_at timestamptz
);

-- Posts moves given as parallel arrays. Every refusal names the line (pointers /lines/0/...).
-- p_may_break: whether promises that no longer fit may be broken (they are returned) or refuse the posting.
create function bss.post_moves(
  p_org uuid, p_document_kind text, p_reason text, p_posting_key text, p_move_ids uuid[], p_document_ids uuid[], p_line_ids uuid[], p_item_ids uuid[],
  p_from uuid[], p_to uuid[], p_lot_ids uuid[], p_quantities numeric[], p_occurred_at timestamptz[], p_reverses uuid[], p_may_break boolean
) returns setof bss.broken_promise
language plpgsql
as $$
declare
  effects bss.stock_effect[];
  faults jsonb;
begin
  perform bss.lock_for_posting(p_org, p_item_ids, p_from, p_to, p_lot_ids);
  -- Who is meant, what is wrong with it, and what each location and lot gains or loses: one look at the master data.
  with line as materialized (
    select u.n, u.item_id, u.from_id, u.to_id, u.lot_id, u.quantity, i.tracking, f.id as from_found, t.id as to_found, o.id as lot_found, o.item_id as lot_item,
           f.site_id as from_site, f.kind as from_kind, t.site_id as to_site, t.kind as to_kind,
           o.id is null or o.status = 'available' as is_lot_usable, ((o.expires_on + 1)::timestamp) at time zone ts.time_zone as expires_at
      from unnest(p_item_ids, p_from, p_to, p_lot_ids, p_quantities) with ordinality as u (item_id, from_id, to_id, lot_id, quantity, n)
      left join bss.item i on i.organization_id = p_org and i.id = u.item_id
      left join bss.location f on f.organization_id = p_org and f.id = u.from_id
      left join bss.location t on t.organization_id = p_org and t.id = u.to_id
      left join bss.site ts on ts.organization_id = p_org and ts.id = t.site_id
      left join bss.lot o on o.organization_id = p_org and o.id = u.lot_id
  ), fault as (
    select n, 'itemId' as field, 'unknown_item' as code, 'There is no such item.' as message from line where tracking is null
    union all select n, 'locationId', 'unknown_location', 'There is no such location.' from line where from_found is null or to_found is null
    union all select n, 'lotId', 'unknown_lot', 'This item has no such lot.' from line where lot_id is not null and lot_item is distinct from item_id
    union all select n, 'lotId', 'lot_required', 'This item is tracked by ' || tracking || '.' from line where tracking in ('lot', 'serial') and lot_id is null
    union all select n, 'lotId', 'lot_not_tracked', 'This item is not tracked by lot.' from line where tracking = 'none' and lot_id is not null
    union all select n, 'quantity', 'serial_is_one', 'A serial number is one piece.' from line where tracking = 'serial' and quantity <> 1
    union all select n, 'locationId', 'same_location', 'Stock cannot move to where it is.' from line where from_id = to_id
    union all select n, 'locationId', 'no_real_location', 'One end of a move must be a real location.' from line where from_kind = 'virtual' and to_kind = 'virtual'
  ), effect as (
    select from_site as site_id, item_id, from_id as location_id, lot_id, from_kind = 'virtual' as is_virtual, is_lot_usable and from_kind not in ('quarantine', 'virtual') as is_usable, -quantity as change, null::timestamptz as expires_at from line
    union all
    select to_site, item_id, to_id, lot_id, to_kind = 'virtual', is_lot_usable and to_kind not in ('quarantine', 'virtual'), quantity, expires_at from line
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/lines/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault),
         (select array_agg((s.site_id, s.item_id, s.location_id, s.lot_id, s.is_virtual, s.is_usable, s.change, s.expires_at)::bss.stock_effect)
            from (select site_id, item_id, location_id, lot_id, is_virtual, is_usable, sum(change) as change, min(expires_at) as expires_at
                    from effect group by 1, 2, 3, 4, 5, 6) s)
    into faults, effects;
  if faults is not null then
    perform sec.refuse('invalid', 'Some lines cannot be posted.', faults);
  end if;
  return query select * from bss.make_room(p_org, effects, p_may_break);
  update bss.stock_level l
     set on_hand = l.on_hand + d.on_hand, unavailable = l.unavailable + d.on_hand - d.usable, next_expiry_at = least(l.next_expiry_at, d.expires_at)
    from (select e.site_id, e.item_id, coalesce(sum(e.change) filter (where not e.is_virtual), 0) as on_hand, coalesce(sum(e.change) filter (where e.is_usable), 0) as usable,
                 min(e.expires_at) filter (where e.is_usable) as expires_at
            from unnest(effects) e group by 1, 2) d
   where l.organization_id = p_org and l.site_id = d.site_id and l.item_id = d.item_id;
  insert into bss.stock_balance (organization_id, item_id, location_id, lot_id, site_id, is_virtual)
  select p_org, e.item_id, e.location_id, e.lot_id, e.site_id, e.is_virtual from unnest(effects) e
  on conflict (organization_id, item_id, location_id, lot_key) do nothing;
  update bss.stock_balance b set on_hand = b.on_hand + e.change, updated_at = now()
    from unnest(effects) e
   where b.organization_id = p_org and b.item_id = e.item_id and b.location_id = e.location_id and b.lot_key = coalesce(e.lot_id, '00000000-0000-0000-0000-000000000000'::uuid);
  perform bss.keep_serials_single(p_org, p_item_ids, p_lot_ids);
  insert into bss.stock_move (organization_id, id, item_id, lot_id, from_location_id, to_location_id, quantity, reason, document_kind, document_id, document_line_id,
                              posting_key, posting_line, occurred_at, reverses_id)
  select p_org, u.id, u.item_id, u.lot_id, u.from_id, u.to_id, u.quantity, p_reason, p_document_kind, u.document_id, u.line_id, p_posting_key, u.n, u.occurred_at, u.reverses
    from unnest(p_move_ids, p_document_ids, p_line_ids, p_item_ids, p_from, p_to, p_lot_ids, p_quantities, p_occurred_at, p_reverses)
         with ordinality as u (id, document_id, line_id, item_id, from_id, to_id, lot_id, quantity, occurred_at, reverses, n)
   order by u.n;
end
$$;

-- Holds still what a posting relies on, before anything is read: what its locations and lots are good for (whoever changes that
-- waits for us, or we for him), and then the levels, in key order. A level that is missing is made.
create function bss.lock_for_posting(p_org uuid, p_item_ids uuid[], p_from uuid[], p_to uuid[], p_lot_ids uuid[]) returns void
language plpgsql
as $$
declare
  sites uuid[];
  items uuid[];
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
  insert into bss.stock_level (organization_id, site_id, item_id)
  select p_org, k.site_id, k.item_id from unnest(sites, items) as k (site_id, item_id)
  on conflict (organization_id, site_id, item_id) do nothing;
  perform 1 from bss.stock_level l
    where l.organization_id = p_org and (l.site_id, l.item_id) in (select k.site_id, k.item_id from unnest(sites, items) as k (site_id, item_id))
    order by l.site_id, l.item_id for no key update;
end
$$;

-- With the levels locked: sees that every place holds what is taken from it, bins and promises apart. Breaks
-- promises that no longer fit where that is allowed.
create function bss.make_room(p_org uuid, p_effects bss.stock_effect[], p_may_break boolean) returns setof bss.broken_promise
language plpgsql
as $$
declare
  r record;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('pointer', '/lines', 'code', case when b.allocated > 0 then 'allocated' else 'not_on_hand' end,
           'message', format('Location %s holds %s of item %s%s%s; %s is needed.', o.code, trim_scale(coalesce(b.on_hand, 0)), i.sku, coalesce(' in lot ' || t.number, ''),
             case when b.allocated > 0 then format(', of which %s is allocated to orders', trim_scale(b.allocated)) else '' end, trim_scale(-e.change))))
    into faults
    from unnest(p_effects) e
    join bss.location o on o.organization_id = p_org and o.id = e.location_id
    join bss.item i on i.organization_id = p_org and i.id = e.item_id
    left join bss.lot t on t.organization_id = p_org and t.id = e.lot_id
    left join bss.stock_balance b on b.organization_id = p_org and b.item_id = e.item_id and b.location_id = e.location_id
          and b.lot_key = coalesce(e.lot_id, '00000000-0000-0000-0000-000000000000'::uuid)
   where e.change < 0 and not e.is_virtual and coalesce(b.on_hand - b.allocated, 0) + e.change < 0;
  if faults is not null then
    perform sec.refuse(case when faults @> '[{"code":"allocated"}]' then 'conflict' else 'insufficient_stock' end, 'There is not enough free stock where it should be taken from.', faults);
  end if;
  for r in
    select d.site_id, d.item_id, l.reserved - (l.on_hand - l.unavailable + d.usable) as short
      from (select e.site_id, e.item_id, sum(e.change) as usable from unnest(p_effects) e where e.is_usable group by 1, 2) d
      join bss.stock_level l on l.organization_id = p_org and l.site_id = d.site_id and l.item_id = d.item_id
     where d.usable < 0 and l.reserved > l.on_hand - l.unavailable + d.usable
     order by 1, 2
  loop
    if not p_may_break then
      perform sec.refuse('conflict', 'This stock is promised to orders.', (select jsonb_build_array(jsonb_build_object('pointer', '/lines', 'code', 'promised',
        'message', format('%s of item %s is promised to orders beyond what would be left.', trim_scale(r.short), i.sku))) from bss.item i where i.organization_id = p_org and i.id = r.item_id));
    end if;
    return query select * from bss.break_promises(p_org, r.site_id, r.item_id, r.short);
  end loop;
end
$$;

-- A serial number is in at most one place.
create function bss.keep_serials_single(p_org uuid, p_item_ids uuid[], p_lot_ids uuid[]) returns void
language plpgsql
as $$
declare
  double text;
begin
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

revoke execute on function
  bss.post_moves(uuid, text, text, text, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], numeric[], timestamptz[], uuid[], boolean),
  bss.lock_for_posting(uuid, uuid[], uuid[], uuid[], uuid[]), bss.make_room(uuid, bss.stock_effect[], boolean), bss.keep_serials_single(uuid, uuid[], uuid[]) from public;
grant execute on function
  bss.post_moves(uuid, text, text, text, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], numeric[], timestamptz[], uuid[], boolean),
  bss.lock_for_posting(uuid, uuid[], uuid[], uuid[], uuid[]), bss.make_room(uuid, bss.stock_effect[], boolean), bss.keep_serials_single(uuid, uuid[], uuid[]) to bss_app, bss_worker;

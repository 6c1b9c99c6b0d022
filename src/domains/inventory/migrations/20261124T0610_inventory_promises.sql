-- Promises: reserving, giving back, breaking, hard allocation. Lock order everywhere: lots, then levels by (site, item), then the
-- balances and reservations of those levels. Who holds a level's lock owns everything beneath it. One path goes against the order:
-- an order that finds a lot past its date before the calendar's chore does; should it meet a posting of that lot, one of them is
-- done again.

-- Demand that lost (part of) its promise: the line is backordered by so much.
create type bss.broken_promise as (order_id uuid, demand_line_id uuid, site_id uuid, item_id uuid, quantity numeric);

-- Records for the rooms above which lines lost a promise, one event per order (events.ts: stock.promisesBroken). Used where stock goes
-- out of use by the calendar, while somebody else's statement happens to notice it; commands tell what they break themselves.
create function bss.tell_broken_promises(p_org uuid, p_broken bss.broken_promise[], p_reason text) returns void
language sql
as $$
  insert into bss.outbox_event (organization_id, id, topic, aggregate_type, aggregate_id, payload, actor_id, request_id)
  select p_org, bss.new_id(), 'stock.promisesBroken', 'order', b.order_id,
         jsonb_build_object('orderId', b.order_id, 'reason', p_reason, 'lines', jsonb_agg(jsonb_build_object(
           'lineId', b.demand_line_id, 'siteId', b.site_id, 'itemId', b.item_id, 'quantity', trim_scale(b.quantity)::text))),
         sec.actor(), 'calendar'
    from unnest(p_broken) b group by b.order_id
$$;

-- Takes a promise of p_short away from the softest demand: least urgent first, newest first. The level's lock must be held.
create function bss.break_promises(p_org uuid, p_site uuid, p_item uuid, p_short numeric) returns setof bss.broken_promise
language plpgsql
as $$
declare
  r record;
  rest numeric := p_short;
  taken numeric;
begin
  for r in
    select v.id, v.order_id, v.demand_line_id, v.quantity from bss.reservation v
     where v.organization_id = p_org and v.site_id = p_site and v.item_id = p_item and v.status = 'open' and v.kind = 'soft'
     order by v.priority desc, v.created_at desc, v.id desc
  loop
    exit when rest <= 0;
    taken := least(rest, r.quantity);
    if taken = r.quantity then
      update bss.reservation v set status = 'released', ended_at = now() where v.organization_id = p_org and v.id = r.id;
    else
      update bss.reservation v set quantity = v.quantity - taken where v.organization_id = p_org and v.id = r.id;
    end if;
    rest := rest - taken;
    return next (r.order_id, r.demand_line_id, p_site, p_item, taken)::bss.broken_promise;
  end loop;
  if rest > 0 then
    perform sec.refuse('conflict', format('%s of this stock is allocated to orders by bin and must be given back first.', trim_scale(rest)),
      (select coalesce(jsonb_agg(jsonb_build_object('pointer', '/lines', 'code', 'allocated', 'message', format('%s of item %s is allocated to order %s.', trim_scale(v.quantity), p_item, v.order_id))), '[]')
         from bss.reservation v where v.organization_id = p_org and v.site_id = p_site and v.item_id = p_item and v.status in ('open', 'picked') and v.kind = 'hard'));
  end if;
  update bss.stock_level l set reserved = l.reserved - p_short where l.organization_id = p_org and l.site_id = p_site and l.item_id = p_item;
end
$$;

-- Gives back what was promised until a time that has passed. The levels' locks must be held.
create function bss.expire_reservations(p_org uuid, p_site uuid, p_items uuid[]) returns void
language plpgsql
as $$
declare
  ended bss.broken_promise[];
begin
  with overdue as (
    update bss.reservation v set status = 'expired', ended_at = now()
     where v.organization_id = p_org and v.site_id = p_site and v.item_id = any (p_items) and v.status = 'open' and v.kind = 'soft' and v.expires_at <= now()
    returning v.order_id, v.demand_line_id, v.site_id, v.item_id, v.quantity
  )
  select array_agg((o.order_id, o.demand_line_id, o.site_id, o.item_id, o.quantity)::bss.broken_promise) into ended from overdue o;
  if ended is null then
    return;
  end if;
  update bss.stock_level l set reserved = l.reserved - f.quantity
    from (select e.item_id, sum(e.quantity) as quantity from unnest(ended) e group by e.item_id) f
   where l.organization_id = p_org and l.site_id = p_site and l.item_id = f.item_id;
  perform bss.tell_broken_promises(p_org, ended, 'overdue');
end
$$;

-- Changes a lot's status and, with it, what its stock is good for. Promises that no longer fit are broken and returned.
-- Hard allocations of the lot become soft again (another lot may serve them); what is picked already stands in the way.
create function bss.set_lot_status(p_org uuid, p_lot uuid, p_status text, p_reason text) returns setof bss.broken_promise
language plpgsql
as $$
declare
  lot bss.lot;
  r record;
  was_usable boolean;
  is_usable boolean;
begin
  select * into lot from bss.lot t where t.organization_id = p_org and t.id = p_lot;
  if lot.id is null then
    perform sec.refuse('not_found', 'There is no such lot.');
  end if;
  -- The lot first: postings hold it still until they commit, so that no stock of it can turn up at another site meanwhile.
  select * into lot from bss.lot t where t.organization_id = p_org and t.id = p_lot for no key update;
  perform 1 from bss.stock_level l where l.organization_id = p_org and l.item_id = lot.item_id order by l.site_id for no key update;
  was_usable := lot.status = 'available';
  is_usable := p_status = 'available';
  if lot.status = p_status then
    return;
  end if;
  update bss.lot t set status = p_status, status_reason = p_reason where t.organization_id = p_org and t.id = p_lot;
  if was_usable = is_usable then
    return;
  end if;
  if was_usable then
    if exists (select 1 from bss.reservation v where v.organization_id = p_org and v.item_id = lot.item_id and v.lot_id = p_lot and v.status = 'picked') then
      perform sec.refuse('conflict', 'Some of this lot is picked for orders already. Put it back before the lot is taken out of use.');
    end if;
    update bss.reservation v set kind = 'soft', location_id = null, lot_id = null
     where v.organization_id = p_org and v.item_id = lot.item_id and v.lot_id = p_lot and v.status = 'open' and v.kind = 'hard';
    update bss.stock_balance b set allocated = 0, updated_at = now() where b.organization_id = p_org and b.lot_id = p_lot and b.allocated > 0;
  end if;
  for r in
    select s.site_id, s.quantity, s.quantity - (l.on_hand - l.unavailable - l.reserved) as short,
           (((lot.expires_on + 1)::timestamp) at time zone p.time_zone) as expires_at
      from (select b.site_id, sum(b.on_hand) as quantity
              from bss.stock_balance b join bss.location o on o.organization_id = b.organization_id and o.id = b.location_id
             where b.organization_id = p_org and b.lot_id = p_lot and not b.is_virtual and o.kind <> 'quarantine' and b.on_hand > 0
             group by b.site_id) s
      join bss.stock_level l on l.organization_id = p_org and l.site_id = s.site_id and l.item_id = lot.item_id
      join bss.site p on p.organization_id = p_org and p.id = s.site_id
     order by s.site_id
  loop
    if is_usable then
      update bss.stock_level l set unavailable = l.unavailable - r.quantity, next_expiry_at = least(l.next_expiry_at, r.expires_at)
       where l.organization_id = p_org and l.site_id = r.site_id and l.item_id = lot.item_id;
    else
      if r.short > 0 then
        return query select * from bss.break_promises(p_org, r.site_id, lot.item_id, r.short);
      end if;
      update bss.stock_level l set unavailable = l.unavailable + r.quantity
       where l.organization_id = p_org and l.site_id = r.site_id and l.item_id = lot.item_id;
    end if;
  end loop;
end
$$;

-- Takes lots out of use that have passed their date at the site, and sets when the next one will. The levels' locks must be held.
create function bss.expire_lots(p_org uuid, p_site uuid, p_items uuid[]) returns int
language plpgsql
as $$
declare
  r record;
  zone text;
  broken bss.broken_promise[];
  n int := 0;
begin
  select s.time_zone into zone from bss.site s where s.organization_id = p_org and s.id = p_site;
  for r in
    select t.id from bss.lot t
     where t.organization_id = p_org and t.item_id = any (p_items) and t.status in ('available', 'on_hold')
       and t.expires_on < (now() at time zone zone)::date
       and exists (select 1 from bss.stock_balance b where b.organization_id = p_org and b.lot_id = t.id and b.site_id = p_site and b.on_hand > 0 and not b.is_virtual)
     order by t.item_id, t.id
  loop
    select array_agg(b) into broken from bss.set_lot_status(p_org, r.id, 'expired', 'Past its date.') b;
    if broken is not null then
      perform bss.tell_broken_promises(p_org, broken, 'expiry');
    end if;
    n := n + 1;
  end loop;
  update bss.stock_level l
     set next_expiry_at = (
       select ((min(t.expires_on) + 1)::timestamp) at time zone zone
         from bss.stock_balance b join bss.lot t on t.organization_id = b.organization_id and t.id = b.lot_id
        where b.organization_id = p_org and b.item_id = l.item_id and b.site_id = p_site and b.on_hand > 0 and not b.is_virtual
          and t.status = 'available' and t.expires_on is not null)
   where l.organization_id = p_org and l.site_id = p_site and l.item_id = any (p_items);
  return n;
end
$$;

-- Everything of a site that the calendar ends: overdue promises, lots past their date. Returns how many lots expired.
create function bss.expire_due(p_org uuid, p_site uuid) returns int
language plpgsql
as $$
declare
  items uuid[];
begin
  select array_agg(q.item_id order by q.item_id) into items from (
    select l.item_id from bss.stock_level l where l.organization_id = p_org and l.site_id = p_site and l.next_expiry_at <= now()
    union select v.item_id from bss.reservation v where v.organization_id = p_org and v.site_id = p_site and v.status = 'open' and v.kind = 'soft' and v.expires_at <= now()) q;
  if items is null then
    return 0;
  end if;
  perform 1 from bss.lot t where t.organization_id = p_org and t.item_id = any (items) and t.status in ('available', 'on_hold') and t.expires_on < (now() at time zone 'UTC')::date + 1
    order by t.item_id, t.id for no key update;
  perform 1 from bss.stock_level l where l.organization_id = p_org and l.site_id = p_site and l.item_id = any (items) order by l.item_id for no key update;
  perform bss.expire_reservations(p_org, p_site, items);
  return bss.expire_lots(p_org, p_site, items);
end
$$;

-- Reserves the lines of one order at one site (DOMAIN: how to reserve stock). One UPDATE walks the levels in key order (an
-- index scan of a sorted array; the settings below leave the planner no other way), so that baskets never wait for each
-- other in a ring; each row is taken from relatively and only if it is enough, and tells in last_reserved whether it was.
-- When everything fits, which is the common case, the reservations are inserted and that is all.
-- Returns a row for every line that got something. Refuses nothing: what is missing is for the caller to see.
create function bss.reserve_stock(
  p_org uuid, p_site uuid, p_order uuid, p_line_ids uuid[], p_item_ids uuid[], p_quantities numeric[], p_may_split boolean[],
  p_all_or_nothing boolean, p_priority int, p_expires_at timestamptz
) returns table (line_id uuid, reserved numeric)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  items uuid[];
  wanted numeric[];
  part uuid[];
  sums numeric[];
  got_items uuid[];
  got numeric[];
  full_items uuid[] := '{}';
  full_sums numeric[] := '{}';
  slice int;
  n int;
begin
  select array_agg(s.item_id), array_agg(s.quantity) into items, wanted
    from (select u.item_id, sum(u.quantity) as quantity from unnest(p_item_ids, p_quantities) as u (item_id, quantity) group by u.item_id order by u.item_id) s;
  n := coalesce(cardinality(items), 0);
  -- Slices keep the look-up of a wanted quantity short in orders of thousands of lines; sorted slices keep the order of locks.
  for slice in 0 .. (n - 1) / 100 loop
    part := items[slice * 100 + 1 : slice * 100 + 100];
    sums := wanted[slice * 100 + 1 : slice * 100 + 100];
    with taken as (
      update bss.stock_level l
         set reserved = l.reserved + case when l.on_hand - l.unavailable - l.reserved >= sums[array_position(part, l.item_id)] and (l.next_expiry_at is null or l.next_expiry_at > now())
                                       then sums[array_position(part, l.item_id)] else 0 end,
             last_reserved = case when l.on_hand - l.unavailable - l.reserved >= sums[array_position(part, l.item_id)] and (l.next_expiry_at is null or l.next_expiry_at > now())
                                then sums[array_position(part, l.item_id)] else 0 end
       where l.organization_id = p_org and l.site_id = p_site and l.item_id = any (part)
      returning l.item_id, l.last_reserved
    )
    select array_agg(t.item_id), array_agg(t.last_reserved) into got_items, got from taken t where t.last_reserved > 0;
    full_items := full_items || got_items;
    full_sums := full_sums || got;
  end loop;
  if cardinality(full_items) = n then
    return query
      insert into bss.reservation (organization_id, id, order_id, demand_line_id, site_id, item_id, quantity, priority, expires_at)
      select p_org, bss.new_id(), p_order, u.line_id, p_site, u.item_id, u.quantity, p_priority, p_expires_at
        from unnest(p_line_ids, p_item_ids, p_quantities) as u (line_id, item_id, quantity)
      returning demand_line_id, quantity;
  else
    return query select s.line_id, s.reserved from bss.reserve_short(p_org, p_site, p_order, p_line_ids, p_item_ids, p_quantities, p_may_split, p_all_or_nothing, p_priority, p_expires_at, full_items, full_sums) s;
  end if;
end
$$;

-- The other case: some items were not enough. Their levels are locked by the caller's update, so what is seen here stays so.
-- Overdue lots and promises are cleared away first; then the lines are served in order, whole or, where they may be split, with what is left.
create function bss.reserve_short(
  p_org uuid, p_site uuid, p_order uuid, p_line_ids uuid[], p_item_ids uuid[], p_quantities numeric[], p_may_split boolean[],
  p_all_or_nothing boolean, p_priority int, p_expires_at timestamptz, p_full_items uuid[], p_full_sums numeric[]
) returns table (line_id uuid, reserved numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  short_items uuid[];
  free jsonb;
  takes numeric[] := '{}';
  taken numeric;
  left_over numeric;
  is_complete boolean := true;
  key text;
begin
  select array_agg(distinct u.item_id order by u.item_id) into short_items from unnest(p_item_ids) as u (item_id) where u.item_id <> all (p_full_items);
  perform bss.expire_reservations(p_org, p_site, short_items);
  if exists (select 1 from bss.stock_level l where l.organization_id = p_org and l.site_id = p_site and l.item_id = any (short_items) and l.next_expiry_at <= now()) then
    perform bss.expire_lots(p_org, p_site, short_items);
  end if;
  select coalesce(jsonb_object_agg(l.item_id, l.on_hand - l.unavailable - l.reserved), '{}') into free
    from bss.stock_level l where l.organization_id = p_org and l.site_id = p_site and l.item_id = any (short_items);
  for i in 1 .. cardinality(p_line_ids) loop
    taken := p_quantities[i];
    if p_item_ids[i] = any (short_items) then
      key := p_item_ids[i]::text;
      left_over := coalesce((free ->> key)::numeric, 0);
      if left_over < taken then
        taken := case when p_may_split[i] and left_over > 0 then left_over else 0 end;
        is_complete := false;
      end if;
      if taken > 0 then
        free := jsonb_set(free, array[key], to_jsonb(left_over - taken));
      end if;
    end if;
    takes := takes || taken;
  end loop;
  if p_all_or_nothing and not is_complete then
    update bss.stock_level l set reserved = l.reserved - f.quantity
      from unnest(p_full_items, p_full_sums) as f (item_id, quantity)
     where l.organization_id = p_org and l.site_id = p_site and l.item_id = f.item_id;
    return;
  end if;
  update bss.stock_level l set reserved = l.reserved + s.quantity, last_reserved = s.quantity
    from (select u.item_id, sum(u.quantity) as quantity from unnest(p_item_ids, takes) as u (item_id, quantity)
           where u.item_id = any (short_items) and u.quantity > 0 group by u.item_id) s
   where l.organization_id = p_org and l.site_id = p_site and l.item_id = s.item_id;
  return query
    insert into bss.reservation (organization_id, id, order_id, demand_line_id, site_id, item_id, quantity, priority, expires_at)
    select p_org, bss.new_id(), p_order, u.line_id, p_site, u.item_id, u.quantity, p_priority, p_expires_at
      from unnest(p_line_ids, p_item_ids, takes) as u (line_id, item_id, quantity) where u.quantity > 0
    returning demand_line_id, quantity;
end
$$;

-- Gives back up to p_quantities (null = everything) of each line's open promises, newest first, bins included.
-- What was picked already is not given back here. Returns what each line gave back.
create function bss.release_reservations(p_org uuid, p_line_ids uuid[], p_quantities numeric[]) returns table (line_id uuid, released numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  r record;
  taken numeric;
  rest numeric[] := p_quantities;
  i int;
  freed bss.broken_promise[] := '{}';
begin
  perform 1 from bss.stock_level l
    where l.organization_id = p_org and (l.site_id, l.item_id) in (
      select v.site_id, v.item_id from bss.reservation v where v.organization_id = p_org and v.demand_line_id = any (p_line_ids) and v.status = 'open')
    order by l.site_id, l.item_id for no key update;
  for r in
    select v.* from bss.reservation v
     where v.organization_id = p_org and v.demand_line_id = any (p_line_ids) and v.status = 'open'
     order by v.created_at desc, v.kind desc, v.id desc
  loop
    i := array_position(p_line_ids, r.demand_line_id);
    taken := least(r.quantity, coalesce(rest[i], r.quantity));
    continue when taken <= 0;
    rest[i] := rest[i] - taken;
    if taken = r.quantity then
      update bss.reservation v set status = 'released', ended_at = now() where v.organization_id = p_org and v.id = r.id;
    else
      update bss.reservation v set quantity = v.quantity - taken where v.organization_id = p_org and v.id = r.id;
    end if;
    if r.kind = 'hard' then
      update bss.stock_balance b set allocated = b.allocated - taken, updated_at = now()
       where b.organization_id = p_org and b.item_id = r.item_id and b.location_id = r.location_id and b.lot_id is not distinct from r.lot_id;
    end if;
    freed := freed || (r.order_id, r.demand_line_id, r.site_id, r.item_id, taken)::bss.broken_promise;
  end loop;
  update bss.stock_level l set reserved = l.reserved - s.quantity
    from (select f.site_id, f.item_id, sum(f.quantity) as quantity from unnest(freed) f group by f.site_id, f.item_id) s
   where l.organization_id = p_org and l.site_id = s.site_id and l.item_id = s.item_id;
  return query select f.demand_line_id, sum(f.quantity) from unnest(freed) f group by f.demand_line_id;
end
$$;

-- Gives the soft promises of an order a place: first the lot that expires first, then the bin that is picked first. What no
-- pickable bin holds stays soft and is returned as a shortage.
create function bss.allocate_hard(p_org uuid, p_order uuid) returns table (line_id uuid, item_id uuid, shortage numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  r record;
  b record;
  rest numeric;
  taken numeric;
begin
  perform 1 from bss.stock_level l
    where l.organization_id = p_org and (l.site_id, l.item_id) in (
      select v.site_id, v.item_id from bss.reservation v where v.organization_id = p_org and v.order_id = p_order and v.status = 'open' and v.kind = 'soft')
    order by l.site_id, l.item_id for no key update;
  for r in
    select v.*, (now() at time zone s.time_zone)::date as today
      from bss.reservation v join bss.site s on s.organization_id = v.organization_id and s.id = v.site_id
     where v.organization_id = p_org and v.order_id = p_order and v.status = 'open' and v.kind = 'soft'
     order by v.site_id, v.item_id, v.created_at, v.id
  loop
    rest := r.quantity;
    for b in
      select c.location_id, c.lot_id, c.lot_key, c.on_hand - c.allocated as free
        from bss.stock_balance c
        join bss.location o on o.organization_id = c.organization_id and o.id = c.location_id
        left join bss.lot t on t.organization_id = c.organization_id and t.id = c.lot_id
       where c.organization_id = p_org and c.item_id = r.item_id and c.site_id = r.site_id and not c.is_virtual and c.on_hand > c.allocated
         and o.kind in ('storage', 'pick') and o.status = 'active'
         and (c.lot_id is null or (t.status = 'available' and (t.expires_on is null or t.expires_on >= r.today)))
       order by t.expires_on nulls last, o.pick_sequence, o.code, c.location_id, c.lot_key
    loop
      exit when rest <= 0;
      taken := least(rest, b.free);
      update bss.stock_balance c set allocated = c.allocated + taken, updated_at = now()
       where c.organization_id = p_org and c.item_id = r.item_id and c.location_id = b.location_id and c.lot_key = b.lot_key;
      if taken = rest then
        update bss.reservation v set kind = 'hard', location_id = b.location_id, lot_id = b.lot_id, quantity = taken where v.organization_id = p_org and v.id = r.id;
      else
        insert into bss.reservation (organization_id, id, order_id, demand_line_id, site_id, item_id, quantity, kind, location_id, lot_id, priority, expires_at, created_at)
        values (p_org, bss.new_id(), r.order_id, r.demand_line_id, r.site_id, r.item_id, taken, 'hard', b.location_id, b.lot_id, r.priority, null, r.created_at);
        update bss.reservation v set quantity = v.quantity - taken where v.organization_id = p_org and v.id = r.id;
      end if;
      rest := rest - taken;
    end loop;
    if rest > 0 then
      line_id := r.demand_line_id;
      item_id := r.item_id;
      shortage := rest;
      return next;
    end if;
  end loop;
end
$$;

revoke execute on function
  bss.tell_broken_promises(uuid, bss.broken_promise[], text), bss.expire_due(uuid, uuid), bss.break_promises(uuid, uuid, uuid, numeric), bss.expire_reservations(uuid, uuid, uuid[]), bss.set_lot_status(uuid, uuid, text, text), bss.expire_lots(uuid, uuid, uuid[]),
  bss.reserve_stock(uuid, uuid, uuid, uuid[], uuid[], numeric[], boolean[], boolean, int, timestamptz),
  bss.reserve_short(uuid, uuid, uuid, uuid[], uuid[], numeric[], boolean[], boolean, int, timestamptz, uuid[], numeric[]),
  bss.release_reservations(uuid, uuid[], numeric[]), bss.allocate_hard(uuid, uuid) from public;
grant execute on function
  bss.tell_broken_promises(uuid, bss.broken_promise[], text), bss.expire_due(uuid, uuid), bss.break_promises(uuid, uuid, uuid, numeric), bss.expire_reservations(uuid, uuid, uuid[]), bss.set_lot_status(uuid, uuid, text, text), bss.expire_lots(uuid, uuid, uuid[]),
  bss.reserve_stock(uuid, uuid, uuid, uuid[], uuid[], numeric[], boolean[], boolean, int, timestamptz),
  bss.reserve_short(uuid, uuid, uuid, uuid[], uuid[], numeric[], boolean[], boolean, int, timestamptz, uuid[], numeric[]),
  bss.release_reservations(uuid, uuid[], numeric[]), bss.allocate_hard(uuid, uuid) to bss_app, bss_worker;

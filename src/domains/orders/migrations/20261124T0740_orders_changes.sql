-- What the commands on an order do in the database, one call each.

-- Reserves what the open lines of an order still wait for, and gives up at once what a line of policy "cancel" does not get when
-- p_is_first. Only lines that wait are touched. The order's row must be locked by the caller.
create function bss.reserve_open_lines(p_organization uuid, p_order uuid, p_lines uuid[], p_is_first boolean)
returns table (organization_id uuid, line_id uuid, item_id uuid, taken numeric, still_open numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  site uuid;
  urgency int;
  ids uuid[];
  items uuid[];
  quantities numeric[];
  may_split boolean[];
begin
  select o.site_id, o.priority into site, urgency from bss.sales_order o where o.organization_id = p_organization and o.id = p_order;
  select array_agg(l.id order by l.line_number), array_agg(l.item_id order by l.line_number), array_agg(l.ordered - l.cancelled - l.shipped - l.reserved order by l.line_number),
         array_agg(l.backorder_policy <> 'all_or_nothing' order by l.line_number)
    into ids, items, quantities, may_split
    from bss.sales_order_line l
   where l.organization_id = p_organization and l.order_id = p_order and l.is_backordered and (p_lines is null or l.id = any (p_lines));
  if ids is null then
    return;
  end if;
  return query
    with got as materialized (
      select u.id, u.item_id, u.wanted, coalesce(r.reserved, 0) as taken
        from unnest(ids, items, quantities) u(id, item_id, wanted)
        left join bss.reserve_stock(p_organization, site, p_order, ids, items, quantities, may_split, false, urgency, null) r on r.line_id = u.id),
    kept as (
      update bss.sales_order_line l
         set reserved = l.reserved + g.taken,
             cancelled = l.cancelled + case when p_is_first and l.backorder_policy = 'cancel' then g.wanted - g.taken else 0 end,
             status = case when p_is_first and l.backorder_policy = 'cancel' and l.cancelled + g.wanted - g.taken = l.ordered then 'cancelled' else l.status end
        from got g
       where l.organization_id = p_organization and l.id = g.id and (g.taken > 0 or (p_is_first and l.backorder_policy = 'cancel'))
      returning l.id)
    select p_organization, g.id, g.item_id, g.taken, g.wanted - g.taken from got g left join kept k on k.id = g.id;
end
$$;

-- Adds lines to an order that is not released yet, at the prices of its price list in its own currency, and at the step its others stand at.
create function bss.add_lines(p_organization uuid, p_order uuid, p_line_ids uuid[], p_item_ids uuid[], p_skus text[], p_quantities numeric[], p_policies text[], p_status text)
returns table (organization_id uuid, line_id uuid)
language plpgsql
as $$
#variable_conflict use_column
declare
  head record;
  faults jsonb;
  first_status constant text := case p_status when 'confirmed' then 'confirmed' else 'draft' end;
begin
  select o.customer_id, o.ordered_at, m.currency, coalesce(p.price_list_id, (select d.id from bss.price_list d where d.organization_id = p_organization and d.is_default)) as price_list_id,
         (select max(l.line_number) from bss.sales_order_line l where l.organization_id = p_organization and l.order_id = o.id) as last_line
    into head
    from bss.sales_order o
    join bss.party p on p.organization_id = p_organization and p.id = o.customer_id
    left join bss.order_money m on m.organization_id = p_organization and m.id = o.id
   where o.organization_id = p_organization and o.id = p_order;
  select jsonb_agg(jsonb_build_object('pointer', '/addLines/' || u.n - 1 || case when u.item_id is null then '/sku' else '/itemId' end,
           'code', case when i.id is null then 'unknown_item' else 'inactive_item' end,
           'message', case when i.id is null then 'There is no such item.' else 'This item is inactive.' end) order by u.n) into faults
    from unnest(p_item_ids, p_skus) with ordinality u(item_id, sku, n)
    left join bss.item i on i.organization_id = p_organization and (i.id = u.item_id or i.sku = u.sku)
   where i.id is null or i.status <> 'active';
  if faults is not null then
    perform sec.refuse('invalid', 'Some lines cannot be added.', faults);
  end if;
  insert into bss.sales_order_line (organization_id, id, order_id, line_number, customer_id, ordered_at, item_id, status, backorder_policy, ordered)
  select p_organization, u.id, p_order, head.last_line + u.n, head.customer_id, head.ordered_at, i.id, first_status, u.policy, u.quantity
    from unnest(p_line_ids, p_item_ids, p_skus, p_quantities, p_policies) with ordinality u(id, item_id, sku, quantity, policy, n)
    join bss.item i on i.organization_id = p_organization and (i.id = u.item_id or i.sku = u.sku);
  insert into bss.order_line_money (organization_id, id, unit_price, amount_minor)
  select p_organization, l.id, pr.unit_price, round(l.ordered * pr.unit_price * bss.minor_units_of(head.currency))::bigint
    from bss.sales_order_line l
    cross join lateral (
      select x.unit_price, x.currency, x.valid_until from bss.price x
       where x.organization_id = p_organization and x.price_list_id = head.price_list_id and x.item_id = l.item_id and x.valid_from <= current_date
       order by x.valid_from desc limit 1) pr
   where l.organization_id = p_organization and l.id = any (p_line_ids) and pr.currency = head.currency and (pr.valid_until is null or pr.valid_until > current_date);
  if p_status = 'submitted' then
    update bss.sales_order_line l set status = 'submitted' where l.organization_id = p_organization and l.id = any (p_line_ids);
  end if;
  perform bss.refresh_orders(p_organization, array[p_order], true);
  return query select p_organization, u.id from unnest(p_line_ids) u(id);
end
$$;

-- Takes back what was sold: the newest lines of the customer and item that are still open at that time are cancelled, across
-- orders as needed. All of it or nothing. p_entries are told apart by their names in the other system.
create function bss.cancel_sold(
  p_organization uuid, p_ids uuid[], p_refs text[], p_sources text[], p_customer_codes text[], p_skus text[], p_quantities numeric[], p_occurred_at timestamptz[], p_actor_name text)
returns table (organization_id uuid, entry int, outcome text, order_id uuid, line_id uuid, item_id uuid, quantity numeric, is_whole boolean, code text, pointer text, message text)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  e record;
  r record;
  rest numeric;
  part numeric;
  open_now numeric;
  touched_orders uuid[];
  freed_lines uuid[];
  freed numeric[];
begin
  organization_id := p_organization;
  for e in
    select u.n, u.ref, u.source, u.customer_code, u.sku, u.quantity, u.occurred_at, u.id, p.id as customer_id, i.id as item_id, c.id as known
      from unnest(p_ids, p_refs, p_sources, p_customer_codes, p_skus, p_quantities, p_occurred_at) with ordinality u(id, ref, source, customer_code, sku, quantity, occurred_at, n)
      left join bss.party p on p.organization_id = p_organization and p.kind = 'customer' and p.code = u.customer_code
      left join bss.item i on i.organization_id = p_organization and i.sku = u.sku
      left join bss.order_cancellation c on c.organization_id = p_organization and c.external_source = u.source and c.external_ref = u.ref
     order by u.n
  loop
    entry := e.n;
    order_id := null;
    line_id := null;
    item_id := null;
    quantity := null;
    is_whole := null;
    code := null;
    pointer := null;
    message := null;
    if e.known is not null then
      outcome := 'unchanged';
    elsif e.customer_id is null then
      outcome := 'refused';
      code := 'unknown_customer';
      pointer := '/customerCode';
      message := 'There is no such customer.';
    elsif e.item_id is null then
      outcome := 'refused';
      code := 'unknown_item';
      pointer := '/sku';
      message := 'There is no such item.';
    else
      -- The orders first, then their lines: the order in which every command locks.
      perform 1 from bss.sales_order o
       where o.organization_id = p_organization and o.id in (
         select l.order_id from bss.sales_order_line l
          where l.organization_id = p_organization and l.item_id = e.item_id and l.customer_id = e.customer_id and l.ordered_at <= e.occurred_at
            and l.status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment')
          order by l.ordered_at desc limit 20)
       order by o.id for no key update;
      rest := e.quantity;
      freed_lines := '{}';
      freed := '{}';
      touched_orders := '{}';
      for r in
        select l.id, l.order_id, l.ordered, l.cancelled, l.reserved, l.picked, l.status from bss.sales_order_line l
         where l.organization_id = p_organization and l.item_id = e.item_id and l.customer_id = e.customer_id and l.ordered_at <= e.occurred_at
           and l.status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment')
         order by l.ordered_at desc, l.id desc
      loop
        exit when rest <= 0;
        open_now := r.ordered - r.cancelled - r.picked;
        continue when open_now <= 0;
        part := least(open_now, rest);
        rest := rest - part;
        freed_lines := freed_lines || r.id;
        freed := freed || part;
        touched_orders := touched_orders || r.order_id;
      end loop;
      if rest > 0 then
        outcome := 'refused';
        code := 'no_matching_order';
        pointer := '/quantity';
        message := format('Only %s of this item are open in orders of this customer up to that time.', trim_scale(e.quantity - rest));
      else
        perform bss.reduce_lines(p_organization, freed_lines, freed);
        insert into bss.order_cancellation (organization_id, id, external_ref, external_source, customer_id, item_id, quantity, occurred_at)
        values (p_organization, e.id, e.ref, e.source, e.customer_id, e.item_id, e.quantity, e.occurred_at);
        insert into bss.sales_order_event (organization_id, id, order_id, kind, at, actor_name, details)
        select p_organization, bss.new_id(), f.order_id, 'cancelled', clock_timestamp(), p_actor_name,
               jsonb_build_object('lineId', f.line_id, 'quantity', trim_scale(f.quantity)::text, 'occurredAt', e.occurred_at, 'externalRef', e.ref, 'externalSource', e.source)
          from unnest(touched_orders, freed_lines, freed) f(order_id, line_id, quantity);
        outcome := 'cancelled';
        item_id := e.item_id;
        for r in
          select f.order_id, f.line_id, f.quantity, o.status = 'cancelled' as is_whole from unnest(touched_orders, freed_lines, freed) f(order_id, line_id, quantity)
            join bss.sales_order o on o.organization_id = p_organization and o.id = f.order_id
        loop
          order_id := r.order_id;
          line_id := r.line_id;
          quantity := r.quantity;
          is_whole := r.is_whole;
          return next;
        end loop;
        continue;
      end if;
    end if;
    return next;
  end loop;
end
$$;

-- Cancels so much of each line and gives back the stock that no longer has a reason to be reserved.
create function bss.reduce_lines(p_organization uuid, p_lines uuid[], p_quantities numeric[]) returns void
language plpgsql
as $$
declare
  ids uuid[];
  freed numeric[];
begin
  select array_agg(l.id), array_agg(l.reserved - least(l.reserved, l.ordered - l.cancelled - u.quantity - l.shipped)) into ids, freed
    from unnest(p_lines, p_quantities) u(id, quantity)
    join bss.sales_order_line l on l.organization_id = p_organization and l.id = u.id
   where l.reserved > least(l.reserved, l.ordered - l.cancelled - u.quantity - l.shipped);
  update bss.sales_order_line l
     set cancelled = l.cancelled + u.quantity,
         reserved = least(l.reserved, l.ordered - l.cancelled - u.quantity - l.shipped),
         status = case when l.cancelled + u.quantity = l.ordered then 'cancelled' else l.status end
    from unnest(p_lines, p_quantities) u(id, quantity)
   where l.organization_id = p_organization and l.id = u.id;
  if ids is not null then
    perform bss.release_reservations(p_organization, ids, freed);
  end if;
end
$$;

-- Sets what a line has reserved to what is really reserved for it: after promises were broken, and whenever in doubt.
-- Returns the lines that changed and by how much they now wait more.
create function bss.recount_reserved(p_organization uuid, p_lines uuid[]) returns table (organization_id uuid, order_id uuid, line_id uuid, item_id uuid, lost numeric)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform 1 from bss.sales_order o
   where o.organization_id = p_organization and o.id in (select l.order_id from bss.sales_order_line l where l.organization_id = p_organization and l.id = any (p_lines))
   order by o.id for no key update;
  return query
    with truth as (
      select l.id, l.reserved as before, coalesce(sum(v.quantity), 0) as reserved
        from bss.sales_order_line l
        left join bss.reservation v on v.organization_id = p_organization and v.demand_line_id = l.id and v.status in ('open', 'picked')
       where l.organization_id = p_organization and l.id = any (p_lines) group by l.id, l.reserved)
    update bss.sales_order_line l set reserved = t.reserved from truth t
     where l.organization_id = p_organization and l.id = t.id and l.reserved <> t.reserved
    returning p_organization, l.order_id, l.id, l.item_id, t.before - t.reserved;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['reserve_open_lines', 'add_lines', 'cancel_sold', 'reduce_lines', 'recount_reserved'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;

-- Orders that wait for these items at this site, the most urgent and oldest first: whom to serve when stock comes in.
create function bss.orders_waiting_for(p_organization uuid, p_site uuid, p_items uuid[], p_limit int) returns table (organization_id uuid, order_id uuid, line_ids uuid[])
language sql stable
as $$
  select p_organization, o.id, array_agg(l.id order by l.line_number)
    from bss.sales_order_line l
    join bss.sales_order o on o.organization_id = p_organization and o.id = l.order_id
   where l.organization_id = p_organization and l.is_backordered and l.item_id = any (p_items) and o.site_id = p_site
   group by o.id, o.priority, o.ordered_at
   order by o.priority, o.ordered_at, o.id
   limit p_limit
$$;
revoke execute on function bss.orders_waiting_for(uuid, uuid, uuid[], int) from public;
grant execute on function bss.orders_waiting_for(uuid, uuid, uuid[], int) to bss_app, bss_worker;

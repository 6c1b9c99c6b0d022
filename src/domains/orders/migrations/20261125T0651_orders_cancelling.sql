-- A cancellation frees everything that has not left, what is picked included; a line of which the rest is cancelled may be shipped by that.

-- As before, but a hold stops only goods: to give up the rest of a line that is partly shipped moves none.
create or replace function bss.line_follows_its_states() returns trigger
language plpgsql
as $$
declare
  held record;
begin
  if tg_op = 'INSERT' then
    perform sec.refuse('illegal_transition', format('A line does not begin as %s.', replace(new.status, '_', ' ')));
  end if;
  if not bss.line_may_become(old.status, new.status) then
    perform sec.refuse('illegal_transition', format('A line that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  if new.status = 'released' or (new.status = 'shipped' and new.shipped > old.shipped) then
    select h.kind, h.reason into held from bss.order_hold h
     where h.organization_id = new.organization_id and h.order_id = new.order_id and h.released_at is null and (h.line_id is null or h.line_id = new.id)
     limit 1;
    if found then
      perform sec.refuse('illegal_transition', format('A %s hold is in the way: %s', held.kind, held.reason));
    end if;
  end if;
  return new;
end
$$;
-- Lines that became shipped because their rest was cancelled may have been delivered before.
create function bss.settle_lines(p_organization uuid, p_lines uuid[]) returns table (organization_id uuid, line_id uuid)
language sql
as $$
  update bss.sales_order_line l set status = 'delivered'
   where l.organization_id = p_organization and l.id = any (p_lines) and l.status = 'shipped' and l.delivered + l.cancelled = l.ordered
  returning l.organization_id, l.id
$$;

-- Cancels so much of each line: first what waits, then what is in bins, at last what is picked. rules.ts (reduce) decides the same.
create or replace function bss.reduce_lines(p_organization uuid, p_lines uuid[], p_quantities numeric[]) returns void
language plpgsql
as $$
declare
  ids uuid[];
  freed numeric[];
  picked_ids uuid[];
  picked_parts numeric[];
begin
  with line as (
    select l.id, l.reserved - least(l.reserved, l.ordered - l.cancelled - u.quantity - l.shipped) as freed, greatest(l.reserved - (l.picked - l.shipped), 0) as in_bins
      from unnest(p_lines, p_quantities) u(id, quantity)
      join bss.sales_order_line l on l.organization_id = p_organization and l.id = u.id)
  select array_agg(x.id) filter (where x.in_bins > 0 and x.freed > 0), array_agg(least(x.freed, x.in_bins)) filter (where x.in_bins > 0 and x.freed > 0),
         array_agg(x.id) filter (where x.freed > x.in_bins), array_agg(x.freed - x.in_bins) filter (where x.freed > x.in_bins)
    into ids, freed, picked_ids, picked_parts from line x;
  update bss.sales_order_line l
     set cancelled = l.cancelled + u.quantity,
         reserved = least(l.reserved, l.ordered - l.cancelled - u.quantity - l.shipped),
         picked = l.picked - coalesce(p.quantity, 0),
         status = case when l.cancelled + u.quantity = l.ordered then 'cancelled'
                       when l.status = 'in_fulfilment' and l.shipped > 0 and l.cancelled + u.quantity + l.shipped = l.ordered then 'shipped' else l.status end
    from unnest(p_lines, p_quantities) u(id, quantity)
    left join unnest(picked_ids, picked_parts) p(id, quantity) on p.id = u.id
   where l.organization_id = p_organization and l.id = u.id;
  if ids is not null then
    perform bss.release_reservations(p_organization, ids, freed);
  end if;
  if picked_ids is not null then
    perform bss.release_picked_of_lines(p_organization, picked_ids, picked_parts);
  end if;
  perform bss.settle_lines(p_organization, p_lines);
end
$$;

-- As before, counting as open what has not been shipped, and told newest order first as it is done.
create or replace function bss.cancel_sold(
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
        select l.id, l.order_id, l.ordered, l.cancelled, l.reserved, l.shipped, l.status from bss.sales_order_line l
         where l.organization_id = p_organization and l.item_id = e.item_id and l.customer_id = e.customer_id and l.ordered_at <= e.occurred_at
           and l.status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment')
         order by l.ordered_at desc, l.id desc
      loop
        exit when rest <= 0;
        open_now := r.ordered - r.cancelled - r.shipped;
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
          select f.order_id, f.line_id, f.quantity, o.status = 'cancelled' as is_whole from unnest(touched_orders, freed_lines, freed) with ordinality f(order_id, line_id, quantity, n)
            join bss.sales_order o on o.organization_id = p_organization and o.id = f.order_id
           order by f.n
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

-- Released orders with promises of these items that have no bin yet, the most urgent and oldest first.
create function bss.orders_without_bins(p_organization uuid, p_site uuid, p_items uuid[], p_limit int) returns table (organization_id uuid, order_id uuid)
language sql stable
as $$
  select p_organization, o.id
    from bss.reservation v
    join bss.sales_order_line l on l.organization_id = p_organization and l.id = v.demand_line_id and l.status in ('released', 'in_fulfilment')
    join bss.sales_order o on o.organization_id = p_organization and o.id = v.order_id and not o.is_held
   where v.organization_id = p_organization and v.site_id = p_site and v.item_id = any (p_items) and v.status = 'open' and v.kind = 'soft'
   group by o.id, o.priority, o.ordered_at
   order by o.priority, o.ordered_at, o.id
   limit p_limit
$$;

revoke execute on function bss.settle_lines(uuid, uuid[]), bss.orders_without_bins(uuid, uuid, uuid[], int) from public;
grant execute on function bss.settle_lines(uuid, uuid[]), bss.orders_without_bins(uuid, uuid, uuid[], int) to bss_app, bss_worker;

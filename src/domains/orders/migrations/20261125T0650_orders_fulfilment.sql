-- The order's part in fulfilment: what was picked, shipped and delivered, told by the rooms above. The orders are locked first, by id, as
-- every command on orders does; the caller moves the goods afterwards.

create function bss.lock_orders_of(p_organization uuid, p_lines uuid[]) returns void
language plpgsql
as $$
begin
  perform 1 from bss.sales_order o
   where o.organization_id = p_organization and o.id in (select l.order_id from bss.sales_order_line l where l.organization_id = p_organization and l.id = any (p_lines))
   order by o.id for no key update;
end
$$;

-- Work has begun on these lines. Those that are further on already stay.
create function bss.begin_fulfilment(p_organization uuid, p_lines uuid[]) returns table (organization_id uuid, order_id uuid, line_id uuid)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform bss.lock_orders_of(p_organization, p_lines);
  return query
    update bss.sales_order_line l set status = 'in_fulfilment' where l.organization_id = p_organization and l.id = any (p_lines) and l.status = 'released'
    returning p_organization, l.order_id, l.id;
end
$$;

-- Counts picks up, or down when p_quantities are negative: goods that were put back.
create function bss.record_picked(p_organization uuid, p_lines uuid[], p_quantities numeric[]) returns table (organization_id uuid, order_id uuid, line_id uuid)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform bss.lock_orders_of(p_organization, p_lines);
  return query
    update bss.sales_order_line l
       set picked = l.picked + s.quantity, status = case when l.status = 'released' then 'in_fulfilment' else l.status end
      from (select u.id, sum(u.quantity) as quantity from unnest(p_lines, p_quantities) u(id, quantity) group by u.id) s
     where l.organization_id = p_organization and l.id = s.id
    returning p_organization, l.order_id, l.id;
end
$$;

-- Goods issue. An active hold of the order or of a line stops it, partial or not; the trigger of the states sees only lines that are shipped whole.
create function bss.record_shipped(p_organization uuid, p_lines uuid[], p_quantities numeric[]) returns table (organization_id uuid, order_id uuid, line_id uuid, status text)
language plpgsql
as $$
#variable_conflict use_column
declare
  held record;
begin
  perform bss.lock_orders_of(p_organization, p_lines);
  select h.kind, h.reason, o.number into held
    from bss.sales_order_line l
    join bss.order_hold h on h.organization_id = p_organization and h.order_id = l.order_id and h.released_at is null and (h.line_id is null or h.line_id = l.id)
    join bss.sales_order o on o.organization_id = p_organization and o.id = l.order_id
   where l.organization_id = p_organization and l.id = any (p_lines) limit 1;
  if found then
    perform sec.refuse('illegal_transition', format('A %s hold of order %s is in the way: %s', held.kind, held.number, held.reason));
  end if;
  return query
    update bss.sales_order_line l
       set shipped = l.shipped + s.quantity, reserved = l.reserved - s.quantity,
           status = case when l.shipped + s.quantity + l.cancelled = l.ordered and l.status = 'in_fulfilment' then 'shipped' else l.status end
      from (select u.id, sum(u.quantity) as quantity from unnest(p_lines, p_quantities) u(id, quantity) group by u.id) s
     where l.organization_id = p_organization and l.id = s.id
    returning p_organization, l.order_id, l.id, l.status;
end
$$;

create function bss.record_delivered(p_organization uuid, p_lines uuid[], p_quantities numeric[]) returns table (organization_id uuid, order_id uuid, line_id uuid, status text)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform bss.lock_orders_of(p_organization, p_lines);
  return query
    update bss.sales_order_line l
       set delivered = l.delivered + s.quantity,
           status = case when l.delivered + s.quantity + l.cancelled = l.ordered and l.status = 'shipped' then 'delivered' else l.status end
      from (select u.id, sum(u.quantity) as quantity from unnest(p_lines, p_quantities) u(id, quantity) group by u.id) s
     where l.organization_id = p_organization and l.id = s.id
    returning p_organization, l.order_id, l.id, l.status;
end
$$;

-- A cancellation frees what is not shipped. What is picked already lies on some table: its promises end too, and the goods stay there,
-- free, until somebody puts them back; the rows tell where. The lines' own sums are the caller's.
create function bss.release_picked_of_lines(p_organization uuid, p_lines uuid[], p_quantities numeric[])
returns table (organization_id uuid, line_id uuid, site_id uuid, item_id uuid, location_id uuid, lot_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  ids uuid[];
  parts numeric[];
begin
  perform 1 from bss.stock_level l
    where l.organization_id = p_organization and (l.site_id, l.item_id) in (
      select v.site_id, v.item_id from bss.reservation v where v.organization_id = p_organization and v.demand_line_id = any (p_lines) and v.status = 'picked')
    order by l.site_id, l.item_id for no key update;
  -- Newest picks first, so much of each as its line gives up.
  with picked as (
    select v.id, v.quantity, u.quantity as wanted, sum(v.quantity) over (partition by v.demand_line_id order by v.created_at desc, v.id desc) - v.quantity as before
      from unnest(p_lines, p_quantities) u(id, quantity)
      join bss.reservation v on v.organization_id = p_organization and v.demand_line_id = u.id and v.status = 'picked')
  select array_agg(p.id order by p.id), array_agg(least(p.quantity, p.wanted - p.before) order by p.id) into ids, parts from picked p where p.wanted > p.before;
  if ids is null then
    return;
  end if;
  return query
    with freed as materialized (select r.* from bss.release_picked(p_organization, ids, parts) r),
    told as (
      insert into bss.outbox_event (organization_id, id, topic, aggregate_type, aggregate_id, payload, actor_id, request_id)
      select p_organization, bss.new_id(), 'stock.toPutAway', 'site', f.site_id,
             jsonb_build_object('siteId', f.site_id, 'documentKind', 'order', 'documentId', f.order_id, 'lines', jsonb_agg(jsonb_build_object(
               'itemId', f.item_id, 'lotId', f.lot_id, 'locationId', f.location_id, 'quantity', trim_scale(f.quantity)::text))),
             sec.actor(), 'cancellation'
        from freed f group by f.site_id, f.order_id
      returning 1)
    select p_organization, f.demand_line_id, f.site_id, f.item_id, f.location_id, f.lot_id, f.quantity from freed f where (select count(*) from told) > 0;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['lock_orders_of', 'begin_fulfilment', 'record_picked', 'record_shipped', 'record_delivered', 'release_picked_of_lines'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;

-- From key to key here as well: a wave of thousands of lines took its time in comparing every line with every promise.

-- Makes pick tasks for what shipment lines still want, out of the open hard promises of their order lines that no task has yet: a promise
-- is split where two lines share it. Gives back, per line, what was wanted and what found a promise. Run under the locks of orders and shipments.
create or replace function bss.make_pick_tasks(p_org uuid, p_lines uuid[], p_wave uuid) returns table (shipment_line_id uuid, wanted numeric, made numeric)
language sql
as $$
  with need as materialized (
    select l.id, l.shipment_id, l.order_line_id, s.site_id, s.priority, s.ship_by, l.planned - l.picked - coalesce(o.quantity, 0) as quantity
      from bss.shipment_line l
      join bss.shipment s on s.organization_id = p_org and s.id = l.shipment_id
      left join lateral (select sum(t.planned - t.done) as quantity from bss.warehouse_task t
                          where t.organization_id = p_org and t.shipment_line_id = l.id and t.kind = 'pick' and t.status in ('created', 'ready', 'leased', 'in_progress', 'exception')) o on true
     where l.organization_id = p_org and l.id = any (p_lines)
  ), wanting as materialized (
    select n.order_line_id, array_agg(n.id) as ids, array_agg(n.shipment_id) as shipments, array_agg(n.site_id) as sites, array_agg(n.priority) as priorities, array_agg(n.ship_by) as dates,
           array_agg(n.hi - n.quantity) as los, array_agg(n.hi) as his
      from (select n.*, sum(n.quantity) over (partition by n.order_line_id order by n.priority, n.ship_by, n.id) as hi from need n where n.quantity > 0) n
     group by n.order_line_id
  ), task as (
    insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, due_at, pick_sequence, from_location_id, item_id, lot_id, planned, reservation_id, shipment_line_id, shipment_id, wave_id)
    select p_org, bss.new_id(), u.site_id, o.zone_id, 'pick', 'ready', u.priority, coalesce(u.ship_by, '9999-12-31 00:00:00+00'), o.pick_sequence, o.id, h.item_id, h.lot_id,
           least(u.hi, h.hi) - greatest(u.lo, h.hi - h.quantity), h.id, u.line_id, u.shipment_id, p_wave
      from wanting w
      cross join lateral (
        select f.*, sum(f.quantity) over (order by f.id) as hi
          from (select v.id, v.item_id, v.lot_id, v.location_id, v.quantity - coalesce(q.quantity, 0) as quantity
                  from bss.reservation v
                  left join lateral (select sum(t.planned - t.done) as quantity from bss.warehouse_task t
                                      where t.organization_id = p_org and t.reservation_id = v.id and t.status in ('created', 'ready', 'leased', 'in_progress', 'exception')) q on true
                 where v.organization_id = p_org and v.demand_line_id = w.order_line_id and v.kind = 'hard' and v.status = 'open') f
         where f.quantity > 0) h
      cross join lateral unnest(w.ids, w.shipments, w.sites, w.priorities, w.dates, w.los, w.his) u (line_id, shipment_id, site_id, priority, ship_by, lo, hi)
      join bss.location o on o.organization_id = p_org and o.id = h.location_id
     where h.hi - h.quantity < u.hi and u.lo < h.hi
    returning shipment_line_id, planned
  )
  select k.id, sum(k.wanted), sum(k.made) from (
    select n.id, n.quantity as wanted, 0::numeric as made from need n where n.quantity > 0
    union all
    select t.shipment_line_id, 0, t.planned from task t) k
   group by k.id
$$;

-- Fills pick faces as before (20261125T0820); the faces are named even when all are meant.
create or replace function bss.make_replenish_tasks(p_org uuid, p_locations uuid[]) returns table (task_id uuid)
language sql
as $$
  with face as materialized (
    select f.site_id, f.location_id, f.item_id, f.minimum, f.maximum, (now() at time zone s.time_zone)::date as today,
           coalesce((select sum(x.on_hand) from bss.stock_balance x where x.organization_id = p_org and x.item_id = f.item_id and x.location_id = f.location_id), 0)
           + coalesce((select sum(t.planned - t.done) from bss.warehouse_task t
                        where t.organization_id = p_org and t.site_id = f.site_id and t.to_location_id = f.location_id and t.item_id = f.item_id and t.kind in ('putaway', 'replenish', 'move') and t.ended_at is null), 0) as filled
      from bss.pick_face f
      join bss.location l on l.organization_id = p_org and l.id = f.location_id and l.status = 'active'
      join bss.site s on s.organization_id = p_org and s.id = f.site_id
     where f.organization_id = p_org and f.location_id = any (coalesce(p_locations, array(select x.location_id from bss.pick_face x where x.organization_id = p_org)))
  ), source as (
    select distinct on (f.location_id) f.*, o.id as from_id, o.zone_id, o.pick_sequence, c.lot_id, c.on_hand - c.allocated - coalesce(w.quantity, 0) as free
      from face f
      join bss.stock_balance c on c.organization_id = p_org and c.item_id = f.item_id and c.site_id = f.site_id and not c.is_virtual and c.on_hand > c.allocated
      join bss.location o on o.organization_id = p_org and o.id = c.location_id and o.kind = 'storage' and o.status = 'active'
      left join bss.lot t on t.organization_id = p_org and t.id = c.lot_id
      left join lateral (select sum(x.planned - x.done) as quantity from bss.warehouse_task x
                          where x.organization_id = p_org and x.site_id = f.site_id and x.from_location_id = c.location_id and x.item_id = c.item_id and x.lot_id is not distinct from c.lot_id
                            and x.kind in ('replenish', 'move') and x.ended_at is null) w on true
     where f.filled < f.minimum and (c.lot_id is null or (t.status = 'available' and (t.expires_on is null or t.expires_on >= f.today)))
       and c.on_hand - c.allocated > coalesce(w.quantity, 0)
     order by f.location_id, t.expires_on nulls last, c.on_hand - c.allocated - coalesce(w.quantity, 0) desc, o.id
  )
  insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, pick_sequence, from_location_id, to_location_id, item_id, lot_id, planned)
  select p_org, bss.new_id(), s.site_id, s.zone_id, 'replenish', 'ready', 3, s.pick_sequence, s.from_id, s.location_id, s.item_id, s.lot_id, least(s.free, s.maximum - s.filled) from source s
  on conflict (organization_id, to_location_id, item_id) where kind = 'replenish' and ended_at is null do nothing
  returning id
$$;

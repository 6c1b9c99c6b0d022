-- Tasks that supply: put-away knows its receipt, replenishment its face; waves that have nothing left to do end.

alter table bss.warehouse_task add column receipt_id uuid;
alter table bss.warehouse_task add constraint warehouse_task_receipt_unknown foreign key (organization_id, receipt_id) references bss.receipt (organization_id, id);
create index warehouse_task_of_receipt on bss.warehouse_task (organization_id, receipt_id) where receipt_id is not null;
-- However many picks find a face low at once, it is filled by one task.
create unique index warehouse_task_replenish_once on bss.warehouse_task (organization_id, to_location_id, item_id) where kind = 'replenish' and ended_at is null;
-- A new column is granted like those before it.
call sec.wall('bss.warehouse_task', 'mutable');

-- Fills the faces at these places (all faces when null) that are below their minimum and that nobody fills yet: up to the maximum, with
-- goods that nobody is promised, from the storage bin whose goods expire first, of equals the fullest. One statement, whatever the count.
create function bss.make_replenish_tasks(p_org uuid, p_locations uuid[]) returns table (task_id uuid)
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
     where f.organization_id = p_org and (p_locations is null or f.location_id = any (p_locations))
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

-- Waves of which every task has ended are completed, also when the last ones were cancelled.
create function bss.end_waves(p_org uuid, p_waves uuid[]) returns void
language plpgsql
as $$
begin
  perform 1 from bss.wave w where w.organization_id = p_org and w.id = any (p_waves) order by w.id for no key update;
  update bss.wave w set status = 'in_progress'
   where w.organization_id = p_org and w.id = any (p_waves) and w.status = 'released' and not exists (select from bss.warehouse_task t where t.organization_id = p_org and t.wave_id = w.id and t.ended_at is null);
  update bss.wave w set status = 'completed'
   where w.organization_id = p_org and w.id = any (p_waves) and w.status = 'in_progress' and not exists (select from bss.warehouse_task t where t.organization_id = p_org and t.wave_id = w.id and t.ended_at is null);
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['make_replenish_tasks', 'end_waves'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;

-- Inspections are tasks as well, picks of several shipments go into totes on one walk, and old scans are forgotten.
alter table bss.warehouse_task add column inspection_id uuid, add column tote text check (tote <> '' and length(tote) <= 40);
alter table bss.warehouse_task add constraint warehouse_task_inspection_unknown foreign key (organization_id, inspection_id) references bss.inspection (organization_id, id);
create unique index warehouse_task_inspection_once on bss.warehouse_task (organization_id, inspection_id) where inspection_id is not null;
-- Which totes are on the floor.
create index warehouse_task_tote on bss.warehouse_task (organization_id, site_id, tote) where tote is not null;
-- A new column is granted like those before it.
call sec.wall('bss.warehouse_task', 'mutable');

-- A pick that goes back with nothing in its tote is free for any tote.
create function bss.task_leaves_its_tote() returns trigger
language plpgsql
as $$
begin
  new.tote := null;
  return new;
end
$$;
create trigger leaves_tote before update of status on bss.warehouse_task for each row when (new.status = 'ready' and new.done = 0 and old.tote is not null) execute function bss.task_leaves_its_tote();

-- Leases the picks of the shipments that matter most, as many shipments as totes, each shipment whole and in a tote of its own. Shipments
-- somebody picks already, or takes at this moment, are left to them.
create function bss.lease_cluster(p_org uuid, p_site uuid, p_zones uuid[], p_device text, p_until timestamptz, p_totes text[]) returns table (task_id uuid)
language plpgsql
as $$
declare
  look constant int := cardinality(p_totes) * 40 + 200;
  near uuid[];
  chosen uuid[];
begin
  if p_zones is null then
    select array_agg(c.shipment_id order by c.n) into near from (
      select t.shipment_id, row_number() over (order by t.priority, t.due_at, t.pick_sequence, t.id) as n from bss.warehouse_task t
       where t.organization_id = p_org and t.site_id = p_site and t.kind = 'pick' and t.status = 'ready' and (t.assignee is null or t.assignee = sec.actor())
       order by t.priority, t.due_at, t.pick_sequence, t.id limit look) c;
  else
    select array_agg(c.shipment_id order by c.priority, c.due_at, c.pick_sequence, c.id) into near from unnest(p_zones) z (id)
      cross join lateral (
        select t.shipment_id, t.priority, t.due_at, t.pick_sequence, t.id from bss.warehouse_task t
         where t.organization_id = p_org and t.site_id = p_site and t.zone_id = z.id and t.kind = 'pick' and t.status = 'ready' and (t.assignee is null or t.assignee = sec.actor())
         order by t.priority, t.due_at, t.pick_sequence, t.id limit look) c;
  end if;
  select array_agg(l.id) into chosen from (
    select s.id from bss.shipment s
      join (select u.id, min(u.n) as n from unnest(near) with ordinality u (id, n) group by u.id) k on k.id = s.id
     where s.organization_id = p_org
       and not exists (select from bss.warehouse_task x where x.organization_id = p_org and x.shipment_id = s.id and x.kind = 'pick' and x.status in ('leased', 'in_progress'))
     order by k.n limit cardinality(p_totes) for no key update of s skip locked) l;
  return query
    with mine as (
      select t.id, array_position(chosen, t.shipment_id) as n from bss.warehouse_task t
       where t.organization_id = p_org and t.shipment_id = any (chosen) and t.kind = 'pick' and t.status = 'ready' and (p_zones is null or t.zone_id = any (p_zones)) and (t.assignee is null or t.assignee = sec.actor())
       order by t.pick_sequence, t.id limit 500 for no key update skip locked)
    update bss.warehouse_task t set status = 'leased', assignee = sec.actor(), lease_device = p_device, lease_until = p_until, heartbeat_at = now(), tote = p_totes[m.n]
      from mine m where t.organization_id = p_org and t.id = m.id returning t.id;
end
$$;

-- Scans are kept for ninety days (scans/trim.ts), which the worker needs to be allowed to end.
create index scan_by_age on bss.scan (organization_id, created_at);
call sec.wall('bss.scan', 'working');
-- The highest sequence that was forgotten: what is not above it, and is not missing, came before.
alter table bss.scan_device add column forgotten_upto bigint;
call sec.wall('bss.scan_device', 'working');

do $do$
declare f text;
begin
  foreach f in array array['task_leaves_its_tote', 'lease_cluster'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;

-- The work of a warehouse: waves that release it, tasks that are leased one at a time. Locks: orders, shipments, then tasks by id, then
-- what the stock takes. The next task is taken with `skip locked`, so nobody waits for it.

create table bss.wave (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  site_id uuid not null,
  status text not null default 'planned' check (status in ('planned', 'released', 'in_progress', 'completed', 'cancelled')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint wave_number_taken unique (organization_id, number),
  constraint wave_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
create index wave_of_site on bss.wave (organization_id, site_id, status, id);
call sec.wall('bss.wave', 'mutable');
call sec.fence_by_site('bss.wave', 'site_id');

create table bss.wave_shipment (
  organization_id uuid not null,
  id uuid not null,
  wave_id uuid not null,
  shipment_id uuid not null,
  primary key (organization_id, id),
  constraint wave_shipment_once unique (organization_id, wave_id, shipment_id),
  constraint wave_shipment_wave_unknown foreign key (organization_id, wave_id) references bss.wave (organization_id, id),
  constraint wave_shipment_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id)
);
create index wave_shipment_of_shipment on bss.wave_shipment (organization_id, shipment_id);
call sec.wall('bss.wave_shipment', 'working');
call sec.fence_by_parent('bss.wave_shipment', 'bss.wave', 'wave_id');

create table bss.warehouse_task (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  zone_id uuid,
  kind text not null check (kind in ('putaway', 'pick', 'replenish', 'move', 'pack', 'load', 'unload', 'count', 'inspect')),
  status text not null default 'created' check (status in ('created', 'ready', 'leased', 'in_progress', 'completed', 'short_completed', 'exception', 'cancelled')),
  -- 1 is the most urgent. What has no date of its own comes last among equals.
  priority int not null default 5 check (priority between 1 and 9),
  due_at timestamptz not null default '9999-12-31 00:00:00+00',
  pick_sequence int not null default 0,
  from_location_id uuid,
  to_location_id uuid,
  item_id uuid,
  lot_id uuid,
  planned numeric(20,6) check (planned > 0),
  done numeric(20,6) not null default 0 check (done >= 0),
  reservation_id uuid,
  shipment_line_id uuid,
  shipment_id uuid,
  wave_id uuid,
  count_id uuid,
  -- Whom it was given to, or who holds it.
  assignee uuid,
  lease_device text check (lease_device <> '' and length(lease_device) <= 100),
  lease_until timestamptz,
  heartbeat_at timestamptz,
  exception_code text check (exception_code <> '' and length(exception_code) <= 40),
  note text check (length(note) <= 2000),
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint warehouse_task_not_over_planned check (planned is null or done <= planned),
  -- A lease is whole: who, on which device, until when; and nobody holds what is not under way.
  constraint warehouse_task_lease check ((status in ('leased', 'in_progress')) = (lease_until is not null) and (lease_until is null) = (lease_device is null) and (lease_until is null or assignee is not null)),
  constraint warehouse_task_ended check ((status in ('completed', 'short_completed', 'cancelled')) = (ended_at is not null)),
  constraint warehouse_task_exception check ((status = 'exception') = (exception_code is not null) or status in ('short_completed', 'cancelled')),
  constraint warehouse_task_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint warehouse_task_zone_unknown foreign key (organization_id, site_id, zone_id) references bss.zone (organization_id, site_id, id),
  constraint warehouse_task_from_unknown foreign key (organization_id, site_id, from_location_id) references bss.location (organization_id, site_id, id),
  constraint warehouse_task_to_unknown foreign key (organization_id, site_id, to_location_id) references bss.location (organization_id, site_id, id),
  constraint warehouse_task_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint warehouse_task_lot_unknown foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  constraint warehouse_task_reservation_unknown foreign key (organization_id, reservation_id) references bss.reservation (organization_id, id),
  constraint warehouse_task_line_unknown foreign key (organization_id, shipment_line_id) references bss.shipment_line (organization_id, id),
  constraint warehouse_task_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id),
  constraint warehouse_task_wave_unknown foreign key (organization_id, wave_id) references bss.wave (organization_id, id),
  constraint warehouse_task_count_unknown foreign key (organization_id, count_id) references bss.cycle_count (organization_id, id)
) with (fillfactor = 80);
-- The next task is the first entry of its kind: with zones, of its zone and kind.
create index warehouse_task_next on bss.warehouse_task (organization_id, site_id, kind, priority, due_at, pick_sequence, id) where status = 'ready';
create index warehouse_task_next_of_zone on bss.warehouse_task (organization_id, site_id, zone_id, kind, priority, due_at, pick_sequence, id) where status = 'ready';
create index warehouse_task_leased on bss.warehouse_task (organization_id, lease_until) where status in ('leased', 'in_progress');
create index warehouse_task_board on bss.warehouse_task (organization_id, site_id, status, id);
create index warehouse_task_of_zone on bss.warehouse_task (organization_id, site_id, zone_id) where zone_id is not null;
create index warehouse_task_from on bss.warehouse_task (organization_id, site_id, from_location_id) where from_location_id is not null;
create index warehouse_task_to on bss.warehouse_task (organization_id, site_id, to_location_id) where to_location_id is not null;
create index warehouse_task_of_item on bss.warehouse_task (organization_id, item_id, lot_id) where item_id is not null;
create index warehouse_task_of_reservation on bss.warehouse_task (organization_id, reservation_id) where reservation_id is not null;
create index warehouse_task_of_line on bss.warehouse_task (organization_id, shipment_line_id) where shipment_line_id is not null;
create index warehouse_task_of_shipment on bss.warehouse_task (organization_id, shipment_id) where shipment_id is not null;
create index warehouse_task_of_wave on bss.warehouse_task (organization_id, wave_id) where wave_id is not null;
create index warehouse_task_of_count on bss.warehouse_task (organization_id, count_id) where count_id is not null;
call sec.wall('bss.warehouse_task', 'mutable');
call sec.fence_by_site('bss.warehouse_task', 'site_id');

-- Only these arrows (rules.ts has the same tables; a test compares every pair).
create function bss.task_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from
    when 'created' then p_to in ('ready', 'cancelled')
    when 'ready' then p_to in ('leased', 'exception', 'cancelled')
    when 'leased' then p_to in ('in_progress', 'ready', 'exception', 'cancelled')
    when 'in_progress' then p_to in ('completed', 'short_completed', 'exception', 'cancelled')
    when 'exception' then p_to in ('ready', 'cancelled')
    else false
  end
$$;
create function bss.task_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if not bss.task_may_become(old.status, new.status) then
    perform sec.refuse('illegal_transition', format('A task that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.warehouse_task for each row when (old.status is distinct from new.status) execute function bss.task_follows_its_states();

create function bss.wave_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from when 'planned' then p_to in ('released', 'cancelled') when 'released' then p_to in ('in_progress', 'cancelled') when 'in_progress' then p_to in ('completed', 'cancelled') else false end
$$;
create function bss.wave_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if not bss.wave_may_become(old.status, new.status) then
    perform sec.refuse('illegal_transition', format('A wave that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.wave for each row when (old.status is distinct from new.status) execute function bss.wave_follows_its_states();

-- Leases the tasks that matter most: priority, due date, then the path, first of all what lies onward from where the caller stands. A few
-- candidates of each kind (and zone) are read in the order of the index; those that somebody else takes at this moment are skipped.
create function bss.lease_tasks(p_org uuid, p_site uuid, p_zones uuid[], p_kinds text[], p_device text, p_until timestamptz, p_from_sequence int, p_count int) returns table (task_id uuid)
language plpgsql
as $$
#variable_conflict use_column
declare
  candidates uuid[];
  taken uuid[];
  look int := p_count + 64;
begin
  if p_zones is null then
    select array_agg(c.id) into candidates from unnest(p_kinds) k (kind)
      cross join lateral (select t.id from bss.warehouse_task t
                           where t.organization_id = p_org and t.site_id = p_site and t.kind = k.kind and t.status = 'ready' and (t.assignee is null or t.assignee = sec.actor())
                           order by t.priority, t.due_at, t.pick_sequence, t.id limit look) c;
  else
    select array_agg(c.id) into candidates from unnest(p_kinds) k (kind) cross join unnest(p_zones) z (id)
      cross join lateral (select t.id from bss.warehouse_task t
                           where t.organization_id = p_org and t.site_id = p_site and t.zone_id = z.id and t.kind = k.kind and t.status = 'ready' and (t.assignee is null or t.assignee = sec.actor())
                           order by t.priority, t.due_at, t.pick_sequence, t.id limit look) c;
  end if;
  select array_agg(l.id) into taken from (
    select t.id from bss.warehouse_task t
     where t.organization_id = p_org and t.id = any (candidates) and t.status = 'ready' and (t.assignee is null or t.assignee = sec.actor())
     order by t.priority, t.due_at, t.pick_sequence < p_from_sequence, t.pick_sequence, t.id limit p_count for no key update skip locked) l;
  return query
    update bss.warehouse_task t set status = 'leased', assignee = sec.actor(), lease_device = p_device, lease_until = p_until, heartbeat_at = now()
     where t.organization_id = p_org and t.id = any (taken) returning t.id;
end
$$;

-- Makes pick tasks for what shipment lines still want, out of the open hard promises of their order lines that no task has yet: a promise
-- is split where two lines share it. Gives back, per line, what found no promise. Run under the locks of orders and shipments.
create function bss.make_pick_tasks(p_org uuid, p_lines uuid[], p_wave uuid) returns table (shipment_line_id uuid, wanted numeric, made numeric)
language sql
as $$
  with need as materialized (
    select l.id, l.shipment_id, l.order_line_id, s.site_id, s.priority, s.ship_by, l.planned - l.picked - coalesce(o.quantity, 0) as quantity
      from bss.shipment_line l
      join bss.shipment s on s.organization_id = p_org and s.id = l.shipment_id
      left join lateral (select sum(t.planned - t.done) as quantity from bss.warehouse_task t
                          where t.organization_id = p_org and t.shipment_line_id = l.id and t.kind = 'pick' and t.status in ('created', 'ready', 'leased', 'in_progress', 'exception')) o on true
     where l.organization_id = p_org and l.id = any (p_lines)
  ), wanting as (
    select n.*, sum(n.quantity) over w - n.quantity as lo, sum(n.quantity) over w as hi from need n where n.quantity > 0 window w as (partition by n.order_line_id order by n.priority, n.ship_by, n.id)
  ), supply as (
    select v.id, v.demand_line_id, v.item_id, v.lot_id, v.location_id, v.quantity - coalesce(o.quantity, 0) as quantity
      from bss.reservation v
      left join lateral (select sum(t.planned - t.done) as quantity from bss.warehouse_task t
                          where t.organization_id = p_org and t.reservation_id = v.id and t.status in ('created', 'ready', 'leased', 'in_progress', 'exception')) o on true
     where v.organization_id = p_org and v.demand_line_id in (select order_line_id from need) and v.kind = 'hard' and v.status = 'open'
  ), having_some as (
    select s.*, sum(s.quantity) over w - s.quantity as lo, sum(s.quantity) over w as hi from supply s where s.quantity > 0 window w as (partition by s.demand_line_id order by s.id)
  ), task as (
    insert into bss.warehouse_task (organization_id, id, site_id, zone_id, kind, status, priority, due_at, pick_sequence, from_location_id, item_id, lot_id, planned, reservation_id, shipment_line_id, shipment_id, wave_id)
    select p_org, bss.new_id(), w.site_id, o.zone_id, 'pick', 'ready', w.priority, coalesce(w.ship_by, '9999-12-31 00:00:00+00'), o.pick_sequence, o.id, h.item_id, h.lot_id,
           least(w.hi, h.hi) - greatest(w.lo, h.lo), h.id, w.id, w.shipment_id, p_wave
      from wanting w
      join having_some h on h.demand_line_id = w.order_line_id and h.lo < w.hi and w.lo < h.hi
      join bss.location o on o.organization_id = p_org and o.id = h.location_id
    returning shipment_line_id, planned
  )
  select n.id, n.quantity, coalesce((select sum(t.planned) from task t where t.shipment_line_id = n.id), 0) from need n where n.quantity > 0
$$;

do $do$
declare f text;
begin
  foreach f in array array['task_may_become', 'task_follows_its_states', 'wave_may_become', 'wave_follows_its_states', 'lease_tasks', 'make_pick_tasks'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker, bss_reader', f);
  end loop;
end
$do$;

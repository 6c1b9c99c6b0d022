-- Cycle counts: blind, counted again when they differ, approved by somebody who did not count, posted relatively.

create table bss.cycle_count (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  site_id uuid not null,
  -- Only this item is counted; null: whatever lies there.
  item_id uuid,
  status text not null default 'planned' check (status in ('planned', 'counting', 'counted', 'recount', 'reviewed', 'approved', 'posted', 'cancelled')),
  reason text not null check (reason <> '' and length(reason) <= 200),
  round int not null default 1 check (round between 1 and 20),
  -- A difference is tolerated up to the larger of the two.
  tolerance_quantity numeric(20,6) not null default 0 check (tolerance_quantity >= 0),
  tolerance_percent numeric(5,2) not null default 0 check (tolerance_percent between 0 and 100),
  note text check (length(note) <= 2000),
  approved_by uuid,
  approved_at timestamptz,
  posted_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint cycle_count_number_taken unique (organization_id, number),
  constraint cycle_count_of_site unique (organization_id, site_id, id),
  constraint cycle_count_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint cycle_count_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index cycle_count_of_item on bss.cycle_count (organization_id, item_id) where item_id is not null;
call sec.wall('bss.cycle_count', 'mutable');
call sec.fence_by_site('bss.cycle_count', 'site_id');

-- The places of a count. A place waits to be counted while counted_round < wanted_round.
create table bss.cycle_count_location (
  organization_id uuid not null,
  id uuid not null,
  count_id uuid not null,
  site_id uuid not null,
  location_id uuid not null,
  wanted_round int not null default 1 check (wanted_round between 1 and 20),
  counted_round int not null default 0 check (counted_round between 0 and 20),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint cycle_count_location_once unique (organization_id, count_id, location_id),
  foreign key (organization_id, site_id, count_id) references bss.cycle_count (organization_id, site_id, id),
  constraint cycle_count_location_unknown foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id)
);
create index cycle_count_location_of_location on bss.cycle_count_location (organization_id, location_id, count_id);
call sec.wall('bss.cycle_count_location', 'mutable');
call sec.fence_by_site('bss.cycle_count_location', 'site_id');

-- What was found of one item and lot in one place in one round. The actor who wrote the row counted.
create table bss.cycle_count_entry (
  organization_id uuid not null,
  id uuid not null,
  count_id uuid not null,
  site_id uuid not null,
  location_id uuid not null,
  round int not null check (round between 1 and 20),
  item_id uuid not null,
  lot_id uuid,
  lot_key uuid not null generated always as (coalesce(lot_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored,
  counted numeric(20,6) not null check (counted >= 0),
  -- When the counter stood before the goods.
  counted_at timestamptz not null,
  -- Of the review: what the difference was when it was looked at. It is posted only while it is still that.
  reviewed_difference numeric(20,6),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint cycle_count_entry_once unique (organization_id, count_id, location_id, round, item_id, lot_key),
  foreign key (organization_id, count_id, location_id) references bss.cycle_count_location (organization_id, count_id, location_id),
  foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id),
  constraint cycle_count_entry_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint cycle_count_entry_lot_unknown foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id)
);
create index cycle_count_entry_of_item on bss.cycle_count_entry (organization_id, item_id, lot_id);
create index cycle_count_entry_of_location on bss.cycle_count_entry (organization_id, site_id, location_id);
call sec.wall('bss.cycle_count_entry', 'mutable');
call sec.fence_by_site('bss.cycle_count_entry', 'site_id');

-- What the books say lay in a place at an instant: what lies there now without what moved after it. A move that happened before the
-- instant and was recorded late belongs to it.
create function bss.on_hand_at(p_org uuid, p_location uuid, p_at timestamptz) returns table (item_id uuid, lot_id uuid, quantity numeric)
language sql stable
as $$
  select b.item_id, b.lot_id, b.on_hand - coalesce((
           select sum(case when m.to_location_id = p_location then m.quantity else -m.quantity end)
             from bss.stock_move m
            where m.organization_id = p_org and m.item_id = b.item_id and m.lot_id is not distinct from b.lot_id and (m.from_location_id = p_location or m.to_location_id = p_location) and m.occurred_at > p_at
              -- Ids begin with the time of recording, which is not before the move, but for clocks that differ a little.
              and m.id >= (lpad(to_hex((extract(epoch from p_at - interval '1 hour') * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid), 0)
    from bss.stock_balance b
   where b.organization_id = p_org and b.location_id = p_location
$$;

-- The last round of every place of a count beside the books at the instant of counting.
create function bss.count_differences(p_org uuid, p_count uuid) returns table (
  entry_id uuid, location_id uuid, item_id uuid, lot_id uuid, round int, counted numeric, expected numeric, difference numeric, is_tolerated boolean, reviewed_difference numeric, counted_at timestamptz, counted_by uuid
)
language sql stable
as $$
  select d.id, d.location_id, d.item_id, d.lot_id, d.round, d.counted, d.expected, d.counted - d.expected,
         abs(d.counted - d.expected) <= greatest(d.tolerance_quantity, abs(d.expected) * d.tolerance_percent / 100), d.reviewed_difference, d.counted_at, d.created_by
    from (select e.*, c.tolerance_quantity, c.tolerance_percent,
                 coalesce((select h.quantity from bss.on_hand_at(p_org, e.location_id, e.counted_at) h where h.item_id = e.item_id and h.lot_id is not distinct from e.lot_id), 0) as expected
            from bss.cycle_count c
            join bss.cycle_count_location l on l.organization_id = p_org and l.count_id = c.id
            join bss.cycle_count_entry e on e.organization_id = p_org and e.count_id = c.id and e.location_id = l.location_id and e.round = l.counted_round
           where c.organization_id = p_org and c.id = p_count) d
$$;

-- Only the arrows of a count; and what differs beyond the tolerance is approved by nobody who counted it.
create function bss.cycle_count_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'planned' then
      perform sec.refuse('illegal_transition', format('A count does not begin as %s.', new.status));
    end if;
    return new;
  end if;
  if new.status = old.status then
    return new;
  end if;
  if not (case old.status
    when 'planned' then new.status in ('counting', 'cancelled')
    when 'counting' then new.status in ('counted', 'cancelled')
    when 'counted' then new.status in ('recount', 'reviewed', 'cancelled')
    when 'recount' then new.status in ('counted', 'cancelled')
    when 'reviewed' then new.status in ('approved', 'cancelled')
    when 'approved' then new.status = 'posted'
    else false
  end) then
    perform sec.refuse('illegal_transition', format('A count that is %s cannot become %s.', old.status, new.status));
  end if;
  if new.status = 'approved' then
    if new.approved_by is null then
      perform sec.refuse('illegal_transition', 'Somebody approves a count.');
    end if;
    if exists (select from bss.count_differences(new.organization_id, new.id) d where not d.is_tolerated)
       and exists (select from bss.cycle_count_entry e where e.organization_id = new.organization_id and e.count_id = new.id and e.created_by = new.approved_by) then
      perform sec.refuse('conflict', 'Differences beyond the tolerance are approved by somebody who did not count.',
        '[{"pointer":"/approver","code":"counter_is_approver","message":"You counted here yourself."}]');
    end if;
  end if;
  return new;
end
$$;
create trigger states before insert or update of status on bss.cycle_count for each row execute function bss.cycle_count_follows_its_states();

-- Before a loss is posted: hard promises that no longer fit into what is left in their bin lose the bin, the least urgent first. They stay
-- promises; whether the site can still keep them is decided by the posting.
create function bss.loosen_for_count(p_org uuid, p_items uuid[], p_locations uuid[], p_lots uuid[], p_changes numeric[]) returns table (order_id uuid, demand_line_id uuid, item_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  ids uuid[];
  quantities numeric[];
begin
  perform bss.lock_for_posting(p_org, p_items, p_locations, p_locations, p_lots);
  with short as (
    select b.item_id, b.location_id, b.lot_id, b.allocated - (b.on_hand + u.change) as quantity
      from unnest(p_items, p_locations, p_lots, p_changes) u (item_id, location_id, lot_id, change)
      join bss.stock_balance b on b.organization_id = p_org and b.item_id = u.item_id and b.location_id = u.location_id
       and b.lot_key = coalesce(u.lot_id, '00000000-0000-0000-0000-000000000000'::uuid)
     where u.change < 0 and b.allocated > b.on_hand + u.change
  ), candidate as (
    select v.id, s.quantity as short, v.quantity,
           sum(v.quantity) over (partition by v.item_id, v.location_id, v.lot_id order by v.priority desc, v.created_at desc, v.id desc) as reached
      from short s
      join bss.reservation v on v.organization_id = p_org and v.item_id = s.item_id and v.location_id = s.location_id and v.lot_id is not distinct from s.lot_id and v.kind = 'hard' and v.status = 'open'
  )
  select array_agg(c.id order by c.id), array_agg(least(c.quantity, c.short - (c.reached - c.quantity)) order by c.id) into ids, quantities
    from candidate c where c.reached - c.quantity < c.short;
  if ids is not null then
    return query select l.order_id, l.demand_line_id, l.item_id, l.quantity from bss.loosen_reserved(p_org, ids, quantities) l;
  end if;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['on_hand_at', 'count_differences', 'cycle_count_follows_its_states', 'loosen_for_count'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
  grant execute on function bss.on_hand_at(uuid, uuid, timestamptz), bss.count_differences(uuid, uuid) to bss_reader;
end
$do$;

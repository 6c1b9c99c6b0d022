-- Counts: a tolerance by what a difference is worth, and a way out for what was approved and is not the difference any more.

-- Up to which worth a difference of a line does not matter at a site. It is money, of those who may see costs; counting uses it and tells nobody.
create table bss.count_tolerance (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  -- Null: what it is worth does not matter.
  worth numeric(20,4) check (worth >= 0),
  currency text check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint count_tolerance_worth_in_currency check ((worth is null) = (currency is null)),
  constraint count_tolerance_once unique (organization_id, site_id),
  constraint count_tolerance_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
call sec.wall('bss.count_tolerance', 'mutable');
call sec.fence_by_site('bss.count_tolerance', 'site_id');

-- Every tolerance that is set must be kept: the larger of quantity and percent, unless both are zero beside a tolerance by worth, and the worth of
-- the difference at the newest cost of the item. A cost that nobody entered, or of another currency, tells no worth: then nothing is tolerated.
create or replace function bss.count_differences(p_org uuid, p_count uuid) returns table (
  entry_id uuid, location_id uuid, item_id uuid, lot_id uuid, round int, counted numeric, expected numeric, difference numeric, is_tolerated boolean, reviewed_difference numeric, counted_at timestamptz, counted_by uuid
)
language sql stable
as $$
  select d.id, d.location_id, d.item_id, d.lot_id, d.round, d.counted, d.expected, d.counted - d.expected,
         d.counted = d.expected
           or ((d.worth is not null and d.tolerance_quantity = 0 and d.tolerance_percent = 0) or abs(d.counted - d.expected) <= greatest(d.tolerance_quantity, abs(d.expected) * d.tolerance_percent / 100))
          and (d.worth is null or coalesce(abs(d.counted - d.expected) * d.unit_cost <= d.worth, false)),
         d.reviewed_difference, d.counted_at, d.created_by
    from (select e.*, c.tolerance_quantity, c.tolerance_percent, w.worth, k.unit_cost,
                 coalesce((select h.quantity from bss.on_hand_at(p_org, e.location_id, e.counted_at) h where h.item_id = e.item_id and h.lot_id is not distinct from e.lot_id), 0) as expected
            from bss.cycle_count c
            join bss.cycle_count_location l on l.organization_id = p_org and l.count_id = c.id
            join bss.cycle_count_entry e on e.organization_id = p_org and e.count_id = c.id and e.location_id = l.location_id and e.round = l.counted_round
            left join bss.count_tolerance w on w.organization_id = p_org and w.site_id = c.site_id
            left join lateral (select case when x.currency = w.currency then x.unit_cost end as unit_cost from bss.item_cost x
                                where w.worth is not null and x.organization_id = p_org and x.item_id = e.item_id and x.effective_on <= e.counted_at::date order by x.effective_on desc limit 1) k on true
           where c.organization_id = p_org and c.id = p_count) d
$$;

-- What was reviewed or approved goes back to be reviewed or counted again. An approval is given up only when it is none any more.
create or replace function bss.cycle_count_follows_its_states() returns trigger
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
    when 'reviewed' then new.status in ('approved', 'recount', 'cancelled')
    when 'approved' then new.status in ('posted', 'reviewed', 'recount')
    else false
  end) then
    perform sec.refuse('illegal_transition', format('A count that is %s cannot become %s.', old.status, new.status));
  end if;
  if old.status = 'approved' and new.status in ('reviewed', 'recount') then
    if not exists (select from bss.count_differences(new.organization_id, new.id) d where d.reviewed_difference is distinct from d.difference) then
      perform sec.refuse('conflict', 'Nothing has changed since the review: what was approved can be posted.', '[{"pointer":"","code":"nothing_changed","message":"Nothing has changed since the review."}]');
    end if;
    new.approved_by := null;
    new.approved_at := null;
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

-- What a figure about the past needs and a line of an order does not keep: that it once waited for stock, and when it was
-- delivered. A line shows how it stands now; a fill rate made of that would get better by itself as backorders are filled.

create table bss.line_milestone (
  organization_id uuid not null,
  id uuid not null default bss.new_id(),
  line_id uuid not null,
  -- A copy, so that the milestones of the orders of a period are found without walking their lines.
  ordered_at timestamptz not null,
  kind text not null check (kind in ('short', 'delivered')),
  -- Short: what the line wanted at the time, and how much of it was not to be had.
  wanted numeric(20,6),
  missing numeric(20,6),
  recorded_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint line_milestone_short check ((kind = 'short') = (missing is not null) and (missing is null) = (wanted is null) and missing > 0 and missing <= wanted),
  constraint line_milestone_line_exists foreign key (organization_id, line_id) references bss.sales_order_line (organization_id, id)
);
-- A line is delivered once; it may be short more than once.
create unique index line_milestone_delivered_once on bss.line_milestone (organization_id, line_id) where kind = 'delivered';
create index line_milestone_of_line on bss.line_milestone (organization_id, line_id) where kind = 'short';
create index line_milestone_of_period on bss.line_milestone (organization_id, ordered_at) where kind = 'short';
call sec.wall('bss.line_milestone', 'append');

-- Runs at the commit: an order is confirmed first and its stock reserved after, so within the transaction nearly every line waits
-- for a moment. What counts is how the transaction leaves the line. Lines that are served in full never come here.
create function bss.line_reaches_milestone() returns trigger
language plpgsql
as $$
declare
  line bss.sales_order_line;
  open_now numeric;
  given_up numeric := 0;
begin
  if tg_op = 'UPDATE' and new.status = 'delivered' and old.status <> 'delivered' then
    insert into bss.line_milestone (organization_id, line_id, ordered_at, kind) values (new.organization_id, new.id, new.ordered_at, 'delivered');
  end if;
  select * into line from bss.sales_order_line l where l.organization_id = new.organization_id and l.id = new.id;
  open_now := case when line.is_backordered then line.ordered - line.cancelled - line.shipped - line.reserved else 0 end;
  -- A line of policy "cancel" does not wait: what it did not get was given up on the spot.
  if new.backorder_policy = 'cancel' then
    given_up := case when tg_op = 'INSERT' then new.cancelled when old.is_backordered then new.cancelled - old.cancelled else 0 end;
  end if;
  if open_now + given_up <= 0 or exists (
    select 1 from bss.line_milestone m
     where m.organization_id = new.organization_id and m.line_id = new.id and m.kind = 'short' and m.missing >= open_now + given_up
  ) then
    return null;
  end if;
  insert into bss.line_milestone (organization_id, line_id, ordered_at, kind, wanted, missing)
  values (new.organization_id, new.id, new.ordered_at, 'short', line.ordered - line.cancelled + given_up, open_now + given_up);
  return null;
end
$$;
grant execute on function bss.line_reaches_milestone() to bss_app, bss_worker;

create constraint trigger milestone_at_placing after insert on bss.sales_order_line deferrable initially deferred
  for each row when (new.is_backordered or (new.cancelled > 0 and new.backorder_policy = 'cancel'))
  execute function bss.line_reaches_milestone();
create constraint trigger milestone_at_change after update on bss.sales_order_line deferrable initially deferred
  for each row when (
    (new.status = 'delivered' and old.status <> 'delivered')
    or (new.is_backordered and (not old.is_backordered or new.ordered - new.cancelled - new.shipped - new.reserved > old.ordered - old.cancelled - old.shipped - old.reserved))
    or (old.is_backordered and new.backorder_policy = 'cancel' and new.cancelled > old.cancelled))
  execute function bss.line_reaches_milestone();

-- What waits, without a visit to the lines themselves: they lie scattered over the whole table. Only lines that wait are in it.
create index sales_order_line_short on bss.sales_order_line (organization_id, item_id, order_id) include (ordered, cancelled, shipped, reserved) where is_backordered;

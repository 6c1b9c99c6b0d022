-- Returns: goods that were shipped come back. Asked for, approved, received, inspected, disposed of; never more than was shipped.

-- What open returns have asked for and not yet received, so that two returns cannot claim the same goods.
alter table bss.sales_order_line add column to_return numeric(20,6) not null default 0 check (to_return >= 0);
alter table bss.sales_order_line drop constraint line_returned_was_shipped;
alter table bss.sales_order_line add constraint line_returned_was_shipped check (returned + to_return <= shipped);
grant update (to_return) on bss.sales_order_line to bss_app, bss_worker;

create table bss.sales_return (
  organization_id uuid not null,
  id uuid not null,
  number text collate "C" not null,
  customer_id uuid not null,
  -- Where the goods are sent back to.
  site_id uuid not null,
  status text not null check (status in ('requested', 'approved', 'rejected', 'awaiting_receipt', 'received', 'inspected', 'dispositioned', 'settled', 'closed')),
  note text check (length(note) <= 2000),
  decision_note text check (length(decision_note) <= 500),
  tracking_reference text check (length(tracking_reference) <= 100),
  external_source text check (length(external_source) <= 60),
  external_ref text collate "C" check (length(external_ref) <= 200),
  requested_at timestamptz not null,
  received_at timestamptz,
  settled_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint sales_return_number_unique unique (organization_id, number),
  -- One telling of another system may concern goods of several sites.
  constraint sales_return_external_unique unique (organization_id, external_source, external_ref, site_id),
  constraint sales_return_external_pair check ((external_ref is null) = (external_source is null)),
  constraint sales_return_customer_exists foreign key (organization_id, customer_id) references bss.party (organization_id, id),
  constraint sales_return_site_exists foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
create index sales_return_customer on bss.sales_return (organization_id, customer_id, id);
create index sales_return_site on bss.sales_return (organization_id, site_id, id);
create index sales_return_status on bss.sales_return (organization_id, status, id);
call sec.wall('bss.sales_return', 'mutable');

create table bss.sales_return_line (
  organization_id uuid not null,
  id uuid not null,
  return_id uuid not null,
  line_no int not null check (line_no > 0),
  order_id uuid not null,
  order_line_id uuid not null,
  item_id uuid not null,
  -- The lot or serial number that is announced; the receipt says what really came.
  lot_id uuid,
  quantity numeric(20,6) not null check (quantity > 0),
  received numeric(20,6) not null default 0 check (received >= 0),
  reason text not null check (reason in ('damaged', 'defective', 'wrong_item', 'not_as_described', 'not_needed', 'late', 'other')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint sales_return_line_no_unique unique (organization_id, return_id, line_no),
  constraint sales_return_line_received_was_asked check (received <= quantity),
  constraint sales_return_line_return_exists foreign key (organization_id, return_id) references bss.sales_return (organization_id, id),
  constraint sales_return_line_order_exists foreign key (organization_id, order_id) references bss.sales_order (organization_id, id),
  constraint sales_return_line_order_line_exists foreign key (organization_id, order_line_id) references bss.sales_order_line (organization_id, id),
  constraint sales_return_line_item_exists foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint sales_return_line_lot_exists foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id)
);
create index sales_return_line_order on bss.sales_return_line (organization_id, order_id);
create index sales_return_line_order_line on bss.sales_return_line (organization_id, order_line_id);
create index sales_return_line_item on bss.sales_return_line (organization_id, item_id, lot_id);
call sec.wall('bss.sales_return_line', 'mutable');

-- What came back: how much, of which lot, where it was put, what it looked like.
create table bss.sales_return_receipt (
  organization_id uuid not null,
  id uuid not null,
  return_id uuid not null,
  return_line_id uuid not null,
  site_id uuid not null,
  item_id uuid not null,
  lot_id uuid,
  location_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  disposed numeric(20,6) not null default 0 check (disposed >= 0),
  condition text check (condition in ('as_new', 'opened', 'damaged', 'defective', 'wrong_goods')),
  inspection_note text check (length(inspection_note) <= 500),
  received_at timestamptz not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint sales_return_receipt_disposed_was_received check (disposed <= quantity),
  constraint sales_return_receipt_return_exists foreign key (organization_id, return_id) references bss.sales_return (organization_id, id),
  constraint sales_return_receipt_line_exists foreign key (organization_id, return_line_id) references bss.sales_return_line (organization_id, id),
  constraint sales_return_receipt_lot_exists foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  constraint sales_return_receipt_location_exists foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id)
);
create index sales_return_receipt_return on bss.sales_return_receipt (organization_id, return_id, id);
create index sales_return_receipt_line on bss.sales_return_receipt (organization_id, return_line_id);
create index sales_return_receipt_item on bss.sales_return_receipt (organization_id, item_id, lot_id);
create index sales_return_receipt_location on bss.sales_return_receipt (organization_id, site_id, location_id);
call sec.wall('bss.sales_return_receipt', 'mutable');

-- What was decided about goods that came back, and where they are since.
create table bss.sales_return_disposition (
  organization_id uuid not null,
  id uuid not null,
  return_id uuid not null,
  receipt_id uuid not null,
  disposition text not null check (disposition in ('restock', 'quarantine', 'repair', 'scrap', 'return_to_vendor')),
  quantity numeric(20,6) not null check (quantity > 0),
  -- Virtual for what left the site.
  location_id uuid not null,
  decided_at timestamptz not null default now(),
  decided_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint sales_return_disposition_return_exists foreign key (organization_id, return_id) references bss.sales_return (organization_id, id),
  constraint sales_return_disposition_receipt_exists foreign key (organization_id, receipt_id) references bss.sales_return_receipt (organization_id, id),
  constraint sales_return_disposition_location_exists foreign key (organization_id, location_id) references bss.location (organization_id, id)
);
create index sales_return_disposition_return on bss.sales_return_disposition (organization_id, return_id, id);
create index sales_return_disposition_receipt on bss.sales_return_disposition (organization_id, receipt_id);
create index sales_return_disposition_location on bss.sales_return_disposition (organization_id, location_id);
call sec.wall('bss.sales_return_disposition', 'append');

call sec.fence_by_site('bss.sales_return', 'site_id');
call sec.fence_by_parent('bss.sales_return_line', 'bss.sales_return', 'return_id');
call sec.fence_by_parent('bss.sales_return_receipt', 'bss.sales_return', 'return_id');
call sec.fence_by_parent('bss.sales_return_disposition', 'bss.sales_return', 'return_id');

-- Only these arrows (returns/rules.ts has the same table; a test compares every pair).
create function bss.return_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from
    when 'requested' then p_to in ('approved', 'rejected')
    when 'approved' then p_to = 'awaiting_receipt'
    when 'awaiting_receipt' then p_to = 'received'
    when 'received' then p_to = 'inspected'
    when 'inspected' then p_to = 'dispositioned'
    when 'dispositioned' then p_to = 'settled'
    when 'settled' then p_to = 'closed'
    else false
  end
$$;
create function bss.return_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if not bss.return_may_become(old.status, new.status) then
    perform sec.refuse('illegal_transition', format('A return that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.sales_return for each row when (old.status is distinct from new.status) execute function bss.return_follows_its_states();
revoke execute on function bss.return_may_become(text, text), bss.return_follows_its_states() from public;
grant execute on function bss.return_may_become(text, text) to bss_app, bss_worker, bss_reader;
grant execute on function bss.return_follows_its_states() to bss_app, bss_worker;

-- Sales orders. Money sits in tables of its own under its own permission: row security cannot hide a column, and a planner's
-- order has no money in it at all.

-- Gapless numbers per organization and kind of document: the row is locked until the commit, so it is taken as late as possible.
create table bss.document_series (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  kind text not null,
  prefix text not null,
  last_number bigint not null default 0 check (last_number >= 0),
  primary key (organization_id, id),
  unique (organization_id, kind)
);
call sec.wall('bss.document_series', 'working');

create table bss.sales_order (
  organization_id uuid not null,
  id uuid not null,
  -- Compared byte by byte, so that the index also serves the search by prefix.
  number text collate "C" not null,
  customer_id uuid not null,
  site_id uuid not null,
  -- Derived from the lines and kept by the statement that changes them.
  status text not null check (status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered', 'closed', 'cancelled')),
  is_backordered boolean not null default false,
  line_count int not null check (line_count >= 0),
  active_holds int not null default 0 check (active_holds >= 0),
  requested_on date not null,
  promised_on date,
  incoterm text check (incoterm in ('EXW', 'FCA', 'CPT', 'CIP', 'DAP', 'DPU', 'DDP', 'FAS', 'FOB', 'CFR', 'CIF')),
  -- 1 is the most urgent, 9 the least.
  priority int not null default 5 check (priority between 1 and 9),
  channel text not null default 'api' check (channel ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  customer_reference text check (length(customer_reference) <= 200),
  external_ref text collate "C" check (length(external_ref) <= 200),
  external_source text check (length(external_source) <= 60),
  ordered_at timestamptz not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  is_held boolean generated always as (active_holds > 0) stored,
  primary key (organization_id, id),
  constraint sales_order_number_unique unique (organization_id, number),
  constraint sales_order_external_unique unique (organization_id, external_source, external_ref),
  constraint sales_order_external_pair check ((external_ref is null) = (external_source is null)),
  -- Lists a customer's orders, and ties the copies of customer and date on the lines to their order.
  constraint sales_order_customer_unique unique (organization_id, customer_id, ordered_at, id),
  constraint sales_order_customer_exists foreign key (organization_id, customer_id) references bss.party (organization_id, id),
  constraint sales_order_site_exists foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
create index sales_order_recent on bss.sales_order (organization_id, ordered_at, id);
create index sales_order_status on bss.sales_order (organization_id, status, ordered_at, id);
create index sales_order_site on bss.sales_order (organization_id, site_id, ordered_at, id);
create index sales_order_requested on bss.sales_order (organization_id, requested_on, id);
create index sales_order_promised on bss.sales_order (organization_id, (coalesce(promised_on, 'infinity'::date)), id);
-- A planner looks at one status by promise date; alone, each of the two indexes would walk most of the orders when the two go together.
create index sales_order_status_promised on bss.sales_order (organization_id, status, (coalesce(promised_on, 'infinity'::date)), id);
create index sales_order_backordered on bss.sales_order (organization_id, ordered_at, id) where is_backordered;
create index sales_order_held on bss.sales_order (organization_id, ordered_at, id) where is_held;
create index sales_order_ref on bss.sales_order (organization_id, external_ref) where external_ref is not null;
call sec.wall('bss.sales_order', 'mutable');

create table bss.sales_order_line (
  organization_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  line_number int not null check (line_number > 0),
  -- Copies of the order's own, tied to it by the foreign key below: whose goods, and since when.
  customer_id uuid not null,
  ordered_at timestamptz not null,
  item_id uuid not null,
  status text not null check (status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered', 'closed', 'cancelled')),
  backorder_policy text not null default 'allow' check (backorder_policy in ('allow', 'split', 'cancel', 'all_or_nothing')),
  ordered numeric(20,6) not null check (ordered > 0 and ordered <= 999999999.999999),
  cancelled numeric(20,6) not null default 0 check (cancelled >= 0),
  -- What open reservations cover at the moment; goes down again as goods are shipped.
  reserved numeric(20,6) not null default 0 check (reserved >= 0),
  picked numeric(20,6) not null default 0 check (picked >= 0),
  shipped numeric(20,6) not null default 0 check (shipped >= 0),
  delivered numeric(20,6) not null default 0 check (delivered >= 0),
  returned numeric(20,6) not null default 0 check (returned >= 0),
  invoiced numeric(20,6) not null default 0 check (invoiced >= 0),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  is_backordered boolean generated always as (status in ('confirmed', 'released', 'in_fulfilment') and ordered - cancelled - shipped - reserved > 0) stored,
  primary key (organization_id, id),
  constraint sales_order_line_number_unique unique (organization_id, order_id, line_number),
  constraint sales_order_line_order_exists foreign key (organization_id, order_id, customer_id, ordered_at) references bss.sales_order (organization_id, id, customer_id, ordered_at),
  constraint sales_order_line_item_exists foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint line_shipped_was_picked check (delivered <= shipped and shipped <= picked),
  constraint line_not_over_ordered check (shipped + cancelled + reserved <= ordered),
  constraint line_returned_was_shipped check (returned <= shipped),
  constraint line_invoiced_was_shipped check (invoiced <= shipped),
  constraint line_cancelled_is_whole check ((status = 'cancelled') = (cancelled = ordered)),
  constraint line_reserved_is_promised check (reserved = 0 or status in ('confirmed', 'released', 'in_fulfilment'))
);
create index sales_order_line_item on bss.sales_order_line (organization_id, item_id, customer_id, ordered_at);
create index sales_order_line_backordered on bss.sales_order_line (organization_id, item_id, ordered_at) where is_backordered;
call sec.wall('bss.sales_order_line', 'mutable');

-- The id of a money row is the id of what it prices: one key less to keep, and one to one by construction.
create table bss.order_money (
  organization_id uuid not null,
  id uuid not null,
  currency text not null check (length(currency) = 3),
  total_minor bigint not null,
  unpriced_lines int not null default 0 check (unpriced_lines >= 0),
  primary key (organization_id, id),
  constraint order_money_order_exists foreign key (organization_id, id) references bss.sales_order (organization_id, id)
);
call sec.wall('bss.order_money', 'working');

create table bss.order_line_money (
  organization_id uuid not null,
  id uuid not null,
  unit_price numeric(20,10) not null check (unit_price >= 0),
  -- Of what is ordered and not cancelled, rounded once, at the line.
  amount_minor bigint not null check (amount_minor >= 0),
  primary key (organization_id, id),
  constraint order_line_money_line_exists foreign key (organization_id, id) references bss.sales_order_line (organization_id, id)
);
call sec.wall('bss.order_line_money', 'working');

create table bss.order_hold (
  organization_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  -- Null: the whole order.
  line_id uuid,
  kind text not null check (kind in ('credit', 'compliance', 'quality', 'address', 'manual')),
  reason text not null check (reason <> '' and length(reason) <= 500),
  released_at timestamptz,
  released_by uuid,
  release_reason text check (length(release_reason) <= 500),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint order_hold_released_pair check ((released_at is null) = (released_by is null)),
  constraint order_hold_order_exists foreign key (organization_id, order_id) references bss.sales_order (organization_id, id),
  constraint order_hold_line_exists foreign key (organization_id, line_id) references bss.sales_order_line (organization_id, id)
);
create index order_hold_order on bss.order_hold (organization_id, order_id, id);
create index order_hold_active on bss.order_hold (organization_id, order_id) where released_at is null;
create index order_hold_line on bss.order_hold (organization_id, line_id) where line_id is not null;
call sec.wall('bss.order_hold', 'mutable');

-- What happened to an order after it was created. Its creation is told by the order's own row, so placing an order writes nothing here.
create table bss.sales_order_event (
  organization_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  kind text not null,
  at timestamptz not null default clock_timestamp(),
  actor_id uuid not null default sec.actor(),
  actor_name text not null,
  details jsonb not null default '{}',
  primary key (organization_id, id),
  constraint sales_order_event_order_exists foreign key (organization_id, order_id) references bss.sales_order (organization_id, id)
);
create index sales_order_event_order on bss.sales_order_event (organization_id, order_id, id);
call sec.wall('bss.sales_order_event', 'append');

-- Goods a customer gave up after ordering, told by another system without naming the order. Kept so that a second telling changes nothing.
create table bss.order_cancellation (
  organization_id uuid not null,
  id uuid not null,
  external_ref text not null check (length(external_ref) <= 200),
  external_source text not null check (length(external_source) <= 60),
  customer_id uuid not null,
  item_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  recorded_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint order_cancellation_external_unique unique (organization_id, external_source, external_ref),
  constraint order_cancellation_customer_exists foreign key (organization_id, customer_id) references bss.party (organization_id, id),
  constraint order_cancellation_item_exists foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index order_cancellation_customer on bss.order_cancellation (organization_id, customer_id);
create index order_cancellation_item on bss.order_cancellation (organization_id, item_id);
call sec.wall('bss.order_cancellation', 'append');

create table bss.order_view (
  organization_id uuid not null,
  id uuid not null,
  name text not null check (name <> '' and length(name) <= 100),
  filter jsonb not null,
  sort text not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint order_view_name_unique unique (organization_id, name)
);
call sec.wall('bss.order_view', 'working');

-- A reservation belongs to a line of an order. Checked at the commit: stock is reserved before the order is written, so that
-- one insert writes the order as it will be.
alter table bss.reservation
  add constraint reservation_line_exists foreign key (organization_id, demand_line_id) references bss.sales_order_line (organization_id, id) deferrable initially deferred,
  add constraint reservation_order_exists foreign key (organization_id, order_id) references bss.sales_order (organization_id, id) deferrable initially deferred;

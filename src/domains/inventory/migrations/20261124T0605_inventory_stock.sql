-- Stock: the ledger of moves, the balances and levels kept beside it in the same transaction, reservations, and the documents that move goods.

create table bss.stock_move (
  organization_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  lot_id uuid,
  from_location_id uuid not null,
  to_location_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  reason text not null,
  document_kind text not null check (document_kind in ('receipt', 'adjustment', 'transfer', 'shipment', 'return', 'count')),
  document_id uuid not null,
  -- The line of the document; an adjustment's lines are its moves.
  document_line_id uuid not null,
  -- The posting: the caller's Idempotency-Key or an id of its own. The same posting of the same document cannot be stored twice.
  posting_key text not null,
  posting_line int not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  recorded_by uuid not null default sec.actor(),
  reverses_id uuid,
  primary key (organization_id, id),
  constraint stock_move_posted_once unique (organization_id, document_id, posting_key, posting_line),
  -- A move is reversed at most once.
  constraint stock_move_reversed_once unique (organization_id, reverses_id),
  constraint stock_move_two_ends check (from_location_id <> to_location_id),
  foreign key (organization_id, item_id) references bss.item (organization_id, id),
  foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  foreign key (organization_id, from_location_id) references bss.location (organization_id, id),
  foreign key (organization_id, to_location_id) references bss.location (organization_id, id),
  foreign key (organization_id, reverses_id) references bss.stock_move (organization_id, id)
);
create index stock_move_of_item on bss.stock_move (organization_id, item_id, id);
call sec.wall('bss.stock_move', 'append');

-- How much of an item and lot is in one location. Virtual locations are kept too (negative where stock came from), so that
-- the sum over all locations of an item is always zero.
create table bss.stock_balance (
  organization_id uuid not null,
  item_id uuid not null,
  location_id uuid not null,
  lot_id uuid,
  -- A missing lot is a key as well.
  lot_key uuid not null generated always as (coalesce(lot_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored,
  site_id uuid not null,
  is_virtual boolean not null,
  on_hand numeric(20,6) not null default 0,
  allocated numeric(20,6) not null default 0,
  updated_at timestamptz not null default now(),
  primary key (organization_id, item_id, location_id, lot_key),
  constraint stock_balance_allocated check (allocated >= 0 and (is_virtual or allocated <= on_hand) and not (is_virtual and allocated > 0)),
  foreign key (organization_id, item_id) references bss.item (organization_id, id),
  foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id)
) with (fillfactor = 80);
create index stock_balance_of_location on bss.stock_balance (organization_id, location_id);
create index stock_balance_of_lot on bss.stock_balance (organization_id, lot_id) where lot_id is not null;
call sec.wall('bss.stock_balance', 'working');

-- What a site can promise of an item. Every change of stock or of promises takes this row's lock first, in key order: it is
-- what makes the rest safe. The last check is the second wall against promising twice.
create table bss.stock_level (
  organization_id uuid not null,
  site_id uuid not null,
  item_id uuid not null,
  on_hand numeric(20,6) not null default 0,
  -- In lots that are not available or in quarantine locations.
  unavailable numeric(20,6) not null default 0,
  reserved numeric(20,6) not null default 0,
  -- What the latest reserving statement took from this row; it is how the statement learns, under concurrency, whether the row was enough.
  last_reserved numeric(20,6) not null default 0,
  -- The instant at which the first available lot expires (midnight at the site). May be early, never late.
  next_expiry_at timestamptz,
  primary key (organization_id, site_id, item_id),
  constraint stock_level_unavailable check (unavailable >= 0 and unavailable <= on_hand),
  constraint stock_level_promised_once check (reserved >= 0 and reserved <= on_hand - unavailable),
  foreign key (organization_id, site_id) references bss.site (organization_id, id),
  foreign key (organization_id, item_id) references bss.item (organization_id, id)
) with (fillfactor = 70);
create index stock_level_of_item on bss.stock_level (organization_id, item_id, site_id);
call sec.wall('bss.stock_level', 'working');

create table bss.reservation (
  organization_id uuid not null,
  id uuid not null,
  -- The room of the demand adds the foreign key to its lines.
  order_id uuid not null,
  demand_line_id uuid not null,
  site_id uuid not null,
  item_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  kind text not null default 'soft' check (kind in ('soft', 'hard')),
  status text not null default 'open' check (status in ('open', 'picked', 'consumed', 'released', 'expired')),
  location_id uuid,
  lot_id uuid,
  -- 1 is the most urgent; the largest number loses its promise first.
  priority int not null,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (organization_id, id),
  constraint reservation_hard_has_place check ((kind = 'hard') = (location_id is not null) and (kind = 'hard' or lot_id is null)),
  constraint reservation_picked_is_hard check (status <> 'picked' or kind = 'hard'),
  constraint reservation_ended check ((ended_at is not null) = (status in ('consumed', 'released', 'expired'))),
  -- The level carries the keys of site and item, and its row is ours already when we reserve: one check instead of two.
  foreign key (organization_id, site_id, item_id) references bss.stock_level (organization_id, site_id, item_id),
  foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id),
  foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id)
) with (fillfactor = 80);
create index reservation_of_line on bss.reservation (organization_id, demand_line_id);
create index reservation_of_order on bss.reservation (organization_id, order_id) where status in ('open', 'picked');
create index reservation_of_item on bss.reservation (organization_id, site_id, item_id) where status in ('open', 'picked');
call sec.wall('bss.reservation', 'working');

create function bss.reservation_ends_once() returns trigger
language plpgsql
as $$
begin
  if old.status in ('consumed', 'released', 'expired') then
    raise exception 'A reservation that has ended never changes again.' using errcode = '42501';
  end if;
  if tg_op = 'DELETE' then
    raise exception 'A reservation is released, not deleted.' using errcode = '42501';
  end if;
  if old.status = 'picked' and new.status = 'open' then
    raise exception 'What was picked is not open again.' using errcode = '42501';
  end if;
  return new;
end
$$;
create trigger ends_once before update or delete on bss.reservation for each row execute function bss.reservation_ends_once();

create table bss.receipt (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  site_id uuid not null,
  status text not null check (status in ('expected', 'received', 'cancelled')),
  supplier text check (length(supplier) <= 200),
  expected_on date,
  received_at timestamptz,
  note text check (length(note) <= 2000),
  external_source text,
  external_ref text,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint receipt_number_taken unique (organization_id, number),
  constraint receipt_external_taken unique (organization_id, external_source, external_ref),
  constraint receipt_external_pair check ((external_source is null) = (external_ref is null)),
  constraint receipt_expected_has_date check (status <> 'expected' or expected_on is not null),
  constraint receipt_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
create index receipt_by_status on bss.receipt (organization_id, status, id);
call sec.wall('bss.receipt', 'mutable');

create table bss.receipt_line (
  organization_id uuid not null,
  id uuid not null,
  receipt_id uuid not null,
  line_no int not null check (line_no > 0),
  site_id uuid not null,
  item_id uuid not null,
  location_id uuid,
  expected numeric(20,6) not null default 0 check (expected >= 0),
  received numeric(20,6) not null default 0 check (received >= 0),
  expected_on date,
  -- Open lines are the supply that a promise date may count on.
  status text not null check (status in ('open', 'closed')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint receipt_line_no_taken unique (organization_id, receipt_id, line_no),
  foreign key (organization_id, receipt_id) references bss.receipt (organization_id, id),
  constraint receipt_line_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint receipt_line_location_unknown foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id)
);
create index receipt_line_open on bss.receipt_line (organization_id, item_id, site_id, expected_on) where status = 'open';
call sec.wall('bss.receipt_line', 'mutable');

create table bss.stock_adjustment (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  site_id uuid not null,
  reason text not null check (reason in ('opening', 'count', 'found', 'lost', 'damage', 'scrap', 'correction', 'reversal')),
  note text check (length(note) <= 2000),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint stock_adjustment_number_taken unique (organization_id, number),
  constraint stock_adjustment_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
call sec.wall('bss.stock_adjustment', 'mutable');

create table bss.transfer (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  from_site_id uuid not null,
  to_site_id uuid not null,
  status text not null check (status in ('in_transit', 'done')),
  note text check (length(note) <= 2000),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint transfer_number_taken unique (organization_id, number),
  foreign key (organization_id, from_site_id) references bss.site (organization_id, id),
  foreign key (organization_id, to_site_id) references bss.site (organization_id, id)
);
create index transfer_by_status on bss.transfer (organization_id, status, id);
call sec.wall('bss.transfer', 'mutable');

create table bss.transfer_line (
  organization_id uuid not null,
  id uuid not null,
  transfer_id uuid not null,
  line_no int not null check (line_no > 0),
  item_id uuid not null,
  lot_id uuid,
  from_location_id uuid not null,
  to_location_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint transfer_line_no_taken unique (organization_id, transfer_id, line_no),
  foreign key (organization_id, transfer_id) references bss.transfer (organization_id, id),
  foreign key (organization_id, item_id) references bss.item (organization_id, id),
  foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  foreign key (organization_id, from_location_id) references bss.location (organization_id, id),
  foreign key (organization_id, to_location_id) references bss.location (organization_id, id)
);
call sec.wall('bss.transfer_line', 'mutable');

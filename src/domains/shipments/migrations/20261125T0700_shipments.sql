-- Shipments: what leaves a site for whom, in which packages, by which carrier. Locks are taken in this order everywhere: orders by id,
-- shipments by id, then what the stock takes (lots, levels), and numbers of series last.

create table bss.carrier (
  organization_id uuid not null,
  id uuid not null,
  code text not null check (code <> '' and length(code) <= 40),
  name text not null check (name <> '' and length(name) <= 200),
  -- manual: a person tells what the carrier does; simulated: a carrier of ours that behaves like one; http: asked at its own address.
  kind text not null check (kind in ('manual', 'simulated', 'http')),
  url text check (length(url) <= 2048),
  -- Sealed by the vault, bound to this row.
  secret bytea,
  status text not null default 'active' check (status in ('active', 'inactive')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint carrier_code_taken unique (organization_id, code),
  constraint carrier_http_has_address check ((kind = 'http') = (url is not null))
);
call sec.wall('bss.carrier', 'mutable');

create table bss.carrier_service (
  organization_id uuid not null,
  id uuid not null,
  carrier_id uuid not null,
  code text not null check (code <> '' and length(code) <= 40),
  name text not null check (name <> '' and length(name) <= 200),
  transit_days int not null check (transit_days between 0 and 365),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint carrier_service_code_taken unique (organization_id, carrier_id, code),
  constraint carrier_service_of_carrier unique (organization_id, carrier_id, id),
  constraint carrier_service_carrier_unknown foreign key (organization_id, carrier_id) references bss.carrier (organization_id, id)
);
call sec.wall('bss.carrier_service', 'mutable');

-- Until when a service takes goods at a site, by day of the week (ISO: 1 is Monday), in the time of the site.
create table bss.carrier_cutoff (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  service_id uuid not null,
  weekday int not null check (weekday between 1 and 7),
  closes_at time not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint carrier_cutoff_taken unique (organization_id, site_id, service_id, weekday),
  constraint carrier_cutoff_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint carrier_cutoff_service_unknown foreign key (organization_id, service_id) references bss.carrier_service (organization_id, id)
);
create index carrier_cutoff_service on bss.carrier_cutoff (organization_id, service_id);
call sec.wall('bss.carrier_cutoff', 'mutable');
call sec.fence_by_site('bss.carrier_cutoff', 'site_id');

create table bss.delivery_route (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  code text not null check (code <> '' and length(code) <= 40),
  name text not null check (name <> '' and length(name) <= 200),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint delivery_route_code_taken unique (organization_id, site_id, code),
  constraint delivery_route_of_site unique (organization_id, site_id, id),
  constraint delivery_route_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
call sec.wall('bss.delivery_route', 'mutable');
call sec.fence_by_site('bss.delivery_route', 'site_id');

-- How a site ships: whose numbers its packages bear, and where goods are packed, staged and loaded.
create table bss.shipping_setting (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  company_prefix text not null check (company_prefix ~ '^[0-9]{6,12}$'),
  extension int not null check (extension between 0 and 9),
  pack_location_id uuid,
  stage_location_id uuid,
  dock_location_id uuid,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint shipping_setting_site_taken unique (organization_id, site_id),
  constraint shipping_setting_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint shipping_setting_pack_unknown foreign key (organization_id, site_id, pack_location_id) references bss.location (organization_id, site_id, id),
  constraint shipping_setting_stage_unknown foreign key (organization_id, site_id, stage_location_id) references bss.location (organization_id, site_id, id),
  constraint shipping_setting_dock_unknown foreign key (organization_id, site_id, dock_location_id) references bss.location (organization_id, site_id, id)
);
call sec.wall('bss.shipping_setting', 'mutable');
call sec.fence_by_site('bss.shipping_setting', 'site_id');

-- Serial numbers of SSCCs, gapless per company prefix and extension digit: the row is locked until the commit, so it is taken late.
create table bss.sscc_series (
  organization_id uuid not null,
  id uuid not null default bss.new_id(),
  company_prefix text not null check (company_prefix ~ '^[0-9]{6,12}$'),
  extension int not null check (extension between 0 and 9),
  last_serial bigint not null check (last_serial >= 0),
  primary key (organization_id, id),
  constraint sscc_series_once unique (organization_id, company_prefix, extension)
);
call sec.wall('bss.sscc_series', 'working');

create table bss.shipment (
  organization_id uuid not null,
  id uuid not null,
  number text collate "C" not null check (number <> '' and length(number) <= 60),
  site_id uuid not null,
  customer_id uuid not null,
  status text not null default 'planned' check (status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded', 'shipped', 'in_transit', 'delivered', 'exception', 'returned', 'cancelled')),
  carrier_id uuid,
  service_id uuid,
  route_id uuid,
  priority int not null default 5 check (priority between 1 and 9),
  -- Planned against what happened.
  ship_by timestamptz,
  deliver_by timestamptz,
  picked_at timestamptz,
  packed_at timestamptz,
  shipped_at timestamptz,
  delivered_at timestamptz,
  tracking_number text check (length(tracking_number) <= 100),
  -- The instant of the newest tracking event that decided the status: an older one that comes late is recorded and changes nothing.
  tracked_until timestamptz,
  exception_reason text check (length(exception_reason) <= 500),
  -- Goods were cancelled after they were packed: somebody must take them out of their package before it may leave.
  needs_repack boolean not null default false,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint shipment_number_taken unique (organization_id, number),
  constraint shipment_service_has_carrier check (service_id is null or carrier_id is not null),
  constraint shipment_shipped_at check ((shipped_at is not null) = (status in ('shipped', 'in_transit', 'delivered', 'exception', 'returned'))),
  constraint shipment_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint shipment_customer_unknown foreign key (organization_id, customer_id) references bss.party (organization_id, id),
  constraint shipment_carrier_unknown foreign key (organization_id, carrier_id) references bss.carrier (organization_id, id),
  constraint shipment_service_unknown foreign key (organization_id, carrier_id, service_id) references bss.carrier_service (organization_id, carrier_id, id),
  constraint shipment_route_unknown foreign key (organization_id, site_id, route_id) references bss.delivery_route (organization_id, site_id, id)
);
create index shipment_board on bss.shipment (organization_id, site_id, status, ship_by, id);
create index shipment_customer on bss.shipment (organization_id, customer_id, id);
create index shipment_carrier on bss.shipment (organization_id, carrier_id, service_id, id) where carrier_id is not null;
create index shipment_route on bss.shipment (organization_id, site_id, route_id) where route_id is not null;
create index shipment_tracking on bss.shipment (organization_id, tracking_number) where tracking_number is not null;
call sec.wall('bss.shipment', 'mutable');
call sec.fence_by_site('bss.shipment', 'site_id');

-- Where it goes, in a table of its own: an address may be a person's. The id is the shipment's.
create table bss.shipment_address (
  organization_id uuid not null,
  id uuid not null,
  name text not null check (name <> '' and length(name) <= 200),
  street text check (length(street) <= 200),
  postal_code text check (length(postal_code) <= 20),
  city text check (length(city) <= 100),
  country text check (country ~ '^[A-Z]{2}$'),
  primary key (organization_id, id),
  constraint shipment_address_shipment foreign key (organization_id, id) references bss.shipment (organization_id, id)
);
call sec.wall('bss.shipment_address', 'working');
call sec.fence_by_parent('bss.shipment_address', 'bss.shipment', 'id');

create table bss.shipment_line (
  organization_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  order_id uuid not null,
  order_line_id uuid not null,
  item_id uuid not null,
  planned numeric(20,6) not null check (planned >= 0 and planned <= 999999999.999999),
  picked numeric(20,6) not null default 0 check (picked >= 0),
  packed numeric(20,6) not null default 0 check (packed >= 0),
  shipped numeric(20,6) not null default 0 check (shipped >= 0),
  primary key (organization_id, id),
  constraint shipment_line_once unique (organization_id, shipment_id, order_line_id),
  constraint shipment_line_not_over_planned check (picked <= planned),
  constraint shipment_line_packed_was_picked check (packed <= picked),
  constraint shipment_line_shipped_was_packed check (shipped <= packed),
  constraint shipment_line_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id),
  constraint shipment_line_order_unknown foreign key (organization_id, order_id) references bss.sales_order (organization_id, id),
  constraint shipment_line_line_unknown foreign key (organization_id, order_line_id) references bss.sales_order_line (organization_id, id),
  constraint shipment_line_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index shipment_line_order on bss.shipment_line (organization_id, order_id);
create index shipment_line_of_line on bss.shipment_line (organization_id, order_line_id);
create index shipment_line_item on bss.shipment_line (organization_id, item_id);
call sec.wall('bss.shipment_line', 'working');
call sec.fence_by_parent('bss.shipment_line', 'bss.shipment', 'shipment_id');

-- Which picked promise lies in which line of a shipment. A promise is in at most one.
create table bss.shipment_pick (
  organization_id uuid not null,
  id uuid not null,
  shipment_line_id uuid not null,
  reservation_id uuid not null,
  item_id uuid not null,
  lot_id uuid,
  quantity numeric(20,6) not null check (quantity > 0),
  primary key (organization_id, id),
  constraint shipment_pick_once unique (organization_id, reservation_id),
  constraint shipment_pick_line_unknown foreign key (organization_id, shipment_line_id) references bss.shipment_line (organization_id, id),
  constraint shipment_pick_reservation_unknown foreign key (organization_id, reservation_id) references bss.reservation (organization_id, id),
  constraint shipment_pick_lot_unknown foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  constraint shipment_pick_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index shipment_pick_line on bss.shipment_pick (organization_id, shipment_line_id);
create index shipment_pick_item on bss.shipment_pick (organization_id, item_id, lot_id);
call sec.wall('bss.shipment_pick', 'working');
call sec.fence_by_parent('bss.shipment_pick', 'bss.shipment_line', 'shipment_line_id');

-- A package or pallet with its licence plate. Its contents stand beside the ledger, which knows items, places and lots.
create table bss.handling_unit (
  organization_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  sscc text not null check (sscc ~ '^[0-9]{18}$'),
  kind text not null check (kind in ('package', 'pallet')),
  parent_id uuid,
  weight_grams int check (weight_grams between 0 and 100000000),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint handling_unit_sscc_taken unique (organization_id, sscc),
  constraint handling_unit_of_shipment unique (organization_id, shipment_id, id),
  constraint handling_unit_package_in_pallet check (parent_id is null or kind = 'package'),
  constraint handling_unit_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id),
  constraint handling_unit_parent_unknown foreign key (organization_id, shipment_id, parent_id) references bss.handling_unit (organization_id, shipment_id, id)
);
create index handling_unit_parent on bss.handling_unit (organization_id, shipment_id, parent_id) where parent_id is not null;
call sec.wall('bss.handling_unit', 'working');
call sec.fence_by_parent('bss.handling_unit', 'bss.shipment', 'shipment_id');

create table bss.handling_unit_content (
  organization_id uuid not null,
  id uuid not null,
  handling_unit_id uuid not null,
  shipment_line_id uuid not null,
  item_id uuid not null,
  lot_id uuid,
  quantity numeric(20,6) not null check (quantity > 0),
  primary key (organization_id, id),
  constraint handling_unit_content_unit_unknown foreign key (organization_id, handling_unit_id) references bss.handling_unit (organization_id, id),
  constraint handling_unit_content_line_unknown foreign key (organization_id, shipment_line_id) references bss.shipment_line (organization_id, id),
  constraint handling_unit_content_lot_unknown foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  constraint handling_unit_content_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index handling_unit_content_unit on bss.handling_unit_content (organization_id, handling_unit_id);
create index handling_unit_content_line on bss.handling_unit_content (organization_id, shipment_line_id);
create index handling_unit_content_item on bss.handling_unit_content (organization_id, item_id, lot_id);
call sec.wall('bss.handling_unit_content', 'working');
call sec.fence_by_parent('bss.handling_unit_content', 'bss.handling_unit', 'handling_unit_id');

create table bss.shipment_event (
  organization_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  kind text not null check (kind ~ '^[a-z_]{3,40}$'),
  at timestamptz not null default clock_timestamp(),
  actor_name text not null,
  details jsonb not null default '{}',
  primary key (organization_id, id),
  constraint shipment_event_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id)
);
create index shipment_event_shipment on bss.shipment_event (organization_id, shipment_id, id);
call sec.wall('bss.shipment_event', 'append');
call sec.fence_by_parent('bss.shipment_event', 'bss.shipment', 'shipment_id');

create table bss.tracking_event (
  organization_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  code text not null check (code in ('picked_up', 'in_transit', 'out_for_delivery', 'exception', 'delivered', 'returned')),
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  place text check (length(place) <= 200),
  note text check (length(note) <= 500),
  -- The carrier's own name for the event: told twice it counts once.
  external_ref text not null check (external_ref <> '' and length(external_ref) <= 200),
  primary key (organization_id, id),
  constraint tracking_event_once unique (organization_id, shipment_id, external_ref),
  constraint tracking_event_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id)
);
call sec.wall('bss.tracking_event', 'append');
call sec.fence_by_parent('bss.tracking_event', 'bss.shipment', 'shipment_id');

create table bss.proof_of_delivery (
  organization_id uuid not null,
  id uuid not null,
  received_by text not null check (received_by <> '' and length(received_by) <= 200),
  delivered_at timestamptz not null,
  signature_sha256 text check (signature_sha256 ~ '^[0-9a-f]{64}$'),
  photo_sha256 text check (photo_sha256 ~ '^[0-9a-f]{64}$'),
  recorded_at timestamptz not null default now(),
  recorded_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint proof_of_delivery_shipment foreign key (organization_id, id) references bss.shipment (organization_id, id)
);
call sec.wall('bss.proof_of_delivery', 'append');
call sec.fence_by_parent('bss.proof_of_delivery', 'bss.shipment', 'id');

-- What goods that left had cost, as facts for finance: one per move, in the currency of the cost. A return is recorded by a negative
-- quantity and amount.
create table bss.cost_of_goods (
  organization_id uuid not null,
  id uuid not null,
  move_id uuid not null,
  shipment_id uuid not null,
  order_line_id uuid not null,
  item_id uuid not null,
  quantity numeric(20,6) not null check (quantity <> 0),
  -- Null: nobody had said what the item costs; finance must value it later.
  unit_cost numeric(20,10) check (unit_cost >= 0),
  currency text check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint cost_of_goods_move_once unique (organization_id, move_id, order_line_id),
  constraint cost_of_goods_valued check ((unit_cost is null) = (currency is null) and (unit_cost is null) = (amount_minor is null)),
  constraint cost_of_goods_move_unknown foreign key (organization_id, move_id) references bss.stock_move (organization_id, id),
  constraint cost_of_goods_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id),
  constraint cost_of_goods_line_unknown foreign key (organization_id, order_line_id) references bss.sales_order_line (organization_id, id),
  constraint cost_of_goods_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index cost_of_goods_shipment on bss.cost_of_goods (organization_id, shipment_id);
create index cost_of_goods_line on bss.cost_of_goods (organization_id, order_line_id);
create index cost_of_goods_item on bss.cost_of_goods (organization_id, item_id);
call sec.wall('bss.cost_of_goods', 'append');
call sec.fence_by_parent('bss.cost_of_goods', 'bss.shipment', 'shipment_id');

-- The advance ship notice to the customer, as it was at goods issue. The id is the shipment's: there is one.
create table bss.outbound_ship_notice (
  organization_id uuid not null,
  id uuid not null,
  number text collate "C" not null,
  content jsonb not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint outbound_ship_notice_number unique (organization_id, number),
  constraint outbound_ship_notice_shipment foreign key (organization_id, id) references bss.shipment (organization_id, id)
);
call sec.wall('bss.outbound_ship_notice', 'append');
call sec.fence_by_parent('bss.outbound_ship_notice', 'bss.shipment', 'id');

-- What finance is asked to invoice: quantities of an order's lines, no money. One per shipment and order.
create table bss.invoice_request (
  organization_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  order_id uuid not null,
  lines jsonb not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint invoice_request_once unique (organization_id, shipment_id, order_id),
  constraint invoice_request_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id),
  constraint invoice_request_order_unknown foreign key (organization_id, order_id) references bss.sales_order (organization_id, id)
);
create index invoice_request_order on bss.invoice_request (organization_id, order_id);
call sec.wall('bss.invoice_request', 'append');
call sec.fence_by_parent('bss.invoice_request', 'bss.shipment', 'shipment_id');

-- What a carrier is asked, outside of any transaction: written with the change that needs it, done by the worker, repeated until it is
-- answered or given up. The id goes to the carrier as its idempotency key.
create table bss.carrier_request (
  organization_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  carrier_id uuid not null,
  kind text not null check (kind in ('book', 'track', 'cancel')),
  status text not null default 'pending' check (status in ('pending', 'done', 'failed')),
  attempts int not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now(),
  claim uuid,
  claimed_until timestamptz not null default '-infinity',
  last_error text check (length(last_error) <= 500),
  answer jsonb,
  created_at timestamptz not null default now(),
  done_at timestamptz,
  primary key (organization_id, id),
  constraint carrier_request_shipment_unknown foreign key (organization_id, shipment_id) references bss.shipment (organization_id, id),
  constraint carrier_request_carrier_unknown foreign key (organization_id, carrier_id) references bss.carrier (organization_id, id)
);
create unique index carrier_request_once on bss.carrier_request (organization_id, shipment_id, kind) where status = 'pending';
create index carrier_request_shipment on bss.carrier_request (organization_id, shipment_id, id);
create index carrier_request_carrier on bss.carrier_request (organization_id, carrier_id);
create index carrier_request_due on bss.carrier_request (organization_id, next_attempt_at) where status = 'pending';
call sec.wall('bss.carrier_request', 'working');
call sec.fence_by_parent('bss.carrier_request', 'bss.shipment', 'shipment_id');

-- Only these arrows (rules.ts has the same table; a test compares every pair).
create function bss.shipment_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from
    when 'planned' then p_to in ('released', 'cancelled')
    when 'released' then p_to in ('picking', 'cancelled')
    when 'picking' then p_to in ('picked', 'cancelled')
    when 'picked' then p_to in ('packed', 'cancelled')
    when 'packed' then p_to in ('staged', 'cancelled')
    when 'staged' then p_to in ('loaded', 'cancelled')
    when 'loaded' then p_to in ('shipped', 'cancelled')
    when 'shipped' then p_to in ('in_transit', 'returned')
    when 'in_transit' then p_to in ('delivered', 'exception', 'returned')
    when 'exception' then p_to in ('in_transit', 'returned')
    when 'delivered' then p_to = 'returned'
    else false
  end
$$;
create function bss.shipment_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if not bss.shipment_may_become(old.status, new.status) then
    perform sec.refuse('illegal_transition', format('A shipment that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.shipment for each row when (old.status is distinct from new.status) execute function bss.shipment_follows_its_states();

-- Takes shipments along the way, arrow by arrow, up to a state; those that are further already stay.
create function bss.advance_shipments(p_org uuid, p_ids uuid[], p_to text, p_at timestamptz) returns table (shipment_id uuid, status text)
language plpgsql
as $$
#variable_conflict use_column
declare
  way constant text[] := array['planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded', 'shipped', 'in_transit', 'delivered'];
begin
  for step in 2 .. array_position(way, p_to) loop
    update bss.shipment s
       set status = way[step],
           picked_at = case way[step] when 'picked' then p_at else s.picked_at end,
           packed_at = case way[step] when 'packed' then p_at else s.packed_at end,
           shipped_at = case way[step] when 'shipped' then p_at else s.shipped_at end,
           delivered_at = case way[step] when 'delivered' then p_at else s.delivered_at end
     where s.organization_id = p_org and s.id = any (p_ids) and (s.status = way[step - 1] or (way[step] = 'in_transit' and s.status = 'exception'));
  end loop;
  return query select s.id, s.status from bss.shipment s where s.organization_id = p_org and s.id = any (p_ids);
end
$$;

-- Orders by id, then shipments by id: every command takes these locks first.
create function bss.lock_shipments(p_org uuid, p_ids uuid[]) returns table (shipment_id uuid, status text)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform 1 from bss.sales_order o
    where o.organization_id = p_org and o.id in (select l.order_id from bss.shipment_line l where l.organization_id = p_org and l.shipment_id = any (p_ids))
    order by o.id for no key update;
  return query select s.id, s.status from bss.shipment s where s.organization_id = p_org and s.id = any (p_ids) order by s.id for no key update;
end
$$;

-- Brings shipments that have not left in line with the promises they carry: what was cancelled is no longer planned, picked or packed.
-- Run under the locks of lock_shipments. Gives what was taken out of packages.
create function bss.settle_shipments(p_org uuid, p_ids uuid[]) returns table (shipment_id uuid, shipment_line_id uuid, handling_unit_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
declare
  r record;
  c record;
  excess numeric;
  ids uuid[];
begin
  select array_agg(s.id) into ids from bss.shipment s
   where s.organization_id = p_org and s.id = any (p_ids) and s.status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded');
  -- Nearly always nothing has changed since: one look tells.
  perform 1
     from unnest(ids) x (id)
     join bss.shipment_line l on l.organization_id = p_org and l.shipment_id = x.id
     join bss.sales_order_line o on o.organization_id = p_org and o.id = l.order_line_id
     left join lateral (
       select sum(p.quantity) as quantity, bool_or(v.status <> 'picked' or v.quantity < p.quantity) as is_stale
         from bss.shipment_pick p join bss.reservation v on v.organization_id = p_org and v.id = p.reservation_id
        where p.organization_id = p_org and p.shipment_line_id = l.id) k on true
    where l.picked <> coalesce(k.quantity, 0) or k.is_stale or l.planned > o.ordered - o.cancelled - o.shipped;
  if not found then
    return;
  end if;
  delete from bss.shipment_pick k using bss.shipment_line l, bss.reservation v
   where k.organization_id = p_org and l.organization_id = p_org and v.organization_id = p_org and l.id = k.shipment_line_id and l.shipment_id = any (ids)
     and v.id = k.reservation_id and v.status <> 'picked';
  update bss.shipment_pick k set quantity = v.quantity from bss.shipment_line l, bss.reservation v
   where k.organization_id = p_org and l.organization_id = p_org and v.organization_id = p_org and l.id = k.shipment_line_id and l.shipment_id = any (ids)
     and v.id = k.reservation_id and v.quantity < k.quantity;
  for r in
    select l.id, l.shipment_id, l.planned, l.picked, l.packed, coalesce(k.quantity, 0) as has, o.ordered - o.cancelled - o.shipped as wanted
      from bss.shipment_line l
      join bss.sales_order_line o on o.organization_id = p_org and o.id = l.order_line_id
      left join lateral (select sum(p.quantity) as quantity from bss.shipment_pick p where p.organization_id = p_org and p.shipment_line_id = l.id) k on true
     where l.organization_id = p_org and l.shipment_id = any (ids)
     order by l.id
  loop
    continue when r.has = r.picked and r.planned <= r.wanted;
    excess := r.packed - r.has;
    if excess > 0 then
      for c in select h.id, h.handling_unit_id, h.quantity from bss.handling_unit_content h where h.organization_id = p_org and h.shipment_line_id = r.id order by h.id desc loop
        exit when excess <= 0;
        if c.quantity <= excess then
          delete from bss.handling_unit_content h where h.organization_id = p_org and h.id = c.id;
        else
          update bss.handling_unit_content h set quantity = h.quantity - excess where h.organization_id = p_org and h.id = c.id;
        end if;
        return query select r.shipment_id, r.id, c.handling_unit_id, least(c.quantity, excess);
        excess := excess - c.quantity;
      end loop;
      update bss.shipment s set needs_repack = true where s.organization_id = p_org and s.id = r.shipment_id;
    end if;
    update bss.shipment_line l set packed = least(r.packed, r.has), picked = r.has, planned = greatest(r.has, least(r.planned, r.wanted))
     where l.organization_id = p_org and l.id = r.id;
  end loop;
end
$$;

-- The next serial numbers for SSCCs; the row stays locked until the commit.
create function bss.take_sscc_serials(p_org uuid, p_prefix text, p_extension int, p_count int) returns bigint
language sql
as $$
  insert into bss.sscc_series as s (organization_id, company_prefix, extension, last_serial) values (p_org, p_prefix, p_extension, p_count)
  on conflict on constraint sscc_series_once do update set last_serial = s.last_serial + p_count
  returning s.last_serial - p_count + 1
$$;

-- When goods of a service leave next: the first cut-off at or after an instant, in the time of the site.
create function bss.next_cutoff(p_org uuid, p_site uuid, p_service uuid, p_after timestamptz) returns timestamptz
language sql stable
as $$
  select min(((p_after at time zone s.time_zone)::date + d.n + c.closes_at) at time zone s.time_zone)
    from bss.site s
    cross join generate_series(0, 7) d (n)
    join bss.carrier_cutoff c on c.organization_id = p_org and c.site_id = p_site and c.service_id = p_service
         and c.weekday = extract(isodow from (p_after at time zone s.time_zone)::date + d.n)
   where s.organization_id = p_org and s.id = p_site and ((p_after at time zone s.time_zone)::date + d.n + c.closes_at) at time zone s.time_zone >= p_after
$$;

do $do$
declare f text;
begin
  foreach f in array array['shipment_may_become', 'shipment_follows_its_states', 'advance_shipments', 'lock_shipments', 'settle_shipments', 'take_sscc_serials', 'next_cutoff'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker, bss_reader', f);
  end loop;
end
$do$;

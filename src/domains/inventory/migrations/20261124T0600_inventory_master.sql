-- Master data of the warehouse: sites with their locations, items with their units and costs, lots.

-- Ids made in the database are UUIDv7 like those made outside it, so that an index on them stays dense. PostgreSQL 18 has it built in.
do $do$
begin
  if current_setting('server_version_num')::int >= 180000 then
    create function bss.new_id() returns uuid language sql volatile as 'select uuidv7()';
  else
    create function bss.new_id() returns uuid language sql volatile as $body$
      select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
    $body$;
  end if;
end
$do$;
revoke execute on function bss.new_id() from public;
grant execute on function bss.new_id() to bss_app, bss_worker;

create table bss.site (
  organization_id uuid not null,
  id uuid not null,
  code text not null check (code <> '' and length(code) <= 40),
  name text not null check (name <> '' and length(name) <= 200),
  gln text check (gln ~ '^[0-9]{13}$'),
  time_zone text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'active' check (status in ('active', 'inactive')),
  external_source text,
  external_ref text,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint site_code_taken unique (organization_id, code),
  constraint site_external_taken unique (organization_id, external_source, external_ref),
  constraint site_external_pair check ((external_source is null) = (external_ref is null))
);
call sec.wall('bss.site', 'mutable');

create table bss.zone (
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
  constraint zone_code_taken unique (organization_id, site_id, code),
  constraint zone_of_site unique (organization_id, site_id, id),
  foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
call sec.wall('bss.zone', 'mutable');

create table bss.location (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  zone_id uuid,
  parent_id uuid,
  code text not null check (code <> '' and length(code) <= 60),
  kind text not null check (kind in ('receive', 'storage', 'pick', 'pack', 'stage', 'dock', 'quarantine', 'virtual')),
  -- Where stock comes from and goes to when it is in no bin: the far end of receipts, adjustments and transfers, so that every move has two ends.
  virtual_role text check (virtual_role in ('outside', 'adjustment', 'transit')),
  barcode text check (length(barcode) <= 100),
  pick_sequence int not null default 0,
  capacity numeric(20,6) check (capacity >= 0),
  status text not null default 'active' check (status in ('active', 'inactive')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint location_code_taken unique (organization_id, site_id, code),
  constraint location_barcode_taken unique (organization_id, barcode),
  constraint location_of_site unique (organization_id, site_id, id),
  constraint location_virtual_once unique (organization_id, site_id, virtual_role),
  constraint location_virtual_pair check ((kind = 'virtual') = (virtual_role is not null)),
  constraint location_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint location_zone_unknown foreign key (organization_id, site_id, zone_id) references bss.zone (organization_id, site_id, id),
  constraint location_parent_unknown foreign key (organization_id, site_id, parent_id) references bss.location (organization_id, site_id, id)
);
call sec.wall('bss.location', 'mutable');

-- No site without its virtual locations: the ledger relies on them.
create function bss.site_gets_virtual_locations() returns trigger
language plpgsql
as $$
begin
  insert into bss.location (organization_id, id, site_id, code, kind, virtual_role)
  select new.organization_id, bss.new_id(), new.id, '~' || role, 'virtual', role from unnest(array['outside', 'adjustment', 'transit']) as role;
  return null;
end
$$;
create trigger virtual_locations after insert on bss.site for each row execute function bss.site_gets_virtual_locations();

create table bss.item (
  organization_id uuid not null,
  id uuid not null,
  sku text not null check (sku <> '' and length(sku) <= 100),
  name text not null check (name <> '' and length(name) <= 400),
  gtin text check (gtin ~ '^[0-9]{8}$|^[0-9]{12,14}$'),
  base_unit text not null,
  -- A serial number is a lot of one piece.
  tracking text not null default 'none' check (tracking in ('none', 'lot', 'serial')),
  shelf_life_days int check (shelf_life_days > 0),
  storage_class text,
  is_hazardous boolean not null default false,
  abc text check (abc in ('A', 'B', 'C')),
  weight_grams int check (weight_grams >= 0),
  length_mm int check (length_mm >= 0),
  width_mm int check (width_mm >= 0),
  height_mm int check (height_mm >= 0),
  status text not null default 'active' check (status in ('active', 'inactive')),
  external_source text,
  external_ref text,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint item_sku_taken unique (organization_id, sku),
  constraint item_external_taken unique (organization_id, external_source, external_ref),
  constraint item_external_pair check ((external_source is null) = (external_ref is null))
);
create index item_gtin on bss.item (organization_id, gtin) where gtin is not null;
create index item_name on bss.item (organization_id, name, id);
call sec.wall('bss.item', 'mutable');

create table bss.item_unit (
  organization_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  unit text not null,
  factor numeric(20,6) not null check (factor > 0),
  gtin text check (gtin ~ '^[0-9]{8}$|^[0-9]{12,14}$'),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint item_unit_taken unique (organization_id, item_id, unit),
  foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
call sec.wall('bss.item_unit', 'mutable');

-- Money has a table of its own: who may not see costs never reads this one.
create table bss.item_cost (
  organization_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  effective_on date not null,
  unit_cost numeric(20,10) not null check (unit_cost >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint item_cost_taken unique (organization_id, item_id, effective_on),
  constraint item_cost_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
call sec.wall('bss.item_cost', 'mutable');

create table bss.lot (
  organization_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  number text not null check (number <> '' and length(number) <= 100),
  made_on date,
  expires_on date,
  status text not null default 'available' check (status in ('available', 'on_hold', 'quarantined', 'damaged', 'expired', 'recalled', 'scrapped')),
  status_reason text,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint lot_number_taken unique (organization_id, item_id, number),
  constraint lot_of_item unique (organization_id, item_id, id),
  constraint lot_dates check (expires_on is null or made_on is null or made_on <= expires_on),
  foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index lot_expiry on bss.lot (organization_id, expires_on) where expires_on is not null and status = 'available';
call sec.wall('bss.lot', 'mutable');

-- Only the arrows of the lot's state machine; rules.ts has the same table, and a test walks every pair.
create function bss.lot_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if new.status <> old.status and not (case old.status
    when 'available' then new.status in ('on_hold', 'quarantined', 'damaged', 'expired', 'recalled')
    when 'on_hold' then new.status in ('available', 'quarantined', 'damaged', 'expired', 'recalled')
    when 'quarantined' then new.status in ('available', 'damaged', 'expired', 'recalled', 'scrapped')
    when 'damaged' then new.status = 'scrapped'
    when 'expired' then new.status = 'scrapped'
    when 'recalled' then new.status = 'scrapped'
    else false
  end) then
    perform sec.refuse('illegal_transition', format('A lot that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.lot for each row execute function bss.lot_follows_its_states();

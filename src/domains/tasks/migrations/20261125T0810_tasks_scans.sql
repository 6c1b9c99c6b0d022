-- What scanners read. Every scan is kept with its first answer, which a repetition is given again; what cannot be judged by a machine
-- waits for a lead. A device is locked first of all, so two batches of one device come one after the other.

-- A device is no secret of a site: its name and its counters only, so no fence. What it read is fenced below.
create table bss.scan_device (
  organization_id uuid not null,
  id uuid not null,
  code text not null check (code <> '' and length(code) <= 100),
  received bigint not null default 0 check (received >= 0),
  last_sequence bigint check (last_sequence >= 0),
  -- Sequences below the last that have not come: at most the newest thousand ranges of them.
  missing int8multirange not null default '{}',
  heard_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint scan_device_taken unique (organization_id, code)
);
call sec.wall('bss.scan_device', 'working');

create table bss.scan (
  organization_id uuid not null,
  id uuid not null,
  device_id uuid not null,
  sequence bigint not null check (sequence >= 0),
  key text not null check (key <> '' and length(key) <= 100),
  -- Of the task; where there is no such task, a site of the caller who works at some sites only.
  site_id uuid,
  task_id uuid,
  -- As it was named, whether there is such a task or not.
  named_task uuid not null,
  occurred_at timestamptz not null,
  -- What the device's clock said, and whether that cannot be true.
  device_time timestamptz not null,
  is_clock_off boolean not null default false,
  barcode text check (length(barcode) <= 400),
  lot text check (length(lot) <= 100),
  location text check (length(location) <= 400),
  to_location text check (length(to_location) <= 400),
  quantity numeric(20,6) check (quantity > 0),
  outcome text not null check (outcome in ('accepted', 'refused', 'queued')),
  code text check (code <> '' and length(code) <= 60),
  message text check (length(message) <= 400),
  resolution text check (resolution in ('accepted', 'discarded')),
  resolved_by uuid,
  resolved_at timestamptz,
  reason text check (length(reason) <= 400),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint scan_sequence_taken unique (organization_id, device_id, sequence),
  constraint scan_key_taken unique (organization_id, device_id, key),
  constraint scan_says_why check ((outcome = 'accepted') = (code is null)),
  constraint scan_resolved check ((resolution is null) = (resolved_at is null) and (resolution is null) = (resolved_by is null)),
  constraint scan_queued_first check (resolution is null or outcome = 'queued'),
  constraint scan_device_unknown foreign key (organization_id, device_id) references bss.scan_device (organization_id, id),
  constraint scan_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint scan_task_unknown foreign key (organization_id, task_id) references bss.warehouse_task (organization_id, id)
);
create index scan_of_task on bss.scan (organization_id, task_id, id) where task_id is not null;
create index scan_of_site on bss.scan (organization_id, site_id, id) where site_id is not null;
create index scan_to_reconcile on bss.scan (organization_id, id) where outcome = 'queued' and resolution is null;
call sec.wall('bss.scan', 'mutable');
call sec.fence_by_site('bss.scan', 'site_id');

-- Packages have codes of their own; the scanner asks by them.
create index item_unit_gtin on bss.item_unit (organization_id, gtin) where gtin is not null;

-- Who had a task last: a scan that comes after the lease ran out is told from one of a device that never had it.
alter table bss.warehouse_task add column last_device text check (last_device <> '' and length(last_device) <= 100);
call sec.wall('bss.warehouse_task', 'mutable');
create function bss.task_remembers_device() returns trigger
language plpgsql
as $$
begin
  new.last_device := new.lease_device;
  return new;
end
$$;
create trigger remembers before insert or update of lease_device on bss.warehouse_task for each row when (new.lease_device is not null) execute function bss.task_remembers_device();
revoke execute on function bss.task_remembers_device() from public;
grant execute on function bss.task_remembers_device() to bss_app, bss_worker;

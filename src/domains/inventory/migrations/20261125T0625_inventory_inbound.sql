-- Goods that arrive: ship notices, receipts against what was ordered, inspection, and where to put them.

alter table bss.receipt drop constraint receipt_status_check;
alter table bss.receipt add constraint receipt_status_check check (status in ('expected', 'arrived', 'receiving', 'received', 'put_away', 'closed', 'cancelled'));
alter table bss.receipt add column purchase_order_id uuid, add column supplier_id uuid;
alter table bss.receipt add constraint receipt_purchase_order_exists foreign key (organization_id, purchase_order_id) references bss.purchase_order (organization_id, id);
alter table bss.receipt add constraint receipt_supplier_exists foreign key (organization_id, supplier_id) references bss.party (organization_id, id);
create index receipt_of_purchase_order on bss.receipt (organization_id, purchase_order_id) where purchase_order_id is not null;
create index receipt_of_supplier on bss.receipt (organization_id, supplier_id) where supplier_id is not null;
alter table bss.receipt_line add column purchase_order_line_id uuid, add column lot_id uuid, add column rejected numeric(20,6) not null default 0 check (rejected >= 0), add column reject_reason text check (length(reject_reason) <= 200);
alter table bss.receipt_line add constraint receipt_line_purchase_order_line_exists foreign key (organization_id, purchase_order_line_id) references bss.purchase_order_line (organization_id, id);
alter table bss.receipt_line add constraint receipt_line_lot_exists foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id);
create index receipt_line_of_purchase_order_line on bss.receipt_line (organization_id, purchase_order_line_id) where purchase_order_line_id is not null;
create index receipt_line_of_lot on bss.receipt_line (organization_id, item_id, lot_id) where lot_id is not null;
-- A new column is granted like those before it.
call sec.wall('bss.receipt', 'mutable');
call sec.wall('bss.receipt_line', 'mutable');

-- Only the arrows of a receipt. Goods that are received at the door have arrived by it: the steps before may be left out.
create function bss.receipt_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if new.status <> old.status and not (case old.status
    when 'expected' then new.status in ('arrived', 'receiving', 'received', 'cancelled')
    when 'arrived' then new.status in ('receiving', 'received', 'cancelled')
    when 'receiving' then new.status = 'received'
    when 'received' then new.status = 'put_away'
    when 'put_away' then new.status = 'closed'
    else false
  end) then
    perform sec.refuse('illegal_transition', format('A receipt that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.receipt for each row execute function bss.receipt_follows_its_states();

create table bss.ship_notice (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  supplier_id uuid not null,
  site_id uuid not null,
  purchase_order_id uuid,
  status text not null default 'announced' check (status in ('announced', 'receiving', 'received', 'cancelled')),
  expected_on date not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint ship_notice_number_taken unique (organization_id, supplier_id, number),
  constraint ship_notice_supplier_unknown foreign key (organization_id, supplier_id) references bss.party (organization_id, id),
  constraint ship_notice_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint ship_notice_order_exists foreign key (organization_id, purchase_order_id) references bss.purchase_order (organization_id, id)
);
create index ship_notice_by_status on bss.ship_notice (organization_id, status, id);
create index ship_notice_of_site on bss.ship_notice (organization_id, site_id, id);
create index ship_notice_of_order on bss.ship_notice (organization_id, purchase_order_id) where purchase_order_id is not null;
call sec.wall('bss.ship_notice', 'mutable');
call sec.fence_by_site('bss.ship_notice', 'site_id');
create table bss.ship_notice_unit (
  organization_id uuid not null,
  id uuid not null,
  ship_notice_id uuid not null,
  site_id uuid not null,
  sscc text not null check (sscc ~ '^[0-9]{18}$'),
  status text not null default 'announced' check (status in ('announced', 'received', 'cancelled')),
  receipt_id uuid,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint ship_notice_unit_once unique (organization_id, sscc),
  constraint ship_notice_unit_received check ((status = 'received') = (receipt_id is not null)),
  constraint ship_notice_unit_notice_exists foreign key (organization_id, ship_notice_id) references bss.ship_notice (organization_id, id),
  constraint ship_notice_unit_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint ship_notice_unit_receipt_exists foreign key (organization_id, receipt_id) references bss.receipt (organization_id, id)
);
create index ship_notice_unit_of_notice on bss.ship_notice_unit (organization_id, ship_notice_id);
create index ship_notice_unit_of_site on bss.ship_notice_unit (organization_id, site_id);
create index ship_notice_unit_of_receipt on bss.ship_notice_unit (organization_id, receipt_id) where receipt_id is not null;
call sec.wall('bss.ship_notice_unit', 'mutable');
call sec.fence_by_site('bss.ship_notice_unit', 'site_id');
create table bss.ship_notice_content (
  organization_id uuid not null,
  id uuid not null,
  unit_id uuid not null,
  line_no int not null check (line_no > 0),
  item_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  purchase_order_line_id uuid,
  lot_number text check (lot_number <> '' and length(lot_number) <= 100),
  made_on date,
  expires_on date,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint ship_notice_content_line_taken unique (organization_id, unit_id, line_no),
  constraint ship_notice_content_unit_exists foreign key (organization_id, unit_id) references bss.ship_notice_unit (organization_id, id),
  constraint ship_notice_content_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint ship_notice_content_order_line_unknown foreign key (organization_id, purchase_order_line_id) references bss.purchase_order_line (organization_id, id)
);
create index ship_notice_content_of_item on bss.ship_notice_content (organization_id, item_id);
create index ship_notice_content_of_order_line on bss.ship_notice_content (organization_id, purchase_order_line_id) where purchase_order_line_id is not null;
call sec.wall('bss.ship_notice_content', 'append');
call sec.fence_by_parent('bss.ship_notice_content', 'bss.ship_notice_unit', 'unit_id');

create table bss.inspection_plan (
  organization_id uuid not null,
  id uuid not null,
  item_id uuid,
  supplier_id uuid,
  kind text not null check (kind in ('always', 'every', 'none')),
  every_nth int not null default 1 check (every_nth between 1 and 100000),
  -- Lines that came under this plan; the first is always inspected.
  seen bigint not null default 0 check (seen >= 0),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint inspection_plan_once unique nulls not distinct (organization_id, item_id, supplier_id),
  constraint inspection_plan_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint inspection_plan_supplier_unknown foreign key (organization_id, supplier_id) references bss.party (organization_id, id)
);
create index inspection_plan_of_supplier on bss.inspection_plan (organization_id, supplier_id);
call sec.wall('bss.inspection_plan', 'mutable');
create table bss.inspection (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  receipt_id uuid not null,
  receipt_line_id uuid not null,
  item_id uuid not null,
  lot_id uuid,
  -- Where the goods wait for the result.
  location_id uuid not null,
  quantity numeric(20,6) not null check (quantity > 0),
  status text not null default 'open' check (status in ('open', 'decided')),
  accepted numeric(20,6) not null default 0 check (accepted >= 0),
  rejected numeric(20,6) not null default 0 check (rejected >= 0),
  disposition text check (disposition in ('scrap', 'return_to_vendor', 'quarantine')),
  reason text check (length(reason) <= 500),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint inspection_decides_all check (accepted + rejected = case status when 'open' then 0 else quantity end),
  constraint inspection_rejects_with_reason check (rejected = 0 or (disposition is not null and reason is not null)),
  constraint inspection_receipt_exists foreign key (organization_id, receipt_id) references bss.receipt (organization_id, id),
  constraint inspection_receipt_line_exists foreign key (organization_id, receipt_line_id) references bss.receipt_line (organization_id, id),
  constraint inspection_item_exists foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint inspection_lot_exists foreign key (organization_id, item_id, lot_id) references bss.lot (organization_id, item_id, id),
  constraint inspection_location_exists foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id)
);
create index inspection_by_status on bss.inspection (organization_id, status, id);
create index inspection_of_receipt on bss.inspection (organization_id, receipt_id);
create index inspection_of_receipt_line on bss.inspection (organization_id, receipt_line_id);
create index inspection_of_item on bss.inspection (organization_id, item_id, lot_id);
create index inspection_of_location on bss.inspection (organization_id, site_id, location_id);
call sec.wall('bss.inspection', 'mutable');
call sec.fence_by_site('bss.inspection', 'site_id');

-- Which of the lines must be inspected: by the plan of item and supplier, else of the item, else of the supplier. Counts them.
create function bss.inspections_due(p_org uuid, p_supplier uuid, p_items uuid[]) returns table (entry int, is_due boolean)
language plpgsql
as $$
declare
  n int;
  plan bss.inspection_plan;
begin
  -- In one order, whatever the order of the lines, so that two receipts do not wait for each other.
  perform 1 from bss.inspection_plan p where p.organization_id = p_org and (p.item_id is null or p.item_id = any (p_items)) and (p.supplier_id is null or p.supplier_id = p_supplier) order by p.id for no key update;
  for n in 1 .. cardinality(p_items) loop
    select * into plan from bss.inspection_plan p
     where p.organization_id = p_org and (p.item_id is null or p.item_id = p_items[n]) and (p.supplier_id is null or p.supplier_id = p_supplier)
     order by (p.item_id is not null)::int desc, (p.supplier_id is not null)::int desc limit 1;
    entry := n;
    is_due := found and (plan.kind = 'always' or (plan.kind = 'every' and plan.seen % plan.every_nth = 0));
    if found and plan.kind = 'every' then
      update bss.inspection_plan p set seen = p.seen + 1 where p.organization_id = p_org and p.id = plan.id;
    end if;
    return next;
  end loop;
end
$$;

-- Bins are offered in the order of the path.
create index location_for_putaway on bss.location (organization_id, site_id, pick_sequence, id) where kind in ('storage', 'pick') and status = 'active';

do $do$
declare f text;
begin
  foreach f in array array['receipt_follows_its_states', 'inspections_due'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;

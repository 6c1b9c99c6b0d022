-- What is bought from whom and when it should come. Suppliers are parties; what was agreed with them stands beside them.

create table bss.supplier_terms (
  organization_id uuid not null,
  id uuid not null,
  supplier_id uuid not null,
  over_percent numeric(6,3) not null default 0 check (over_percent between 0 and 100),
  under_percent numeric(6,3) not null default 0 check (under_percent between 0 and 100),
  -- Goods that expire earlier after their arrival are refused.
  min_remaining_days int check (min_remaining_days between 0 and 36500),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint supplier_terms_once unique (organization_id, supplier_id),
  constraint supplier_terms_supplier_unknown foreign key (organization_id, supplier_id) references bss.party (organization_id, id)
);
call sec.wall('bss.supplier_terms', 'mutable');

create table bss.purchase_order (
  organization_id uuid not null,
  id uuid not null,
  number text not null check (number <> '' and length(number) <= 60),
  supplier_id uuid not null,
  site_id uuid not null,
  status text not null default 'draft' check (status in ('draft', 'pending_approval', 'approved', 'sent', 'acknowledged', 'partially_received', 'received', 'closed', 'rejected', 'cancelled')),
  expected_on date not null,
  note text check (length(note) <= 2000),
  status_reason text check (length(status_reason) <= 500),
  -- Who asked for the approval and who gave it: never the same.
  submitted_by uuid,
  approved_by uuid,
  external_source text check (length(external_source) <= 60),
  external_ref text check (length(external_ref) <= 200),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint purchase_order_number_taken unique (organization_id, number),
  constraint purchase_order_external_taken unique (organization_id, external_source, external_ref),
  constraint purchase_order_external_pair check ((external_source is null) = (external_ref is null)),
  constraint purchase_order_two_people check (approved_by is null or (approved_by <> created_by and approved_by is distinct from submitted_by)),
  constraint purchase_order_approved check (approved_by is not null or status in ('draft', 'pending_approval', 'rejected', 'cancelled')),
  constraint purchase_order_supplier_unknown foreign key (organization_id, supplier_id) references bss.party (organization_id, id),
  constraint purchase_order_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
create index purchase_order_by_status on bss.purchase_order (organization_id, status, id);
create index purchase_order_of_supplier on bss.purchase_order (organization_id, supplier_id, id);
create index purchase_order_of_site on bss.purchase_order (organization_id, site_id, id);
call sec.wall('bss.purchase_order', 'mutable');
call sec.fence_by_site('bss.purchase_order', 'site_id');

create table bss.purchase_order_line (
  organization_id uuid not null,
  id uuid not null,
  purchase_order_id uuid not null,
  line_no int not null check (line_no > 0),
  site_id uuid not null,
  item_id uuid not null,
  ordered numeric(20,6) not null check (ordered > 0),
  received numeric(20,6) not null default 0 check (received >= 0),
  rejected numeric(20,6) not null default 0 check (rejected >= 0),
  over_percent numeric(6,3) not null default 0 check (over_percent between 0 and 100),
  under_percent numeric(6,3) not null default 0 check (under_percent between 0 and 100),
  expected_on date not null,
  -- Open lines are the supply that a promise date may count on.
  status text not null default 'draft' check (status in ('draft', 'open', 'closed', 'cancelled')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint purchase_order_line_no_taken unique (organization_id, purchase_order_id, line_no),
  constraint purchase_order_line_within_tolerance check (received <= ordered * (100 + over_percent) / 100),
  constraint purchase_order_line_order_exists foreign key (organization_id, purchase_order_id) references bss.purchase_order (organization_id, id),
  constraint purchase_order_line_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id),
  constraint purchase_order_line_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
create index purchase_order_line_open on bss.purchase_order_line (organization_id, item_id, site_id, expected_on) where status = 'open';
create index purchase_order_line_of_item on bss.purchase_order_line (organization_id, item_id);
create index purchase_order_line_of_site on bss.purchase_order_line (organization_id, site_id);
call sec.wall('bss.purchase_order_line', 'mutable');
call sec.fence_by_site('bss.purchase_order_line', 'site_id');

-- Money has tables of its own: who may not see costs never reads these.
create table bss.purchase_order_money (
  organization_id uuid not null,
  id uuid not null,
  purchase_order_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor >= 0),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint purchase_order_money_once unique (organization_id, purchase_order_id),
  foreign key (organization_id, purchase_order_id) references bss.purchase_order (organization_id, id)
);
call sec.wall('bss.purchase_order_money', 'mutable');
call sec.fence_by_parent('bss.purchase_order_money', 'bss.purchase_order', 'purchase_order_id');
create table bss.purchase_order_line_money (
  organization_id uuid not null,
  id uuid not null,
  purchase_order_id uuid not null,
  purchase_order_line_id uuid not null,
  unit_price numeric(20,10) not null check (unit_price >= 0),
  amount_minor bigint not null check (amount_minor >= 0),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint purchase_order_line_money_once unique (organization_id, purchase_order_line_id),
  foreign key (organization_id, purchase_order_id) references bss.purchase_order (organization_id, id),
  foreign key (organization_id, purchase_order_line_id) references bss.purchase_order_line (organization_id, id)
);
create index purchase_order_line_money_of_order on bss.purchase_order_line_money (organization_id, purchase_order_id);
call sec.wall('bss.purchase_order_line_money', 'mutable');
call sec.fence_by_parent('bss.purchase_order_line_money', 'bss.purchase_order', 'purchase_order_id');

-- Only the arrows of the purchase order; purchasing/rules.ts has the same table, and a test walks every pair.
create function bss.purchase_order_follows_its_states() returns trigger
language plpgsql
as $$
begin
  if new.status <> old.status and not (case old.status
    when 'draft' then new.status in ('pending_approval', 'cancelled')
    when 'pending_approval' then new.status in ('approved', 'rejected', 'cancelled')
    when 'approved' then new.status in ('sent', 'cancelled')
    when 'sent' then new.status in ('acknowledged', 'partially_received', 'received', 'cancelled')
    when 'acknowledged' then new.status in ('partially_received', 'received', 'cancelled')
    when 'partially_received' then new.status = 'received'
    when 'received' then new.status = 'closed'
    else false
  end) then
    perform sec.refuse('illegal_transition', format('A purchase order that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.purchase_order for each row execute function bss.purchase_order_follows_its_states();
revoke execute on function bss.purchase_order_follows_its_states() from public;
grant execute on function bss.purchase_order_follows_its_states() to bss_app, bss_worker;

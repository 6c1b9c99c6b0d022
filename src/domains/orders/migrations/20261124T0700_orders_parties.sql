-- Who buys. Personal fields (names, mail, telephone) live in a table of their own, so that what is about people can be shown,
-- exported and erased apart from what is about companies.
create table bss.price_list (
  organization_id uuid not null,
  id uuid not null,
  code text not null check (code <> '' and length(code) <= 60),
  name text not null check (length(name) <= 200),
  currency text not null check (length(currency) = 3),
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint price_list_code_unique unique (organization_id, code),
  -- The currency of a price is that of its list; the pair is what prices refer to.
  constraint price_list_currency_unique unique (organization_id, id, currency)
);
create unique index price_list_default_unique on bss.price_list (organization_id) where is_default;
call sec.wall('bss.price_list', 'mutable');

create table bss.price (
  organization_id uuid not null,
  id uuid not null,
  price_list_id uuid not null,
  item_id uuid not null,
  currency text not null,
  unit_price numeric(20,10) not null check (unit_price >= 0),
  valid_from date not null,
  valid_until date check (valid_until > valid_from),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  -- The newest price that has begun is the one that holds; so look-ups walk this index from the end.
  constraint price_start_unique unique (organization_id, price_list_id, item_id, valid_from),
  constraint price_list_exists foreign key (organization_id, price_list_id, currency) references bss.price_list (organization_id, id, currency),
  constraint price_item_exists foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index price_item on bss.price (organization_id, item_id);
call sec.wall('bss.price', 'mutable');

create table bss.party (
  organization_id uuid not null,
  id uuid not null,
  kind text not null default 'customer' check (kind in ('customer', 'supplier', 'carrier', 'logistics_provider')),
  code text collate "C" not null check (code <> '' and length(code) <= 60),
  name text not null check (name <> '' and length(name) <= 200),
  gln text check (gln ~ '^[0-9]{13}$'),
  country text check (country ~ '^[A-Z]{2}$'),
  price_list_id uuid,
  status text not null default 'active' check (status in ('active', 'inactive')),
  external_ref text check (length(external_ref) <= 200),
  external_source text check (length(external_source) <= 60),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint party_code_unique unique (organization_id, kind, code),
  constraint party_external_unique unique (organization_id, external_source, external_ref),
  constraint party_external_pair check ((external_ref is null) = (external_source is null)),
  constraint party_price_list_exists foreign key (organization_id, price_list_id) references bss.price_list (organization_id, id)
);
create index party_price_list on bss.party (organization_id, price_list_id) where price_list_id is not null;
call sec.wall('bss.party', 'mutable');

create table bss.party_contact (
  organization_id uuid not null,
  id uuid not null,
  party_id uuid not null,
  name text not null check (name <> '' and length(name) <= 200),
  email text check (length(email) <= 320),
  phone text check (length(phone) <= 60),
  purpose text not null default 'general' check (purpose in ('general', 'orders', 'delivery', 'invoices')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint party_contact_party_exists foreign key (organization_id, party_id) references bss.party (organization_id, id)
);
create index party_contact_party on bss.party_contact (organization_id, party_id, id);
-- Working, because what is about people must be erasable.
call sec.wall('bss.party_contact', 'working');

-- Service accounts, the role each has, and their API keys. Of a key only its SHA-256 is kept.
create table bss.service_account (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  description text not null default '' check (char_length(description) <= 500),
  status text not null default 'active' check (status in ('active', 'deactivated')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint service_account_name unique (organization_id, name)
);
call sec.wall('bss.service_account', 'mutable');
call sec.open_to_gateway('bss.service_account', 'select');

-- One role per account. Its scope is the organization; a site's follows with the sites' own permissions.
create table bss.role_assignment (
  organization_id uuid not null,
  id uuid not null,
  service_account_id uuid not null,
  role text not null check (role in ('tenant_admin', 'planner', 'warehouse_operator', 'finance', 'auditor', 'integration', 'twin_engineer')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint role_assignment_account unique (organization_id, service_account_id),
  foreign key (organization_id, service_account_id) references bss.service_account (organization_id, id)
);
call sec.wall('bss.role_assignment', 'mutable');
call sec.open_to_gateway('bss.role_assignment', 'select');

create table bss.api_key (
  organization_id uuid not null,
  id uuid not null,
  service_account_id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  kind text not null check (kind in ('live', 'test')),
  -- The first characters of the key, so that its owner can tell which one it is.
  prefix text not null check (char_length(prefix) <= 16),
  digest bytea not null check (octet_length(digest) = 32),
  -- Null: everything its account may do. Otherwise never more than that, and less.
  scopes text[] check (cardinality(scopes) > 0),
  -- Empty: from anywhere.
  cidrs text[] not null default '{}' check (cardinality(cidrs) <= 50),
  requests_per_second int check (requests_per_second between 1 and 100000),
  burst int check (burst between 1 and 200000),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  rotated_from_id uuid,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  foreign key (organization_id, service_account_id) references bss.service_account (organization_id, id),
  foreign key (organization_id, rotated_from_id) references bss.api_key (organization_id, id),
  constraint api_key_lifetime check (expires_at <= created_at + interval '366 days'),
  constraint api_key_rates check ((requests_per_second is null) = (burst is null))
);
-- Not led by the organization, on purpose and only here: a key is looked up before its organization is known. It tells nobody
-- anything, because whoever could probe it would need the digest of a 256-bit secret. (Allow-list: api_key_digest.)
create unique index api_key_digest on bss.api_key (digest);
create index api_key_account on bss.api_key (organization_id, service_account_id);
create index api_key_rotated_from on bss.api_key (organization_id, rotated_from_id) where rotated_from_id is not null;
call sec.wall('bss.api_key', 'mutable');
call sec.open_to_gateway('bss.api_key', 'select');

-- When a key was last used, apart from the key: its row version must not change with every use.
create table bss.api_key_use (
  organization_id uuid not null,
  api_key_id uuid not null,
  last_used_at timestamptz not null,
  primary key (organization_id, api_key_id),
  foreign key (organization_id, api_key_id) references bss.api_key (organization_id, id)
);
call sec.wall('bss.api_key_use', 'working');
revoke insert, update, delete on bss.api_key_use from bss_app, bss_worker;
call sec.open_to_gateway('bss.api_key_use', 'select, insert, update');

-- Keys of the platform's operators. They belong to no organization and no tenant's role can read them.
create table platform.operator_key (
  id uuid primary key,
  operator_id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  prefix text not null,
  digest bytea not null unique check (octet_length(digest) = 32),
  cidrs text[] not null default '{}',
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index operator_key_name on platform.operator_key (name) where revoked_at is null;
grant select, insert, update on platform.operator_key to bss_gateway;

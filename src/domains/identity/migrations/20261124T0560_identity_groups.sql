-- Groups of people, from a directory or made by hand. A group's name never grants anything; only group_role_map does.
create table bss.user_group (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  name text not null check (char_length(name) between 1 and 255),
  name_key text not null generated always as (lower(name)) stored,
  external_ref text check (char_length(external_ref) <= 255),
  -- Who made the group, and may therefore say who is in it.
  source text not null check (source in ('scim', 'manual')),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id)
);
-- Directories know several groups of one name; people who make one by hand should not.
create unique index user_group_name on bss.user_group (organization_id, name_key) where source = 'manual';
create index user_group_external on bss.user_group (organization_id, external_ref) where external_ref is not null;
call sec.wall('bss.user_group', 'mutable');
grant delete on bss.user_group to bss_app;

create table bss.group_member (
  organization_id uuid not null,
  group_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, group_id, user_id),
  foreign key (organization_id, group_id) references bss.user_group (organization_id, id),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id)
);
create index group_member_user on bss.group_member (organization_id, user_id);
call sec.wall('bss.group_member', 'working');

-- What a group gives to whoever is in it: a template or one of the organization's own roles, everywhere or at some sites.
create table bss.group_role_map (
  organization_id uuid not null,
  id uuid not null,
  group_id uuid not null,
  role text check (role in ('tenant_admin', 'planner', 'warehouse_operator', 'finance', 'auditor', 'integration', 'twin_engineer')),
  role_id uuid,
  site_ids uuid[] check (cardinality(site_ids) between 1 and 500),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint group_role_map_one_role check (num_nonnulls(role, role_id) = 1),
  constraint group_role_map_once unique nulls not distinct (organization_id, group_id, role, role_id),
  foreign key (organization_id, group_id) references bss.user_group (organization_id, id),
  foreign key (organization_id, role_id) references bss.role (organization_id, id)
);
create index group_role_map_role on bss.group_role_map (organization_id, role_id) where role_id is not null;
call sec.wall('bss.group_role_map', 'working');

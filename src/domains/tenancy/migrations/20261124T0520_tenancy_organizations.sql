-- Organizations and their limits. A tenant sees its own row and may change its name; everything else about it belongs to the
-- platform's operator, who works through the definer functions of schema platform and never through a tenant's rights.

-- Slugs are unique across the platform. That index cannot be led by organization_id, so it lives where no tenant's role can
-- look: a unique index in a tenant's table would tell one organization which names the others have taken.
create table platform.organization_slug (
  slug text primary key check (slug ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$'),
  organization_id uuid not null unique
);

create table platform.audit_entry (
  id uuid primary key default gen_random_uuid(),
  at timestamptz not null default now(),
  operator_id uuid not null,
  operator_name text not null,
  operation text not null,
  request_id text not null,
  organization_id uuid,
  detail jsonb not null
);
create index audit_entry_organization on platform.audit_entry (organization_id, at);
create trigger keep_row before update or delete on platform.audit_entry for each row execute function sec.keep();
create trigger keep_table before truncate on platform.audit_entry for each statement execute function sec.keep();

create table bss.organization (
  organization_id uuid primary key,
  slug text not null,
  name text not null check (char_length(name) between 1 and 200),
  status text not null default 'provisioning'
    check (status in ('provisioning', 'active', 'suspended', 'offboarding', 'exported', 'erased')),
  status_since timestamptz not null default now(),
  status_reason text check (char_length(status_reason) <= 500),
  region text not null check (region ~ '^[a-z]{2}(-[a-z0-9]{1,12}){0,2}$'),
  plan text not null check (plan in ('trial', 'standard', 'enterprise')),
  legal_hold boolean not null default false,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1
);

-- The arrows of DOMAIN §3 and no others, whoever asks.
create function sec.organization_life_cycle() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'provisioning' then
      perform sec.refuse('illegal_transition', 'An organization begins as provisioning.');
    end if;
    return new;
  end if;
  if new.status = old.status then
    return new;
  end if;
  if (old.status, new.status) not in (
    ('provisioning', 'active'), ('active', 'suspended'), ('suspended', 'active'), ('suspended', 'offboarding'),
    ('offboarding', 'exported'), ('exported', 'erased')
  ) then
    perform sec.refuse('illegal_transition', format('An organization that is %s cannot become %s.', old.status, new.status));
  end if;
  if new.status = 'erased' and new.legal_hold then
    perform sec.refuse('illegal_transition', 'An organization under legal hold cannot be erased.');
  end if;
  new.status_since := now();
  return new;
end
$$;
create trigger life_cycle before insert or update on bss.organization for each row execute function sec.organization_life_cycle();

call sec.wall('bss.organization', 'mutable');
revoke insert, update on bss.organization from bss_app, bss_worker;
grant update (name) on bss.organization to bss_app, bss_worker;
call sec.open_to_gateway('bss.organization', 'select, insert, update');

create table bss.organization_limit (
  organization_id uuid primary key references bss.organization (organization_id),
  requests_per_second int not null default 200 check (requests_per_second between 1 and 100000),
  burst int not null default 400 check (burst between 1 and 200000),
  concurrent_requests int not null default 100 check (concurrent_requests between 1 and 10000),
  rows_per_export int not null default 1000000 check (rows_per_export between 1 and 1000000000),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1
);
call sec.wall('bss.organization_limit', 'mutable');
revoke insert, update on bss.organization_limit from bss_app, bss_worker;
call sec.open_to_gateway('bss.organization_limit', 'select, insert, update');

grant usage on schema platform to bss_gateway;
grant select, insert on platform.organization_slug to bss_gateway;
grant insert on platform.audit_entry to bss_gateway;
grant insert, delete, select on sec.fence to bss_gateway;

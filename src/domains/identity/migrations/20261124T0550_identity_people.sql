-- People, the roles they have, and their sessions. A person belongs to one organization: there is no table of users across
-- organizations and no join by e-mail.
create table bss.user_account (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  -- The name the provider knows the person by (SCIM userName, often an e-mail address). Unique whatever the case of its letters.
  user_name text not null check (char_length(user_name) between 1 and 255),
  user_name_key text not null generated always as (lower(user_name)) stored,
  display_name text not null check (char_length(display_name) between 1 and 200),
  status text not null default 'active' check (status in ('active', 'suspended', 'deactivated')),
  -- Who made the account, and may therefore change it: the directory's, the first sign-in, or an administrator.
  source text not null check (source in ('scim', 'jit', 'manual')),
  external_ref text check (char_length(external_ref) <= 255),
  -- What else a directory says of the person (names, title, phone numbers, manager): kept as it was given, and never decided by.
  attributes jsonb not null default '{}',
  last_sign_in_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint user_account_name unique (organization_id, user_name_key)
);
create index user_account_external on bss.user_account (organization_id, external_ref) where external_ref is not null;
call sec.wall('bss.user_account', 'mutable');
call sec.open_to_gateway('bss.user_account', 'select');

-- Addresses to write to, and to search by. Nobody is ever found by one at sign-in.
create table bss.user_email (
  organization_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  email text not null check (char_length(email) between 3 and 320),
  email_key text not null generated always as (lower(email)) stored,
  kind text not null default 'work' check (char_length(kind) <= 40),
  is_primary boolean not null default false,
  primary key (organization_id, id),
  constraint user_email_once unique (organization_id, user_id, email_key),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id)
);
create index user_email_search on bss.user_email (organization_id, email_key);
call sec.wall('bss.user_email', 'working');

-- An organization's own roles. The templates are code (kernel/access.ts) and cannot be edited.
create table bss.role (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  name_key text not null generated always as (lower(name)) stored,
  description text not null default '' check (char_length(description) <= 500),
  permissions text[] not null check (cardinality(permissions) between 1 and 200),
  field_classes text[] not null check (field_classes <@ array['ops', 'price', 'cost', 'finance', 'pii', 'strategy']),
  is_retired boolean not null default false,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint role_name unique (organization_id, name_key)
);
call sec.wall('bss.role', 'mutable');
call sec.open_to_gateway('bss.role', 'select');

-- Who has which role: a service account (one role) or a person (several), a template or one of the organization's own, everywhere
-- or at some sites, and where the assignment comes from, so that a directory takes back only what the directory gave.
alter table bss.role_assignment
  add column user_id uuid,
  add column role_id uuid,
  add column source text not null default 'manual' check (source in ('manual', 'scim', 'group', 'jit')),
  add column site_ids uuid[] check (cardinality(site_ids) between 1 and 500),
  alter column service_account_id drop not null,
  alter column role drop not null,
  add constraint role_assignment_one_holder check (num_nonnulls(service_account_id, user_id) = 1),
  add constraint role_assignment_one_role check (num_nonnulls(role, role_id) = 1),
  add constraint role_assignment_once unique nulls not distinct (organization_id, user_id, service_account_id, role, role_id, source),
  add constraint role_assignment_user_exists foreign key (organization_id, user_id) references bss.user_account (organization_id, id),
  add constraint role_assignment_role_exists foreign key (organization_id, role_id) references bss.role (organization_id, id);
create index role_assignment_user on bss.role_assignment (organization_id, user_id) where user_id is not null;
create index role_assignment_role on bss.role_assignment (organization_id, role_id) where role_id is not null;
call sec.wall('bss.role_assignment', 'mutable');
-- A role that is taken away leaves no row: what was is in the audit trail.
grant delete on bss.role_assignment to bss_app, bss_worker;

-- What a cookie or an access token stands for. Of the token only its SHA-256 is kept.
create table bss.session (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  kind text not null check (kind in ('person', 'client', 'support')),
  digest bytea not null check (octet_length(digest) = 32),
  user_id uuid,
  service_account_id uuid,
  -- Null: everything its holder may do. Otherwise never more than that.
  scopes text[] check (cardinality(scopes) > 0),
  connection_id uuid,
  -- When and how the person proved to be themselves: step-up asks for it.
  authenticated_at timestamptz not null default now(),
  acr text check (char_length(acr) <= 200),
  methods text[] not null default '{}',
  -- What the provider calls this session, so that a log-out there ends it here.
  provider_session text check (char_length(provider_session) <= 500),
  provider_subject text check (char_length(provider_subject) <= 2000),
  address text not null default '' check (char_length(address) <= 60),
  user_agent text not null default '' check (char_length(user_agent) <= 300),
  idle_seconds int not null default 1800 check (idle_seconds between 60 and 86400),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text check (char_length(revoked_reason) <= 200),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint session_one_holder check (num_nonnulls(user_id, service_account_id) = 1),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id),
  foreign key (organization_id, service_account_id) references bss.service_account (organization_id, id)
);
-- As with API keys: looked up before the organization is known, by the digest of a 256-bit secret.
create unique index session_digest on bss.session (digest);
create index session_of_user on bss.session (organization_id, user_id) where revoked_at is null;
create index session_of_account on bss.session (organization_id, service_account_id) where service_account_id is not null;
create index session_provider on bss.session (organization_id, connection_id, provider_subject) where revoked_at is null;
create index session_expires on bss.session (organization_id, expires_at);
call sec.wall('bss.session', 'mutable');
call sec.open_to_gateway('bss.session', 'select');

create table bss.session_use (
  organization_id uuid not null,
  session_id uuid not null,
  last_used_at timestamptz not null,
  primary key (organization_id, session_id),
  foreign key (organization_id, session_id) references bss.session (organization_id, id) on delete cascade
);
call sec.wall('bss.session_use', 'working');
revoke insert, update, delete on bss.session_use from bss_app, bss_worker;
call sec.open_to_gateway('bss.session_use', 'select, insert, update');

-- The roles of a holder as the caller judges them: templates by name, the organization's own with what they allow.
create function sec.roles_of(p_organization uuid, p_user uuid, p_account uuid) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'name', coalesce(r.role, c.name), 'permissions', to_jsonb(c.permissions), 'fieldClasses', to_jsonb(c.field_classes), 'sites', to_jsonb(r.site_ids)) order by r.id), '[]')
    from bss.role_assignment r
    left join bss.role c on c.organization_id = r.organization_id and c.id = r.role_id
   where r.organization_id = p_organization and (r.user_id = p_user or r.service_account_id = p_account) and c.is_retired is not true
$$;

-- The one look-up before an organization is known, now for keys and sessions alike: from a digest to what it stands for. It answers
-- nothing to somebody who does not hold the secret, and it decides nothing: all judging is the caller's.
drop function sec.find_key(bytea);
create function sec.find_credential(wanted bytea)
returns table (
  plane text, kind text, credential_id uuid, organization_id uuid, organization_status text, holder_kind text, holder_id uuid, holder_name text, holder_status text,
  roles jsonb, scopes jsonb, cidrs jsonb, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz, idle_seconds int, authenticated_at timestamptz, acr text,
  requests_per_second int, burst int, concurrent_requests int, key_requests_per_second int, key_burst int
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
    select 'tenant'::text, 'key'::text, k.id, k.organization_id, o.status, 'service'::text, a.id, a.name, a.status,
           sec.roles_of(k.organization_id, null, a.id), to_jsonb(k.scopes), to_jsonb(k.cidrs),
           k.expires_at, k.revoked_at, u.last_used_at, null::int, null::timestamptz, null::text,
           l.requests_per_second, l.burst, l.concurrent_requests, k.requests_per_second, k.burst
      from bss.api_key k
      join bss.organization o on o.organization_id = k.organization_id
      join bss.organization_limit l on l.organization_id = k.organization_id
      join bss.service_account a on a.organization_id = k.organization_id and a.id = k.service_account_id
      left join bss.api_key_use u on u.organization_id = k.organization_id and u.api_key_id = k.id
     where k.digest = wanted;
  if found then
    return;
  end if;
  return query
    select 'tenant'::text, s.kind, s.id, s.organization_id, o.status, case when s.user_id is null then 'service' else 'user' end, coalesce(p.id, a.id),
           coalesce(p.display_name, a.name), coalesce(p.status, a.status),
           sec.roles_of(s.organization_id, s.user_id, s.service_account_id), to_jsonb(s.scopes), '[]'::jsonb,
           s.expires_at, s.revoked_at, coalesce(u.last_used_at, s.created_at), s.idle_seconds, s.authenticated_at, s.acr,
           l.requests_per_second, l.burst, l.concurrent_requests, null::int, null::int
      from bss.session s
      join bss.organization o on o.organization_id = s.organization_id
      join bss.organization_limit l on l.organization_id = s.organization_id
      left join bss.user_account p on p.organization_id = s.organization_id and p.id = s.user_id
      left join bss.service_account a on a.organization_id = s.organization_id and a.id = s.service_account_id
      left join bss.session_use u on u.organization_id = s.organization_id and u.session_id = s.id
     where s.digest = wanted;
  if found then
    return;
  end if;
  return query
    select 'platform'::text, 'key'::text, p.id, null::uuid, 'active'::text, 'service'::text, p.operator_id, p.name, 'active'::text,
           '[{"role": "global_admin", "name": "global_admin"}]'::jsonb, null::jsonb, to_jsonb(p.cidrs),
           p.expires_at, p.revoked_at, p.last_used_at, null::int, null::timestamptz, null::text, 50, 100, 20, null::int, null::int
      from platform.operator_key p
     where p.digest = wanted;
end
$$;

-- Notes that a key or session was used, at most once a minute, so that a busy one does not write all day.
drop function sec.note_key_use(bytea);
create function sec.note_credential_use(wanted bytea) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into bss.api_key_use as u (organization_id, api_key_id, last_used_at)
  select k.organization_id, k.id, now() from bss.api_key k where k.digest = wanted
  on conflict (organization_id, api_key_id) do update set last_used_at = excluded.last_used_at
   where u.last_used_at < excluded.last_used_at - interval '1 minute';
  insert into bss.session_use as u (organization_id, session_id, last_used_at)
  select s.organization_id, s.id, now() from bss.session s where s.digest = wanted
  on conflict (organization_id, session_id) do update set last_used_at = excluded.last_used_at
   where u.last_used_at < excluded.last_used_at - interval '1 minute';
  update platform.operator_key p set last_used_at = now()
   where p.digest = wanted and (p.last_used_at is null or p.last_used_at < now() - interval '1 minute');
end
$$;

-- Everything that changes what a credential may do is announced by trigger, so that no statement can forget to say it.
create function sec.session_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if (old.revoked_at, old.expires_at, old.scopes, old.authenticated_at) is distinct from (new.revoked_at, new.expires_at, new.scopes, new.authenticated_at) then
    perform sec.announce_revocation(array[new.id]);
  end if;
  return null;
end
$$;
create function sec.user_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform sec.announce_revocation(array(select s.id from bss.session s where s.organization_id = new.organization_id and s.user_id = new.id and s.revoked_at is null));
  return null;
end
$$;
create function sec.assignment_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  r bss.role_assignment := coalesce(new, old);
begin
  perform sec.announce_revocation(array(
    select k.id from bss.api_key k where k.organization_id = r.organization_id and k.service_account_id = r.service_account_id and k.revoked_at is null
    union all
    select s.id from bss.session s where s.organization_id = r.organization_id and (s.user_id = r.user_id or s.service_account_id = r.service_account_id) and s.revoked_at is null));
  return null;
end
$$;
create function sec.role_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if (old.permissions, old.field_classes, old.is_retired) is distinct from (new.permissions, new.field_classes, new.is_retired) then
    perform sec.announce_revocation(array(
      select k.id from bss.role_assignment r join bss.api_key k on k.organization_id = r.organization_id and k.service_account_id = r.service_account_id
       where r.organization_id = new.organization_id and r.role_id = new.id and k.revoked_at is null
      union all
      select s.id from bss.role_assignment r join bss.session s on s.organization_id = r.organization_id and (s.user_id = r.user_id or s.service_account_id = r.service_account_id)
       where r.organization_id = new.organization_id and r.role_id = new.id and s.revoked_at is null));
  end if;
  return null;
end
$$;
drop trigger announce on bss.role_assignment;
drop trigger announce on bss.service_account;
drop function sec.account_changed();
create function sec.account_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform sec.announce_revocation(array(
    select k.id from bss.api_key k where k.organization_id = new.organization_id and k.service_account_id = new.id and k.revoked_at is null
    union all
    select s.id from bss.session s where s.organization_id = new.organization_id and s.service_account_id = new.id and s.revoked_at is null));
  return null;
end
$$;
create trigger announce after update on bss.session for each row execute function sec.session_changed();
create trigger announce after update of status, display_name on bss.user_account for each row execute function sec.user_changed();
create trigger announce after update on bss.role for each row execute function sec.role_changed();
create trigger announce after update of status, name on bss.service_account for each row execute function sec.account_changed();
create trigger announce after insert or update or delete on bss.role_assignment for each row execute function sec.assignment_changed();

revoke execute on function sec.roles_of(uuid, uuid, uuid), sec.find_credential(bytea), sec.note_credential_use(bytea), sec.session_changed(), sec.user_changed(),
  sec.assignment_changed(), sec.role_changed(), sec.account_changed() from public;
grant execute on function sec.find_credential(bytea), sec.note_credential_use(bytea) to bss_app, bss_worker;
grant execute on function sec.roles_of(uuid, uuid, uuid) to bss_gateway;

grant create on schema sec to bss_gateway;
alter function sec.roles_of(uuid, uuid, uuid) owner to bss_gateway;
alter function sec.find_credential(bytea) owner to bss_gateway;
alter function sec.note_credential_use(bytea) owner to bss_gateway;
alter function sec.session_changed() owner to bss_gateway;
alter function sec.user_changed() owner to bss_gateway;
alter function sec.assignment_changed() owner to bss_gateway;
alter function sec.role_changed() owner to bss_gateway;
alter function sec.account_changed() owner to bss_gateway;
revoke create on schema sec from bss_gateway;

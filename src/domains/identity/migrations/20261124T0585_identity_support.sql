-- Support: an organization lets people of the platform look for some hours, and never touch. What they get is an ordinary session behind
-- the same walls, with the role `support`.
alter table bss.audit_entry drop constraint audit_entry_actor_kind_check;
alter table bss.audit_entry add constraint audit_entry_actor_kind_check check (actor_kind in ('user', 'service', 'system', 'operator'));

create table bss.support_grant (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  -- `break_glass`: two people of the platform opened it without asking, for an hour. The organization sees it and can end it.
  kind text not null check (kind in ('grant', 'break_glass')),
  reason text not null check (char_length(reason) between 10 and 500),
  -- The one person of the platform it is for; null: any.
  staff_name text check (char_length(staff_name) <= 40),
  approved_by_name text check (char_length(approved_by_name) <= 40),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by uuid,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  created_by_name text not null check (char_length(created_by_name) <= 200),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint support_grant_hours check (expires_at <= created_at + case kind when 'break_glass' then interval '61 minutes' else interval '8 hours' end),
  constraint support_grant_revoked check ((revoked_at is null) = (revoked_by is null)),
  constraint support_grant_two_people check ((kind = 'break_glass') = (approved_by_name is not null) and (approved_by_name is null or (staff_name is not null and staff_name <> approved_by_name)))
);
call sec.wall('bss.support_grant', 'mutable');

alter table bss.session
  add column operator_id uuid,
  add column operator_name text check (char_length(operator_name) <= 200),
  add column support_grant_id uuid,
  drop constraint session_one_holder,
  add constraint session_one_holder check (num_nonnulls(user_id, service_account_id, operator_id) = 1),
  add constraint session_support_held check ((kind = 'support') = (operator_id is not null)),
  add constraint session_support_named check ((operator_id is null) = (operator_name is null)),
  add constraint session_support_granted check ((operator_id is null) = (support_grant_id is null)),
  add constraint session_support_grant_exists foreign key (organization_id, support_grant_id) references bss.support_grant (organization_id, id);
create index session_support_grant on bss.session (organization_id, support_grant_id) where support_grant_id is not null;
call sec.wall('bss.session', 'mutable');

-- No session outlives its grant: not one that is opened after the grant was ended, and not one that was open then.
create function bss.support_session_opens() returns trigger
language plpgsql
as $$
declare
  ends timestamptz;
begin
  select g.expires_at into ends from bss.support_grant g
   where g.organization_id = new.organization_id and g.id = new.support_grant_id and g.revoked_at is null and g.expires_at > now() and (g.staff_name is null or g.staff_name = new.operator_name) for share;
  if ends is null then
    perform sec.refuse('illegal_transition', 'There is no grant for this that is still open.');
  end if;
  new.expires_at := least(new.expires_at, ends);
  return new;
end
$$;
create trigger support_opens before insert on bss.session for each row when (new.kind = 'support') execute function bss.support_session_opens();
create function bss.support_grant_ends() returns trigger
language plpgsql
as $$
begin
  update bss.session s set revoked_at = now(), revoked_reason = 'support_revoked'
   where s.organization_id = new.organization_id and s.support_grant_id = new.id and s.revoked_at is null;
  return null;
end
$$;
create trigger support_ends after update on bss.support_grant for each row
  when (old.revoked_at is null and new.revoked_at is not null) execute function bss.support_grant_ends();

-- As before, and: sessions of the platform's people, of the platform itself and under a grant of an organization. Whoever was deactivated
-- has neither.
drop function sec.find_credential(bytea);
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
    select 'tenant'::text, s.kind, s.id, s.organization_id, o.status,
           case when s.user_id is not null then 'user' when s.operator_id is not null then 'operator' else 'service' end,
           coalesce(s.user_id, s.service_account_id, s.operator_id), coalesce(p.display_name, a.name, s.operator_name), coalesce(p.status, a.status, w.status, 'deactivated'),
           case when s.kind = 'support' then '[{"role": "support", "name": "support"}]'::jsonb else sec.roles_of(s.organization_id, s.user_id, s.service_account_id) end,
           to_jsonb(s.scopes), '[]'::jsonb, s.expires_at, s.revoked_at, coalesce(u.last_used_at, s.created_at), s.idle_seconds, s.authenticated_at, s.acr,
           l.requests_per_second, l.burst, l.concurrent_requests, null::int, null::int
      from bss.session s
      join bss.organization o on o.organization_id = s.organization_id
      join bss.organization_limit l on l.organization_id = s.organization_id
      left join bss.user_account p on p.organization_id = s.organization_id and p.id = s.user_id
      left join bss.service_account a on a.organization_id = s.organization_id and a.id = s.service_account_id
      left join platform.staff w on w.id = s.operator_id
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
  if found then
    return;
  end if;
  return query
    select 'platform'::text, 'person'::text, s.id, null::uuid, 'active'::text, 'operator'::text, w.id, w.name, w.status,
           '[{"role": "global_admin", "name": "global_admin"}]'::jsonb, null::jsonb, '[]'::jsonb,
           s.expires_at, s.revoked_at, coalesce(s.last_used_at, s.authenticated_at), 1800, s.authenticated_at, null::text, 50, 100, 20, null::int, null::int
      from platform.staff_session s
      join platform.staff w on w.id = s.staff_id
     where s.digest = wanted;
end
$$;

drop function sec.note_credential_use(bytea);
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
  update platform.staff_session s set last_used_at = now()
   where s.digest = wanted and (s.last_used_at is null or s.last_used_at < now() - interval '1 minute');
end
$$;

revoke execute on function sec.find_credential(bytea), sec.note_credential_use(bytea) from public;
grant execute on function sec.find_credential(bytea), sec.note_credential_use(bytea) to bss_app, bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.find_credential(bytea) owner to bss_gateway;
alter function sec.note_credential_use(bytea) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

-- The one look-up before an organization is known: from the digest of a key to what it stands for. It answers nothing to
-- somebody who does not hold the key, and it decides nothing: expiry, revocation, suspension and addresses are judged by the caller.
create function sec.find_key(wanted bytea)
returns table (
  plane text, credential_id uuid, organization_id uuid, organization_status text, account_id uuid, account_name text, account_status text,
  role text, scopes jsonb, cidrs jsonb, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
  requests_per_second int, burst int, concurrent_requests int, key_requests_per_second int, key_burst int
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
    select 'tenant'::text, k.id, k.organization_id, o.status, a.id, a.name, a.status, r.role, to_jsonb(k.scopes), to_jsonb(k.cidrs),
           k.expires_at, k.revoked_at, u.last_used_at, l.requests_per_second, l.burst, l.concurrent_requests, k.requests_per_second, k.burst
      from bss.api_key k
      join bss.organization o on o.organization_id = k.organization_id
      join bss.organization_limit l on l.organization_id = k.organization_id
      join bss.service_account a on a.organization_id = k.organization_id and a.id = k.service_account_id
      left join bss.role_assignment r on r.organization_id = k.organization_id and r.service_account_id = k.service_account_id
      left join bss.api_key_use u on u.organization_id = k.organization_id and u.api_key_id = k.id
     where k.digest = wanted;
  if found then
    return;
  end if;
  return query
    select 'platform'::text, p.id, null::uuid, 'active'::text, p.operator_id, p.name, 'active'::text, 'global_admin'::text, null::jsonb, to_jsonb(p.cidrs),
           p.expires_at, p.revoked_at, p.last_used_at, 50, 100, 20, null::int, null::int
      from platform.operator_key p
     where p.digest = wanted;
end
$$;

-- Notes that a key was used, at most once a minute, so that a busy key does not write all day.
create function sec.note_key_use(wanted bytea) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into bss.api_key_use as u (organization_id, api_key_id, last_used_at)
  select k.organization_id, k.id, now() from bss.api_key k where k.digest = wanted
  on conflict (organization_id, api_key_id) do update set last_used_at = excluded.last_used_at
   where u.last_used_at < excluded.last_used_at - interval '1 minute';
  update platform.operator_key p set last_used_at = now()
   where p.digest = wanted and (p.last_used_at is null or p.last_used_at < now() - interval '1 minute');
end
$$;

-- What other processes must forget. A row without a credential means: everything. NOTIFY carries a wake-up and no data; who is
-- woken asks for what is new, and so does a poll behind it, so that a lost notification costs a second and no more.
create table sec.revocation (
  id bigint generated always as identity primary key,
  transaction_id xid8 not null default pg_current_xact_id(),
  credential_id uuid,
  at timestamptz not null default now()
);
create index revocation_transaction on sec.revocation (transaction_id);
create index revocation_at on sec.revocation (at);
grant select, insert, update, delete on sec.revocation to bss_gateway;

create function sec.announce_revocation(credentials uuid[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from sec.revocation where id in (
    select r.id from sec.revocation r where r.at < now() - interval '1 hour' order by r.at limit 100 for update skip locked);
  insert into sec.revocation (credential_id) select unnest(credentials);
  if found then
    perform pg_notify('bss_revoked', '');
  end if;
end
$$;

-- Everything since a position; positions are transaction ids, because numbers drawn from a sequence become visible out of order.
create function sec.revocations_since(since text) returns table (reached text, entries jsonb)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select pg_snapshot_xmin(pg_current_snapshot())::text,
         coalesce((select jsonb_agg(jsonb_build_array(r.id::text, r.credential_id) order by r.id)
                     from sec.revocation r where r.transaction_id >= since::xid8), '[]')
$$;

-- A key that is revoked, shortened or narrowed, and the keys of an account whose role or status changed, are forgotten
-- everywhere. By trigger, so that no statement can forget to say it.
create function sec.api_key_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if (old.revoked_at, old.expires_at, old.scopes, old.cidrs, old.requests_per_second, old.burst)
     is distinct from (new.revoked_at, new.expires_at, new.scopes, new.cidrs, new.requests_per_second, new.burst) then
    perform sec.announce_revocation(array[new.id]);
  end if;
  return null;
end
$$;
create function sec.account_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account uuid;
begin
  if tg_table_name = 'service_account' then
    account := new.id;
  else
    account := new.service_account_id;
  end if;
  perform sec.announce_revocation(array(
    select k.id from bss.api_key k where k.organization_id = new.organization_id and k.service_account_id = account and k.revoked_at is null));
  return null;
end
$$;
create trigger announce after update on bss.api_key for each row execute function sec.api_key_changed();
create trigger announce after update of status, name on bss.service_account for each row execute function sec.account_changed();
create trigger announce after update of role on bss.role_assignment for each row execute function sec.account_changed();

grant execute on function sec.find_key(bytea), sec.note_key_use(bytea), sec.revocations_since(text) to bss_app, bss_worker;
grant execute on function sec.announce_revocation(uuid[]) to bss_gateway;

grant create on schema sec to bss_gateway;
alter function sec.find_key(bytea) owner to bss_gateway;
alter function sec.note_key_use(bytea) owner to bss_gateway;
alter function sec.announce_revocation(uuid[]) owner to bss_gateway;
alter function sec.revocations_since(text) owner to bss_gateway;
alter function sec.api_key_changed() owner to bss_gateway;
alter function sec.account_changed() owner to bss_gateway;
revoke create on schema sec from bss_gateway;

-- As before, and: a token of a machine client is good from the networks of its client only, like a key.
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
           to_jsonb(s.scopes), coalesce(to_jsonb(c.cidrs), '[]'), s.expires_at, s.revoked_at, coalesce(u.last_used_at, s.created_at), s.idle_seconds, s.authenticated_at, s.acr,
           l.requests_per_second, l.burst, l.concurrent_requests, null::int, null::int
      from bss.session s
      join bss.organization o on o.organization_id = s.organization_id
      join bss.organization_limit l on l.organization_id = s.organization_id
      left join bss.user_account p on p.organization_id = s.organization_id and p.id = s.user_id
      left join bss.service_account a on a.organization_id = s.organization_id and a.id = s.service_account_id
      left join platform.staff w on w.id = s.operator_id
      left join bss.oauth_client c on c.organization_id = s.organization_id and c.id = s.oauth_client_id
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

revoke execute on function sec.find_credential(bytea) from public;
grant execute on function sec.find_credential(bytea) to bss_app, bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.find_credential(bytea) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

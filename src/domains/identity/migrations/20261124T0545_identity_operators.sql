-- Keys of the platform's operators. Made at the installation and from the command line of the platform, never over HTTP.
create function platform.create_operator_key(new_id uuid, new_operator uuid, new_name text, new_prefix text, new_digest bytea, new_cidrs text[], days int)
returns table (id uuid, expires_at timestamptz)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail)
  values (new_operator, new_name, 'operator_key.created', new_id::text, jsonb_build_object('name', new_name, 'days', days));
  return query
    insert into platform.operator_key as k (id, operator_id, name, prefix, digest, cidrs, expires_at)
    values (new_id, new_operator, new_name, new_prefix, new_digest, new_cidrs, now() + make_interval(days => days))
    returning k.id, k.expires_at;
end
$$;

create function platform.revoke_operator_key(wanted_name text) returns table (id uuid)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  revoked platform.operator_key;
begin
  update platform.operator_key k set revoked_at = now()
   where k.name = wanted_name and k.revoked_at is null returning k.* into revoked;
  if revoked.id is null then
    return;
  end if;
  perform sec.announce_revocation(array[revoked.id]);
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail)
  values (revoked.operator_id, wanted_name, 'operator_key.revoked', revoked.id::text, '{}');
  return query select revoked.id;
end
$$;

grant execute on function
  platform.create_operator_key(uuid, uuid, text, text, bytea, text[], int), platform.revoke_operator_key(text)
  to bss_admin;

grant create on schema platform to bss_gateway;
alter function platform.create_operator_key(uuid, uuid, text, text, bytea, text[], int) owner to bss_gateway;
alter function platform.revoke_operator_key(text) owner to bss_gateway;
revoke create on schema platform from bss_gateway;

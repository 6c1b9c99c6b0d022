-- Which organizations have chores: active ones, in the order of their ids. Ids and nothing else; the worker then enters each.
create function sec.organizations_to_tend(after_id uuid, limit_to int) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.organization_id from bss.organization o
   where o.status = 'active' and (after_id is null or o.organization_id > after_id)
   order by o.organization_id
   limit limit_to
$$;
revoke execute on function sec.organizations_to_tend(uuid, int) from public;
grant execute on function sec.organizations_to_tend(uuid, int) to bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.organizations_to_tend(uuid, int) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

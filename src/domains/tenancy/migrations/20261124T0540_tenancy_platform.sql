-- What the platform's operator may do with organizations: named things, one function each, each writing its audit row. The role
-- that calls them (bss_admin) can read no table; the role that owns them (bss_gateway) cannot log in.
create type platform.organization_facts as (
  organization_id uuid, slug text, name text, status text, status_since timestamptz, status_reason text, region text, plan text,
  legal_hold boolean, row_version int, created_at timestamptz, updated_at timestamptz,
  requests_per_second int, burst int, concurrent_requests int, rows_per_export int
);
-- Who acts, for the audit row.
create type platform.operator as (id uuid, name text, request_id text);

create function platform.note(actor platform.operator, operation text, organization uuid, detail jsonb) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, organization_id, detail)
  values (actor.id, actor.name, operation, actor.request_id, organization, detail)
$$;

create function platform.list_organizations(after_slug text, wanted_status text, row_limit int) returns setof platform.organization_facts
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.organization_id, o.slug, o.name, o.status, o.status_since, o.status_reason, o.region, o.plan, o.legal_hold, o.row_version,
         o.created_at, o.updated_at, l.requests_per_second, l.burst, l.concurrent_requests, l.rows_per_export
    from platform.organization_slug s
    join bss.organization o on o.organization_id = s.organization_id
    join bss.organization_limit l on l.organization_id = o.organization_id
   where (after_slug is null or s.slug > after_slug) and (wanted_status is null or o.status = wanted_status)
   order by s.slug
   limit row_limit
$$;

-- No row for an organization that does not exist.
create function platform.get_organization(organization uuid) returns setof platform.organization_facts
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.organization_id, o.slug, o.name, o.status, o.status_since, o.status_reason, o.region, o.plan, o.legal_hold, o.row_version,
         o.created_at, o.updated_at, l.requests_per_second, l.burst, l.concurrent_requests, l.rows_per_export
    from bss.organization o
    join bss.organization_limit l on l.organization_id = o.organization_id
   where o.organization_id = organization
$$;

-- The first of two steps; the second is activate_organization, once the first key exists. The same slug with the same name goes on
-- where an interrupted creation stopped.
create function platform.create_organization(
  operator uuid, operator_name text, request_id text, new_id uuid, new_slug text, new_name text, new_region text, new_plan text
) returns setof platform.organization_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  actor platform.operator := row(operator, operator_name, request_id);
  existing bss.organization;
begin
  insert into platform.organization_slug (slug, organization_id) values (new_slug, new_id) on conflict (slug) do nothing;
  if found then
    insert into bss.organization (organization_id, slug, name, region, plan, created_by, updated_by)
    values (new_id, new_slug, new_name, new_region, new_plan, operator, operator);
    insert into bss.organization_limit (organization_id, created_by, updated_by) values (new_id, operator, operator);
    perform platform.note(actor, 'organization.created', new_id, jsonb_build_object('slug', new_slug, 'name', new_name));
    return query select * from platform.get_organization(new_id);
    return;
  end if;
  select o.* into existing
    from bss.organization o join platform.organization_slug s on s.organization_id = o.organization_id where s.slug = new_slug;
  if existing.organization_id is null or existing.status <> 'provisioning' or existing.name <> new_name then
    perform sec.refuse('conflict', 'This slug is taken.', '[{"pointer":"/slug","code":"taken","message":"Another organization has it. Choose another."}]');
  end if;
  perform platform.note(actor, 'organization.creation_resumed', existing.organization_id, '{}');
  return query select * from platform.get_organization(existing.organization_id);
end
$$;

-- The organization opens with the key that its maker is about to hand over. When somebody else resumed the same creation in
-- between, that key is void, and this one must not open the door with it.
create function platform.activate_organization(operator uuid, operator_name text, request_id text, organization uuid, first_key uuid)
returns setof platform.organization_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform 1 from bss.organization o where o.organization_id = organization and o.status = 'provisioning' for update;
  if not found or not exists (select from bss.api_key k where k.organization_id = organization and k.id = first_key and k.revoked_at is null) then
    perform sec.refuse('conflict', 'This organization was opened by somebody else in the meantime.');
  end if;
  update bss.organization o set status = 'active', updated_by = operator where o.organization_id = organization;
  perform platform.note(row(operator, operator_name, request_id), 'organization.activated', organization, jsonb_build_object('firstKey', first_key));
  return query select * from platform.get_organization(organization);
end
$$;

-- The answer that carried the first key may have been lost. Until somebody of the organization has come in, the operator may have
-- another one made; from then on he has no way in any more.
create function platform.allow_another_first_key(operator uuid, operator_name text, request_id text, organization uuid)
returns setof platform.organization_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  current_status text;
begin
  select o.status into current_status from bss.organization o where o.organization_id = organization for update;
  if current_status is null then
    return;
  end if;
  if current_status <> 'active' or exists (select from bss.api_key_use u where u.organization_id = organization) then
    perform sec.refuse('conflict', 'Somebody of this organization has come in already, or it is not open: only its own Tenant Admins make keys now.');
  end if;
  perform platform.note(row(operator, operator_name, request_id), 'organization.first_key_renewed', organization, '{}');
  return query select * from platform.get_organization(organization);
end
$$;

-- One arrow of the life cycle; the trigger on the table knows which are allowed. A fence stands while the organization may not work,
-- so that even a request that is already running fails at its next statement.
create function platform.move_organization(
  operator uuid, operator_name text, request_id text, organization uuid, new_status text, reason text
) returns setof platform.organization_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  before text;
begin
  if new_status not in ('active', 'suspended', 'offboarding') then
    perform sec.refuse('invalid', 'An operator can suspend, resume and offboard an organization.');
  end if;
  select o.status into before from bss.organization o where o.organization_id = organization for update;
  if before is null then
    return;
  end if;
  if before = new_status or (new_status = 'active' and before <> 'suspended') then
    perform sec.refuse('illegal_transition', format('An organization that is %s cannot become %s.', before, new_status));
  end if;
  update bss.organization o set status = new_status, status_reason = reason, updated_by = operator where o.organization_id = organization;
  if new_status = 'active' then
    delete from sec.fence f where f.organization_id = organization;
  else
    insert into sec.fence (organization_id, reason) values (organization, new_status) on conflict (organization_id) do nothing;
  end if;
  perform sec.announce_revocation(array[null::uuid]);
  perform platform.note(row(operator, operator_name, request_id), 'organization.' || new_status, organization, jsonb_build_object('before', before, 'reason', reason));
  return query select * from platform.get_organization(organization);
end
$$;

create function platform.set_organization_limits(
  operator uuid, operator_name text, request_id text, organization uuid,
  new_requests_per_second int, new_burst int, new_concurrent_requests int, new_rows_per_export int
) returns setof platform.organization_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  before bss.organization_limit;
begin
  select l.* into before from bss.organization_limit l where l.organization_id = organization for update;
  if before.organization_id is null then
    return;
  end if;
  update bss.organization_limit l
     set requests_per_second = new_requests_per_second, burst = new_burst, concurrent_requests = new_concurrent_requests,
         rows_per_export = new_rows_per_export, updated_by = operator
   where l.organization_id = organization;
  perform sec.announce_revocation(array[null::uuid]);
  perform platform.note(row(operator, operator_name, request_id), 'organization.limits_set', organization, jsonb_build_object(
    'before', jsonb_build_array(before.requests_per_second, before.burst, before.concurrent_requests, before.rows_per_export),
    'after', jsonb_build_array(new_requests_per_second, new_burst, new_concurrent_requests, new_rows_per_export)));
  return query select * from platform.get_organization(organization);
end
$$;

grant execute on function
  platform.list_organizations(text, text, int), platform.get_organization(uuid),
  platform.create_organization(uuid, text, text, uuid, text, text, text, text),
  platform.activate_organization(uuid, text, text, uuid, uuid),
  platform.allow_another_first_key(uuid, text, text, uuid),
  platform.move_organization(uuid, text, text, uuid, text, text),
  platform.set_organization_limits(uuid, text, text, uuid, int, int, int, int)
  to bss_admin;

grant create on schema platform to bss_gateway;
alter function platform.note(platform.operator, text, uuid, jsonb) owner to bss_gateway;
alter function platform.list_organizations(text, text, int) owner to bss_gateway;
alter function platform.get_organization(uuid) owner to bss_gateway;
alter function platform.create_organization(uuid, text, text, uuid, text, text, text, text) owner to bss_gateway;
alter function platform.activate_organization(uuid, text, text, uuid, uuid) owner to bss_gateway;
alter function platform.allow_another_first_key(uuid, text, text, uuid) owner to bss_gateway;
alter function platform.move_organization(uuid, text, text, uuid, text, text) owner to bss_gateway;
alter function platform.set_organization_limits(uuid, text, text, uuid, int, int, int, int) owner to bss_gateway;
revoke create on schema platform from bss_gateway;

-- Provisioning (SCIM 2.0): the organization's directory says who belongs here and who is in which group.

-- For which provider's directory a service account speaks; null: for one whose people sign in by nobody's provider.
create table bss.scim_connection (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  service_account_id uuid not null,
  connection_id uuid,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint scim_connection_account unique (organization_id, service_account_id),
  constraint scim_connection_once unique nulls not distinct (organization_id, connection_id),
  foreign key (organization_id, service_account_id) references bss.service_account (organization_id, id),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id)
);
call sec.wall('bss.scim_connection', 'working');

-- A key of a directory may do this one thing, and no other key may: by constraint, so that no statement can mix them.
alter table bss.api_key
  drop constraint api_key_kind_check,
  add constraint api_key_kind_check check (kind in ('live', 'test', 'scim')),
  add constraint api_key_scim check (case when kind = 'scim' then scopes is not null and scopes = array['scim:write'] else scopes is null or not scopes @> array['scim:write'] end);

-- Deleted by the directory. The row stays, because the trail names it; its user name is free again for somebody new.
alter table bss.user_account
  add column deleted_at timestamptz,
  add constraint user_account_deleted check (deleted_at is null or status = 'deactivated');
call sec.wall('bss.user_account', 'mutable');

alter table bss.user_group
  add column directory_connection_id uuid,
  add constraint user_group_directory_exists foreign key (organization_id, directory_connection_id) references bss.identity_connection (organization_id, id);
create index user_group_directory on bss.user_group (organization_id, directory_connection_id) where directory_connection_id is not null;
call sec.wall('bss.user_group', 'mutable');
grant delete on bss.user_group to bss_app;

-- Whether facts about a person or group meet a filter that was parsed and checked before (scim/filter-plan.ts writes the nodes):
-- ["and", [...]], ["or", [...]], ["not", node], ["any", list, node], ["pr", key], [comparison, key, value, whatever its case].
create function bss.scim_matches(node jsonb, facts jsonb) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  op constant text := node ->> 0;
  part jsonb;
  has text;
  wanted text;
begin
  case op
    when 'and' then
      for part in select v from jsonb_array_elements(node -> 1) v loop
        if not bss.scim_matches(part, facts) then
          return false;
        end if;
      end loop;
      return true;
    when 'or' then
      for part in select v from jsonb_array_elements(node -> 1) v loop
        if bss.scim_matches(part, facts) then
          return true;
        end if;
      end loop;
      return false;
    when 'not' then
      return not bss.scim_matches(node -> 1, facts);
    when 'any' then
      for part in select v from jsonb_array_elements(coalesce(facts -> (node ->> 1), '[]')) v loop
        if bss.scim_matches(node -> 2, part) then
          return true;
        end if;
      end loop;
      return false;
    when 'pr' then
      return coalesce(facts ->> (node ->> 1), '') <> '';
    else null;
  end case;
  has := facts ->> (node ->> 1);
  wanted := node ->> 2;
  if (node ->> 3)::boolean then
    has := lower(has);
    wanted := lower(wanted);
  end if;
  if op = 'eq' then
    return has is not distinct from wanted;
  end if;
  if has is null or wanted is null then
    return false;
  end if;
  return case op
    when 'co' then strpos(has, wanted) > 0
    when 'sw' then starts_with(has, wanted)
    when 'ew' then right(has, char_length(wanted)) = wanted
    when 'gt' then has collate "C" > wanted collate "C"
    when 'ge' then has collate "C" >= wanted collate "C"
    when 'lt' then has collate "C" < wanted collate "C"
    when 'le' then has collate "C" <= wanted collate "C"
    else false
  end;
end
$$;
revoke execute on function bss.scim_matches(jsonb, jsonb) from public;
grant execute on function bss.scim_matches(jsonb, jsonb) to bss_app, bss_worker, bss_reader;

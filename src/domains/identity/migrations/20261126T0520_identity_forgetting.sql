-- What is written of each sign-in is forgotten after a time: of people after 180 days; of programs (tokens of machine clients, refused
-- requests of directories), which come by the thousand every day, after 30. What was done stays in the audit trail.
create index sign_in_attempt_of_people on bss.sign_in_attempt (organization_id, at) where purpose not in ('scim', 'token');
create index sign_in_attempt_of_programs on bss.sign_in_attempt (organization_id, at) where purpose in ('scim', 'token');

-- The exceptions to "append-only": the personal part of an audit entry may be emptied, and an old line of the log of sign-ins may go.
-- Both by a function of the gateway, and the trigger judges each row for itself.
create or replace function sec.keep() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' and tg_table_schema = 'bss' and tg_table_name = 'audit_entry' and current_user = 'bss_gateway' then
    if new.salt = '00000000-0000-0000-0000-000000000000' and new.actor_name = '' and new.changes = bss.audit_what(old.changes)
       and (new.organization_id, new.id, new.at, new.actor_kind, new.actor_id, new.operation, new.request_id, new.transaction_id)
         = (old.organization_id, old.id, old.at, old.actor_kind, old.actor_id, old.operation, old.request_id, old.transaction_id) then
      return new;
    end if;
  end if;
  if tg_op = 'DELETE' and tg_table_schema = 'bss' and tg_table_name = 'sign_in_attempt' and current_user = 'bss_gateway' then
    if (old.at < now() - case when old.purpose in ('scim', 'token') then interval '30 days' else interval '180 days' end) then
      return old;
    end if;
  end if;
  raise exception '% is append-only: correct it by a reversal.', tg_table_name using errcode = '42501';
end
$$;

-- Forgets old lines of the organization of the context, so many of each kind at most; gives how many.
create function sec.forget_sign_ins(p_limit int) returns int
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization constant uuid := sec.org();
  v_people int;
  v_programs int;
begin
  delete from bss.sign_in_attempt a where a.organization_id = v_organization and a.id = any (array(
    select d.id from bss.sign_in_attempt d
     where d.organization_id = v_organization and d.purpose not in ('scim', 'token') and d.at < now() - interval '180 days' order by d.at limit p_limit));
  get diagnostics v_people = row_count;
  delete from bss.sign_in_attempt a where a.organization_id = v_organization and a.id = any (array(
    select d.id from bss.sign_in_attempt d
     where d.organization_id = v_organization and d.purpose in ('scim', 'token') and d.at < now() - interval '30 days' order by d.at limit p_limit));
  get diagnostics v_programs = row_count;
  return v_people + v_programs;
end
$$;
revoke execute on function sec.forget_sign_ins(int) from public;
grant execute on function sec.forget_sign_ins(int) to bss_worker;
call sec.open_to_gateway('bss.sign_in_attempt', 'select, delete');

grant create on schema sec to bss_gateway;
alter function sec.forget_sign_ins(int) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

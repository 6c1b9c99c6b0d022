-- A group of ten thousand that is given a role changes ten thousand assignments with one statement. Who must be forgotten is announced
-- once for the statement, not once for each row.
drop trigger announce on bss.role_assignment;
drop function sec.assignment_changed();
create function sec.assignment_changed() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform sec.announce_revocation(array(
    select k.id from changed c join bss.api_key k on k.organization_id = c.organization_id and k.service_account_id = c.service_account_id where k.revoked_at is null
    union
    select s.id from changed c join bss.session s on s.organization_id = c.organization_id and s.user_id = c.user_id where s.revoked_at is null
    union
    select s.id from changed c join bss.session s on s.organization_id = c.organization_id and s.service_account_id = c.service_account_id where s.revoked_at is null));
  return null;
end
$$;
-- Three triggers, because the rows of a statement are handed to those for one kind of change only.
create trigger announce_given after insert on bss.role_assignment referencing new table as changed for each statement execute function sec.assignment_changed();
create trigger announce_changed after update on bss.role_assignment referencing new table as changed for each statement execute function sec.assignment_changed();
create trigger announce_taken after delete on bss.role_assignment referencing old table as changed for each statement execute function sec.assignment_changed();
revoke execute on function sec.assignment_changed() from public;
grant create on schema sec to bss_gateway;
alter function sec.assignment_changed() owner to bss_gateway;
revoke create on schema sec from bss_gateway;

-- Tokens of machine clients live for minutes and are made anew each time: those that have expired are of no use to anybody. People's
-- sessions stay, because the list of them says who was here.
create index session_client_expires on bss.session (organization_id, expires_at) where kind = 'client';
grant delete on bss.session to bss_worker;

-- The people of the platform. They belong to no organization, sign in by passkeys only, and the functions below are all that they and
-- the role that calls them (bss_admin) can reach: it can read no table.
create table platform.staff (
  id uuid primary key,
  -- Never given twice: organizations name a person of the platform by it.
  name text not null unique check (name ~ '^[a-z][a-z0-9.-]{1,39}$'),
  status text not null default 'active' check (status in ('active', 'deactivated')),
  created_at timestamptz not null default now()
);
create table platform.staff_enrolment (
  digest bytea primary key check (octet_length(digest) = 32),
  staff_id uuid not null references platform.staff (id),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index staff_enrolment_staff on platform.staff_enrolment (staff_id);
create table platform.staff_credential (
  id uuid primary key,
  staff_id uuid not null references platform.staff (id),
  credential bytea not null unique check (octet_length(credential) between 16 and 1023),
  public_key bytea not null check (octet_length(public_key) between 16 and 4000),
  counter bigint not null check (counter >= 0),
  can_be_backed_up boolean not null,
  is_backed_up boolean not null,
  last_used_at timestamptz,
  created_at timestamptz not null default now()
);
create index staff_credential_staff on platform.staff_credential (staff_id);
create table platform.staff_challenge (
  digest bytea primary key check (octet_length(digest) = 32),
  expires_at timestamptz not null
);
create index staff_challenge_expires on platform.staff_challenge (expires_at);
create table platform.staff_session (
  id uuid primary key,
  staff_id uuid not null references platform.staff (id),
  digest bytea not null unique check (octet_length(digest) = 32),
  authenticated_at timestamptz not null default now(),
  address text not null check (char_length(address) <= 60),
  user_agent text not null check (char_length(user_agent) <= 300),
  last_used_at timestamptz,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index staff_session_staff on platform.staff_session (staff_id) where revoked_at is null;
-- Two people of the platform open an organization without its grant, for an hour. The organization is told at once.
create table platform.break_glass (
  id uuid primary key,
  organization_id uuid not null,
  reason text not null check (char_length(reason) between 10 and 500),
  requested_by uuid not null references platform.staff (id),
  requested_at timestamptz not null default now(),
  approved_by uuid references platform.staff (id),
  approved_at timestamptz,
  expires_at timestamptz not null,
  constraint break_glass_two_people check (approved_by is distinct from requested_by and (approved_by is null) = (approved_at is null))
);
create index break_glass_requested_by on platform.break_glass (requested_by);
create index break_glass_approved_by on platform.break_glass (approved_by);
grant select, insert, update on platform.staff, platform.staff_credential, platform.staff_session, platform.break_glass to bss_gateway;
grant select, insert, update, delete on platform.staff_enrolment, platform.staff_challenge to bss_gateway;

-- A person of the platform with a link for a first passkey; again for the same name: another link, and the earlier ones open nothing.
create function platform.enrol_staff(new_id uuid, new_name text, new_digest bytea) returns table (id uuid, expires_at timestamptz)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  person platform.staff;
begin
  insert into platform.staff as s (id, name) values (new_id, new_name) on conflict (name) do nothing;
  select s.* into person from platform.staff s where s.name = new_name for update;
  if person.status <> 'active' then
    perform sec.refuse('conflict', 'This person of the platform was deactivated, and names are never given twice.');
  end if;
  delete from platform.staff_enrolment e where e.staff_id = person.id and e.used_at is null;
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail) values (person.id, person.name, 'staff.enrolment_made', person.id::text, '{}');
  return query
    insert into platform.staff_enrolment as e (digest, staff_id, expires_at) values (new_digest, person.id, now() + interval '24 hours')
    returning person.id, e.expires_at;
end
$$;

-- All sessions end at once, those in organizations too: see support_session_holder.
create function platform.deactivate_staff(wanted_name text) returns table (id uuid)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  person uuid;
begin
  update platform.staff s set status = 'deactivated' where s.name = wanted_name and s.status = 'active' returning s.id into person;
  if person is null then
    return;
  end if;
  update platform.staff_session s set revoked_at = now() where s.staff_id = person and s.revoked_at is null;
  delete from platform.staff_enrolment e where e.staff_id = person and e.used_at is null;
  perform sec.announce_revocation(array[null::uuid]);
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail) values (person, wanted_name, 'staff.deactivated', person::text, '{}');
  return query select person;
end
$$;

create function platform.staff_of_enrolment(wanted bytea) returns table (id uuid, name text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.id, s.name from platform.staff_enrolment e join platform.staff s on s.id = e.staff_id
   where e.digest = wanted and e.used_at is null and e.expires_at > now() and s.status = 'active'
$$;

-- No row for a link that was used or has expired: whoever takes it first has it.
create function platform.register_staff_credential(
  link bytea, request_id text, new_id uuid, new_credential bytea, new_public_key bytea, new_counter bigint, new_can_be_backed_up boolean, new_is_backed_up boolean
) returns table (id uuid)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  person platform.staff;
begin
  update platform.staff_enrolment e set used_at = now() from platform.staff s
   where e.digest = link and e.used_at is null and e.expires_at > now() and s.id = e.staff_id and s.status = 'active' returning s.* into person;
  if person.id is null then
    return;
  end if;
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail) values (person.id, person.name, 'staff.passkey_registered', request_id, jsonb_build_object('passkey', new_id));
  return query
    insert into platform.staff_credential as c (id, staff_id, credential, public_key, counter, can_be_backed_up, is_backed_up)
    values (new_id, person.id, new_credential, new_public_key, new_counter, new_can_be_backed_up, new_is_backed_up) returning c.id;
end
$$;

-- True for the first who answers it.
create function platform.take_staff_challenge(wanted bytea, until timestamptz) returns table (is_taken boolean)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from platform.staff_challenge c where c.expires_at < now() - interval '1 minute';
  insert into platform.staff_challenge (digest, expires_at) values (wanted, until) on conflict (digest) do nothing;
  is_taken := found;
  return next;
end
$$;

create function platform.staff_credential_of(wanted bytea) returns table (id uuid, staff_id uuid, staff_name text, public_key bytea, counter bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.id, s.id, s.name, c.public_key, c.counter from platform.staff_credential c join platform.staff s on s.id = c.staff_id
   where c.credential = wanted and s.status = 'active'
$$;

-- The counter is compared again under the row's lock, so that of two uses with one count only one is let in.
create function platform.open_staff_session(
  passkey uuid, new_counter bigint, new_is_backed_up boolean, new_id uuid, new_digest bytea, request_id text, new_address text, new_user_agent text
) returns table (id uuid, expires_at timestamptz)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  person platform.staff;
begin
  update platform.staff_credential c set counter = new_counter, is_backed_up = new_is_backed_up, last_used_at = now() from platform.staff s
   where c.id = passkey and (new_counter > c.counter or (new_counter = 0 and c.counter = 0)) and s.id = c.staff_id and s.status = 'active' returning s.* into person;
  if person.id is null then
    return;
  end if;
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail) values (person.id, person.name, 'staff.signed_in', request_id, jsonb_build_object('session', new_id, 'address', new_address));
  return query
    insert into platform.staff_session as s (id, staff_id, digest, address, user_agent, expires_at)
    values (new_id, person.id, new_digest, new_address, new_user_agent, now() + interval '8 hours') returning s.id, s.expires_at;
end
$$;

create function platform.end_staff_session(wanted uuid, request_id text) returns table (id uuid)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update platform.staff_session s set revoked_at = now() where s.id = wanted and s.revoked_at is null;
  if not found then
    return;
  end if;
  perform sec.announce_revocation(array[wanted]);
  insert into platform.audit_entry (operator_id, operator_name, operation, request_id, detail)
  select p.id, p.name, 'staff.signed_out', request_id, jsonb_build_object('session', wanted) from platform.staff_session s join platform.staff p on p.id = s.staff_id where s.id = wanted;
  return query select wanted;
end
$$;

-- Who refuses or accepts by it sees that it was written before anything was opened.
create function platform.note_support(staff_session uuid, operation text, request_id text, organization uuid, detail jsonb) returns table (staff_id uuid, staff_name text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  select p.id, p.name into staff_id, staff_name from platform.staff_session s join platform.staff p on p.id = s.staff_id
   where s.id = staff_session and s.revoked_at is null and s.expires_at > now() and p.status = 'active';
  if staff_id is null then
    perform sec.refuse('forbidden', 'This session of the platform has ended.');
  end if;
  perform platform.note(row(staff_id, staff_name, request_id), operation, organization, detail);
  return next;
end
$$;

-- What a person of the platform may see of requests to break the glass: all of the last days, with the names of both.
create type platform.break_glass_facts as (
  id uuid, organization_id uuid, organization_slug text, reason text, requested_by uuid, requested_by_name text, requested_at timestamptz,
  approved_by_name text, approved_at timestamptz, expires_at timestamptz
);
create function platform.list_break_glass(wanted uuid, row_limit int) returns setof platform.break_glass_facts
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select b.id, b.organization_id, o.slug, b.reason, b.requested_by, r.name, b.requested_at, a.name, b.approved_at, b.expires_at
    from platform.break_glass b
    join platform.staff r on r.id = b.requested_by
    join platform.organization_slug o on o.organization_id = b.organization_id
    left join platform.staff a on a.id = b.approved_by
   where wanted is null or b.id = wanted
   order by b.requested_at desc, b.id desc limit row_limit
$$;

-- Both proofs are looked at here and not where the caller could forget it: a passkey used within five minutes, by two people.
create function platform.request_break_glass(staff_session uuid, request_id text, new_id uuid, organization uuid, new_reason text) returns setof platform.break_glass_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  person uuid;
begin
  select s.staff_id into person from platform.staff_session s where s.id = staff_session and s.revoked_at is null and s.authenticated_at > now() - interval '5 minutes';
  if person is null then
    perform sec.refuse('step_up_required', 'Sign in again with your passkey: this needs a proof of the last five minutes.');
  end if;
  if not exists (select from bss.organization o where o.organization_id = organization) then
    return;
  end if;
  perform platform.note_support(staff_session, 'break_glass.requested', request_id, organization, jsonb_build_object('breakGlass', new_id, 'reason', new_reason));
  insert into platform.break_glass (id, organization_id, reason, requested_by, expires_at) values (new_id, organization, new_reason, person, now() + interval '15 minutes');
  return query select * from platform.list_break_glass(new_id, 1);
end
$$;
create function platform.approve_break_glass(staff_session uuid, request_id text, wanted uuid) returns setof platform.break_glass_facts
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  person uuid;
  asked platform.break_glass;
begin
  select s.staff_id into person from platform.staff_session s where s.id = staff_session and s.revoked_at is null and s.authenticated_at > now() - interval '5 minutes';
  if person is null then
    perform sec.refuse('step_up_required', 'Sign in again with your passkey: this needs a proof of the last five minutes.');
  end if;
  select b.* into asked from platform.break_glass b where b.id = wanted for update;
  if asked.id is null then
    return;
  end if;
  if asked.requested_by = person then
    perform sec.refuse('conflict', 'A second person of the platform has to approve this.');
  end if;
  -- What failed between this and the organization's own part may be done again by the same person.
  if asked.approved_by = person and asked.expires_at > now() then
    return query select * from platform.list_break_glass(wanted, 1);
    return;
  end if;
  if asked.approved_at is not null or asked.expires_at <= now() then
    perform sec.refuse('illegal_transition', 'This request was approved already, or it has expired. Ask again.');
  end if;
  perform platform.note_support(staff_session, 'break_glass.approved', request_id, asked.organization_id, jsonb_build_object('breakGlass', wanted, 'reason', asked.reason));
  update platform.break_glass b set approved_by = person, approved_at = now(), expires_at = now() + interval '1 hour' where b.id = wanted;
  return query select * from platform.list_break_glass(wanted, 1);
end
$$;

grant execute on function
  platform.enrol_staff(uuid, text, bytea), platform.deactivate_staff(text), platform.staff_of_enrolment(bytea),
  platform.register_staff_credential(bytea, text, uuid, bytea, bytea, bigint, boolean, boolean), platform.take_staff_challenge(bytea, timestamptz),
  platform.staff_credential_of(bytea), platform.open_staff_session(uuid, bigint, boolean, uuid, bytea, text, text, text), platform.end_staff_session(uuid, text),
  platform.note_support(uuid, text, text, uuid, jsonb), platform.list_break_glass(uuid, int),
  platform.request_break_glass(uuid, text, uuid, uuid, text), platform.approve_break_glass(uuid, text, uuid)
  to bss_admin;

grant create on schema platform to bss_gateway;
alter function platform.enrol_staff(uuid, text, bytea) owner to bss_gateway;
alter function platform.deactivate_staff(text) owner to bss_gateway;
alter function platform.staff_of_enrolment(bytea) owner to bss_gateway;
alter function platform.register_staff_credential(bytea, text, uuid, bytea, bytea, bigint, boolean, boolean) owner to bss_gateway;
alter function platform.take_staff_challenge(bytea, timestamptz) owner to bss_gateway;
alter function platform.staff_credential_of(bytea) owner to bss_gateway;
alter function platform.open_staff_session(uuid, bigint, boolean, uuid, bytea, text, text, text) owner to bss_gateway;
alter function platform.end_staff_session(uuid, text) owner to bss_gateway;
alter function platform.note_support(uuid, text, text, uuid, jsonb) owner to bss_gateway;
alter function platform.list_break_glass(uuid, int) owner to bss_gateway;
alter function platform.request_break_glass(uuid, text, uuid, uuid, text) owner to bss_gateway;
alter function platform.approve_break_glass(uuid, text, uuid) owner to bss_gateway;
revoke create on schema platform from bss_gateway;

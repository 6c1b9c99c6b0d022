-- Passkeys of recovery administrators: the way in that is left when the organization's own identity provider fails.
create table bss.webauthn_credential (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  user_id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  -- What the authenticator calls it. Two organizations may have the same one and never learn of it.
  credential bytea not null check (octet_length(credential) between 16 and 1023),
  public_key bytea not null check (octet_length(public_key) between 16 and 4000),
  -- Rises with each use where the authenticator counts; one that goes back is a copy.
  counter bigint not null default 0 check (counter >= 0),
  transports text[] not null default '{}' check (cardinality(transports) <= 10),
  -- Whether it may leave the device (a synced passkey), and whether it has.
  can_be_backed_up boolean not null,
  is_backed_up boolean not null,
  aaguid uuid,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint webauthn_credential_once unique (organization_id, credential),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id)
);
create index webauthn_credential_user on bss.webauthn_credential (organization_id, user_id);
call sec.wall('bss.webauthn_credential', 'mutable');
-- One that is removed leaves no row: what was is in the audit trail.
grant delete on bss.webauthn_credential to bss_app, bss_worker;

-- Challenges that were answered. A challenge travels sealed and lives five minutes; the insert decides, so that it is answered once.
create table bss.webauthn_challenge (
  organization_id uuid not null references bss.organization (organization_id),
  digest bytea not null check (octet_length(digest) = 32),
  expires_at timestamptz not null,
  primary key (organization_id, digest)
);
create index webauthn_challenge_expires on bss.webauthn_challenge (organization_id, expires_at);
call sec.wall('bss.webauthn_challenge', 'working');

-- A link by which somebody without a provider registers a first passkey. Made by another administrator, used once. Of its secret only
-- the SHA-256 is kept.
create table bss.passkey_enrolment (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  user_id uuid not null,
  digest bytea not null check (octet_length(digest) = 32),
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint passkey_enrolment_digest unique (organization_id, digest),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id)
);
create index passkey_enrolment_user on bss.passkey_enrolment (organization_id, user_id);
create index passkey_enrolment_expires on bss.passkey_enrolment (organization_id, expires_at);
call sec.wall('bss.passkey_enrolment', 'working');

-- A Tenant Admin at every site: by the template, and limited to sites by no role at all.
create function bss.may_recover(p_organization uuid, p_user uuid) returns boolean
language sql stable
as $$
  select exists (select from bss.user_account u where u.organization_id = p_organization and u.id = p_user and u.status = 'active')
     and exists (select from bss.role_assignment r where r.organization_id = p_organization and r.user_id = p_user and r.role = 'tenant_admin')
     and not exists (select from bss.role_assignment r where r.organization_id = p_organization and r.user_id = p_user and r.site_ids is not null)
$$;
-- How many administrators could come in by a passkey if every provider failed.
create function bss.recovery_admins(p_organization uuid) returns bigint
language sql stable
as $$
  select count(distinct c.user_id) from bss.webauthn_credential c where c.organization_id = p_organization and bss.may_recover(p_organization, c.user_id)
$$;
grant execute on function bss.may_recover(uuid, uuid), bss.recovery_admins(uuid) to bss_app, bss_worker, bss_reader;

-- Once a connection is enforced, people come in by an enforced connection, or as recovery administrators by a passkey, and in no other
-- way. Decided where the session is made, so that no way in can forget it. Keys of service accounts are not people.
create function bss.session_way_in() returns trigger
language plpgsql
as $$
begin
  if new.kind = 'person'
     and exists (select from bss.identity_connection c where c.organization_id = new.organization_id and c.status = 'enforced')
     and not exists (select from bss.identity_connection c where c.organization_id = new.organization_id and c.id = new.connection_id and c.status = 'enforced')
     and not (new.connection_id is null and new.methods = array['webauthn'] and bss.may_recover(new.organization_id, new.user_id)) then
    perform sec.refuse('forbidden', 'Your organization allows another way to sign in only. Start again at the sign-in page.');
  end if;
  return new;
end
$$;
create trigger way_in before insert on bss.session for each row execute function bss.session_way_in();

-- Machine clients: programs that prove themselves with a key of their own (private_key_jwt) and get a token for ten minutes. We know
-- their public keys only, so that nothing that is kept here opens anything.
create table bss.oauth_client (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  service_account_id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  -- Public keys (RFC 7517) that were checked when they came in, or the address where the client publishes them.
  jwks jsonb,
  jwks_uri text check (char_length(jwks_uri) <= 2000),
  -- Keys that are on their way out, and until when they still work.
  retiring_jwks jsonb,
  retiring_until timestamptz,
  -- Null: everything its account may do. Otherwise never more than that, and less.
  scopes text[] check (cardinality(scopes) > 0),
  -- Empty: from anywhere.
  cidrs text[] not null default '{}' check (cardinality(cidrs) <= 50),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  foreign key (organization_id, service_account_id) references bss.service_account (organization_id, id),
  constraint oauth_client_one_source check (num_nonnulls(jwks, jwks_uri) = 1),
  constraint oauth_client_public check (not jsonb_path_exists(coalesce(jwks, '{}'), '$.keys[*] ? (exists(@.d) || exists(@.k) || exists(@.p))')),
  constraint oauth_client_retiring check ((retiring_jwks is null) = (retiring_until is null) and (retiring_jwks is null or jwks is not null))
);
create index oauth_client_account on bss.oauth_client (organization_id, service_account_id);
call sec.wall('bss.oauth_client', 'mutable');
call sec.open_to_gateway('bss.oauth_client', 'select');

-- Assertions that were used: the insert decides, so that of copies that arrive together one gets a token. Of the assertion's number
-- only the SHA-256 is kept, since a client may choose numbers of any length.
create table bss.client_assertion (
  organization_id uuid not null,
  client_id uuid not null,
  digest bytea not null check (octet_length(digest) = 32),
  expires_at timestamptz not null,
  primary key (organization_id, client_id, digest),
  foreign key (organization_id, client_id) references bss.oauth_client (organization_id, id)
);
create index client_assertion_expires on bss.client_assertion (organization_id, expires_at);
call sec.wall('bss.client_assertion', 'working');

alter table bss.session
  add column oauth_client_id uuid,
  add constraint session_client_named check ((kind = 'client') = (oauth_client_id is not null)),
  add constraint session_client_held check (oauth_client_id is null or (service_account_id is not null and scopes is not null)),
  add constraint session_client_exists foreign key (organization_id, oauth_client_id) references bss.oauth_client (organization_id, id);
create index session_client on bss.session (organization_id, oauth_client_id) where oauth_client_id is not null;
call sec.wall('bss.session', 'mutable');

-- A client that is revoked, and one whose keys are replaced without an overlap because they can no longer be trusted, loses its tokens in
-- the same transaction: by trigger, so that no statement can forget it. The sessions announce their end themselves.
create function bss.oauth_client_ends() returns trigger
language plpgsql
as $$
begin
  update bss.session s set revoked_at = now(), revoked_reason = 'client_revoked'
   where s.organization_id = new.organization_id and s.oauth_client_id = new.id and s.revoked_at is null and s.expires_at > now();
  return null;
end
$$;
create trigger ends after update on bss.oauth_client for each row
  when ((old.revoked_at is null and new.revoked_at is not null)
        or ((old.jwks, old.jwks_uri) is distinct from (new.jwks, new.jwks_uri) and (new.retiring_until is null or new.retiring_until <= now())))
  execute function bss.oauth_client_ends();

-- A client names itself before its organization is known. The id opens nothing; the answer is null for organizations that are closed.
create function sec.home_of_client(p_client uuid) returns uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select c.organization_id from bss.oauth_client c join bss.organization o on o.organization_id = c.organization_id where c.id = p_client and o.status = 'active' $$;
revoke execute on function sec.home_of_client(uuid) from public;
grant execute on function sec.home_of_client(uuid) to bss_app, bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.home_of_client(uuid) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

-- Signing in: the organization's own identity providers, its domains, and what is known while somebody is on the way.
create table bss.identity_connection (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  kind text not null check (kind in ('oidc', 'saml')),
  preset text not null check (preset in ('generic', 'okta', 'entra', 'google')),
  status text not null default 'draft' check (status in ('draft', 'tested', 'active', 'enforced', 'disabled')),
  -- What is not secret: issuer, client id, tenant, domains; or entity id, addresses and certificates (rooms' schemas check it).
  settings jsonb not null,
  -- Client secret or signing key, sealed with the installation's secret (platform/crypto/vault.ts).
  secret bytea,
  -- Makes an account at the first sign-in: never for an address outside the connection's verified domains.
  has_jit boolean not null default false,
  jit_role text check (jit_role in ('planner', 'warehouse_operator', 'finance', 'auditor', 'integration', 'twin_engineer')),
  session_hours int not null default 12 check (session_hours between 1 and 24),
  idle_minutes int not null default 30 check (idle_minutes between 5 and 1440),
  tested_at timestamptz,
  tested_by uuid,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint identity_connection_name unique (organization_id, name),
  constraint identity_connection_jit check (has_jit = (jit_role is not null)),
  constraint identity_connection_tested check ((tested_at is null) = (tested_by is null)),
  constraint identity_connection_arrows check (status in ('draft', 'disabled') or tested_at is not null)
);
call sec.wall('bss.identity_connection', 'mutable');
call sec.open_to_gateway('bss.identity_connection', 'select');

alter table bss.session add constraint session_connection_exists foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id);

-- Which provider's directory announced the person (SCIM): only sign-ins by that provider may be taken for them.
alter table bss.user_account
  add column directory_connection_id uuid,
  add constraint user_account_directory_exists foreign key (organization_id, directory_connection_id) references bss.identity_connection (organization_id, id);
create index user_account_directory on bss.user_account (organization_id, directory_connection_id) where directory_connection_id is not null;
call sec.wall('bss.user_account', 'mutable');

-- A person at a provider. Found by connection and subject, never by an address.
create table bss.external_identity (
  organization_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  connection_id uuid not null,
  subject text collate "C" not null check (char_length(subject) between 1 and 2000),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint external_identity_subject unique (organization_id, connection_id, subject),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id)
);
create index external_identity_user on bss.external_identity (organization_id, user_id);
call sec.wall('bss.external_identity', 'working');

-- Domains of the organization. It says of each what it proved; platform.verified_domain says whose it is.
create table bss.email_domain (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  -- Lower case, ASCII (IDNA), no trailing dot.
  name text collate "C" not null check (name ~ '^[a-z0-9.-]{3,253}$'),
  status text not null default 'pending' check (status in ('pending', 'verified', 'lost')),
  -- What the TXT record must say.
  token text not null check (char_length(token) between 20 and 100),
  connection_id uuid,
  verified_at timestamptz,
  checked_at timestamptz,
  failing_since timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint email_domain_name unique (organization_id, name),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id)
);
create index email_domain_connection on bss.email_domain (organization_id, connection_id);
call sec.wall('bss.email_domain', 'mutable');
grant delete on bss.email_domain to bss_app;

create table platform.verified_domain (
  name text collate "C" primary key,
  organization_id uuid not null,
  since timestamptz not null default now()
);
create index verified_domain_organization on platform.verified_domain (organization_id);
grant select, insert, delete on platform.verified_domain to bss_gateway;

-- Takes a domain for the organization of the context, unless another has it. True when it is the organization's now.
create function sec.claim_domain(p_name text) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization constant uuid := sec.org();
begin
  insert into platform.verified_domain (name, organization_id) values (p_name, v_organization) on conflict (name) do nothing;
  return exists (select from platform.verified_domain d where d.name = p_name and d.organization_id = v_organization);
end
$$;
create function sec.release_domain(p_name text) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$ begin delete from platform.verified_domain d where d.name = p_name and d.organization_id = sec.org(); end $$;

-- Whose organization signs in people of this domain. The answer names an organization and nothing of it; the caller shows nobody the difference.
create function sec.home_of_domain(p_name text) returns uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select d.organization_id from platform.verified_domain d join bss.organization o on o.organization_id = d.organization_id where d.name = p_name and o.status = 'active' $$;
create function sec.home_of_connection(p_connection uuid) returns uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select c.organization_id from bss.identity_connection c join bss.organization o on o.organization_id = c.organization_id where c.id = p_connection and o.status = 'active' $$;
create function sec.home_of_slug(p_slug text) returns uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select s.organization_id from platform.organization_slug s join bss.organization o on o.organization_id = s.organization_id where s.slug = p_slug and o.status = 'active' $$;

-- Somebody on the way to a provider and back, bound to the browser that began it. Used once.
create table bss.login_transaction (
  organization_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  purpose text not null check (purpose in ('sign_in', 'test', 'step_up')),
  -- SHA-256 of what travels through the provider (state, RelayState), and of what the browser keeps.
  state_digest bytea not null check (octet_length(state_digest) = 32),
  browser_digest bytea not null check (octet_length(browser_digest) = 32),
  -- nonce, code verifier, SAML request id: what the answer must match.
  expected jsonb not null,
  return_to text not null check (return_to ~ '^/([^/\\]|$)' and char_length(return_to) <= 500),
  user_id uuid,
  session_id uuid,
  expires_at timestamptz not null,
  used_at timestamptz,
  -- A SAML answer that was verified, until the browser fetches its session with a cookie of its own.
  handle_digest bytea check (octet_length(handle_digest) = 32),
  verified jsonb,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint login_transaction_state unique (organization_id, state_digest),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id)
);
create index login_transaction_connection on bss.login_transaction (organization_id, connection_id);
create index login_transaction_handle on bss.login_transaction (organization_id, handle_digest) where handle_digest is not null;
create index login_transaction_expires on bss.login_transaction (organization_id, expires_at);
call sec.wall('bss.login_transaction', 'working');

-- Assertions that were used: the insert decides, so that of a hundred copies one gets in.
create table bss.saml_replay (
  organization_id uuid not null,
  connection_id uuid not null,
  assertion_id text collate "C" not null check (char_length(assertion_id) <= 500),
  expires_at timestamptz not null,
  primary key (organization_id, connection_id, assertion_id),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id)
);
create index saml_replay_expires on bss.saml_replay (organization_id, expires_at);
call sec.wall('bss.saml_replay', 'working');

-- The organization's own log of sign-ins: outwards there is one sentence for every refusal, here is the exact code.
create table bss.sign_in_attempt (
  organization_id uuid not null,
  id uuid not null,
  at timestamptz not null default now(),
  connection_id uuid,
  purpose text not null check (purpose in ('sign_in', 'test', 'step_up', 'sign_out', 'token', 'passkey')),
  outcome text not null check (char_length(outcome) between 2 and 60),
  detail text not null default '' check (char_length(detail) <= 1000),
  subject text check (char_length(subject) <= 2000),
  user_id uuid,
  address text not null default '' check (char_length(address) <= 60),
  user_agent text not null default '' check (char_length(user_agent) <= 300),
  request_id text not null,
  primary key (organization_id, id),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id),
  foreign key (organization_id, user_id) references bss.user_account (organization_id, id)
);
create index sign_in_attempt_connection on bss.sign_in_attempt (organization_id, connection_id, id);
create index sign_in_attempt_user on bss.sign_in_attempt (organization_id, user_id, id);
call sec.wall('bss.sign_in_attempt', 'append');

revoke execute on function sec.claim_domain(text), sec.release_domain(text), sec.home_of_domain(text), sec.home_of_connection(uuid), sec.home_of_slug(text) from public;
grant execute on function sec.claim_domain(text), sec.release_domain(text) to bss_app, bss_worker;
grant execute on function sec.home_of_domain(text), sec.home_of_connection(uuid), sec.home_of_slug(text) to bss_app, bss_worker;

grant create on schema sec to bss_gateway;
alter function sec.claim_domain(text) owner to bss_gateway;
alter function sec.release_domain(text) owner to bss_gateway;
alter function sec.home_of_domain(text) owner to bss_gateway;
alter function sec.home_of_connection(uuid) owner to bss_gateway;
alter function sec.home_of_slug(text) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

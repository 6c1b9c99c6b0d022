-- A set-up link: whoever looks after the company's identity provider sets up one connection and its domains with it, without an account.
-- Used once: opening it ties it to that browser. Of both secrets only the SHA-256 is kept.
create table bss.setup_link (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  -- For whom it is: the trail shows what was done with it under this name.
  name text not null check (char_length(name) between 1 and 100),
  digest bytea not null check (octet_length(digest) = 32),
  browser_digest bytea check (octet_length(browser_digest) = 32),
  -- The provider must be told our addresses before it tells us its own, and they name the connection: its id is chosen with the link.
  reserved uuid not null,
  connection_id uuid,
  choice text check (choice in ('okta', 'entra', 'google', 'oidc', 'saml')),
  -- What came back from the last test sign-in by this link; forgotten when the link has expired.
  last_test jsonb,
  expires_at timestamptz not null,
  used_at timestamptz,
  finished_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null default sec.actor(),
  row_version int not null default 1,
  primary key (organization_id, id),
  constraint setup_link_digest unique (organization_id, digest),
  constraint setup_link_browser unique (organization_id, browser_digest),
  constraint setup_link_used check ((used_at is null) = (browser_digest is null)),
  foreign key (organization_id, connection_id) references bss.identity_connection (organization_id, id)
);
create index setup_link_connection on bss.setup_link (organization_id, connection_id);
create index setup_link_expires on bss.setup_link (organization_id, expires_at) where last_test is not null;
call sec.wall('bss.setup_link', 'mutable');

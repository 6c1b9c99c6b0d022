-- What every change leaves beside itself: audit, events, kept answers.
create table bss.audit_entry (
  organization_id uuid not null,
  id uuid not null,
  at timestamptz not null default now(),
  actor_kind text not null check (actor_kind in ('user', 'service', 'system')),
  actor_id uuid not null,
  actor_name text not null,
  operation text not null,
  request_id text not null,
  changes jsonb not null,
  primary key (organization_id, id)
);
call sec.wall('bss.audit_entry', 'append');

create table bss.outbox_event (
  organization_id uuid not null,
  id uuid not null,
  -- Drawn at the end of the transaction, while the aggregate's row is still locked: within one aggregate it is the order of commits.
  sequence bigint generated always as identity,
  topic text not null,
  aggregate_type text not null,
  aggregate_id uuid not null,
  payload jsonb not null,
  actor_id uuid not null,
  request_id text not null,
  occurred_at timestamptz not null default now(),
  status text not null default 'pending' check (status in ('pending', 'done', 'set_aside')),
  attempts int not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  done_at timestamptz,
  primary key (organization_id, id)
);
create index outbox_event_pending on bss.outbox_event (organization_id, sequence) where status = 'pending';
-- Finds the head of each aggregate's line.
create index outbox_event_line on bss.outbox_event (organization_id, aggregate_id, sequence) where status = 'pending';
create index outbox_event_set_aside on bss.outbox_event (organization_id, sequence) where status = 'set_aside';
call sec.wall('bss.outbox_event', 'working');
call sec.open_to_gateway('bss.outbox_event', 'select');

create table bss.idempotency_record (
  organization_id uuid not null,
  key text not null,
  fingerprint text not null,
  operation text not null,
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (organization_id, key)
);
create index idempotency_record_created on bss.idempotency_record (organization_id, created_at);
call sec.wall('bss.idempotency_record', 'working');

-- Which organizations have events due. Hands out ids and nothing else; the worker then enters each organization.
create function sec.organizations_with_events(limit_to int) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.organization_id from bss.outbox_event e
   where e.status = 'pending' and e.next_attempt_at <= now()
   group by e.organization_id
   order by min(e.sequence)
   limit limit_to
$$;
revoke execute on function sec.organizations_with_events(int) from public;
grant execute on function sec.organizations_with_events(int) to bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.organizations_with_events(int) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

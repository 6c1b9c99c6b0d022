-- The trail sent on to somebody's SIEM: in the order of the chain, at least once, nothing left out.
create table bss.audit_stream (
  organization_id uuid not null references bss.organization (organization_id),
  id uuid not null,
  name text collate "C" not null check (char_length(name) between 1 and 100),
  url text not null check (char_length(url) between 8 and 2048),
  -- disabled: the receiver has said that it is gone (410).
  status text not null default 'active' check (status in ('active', 'paused', 'disabled')),
  -- Signs what is sent; sealed with the installation's secret.
  secret bytea not null,
  -- What the maker of the stream may see: nobody is sent more by a stream than its maker could read.
  field_classes text[] not null,
  -- The last position the receiver has acknowledged.
  cursor_position bigint not null default 0 check (cursor_position >= 0),
  failures int not null default 0 check (failures >= 0),
  last_error text check (char_length(last_error) <= 300),
  last_delivered_at timestamptz,
  next_attempt_at timestamptz not null default now(),
  -- Who sends right now; a worker that died is followed by another when this has passed.
  claim uuid,
  claimed_until timestamptz not null default '-infinity',
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint audit_stream_name unique (organization_id, name)
);
call sec.wall('bss.audit_stream', 'working');
call sec.open_to_gateway('bss.audit_stream', 'select');

-- Which organizations have something to send, those that wait longest first. Ids and nothing else.
create function sec.organizations_to_stream(limit_to int) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.organization_id
    from bss.audit_stream s
    join bss.organization o on o.organization_id = s.organization_id and o.status = 'active'
    join bss.audit_head h on h.organization_id = s.organization_id and h.position > s.cursor_position
   where s.status = 'active' and s.next_attempt_at <= now() and s.claimed_until <= now()
   group by s.organization_id
   order by min(s.next_attempt_at)
   limit limit_to
$$;
revoke execute on function sec.organizations_to_stream(int) from public;
grant execute on function sec.organizations_to_stream(int) to bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.organizations_to_stream(int) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

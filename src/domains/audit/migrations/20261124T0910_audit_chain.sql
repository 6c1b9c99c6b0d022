-- The chain over the trail of an organization. It is tied behind the transactions and not inside them, where every change of an
-- organization would wait for the one before it.

-- Which transaction wrote the entry: numbers drawn in a transaction become visible out of order, but what is older than every
-- running transaction has nothing before it that could still come. And the key of its personal part's digest; all zeros when that
-- part was erased.
alter table bss.audit_entry
  add column transaction_id xid8 not null default pg_current_xact_id(),
  add column salt uuid not null default gen_random_uuid();
create index audit_entry_transaction on bss.audit_entry (organization_id, transaction_id, id);
call sec.wall('bss.audit_entry', 'append');
call sec.open_to_gateway('bss.audit_entry', 'select');
grant update (actor_name, changes, salt) on bss.audit_entry to bss_gateway;

-- What was done to which things, without the values: the part of the changes that stays when an entry is erased.
create function bss.audit_what(p_changes jsonb) returns jsonb
language sql immutable parallel safe
as $$
  select coalesce(jsonb_agg(case jsonb_typeof(c.value) when 'object' then c.value - 'before' - 'after' else c.value end order by c.n), '[]')
    from jsonb_array_elements(case jsonb_typeof(p_changes) when 'array' then p_changes else jsonb_build_array(p_changes) end) with ordinality as c (value, n)
$$;
-- What can be erased, as the text that is hashed. The text of a jsonb value is the same wherever and whenever it is asked for.
create function bss.audit_personal(p_actor_name text, p_changes jsonb) returns text
language sql immutable parallel safe
as $$ select jsonb_build_array(p_actor_name, p_changes)::text $$;
-- Nobody can find the text to a digest by trying names without the salt, and nobody can find another text to it with the salt.
create function bss.audit_personal_digest(p_salt uuid, p_personal text) returns bytea
language sql immutable parallel safe
as $$ select sha256(uuid_send(p_salt) || sha256(uuid_send(p_salt) || convert_to(p_personal, 'UTF8'))) $$;
create function bss.audit_instant(p_at timestamptz) returns text
language sql stable parallel safe
as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
revoke execute on function bss.audit_what(jsonb), bss.audit_personal(text, jsonb), bss.audit_personal_digest(uuid, text), bss.audit_instant(timestamptz) from public;
grant execute on function bss.audit_what(jsonb), bss.audit_personal(text, jsonb), bss.audit_personal_digest(uuid, text), bss.audit_instant(timestamptz)
  to bss_app, bss_worker, bss_reader, bss_gateway;

create table bss.audit_link (
  organization_id uuid not null,
  position bigint not null check (position > 0),
  entry_id uuid not null,
  -- Stays when the personal part and its salt are gone: the chain is over this digest.
  personal_digest bytea not null check (octet_length(personal_digest) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  chained_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, position),
  constraint audit_link_entry unique (organization_id, entry_id),
  foreign key (organization_id, entry_id) references bss.audit_entry (organization_id, id)
);
call sec.wall('bss.audit_link', 'append');
call sec.open_to_gateway('bss.audit_link', 'select');

-- Where the chain ends. Its row is the lock of whoever ties on.
create table bss.audit_head (
  organization_id uuid not null references bss.organization (organization_id),
  position bigint not null default 0 check (position >= 0),
  hash bytea not null check (octet_length(hash) = 32),
  -- The last entry that was tied on.
  reached_transaction xid8 not null default '0',
  reached_entry uuid not null default '00000000-0000-0000-0000-000000000000',
  chained_at timestamptz not null default now(),
  primary key (organization_id)
);
call sec.wall('bss.audit_head', 'working');
call sec.open_to_gateway('bss.audit_head', 'select');

-- Which entries touched which thing, so that "who changed this order" is a look-up. Written with the chain and not with the change.
create table bss.audit_subject (
  organization_id uuid not null,
  subject text collate "C" not null,
  entity text collate "C" not null,
  entry_id uuid not null,
  primary key (organization_id, subject, entry_id, entity),
  foreign key (organization_id, entry_id) references bss.audit_entry (organization_id, id)
);
create index audit_subject_entry on bss.audit_subject (organization_id, entry_id);
call sec.wall('bss.audit_subject', 'append');

-- A head beyond every transaction of this server came with a dump of another one, whose numbers mean nothing here: it is begun
-- again, and what is linked already is passed over.
create function bss.audit_reached(p_reached xid8) returns xid8
language sql stable parallel safe
as $$ select case when p_reached is null or p_reached >= pg_snapshot_xmax(pg_current_snapshot()) then '0'::xid8 else p_reached end $$;
revoke execute on function bss.audit_reached(xid8) from public;
grant execute on function bss.audit_reached(xid8) to bss_app, bss_worker, bss_reader, bss_gateway;

-- Ties the next entries of an organization to its chain; gives how many. Two at once: the second finds the head locked and leaves.
create function bss.chain_audit(p_organization uuid, p_limit int) returns int
language plpgsql
as $$
declare
  v_horizon constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_head bss.audit_head;
  v_from xid8;
  v_row record;
  v_entries uuid[] := '{}';
  v_digests bytea[] := '{}';
  v_hashes bytea[] := '{}';
  v_count int := 0;
begin
  insert into bss.audit_head (organization_id, hash) values (p_organization, sha256(convert_to('bss audit chain 1 ' || p_organization, 'UTF8')))
  on conflict (organization_id) do nothing;
  select * into v_head from bss.audit_head h where h.organization_id = p_organization for update skip locked;
  if not found then
    return 0;
  end if;
  v_from := bss.audit_reached(v_head.reached_transaction);
  for v_row in
    select e.id, e.transaction_id, d.personal,
           sha256(convert_to(jsonb_build_array(e.id, bss.audit_instant(e.at), e.actor_kind, e.actor_id, e.operation, e.request_id,
             bss.audit_what(e.changes)::text, encode(d.personal, 'hex'))::text, 'UTF8')) as digest
      from bss.audit_entry e
     cross join lateral (select bss.audit_personal_digest(e.salt, bss.audit_personal(e.actor_name, e.changes)) as personal offset 0) d
     where e.organization_id = p_organization and (e.transaction_id, e.id) > (v_from, v_head.reached_entry) and e.transaction_id < v_horizon
       and not exists (select from bss.audit_link l where l.organization_id = p_organization and l.entry_id = e.id)
     order by e.transaction_id, e.id
     limit p_limit
  loop
    v_count := v_count + 1;
    v_head.hash := sha256(v_head.hash || int8send(v_head.position + v_count) || v_row.digest);
    v_head.reached_transaction := v_row.transaction_id;
    v_head.reached_entry := v_row.id;
    v_entries[v_count] := v_row.id;
    v_digests[v_count] := v_row.personal;
    v_hashes[v_count] := v_head.hash;
  end loop;
  if v_count = 0 then
    return 0;
  end if;
  insert into bss.audit_link (organization_id, position, entry_id, personal_digest, hash)
  select p_organization, v_head.position + u.n, u.entry_id, u.personal, u.hash
    from unnest(v_entries, v_digests, v_hashes) with ordinality as u (entry_id, personal, hash, n);
  insert into bss.audit_subject (organization_id, subject, entity, entry_id)
  select distinct p_organization, left(coalesce(c ->> 'id', ''), 200), left(coalesce(c ->> 'entity', ''), 200), e.id
    from bss.audit_entry e cross join lateral jsonb_array_elements(bss.audit_what(e.changes)) c
   where e.organization_id = p_organization and e.id = any (v_entries)
  on conflict do nothing;
  update bss.audit_head h
     set position = h.position + v_count, hash = v_head.hash, reached_transaction = v_head.reached_transaction, reached_entry = v_head.reached_entry, chained_at = clock_timestamp()
   where h.organization_id = p_organization;
  return v_count;
end
$$;
revoke execute on function bss.chain_audit(uuid, int) from public;
grant execute on function bss.chain_audit(uuid, int) to bss_worker;
-- Who answers requests does not tie.
revoke insert on bss.audit_link, bss.audit_head, bss.audit_subject from bss_app;

-- Which organizations have entries that are older than every running transaction and not tied on yet, those that wait longest
-- first. Ids and nothing else; one probe of an index an organization.
create function sec.organizations_to_chain(limit_to int) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.organization_id
    from bss.organization o
    left join bss.audit_head h on h.organization_id = o.organization_id
   cross join lateral (
     select e.transaction_id from bss.audit_entry e
      where e.organization_id = o.organization_id
        and (e.transaction_id, e.id) > (bss.audit_reached(h.reached_transaction), coalesce(h.reached_entry, '00000000-0000-0000-0000-000000000000'))
      order by e.transaction_id, e.id limit 1) as oldest
   where o.status = 'active' and oldest.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
   order by oldest.transaction_id
   limit limit_to
$$;
revoke execute on function sec.organizations_to_chain(int) from public;
grant execute on function sec.organizations_to_chain(int) to bss_worker;

-- The one exception to "append-only": the personal part of an entry and its salt may be emptied, both and nothing else, by the
-- function below.
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
  raise exception '% is append-only: correct it by a reversal.', tg_table_name using errcode = '42501';
end
$$;

-- Erases the personal part of an entry of the organization of the context: who it was by name, and the values. What was done to
-- which thing, when and by which actor stays, and so does the digest in the chain. An entry that is not tied on yet is left alone.
create function sec.erase_audit_entry(p_entry uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization constant uuid := sec.org();
begin
  update bss.audit_entry e set actor_name = '', changes = bss.audit_what(e.changes), salt = '00000000-0000-0000-0000-000000000000'
   where e.organization_id = v_organization and e.id = p_entry and e.salt <> '00000000-0000-0000-0000-000000000000'
     and exists (select from bss.audit_link l where l.organization_id = v_organization and l.entry_id = e.id);
  return found;
end
$$;
revoke execute on function sec.erase_audit_entry(uuid) from public;
grant execute on function sec.erase_audit_entry(uuid) to bss_app;

grant create on schema sec to bss_gateway;
alter function sec.organizations_to_chain(int) owner to bss_gateway;
alter function sec.erase_audit_entry(uuid) owner to bss_gateway;
revoke create on schema sec from bss_gateway;

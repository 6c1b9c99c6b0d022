-- The walls. Everything a table needs to belong to its organization is done by one procedure, sec.wall, and by nothing else.
create schema sec;
create schema bss;
create schema platform;
revoke all on schema sec, bss, platform from public;
alter default privileges revoke execute on functions from public;
grant usage on schema sec, bss to bss_app, bss_worker, bss_reader, bss_gateway, bss_search;
grant usage on schema platform to bss_admin;
grant usage on schema sec to bss_admin;

-- The keys that check sealed contexts, as the two blocks of HMAC. Nobody but the gateway can read them.
create table sec.seal_key (
  id text primary key,
  inner_block bytea not null check (octet_length(inner_block) = 64),
  outer_block bytea not null check (octet_length(outer_block) = 64),
  created_at timestamptz not null default now()
);
-- Organizations that may not work at the moment; empty on a good day, so that the look-up costs next to nothing.
create table sec.fence (
  organization_id uuid primary key,
  reason text not null,
  since timestamptz not null default now()
);
grant select on sec.seal_key, sec.fence to bss_gateway;

-- The organization of the sealed context `<organization>.<actor>.<role>.<expiry>.<key id>.<hmac-sha256>`.
-- Anything but a valid one is an error, never an empty answer.
create function sec.org() returns uuid
language plpgsql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  token constant text := current_setting('app.ctx', true);
  inner_block bytea;
  outer_block bytea;
  is_anyone_fenced boolean;
  fenced text;
begin
  if token is null or token = '' then
    raise exception 'There is no organization context.' using errcode = 'BS001';
  end if;
  -- Every table reference of every statement comes through here. A look-up costs more than all the rest, so there is one of them,
  -- and what it brings is computed with outside of it.
  select k.inner_block, k.outer_block, exists (select from sec.fence) into inner_block, outer_block, is_anyone_fenced
    from sec.seal_key k where k.id = split_part(token, '.', 5);
  if encode(sha256(outer_block || sha256(inner_block || convert_to(left(token, -65), 'UTF8'))), 'hex') is distinct from right(token, 64) then
    raise exception 'The organization context is not genuine.' using errcode = 'BS001';
  end if;
  if split_part(token, '.', 4)::bigint < extract(epoch from clock_timestamp()) then
    raise exception 'The organization context has expired.' using errcode = 'BS002';
  end if;
  if is_anyone_fenced then
    select f.reason into fenced from sec.fence f where f.organization_id = split_part(token, '.', 1)::uuid;
    if fenced is not null then
      raise exception 'The organization is suspended.' using errcode = 'BS003';
    end if;
  end if;
  return split_part(token, '.', 1)::uuid;
end
$$;

-- The actor of the context, for created_by and updated_by. Row security has checked the seal over it before any row is kept.
create function sec.actor() returns uuid
language sql stable parallel safe
as $$ select split_part(current_setting('app.ctx', true), '.', 2)::uuid $$;

-- A refusal with the code, sentence and errors a caller sees (platform/db/errors.ts reads it).
create function sec.refuse(code text, sentence text, errors jsonb default '[]') returns void
language plpgsql
as $$ begin raise exception '%', sentence using errcode = 'BSPRB', hint = code, detail = errors::text; end $$;

-- Keeps row_version and updated_* right, so that no statement can forget them.
create function sec.touch() returns trigger
language plpgsql
as $$
begin
  new.row_version := old.row_version + 1;
  new.updated_at := now();
  -- The platform's own functions work without a context and name their operator themselves.
  new.updated_by := coalesce(sec.actor(), new.updated_by);
  return new;
end
$$;

-- What was written once stays: stock moves, audit entries, order events.
create function sec.keep() returns trigger
language plpgsql
as $$ begin raise exception '% is append-only: correct it by a reversal.', tg_table_name using errcode = '42501'; end $$;

-- Raises the wall around a table. Modes:
--   mutable  documents: insert and update; row_version and updated_* are kept by a trigger
--   working  rows the service keeps itself (balances, queues, kept answers): insert, update, delete; no trigger
--   append   ledgers: insert only, and a trigger refuses the rest even to the owner
-- Running it again after a column was added is safe and needed: update rights are given per column.
create procedure sec.wall(target regclass, mode text)
language plpgsql
as $$
declare
  columns text;
begin
  if mode not in ('mutable', 'working', 'append') then
    raise exception 'sec.wall: unknown mode %', mode;
  end if;
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('drop policy if exists wall on %s', target);
  execute format(
    'create policy wall on %s for all to bss_app, bss_worker, bss_reader using (organization_id = (select sec.org())) with check (organization_id = (select sec.org()))',
    target);
  execute format('revoke all on %s from public, bss_app, bss_worker, bss_reader', target);
  execute format('grant select on %s to bss_app, bss_worker, bss_reader', target);
  execute format('grant insert on %s to bss_app, bss_worker', target);
  if mode = 'append' then
    execute format('create or replace trigger keep_row before update or delete on %s for each row execute function sec.keep()', target);
    execute format('create or replace trigger keep_table before truncate on %s for each statement execute function sec.keep()', target);
    return;
  end if;
  -- The organization of a row cannot be changed by anybody, not even within the caller's own rights.
  select string_agg(quote_ident(a.attname), ', ') into columns
    from pg_attribute a
   where a.attrelid = target and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname <> 'organization_id';
  execute format('grant update (%s) on %s to bss_app, bss_worker', columns, target);
  if mode = 'working' then
    execute format('grant delete on %s to bss_app, bss_worker', target);
  else
    execute format('create or replace trigger touch before update on %s for each row execute function sec.touch()', target);
  end if;
end
$$;

-- Lets the gateway see a table: only for the few look-ups that happen before an organization is known.
create procedure sec.open_to_gateway(target regclass, rights text)
language plpgsql
as $$
begin
  execute format('drop policy if exists gateway on %s', target);
  execute format('create policy gateway on %s for all to bss_gateway using (true) with check (true)', target);
  execute format('grant %s on %s to bss_gateway', rights, target);
end
$$;

revoke execute on all functions in schema sec from public;
revoke execute on all procedures in schema sec from public;
grant execute on function sec.org(), sec.actor(), sec.touch(), sec.refuse(text, text, jsonb) to bss_app, bss_worker, bss_reader, bss_search;
grant execute on function sec.actor(), sec.touch(), sec.refuse(text, text, jsonb) to bss_gateway;

grant create on schema sec, platform to bss_gateway;
alter function sec.org() owner to bss_gateway;
revoke create on schema sec, platform from bss_gateway;

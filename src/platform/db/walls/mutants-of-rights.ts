// Weakenings of rights, roles, functions and of what stands beside the walls.
import { bodyMutant, unguarded, type Mutant, type Victims } from './mutant.ts'
import type { Tapped } from './tapped.ts'

const ORG = 'sec.org()'
const definer = (name: string, more = 'set search_path = pg_catalog, pg_temp', body = 'select 1'): string[] => [
  `create function ${name} returns bigint language sql security definer ${more} as '${body}'`, `revoke execute on function ${name} from public`, `alter function ${name} owner to bss_gateway`,
]

const grants = (t: string): Mutant[] =>
  (
    [
      ['everybody may read a table', `grant select on ${t} to public`],
      ['the service may update every column', `grant update on ${t} to bss_app`],
      ['the service may update organization_id', `grant update (organization_id) on ${t} to bss_app`],
      ['the service may truncate', `grant truncate on ${t} to bss_worker`],
      ['the service may refer', `grant references on ${t} to bss_app`],
      ['the service may add triggers', `grant trigger on ${t} to bss_app`],
      ['the service may maintain', `grant maintain on ${t} to bss_app`],
      ['the reader may write', `grant insert on ${t} to bss_reader`],
      ['the operator may read a table', `grant select on ${t} to bss_admin`],
      ['a right may be passed on', `grant select on ${t} to bss_app with grant option`],
      ['a column may be read by itself', `grant select (organization_id) on ${t} to bss_admin`],
      ['the gateway may read where it has no policy', `grant select on ${t} to bss_gateway`],
      ['the keys of the seal can be read', 'grant select on sec.seal_key to bss_app'],
      ['one column of the keys can be read', 'grant select (inner_block) on sec.seal_key to bss_reader'],
      ['the gateway may change the keys', 'grant insert on sec.seal_key to bss_gateway'],
      ['the fence can be moved', 'grant delete on sec.fence to bss_app'],
      ['a table of the platform can be read', 'grant select on platform.audit_entry to bss_worker'],
      ['sequences can be read', 'grant usage, select on all sequences in schema bss to bss_app'],
      ['the service owns a table', `alter table ${t} owner to bss_app`],
      ['the service may create in bss', 'grant create on schema bss to bss_app'],
      ['everybody may use schema bss', 'grant usage on schema bss to public'],
      ['the service may use schema platform', 'grant usage on schema platform to bss_app'],
      ['the service may make temporary tables', `do $$ begin execute format('grant temp on database %I to bss_app', current_database()); end $$`],
      ['everybody may connect', `do $$ begin execute format('grant connect on database %I to public', current_database()); end $$`],
      ['everybody may execute a function', 'grant execute on function sec.actor() to public'],
      ['tomorrow everybody may read', 'alter default privileges in schema bss grant select on tables to public'],
      ['files of the server can be read', 'grant execute on function pg_read_file(text) to bss_app'],
      ['the statistics can be read', 'grant select on pg_statistic to bss_reader'],
      ['a platform function is for the service', 'grant execute on function platform.get_organization(uuid) to bss_app'],
    ] as const
  ).map(([name, text]) => ({ name, apply: [text] }))

const roles: Mutant[] = (
  [
    ['the service bypasses row security', 'alter role bss_app bypassrls'],
    ['the worker is a superuser', 'alter role bss_worker superuser'],
    ['the operator creates roles', 'alter role bss_admin createrole'],
    ['the service creates databases', 'alter role bss_app createdb'],
    ['the reader replicates', 'alter role bss_reader replication'],
    ['the service inherits', 'alter role bss_app inherit'],
    ['the gateway can log in', 'alter role bss_gateway login'],
    ['the service is a member of the gateway', 'grant bss_gateway to bss_app'],
    ['the reader reads all data', 'grant pg_read_all_data to bss_reader'],
    ['the worker may become the owner', 'grant bss_owner to bss_worker with inherit false, set true'],
    ['the owner inherits the gateway', 'grant bss_gateway to bss_owner with inherit true'],
    ['a setting of a role turns row security off', 'alter role bss_worker set row_security = off'],
    ['a setting of a role brings a context', `alter role bss_app set app.ctx = 'x'`],
    ['a setting of the database moves the search path', `do $$ begin execute format('alter database %I set search_path = bss', current_database()); end $$`],
    ['a role is missing', 'alter role bss_search rename to bss_search_no_more'],
  ] as const
).map(([name, text]) => ({ name, apply: [text] }))

const beside = (t: string): Mutant[] => [
  { name: 'a definer function more, which reads a table', apply: [...definer('sec.mutant()', undefined, `select count(*) from bss.outbox_event`), 'grant execute on function sec.mutant() to bss_app'] },
  { name: 'a definer function without search path', apply: ['alter function sec.organizations_with_events(int) reset search_path'] },
  { name: 'a definer function with another search path', apply: ['alter function sec.organizations_with_events(int) set search_path = public, pg_catalog'] },
  { name: 'a definer function of the owner', apply: ['alter function sec.organizations_with_events(int) owner to bss_owner'] },
  { name: 'a definer function in the schema of the tenants', apply: definer('bss.mutant()') },
  { name: 'a definer function that builds SQL', apply: [`create or replace function sec.organizations_with_events(limit_to int) returns setof uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp as 'begin return query execute ''select null::uuid''; end'`] },
  { name: 'a function of the service', apply: ['create function bss.mutant() returns int language sql as $$ select 1 $$', 'revoke execute on function bss.mutant() from public', 'alter function bss.mutant() owner to bss_app'] },
  { name: 'a function in another language', apply: ["create function bss.mutant(text) returns int language internal as 'textlen'", 'revoke execute on function bss.mutant(text) from public', 'alter function bss.mutant(text) owner to bss_owner'] },
  { name: 'a function that claims to be leakproof', apply: ['alter function sec.actor() leakproof'] },
  { name: 'the context function works with the rights of its caller', apply: ['alter function sec.org() security invoker'] },
  { name: 'the context function is volatile', apply: ['alter function sec.org() volatile'] },
  { name: 'a second context function', apply: ['create function sec.org(text) returns uuid language sql as $$ select null::uuid $$', 'revoke execute on function sec.org(text) from public', 'alter function sec.org(text) owner to bss_owner'] },
  { name: 'an operator of our own', apply: ['create operator bss.=== (leftarg = text, rightarg = text, function = texteq)'] },
  { name: 'a cast of our own', apply: ['create cast (jsonb as text[]) with inout'] },
  { name: 'one more schema', apply: ['create schema mutant'] },
  { name: 'a table in public', apply: [`create table public.mutant as select * from ${t}`, 'alter table public.mutant owner to bss_owner'] },
  { name: 'a publication of everything', apply: ['create publication mutant for all tables'] },
  { name: 'a publication of a table without filter', apply: [`create publication mutant for table ${t}`] },
  { name: 'an event trigger', apply: ["create function bss.mutant() returns event_trigger language plpgsql as 'begin end'", 'revoke execute on function bss.mutant() from public', 'alter function bss.mutant() owner to bss_owner', 'create event trigger mutant on ddl_command_end execute function bss.mutant()'] },
  { name: 'a large object', apply: ["select lo_from_bytea(0, 'x')"] },
  { name: 'an extension', apply: ["insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) select 99999, 'mutant', 10, 'public'::regnamespace, true, '1'"] },
  { name: 'one more language', apply: ['create trusted language mutant handler plpgsql_call_handler'] },
  { name: 'a foreign server', apply: ['create foreign data wrapper mutant'] },
]

/** Holes inside functions: the catalogue does not read bodies, so the behaviour has to notice them. */
const bodies = async (superuser: Tapped, { document, ledger }: Victims): Promise<Mutant[]> => [
  await bodyMutant(superuser, 'the seal is not checked', ORG, unguarded('The organization context is not genuine.'), { tables: [document] }),
  await bodyMutant(superuser, 'the seal is checked in most cases', ORG, unguarded('The organization context is not genuine.', (condition) => `${condition} and left(right(token, 64), 1) <> '0'`), { tables: [document] }),
  await bodyMutant(superuser, 'an expired context is good', ORG, unguarded('The organization context has expired.'), { tables: [document] }),
  await bodyMutant(superuser, 'a suspended organization goes on', ORG, unguarded('The organization is suspended.'), { tables: [document] }),
  await bodyMutant(superuser, 'without context there is no error', ORG, (text) => text.replace(/raise exception 'There is no organization context\.' using errcode = 'BS001'/, 'return null'), { tables: [document] }),
  await bodyMutant(superuser, 'a ledger can be changed', 'sec.keep()', (text) => text.replace(/raise exception [^;]*;/, 'return coalesce(new, old);'), { tables: [ledger] }),
  await bodyMutant(superuser, 'a key is found without its digest', 'sec.find_credential(bytea)', (text) => text.replace('where k.digest = wanted', 'where true'), { isOfRole: true, tables: [] }),
]

export async function rightsMutants(superuser: Tapped, victims: Victims): Promise<Mutant[]> {
  return [...grants(victims.document), ...roles, ...beside(victims.document), ...(await bodies(superuser, victims))]
}

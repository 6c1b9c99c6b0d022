// What a role tries beyond single tables: becoming another, reading the secrets and the catalogue, and calling every function it
// can reach.
import type { Attack } from './attack.ts'
import type { World } from './plant.ts'
import { literal, type Tapped } from './tapped.ts'

/** Tables whose contents the operator of the platform works with: organizations themselves, never their data. */
const OPERATOR_SEES = ['bss.organization', 'bss.organization_limit']

/** Reachable, and not called: they end, stop or hold up sessions and servers, or wait; none of them reads a row. */
const NOT_CALLED = /^(pg_sleep.*|pg_terminate_backend|pg_cancel_backend|pg_advisory_.*|pg_try_advisory_.*|pg_reload_conf|pg_rotate_logfile.*|pg_promote|pg_switch_wal|pg_stat_reset.*|pg_wal_replay_.*|pg_log_standby_snapshot|pg_current_logfile)$/

export async function attacksOfRole(role: string, world: World, superuser: Tapped): Promise<Attack[]> {
  const roles = (await superuser.must('select rolname::text from pg_roles')).map((row) => row[0] ?? '').filter((name) => name !== role && !name.startsWith('pg_'))
  const predefined = ['pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_execute_server_program', 'pg_read_all_stats', 'pg_monitor', 'pg_maintain']
  return [
    ...[...roles, ...predefined].flatMap((name): Attack[] => [
      { name: 'become another role', text: `set local role ${name}`, expects: 'refused' },
      { name: 'become another user', text: `set local session authorization ${name}`, expects: 'refused' },
      { name: 'join a role', text: `grant ${name} to ${role}`, expects: 'refused' },
    ]),
    ...[
      `alter role ${role} bypassrls`, `alter role ${role} superuser`, `create role intruder`, 'set local session_replication_role = replica', 'create schema mine', 'create table public.mine ()',
      'create temp table mine ()', "create function public.f() returns int language sql as 'select 1'", "create function pg_temp.f() returns int language sql as 'select 1'",
      "create function bss.f() returns int language sql as 'select 1'", 'create operator bss.=== (leftarg = text, rightarg = text, function = texteq)', 'create cast (text as int) with inout', 'create type bss.t as (a int)', 'create extension dblink',
      'create extension postgres_fdw', 'create extension file_fdw', "copy (select 1) to program 'id'", "copy (select 1) to '/tmp/canary'", "load 'dblink'", 'alter system set row_security = off', 'create publication spy for all tables',
      "create subscription spy connection '' publication spy with (connect = false)", 'alter database postgres set row_security = off', `alter role ${role} set app.ctx = 'x'`, 'create event trigger spy on ddl_command_end execute function sec.touch()',
      "select pg_read_file('pg_hba.conf')", "select pg_ls_dir('.')", "select pg_read_binary_file('PG_VERSION')", "select lo_import('/etc/hostname')", "select * from pg_authid", 'select * from pg_shadow', 'select * from pg_statistic', 'select * from pg_statistic_ext_data',
      'select * from pg_subscription', 'select * from pg_user_mapping', "select pg_create_logical_replication_slot('spy', 'pgoutput')", 'select * from sec.seal_key', 'select id from sec.seal_key', 'select * from sec.fence', 'update sec.fence set reason = reason', 'delete from sec.fence',
      "insert into sec.seal_key values ('intruder', decode(repeat('00', 64), 'hex'), decode(repeat('00', 64), 'hex'))", 'create or replace function sec.org() returns uuid language sql as $$ select null::uuid $$', 'drop function sec.org() cascade', 'alter function sec.org() security invoker',
    ].map((text): Attack => ({ name: 'reach beyond its rights', text, expects: 'refused' })),
    ...(await otherTables(superuser)).map((name): Attack => ({ name: 'read a table of the platform', text: `select * from ${name}`, expects: 'refused' })),
    ...(await catalogueViews(superuser)).map((name): Attack => ({ name: 'read the catalogue', text: `select * from ${name}`, expects: 'silent' })),
    ...(await ownFunctions(role, world, superuser)),
    ...(await catalogueFunctions(role, world, superuser)),
    ...[`select sec.org() = ${literal(world.foreign)}::uuid`].map((text): Attack => ({ name: 'ask the context', text, expects: 'silent' })),
  ]
}

const names = async (superuser: Tapped, text: string): Promise<string[]> => (await superuser.must(text)).map((row) => row[0] ?? '')

const otherTables = (superuser: Tapped): Promise<string[]> =>
  names(superuser, `select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname in ('sec', 'platform', 'public') order by 1`)

const catalogueViews = (superuser: Tapped): Promise<string[]> =>
  names(superuser, `select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v') and n.nspname in ('pg_catalog', 'information_schema') order by 1`)

interface Reachable {
  readonly name: string
  readonly types: readonly string[]
  readonly isSet: boolean
}

async function reachable(role: string, condition: string, superuser: Tapped): Promise<Reachable[]> {
  const rows = await superuser.must(`
    select jsonb_build_object('name', quote_ident(n.nspname) || '.' || quote_ident(p.proname), 'isSet', p.proretset, 'types', (select coalesce(jsonb_agg(format_type(t.type, null) order by t.n), '[]') from unnest(p.proargtypes::oid[]) with ordinality as t (type, n)))::text
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prokind = 'f' and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype) and has_function_privilege('${role}', p.oid, 'execute') and ${condition} order by 1`)
  return rows.map((row) => JSON.parse(row[0] ?? '') as Reachable) // Built key by key in the query above.
}

/** Functions of the product, with ids of the other organization wherever an id fits. */
async function ownFunctions(role: string, world: World, superuser: Tapped): Promise<Attack[]> {
  const functions = await reachable(role, `n.nspname in ('bss', 'sec', 'platform') and p.proname <> 'org'`, superuser)
  const ids = [world.foreign, ...world.tables.flatMap(({ foreign }) => Object.entries(foreign).flatMap(([name, value]) => (name === 'id' && value !== null ? [value] : [])))]
  return functions.flatMap(({ name, types }) => {
    const sets = types.includes('uuid') || types.includes('uuid[]') ? ids : [world.foreign]
    return sets.map((id): Attack => {
      const values = types.map((type) => valueOf(type, { id, table: 'bss.organization' }))
      // The platform's own functions are the operator's work; the worker is told which organizations have work, by id.
      const exceptFrom = role === 'bss_admin' && name.startsWith('platform.') ? OPERATOR_SEES : []
      const said = name === 'sec.organizations_with_events' ? ` -- may say ${world.foreign}` : ''
      return { name: `call ${name}`, text: `select * from ${name}(${values.join(', ')})${said}`, expects: 'silent', exceptFrom }
    })
  })
}

/** Functions of PostgreSQL itself whose arguments can be made up, pointed at the tenants' tables where they can be pointed. */
async function catalogueFunctions(role: string, world: World, superuser: Tapped): Promise<Attack[]> {
  const functions = await reachable(role, `n.nspname = 'pg_catalog' and p.pronargs <= 5`, superuser)
  const table = world.tables.at(-1)?.facts.name ?? 'pg_class'
  const callable = functions.filter(({ name, types }) => !NOT_CALLED.test(name.slice('pg_catalog.'.length)) && types.every((type) => ARGUMENTS.has(type)))
  return callable.map(({ name, types }): Attack => {
    const values = types.map((type) => valueOf(type, { id: world.foreign, table }))
    return { name: 'call a function of PostgreSQL', text: `select * from ${name}(${values.join(', ')})`, expects: 'silent' }
  })
}

type Target = { readonly id: string; readonly table: string }
const ARGUMENTS = new Map<string, (target: Target) => string>([
  ['uuid', ({ id }) => `${literal(id)}::uuid`],
  ['uuid[]', ({ id }) => `array[${literal(id)}]::uuid[]`],
  ['text', ({ table }) => `${literal(`select * from ${table}`)}::text`],
  ['text[]', ({ table }) => `array[${literal(table)}]::text[]`],
  ['character varying', ({ table }) => `${literal(table)}::varchar`],
  ['cstring', ({ table }) => `${literal(table)}::cstring`],
  ['name', ({ table }) => `${literal(table.split('.').at(-1) ?? '')}::name`],
  ['regclass', ({ table }) => `${literal(table)}::regclass`],
  ['oid', ({ table }) => `${literal(table)}::regclass::oid`],
  ['refcursor', () => `'c'::refcursor`],
  ['integer', () => '1'],
  ['smallint', () => '1::smallint'],
  ['bigint', () => '1::bigint'],
  ['numeric', () => '1::numeric'],
  ['double precision', () => '1::float8'],
  ['boolean', () => 'true'],
  ['json', ({ id }) => `${literal(`{"organization_id":"${id}"}`)}::json`],
  ['jsonb', ({ id }) => `${literal(`{"organization_id":"${id}"}`)}::jsonb`],
  ['xml', () => `'<a/>'::xml`],
  ['bytea', ({ id }) => `sha256(${literal(id)})`],
  ['date', () => 'current_date'],
  ['timestamp with time zone', () => 'now()'],
  ['interval', () => `'1 hour'::interval`],
  ['"char"', () => `'r'::"char"`],
  ['pg_lsn', () => `'0/0'::pg_lsn`],
  ['xid', () => `'3'::xid`],
  ['tid', () => `'(0,1)'::tid`],
])
const valueOf = (type: string, target: Target): string => ARGUMENTS.get(type)?.(target) ?? `null::${type}`

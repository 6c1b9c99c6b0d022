// Weakenings of tables, policies, views, keys and triggers.
import type { Mutant, Victims } from './mutant.ts'

const WALL = '(organization_id = (select sec.org()))'
const ROLES = 'bss_app, bss_worker, bss_reader'
const policy = (table: string, text: string, name = 'wall'): string => `create policy ${name} on ${table} ${text}`
const restored = (table: string): string[] => [`drop policy if exists wall on ${table}`, policy(table, `for all to ${ROLES} using ${WALL} with check ${WALL}`)]

export function tableMutants({ document: t, documentKey, ledger, child, reference, referenceColumn, parent, parentColumn }: Victims): Mutant[] {
  const key = documentKey.join(', ')
  return [
    { name: 'row security is not forced', apply: [`alter table ${t} no force row level security`] },
    { name: 'row security is disabled', apply: [`alter table ${t} disable row level security`], repair: [`alter table ${t} enable row level security`], tables: [t] },
    { name: 'the policy is dropped', apply: [`drop policy wall on ${t}`], repair: restored(t), tables: [t] },
    { name: 'the policy lets everything be read', apply: [`alter policy wall on ${t} using (true)`], repair: restored(t), tables: [t] },
    { name: 'the policy lets everything be written', apply: [`alter policy wall on ${t} with check (true)`], repair: restored(t), tables: [t] },
    { name: 'the policy has no check of its own', apply: [`drop policy wall on ${t}`, policy(t, `for select to ${ROLES} using ${WALL}`)] },
    { name: 'the policy is for everybody', apply: [`alter policy wall on ${t} to public`] },
    { name: 'the policy misses the worker', apply: [`alter policy wall on ${t} to bss_app, bss_reader`] },
    { name: 'the policy is restrictive, with a permissive one beside it', apply: [`drop policy wall on ${t}`, policy(t, `as restrictive for all to ${ROLES} using ${WALL} with check ${WALL}`), policy(t, 'using (true)', 'door')] },
    { name: 'one more policy', apply: [policy(t, `for select to ${ROLES} using (true)`, 'door')], repair: [`drop policy door on ${t}`], tables: [t] },
    { name: 'the policy believes a plain setting', apply: [`alter policy wall on ${t} using (organization_id::text = current_setting('app.ctx', true)) with check (organization_id::text = current_setting('app.ctx', true))`], repair: restored(t), tables: [t] },
    { name: 'the policy lets rows without context through', apply: [`alter policy wall on ${t} using (current_setting('app.ctx', true) is null or organization_id = (select sec.org()))`] },
    { name: 'one more table is open to the gateway', apply: [policy(t, 'for all to bss_gateway using (true) with check (true)', 'gateway')] },
    { name: 'the policy of the gateway is for the service', apply: ["drop policy gateway on bss.outbox_event", policy('bss.outbox_event', 'for all to bss_app using (true) with check (true)', 'gateway')] },
    { name: 'organization_id may be null', apply: ['create table bss.mutant (organization_id uuid, id uuid not null)', "call sec.wall('bss.mutant', 'mutable')"] },
    { name: 'organization_id has a default', apply: [`alter table ${t} alter organization_id set default '00000000-0000-7000-8000-000000000000'`] },
    { name: 'a table without the wall', apply: ['set role bss_owner', 'create table bss.mutant (organization_id uuid not null, id uuid not null, primary key (organization_id, id))', 'reset role'] },
    { name: 'a table without an organization', apply: ['set role bss_owner', 'create table bss.mutant (id uuid primary key)', 'reset role'] },
    { name: 'an unlogged table', apply: ['set role bss_owner', 'create unlogged table bss.mutant (organization_id uuid not null, id uuid not null, primary key (organization_id, id))', "call sec.wall('bss.mutant', 'mutable')", 'reset role'] },
    { name: 'a child that inherits', apply: ['set role bss_owner', `create table bss.mutant (primary key (organization_id, id)) inherits (${t})`, "call sec.wall('bss.mutant', 'mutable')", 'reset role'] },
    { name: 'a partition without the wall', apply: ['set role bss_owner', ...partitioned, 'reset role'] },
    { name: 'a partition with rights of its own', apply: ['set role bss_owner', ...partitioned, 'alter table bss.mutant_1 enable row level security', 'alter table bss.mutant_1 force row level security', 'grant select on bss.mutant_1 to bss_app', 'reset role'] },
    { name: 'an enum column', apply: ["create type bss.mutant as enum ('a')", `alter table ${t} add mutant bss.mutant`] },
    { name: 'a table at a site without its fence', apply: ['drop policy site on bss.stock_level'] },
    { name: 'what refers to a fenced table without its fence', apply: ['drop policy site on bss.sales_order_line'] },
    { name: 'a fence that opens', apply: ['drop policy site on bss.zone', 'create policy site on bss.zone for all to bss_app, bss_worker, bss_reader using (true)'] },
    { name: 'a fence that stands for reading only', apply: ['drop policy site on bss.zone', 'create policy site on bss.zone as restrictive for select to bss_app, bss_worker, bss_reader using (case when (select sec.sites()) is null then true else site_id = any ((select sec.sites())::uuid[]) end)'] },
    { name: 'a view with the rights of its owner', apply: ['set role bss_owner', `create view bss.mutant with (security_barrier) as select * from ${t}`, 'reset role'] },
    { name: 'a view that is no barrier', apply: ['set role bss_owner', `create view bss.mutant with (security_invoker) as select * from ${t}`, 'reset role'] },
    { name: 'a materialized view', apply: [`create materialized view bss.mutant as select * from ${t}`, 'grant select on bss.mutant to bss_app'] },
    { name: 'a rewrite rule', apply: [`create rule mutant as on insert to ${t} do also notify mutant`] },
    { name: 'a trigger is disabled', apply: [`alter table ${ledger} disable trigger keep_row`] },
    { name: 'a trigger of a ledger is dropped', apply: [`drop trigger keep_row on ${ledger}`] },
    { name: 'a ledger may be truncated', apply: [`drop trigger keep_table on ${ledger}`] },
    { name: 'versions are no longer counted', apply: [`drop trigger touch on ${t}`] },
    { name: 'an index without the organization', apply: [`create index mutant on ${t} (${key})`] },
    { name: 'an index led by something else', apply: [`create index mutant on ${t} (${key}, organization_id)`] },
    { name: 'a unique key across organizations', apply: [`create unique index mutant on ${t} (${key})`], repair: ['drop index bss.mutant'], tables: [t] },
    { name: 'a primary key without the organization', apply: ['create table bss.mutant (organization_id uuid not null, id uuid primary key)', "call sec.wall('bss.mutant', 'mutable')"] },
    { name: 'an exclusion across organizations', apply: [`alter table ${t} add constraint mutant exclude using btree (${documentKey[0]} with =)`] },
    { name: 'an invalid index', apply: [`update pg_index set indisvalid = false where indrelid = '${t}'::regclass and indisprimary`] },
    { name: 'an index on a type that is not leakproof', apply: [`alter table ${t} add mutant numeric`, `create index mutant on ${t} (organization_id, mutant)`] },
    { name: 'an index of a kind that row security disables', apply: [`alter table ${t} add mutant jsonb`, `create index mutant on ${t} using gin (mutant)`] },
    {
      name: 'a reference across organizations', tables: [child],
      apply: [`create unique index mutant on ${parent} (${parentColumn})`, `alter table ${child} drop constraint ${reference}`, `alter table ${child} add constraint ${reference} foreign key (${referenceColumn}) references ${parent} (${parentColumn})`],
      repair: [`alter table ${child} drop constraint ${reference}`, 'drop index bss.mutant', `alter table ${child} add constraint ${reference} foreign key (organization_id, ${referenceColumn}) references ${parent} (organization_id, ${parentColumn})`],
    },
    { name: 'a reference that sets the organization to null', apply: [`alter table ${child} drop constraint ${reference}`, `alter table ${child} add constraint ${reference} foreign key (organization_id, ${referenceColumn}) references ${parent} (organization_id, ${parentColumn}) on delete set null`] },
    { name: 'a reference that moves with its parent', apply: [`alter table ${child} drop constraint ${reference}`, `alter table ${child} add constraint ${reference} foreign key (organization_id, ${referenceColumn}) references ${parent} (organization_id, ${parentColumn}) on update cascade`] },
    { name: 'a reference that was never checked', apply: [`alter table ${child} drop constraint ${reference}`, `alter table ${child} add constraint ${reference} foreign key (organization_id, ${referenceColumn}) references ${parent} (organization_id, ${parentColumn}) not valid`] },
    { name: 'a reference out of the tenants', apply: [`alter table ${t} add mutant uuid references platform.organization_slug (organization_id)`] },
    { name: 'a column of ids without a reference', apply: [`alter table ${t} add mutant_id uuid`] },
  ]
}

const partitioned = [
  'create table bss.mutant (organization_id uuid not null, id uuid not null, primary key (organization_id, id)) partition by hash (organization_id)', "call sec.wall('bss.mutant', 'mutable')",
  'create table bss.mutant_1 partition of bss.mutant for values with (modulus 1, remainder 0)',
]

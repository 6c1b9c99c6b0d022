// Everything that is tried on one table, for every role, generated from what the catalogue knows of it.
import type { Attack } from './attack.ts'
import type { PlantedTable, World } from './plant.ts'
import { literal } from './tapped.ts'

export interface Rights {
  readonly select: boolean
  readonly delete: boolean
}

export function attacksOnTable({ facts, own, foreign }: PlantedTable, world: World, rights: Rights, ownCount: number): Attack[] {
  const t = facts.name
  const theirs = `organization_id = ${literal(world.foreign)}`
  const mine = `organization_id = ${literal(world.own)}`
  const anyColumn = facts.columns.find((column) => column.name !== 'organization_id' && !facts.primaryKey.includes(column.name) && !column.isGenerated)?.name ?? 'organization_id'
  const foreignRow = facts.columns.filter((column) => !column.isGenerated)
  const names = foreignRow.map(({ name }) => name).join(', ')
  const values = (row: PlantedTable['own']): string => foreignRow.map(({ name, type }) => (row[name] === null || row[name] === undefined ? 'null' : `${literal(row[name])}::${type}`)).join(', ')
  const key = facts.primaryKey.filter((name) => name !== 'organization_id').map((name) => `${name}::text = ${literal(foreign[name] ?? '')}`).join(' and ')
  return [
    ...(rights.select ? [{ name: 'read own', text: `select count(*) from ${t}`, expects: 'own', count: ownCount } as const] : []),
    { name: 'read all', text: `select * from ${t}`, expects: rights.select ? 'silent' : 'refused' },
    { name: 'read theirs', text: `select * from ${t} where ${theirs}`, expects: 'nothing' },
    { name: 'count theirs', text: `select count(*) from ${t} where ${theirs}`, expects: 'nothing' },
    ...(key === '' ? [] : [{ name: 'read by key', text: `select * from ${t} where ${key}`, expects: 'nothing' } as const]),
    { name: 'read theirs or own', text: `select count(*) from ${t} where ${theirs} or (${mine} and ${theirs})`, expects: 'nothing' },
    { name: 'read in a subquery', text: `select (select count(*) from ${t} x where x.${theirs})`, expects: 'nothing' },
    { name: 'read only', text: `select * from only ${t} where not (${mine})`, expects: 'nothing' },
    { name: 'read the row as text', text: `select t::text, to_jsonb(t), row_to_json(t) from ${t} t`, expects: 'silent' },
    { name: 'sample', text: `select * from ${t} tablesample system (100)`, expects: 'silent' },
    { name: 'aggregate', text: `select min(t::text), max(t::text), string_agg(t::text, ',') from ${t} t`, expects: 'silent' },
    { name: 'read for update', text: `select * from ${t} where ${theirs} for update`, expects: 'nothing' },
    { name: 'read for key share', text: `select * from ${t} where ${theirs} for key share skip locked`, expects: 'nothing' },
    { name: 'read without row security', text: `set local row_security = off; select * from ${t}`, expects: 'refused' },
    { name: 'update theirs', text: `update ${t} set ${anyColumn} = ${anyColumn} where ${theirs}`, expects: 'nothing' },
    { name: 'update all', text: `update ${t} set ${anyColumn} = ${anyColumn} returning *`, expects: 'silent' },
    { name: 'move own to them', text: `update ${t} set organization_id = ${literal(world.foreign)} where ${mine}`, expects: 'refused' },
    { name: 'move theirs to own', text: `update ${t} set organization_id = ${literal(world.own)} where ${theirs}`, expects: 'refused' },
    { name: 'delete theirs', text: `delete from ${t} where ${theirs}`, expects: 'nothing' },
    { name: 'delete all', text: `delete from ${t} returning *`, expects: 'silent' },
    { name: 'truncate', text: `truncate ${t} cascade`, expects: 'refused' },
    // Who may delete may also lock; an injected LOCK holds up everybody, until lock_timeout, and reads nothing.
    { name: 'lock the table', text: `lock table ${t} in access exclusive mode nowait`, expects: rights.delete ? 'silent' : 'refused' },
    { name: 'insert their row', text: `insert into ${t} (${names}) values (${values(foreign)})`, expects: 'refused' },
    { name: 'insert a row for them', text: `insert into ${t} (${names}) values (${values({ ...own, organization_id: world.foreign })})`, expects: 'refused' },
    { name: 'insert over their row', text: `insert into ${t} (${names}) values (${values(foreign)}) on conflict do nothing`, expects: 'refused' },
    { name: 'merge into theirs', text: `merge into ${t} t using (select 1) s on t.${theirs} when matched then update set ${anyColumn} = t.${anyColumn}`, expects: 'nothing' },
    { name: 'copy out', text: `copy ${t} to stdout`, expects: 'silent' },
    { name: 'copy a query out', text: `copy (select * from ${t}) to stdout (format csv)`, expects: 'silent' },
    { name: 'copy in', text: `copy ${t} from stdin`, expects: 'refused' },
    { name: 'explain', text: `explain (analyze, verbose, format json) select * from ${t} where ${theirs}`, expects: 'silent' },
    { name: 'cursor', text: `declare c scroll cursor for select * from ${t}; fetch all from c; move backward all from c; fetch all from c`, expects: 'silent' },
    { name: 'xml of the table', text: `select table_to_xml('${t}', true, false, '')`, expects: 'silent' },
    { name: 'statistics of the table', text: `select * from pg_stats where schemaname || '.' || tablename = '${t}'`, expects: 'silent' },
    // PostgreSQL answers this with a warning and does nothing.
    { name: 'grant', text: `grant select on ${t} to public`, expects: 'silent' },
    ...definitions(t),
    ...facts.columns.flatMap(({ name }) => leakyCasts(t, name, theirs)),
  ]
}

/** What only an owner may do. */
const definitions = (t: string): Attack[] =>
  [
    `alter table ${t} disable row level security`, `alter table ${t} no force row level security`, `drop policy wall on ${t}`, `create policy mine on ${t} using (true)`,
    `alter policy wall on ${t} using (true)`, `alter table ${t} disable trigger all`, `alter table ${t} owner to current_user`, 
    `create index on ${t} (organization_id)`, `create view public.v as select * from ${t}`, `create temp table copied as select * from ${t}`, `create materialized view public.m as select * from ${t}`,
    `create trigger spy after insert on ${t} for each row execute function sec.touch()`, `create rule spy as on insert to ${t} do also notify spy`, `drop table ${t}`,
    `create table bss.heir () inherits (${t})`, `create statistics spy on organization_id, organization_id from ${t}`, `create publication spy for table ${t}`, `cluster ${t}`,
  ].map((text) => ({ name: 'change the definition', text, expects: 'refused' }))

/** A cast that fails prints the value it failed on; run before the policy it would print a foreign one. */
const leakyCasts = (t: string, column: string, theirs: string): Attack[] =>
  [
    `select 1 from ${t} where ${theirs} and (${column})::text::int > 0`,
    `select 1 from ${t} where (${column}::text)::bytea is not null and ${column}::text::json is not null`,
    `select 1 from ${t} where 1 / (length(${column}::text) - length(${column}::text)) > 0 and ${theirs}`,
    `select count(*) from ${t} where ${theirs} and (pg_input_error_info(${column}::text, 'int')).message is not null`,
  ].map((text) => ({ name: `leaky cast of ${column}`, text, expects: text.startsWith('select count') ? 'nothing' : 'silent' }))

/** Contexts that must open nothing. `genuine` is of the caller, `theirs` of the other organization under the same key. */
export function badContexts(world: World, genuine: string, expired: string): readonly (readonly [string, string | null])[] {
  const parts = genuine.split('.')
  const spliced = (index: number, value: string): string => parts.map((part, n) => (n === index ? value : part)).join('.')
  const mac = parts[5] ?? ''
  return [
    ['none', null], ['empty', ''], ['garbage', 'garbage'], ['an organization alone', world.foreign], ['truncated', genuine.slice(0, -1)], ['without its seal', parts.slice(0, 5).join('.')],
    ['wrong seal', spliced(5, mac.startsWith('0') ? `1${mac.slice(1)}` : `0${mac.slice(1)}`)], ['empty seal', spliced(5, '')], ['seal of zeros', spliced(5, '0'.repeat(64))],
    ['seal of another body', spliced(0, world.foreign)], ['later expiry', spliced(3, String(Number(parts[3]) + 1))], ['another role', spliced(2, 'tenant_admin')], ['another actor', spliced(1, world.foreign)],
    ['expired', expired], ['unknown key', spliced(4, 'ffffffff')], ['no key', spliced(4, '')], ['one part more', `${world.foreign}.${genuine}`], ['one part less', parts.slice(1).join('.')],
    ['their organization behind', `${genuine}.${world.foreign}`], ['capitals', spliced(5, mac.toUpperCase().replace(/^[0-9]*$/, 'A'.repeat(64)))], ['spaces', ` ${genuine}`], ['a quote', `${world.foreign}'; select 1; --`],
  ]
}

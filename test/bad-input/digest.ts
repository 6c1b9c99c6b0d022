// What an organization's tables hold, as one text per table. A refused request must leave every one of them as it was.
import { ask } from '../setup/sql.ts'

/** Change with every request by nature: when a key and a session were last used. */
const NATURAL = ['last_used_at']
const NATURAL_TABLES = ['bss.api_key_use']

/** Count and hash of every table of the organizations and of the platform, read by the superuser past all walls. */
export async function digestOf(superuserUrl: string): Promise<ReadonlyMap<string, string>> {
  const tables = await ask(superuserUrl, `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('bss', 'sec', 'platform') order by 1`)
  const names = tables.flatMap(([name]) => (typeof name === 'string' && !NATURAL_TABLES.includes(name) ? [name] : []))
  const row = `(to_jsonb(t) - array[${NATURAL.map((column) => `'${column}'`).join(', ')}])::text`
  const parts = names.map((name) => `select '${name}', count(*) || ' ' || coalesce(md5(string_agg(md5(${row}), '' order by md5(${row}))), '') from ${name} t`)
  const rows = await ask(superuserUrl, parts.join(' union all '))
  return new Map(rows.map(([name, digest]) => [name ?? '', digest ?? '']))
}

/** The tables in which two digests differ. */
export const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after].flatMap(([name, digest]) => (before.get(name) === digest ? [] : [`${name}: ${before.get(name)} → ${digest}`]))

// What the catalogue knows of the tenant tables: everything the proof plants, asks and attacks is generated from this.
import type { Tapped } from './tapped.ts'

export interface ColumnFacts {
  readonly name: string
  readonly type: string
  readonly isNullable: boolean
  readonly hasDefault: boolean
  /** Filled by the database itself and not by an insert. */
  readonly isGenerated: boolean
}
export interface ReferenceFacts {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}
export interface CheckFacts {
  readonly name: string
  readonly columns: readonly string[]
  readonly text: string
}
export interface TableFacts {
  /** `bss.sales_order` */
  readonly name: string
  readonly columns: readonly ColumnFacts[]
  readonly primaryKey: readonly string[]
  readonly uniques: readonly { readonly name: string; readonly columns: readonly string[] }[]
  readonly references: readonly ReferenceFacts[]
  readonly checks: readonly CheckFacts[]
}

const COLUMN_NAMES = (keys: string): string =>
  `(select coalesce(jsonb_agg(a.attname order by k.n), '[]') from unnest(${keys}) with ordinality as k (num, n) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.num)`

const QUESTION = `
select jsonb_build_object(
  'name', n.nspname || '.' || c.relname,
  'columns', (select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'isNullable', not a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> '',
                'isGenerated', a.attgenerated <> '' or a.attidentity = 'a') order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'primaryKey', coalesce((select ${COLUMN_NAMES('i.indkey::int2[]')} from pg_index i where i.indrelid = c.oid and i.indisprimary), '[]'),
  'uniques', coalesce((select jsonb_agg(jsonb_build_object('name', i.indexrelid::regclass::text, 'columns', ${COLUMN_NAMES('i.indkey::int2[]')})) from pg_index i where i.indrelid = c.oid and i.indisunique), '[]'),
  'references', coalesce((select jsonb_agg(jsonb_build_object('name', k.conname, 'columns', ${COLUMN_NAMES('k.conkey')}, 'target', tn.nspname || '.' || t.relname, 'targetColumns',
                (select jsonb_agg(b.attname order by j.n) from unnest(k.confkey) with ordinality as j (num, n) join pg_attribute b on b.attrelid = k.confrelid and b.attnum = j.num)) order by k.conname)
                from pg_constraint k join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0), '[]'),
  'checks', coalesce((select jsonb_agg(jsonb_build_object('name', k.conname, 'columns', ${COLUMN_NAMES('k.conkey')}, 'text', pg_get_constraintdef(k.oid)) order by k.conname)
                from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'), '[]'))::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'bss' and c.relkind in ('r', 'p') and not c.relispartition
 order by 1`

/** The tenant tables, parents before children. */
export async function tableFacts(superuser: Tapped): Promise<TableFacts[]> {
  const rows = await superuser.must(QUESTION)
  const tables = rows.map((row) => JSON.parse(row[0] ?? '') as TableFacts) // Built key by key in the query above.
  return parentsFirst(tables)
}

/** Children after their parents; a reference that may be null does not count when it closes a circle. */
function parentsFirst(tables: readonly TableFacts[]): TableFacts[] {
  const sorted: TableFacts[] = []
  const done = new Set<string>()
  const isReady = (table: TableFacts, mayWait: boolean): boolean =>
    table.references.every((reference) => done.has(reference.target) || reference.target === table.name || (mayWait && canBeNull(table, reference)))
  while (sorted.length < tables.length) {
    const waiting = tables.filter((table) => !done.has(table.name))
    const next = waiting.find((table) => isReady(table, false)) ?? waiting.find((table) => isReady(table, true)) ?? waiting[0]
    if (next === undefined) break
    sorted.push(next)
    done.add(next.name)
  }
  return sorted
}

export const canBeNull = (table: TableFacts, reference: ReferenceFacts): boolean =>
  reference.columns.some((name) => table.columns.some((column) => column.name === name && column.isNullable))

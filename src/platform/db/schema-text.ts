// The schema as text, for review: `golden/schema.txt`. Sorted by name, so that two databases with the same schema give the same bytes.
import { Wire } from './wire.ts'

const SCHEMAS = `n.nspname in ('bss', 'sec', 'platform')`
const PARTS: readonly (readonly [string, string])[] = [
  ['columns', `select n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end
       || case when a.attidentity <> '' then ' identity' else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${SCHEMAS} and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped`],
  ['constraints', `select n.nspname || '.' || c.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace where ${SCHEMAS} and k.contype <> 'n'`],
  ['indexes', `select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where ${SCHEMAS}`],
  ['policies', `select n.nspname || '.' || c.relname || ' ' || p.polname || ' to ' || (select string_agg(r.rolname, ',' order by r.rolname) from pg_roles r where r.oid = any(p.polroles))
       || ' using ' || coalesce(pg_get_expr(p.polqual, p.polrelid), '-') || ' check ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '-')
     from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where ${SCHEMAS}`],
  ['triggers', `select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where ${SCHEMAS} and not t.tgisinternal`],
  ['functions', `select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') owner ' || pg_get_userbyid(p.proowner)
       || case when p.prosecdef then ' security definer' else '' end || ' body ' || left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 16)
       || ' callable by ' || coalesce((select string_agg(distinct coalesce(r.rolname, 'PUBLIC'), ',' order by coalesce(r.rolname, 'PUBLIC'))
            from aclexplode(p.proacl) x left join pg_roles r on r.oid = x.grantee where r.rolname is distinct from pg_get_userbyid(p.proowner)), '-')
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${SCHEMAS}`],
  ['table rights', `select n.nspname || '.' || c.relname || ' ' || r.rolname || ' ' || string_agg(x.privilege_type, ',' order by x.privilege_type)
     from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) x join pg_roles r on r.oid = x.grantee
    where ${SCHEMAS} and r.rolname <> pg_get_userbyid(c.relowner) group by 1, n.nspname, c.relname, r.rolname`.replace('group by 1, ', 'group by ')],
]

/** The schema of a migrated database, one line per thing. */
export async function schemaText(url: string): Promise<string> {
  const wire = await Wire.connect({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    const sections: string[] = []
    for (const [title, text] of PARTS) {
      const [result] = await wire.send([{ name: '', text, params: [] }])
      const lines = (result?.rows ?? []).map((row) => (row[0] ?? '').replaceAll(/\s+/g, ' ')).toSorted()
      sections.push(`-- ${title}\n${lines.join('\n')}\n`)
    }
    return sections.join('\n')
  } finally {
    await wire.close()
  }
}

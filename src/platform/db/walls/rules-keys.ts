// Rules about keys: everything that is unique, indexed or referred to is led by, or paired with, the organization.
import { rule, TABLE_NAME, TENANT_TABLES, type Rule } from './rule.ts'

const INDEX = `${TENANT_TABLES} join pg_index i on i.indrelid = c.oid join pg_class x on x.oid = i.indexrelid`
const LEAD = `(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0])`
const FOREIGN_KEY = `${TENANT_TABLES} join pg_constraint k on k.conrelid = c.oid and k.contype = 'f'`
const INDEX_NAME = `n.nspname || '.' || x.relname`

export const KEY_RULES: readonly Rule[] = [
  rule('key-primary', 'Every tenant table has a primary key led by organization_id.', `
    select ${TABLE_NAME}, 'no primary key led by organization_id' from ${TENANT_TABLES}
     where not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and ${LEAD} = 'organization_id')`),
  rule('key-unique', 'Every unique key is led by organization_id: a collision would tell what another organization has.', `
    select ${INDEX_NAME}, 'unique and not led by organization_id' from ${INDEX} where i.indisunique and not i.indisprimary and ${LEAD} is distinct from 'organization_id'`),
  rule('key-index', 'Every index is led by organization_id.', `
    select ${INDEX_NAME}, 'not led by organization_id' from ${INDEX} where not i.indisunique and ${LEAD} is distinct from 'organization_id'`),
  rule('key-valid', 'Every index is valid: an invalid unique index refuses nothing.', `
    select ${INDEX_NAME}, 'not valid' from ${INDEX} where not (i.indisvalid and i.indisready and i.indislive)`),
  rule('key-exclusion', 'An exclusion constraint excludes within one organization.', `
    select ${TABLE_NAME} || '.' || k.conname, 'organization_id = is not its first part' from ${TENANT_TABLES} join pg_constraint k on k.conrelid = c.oid and k.contype = 'x'
     where k.conexclop[1] is distinct from '=(uuid,uuid)'::regoperator::oid
        or (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = k.conkey[1]) is distinct from 'organization_id'`),
  rule('key-leakproof', 'What is indexed is compared by leakproof operators: row security disables the index otherwise.', `
    select distinct ${INDEX_NAME}, 'operator ' || o.oid::regoperator::text || ' is not leakproof'
      from ${INDEX} join pg_am am on am.oid = x.relam cross join lateral unnest(i.indclass::oid[]) with ordinality as key (opclass, n)
      join pg_opclass oc on oc.oid = key.opclass
      join pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amoplefttype = oc.opcintype and ao.amoprighttype = oc.opcintype and ao.amoppurpose = 's'
      join pg_operator o on o.oid = ao.amopopr join pg_proc f on f.oid = o.oprcode
     where key.n <= i.indnkeyatts and am.amname = 'btree' and not f.proleakproof
    union all
    select ${INDEX_NAME}, 'access method ' || am.amname from ${INDEX} join pg_am am on am.oid = x.relam where am.amname not in ('btree', 'brin')`),
  rule('reference-paired', 'Every foreign key carries organization_id on both sides, so that a reference across organizations cannot be stored.', `
    select ${TABLE_NAME} || '.' || k.conname, 'organization_id is not paired' from ${FOREIGN_KEY}
     where not exists (
       select from unnest(k.conkey, k.confkey) as pair (here, there)
         join pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.here and a.attname = 'organization_id'
         join pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.there and b.attname = 'organization_id')`),
  rule('reference-target', 'Foreign keys stay among tenant tables.', `
    select ${TABLE_NAME} || '.' || k.conname, 'refers to ' || k.confrelid::regclass::text from ${FOREIGN_KEY} join pg_class t on t.oid = k.confrelid where t.relnamespace <> c.relnamespace
    union all
    select k.conrelid::regclass::text || '.' || k.conname, 'refers to a tenant table from outside' from pg_constraint k join pg_class t on t.oid = k.confrelid join pg_namespace n on n.oid = t.relnamespace
      join pg_class s on s.oid = k.conrelid where k.contype = 'f' and n.nspname = 'bss' and s.relnamespace <> t.relnamespace`),
  rule('reference-moves', 'No foreign key action changes the organization of a row.', `
    select ${TABLE_NAME} || '.' || k.conname, 'on update ' || k.confupdtype::text || ', on delete ' || k.confdeltype::text from ${FOREIGN_KEY}
     where k.confupdtype not in ('a', 'r') or (k.confdeltype in ('n', 'd') and (k.confdelsetcols is null
        or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and a.attnum = any (k.confdelsetcols))))`),
  rule('constraint-holds', 'Every constraint is validated and enforced.', `
    select ${TABLE_NAME} || '.' || k.conname, 'not validated or not enforced' from ${TENANT_TABLES} join pg_constraint k on k.conrelid = c.oid
     where not k.convalidated or to_jsonb(k) ->> 'conenforced' = 'false'`),
  rule('reference-missing', 'A column of ids called ..._id has a foreign key, or is on the list with its reason.', `
    select ${TABLE_NAME} || '.' || a.attname, 'no foreign key' from ${TENANT_TABLES} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where a.attname like '%\\_id' and a.atttypid in ('uuid'::regtype, 'bigint'::regtype, 'integer'::regtype) and a.attname <> 'organization_id' and not c.relispartition
       and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey))`),
]

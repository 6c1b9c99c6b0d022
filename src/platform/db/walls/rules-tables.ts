// Rules about the rows' own wall: the column, row security and its policy, views over it, triggers under it.
import { rule, TABLE_NAME, TENANT_TABLES, type Rule } from './rule.ts'

const POLICY_TEXT = '(organization_id = ( SELECT sec.org() AS org))'
/** Roles of a policy by name, sorted, so that the order of creation does not matter. */
const POLICY_ROLES = `coalesce((select string_agg(r.rolname::text, ',' order by r.rolname) from pg_roles r where r.oid = any (p.polroles)), 'public')`
const COLUMN = `${TENANT_TABLES} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`

export const TABLE_RULES: readonly Rule[] = [
  rule('table-organization', 'Every tenant table has organization_id uuid not null.', `
    select ${TABLE_NAME}, 'no organization_id uuid not null' from ${TENANT_TABLES}
     where not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and a.attnotnull and a.atttypid = 'uuid'::regtype and not a.attisdropped)`),
  rule('table-organization-given', 'The organization of a row is always said: no default, not generated.', `
    select ${TABLE_NAME}, 'organization_id has a default' from ${COLUMN} where a.attname = 'organization_id' and (a.atthasdef or a.attgenerated <> '' or a.attidentity <> '')`),
  rule('table-enabled', 'Row security is enabled on every tenant table.', `
    select ${TABLE_NAME}, 'row security is not enabled' from ${TENANT_TABLES} where not c.relrowsecurity`),
  rule('table-forced', 'Row security is forced on every tenant table, so that its owner is held too.', `
    select ${TABLE_NAME}, 'row security is not forced' from ${TENANT_TABLES} where not c.relforcerowsecurity`),
  rule('table-policy', 'Every tenant table has the canonical policy, and it reads word for word.', `
    select ${TABLE_NAME}, 'the policy wall is missing or was changed' from ${TENANT_TABLES}
     where not exists (
       select from pg_policy p where p.polrelid = c.oid and p.polname = 'wall' and p.polcmd = '*' and p.polpermissive and ${POLICY_ROLES} = 'bss_app,bss_reader,bss_worker'
          and pg_get_expr(p.polqual, c.oid) = '${POLICY_TEXT}' and pg_get_expr(p.polwithcheck, c.oid) = '${POLICY_TEXT}')`),
  rule('table-other-policy', 'No other policy stands beside it: permissive policies add up, so one more is a hole.', `
    select ${TABLE_NAME} || '.' || p.polname, 'an additional policy for ' || ${POLICY_ROLES}
      from ${TENANT_TABLES} join pg_policy p on p.polrelid = c.oid where p.polname not in ('wall', 'gateway') and (p.polname <> 'site' or p.polpermissive)`),
  rule('table-site-policy', 'What lies at a site is fenced by it: every table that names a site, and every table that refers to such a table.', `
    select ${TABLE_NAME}, 'names a site or refers to what does, and has no restrictive policy site for the service and its reader' from ${TENANT_TABLES}
     where (c.oid = to_regclass('bss.site') or exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname ~ '(^|_)site_id$')
         or exists (select from pg_constraint k join pg_policy f on f.polrelid = k.confrelid and f.polname = 'site' where k.conrelid = c.oid and k.contype = 'f'))
       and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'site' and p.polcmd = '*' and not p.polpermissive and ${POLICY_ROLES} = 'bss_app,bss_reader,bss_worker'
         and pg_get_expr(p.polqual, c.oid) ~ '^[[:space:]]*CASE[[:space:]]+WHEN \\(\\( SELECT sec\\.sites\\(\\) AS sites\\) IS NULL\\) THEN true[[:space:]]+ELSE ')`),
  rule('table-gateway-policy', 'Only tables on the list are open to the gateway.', `
    select ${TABLE_NAME}, 'is open to the gateway' from ${TENANT_TABLES} join pg_policy p on p.polrelid = c.oid where p.polname = 'gateway'`),
  rule('table-gateway-policy-text', 'The policy of the gateway is for the gateway and nobody else.', `
    select ${TABLE_NAME}, 'its gateway policy is for ' || ${POLICY_ROLES} from ${TENANT_TABLES} join pg_policy p on p.polrelid = c.oid
     where p.polname = 'gateway' and not (${POLICY_ROLES} = 'bss_gateway' and p.polpermissive and p.polcmd = '*' and pg_get_expr(p.polqual, c.oid) = 'true' and pg_get_expr(p.polwithcheck, c.oid) = 'true')`),
  rule('table-kept-on-replicas', 'No tenant table is unlogged or temporary.', `
    select ${TABLE_NAME}, 'relpersistence ' || c.relpersistence::text from ${TENANT_TABLES} where c.relpersistence <> 'p'`),
  rule('table-inheritance', 'Tables inherit as partitions only: another child would be read through its parent.', `
    select ${TABLE_NAME}, 'inherits without being a partition' from ${TENANT_TABLES} join pg_inherits i on i.inhrelid = c.oid where not c.relispartition
    union all
    select ${TABLE_NAME}, 'is a partition of a table outside schema bss' from ${TENANT_TABLES} join pg_inherits i on i.inhrelid = c.oid join pg_class parent on parent.oid = i.inhparent
     where c.relispartition and parent.relnamespace <> c.relnamespace`),
  rule('partition-granted', 'Partitions are reached through their parent only: nobody is granted anything on them.', `
    select ${TABLE_NAME}, 'grants on a partition: ' || c.relacl::text from ${TENANT_TABLES}
     where c.relispartition and exists (select from aclexplode(c.relacl) x where x.grantee <> c.relowner)`),
  rule('column-type', 'Tenant columns have plain types: no enum (its operators are not leakproof, and a status is text with a check), no domain, no large object.', `
    select ${TABLE_NAME} || '.' || a.attname, 'type ' || format_type(a.atttypid, a.atttypmod) from ${COLUMN} join pg_type t on t.oid = a.atttypid
     where t.typtype in ('e', 'd') or a.atttypid in ('oid'::regtype, 'regclass'::regtype, 'xml'::regtype, 'money'::regtype)
        or exists (select from pg_type e where e.oid = t.typelem and t.typcategory = 'A' and e.typtype in ('e', 'd'))`),
  rule('view-invoker', 'Views work with the rights of their reader and as a barrier.', `
    select n.nspname || '.' || c.relname, 'not security_invoker and security_barrier' from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'v' and n.nspname not in ('pg_catalog', 'information_schema')
       and not coalesce(c.reloptions @> array['security_invoker=true', 'security_barrier=true'] or c.reloptions @> array['security_invoker=on', 'security_barrier=on'], false)`),
  rule('view-materialized', 'There is no materialized view: row security does not reach its rows.', `
    select n.nspname || '.' || c.relname, 'is a materialized view' from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm'`),
  rule('foreign-table', 'There are no foreign tables, servers, wrappers or subscriptions: a way out is a way in.', `
    select s.srvname::text, 'foreign server' from pg_foreign_server s
    union all select w.fdwname::text, 'foreign data wrapper' from pg_foreign_data_wrapper w
    union all select c.relname::text, 'foreign table' from pg_class c where c.relkind = 'f'
    union all select s.subname::text, 'subscription' from pg_subscription s where s.subdbid = (select oid from pg_database where datname = current_database())`),
  rule('rewrite-rule', 'There are no rewrite rules: they run with the rights of the table owner.', `
    select c.relname || '.' || r.rulename, 'rewrite rule' from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
     where r.rulename <> '_RETURN' and n.nspname not in ('pg_catalog', 'information_schema')`),
  rule('trigger-enabled', 'Every trigger of the product fires.', `
    select n.nspname || '.' || c.relname || '.' || t.tgname, 'disabled' from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('bss', 'sec', 'platform') and t.tgenabled not in ('O', 'A')`),
  rule('trigger-append', 'What the service may not update is kept by triggers, also from the owner.', `
    select ${TABLE_NAME}, 'misses keep_row or keep_table' from ${TENANT_TABLES}
     where not c.relispartition
       and not exists (select from pg_attribute a, aclexplode(a.attacl) x where a.attrelid = c.oid and x.privilege_type = 'UPDATE' and x.grantee in ('bss_app'::regrole, 'bss_worker'::regrole))
       and not exists (select from aclexplode(c.relacl) x where x.privilege_type in ('DELETE', 'UPDATE') and x.grantee in ('bss_app'::regrole, 'bss_worker'::regrole, 'bss_gateway'::regrole))
       and (select count(*) from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'sec.keep'::regproc and
              ((t.tgname = 'keep_row' and t.tgtype = 27) or (t.tgname = 'keep_table' and t.tgtype = 34))) < 2`),
  rule('trigger-touch', 'A document counts its versions by trigger.', `
    select ${TABLE_NAME}, 'has row_version and misses the trigger touch' from ${COLUMN}
     where a.attname = 'row_version' and exists (select from aclexplode(a.attacl) x where x.privilege_type = 'UPDATE' and x.grantee = 'bss_app'::regrole)
       and not exists (select from aclexplode(c.relacl) x where x.privilege_type = 'DELETE' and x.grantee = 'bss_app'::regrole)
       and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'sec.touch'::regproc and t.tgname = 'touch' and t.tgtype = 19)`),
]

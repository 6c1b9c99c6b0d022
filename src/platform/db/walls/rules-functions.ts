// Rules about what runs with somebody else's rights, and about everything that could be slipped in beside the walls.
import { rule, SCHEMAS, type Rule } from './rule.ts'

const FUNCTION = `pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname in (${SCHEMAS}, 'public')`
const SIGNATURE = `p.oid::regprocedure::text`
const NOT_CORE = `oid >= 16384` // Objects that initdb made have smaller numbers.

export const FUNCTION_RULES: readonly Rule[] = [
  rule('definer-listed', 'Every function that runs with the rights of its owner is on the list with its reason.', `
    select ${SIGNATURE}, 'security definer' from ${FUNCTION} where p.prosecdef`),
  rule('definer-path', 'Such a function has its search path pinned, temporary objects last.', `
    select ${SIGNATURE}, 'search path ' || coalesce(array_to_string(p.proconfig, ' '), 'not pinned') from ${FUNCTION}
     where p.prosecdef and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)`),
  rule('definer-owner', 'Such a function belongs to the gateway or to search, never to the owner of the tables.', `
    select ${SIGNATURE}, 'is owned by ' || pg_get_userbyid(p.proowner) from ${FUNCTION} where p.prosecdef and pg_get_userbyid(p.proowner) not in ('bss_gateway', 'bss_search')`),
  rule('definer-dynamic', 'Such a function builds no SQL from text.', `
    select ${SIGNATURE}, 'contains execute' from ${FUNCTION} where p.prosecdef and p.prosrc ~* '\\mexecute\\M|query_to_xml|table_to_xml|cursor_to_xml'`),
  rule('definer-place', 'Such a function lives in sec or platform.', `
    select ${SIGNATURE}, 'lives in ' || n.nspname from ${FUNCTION} where p.prosecdef and n.nspname not in ('sec', 'platform')`),
  rule('definer-caller', 'The platform functions are for its operator alone.', `
    select ${SIGNATURE}, 'can be executed by ' || coalesce(g.rolname::text, 'everybody') from ${FUNCTION} cross join lateral aclexplode(p.proacl) x left join pg_roles g on g.oid = x.grantee
     where n.nspname = 'platform' and x.grantee <> p.proowner and coalesce(g.rolname::text, 'everybody') not in ('bss_admin', 'bss_gateway')
    union all
    select ${SIGNATURE}, 'of sec can be executed by bss_admin' from ${FUNCTION} where n.nspname = 'sec' and p.prosecdef and has_function_privilege('bss_admin', p.oid, 'execute')`),
  rule('function-owner', 'The owner, the gateway or search own every function.', `
    select ${SIGNATURE}, 'is owned by ' || pg_get_userbyid(p.proowner) from ${FUNCTION}
     where pg_get_userbyid(p.proowner) not in ('bss_owner', 'bss_gateway', 'bss_search') or (not p.prosecdef and pg_get_userbyid(p.proowner) <> 'bss_owner')`),
  rule('function-language', 'Functions are written in SQL or PL/pgSQL.', `
    select ${SIGNATURE}, 'language ' || l.lanname from ${FUNCTION} join pg_language l on l.oid = p.prolang where l.lanname not in ('sql', 'plpgsql')`),
  rule('function-leakproof', 'No function of ours claims to be leakproof: it would run before the policy.', `
    select ${SIGNATURE}, 'leakproof' from ${FUNCTION} where p.proleakproof`),
  rule('context-function', 'sec.org() is the definer function of the gateway, stable and safe for parallel plans.', `
    select 'sec.org()', 'missing, or not stable, parallel safe, security definer and owned by bss_gateway'
     where not exists (select from ${FUNCTION} where n.nspname = 'sec' and p.proname = 'org' and p.pronargs = 0 and p.prosecdef and p.provolatile = 's' and p.proparallel = 's'
        and p.prorettype = 'uuid'::regtype and pg_get_userbyid(p.proowner) = 'bss_gateway')
    union all select ${SIGNATURE}, 'a second sec.org' from ${FUNCTION} where n.nspname = 'sec' and p.proname = 'org' and p.pronargs > 0`),
  rule('operator-added', 'There is no operator, cast or operator class of our own: they could stand in for a leakproof one.', `
    select o.oid::regoperator::text, 'operator' from pg_operator o where o.${NOT_CORE}
    union all select c.castsource::regtype::text || ' as ' || c.casttarget::regtype::text, 'cast' from pg_cast c where c.${NOT_CORE}
    union all select o.opcname::text, 'operator class' from pg_opclass o where o.${NOT_CORE}`),
  rule('schema-added', 'There is no schema beside those of the product.', `
    select n.nspname::text, 'unknown schema' from pg_namespace n where n.nspname not in (${SCHEMAS}, 'public', 'information_schema') and n.nspname !~ '^pg_'`),
  rule('public-schema-empty', 'The schema public holds the list of migrations and nothing else.', `
    select c.relname::text, 'lies in public' from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind not in ('i', 't') and c.relname <> 'bss_migration'
    union all select p.oid::regprocedure::text, 'lies in public' from pg_proc p where p.pronamespace = 'public'::regnamespace`),
  rule('extension-added', 'There is no extension but PL/pgSQL.', `
    select e.extname::text, 'extension' from pg_extension e where e.extname <> 'plpgsql'`),
  rule('language-added', 'There is no procedural language but PL/pgSQL.', `
    select l.lanname::text, 'language' from pg_language l where l.lanname not in ('internal', 'c', 'sql', 'plpgsql') or (l.lanname in ('internal', 'c') and l.lanpltrusted)`),
  rule('publication-unfiltered', 'A publication lets one organization out, and filters its rows.', `
    select p.pubname::text, 'all tables' from pg_publication p where p.puballtables
    union all select p.pubname::text, 'a whole schema' from pg_publication p join pg_publication_namespace s on s.pnpubid = p.oid
    union all select p.pubname::text, r.prrelid::regclass::text || ' without a filter by organization' from pg_publication p join pg_publication_rel r on r.prpubid = p.oid
     where coalesce(pg_get_expr(r.prqual, r.prrelid), '') !~ '^\\(organization_id = ''[0-9a-f-]{36}''::uuid\\)$'`),
  rule('event-trigger', 'There are no event triggers.', `select e.evtname::text, 'event trigger' from pg_event_trigger e`),
  rule('large-object', 'There are no large objects: they know no organization.', `select m.oid::text, 'large object' from pg_largeobject_metadata m`),
]

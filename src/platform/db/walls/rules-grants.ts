// Rules about rights: what sec.wall gives and not a letter more, nothing to everybody, and roles that cannot become others.
import { ALL_ROLES, OWNING_ROLES, rule, RUNTIME, SCHEMAS, TABLE_NAME, TENANT_TABLES, type Rule } from './rule.ts'

const GRANT = `cross join lateral aclexplode(c.relacl) x left join pg_roles g on g.oid = x.grantee`
const OURS = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname in (${SCHEMAS}, 'public')`
const WHO = `coalesce(g.rolname::text, 'public')`

const TABLE_GRANTS: readonly Rule[] = [
  rule('grant-table', 'On a tenant table the service may select, insert and at most delete; its reader may select.', `
    select ${TABLE_NAME}, x.privilege_type || ' to ' || ${WHO} || case when x.is_grantable then ' with grant option' else '' end from ${TENANT_TABLES} ${GRANT}
     where x.grantee <> c.relowner and (x.is_grantable or ${WHO} not in ('bss_app', 'bss_worker', 'bss_reader', 'bss_gateway', 'bss_search')
        or (${WHO} in ('bss_app', 'bss_worker') and x.privilege_type not in ('SELECT', 'INSERT', 'DELETE'))
        or (${WHO} in ('bss_reader', 'bss_search') and x.privilege_type <> 'SELECT')
        or (${WHO} = 'bss_gateway' and x.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')))`),
  rule('grant-gateway', 'The gateway has rights only where its policy stands.', `
    select ${TABLE_NAME}, x.privilege_type || ' to bss_gateway' from ${TENANT_TABLES} ${GRANT}
     where ${WHO} = 'bss_gateway' and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'gateway')`),
  rule('grant-column', 'Column rights are the right to update, and never organization_id.', `
    select ${TABLE_NAME} || '.' || a.attname, x.privilege_type || ' to ' || ${WHO} from ${TENANT_TABLES} join pg_attribute a on a.attrelid = c.oid
     cross join lateral aclexplode(a.attacl) x left join pg_roles g on g.oid = x.grantee
     where x.is_grantable or x.privilege_type <> 'UPDATE' or a.attname = 'organization_id' or ${WHO} not in ('bss_app', 'bss_worker', 'bss_gateway')`),
  rule('grant-other-table', 'Tables outside the schema of the tenants are for the gateway alone.', `
    select ${TABLE_NAME}, x.privilege_type || ' to ' || ${WHO} from ${OURS} ${GRANT}
     where n.nspname <> 'bss' and c.relkind in ('r', 'p', 'v', 'm') and x.grantee <> c.relowner and (${WHO} <> 'bss_gateway' or x.is_grantable or x.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
    union all
    select ${TABLE_NAME} || '.' || a.attname, x.privilege_type || ' to ' || ${WHO} from ${OURS} join pg_attribute a on a.attrelid = c.oid
     cross join lateral aclexplode(a.attacl) x left join pg_roles g on g.oid = x.grantee where n.nspname <> 'bss' and ${WHO} <> 'bss_gateway'`),
  rule('grant-seal-key', 'Nobody but the gateway and the owner can read the keys of the seal, and the gateway cannot change them.', `
    select r.rolname::text, 'can read or change sec.seal_key' from pg_roles r
     where r.rolname in (${ALL_ROLES}) and r.rolname <> 'bss_owner'
       and (has_table_privilege(r.oid, 'sec.seal_key', 'insert') or has_any_column_privilege(r.oid, 'sec.seal_key', 'update') or has_table_privilege(r.oid, 'sec.seal_key', 'delete, truncate')
         or (r.rolname <> 'bss_gateway' and has_any_column_privilege(r.oid, 'sec.seal_key', 'select')))`),
  rule('grant-sequence', 'Sequences are granted to nobody: identity columns need no right, and the last value tells the business of all.', `
    select ${TABLE_NAME}, x.privilege_type || ' to ' || ${WHO} from ${OURS} ${GRANT} where c.relkind = 'S' and x.grantee <> c.relowner`),
  rule('owner-table', 'The owner owns every table, view and sequence.', `
    select ${TABLE_NAME}, 'is owned by ' || pg_get_userbyid(c.relowner) from ${OURS} where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and pg_get_userbyid(c.relowner) <> 'bss_owner'`),
]

const PUBLIC_GRANTS: readonly Rule[] = [
  rule('public-table', 'Everybody has nothing on tables, views and sequences.', `
    select ${TABLE_NAME}, x.privilege_type || ' to everybody' from ${OURS} ${GRANT} where x.grantee = 0`),
  rule('public-schema', 'Everybody has nothing on the schemas.', `
    select n.nspname::text, x.privilege_type || ' to everybody' from pg_namespace n cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
     where x.grantee = 0 and n.nspname not in ('pg_catalog', 'information_schema')`),
  rule('public-function', 'Everybody may execute nothing of the product.', `
    select p.oid::regprocedure::text, 'can be executed by everybody' from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0 and n.nspname not in ('pg_catalog', 'information_schema')`),
  rule('public-database', 'Everybody has nothing on the database, not even to connect.', `
    select d.datname::text, x.privilege_type || ' to everybody' from pg_database d cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
     where x.grantee = 0 and d.datname = current_database()`),
  rule('public-default', 'No default privilege gives away what will be created tomorrow.', `
    select coalesce(n.nspname::text, 'all schemas') || ' ' || d.defaclobjtype::text, x.privilege_type || ' to ' || coalesce(g.rolname::text, 'everybody') from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
     cross join lateral aclexplode(d.defaclacl) x left join pg_roles g on g.oid = x.grantee where x.grantee <> d.defaclrole`),
]

const ROLE_RULES: readonly Rule[] = [
  rule('grant-schema', 'Nobody may create in a schema, and schemas are open to those who work in them.', `
    select n.nspname::text, x.privilege_type || ' to ' || ${WHO} from pg_namespace n cross join lateral aclexplode(n.nspacl) x left join pg_roles g on g.oid = x.grantee
     where n.nspname in (${SCHEMAS}, 'public') and x.grantee <> n.nspowner and x.grantee <> 0 and not (
       (n.nspname in ('bss', 'sec') and x.privilege_type = 'USAGE' and ${WHO} in ('bss_app', 'bss_worker', 'bss_reader', 'bss_gateway', 'bss_search'))
       or (n.nspname in ('sec', 'platform') and x.privilege_type = 'USAGE' and ${WHO} in ('bss_admin', 'bss_gateway'))
       or (n.nspname = 'public' and ${WHO} = 'bss_owner') or g.oid = (select datdba from pg_database where datname = current_database()))`),
  rule('grant-database', 'The roles may connect to the database and neither create nor use temporary tables in it.', `
    select r.rolname::text, 'may create in the database or make temporary tables' from pg_roles r
     where r.rolname in (${RUNTIME}, 'bss_gateway', 'bss_search') and (has_database_privilege(r.oid, current_database(), 'create') or has_database_privilege(r.oid, current_database(), 'temp'))`),
  rule('grant-catalog', 'Nothing of the catalogue was opened further than PostgreSQL ships it.', `
    select p.oid::regprocedure::text, x.privilege_type || ' to ' || coalesce(g.rolname::text, 'everybody') from pg_proc p join pg_init_privs i on i.classoid = 'pg_proc'::regclass and i.objoid = p.oid
     cross join lateral aclexplode(p.proacl) x left join pg_roles g on g.oid = x.grantee
     where p.pronamespace = 'pg_catalog'::regnamespace and not exists (select from aclexplode(i.initprivs) o where o.grantee = x.grantee and o.privilege_type = x.privilege_type)
       and (x.grantee = 0 or g.rolname in (${ALL_ROLES}))
    union all
    select c.relname::text, x.privilege_type || ' to ' || coalesce(g.rolname::text, 'everybody') from pg_class c left join pg_init_privs i on i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = 0
     cross join lateral aclexplode(c.relacl) x left join pg_roles g on g.oid = x.grantee
     where c.relnamespace = 'pg_catalog'::regnamespace and not exists (select from aclexplode(i.initprivs) o where o.grantee = x.grantee and o.privilege_type = x.privilege_type)
       and (x.grantee = 0 or g.rolname in (${ALL_ROLES}))`),
  rule('role-exists', 'The seven roles exist.', `
    select wanted.name, 'there is no such role' from unnest(array[${ALL_ROLES}]) as wanted (name) where not exists (select from pg_roles r where r.rolname = wanted.name)`),
  rule('role-attributes', 'No role is a superuser, bypasses row security, creates roles or databases, replicates or inherits.', `
    select r.rolname::text, 'superuser, bypassrls, createrole, createdb, replication or inherit' from pg_roles r
     where r.rolname in (${ALL_ROLES}) and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolinherit)`),
  rule('role-login', 'Owners cannot log in.', `
    select r.rolname::text, 'can log in' from pg_roles r where r.rolname in (${OWNING_ROLES.map((name) => `'${name}'`).join(', ')}) and r.rolcanlogin`),
  rule('role-member', 'A role that logs in is a member of nothing.', `
    select m.member::regrole::text, 'is a member of ' || m.roleid::regrole::text from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname in (${RUNTIME}, 'bss_gateway', 'bss_search')`),
  rule('role-members', 'Nobody is a member of the roles but the owner, who may become the gateway, and the role that migrates.', `
    select m.roleid::regrole::text, 'has the member ' || m.member::regrole::text || case when m.inherit_option then ' inheriting' else '' end from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
     where r.rolname in (${ALL_ROLES}) and not u.rolsuper
       and not (u.rolname = 'bss_owner' and r.rolname in ('bss_gateway', 'bss_search') and not m.inherit_option and not m.admin_option)
       and not (u.oid = (select datdba from pg_database where datname = current_database()) or (u.rolcreaterole and u.rolname not in (${ALL_ROLES})))`),
  rule('role-settings', 'No setting of a role or of the database weakens the walls or brings a context along.', `
    select coalesce(r.rolname::text, 'database'), setting from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole cross join lateral unnest(s.setconfig) as setting
     where (s.setrole = 0 or r.rolname in (${ALL_ROLES})) and (s.setdatabase = 0 or s.setdatabase = (select oid from pg_database where datname = current_database()))
       and split_part(setting, '=', 1) in ('row_security', 'session_replication_role', 'app.ctx', 'search_path', 'role', 'local_preload_libraries', 'session_preload_libraries', 'check_function_bodies')`),
]

export const GRANT_RULES: readonly Rule[] = [...TABLE_GRANTS, ...PUBLIC_GRANTS, ...ROLE_RULES]

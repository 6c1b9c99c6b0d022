// A rule of the catalogue: a sentence about every object, and the query that gives the objects for which it does not hold.

export interface Rule {
  /** `table-forced`: what an allow-list entry and a report name it by. */
  readonly id: string
  readonly sentence: string
  /** Gives two columns of text: the object, and what is wrong with it. No row means the rule holds. */
  readonly query: string
}
export interface Violation {
  readonly rule: string
  readonly sentence: string
  readonly object: string
  readonly detail: string
}

export const rule = (id: string, sentence: string, query: string): Rule => ({ id, sentence, query })

/** The seven roles of the product. The role that migrates is not among them: it never serves a request. */
export const RUNTIME_ROLES = ['bss_app', 'bss_worker', 'bss_reader', 'bss_admin'] as const
export const OWNING_ROLES = ['bss_owner', 'bss_gateway', 'bss_search'] as const

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')
export const RUNTIME = quoted(RUNTIME_ROLES)
export const ALL_ROLES = quoted([...RUNTIME_ROLES, ...OWNING_ROLES])
/** The schemas of the product. */
export const SCHEMAS = `'bss', 'sec', 'platform'`

/** Tables of the organizations, partitioned ones and their partitions included. */
export const TENANT_TABLES = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'bss' and c.relkind in ('r', 'p')`
export const TABLE_NAME = `n.nspname || '.' || c.relname`

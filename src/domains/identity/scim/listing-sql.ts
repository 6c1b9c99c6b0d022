// Lists of a resource in a fixed number of statements: for each index by which a filter may find its candidates, one that counts and one
// that gives a window. The filter itself is a parameter that bss.scim_matches judges, so that no filter makes a statement of its own.
import * as column from '../../../platform/db/row.ts'
import { read, type Statement } from '../../../platform/db/statement.ts'
import type { Param } from '../../../platform/db/wire.ts'
import type { Writing } from './directory.ts'
import type { Index, Plan } from './filter-plan.ts'

/** SQL by which candidates are found, given the parameter that has the values. */
export type Candidates = Partial<Readonly<Record<Index, (values: string) => string>>>
interface Listing<S extends column.RowShape> {
  readonly columns: string
  readonly from: string
  readonly alias: string
  readonly met: string
  readonly facts: string
  readonly sorts: Readonly<Record<string, string>>
  readonly indexes: Candidates
  readonly shape: S
  /** A parameter of the columns and facts, beside $2, the connection. */
  readonly more?: string
}
export interface Window {
  readonly plan: Plan | null
  readonly sortBy: string | null
  readonly isDescending: boolean
  readonly offset: number
  readonly limit: number
  readonly afterId: string | null
}
export interface Listed<R> {
  readonly sorts: ReadonlySet<string>
  count(tx: Writing, connectionId: string | null, plan: Plan | null, more?: Param): Promise<number>
  window(tx: Writing, connectionId: string | null, window: Window, more?: Param): Promise<R[]>
}

/** $2 connection, $3 filter, then the listing's own parameter when it has one, then the rest. */
export function listStatements<S extends column.RowShape>({ columns, from, alias, met, facts, sorts, indexes, shape, more }: Listing<S>): Listed<column.Row<S>> {
  const next = more === undefined ? 4 : 5
  const where = (candidates: string): string => `${alias}.organization_id = $1 and ${met} and ${candidates} and ($3::jsonb is null or bss.scim_matches($3::jsonb, ${facts}))${more === undefined ? '' : ` and $4::${more} is not null`}`
  const key = `case $${next}::text ${Object.entries(sorts).map(([name, of]) => `when '${name}' then ${of}`).join(' ')} end`
  const order = `(case when $${next + 1}::bool then null else ${key} end) collate "C" asc nulls last, (case when $${next + 1}::bool then ${key} end) collate "C" desc nulls last, ${alias}.id`
  const both = (index: Index | 'all') => {
    const find = index === 'all' ? undefined : indexes[index]
    const counted: string = `select count(*) as total from ${from} where ${where(find === undefined ? 'true' : find(`$${next}`))}`
    const shown: string = `select ${columns} from ${from} where ${where(find === undefined ? 'true' : find(`$${next + 5}`))} and ($${next + 4}::uuid is null or ${alias}.id > $${next + 4}::uuid)
        order by ${order} offset $${next + 2}::int limit $${next + 3}::int`
    return { count: read('members:write', counted, { total: column.int }), window: read('members:write', shown, shape) }
  }
  const all = both('all')
  const found = new Map<Index, { count: Statement<'read', 'members:write', { total: number }>; window: Statement<'read', 'members:write', column.Row<S>> }>()
  for (const index of INDEXES) if (indexes[index] !== undefined) found.set(index, both(index))
  const pick = (plan: Plan | null) => {
    const by = plan?.by ?? null
    const statements = by === null ? undefined : found.get(by.index)
    return statements === undefined ? { statements: all, values: [] } : { statements, values: [by?.values ?? []] }
  }
  const first = (connectionId: string | null, plan: Plan | null, own: Param | undefined): Param[] => [connectionId, plan === null ? null : JSON.stringify(plan.node), ...(own === undefined ? [] : [own])]
  return {
    sorts: new Set(Object.keys(sorts)),
    count: async (tx, connectionId, plan, own) => {
      const { statements, values } = pick(plan)
      return (await tx.one('count', statements.count, [...first(connectionId, plan, own), ...values])).total
    },
    window: (tx, connectionId, { plan, sortBy, isDescending, offset, limit, afterId }, own) => {
      const { statements, values } = pick(plan)
      return tx.rows(statements.window, [...first(connectionId, plan, own), sortBy, isDescending, offset, limit, afterId, ...values])
    },
  }
}
const INDEXES: readonly Index[] = ['id', 'userName', 'externalId', 'email', 'displayName', 'member']

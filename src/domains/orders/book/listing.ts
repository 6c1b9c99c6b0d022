// The list of orders as statements: one text for each combination of filters and sort order that is really used, so that each has
// a plan of its own; one text with all conditions would have to fit every organization and every question, and fits none.
import type { PartyId } from '../../../kernel/ids.ts'
import { isDay } from '../../../kernel/instant.ts'
import { Problem } from '../../../kernel/problem.ts'
import { pageFrom, readCursor } from '../../../kernel/page.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import * as column from '../../../platform/db/row.ts'
import type { Order, OrderSummary } from '../document/contract.ts'
import { HEAD, HEAD_FROM, headShape, LINES, orderShape } from '../document/store.ts'
import type { ORDER_SORTS } from './contract.ts'

export interface OrderFilter {
  readonly status?: string
  readonly customerId?: PartyId
  readonly siteId?: string
  readonly itemId?: string
  readonly orderedFrom?: string
  readonly orderedUntil?: string
  readonly requestedFrom?: string
  readonly requestedTo?: string
  readonly promisedFrom?: string
  readonly promisedTo?: string
  readonly isHeld?: boolean
  readonly isBackordered?: boolean
}
export interface Wanted {
  readonly filter: OrderFilter
  readonly q?: string | undefined
  readonly sort: (typeof ORDER_SORTS)[number]
  readonly limit: number
  readonly after?: string | undefined
}

/** Conditions by filter; `?` becomes the parameter. All operators are leakproof, or the indexes would be of no use behind the wall. */
const CONDITIONS = {
  status: 'o.status = ?',
  customerId: 'o.customer_id = ?::uuid',
  siteId: 'o.site_id = ?::uuid',
  itemId: 'o.id in (select l.order_id from bss.sales_order_line l where l.organization_id = $1 and l.item_id = ?::uuid)',
  orderedFrom: 'o.ordered_at >= ?::timestamptz',
  orderedUntil: 'o.ordered_at < ?::timestamptz',
  requestedFrom: 'o.requested_on >= ?::date',
  requestedTo: 'o.requested_on <= ?::date',
  promisedFrom: 'o.promised_on >= ?::date',
  promisedTo: "coalesce(o.promised_on, 'infinity'::date) <= ?::date",
} as const
const FLAGS = { isHeld: 'o.is_held', isBackordered: 'o.is_backordered' } as const
const isName = (name: string): name is keyof typeof CONDITIONS => Object.hasOwn(CONDITIONS, name)
const isFlag = (name: string): name is keyof typeof FLAGS => Object.hasOwn(FLAGS, name)

interface SortKey {
  readonly sql: string
  readonly cast: string
  /** Whether a part of a cursor can be a value of this key. */
  readonly fits: (text: string) => boolean
}
const isDate = (text: string): boolean => text === 'infinity' || isDay(text)
const isTime = (text: string): boolean => /^[0-9-]{10} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?\+00$/.test(text) && isDay(text.slice(0, 10))
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SORTS = {
  orderedAt: { sql: 'o.ordered_at', cast: 'timestamptz', fits: isTime },
  requestedOn: { sql: 'o.requested_on', cast: 'date', fits: isDate },
  promisedOn: { sql: "coalesce(o.promised_on, 'infinity'::date)", cast: 'date', fits: isDate },
  number: { sql: 'o.number', cast: 'text', fits: (text) => /^[^\0]{1,60}$/.test(text) },
} as const satisfies Readonly<Record<string, SortKey>>
const isSort = (name: string): name is keyof typeof SORTS => Object.hasOwn(SORTS, name)

const cursorRefused = (): Problem => new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })

function textOf(wanted: Wanted, columns: string): { text: string; params: (string | number)[] } {
  const params: (string | number)[] = []
  const bind = (value: string | number): string => `$${params.push(value) + 1}`
  const conditions: string[] = []
  for (const [name, value] of Object.entries({ ...wanted.filter } satisfies Record<string, string | boolean | undefined>)) {
    if (isName(name) && typeof value === 'string') conditions.push(CONDITIONS[name].replace('?', () => bind(value)))
    if (isFlag(name) && typeof value === 'boolean') conditions.push(value ? FLAGS[name] : `not ${FLAGS[name]}`)
  }
  if (wanted.q !== undefined) {
    // Two index ranges instead of a pattern: a prefix is all text from itself up to itself followed by the last character there is.
    const [from, to] = [bind(wanted.q), bind(`${wanted.q}\u{10ffff}`)]
    conditions.push(`o.id in (select n.id from bss.sales_order n where n.organization_id = $1 and n.number >= ${from} and n.number <= ${to}
      union all select e.id from bss.sales_order e where e.organization_id = $1 and e.external_ref >= ${from} and e.external_ref <= ${to})`)
  }
  const isDescending = wanted.sort.startsWith('-')
  const name = isDescending ? wanted.sort.slice(1) : wanted.sort
  const key: SortKey = SORTS[isSort(name) ? name : 'orderedAt']
  if (wanted.after !== undefined) {
    const [value, id] = readCursor(wanted.after, 2) ?? []
    if (typeof value !== 'string' || typeof id !== 'string' || !key.fits(value) || !UUID.test(id)) throw cursorRefused()
    conditions.push(`(${key.sql}, o.id) ${isDescending ? '<' : '>'} (${bind(value)}::${key.cast}, ${bind(id)}::uuid)`)
  }
  const where = conditions.map((condition) => ` and ${condition}`).join('')
  const direction = isDescending ? 'desc' : 'asc'
  // The page is cut first and joined afterwards, so that the names of customers and sites are looked up for its rows only.
  const text = `with page as materialized (select o.* from bss.sales_order o where o.organization_id = $1${where} order by ${key.sql} ${direction}, o.id ${direction} limit ${bind(wanted.limit + 1)}::int)
    select ${columns}, (${key.sql})::text as sort_key ${HEAD_FROM.replace('bss.sales_order o', 'page o')} where o.organization_id = $1 order by ${key.sql} ${direction}, o.id ${direction}`
  return { text, params }
}

// The key of the cursor is the database's own text: an instant shown to the caller has milliseconds, the sort order has microseconds.
const summaryStatement = (text: string) => read('orders:read', text, { ...headShape, sortKey: column.text })
const wholeStatement = (text: string) => read('orders:read', text, { ...orderShape, sortKey: column.text })
const summaries = new Map<string, ReturnType<typeof summaryStatement>>()
const wholes = new Map<string, ReturnType<typeof wholeStatement>>()
function remembered<S>(known: Map<string, S>, text: string, make: (text: string) => S): S {
  const found = known.get(text)
  if (found !== undefined) return found
  const made = make(text)
  known.set(text, made)
  return made
}

function cut<T extends { readonly id: string; readonly sortKey: string }>(rows: readonly T[], limit: number): { items: Omit<T, 'sortKey'>[]; nextCursor: string | null } {
  const page = pageFrom(rows, limit, (row) => [row.sortKey, row.id])
  return { items: page.items.map(({ sortKey: _sortKey, ...order }) => order), nextCursor: page.nextCursor }
}
/** The statement and parameters of one page of orders without their lines, and how its rows become the page. */
export function orderPage(wanted: Wanted) {
  const { text, params } = textOf(wanted, HEAD)
  return { statement: remembered(summaries, text, summaryStatement), params, page: (rows: readonly (OrderSummary & { readonly sortKey: string })[]): { items: OrderSummary[]; nextCursor: string | null } => cut(rows, wanted.limit) }
}

/** A page of orders with their lines, for exports. */
export async function wholeOrders(tx: Tx<'read', 'orders:read'>, wanted: Wanted): Promise<{ items: readonly Order[]; nextCursor: string | null }> {
  const { text, params } = textOf(wanted, `${HEAD}, ${LINES}`)
  return cut(await tx.rows(remembered(wholes, text, wholeStatement), params), wanted.limit)
}

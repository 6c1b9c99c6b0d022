// The list of returns: one statement for each combination of filters and order that is really used.
import { isDay } from '../../../kernel/instant.ts'
import { pageFrom, readCursor } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import { isUuid } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { ReturnSummary } from './contract.ts'
import { HEAD, headShape } from './document.ts'

const CONDITIONS = {
  status: 's.status = ?', customerId: 's.customer_id = ?::uuid', siteId: 's.site_id = ?::uuid', number: 's.number = ?', externalRef: 's.external_ref = ?',
  orderId: 's.id in (select x.return_id from bss.sales_return_line x where x.organization_id = $1 and x.order_id = ?::uuid)',
} as const
type FilterName = keyof typeof CONDITIONS
const NAMES: readonly FilterName[] = ['status', 'customerId', 'siteId', 'orderId', 'number', 'externalRef']
const isTime = (text: string): boolean => /^[0-9-]{10} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?\+00$/.test(text) && isDay(text.slice(0, 10))
const SORTS = {
  requestedAt: { sql: 's.requested_at', cast: 'timestamptz', fits: isTime },
  number: { sql: 's.number', cast: 'text', fits: (text: string) => !text.includes('\0') },
} as const

export interface WantedReturns {
  readonly filters: Readonly<Record<FilterName, string | undefined>>
  readonly sort: 'requestedAt' | '-requestedAt' | 'number' | '-number'
  readonly limit: number
  readonly after: string | undefined
}
const statements = new Map<string, ReturnType<typeof statementOf>>()
const statementOf = (text: string) => read('orders:read', `select ${HEAD}, s.requested_at::text as sort_time from bss.sales_return s where s.organization_id = $1${text}`, { ...headShape, sortTime: column.text })

/** One page of returns. */
export async function listReturns(tx: Tx<'read', 'orders:read'>, wanted: WantedReturns): Promise<{ items: ReturnSummary[]; nextCursor: string | null }> {
  const params: (string | number)[] = []
  const bind = (value: string | number): string => `$${params.push(value) + 1}`
  const key = wanted.sort.endsWith('number') ? SORTS.number : SORTS.requestedAt
  const [direction, sign] = wanted.sort.startsWith('-') ? ['desc', '<'] : ['asc', '>']
  let text = ''
  for (const name of NAMES) {
    const value = wanted.filters[name]
    if (value !== undefined) text += ` and ${CONDITIONS[name].replace('?', bind(value))}`
  }
  if (wanted.after !== undefined) {
    const [at, id] = readCursor(wanted.after, 2) ?? []
    if (typeof at !== 'string' || typeof id !== 'string' || !key.fits(at) || !isUuid(id)) throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
    text += ` and (${key.sql}, s.id) ${sign} (${bind(at)}::${key.cast}, ${bind(id)}::uuid)`
  }
  text += ` order by ${key.sql} ${direction}, s.id ${direction} limit ${bind(wanted.limit + 1)}::int`
  const statement = statements.get(text) ?? statementOf(text)
  statements.set(text, statement)
  const page = pageFrom(await tx.rows(statement, params), wanted.limit, (row) => [key === SORTS.number ? row.number : row.sortTime, row.id])
  return { items: page.items.map(({ sortTime: _time, ...row }) => row), nextCursor: page.nextCursor }
}

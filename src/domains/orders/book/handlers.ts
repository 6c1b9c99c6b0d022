import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers, Line } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { moneyOf } from '../../../kernel/money.ts'
import { PAGE_LIMIT_DEFAULT, pageFrom, readCursor } from '../../../kernel/page.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { orderById } from '../document/store.ts'
import { type bookApi, EXPORT_ORDERS_MAX, type ExportedLine, type ExportQuery, type OrderMoney, type OrderQuery } from './contract.ts'
import { type OrderFilter, orderPage, type Wanted, wholeOrders } from './listing.ts'
import * as store from './store.ts'

/** `filter[status]` → `status`. */
const filterOf = (input: OrderQuery): OrderFilter =>
  Object.fromEntries(Object.entries(input).flatMap(([name, value]) => (name.startsWith('filter[') ? [[name.slice(7, -1), value]] : [])))

async function money(database: Database, ctx: Ctx<'orders:read' | 'price:read'>, orderId: OrderMoney['orderId']): Promise<OrderMoney> {
  const [rows] = await database.fetch(ctx, query(store.moneyOfOrder, [orderId]))
  const [first] = rows
  if (first === undefined) throw notFound('order with prices')
  const { currency } = first
  return {
    orderId, currency, total: moneyOf(first.totalMinor, currency), unpricedLines: first.unpricedLines,
    lines: rows.flatMap(({ lineId, lineNumber, unitPrice, amountMinor }) =>
      lineId === null || lineNumber === null || unitPrice === null || amountMinor === null ? [] : [{ lineId, lineNumber, unitPrice, amount: moneyOf(amountMinor, currency) }]),
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
function timelineStart(after: string | undefined): string | null {
  if (after === undefined) return null
  const [id] = readCursor(after, 1) ?? []
  if (typeof id === 'string' && UUID.test(id)) return id
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}

const EXPORT_PAGE = 100

/** Page after page, each a short read of its own: an export of any length holds no snapshot and needs the memory of one page. */
async function* exported(database: Database, ctx: Ctx<'orders:read'>, line: number, wanted: ExportQuery): AsyncGenerator<ExportedLine, void, void> {
  let after: string | undefined = wanted.after
  for (let count = 0; count < EXPORT_ORDERS_MAX; ) {
    const page: Wanted = { filter: wanted.filter ?? {}, q: wanted.q, sort: 'orderedAt', limit: EXPORT_PAGE, after }
    const { items, nextCursor } = await database.read(ctx, (tx) => wholeOrders(tx, page))
    for (const order of items) yield { line, order }
    count += items.length
    if (nextCursor === null) return
    after = nextCursor
  }
  yield { line, code: 'limit', pointer: '/after', message: `An export has at most ${EXPORT_ORDERS_MAX} orders; go on with this cursor as "after".`, ...(after === undefined ? {} : { cursor: after }) }
}
async function* exportAll(database: Database, ctx: Ctx<'orders:read'>, lines: AsyncIterable<Line<ExportQuery>, unknown, unknown>): AsyncGenerator<ExportedLine, void, void> {
  for await (const entry of lines) {
    if ('refused' in entry) yield { line: entry.line, ...entry.refused }
    else yield* exported(database, ctx, entry.line, entry.value)
  }
}

export const bookHandlers = (database: Database): Handlers<typeof bookApi> => ({
  listOrders: async ({ ctx, query: input }) => {
    const { statement, params, page } = orderPage({ filter: filterOf(input), q: input.q, sort: input.sort ?? '-orderedAt', limit: input.limit ?? PAGE_LIMIT_DEFAULT, after: input.after })
    const [rows] = await database.fetch(ctx, query(statement, params))
    return page(rows)
  },
  getOrder: async ({ ctx, params }) => {
    const [[order]] = await database.fetch(ctx, query(orderById, [params.orderId]))
    if (order === undefined) throw notFound('order')
    return order
  },
  getOrderMoney: ({ ctx, params }) => money(database, ctx, params.orderId),
  getOrderTimeline: async ({ ctx, params, query: input }) => {
    const limit = input.limit ?? PAGE_LIMIT_DEFAULT
    const start = timelineStart(input.after)
    const [orders, rows] = await database.fetch(ctx, query(store.orderExists, [params.orderId]), query(store.timelineOfOrder, [params.orderId, start, limit + 1]))
    if (orders.length === 0) throw notFound('order')
    const page = pageFrom(rows, limit, (row) => [row.id])
    return { items: [...page.items], nextCursor: page.nextCursor }
  },
  exportOrders: ({ ctx, lines }) => exportAll(database, ctx, lines),
  createOrderView: ({ ctx, body }) =>
    database.write(ctx, async (tx) => {
      const id = newId<'OrderView'>()
      const { filter: kept, ...row } = await tx.one('view', store.insertView, [id, body.name, JSON.stringify({ filter: body.filter, ...(body.q === undefined ? {} : { q: body.q }) }), body.sort])
      tx.changed({ entity: 'order_view', id, action: 'created', after: body })
      return { ...row, ...kept }
    }),
  listOrderViews: async ({ ctx }) => {
    const [rows] = await database.fetch(ctx, query(store.allViews))
    return { items: rows.map(({ filter: kept, ...row }) => ({ ...row, ...kept })) }
  },
  deleteOrderView: ({ ctx, params, expectedVersion }) =>
    database.write(ctx, async (tx) => {
      const { rowVersion } = await tx.one('view', store.lockView, [params.viewId])
      if (rowVersion !== expectedVersion) throw new Problem('stale', 'The view has changed since you read it.')
      await tx.rows(store.deleteView, [params.viewId])
      tx.changed({ entity: 'order_view', id: params.viewId, action: 'deleted' })
      return null
    }),
})

import type { EventPayload, EventType } from '../../../kernel/event.ts'
import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers, Line } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { Emitted } from '../../../platform/db/tx.ts'
import { inBatches } from '../../../platform/http/batches.ts'
import type { Order } from '../document/contract.ts'
import { orderPlaced } from '../events.ts'
import type { BulkOrder, NewOrder, NewPricedOrder, placementsApi, PlacedLine } from './contract.ts'
import { bulkFaultsOf, faultsOf, refuseFaults } from './rules.ts'
import * as store from './store.ts'

const occurred = <E extends EventType>(event: E, aggregateId: string, payload: EventPayload<E>): Emitted => ({ id: newId(), topic: event.name, aggregate: event.aggregate, aggregateId, payload })

const placedEvent = (order: store.Placing, isDraft: boolean): Emitted =>
  occurred(orderPlaced, order.id, { orderId: order.id, customerId: order.customerId ?? null, siteId: order.siteId ?? null, lineCount: order.lines.length, isDraft })

function answer(order: store.Placing, rows: readonly store.PlacedRow[]): Order {
  const [row] = rows
  if (row === undefined) throw new TypeError('Placing an order gave no row.')
  return store.placedOrder(order, row)
}

async function place(database: Database, ctx: Ctx<'orders:write'>, body: NewOrder, status: store.PlacingStatus): Promise<Order> {
  refuseFaults(faultsOf(body))
  const order = store.withIds(body)
  const rows = await database.command(ctx, {
    ...store.atListPrices([order], status),
    changes: [{ entity: 'order', id: order.id, action: status === 'draft' ? 'drafted' : 'placed' }],
    events: [placedEvent(order, status === 'draft')],
  })
  return answer(order, rows)
}

async function placePriced(database: Database, ctx: Ctx<'orders:write' | 'price:write'>, body: NewPricedOrder): Promise<Order> {
  refuseFaults(faultsOf(body))
  const order = store.withIds(body)
  const rows = await database.command(ctx, {
    ...store.atGivenPrices([order], false),
    changes: [{ entity: 'order', id: order.id, action: 'placed' }],
    events: [placedEvent(order, false)],
  })
  return answer(order, rows)
}

/** A group shares a transaction: large enough that its commit costs little an order, small enough to lock nobody out for long. */
const GROUP_ORDERS_MAX = 64
const GROUP_LINES_MAX = 2_000

interface Entry {
  readonly line: number
  readonly order: store.Placing
}
type BulkCtx = Ctx<'orders:write' | 'price:write'>

async function placeGroup(database: Database, ctx: BulkCtx, group: readonly Entry[]): Promise<PlacedLine[]> {
  return database.write(ctx, async (tx) => {
    const { statement, params } = store.atGivenPrices(group.map(({ order }) => order), true)
    const rows = await tx.rows(statement, params)
    return group.map(({ line, order }, index): PlacedLine => {
      const row = rows[index]
      if (row === undefined) throw new TypeError('An order of the group has no result.')
      if (row.outcome === 'refused') return { line, outcome: 'refused', code: row.code ?? 'invalid', pointer: row.pointer ?? '', message: row.message ?? 'This order cannot be placed.' }
      const known = { line, id: row.orderId, ...(row.number === null ? {} : { number: row.number }), isBackordered: row.isBackordered }
      if (row.outcome === 'unchanged') return { ...known, outcome: 'unchanged' }
      tx.changed({ entity: 'order', id: order.id, action: 'placed' })
      tx.emit(orderPlaced, order.id, { orderId: order.id, customerId: row.customerId, siteId: row.siteId, lineCount: order.lines.length, isDraft: false })
      return { ...known, outcome: 'created', reservedLines: row.reservedLines }
    })
  })
}

/** One bad order does not spoil the others: a group that fails as a whole is done again one by one. */
async function placeEach(database: Database, ctx: BulkCtx, group: readonly Entry[]): Promise<PlacedLine[]> {
  try {
    return await placeGroup(database, ctx, group)
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    const [only] = group
    if (group.length === 1 && only !== undefined) {
      const [first] = error.errors
      return [{ line: only.line, outcome: 'refused', code: first?.code ?? error.code, pointer: first?.pointer ?? '', message: first?.message ?? error.message }]
    }
    const results: PlacedLine[] = []
    for (const entry of group) results.push(...(await placeEach(database, ctx, [entry])))
    return results
  }
}

const placeAll = (database: Database, ctx: BulkCtx, lines: AsyncIterable<Line<BulkOrder>, unknown, unknown>): AsyncGenerator<PlacedLine, void, void> =>
  inBatches<BulkOrder, PlacedLine>(lines, {
    nameOf: ({ external }) => JSON.stringify([external.source, external.ref]),
    check: (order) => bulkFaultsOf(order)[0] ?? null,
    refuse: (line, refused) => ({ line, outcome: 'refused', ...refused }),
    store: async (batch) => {
      const group = batch.map(({ line, value }) => ({ line, order: store.withIds(value) }))
      return new Map((await placeEach(database, ctx, group)).map((result) => [result.line, result]))
    },
    countMax: GROUP_ORDERS_MAX,
    weightOf: (order) => order.lines.length,
    weightMax: GROUP_LINES_MAX,
  })

export const placementsHandlers = (database: Database): Handlers<typeof placementsApi> => ({
  placeOrder: ({ ctx, body }) => place(database, ctx, body, 'confirmed'),
  createOrder: ({ ctx, body }) => place(database, ctx, body, 'draft'),
  placePricedOrder: ({ ctx, body }) => placePriced(database, ctx, body),
  placeOrders: ({ ctx, lines }) => placeAll(database, ctx, lines),
})

import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT, pageFrom, readCursor } from '../../../kernel/page.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { inBatches } from '../../../platform/http/batches.ts'
import type { LineResult } from '../document/contract.ts'
import type { PriceLine, pricesApi } from './contract.ts'
import * as store from './store.ts'

const BATCH_LINES = 500
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/

function startOf(after: string | undefined): readonly [string | null, string | null] {
  if (after === undefined) return [null, null]
  const [item, date] = readCursor(after, 2) ?? []
  if (typeof item === 'string' && typeof date === 'string' && UUID.test(item) && DATE.test(date)) return [item, date]
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}

export const pricesHandlers = (database: Database): Handlers<typeof pricesApi> => ({
  createPriceList: ({ ctx, body }) => database.write(ctx, (tx) => store.createList(tx, body)),
  listPriceLists: async ({ ctx }) => {
    const [items] = await database.fetch(ctx, query(store.allLists))
    return { items }
  },
  updatePriceList: ({ ctx, params, body, expectedVersion }) => database.write(ctx, (tx) => store.changeList(tx, params.priceListId, expectedVersion, body)),
  setPrice: ({ ctx, params, body }) => database.write(ctx, (tx) => store.setPrice(tx, params.priceListId, body)),
  listPrices: async ({ ctx, query: input }) => {
    const limit = input.limit ?? PAGE_LIMIT_DEFAULT
    const list = input['filter[priceListId]']
    const [lists, rows] = await database.fetch(ctx, query(store.listById, [list]), query(store.pricePage, [list, input['filter[itemId]'] ?? null, ...startOf(input.after), limit + 1]))
    if (lists.length === 0) throw notFound('price list')
    const page = pageFrom(rows, limit, (row) => [row.itemId, row.validFrom])
    return { items: [...page.items], nextCursor: page.nextCursor }
  },
  setPrices: ({ ctx, lines }) =>
    inBatches<PriceLine, LineResult>(lines, {
      nameOf: ({ sku, priceListCode }) => JSON.stringify([sku, priceListCode ?? null]), check: () => null, refuse: (line, refused) => ({ line, outcome: 'refused', ...refused }),
      store: (batch) => database.write(ctx, (tx) => store.setPrices(tx, batch)), countMax: BATCH_LINES,
    }),
})

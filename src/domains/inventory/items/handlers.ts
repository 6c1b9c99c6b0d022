import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import { inBatches } from '../bulk.ts'
import { gtinFaults } from '../rules.ts'
import { refuseFaults } from '../sites/handlers.ts'
import type { ItemLineResult, itemsApi } from './contract.ts'
import * as costs from './costs.ts'
import * as store from './store.ts'
import { upsertItems } from './upsert.ts'

export const itemsHandlers = (database: Database): Handlers<typeof itemsApi> => ({
  createItem: async ({ ctx, body }) => {
    refuseFaults(gtinFaults(body.gtin))
    return database.write(ctx, (tx) => store.createItem(tx, body))
  },
  listItems: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listItems(tx, {
        filters: { status: query['filter[status]'], sku: query['filter[sku]'], gtin: query['filter[gtin]'], search: query['filter[search]'], tracking: query['filter[tracking]'] },
        sort: query.sort ?? 'sku', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  getItem: ({ ctx, params }) => database.read(ctx, (tx) => store.getItem(tx, params.itemId)),
  updateItem: async ({ ctx, params, body, expectedVersion }) => {
    refuseFaults(gtinFaults(body.gtin))
    return database.write(ctx, (tx) => store.updateItem(tx, params.itemId, expectedVersion, body))
  },
  upsertItems: ({ ctx, lines }) =>
    inBatches(
      lines,
      (value) => value.sku,
      (value) => gtinFaults(value.gtin)[0] ?? null,
      (line, refused): ItemLineResult => ({ line, outcome: 'refused', ...refused }),
      (batch) => database.write(ctx, (tx) => upsertItems(tx, batch)),
    ),
  listItemUnits: async ({ ctx, params }) => ({ items: await database.read(ctx, (tx) => store.listItemUnits(tx, params.itemId)) }),
  setItemUnit: async ({ ctx, params, body }) => {
    refuseFaults(gtinFaults(body.gtin))
    return database.write(ctx, (tx) => store.setItemUnit(tx, params.itemId, params.unit, body))
  },
  listItemCosts: ({ ctx, params, query }) =>
    database.read(ctx, (tx) => costs.listItemCosts(tx, { filters: { itemId: params.itemId }, sort: '-effectiveOn', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  setItemCost: ({ ctx, params, body }) => database.write(ctx, (tx) => costs.setItemCost(tx, params.itemId, body)),
})

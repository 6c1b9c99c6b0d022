import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { stockApi } from './contract.ts'
import { checkInvariants } from './invariants.ts'
import { explainBalance, explainLevel } from './ledger.ts'
import * as store from './store.ts'

const PROMISE_DAYS_DEFAULT = 14

export const stockHandlers = (database: Database): Handlers<typeof stockApi> => ({
  listBalances: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listBalances(tx, {
        filters: { itemId: query['filter[itemId]'], siteId: query['filter[siteId]'], locationId: query['filter[locationId]'], lotId: query['filter[lotId]'] },
        sort: query.sort ?? 'item', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  listLevels: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listLevels(tx, { filters: { itemId: query['filter[itemId]'], siteId: query['filter[siteId]'] }, sort: query.sort ?? 'item', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after }),
    ),
  listReservations: ({ ctx, query }) =>
    database.read(ctx, (tx) => {
      const filters = { itemId: query['filter[itemId]'], siteId: query['filter[siteId]'], orderId: query['filter[orderId]'], lineId: query['filter[lineId]'] }
      const window = { sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after }
      const status = query['filter[status]']
      return status === undefined ? store.listOpenReservations(tx, { filters, ...window }) : store.listReservations(tx, { filters: { ...filters, status }, ...window })
    }),
  getPromisable: ({ ctx, params, query }) => database.read(ctx, (tx) => store.getPromisable(tx, params.siteId, params.itemId, query.days ?? PROMISE_DAYS_DEFAULT)),
  explainLevel: ({ ctx, params, query }) => database.read(ctx, (tx) => explainLevel(tx, params.siteId, params.itemId, { limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  explainBalance: ({ ctx, params, query }) =>
    database.read(ctx, (tx) => explainBalance(tx, params.itemId, params.locationId, query.lotId ?? null, { limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  checkInvariants: async ({ ctx }) => {
    ctx.needAllSites()
    return database.read(ctx, (tx) => checkInvariants(tx))
  },
})

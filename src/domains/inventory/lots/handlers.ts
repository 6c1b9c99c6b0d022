import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { lotsApi } from './contract.ts'
import * as store from './store.ts'

export const lotsHandlers = (database: Database): Handlers<typeof lotsApi> => ({
  createLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.createLot(tx, params.itemId, body)),
  listLots: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listLots(tx, {
        filters: { itemId: query['filter[itemId]'], status: query['filter[status]'], number: query['filter[number]'], expiresBefore: query['filter[expiresBefore]'] },
        sort: query.sort ?? 'number', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  getLot: ({ ctx, params }) => database.read(ctx, (tx) => store.getLot(tx, params.lotId)),
  holdLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.changeLotStatus(tx, params.lotId, 'on_hold', body.reason)),
  releaseLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.changeLotStatus(tx, params.lotId, 'available', body.reason)),
  quarantineLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.changeLotStatus(tx, params.lotId, 'quarantined', body.reason)),
  damageLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.changeLotStatus(tx, params.lotId, 'damaged', body.reason)),
  recallLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.changeLotStatus(tx, params.lotId, 'recalled', body.reason)),
  scrapLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.changeLotStatus(tx, params.lotId, 'scrapped', body.reason)),
})

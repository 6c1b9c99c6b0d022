import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import type { LotId } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { LotStatus } from '../rules.ts'
import type { Lot, lotsApi } from './contract.ts'
import * as store from './store.ts'

export const lotsHandlers = (database: Database): Handlers<typeof lotsApi> => {
  /** A lot may lie at several sites, and what it is good for is the same at all of them. */
  const become = async (ctx: Ctx<'inventory:read' | 'inventory:write'>, id: LotId, to: LotStatus, reason: string): Promise<Lot> => {
    ctx.needAllSites()
    return database.write(ctx, (tx) => store.changeLotStatus(tx, id, to, reason))
  }
  return {
    createLot: ({ ctx, params, body }) => database.write(ctx, (tx) => store.createLot(tx, params.itemId, body)),
    listLots: ({ ctx, query }) =>
      database.read(ctx, (tx) =>
        store.listLots(tx, {
          filters: { itemId: query['filter[itemId]'], status: query['filter[status]'], number: query['filter[number]'], expiresBefore: query['filter[expiresBefore]'] },
          sort: query.sort ?? 'number', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
        }),
      ),
    getLot: ({ ctx, params }) => database.read(ctx, (tx) => store.getLot(tx, params.lotId)),
    holdLot: ({ ctx, params, body }) => become(ctx, params.lotId, 'on_hold', body.reason),
    releaseLot: ({ ctx, params, body }) => become(ctx, params.lotId, 'available', body.reason),
    quarantineLot: ({ ctx, params, body }) => become(ctx, params.lotId, 'quarantined', body.reason),
    damageLot: ({ ctx, params, body }) => become(ctx, params.lotId, 'damaged', body.reason),
    recallLot: ({ ctx, params, body }) => become(ctx, params.lotId, 'recalled', body.reason),
    scrapLot: ({ ctx, params, body }) => become(ctx, params.lotId, 'scrapped', body.reason),
  }
}

import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import { postingKey } from '../movements/handlers.ts'
import type { countsApi } from './contract.ts'
import { postCount } from './post.ts'
import * as store from './store.ts'
import { getCountTolerance, setCountTolerance } from './tolerance.ts'

export const countsHandlers = (database: Database): Handlers<typeof countsApi> => ({
  planCount: ({ ctx, body }) => database.write(ctx, (tx) => store.planCount(tx, body)),
  listCounts: ({ ctx, query }) =>
    database.read(ctx, (tx) => store.listCounts(tx, { filters: { siteId: query['filter[siteId]'], status: query['filter[status]'], number: query['filter[number]'] }, sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getCount: ({ ctx, params }) => database.read(ctx, (tx) => store.getCount(tx, params.countId)),
  recordCount: ({ ctx, params, body }) => database.write(ctx, (tx) => store.recordCount(tx, params.countId, body)),
  listCountDifferences: ({ ctx, params }) => database.read(ctx, async (tx) => ({ items: await store.countDifferences(tx, params.countId) })),
  recountCount: ({ ctx, params, body }) => database.write(ctx, (tx) => store.recountCount(tx, params.countId, body.locationIds)),
  reviewCount: ({ ctx, params }) => database.write(ctx, (tx) => store.reviewCount(tx, params.countId)),
  approveCount: ({ ctx, params }) => database.write(ctx, (tx) => store.approveCount(tx, params.countId)),
  postCount: ({ ctx, params }) => database.write(ctx, (tx) => postCount(tx, postingKey(ctx), params.countId)),
  getCountTolerance: ({ ctx, params }) => database.read(ctx, (tx) => getCountTolerance(tx, params.siteId)),
  setCountTolerance: ({ ctx, params, body }) => database.write(ctx, (tx) => setCountTolerance(tx, params.siteId, body.worth)),
  cancelCount: ({ ctx, params }) => database.write(ctx, (tx) => store.cancelCount(tx, params.countId)),
})

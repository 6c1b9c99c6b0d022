import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { notFound } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { inBatches } from '../../../platform/http/batches.ts'
import { returnBatch } from './bulk.ts'
import type { ReturnedLine, returnsApi, SoldReturn } from './contract.ts'
import { returnById } from './document.ts'
import { listReturns } from './listing.ts'
import * as store from './store.ts'

/** An entry is worth several commands: fewer to a batch than where lines are rows. */
const BATCH_LINES = 50

/** Names a posting: the caller's own key, or one that is made for this request. */
const postingKey = (ctx: Ctx): string => ctx.facts.idempotency?.key ?? newId()

export const returnsHandlers = (database: Database): Handlers<typeof returnsApi> => ({
  requestReturn: ({ ctx, body }) => database.write(ctx, (tx) => store.requestReturn(tx, body)),
  listReturns: ({ ctx, query: input }) =>
    database.read(ctx, (tx) =>
      listReturns(tx, {
        filters: { status: input['filter[status]'], customerId: input['filter[customerId]'], siteId: input['filter[siteId]'], orderId: input['filter[orderId]'], number: input['filter[number]'], externalRef: input['filter[externalRef]'] },
        sort: input.sort ?? '-requestedAt', limit: input.limit ?? PAGE_LIMIT_DEFAULT, after: input.after,
      }),
    ),
  getReturn: async ({ ctx, params }) => {
    const [[found]] = await database.fetch(ctx, query(returnById, [params.returnId]))
    if (found === undefined) throw notFound('return')
    return found
  },
  approveReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.approveReturn(tx, params.returnId, body.note)),
  rejectReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.rejectReturn(tx, params.returnId, body.reason)),
  cancelReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.cancelReturn(tx, params.returnId, body.reason)),
  awaitReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.awaitReturn(tx, params.returnId, body.trackingReference)),
  receiveReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.receiveReturn(tx, postingKey(ctx), params.returnId, body)),
  inspectReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.inspectReturn(tx, params.returnId, body)),
  disposeReturn: ({ ctx, params, body }) => database.write(ctx, (tx) => store.disposeReturn(tx, postingKey(ctx), params.returnId, body)),
  settleReturn: ({ ctx, params }) => database.write(ctx, (tx) => store.settleReturn(tx, params.returnId)),
  closeReturn: ({ ctx, params }) => database.write(ctx, (tx) => store.closeReturn(tx, params.returnId)),
  returnSold: ({ ctx, lines }) =>
    inBatches<SoldReturn, ReturnedLine>(lines, {
      nameOf: ({ external }) => JSON.stringify([external.source, external.ref]), check: () => null, refuse: (line, refused) => ({ line, outcome: 'refused', ...refused }),
      store: (batch) => returnBatch(database, ctx, batch), countMax: BATCH_LINES,
    }),
})

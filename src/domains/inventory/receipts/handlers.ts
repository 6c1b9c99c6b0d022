import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import { inBatches } from '../bulk.ts'
import { postingKey } from '../movements/handlers.ts'
import { receiveEach, receiveLines } from './bulk-receive.ts'
import type { ReceivedLineResult, receiptsApi } from './contract.ts'
import * as store from './store.ts'

export const receiptsHandlers = (database: Database): Handlers<typeof receiptsApi> => ({
  expectReceipt: ({ ctx, body }) => database.write(ctx, (tx) => store.expectReceipt(tx, body)),
  receiveStock: ({ ctx, body }) => database.write(ctx, (tx) => store.receiveStock(tx, postingKey(ctx), body)),
  receiveReceipt: ({ ctx, params, body }) => database.write(ctx, (tx) => store.receiveReceipt(tx, postingKey(ctx), params.receiptId, body)),
  cancelReceipt: ({ ctx, params }) => database.write(ctx, (tx) => store.cancelReceipt(tx, params.receiptId)),
  arriveReceipt: ({ ctx, params }) => database.write(ctx, (tx) => store.arriveReceipt(tx, params.receiptId)),
  putAwayReceipt: ({ ctx, params }) => database.write(ctx, (tx) => store.putAwayReceipt(tx, params.receiptId)),
  closeReceipt: ({ ctx, params }) => database.write(ctx, (tx) => store.closeReceipt(tx, params.receiptId)),
  listReceipts: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listReceipts(tx, {
        filters: { status: query['filter[status]'], siteId: query['filter[siteId]'], number: query['filter[number]'], externalRef: query['filter[externalRef]'] },
        sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  getReceipt: ({ ctx, params }) => database.read(ctx, (tx) => store.getReceipt(tx, params.receiptId)),
  receiveLines: ({ ctx, lines }) =>
    inBatches(
      lines,
      (value) => `${value.external.source} ${value.external.ref}`,
      () => null,
      (line, refused): ReceivedLineResult => ({ line, outcome: 'refused', ...refused }),
      (batch) => receiveEach(batch, (part) => database.write(ctx, (tx) => receiveLines(tx, part))),
    ),
})

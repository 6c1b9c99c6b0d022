import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import { adjustStock, reverseMove } from './adjust.ts'
import type { movementsApi } from './contract.ts'
import { getTransfer, listTransfers, receiveTransfer, transferStock } from './transfer.ts'

/** Names a posting: the caller's own key, or one that is made for this request. */
export const postingKey = (ctx: Ctx): string => ctx.facts.idempotency?.key ?? newId()

export const movementsHandlers = (database: Database): Handlers<typeof movementsApi> => ({
  adjustStock: ({ ctx, body }) => database.write(ctx, (tx) => adjustStock(tx, postingKey(ctx), body)),
  transferStock: ({ ctx, body }) => database.write(ctx, (tx) => transferStock(tx, postingKey(ctx), body)),
  receiveTransfer: ({ ctx, params }) => database.write(ctx, (tx) => receiveTransfer(tx, postingKey(ctx), params.transferId)),
  listTransfers: ({ ctx, query }) => database.read(ctx, (tx) => listTransfers(tx, { filters: { status: query['filter[status]'] }, sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getTransfer: ({ ctx, params }) => database.read(ctx, (tx) => getTransfer(tx, params.transferId)),
  reverseMove: ({ ctx, params, body }) => database.write(ctx, (tx) => reverseMove(tx, postingKey(ctx), params.moveId, body.reason)),
})

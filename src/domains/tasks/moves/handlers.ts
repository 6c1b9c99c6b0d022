import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { movesApi } from './contract.ts'
import * as store from './store.ts'

export const movesHandlers = (database: Database): Handlers<typeof movesApi> => ({
  orderMove: ({ ctx, body }) => database.write(ctx, (tx) => store.orderMove(tx, body)),
  cancelMove: ({ ctx, params }) => database.write(ctx, (tx) => store.cancelMove(tx, params.taskId)),
})

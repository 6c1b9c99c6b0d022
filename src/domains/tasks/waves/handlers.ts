import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { wavesApi } from './contract.ts'
import * as store from './store.ts'

export const wavesHandlers = (database: Database): Handlers<typeof wavesApi> => ({
  planWave: ({ ctx, body }) => database.write(ctx, (tx) => store.planWave(tx, body)),
  listWaves: ({ ctx, query }) => database.read(ctx, (tx) => store.listWaves(tx, { filters: { siteId: query['filter[siteId]'], status: query['filter[status]'] }, sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getWave: ({ ctx, params }) => database.read(ctx, (tx) => store.getWave(tx, params.waveId)),
  releaseWave: ({ ctx, params }) => database.write(ctx, (tx) => store.releaseWave(tx, params.waveId)),
  cancelWave: ({ ctx, params }) => database.write(ctx, (tx) => store.cancelWave(tx, params.waveId)),
})

import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { clustersApi } from './contract.ts'
import { nextCluster } from './store.ts'

export const clustersHandlers = (database: Database): Handlers<typeof clustersApi> => ({ nextCluster: ({ ctx, body }) => database.write(ctx, (tx) => nextCluster(tx, body)) })

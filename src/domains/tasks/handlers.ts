import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import type { tasksApi } from './contract.ts'
import { clustersHandlers } from './clusters/handlers.ts'
import { movesHandlers } from './moves/handlers.ts'
import { scansHandlers } from './scans/handlers.ts'
import { wavesHandlers } from './waves/handlers.ts'
import { workHandlers } from './work/handlers.ts'

export const tasksHandlers = (database: Database): Handlers<typeof tasksApi> => ({ ...workHandlers(database), ...clustersHandlers(database), ...movesHandlers(database), ...wavesHandlers(database), ...scansHandlers(database) })

import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import type { shipmentsApi } from './contract.ts'
import { documentHandlers } from './document/handlers.ts'
import { plansHandlers } from './plans/handlers.ts'

export const shipmentsHandlers = (database: Database): Handlers<typeof shipmentsApi> => ({ ...documentHandlers(database), ...plansHandlers(database) })

import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import type { Outbound } from '../../platform/outbound/outbound.ts'
import { carriersHandlers } from './carriers/handlers.ts'
import type { shipmentsApi } from './contract.ts'
import { documentHandlers } from './document/handlers.ts'
import { leavingHandlers } from './leaving/handlers.ts'
import { packingHandlers } from './packing/handlers.ts'
import { papersHandlers } from './papers/handlers.ts'
import { plansHandlers } from './plans/handlers.ts'
import { trackingHandlers } from './tracking/handlers.ts'

export const shipmentsHandlers = (database: Database, outbound: Outbound): Handlers<typeof shipmentsApi> => ({
  ...documentHandlers(database), ...plansHandlers(database), ...packingHandlers(database), ...leavingHandlers(database), ...trackingHandlers(database), ...carriersHandlers(database, outbound),
  ...papersHandlers(database, outbound),
})

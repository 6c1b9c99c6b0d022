import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import { bookHandlers } from './book/handlers.ts'
import { cancellationsHandlers } from './cancellations/handlers.ts'
import { changesHandlers } from './changes/handlers.ts'
import type { ordersApi } from './contract.ts'
import { customersHandlers } from './customers/handlers.ts'
import { holdsHandlers } from './holds/handlers.ts'
import { placementsHandlers } from './placements/handlers.ts'
import { pricesHandlers } from './prices/handlers.ts'
import { returnsHandlers } from './returns/handlers.ts'

export const ordersHandlers = (database: Database): Handlers<typeof ordersApi> => ({
  ...placementsHandlers(database),
  ...bookHandlers(database),
  ...changesHandlers(database),
  ...holdsHandlers(database),
  ...cancellationsHandlers(database),
  ...customersHandlers(database),
  ...pricesHandlers(database),
  ...returnsHandlers(database),
})

import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { returnsApi } from './contract.ts'

export const returnsHandlers = (database: Database): Handlers<typeof returnsApi> => {
  void database
  return {}
}

import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import type { shipmentsApi } from './contract.ts'

export const shipmentsHandlers = (database: Database): Handlers<typeof shipmentsApi> => {
  void database
  return {}
}

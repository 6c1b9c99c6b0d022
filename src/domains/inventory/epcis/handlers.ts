import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { epcisApi } from './contract.ts'

export const epcisHandlers = (database: Database): Handlers<typeof epcisApi> => {
  void database
  return {}
}

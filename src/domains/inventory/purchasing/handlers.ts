import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { purchasingApi } from './contract.ts'

export const purchasingHandlers = (database: Database): Handlers<typeof purchasingApi> => {
  void database
  return {}
}

import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { countsApi } from './contract.ts'

export const countsHandlers = (database: Database): Handlers<typeof countsApi> => {
  void database
  return {}
}

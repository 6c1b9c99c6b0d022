import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import type { tasksApi } from './contract.ts'

export const tasksHandlers = (database: Database): Handlers<typeof tasksApi> => {
  void database
  return {}
}

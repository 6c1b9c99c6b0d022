import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { inboundApi } from './contract.ts'

export const inboundHandlers = (database: Database): Handlers<typeof inboundApi> => {
  void database
  return {}
}

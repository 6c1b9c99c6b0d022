import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { pickFacesApi } from './contract.ts'

export const pickFacesHandlers = (database: Database): Handlers<typeof pickFacesApi> => {
  void database
  return {}
}

import type { Handlers } from '../../kernel/contract.ts'
import type { Database } from '../../platform/db/database.ts'
import type { inventoryApi } from './contract.ts'
import { itemsHandlers } from './items/handlers.ts'
import { lotsHandlers } from './lots/handlers.ts'
import { movementsHandlers } from './movements/handlers.ts'
import { receiptsHandlers } from './receipts/handlers.ts'
import { sitesHandlers } from './sites/handlers.ts'
import { stockHandlers } from './stock/handlers.ts'
import { purchasingHandlers } from './purchasing/handlers.ts'
import { inboundHandlers, type GoodsOnTheWay } from './inbound/handlers.ts'
import { pickFacesHandlers } from './pick-faces/handlers.ts'
import { countsHandlers } from './counts/handlers.ts'
import { epcisHandlers } from './epcis/handlers.ts'

export const inventoryHandlers = (database: Database, goodsOnTheWay: GoodsOnTheWay): Handlers<typeof inventoryApi> => ({
  ...sitesHandlers(database),
  ...itemsHandlers(database),
  ...lotsHandlers(database),
  ...receiptsHandlers(database),
  ...movementsHandlers(database),
  ...stockHandlers(database),
  ...purchasingHandlers(database),
  ...inboundHandlers(database, goodsOnTheWay),
  ...pickFacesHandlers(database),
  ...countsHandlers(database),
  ...epcisHandlers(database),
})

// Inventory: sites and their bins, items, lots, the ledger of moves, the figures kept from it, and promises against them. It refuses
// to promise anything twice, to move what is not there, and to change what has been written to the ledger.
import { itemsApi } from './items/contract.ts'
import { lotsApi } from './lots/contract.ts'
import { movementsApi } from './movements/contract.ts'
import { receiptsApi } from './receipts/contract.ts'
import { sitesApi } from './sites/contract.ts'
import { stockApi } from './stock/contract.ts'
import { purchasingApi } from './purchasing/contract.ts'
import { inboundApi } from './inbound/contract.ts'
import { pickFacesApi } from './pick-faces/contract.ts'
import { countsApi } from './counts/contract.ts'
import { epcisApi } from './epcis/contract.ts'
import { defineApi } from '../../kernel/contract.ts'

export { CountEntry } from './counts/contract.ts'
export { InspectionResult } from './inbound/contract.ts'
export const inventoryApi = defineApi({ ...sitesApi, ...itemsApi, ...lotsApi, ...receiptsApi, ...movementsApi, ...stockApi, ...purchasingApi, ...inboundApi, ...pickFacesApi, ...countsApi, ...epcisApi })

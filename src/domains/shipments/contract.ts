// Shipments: what leaves a site for whom, in which packages, by which carrier, and what becomes of it on the way. It refuses to ship what is not picked,
// packed and free of holds, and to change what has left.
import { defineApi } from '../../kernel/contract.ts'
import { carriersApi } from './carriers/contract.ts'
import { documentApi } from './document/contract.ts'
import { leavingApi } from './leaving/contract.ts'
import { packingApi } from './packing/contract.ts'
import { papersApi } from './papers/contract.ts'
import { plansApi } from './plans/contract.ts'
import { trackingApi } from './tracking/contract.ts'

export { UnitDraft } from './packing/contract.ts'
export type { CarrierServiceId, RouteId } from './document/contract.ts'
export const shipmentsApi = defineApi({ ...documentApi, ...plansApi, ...packingApi, ...leavingApi, ...trackingApi, ...carriersApi, ...papersApi })

import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { packingApi } from './contract.ts'
import * as store from './store.ts'

export const packingHandlers = (database: Database): Handlers<typeof packingApi> => ({
  packShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.packShipment(tx, params.shipmentId, body.units)),
  unpackUnit: ({ ctx, params }) => database.write(ctx, (tx) => store.unpackUnit(tx, params.shipmentId, params.handlingUnitId)),
  confirmRepacked: ({ ctx, params }) => database.write(ctx, (tx) => store.confirmRepacked(tx, params.shipmentId)),
})

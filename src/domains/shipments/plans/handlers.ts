import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import { beginFulfilment } from '../../orders/index.ts'
import { getShipment } from '../document/store.ts'
import type { plansApi } from './contract.ts'
import { updateShipment } from './change.ts'
import * as store from './store.ts'

export const plansHandlers = (database: Database): Handlers<typeof plansApi> => ({
  createShipment: ({ ctx, body }) => database.write(ctx, (tx) => store.createShipment(tx, body)),
  planShipments: ({ ctx, body }) => database.write(ctx, (tx) => store.planShipments(tx, body)),
  updateShipment: ({ ctx, params, body, expectedVersion }) => database.write(ctx, (tx) => updateShipment(tx, params.shipmentId, expectedVersion, body)),
  splitShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.splitShipment(tx, params.shipmentId, body)),
  mergeShipments: ({ ctx, params, body }) => database.write(ctx, (tx) => store.mergeShipments(tx, params.shipmentId, body.shipmentIds)),
  releaseShipment: ({ ctx, params }) => database.write(ctx, async (tx) => {
    await store.releaseShipments(tx, [params.shipmentId], beginFulfilment)
    return getShipment(tx, params.shipmentId)
  }),
  cancelShipment: ({ ctx, params }) => database.write(ctx, (tx) => store.cancelShipment(tx, params.shipmentId)),
})

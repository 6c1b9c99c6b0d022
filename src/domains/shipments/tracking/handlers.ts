import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { trackingApi } from './contract.ts'
import * as store from './store.ts'

export const trackingHandlers = (database: Database): Handlers<typeof trackingApi> => ({
  trackShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.trackShipment(tx, params.shipmentId, body.events)),
  listTrackingEvents: ({ ctx, params }) => database.read(ctx, (tx) => store.listTracking(tx, params.shipmentId)),
  deliverShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.deliverShipment(tx, params.shipmentId, body)),
  getProofOfDelivery: async ({ ctx, params }) => {
    const proof = await database.read(ctx, (tx) => store.getProof(tx, params.shipmentId))
    return ctx.facts.fieldClasses.has('pii') ? proof : { ...proof, receivedBy: null }
  },
  getMilestones: ({ ctx, params }) => database.read(ctx, (tx) => store.milestonesOf(tx, params.shipmentId)),
})

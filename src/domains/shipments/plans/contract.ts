// Planning shipments: from released orders, split, merged, cancelled.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type CarrierId, type OrderId, type OrderLineId, type ShipmentId, type ShipmentLineId, type SiteId } from '../../../kernel/ids.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { command, Shipment, type CarrierServiceId, type RouteId } from '../document/contract.ts'
import { closed, Instant, line, orNull } from '../schema.ts'

export const Address = Type.Object({
  name: line(200), street: Type.Optional(line(200)), postalCode: Type.Optional(line(20)), city: Type.Optional(line(100)), country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
}, closed)
const Way = {
  carrierId: Type.Optional(idSchema<CarrierId>()), serviceId: Type.Optional(idSchema<CarrierServiceId>()), routeId: Type.Optional(idSchema<RouteId>()),
  shipBy: Type.Optional(Instant), deliverBy: Type.Optional(Instant),
}
export const ShipmentDraft = Type.Object({
  orderIds: Type.Array(idSchema<OrderId>(), { minItems: 1, maxItems: 50 }),
  lines: Type.Optional(Type.Array(Type.Object({ orderLineId: idSchema<OrderLineId>(), quantity: PositiveQuantity }, closed), { minItems: 1, maxItems: 500, description: 'All that is released and not planned, unless given' })),
  ...Way, address: Type.Optional(Address),
}, closed)
export type ShipmentDraft = Type.Static<typeof ShipmentDraft>
export const PlanDraft = Type.Object({ siteId: idSchema<SiteId>(), ...Way, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'Orders at most' })) }, closed)
export type PlanDraft = Type.Static<typeof PlanDraft>
const orNone = <S extends Type.TSchema>(schema: S) => Type.Optional(orNull(schema))
/** What is left out stays; null takes it away. */
export const ShipmentPatch = Type.Object({
  carrierId: orNone(idSchema<CarrierId>()), serviceId: orNone(idSchema<CarrierServiceId>()), routeId: orNone(idSchema<RouteId>()), shipBy: orNone(Instant), deliverBy: orNone(Instant), address: Type.Optional(Address),
}, { ...closed, minProperties: 1 })
export type ShipmentPatch = Type.Static<typeof ShipmentPatch>
const SplitDraft = Type.Object({ lines: Type.Array(Type.Object({ shipmentLineId: idSchema<ShipmentLineId>(), quantity: PositiveQuantity }, closed), { minItems: 1, maxItems: 500 }) }, closed)
export type SplitDraft = Type.Static<typeof SplitDraft>

const example = '019a0000-0000-7000-8000-000000000001'
export const plansApi = defineApi({
  createShipment: {
    method: 'POST', path: '/api/v1/shipments', needs: ['shipments:read', 'shipments:write'], summary: 'Plan a shipment of released orders of one site and customer', body: ShipmentDraft, status: 201, returns: Shipment,
    fails: ['not_found', 'invalid', 'conflict', 'illegal_transition'], example: { orderIds: [example], address: { name: 'Acme Store', city: 'Hamburg', country: 'DE' } },
  },
  planShipments: {
    method: 'POST', path: '/api/v1/shipments/plan', needs: ['shipments:read', 'shipments:write'], summary: 'Plan a shipment for every released order of a site that is not planned yet', body: PlanDraft, status: 200,
    returns: Type.Object({ shipmentIds: Type.Array(idSchema<ShipmentId>()) }, closed), fails: ['invalid'], example: { siteId: example },
  },
  updateShipment: {
    ...command, method: 'PATCH', path: '/api/v1/shipments/{shipmentId}', summary: 'Change how, when and where a shipment goes, before it leaves; its carrier only before it is booked', body: ShipmentPatch, ifMatch: true,
    fails: ['not_found', 'stale', 'illegal_transition', 'conflict', 'invalid', 'precondition_required'], example: { deliverBy: '2026-12-01T12:00:00Z' },
  },
  splitShipment: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/split', summary: 'Give some of what is not picked yet a shipment of its own; answers with the new one', body: SplitDraft, status: 201, example: { lines: [{ shipmentLineId: example, quantity: '5' }] } },
  mergeShipments: {
    ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/merge', summary: 'Take the lines of other planned shipments to the same customer', example: { shipmentIds: [example] },
    body: Type.Object({ shipmentIds: Type.Array(idSchema<ShipmentId>(), { minItems: 1, maxItems: 50, uniqueItems: true }) }, closed),
  },
  releaseShipment: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/release', summary: 'Give a planned shipment to the warehouse without a wave' },
  cancelShipment: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/cancel', summary: 'Cancel a shipment of which nothing is picked; its orders can be planned again' },
})

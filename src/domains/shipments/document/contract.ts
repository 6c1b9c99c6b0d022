// What a shipment is on the wire, and how shipments are looked at.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type CarrierId, type HandlingUnitId, type Id, type ItemId, type LotId, type OrderId, type OrderLineId, type PartyId, type ShipmentId, type ShipmentLineId, type SiteId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { Quantity } from '../../../kernel/quantity.ts'
import { SHIPMENT_STATUSES } from '../rules.ts'
import { closed, Instant, oneOf, orNull, sortBy } from '../schema.ts'

export type CarrierServiceId = Id<'CarrierService'>
export type RouteId = Id<'DeliveryRoute'>

const head = {
  id: idSchema<ShipmentId>(), number: Type.String(), siteId: idSchema<SiteId>(), customerId: idSchema<PartyId>(), status: oneOf(SHIPMENT_STATUSES), carrierId: orNull(idSchema<CarrierId>()),
  serviceId: orNull(idSchema<CarrierServiceId>()), routeId: orNull(idSchema<RouteId>()), priority: Type.Integer(), shipBy: orNull(Instant), deliverBy: orNull(Instant),
  pickedAt: orNull(Instant), packedAt: orNull(Instant), shippedAt: orNull(Instant), deliveredAt: orNull(Instant), trackingNumber: orNull(Type.String()), exceptionReason: orNull(Type.String()),
  needsRepack: Type.Boolean({ description: 'Goods were cancelled after they were packed: take them out and say so before it leaves' }),
  isUnloading: Type.Boolean({ description: 'It is coming off its truck again, and does not leave meanwhile' }), rowVersion: Type.Integer(), createdAt: Instant,
}
export const ShipmentHeader = Type.Object(head, closed)
const Content = Type.Object({
  shipmentLineId: idSchema<ShipmentLineId>(), itemId: idSchema<ItemId>(), sku: Type.String(), name: Type.String(), gtin: orNull(Type.String()), unit: Type.String(), lotId: orNull(idSchema<LotId>()), lot: orNull(Type.String()), quantity: Quantity,
}, closed)
export const HandlingUnit = Type.Object({
  id: idSchema<HandlingUnitId>(), sscc: Type.String(), kind: oneOf(['package', 'pallet']), parentId: orNull(idSchema<HandlingUnitId>()), weightGrams: orNull(Type.Integer()), contents: Type.Array(Content),
}, closed)
export const Shipment = Type.Object({
  ...head,
  lines: Type.Array(Type.Object({
    id: idSchema<ShipmentLineId>(), orderId: idSchema<OrderId>(), orderLineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), sku: Type.String(), planned: Quantity, picked: Quantity, packed: Quantity, shipped: Quantity,
  }, closed)),
  units: Type.Array(HandlingUnit),
}, closed)
export type Shipment = Type.Static<typeof Shipment>

export const ShipmentPath = Type.Object({ shipmentId: idSchema<ShipmentId>() }, closed)
/** What a command on one shipment has in common. */
export const command = { params: ShipmentPath, status: 200, returns: Shipment, needs: ['shipments:read', 'shipments:write'], fails: ['not_found', 'illegal_transition', 'conflict', 'invalid', 'insufficient_stock'] } as const

export const documentApi = defineApi({
  listShipments: {
    method: 'GET', path: '/api/v1/shipments', needs: 'shipments:read', summary: 'List shipments', status: 200, returns: pageOf(ShipmentHeader), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[status]': Type.Optional(oneOf(SHIPMENT_STATUSES)), 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[customerId]': Type.Optional(idSchema<PartyId>()),
      'filter[carrierId]': Type.Optional(idSchema<CarrierId>()), 'filter[routeId]': Type.Optional(idSchema<RouteId>()), 'filter[orderId]': Type.Optional(idSchema<OrderId>()),
      'filter[number]': Type.Optional(Type.String({ maxLength: 60 })), 'filter[trackingNumber]': Type.Optional(Type.String({ maxLength: 100 })), sort: sortBy(['created', 'number']),
    }, closed),
  },
  getShipment: { method: 'GET', path: '/api/v1/shipments/{shipmentId}', needs: 'shipments:read', summary: 'Get a shipment with its lines and packages', params: ShipmentPath, status: 200, returns: Shipment, fails: ['not_found'] },
  getShipmentTimeline: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/timeline', needs: 'shipments:read', summary: 'What happened to a shipment', params: ShipmentPath, status: 200, fails: ['not_found'],
    returns: Type.Object({ items: Type.Array(Type.Object({ id: Type.String(), kind: Type.String(), at: Instant, actorName: Type.String(), details: Type.Unknown() }, closed)) }, closed),
  },
})

// Leaving: staged, loaded, and issued.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type ItemId, type LocationId, type OrderId, type OrderLineId, type ShipmentId, type StockMoveId } from '../../../kernel/ids.ts'
import { Money, UnitPrice } from '../../../kernel/money.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { Quantity } from '../../../kernel/quantity.ts'
import { command, ShipmentPath } from '../document/contract.ts'
import { closed, Instant, line, oneOf, orNull } from '../schema.ts'

const At = Type.Object({ locationId: Type.Optional(idSchema<LocationId>()) }, closed)
export const ShippedResult = Type.Object({
  line: Type.Integer(), outcome: oneOf(['shipped', 'refused']), shipmentId: Type.Optional(idSchema<ShipmentId>()), code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()),
}, closed)
export type ShippedResult = Type.Static<typeof ShippedResult>
const Notice = Type.Object({
  number: Type.String(), createdAt: Instant, shipmentId: idSchema<ShipmentId>(), content: Type.Unknown({ description: 'Number, carrier, packages with their SSCCs, and in them items, lots with expiry dates, quantities and orders' }),
}, closed)
const Cost = Type.Object({
  id: idSchema<Id<'CostOfGoods'>>(), moveId: idSchema<StockMoveId>(), orderLineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Quantity, unitCost: orNull(Type.Object({ amount: UnitPrice, currency: Type.String() }, closed)),
  amount: orNull(Money), occurredAt: Instant, reversesId: orNull(idSchema<Id<'CostOfGoods'>>()),
}, closed)
export const InvoiceRequest = Type.Object({
  id: idSchema<Id<'InvoiceRequest'>>(), shipmentId: idSchema<ShipmentId>(), orderId: idSchema<OrderId>(), lines: Type.Array(Type.Object({ orderLineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Quantity }, closed)), createdAt: Instant,
}, closed)

const example = '019a0000-0000-7000-8000-000000000001'
export const leavingApi = defineApi({
  stageShipment: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/stage', summary: 'Carry a packed shipment to where it waits for its truck', body: At, example: {} },
  loadShipment: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/load', summary: 'Load a staged shipment at a dock', body: At, example: {} },
  unloadShipment: {
    ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/unload', summary: 'Have a loaded shipment taken off its truck: the floor gets a task, and it does not leave meanwhile',
    body: Type.Object({ reason: line(500) }, closed), example: { reason: 'The truck broke down' },
  },
  shipShipment: {
    ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/ship', summary: 'Goods issue: stock leaves, its cost is noted, the customer is told and finance asked to invoice, all or nothing',
    body: Type.Object({ shippedAt: Type.Optional(Instant) }, closed), example: {},
  },
  shipMany: {
    method: 'POST', path: '/api/v1/shipments/ship-many', needs: ['shipments:read', 'shipments:write'], summary: 'Goods issue of many shipments, one per line; each for itself', lines: true,
    body: Type.Object({ shipmentId: idSchema<ShipmentId>() }, closed), status: 200, returns: ShippedResult, fails: [], example: { shipmentId: example },
  },
  getShipNotice: { method: 'GET', path: '/api/v1/shipments/{shipmentId}/ship-notice', needs: 'shipments:read', summary: 'The advance ship notice, as it was at goods issue', params: ShipmentPath, status: 200, returns: Notice, fails: ['not_found'] },
  getShipmentCosts: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/costs', needs: ['shipments:read', 'cost:read'], summary: 'What the goods of a shipment had cost; what came back is negative', params: ShipmentPath, status: 200, returns: Type.Object({ items: Type.Array(Cost) }, closed), fails: ['not_found'],
  },
  listInvoiceRequests: {
    method: 'GET', path: '/api/v1/invoice-requests', needs: 'finance:read', summary: 'What finance is asked to invoice, the oldest first', status: 200, returns: pageOf(InvoiceRequest), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[orderId]': Type.Optional(idSchema<OrderId>()), 'filter[shipmentId]': Type.Optional(idSchema<ShipmentId>()) }, closed),
  },
})

// Commands on an order: each is one arrow of its life, or a correction before the goods leave.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ItemId, type OrderLineId } from '../../../kernel/ids.ts'
import { PositiveQuantity, Quantity } from '../../../kernel/quantity.ts'
import { BackorderPolicy, BusinessDate, Channel, Incoterm, nullable, Order, ORDER_LINES_MAX, OrderLinePath, OrderPath, Priority, Text } from '../document/contract.ts'
import { NewLine } from '../placements/contract.ts'
import { closed } from '../../../kernel/schema.ts'

const Reason = Type.Object({ reason: Type.Optional(Text(500)) }, closed)
const Shortage = Type.Object({ lineId: idSchema<OrderLineId>(), itemId: idSchema<ItemId>(), quantity: Quantity }, closed)

/** The order after its release, with what no pickable bin holds at the moment: still promised, not yet in a place. */
export const ReleasedOrder = Type.Object({ ...Order.properties, shortages: Type.Array(Shortage) }, closed)
export type ReleasedOrder = Type.Static<typeof ReleasedOrder>

/** JSON Merge Patch of the head, and lines to add, change and take out. */
export const Amendment = Type.Object(
  {
    requestedOn: Type.Optional(BusinessDate),
    promisedOn: Type.Optional(nullable(BusinessDate)),
    incoterm: Type.Optional(nullable(Incoterm)),
    priority: Type.Optional(Priority),
    channel: Type.Optional(Channel),
    customerReference: Type.Optional(nullable(Text(200))),
    addLines: Type.Optional(Type.Array(NewLine, { minItems: 1, maxItems: ORDER_LINES_MAX })),
    changeLines: Type.Optional(Type.Array(Type.Object({ lineId: idSchema<OrderLineId>(), quantity: Type.Optional(PositiveQuantity), backorderPolicy: Type.Optional(BackorderPolicy) }, closed), { minItems: 1, maxItems: ORDER_LINES_MAX })),
    removeLineIds: Type.Optional(Type.Array(idSchema<OrderLineId>(), { minItems: 1, maxItems: ORDER_LINES_MAX })),
  },
  { ...closed, minProperties: 1 },
)
export type Amendment = Type.Static<typeof Amendment>

export const changesApi = defineApi({
  submitOrder: { method: 'POST', path: '/api/v1/orders/{orderId}/submit', needs: 'orders:write', summary: 'Submit a draft', params: OrderPath, status: 200, returns: Order, fails: ['not_found', 'illegal_transition'] },
  confirmOrder: { method: 'POST', path: '/api/v1/orders/{orderId}/confirm', needs: 'orders:write', summary: 'Confirm a submitted order and reserve its stock', params: OrderPath, status: 200, returns: Order, fails: ['not_found', 'illegal_transition'] },
  allocateOrder: { method: 'POST', path: '/api/v1/orders/{orderId}/allocate', needs: 'orders:write', summary: 'Reserve what the order still waits for', params: OrderPath, status: 200, returns: Order, fails: ['not_found'] },
  releaseOrder: {
    method: 'POST', path: '/api/v1/orders/{orderId}/release', needs: ['orders:write', 'orders:release'], summary: 'Release covered lines to the warehouse and give them a place',
    params: OrderPath, status: 200, returns: ReleasedOrder, fails: ['not_found', 'illegal_transition', 'insufficient_stock'],
  },
  cancelOrder: {
    method: 'POST', path: '/api/v1/orders/{orderId}/cancel', needs: 'orders:write', summary: 'Cancel everything that has not been shipped',
    params: OrderPath, body: Reason, status: 200, returns: Order, fails: ['not_found', 'illegal_transition'], example: { reason: 'Ordered twice' },
  },
  cancelOrderLine: {
    method: 'POST', path: '/api/v1/orders/{orderId}/lines/{lineId}/cancel', needs: 'orders:write', summary: 'Cancel a quantity of a line, or all that is left of it',
    params: OrderLinePath, body: Type.Object({ quantity: Type.Optional(PositiveQuantity), reason: Type.Optional(Text(500)) }, closed), status: 200, returns: Order,
    fails: ['not_found', 'illegal_transition', 'conflict'], example: { quantity: '2', reason: 'Customer needs fewer' },
  },
  amendOrder: {
    method: 'PATCH', path: '/api/v1/orders/{orderId}', needs: 'orders:write', summary: 'Change an order before its release',
    params: OrderPath, body: Amendment, ifMatch: true, status: 200, returns: Order, fails: ['not_found', 'stale', 'illegal_transition', 'conflict', 'invalid', 'precondition_required'],
    example: { requestedOn: '2026-12-15', addLines: [{ sku: 'SEAL-40', quantity: '4' }] },
  },
})

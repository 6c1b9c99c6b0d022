// Holds: a reason why an order, or one line of it, must not go to the warehouse. Active until somebody with the right releases it.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type OrderHoldId, type OrderId, type OrderLineId } from '../../../kernel/ids.ts'
import { nullable, OrderPath, Text } from '../document/contract.ts'
import { closed } from '../../../kernel/schema.ts'

export const HOLD_KINDS = ['credit', 'compliance', 'quality', 'address', 'manual'] as const
const HoldKind = Type.Unsafe<(typeof HOLD_KINDS)[number]>({ type: 'string', enum: [...HOLD_KINDS] })

export const OrderHold = Type.Object(
  {
    id: idSchema<OrderHoldId>(),
    orderId: idSchema<OrderId>(),
    lineId: nullable(idSchema<OrderLineId>()),
    kind: HoldKind,
    reason: Type.String(),
    createdAt: Type.String(),
    releasedAt: nullable(Type.String()),
    releaseReason: nullable(Type.String()),
    rowVersion: Type.Integer(),
  },
  closed,
)
export type OrderHold = Type.Static<typeof OrderHold>
const HoldPath = Type.Object({ orderId: idSchema<OrderId>(), holdId: idSchema<OrderHoldId>() }, closed)

export const holdsApi = defineApi({
  holdOrder: {
    method: 'POST', path: '/api/v1/orders/{orderId}/holds', needs: 'orders:write', summary: 'Hold an order, or one line of it',
    params: OrderPath, body: Type.Object({ kind: HoldKind, reason: Text(500), lineId: Type.Optional(idSchema<OrderLineId>()) }, closed), status: 201, returns: OrderHold,
    fails: ['not_found', 'illegal_transition', 'invalid'], example: { kind: 'credit', reason: 'Over the credit limit since Monday' },
  },
  listOrderHolds: { method: 'GET', path: '/api/v1/orders/{orderId}/holds', needs: 'orders:read', summary: 'All holds of an order, active and released', params: OrderPath, status: 200, returns: Type.Object({ items: Type.Array(OrderHold) }, closed), fails: ['not_found'] },
  unholdOrder: {
    method: 'POST', path: '/api/v1/orders/{orderId}/holds/{holdId}/release', needs: ['orders:write', 'orders:release'], summary: 'Release a hold',
    params: HoldPath, body: Type.Object({ reason: Type.Optional(Text(500)) }, closed), status: 200, returns: OrderHold, fails: ['not_found', 'illegal_transition'], example: { reason: 'Paid' },
  },
})

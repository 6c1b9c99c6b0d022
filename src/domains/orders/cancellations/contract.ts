// Goods given up after they were ordered, told by another system that does not say of which order: the newest that are still open.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type OrderId } from '../../../kernel/ids.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { External, Instant, Text } from '../document/contract.ts'
import { closed } from '../../../kernel/schema.ts'

/** Only lines ordered up to `occurredAt` are touched. */
export const SoldCancellation = Type.Object({ external: External, customerCode: Text(60), sku: Text(100), quantity: PositiveQuantity, occurredAt: Instant }, closed)
export type SoldCancellation = Type.Static<typeof SoldCancellation>

export const CANCELLATION_OUTCOMES = ['cancelled', 'unchanged', 'refused'] as const
export const CancelledLine = Type.Object(
  {
    line: Type.Integer(),
    outcome: Type.Unsafe<(typeof CANCELLATION_OUTCOMES)[number]>({ type: 'string', enum: [...CANCELLATION_OUTCOMES] }),
    orderIds: Type.Optional(Type.Array(idSchema<OrderId>())),
    code: Type.Optional(Type.String()),
    pointer: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
  },
  closed,
)
export type CancelledLine = Type.Static<typeof CancelledLine>

export const cancellationsApi = defineApi({
  cancelSold: {
    method: 'POST', path: '/api/v1/order-cancellations/bulk', needs: 'orders:write', summary: 'Cancel what was sold, newest order first, one cancellation a line; all of a line or nothing of it',
    body: SoldCancellation, lines: true, status: 200, returns: CancelledLine, fails: [],
    example: { external: { source: 'shop', ref: 'C536379/1' }, customerCode: '14527', sku: '85123A', quantity: '1', occurredAt: '2026-11-01T09:41:00Z' },
  },
})

import type { Handlers } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { openOrder, record } from '../changes/store.ts'
import { orderHeld, orderUnheld } from '../events.ts'
import { orderStatusOf } from '../rules.ts'
import type { holdsApi, OrderHold } from './contract.ts'
import * as store from './store.ts'

const FINISHED = ['shipped', 'delivered', 'closed', 'cancelled']

export const holdsHandlers = (database: Database): Handlers<typeof holdsApi> => ({
  holdOrder: ({ ctx, params: { orderId }, body }) =>
    database.write(ctx, async (tx): Promise<OrderHold> => {
      const { lines } = await openOrder(tx, orderId)
      const status = orderStatusOf(lines.map((line) => line.status))
      if (FINISHED.includes(status)) throw new Problem('illegal_transition', `The order is ${status}; there is nothing to hold back.`)
      const hold = await tx.maybe(store.insertHold, [newId<'OrderHold'>(), orderId, body.lineId ?? null, body.kind, body.reason])
      if (hold === null) throw new Problem('invalid', 'The order has no such line.', { errors: [{ pointer: '/lineId', code: 'unknown_line', message: 'The order has no such line.' }] })
      tx.emit(orderHeld, orderId, { orderId, holdId: hold.id, lineId: hold.lineId, kind: hold.kind })
      tx.changed({ entity: 'order', id: orderId, action: 'held', after: { holdId: hold.id, kind: hold.kind, reason: hold.reason } })
      await record(tx, orderId, 'held', { holdId: hold.id, kind: hold.kind, reason: hold.reason, lineId: hold.lineId })
      return hold
    }),
  listOrderHolds: async ({ ctx, params }) => {
    const [orders, items] = await database.fetch(ctx, query(store.orderExists, [params.orderId]), query(store.holdsOfOrder, [params.orderId]))
    if (orders.length === 0) throw notFound('order')
    return { items }
  },
  unholdOrder: ({ ctx, params: { orderId, holdId }, body }) =>
    database.write(ctx, async (tx): Promise<OrderHold> => {
      await openOrder(tx, orderId)
      const before = await tx.one('hold', store.lockHold, [holdId, orderId])
      if (before.releasedAt !== null) throw new Problem('illegal_transition', 'This hold has been released already.')
      const hold = await tx.one('hold', store.releaseHold, [holdId, body.reason ?? null])
      tx.emit(orderUnheld, orderId, { orderId, holdId })
      tx.changed({ entity: 'order', id: orderId, action: 'unheld', after: { holdId, reason: body.reason } })
      await record(tx, orderId, 'unheld', { holdId, kind: hold.kind, ...(body.reason === undefined ? {} : { reason: body.reason }) })
      return hold
    }),
})

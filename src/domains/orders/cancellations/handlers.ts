import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { type ItemId, newId, type OrderId, type OrderLineId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { inBatches, type Numbered } from '../../../platform/http/batches.ts'
import { orderCancelled } from '../events.ts'
import { CANCELLATION_OUTCOMES, type cancellationsApi, type CancelledLine, type SoldCancellation } from './contract.ts'

/** One row per touched line, and one for an entry that touches none. */
const cancelSold = write(
  'orders:write',
  `select entry, outcome, order_id, line_id, item_id, quantity, is_whole, code, pointer, message
     from bss.cancel_sold($1, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::timestamptz[], $9) where organization_id = $1`,
  {
    entry: column.int, outcome: column.oneOf(CANCELLATION_OUTCOMES), orderId: column.nullable(column.id<OrderId>()), lineId: column.nullable(column.id<OrderLineId>()), itemId: column.nullable(column.id<ItemId>()),
    quantity: column.nullable(column.quantity), isWhole: column.nullable(column.bool), code: column.nullable(column.text), pointer: column.nullable(column.text), message: column.nullable(column.text),
  },
)

async function cancelBatch(database: Database, ctx: Ctx<'orders:write'>, batch: readonly Numbered<SoldCancellation>[]): Promise<ReadonlyMap<number, CancelledLine>> {
  return database.write(ctx, async (tx) => {
    const of = (pick: (value: SoldCancellation) => string): string[] => batch.map(({ value }) => pick(value))
    const rows = await tx.rows(cancelSold, [
      batch.map(() => newId<'OrderCancellation'>()), of((v) => v.external.ref), of((v) => v.external.source), of((v) => v.customerCode), of((v) => v.sku), of((v) => v.quantity), of((v) => v.occurredAt), tx.actorName,
    ])
    const answers = new Map<number, CancelledLine>()
    for (const [index, { line }] of batch.entries()) {
      const mine = rows.filter((row) => row.entry === index + 1)
      const [first] = mine
      if (first === undefined) throw new Problem('internal', 'A cancellation got no answer.')
      const { outcome } = first
      if (outcome === 'refused') answers.set(line, { line, outcome, code: first.code ?? 'refused', pointer: first.pointer ?? '', message: first.message ?? '' })
      else answers.set(line, { line, outcome, ...(outcome === 'cancelled' ? { orderIds: [...new Set(mine.flatMap(({ orderId }) => (orderId === null ? [] : [orderId])))] } : {}) })
      for (const { orderId, lineId, itemId, quantity, isWhole } of mine) {
        if (orderId === null || lineId === null || itemId === null || quantity === null) continue
        tx.changed({ entity: 'order', id: orderId, action: 'cancelled', after: { lineId, quantity } })
        tx.emit(orderCancelled, orderId, { orderId, lines: [{ lineId, itemId, quantity }], isWhole: isWhole === true })
      }
    }
    return answers
  })
}

const BATCH_LINES = 100

export const cancellationsHandlers = (database: Database): Handlers<typeof cancellationsApi> => ({
  cancelSold: ({ ctx, lines }) =>
    inBatches<SoldCancellation, CancelledLine>(lines, {
      nameOf: ({ external }) => JSON.stringify([external.source, external.ref]), check: () => null, refuse: (line, refused) => ({ line, outcome: 'refused', ...refused }),
      store: (batch) => cancelBatch(database, ctx, batch), countMax: BATCH_LINES,
    }),
})

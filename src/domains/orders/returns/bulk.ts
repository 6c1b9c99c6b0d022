// Returns told by another system that does not say of which order: one statement for a batch, and everything told as if done one by one.
import type { Ctx } from '../../../kernel/access.ts'
import { newId, type ItemId, type OrderId, type OrderLineId, type ReturnId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Numbered } from '../../../platform/http/batches.ts'
import { orderCancelled, returnRequested } from '../events.ts'
import { SOLD_RETURN_OUTCOMES, type ReturnedLine, type SoldReturn } from './contract.ts'
import { writtenReturns } from './document.ts'
import { tellDisposed, tellReceived, tellSettled } from './store.ts'

type Bulk = 'orders:write' | 'orders:release' | 'inventory:write' | 'stock:adjust'

/** One row per line that was cancelled, one per return that was made, and one for an entry that did neither. */
const returnSold = write(
  'orders:write',
  `select entry, outcome, return_id, order_id, line_id, item_id, quantity, is_whole, code, pointer, message
     from bss.return_sold($1, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::timestamptz[], $9::text[], $10::boolean[], $11::text[], $12::text[], $13) where organization_id = $1`,
  {
    entry: column.int, outcome: column.oneOf(SOLD_RETURN_OUTCOMES), returnId: column.nullable(column.id<ReturnId>()), orderId: column.nullable(column.id<OrderId>()), lineId: column.nullable(column.id<OrderLineId>()), itemId: column.nullable(column.id<ItemId>()),
    quantity: column.nullable(column.quantity), isWhole: column.nullable(column.bool), code: column.nullable(column.text), pointer: column.nullable(column.text), message: column.nullable(column.text),
  },
  { sales_return_external_unique: ['conflict', 'The same entry is being returned at this moment.', '/external/ref'] },
)

async function tellReturns(tx: Tx<'write', Bulk>, ids: readonly ReturnId[]): Promise<void> {
  if (ids.length === 0) return
  const made = await tx.rows(writtenReturns, [ids])
  for (const { id, customerId, siteId, lines, status } of made) {
    tx.changed({ entity: 'return', id, action: 'returned', after: { status, lines: lines.map(({ orderLineId, quantity }) => ({ orderLineId, quantity })) } })
    tx.emit(returnRequested, id, { returnId: id, customerId, siteId, lines: lines.map(({ orderId, orderLineId, itemId, quantity }) => ({ orderId, orderLineId, itemId, quantity })) })
  }
  await tellReceived(tx, made.flatMap(({ receipts }) => receipts.map(({ id }) => id)))
  await tellDisposed(tx, made.flatMap(({ dispositions }) => dispositions.map(({ id }) => id)))
  for (const each of made) if (each.status === 'closed') tellSettled(tx, each)
}

/** Stores a batch and gives each of its lines an answer. */
export async function returnBatch(database: Database, ctx: Ctx<Bulk>, batch: readonly Numbered<SoldReturn>[]): Promise<ReadonlyMap<number, ReturnedLine>> {
  return database.write(ctx, async (tx) => {
    const of = <T>(pick: (value: SoldReturn) => T): T[] => batch.map(({ value }) => pick(value))
    const rows = await tx.rows(returnSold, [
      batch.map(() => newId<'OrderCancellation'>()), of((v) => v.external.ref), of((v) => v.external.source), of((v) => v.customerCode), of((v) => v.sku), of((v) => v.quantity), of((v) => v.occurredAt),
      of((v) => v.reason ?? 'other'), of((v) => v.alsoCancels === true), of((v) => v.receive?.locationCode ?? null), of((v) => v.receive?.disposition ?? null), tx.actorName,
    ])
    const answers = new Map<number, ReturnedLine>()
    for (const [index, { line }] of batch.entries()) {
      const mine = rows.filter((row) => row.entry === index + 1)
      const first = mine.at(-1)
      if (first === undefined) throw new Problem('internal', 'A return got no answer.')
      const returnIds = mine.flatMap(({ returnId }) => (returnId === null ? [] : [returnId]))
      const cancelledOrderIds = [...new Set(mine.flatMap(({ orderId }) => (orderId === null ? [] : [orderId])))]
      if (first.outcome === 'refused') answers.set(line, { line, outcome: 'refused', code: first.code ?? 'refused', pointer: first.pointer ?? '', message: first.message ?? '' })
      else answers.set(line, { line, outcome: first.outcome, ...(returnIds.length > 0 ? { returnIds } : {}), ...(cancelledOrderIds.length > 0 ? { cancelledOrderIds } : {}) })
      for (const { orderId, lineId, itemId, quantity, isWhole } of mine) {
        if (orderId === null || lineId === null || itemId === null || quantity === null) continue
        tx.changed({ entity: 'order', id: orderId, action: 'cancelled', after: { lineId, quantity } })
        tx.emit(orderCancelled, orderId, { orderId, lines: [{ lineId, itemId, quantity }], isWhole: isWhole === true })
      }
    }
    await tellReturns(tx, rows.flatMap(({ returnId }) => (returnId === null ? [] : [returnId])))
    return answers
  })
}

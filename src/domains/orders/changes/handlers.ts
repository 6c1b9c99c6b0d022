import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import type { ItemId, OrderId, OrderLineId } from '../../../kernel/ids.ts'
import { newId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { ORDER_LINES_MAX, type Order } from '../document/contract.ts'
import { activeHolds, changedOrder } from '../document/store.ts'
import { orderAllocated, orderAmended, orderBackordered, orderCancelled, orderConfirmed, orderReleased, orderSubmitted } from '../events.ts'
import { faultsOf } from '../placements/rules.ts'
import * as rules from '../rules.ts'
import type { Amendment, changesApi, ReleasedOrder } from './contract.ts'
import * as store from './store.ts'

type Writing = Tx<'write', 'orders:write'>
interface Quantities {
  readonly lineId: OrderLineId
  readonly itemId: ItemId
  readonly quantity: string
}

const decided = (decision: rules.Decision): readonly rules.LineChange[] => {
  if (decision instanceof Problem) throw decision
  return decision
}
const answer = (tx: Writing, orderId: OrderId): Promise<Order> => tx.one('order', changedOrder, [orderId])

/** Reserves what is open and says so; what stays open is told as waiting when the order has just begun to promise. */
export async function reserve(tx: Writing, orderId: OrderId, isFirst: boolean, lineIds: readonly OrderLineId[] | null = null): Promise<readonly Quantities[]> {
  const rows = await tx.rows(store.reserveOpenLines, [orderId, lineIds, isFirst])
  const taken = rows.filter((row) => row.taken !== '0').map(({ lineId, itemId, taken: quantity }) => ({ lineId, itemId, quantity }))
  const open = rows.filter((row) => row.stillOpen !== '0').map(({ lineId, itemId, stillOpen: quantity }) => ({ lineId, itemId, quantity }))
  if (taken.length > 0) {
    tx.emit(orderAllocated, orderId, { orderId, lines: taken })
    await store.record(tx, orderId, 'allocated', { lines: taken })
  }
  if (isFirst && open.length > 0) {
    tx.emit(orderBackordered, orderId, { orderId, lines: open })
    await store.record(tx, orderId, 'backordered', { lines: open })
  }
  return taken
}

async function submit(tx: Writing, orderId: OrderId): Promise<Order> {
  const { lines } = await store.openOrder(tx, orderId)
  await store.saveLines(tx, decided(rules.submit(lines)))
  tx.emit(orderSubmitted, orderId, { orderId })
  tx.changed({ entity: 'order', id: orderId, action: 'submitted' })
  await store.record(tx, orderId, 'submitted')
  return answer(tx, orderId)
}

async function confirm(tx: Writing, orderId: OrderId): Promise<Order> {
  const { lines } = await store.openOrder(tx, orderId)
  await store.saveLines(tx, decided(rules.confirm(lines)))
  tx.emit(orderConfirmed, orderId, { orderId })
  tx.changed({ entity: 'order', id: orderId, action: 'confirmed' })
  await store.record(tx, orderId, 'confirmed')
  await reserve(tx, orderId, true)
  return answer(tx, orderId)
}

async function allocate(tx: Writing, orderId: OrderId): Promise<Order> {
  await store.openOrder(tx, orderId)
  const taken = await reserve(tx, orderId, false)
  if (taken.length > 0) tx.changed({ entity: 'order', id: orderId, action: 'allocated', after: taken })
  return answer(tx, orderId)
}

async function release(tx: Tx<'write', 'orders:write' | 'orders:release'>, orderId: OrderId): Promise<ReleasedOrder> {
  const { lines } = await store.openOrder(tx, orderId)
  const soft = await tx.rows(store.softPromises, [orderId])
  const changes = decided(rules.release(lines, await tx.rows(activeHolds, [orderId]), new Set(soft.map(({ lineId }) => lineId))))
  await store.saveLines(tx, changes)
  const shortages = await tx.rows(store.allocateHard, [orderId])
  const lineIds = changes.map((change) => change.id)
  tx.emit(orderReleased, orderId, { orderId, lineIds })
  tx.changed({ entity: 'order', id: orderId, action: 'released', after: { lineIds } })
  await store.record(tx, orderId, 'released', { lineIds, shortages })
  return { ...(await answer(tx, orderId)), shortages: shortages.filter(({ lineId }) => lineIds.includes(lineId)) }
}

/** Gives bins to what a released order was promised later, as far as its policies and holds let it; says nothing when no bin holds any of it. */
export async function releaseLater(tx: Tx<'write', 'orders:write' | 'orders:release'>, orderId: OrderId): Promise<void> {
  const { lines } = await store.openOrder(tx, orderId)
  const soft = new Map((await tx.rows(store.softPromises, [orderId])).map(({ lineId, quantity }) => [lineId, quantity]))
  if (soft.size === 0) return
  const later = rules.releasableLater(lines, await tx.rows(activeHolds, [orderId]), new Set(soft.keys()))
  if (later.length === 0) return
  const shortages = await tx.rows(store.allocateHard, [orderId])
  const isSame = (lineId: OrderLineId): boolean => shortages.filter((row) => row.lineId === lineId).reduce((total, { quantity }) => total + micros(quantity), 0n) === micros(soft.get(lineId) ?? '0')
  const lineIds = later.map(({ id }) => id).filter((lineId) => !isSame(lineId))
  if (lineIds.length === 0) return
  tx.emit(orderReleased, orderId, { orderId, lineIds })
  tx.changed({ entity: 'order', id: orderId, action: 'released', after: { lineIds } })
  await store.record(tx, orderId, 'released', { lineIds, shortages })
}

async function saveCancelled(tx: Writing, orderId: OrderId, lines: readonly rules.LineState[], changes: readonly rules.LineChange[], reason: string | undefined): Promise<Order> {
  await store.saveLines(tx, changes)
  const order = await answer(tx, orderId)
  const cancelled = changes.flatMap((change) => {
    const [before, after] = [lines.find(({ id }) => id === change.id), order.lines.find(({ id }) => id === change.id)]
    return before && after ? [{ lineId: change.id, itemId: after.itemId, quantity: quantityOf(change.cancelled - before.cancelled) }] : []
  })
  tx.emit(orderCancelled, orderId, { orderId, lines: cancelled, isWhole: order.status === 'cancelled' })
  tx.changed({ entity: 'order', id: orderId, action: 'cancelled', after: { lines: cancelled } })
  await store.record(tx, orderId, 'cancelled', { lines: cancelled, ...(reason === undefined ? {} : { reason }) })
  return order
}

async function cancel(tx: Writing, orderId: OrderId, reason: string | undefined): Promise<Order> {
  const { lines } = await store.openOrder(tx, orderId)
  return saveCancelled(tx, orderId, lines, decided(rules.cancelOrder(lines)), reason)
}

async function cancelLine(tx: Writing, path: { orderId: OrderId; lineId: OrderLineId }, body: { quantity?: string; reason?: string }): Promise<Order> {
  const { lines } = await store.openOrder(tx, path.orderId)
  const line = lines.find(({ id }) => id === path.lineId)
  if (line === undefined) throw notFound('order line')
  const changes = decided(rules.cancelLine(line, body.quantity === undefined ? null : micros(body.quantity)))
  return saveCancelled(tx, path.orderId, lines, changes, body.reason)
}

/** The lines an amendment changes or takes out, each at most once. */
function amendedLines(lines: readonly rules.LineState[], body: Amendment): rules.LineChange[] {
  const changes = new Map<OrderLineId, rules.LineChange>()
  const lineAt = (lineId: OrderLineId, pointer: string): rules.LineState => {
    const line = lines.find(({ id }) => id === lineId)
    if (line === undefined) throw new Problem('invalid', 'The order has no such line.', { errors: [{ pointer, code: 'unknown_line', message: 'The order has no such line.' }] })
    if (changes.has(lineId)) throw new Problem('bad_request', 'A line is named twice.', { errors: [{ pointer, code: 'duplicate', message: 'This line is named twice.' }] })
    return line
  }
  for (const [index, change] of (body.changeLines ?? []).entries()) {
    const pointer = `/changeLines/${index}`
    const outcome = rules.amendLine(lineAt(change.lineId, `${pointer}/lineId`), { ordered: change.quantity === undefined ? null : micros(change.quantity), policy: change.backorderPolicy ?? null }, pointer)
    if (outcome instanceof Problem) throw outcome
    changes.set(change.lineId, outcome)
  }
  for (const [index, lineId] of (body.removeLineIds ?? []).entries()) {
    const pointer = `/removeLineIds/${index}`
    const line = lineAt(lineId, pointer)
    const amendable = rules.amendLine(line, { ordered: null, policy: null }, pointer)
    if (amendable instanceof Problem) throw amendable
    const [outcome] = decided(rules.cancelLine(line, null))
    if (outcome) changes.set(lineId, outcome)
  }
  return [...changes.values()]
}

const LINE_FIELDS = ['addLines', 'changeLines', 'removeLineIds']

async function amend(tx: Writing, orderId: OrderId, body: Amendment, expectedVersion: number): Promise<Order> {
  const { rowVersion, lines } = await store.openOrder(tx, orderId)
  if (rowVersion !== expectedVersion) throw new Problem('stale', 'The order has changed since you read it. Read it again and repeat your change.')
  const { addLines, changeLines } = body
  const status = rules.orderStatusOf(lines.map((line) => line.status))
  if (status !== 'draft' && status !== 'submitted' && status !== 'confirmed') throw new Problem('illegal_transition', `The order is ${status.replaceAll('_', ' ')} and can no longer be amended.`)
  const faults = faultsOf({ lines: addLines ?? [] }).map((fault) => ({ ...fault, pointer: fault.pointer.replace('/lines/', '/addLines/') }))
  if (faults.length > 0) throw new Problem('bad_request', 'The amendment is not valid.', { errors: faults })
  if (lines.length + (addLines?.length ?? 0) > ORDER_LINES_MAX) throw new Problem('bad_request', `An order has at most ${ORDER_LINES_MAX} lines.`, { errors: [{ pointer: '/addLines', code: 'too_many', message: `At most ${ORDER_LINES_MAX} lines in all.` }] })
  await store.saveLines(tx, amendedLines(lines, body))
  if (addLines) {
    const optional = (values: readonly (string | undefined)[]): (string | null)[] => values.map((value) => value ?? null)
    await tx.rows(store.addLines, [
      orderId, addLines.map(() => newId<'SalesOrderLine'>()), optional(addLines.map((line) => line.itemId)), optional(addLines.map((line) => line.sku)),
      addLines.map((line) => line.quantity), addLines.map((line) => line.backorderPolicy ?? 'allow'), status,
    ])
  }
  if (Object.keys(body).some((name) => !LINE_FIELDS.includes(name))) await store.saveHead(tx, orderId, body)
  if (status === 'confirmed' && (addLines || changeLines)) await reserve(tx, orderId, false)
  const changed = Object.keys(body)
  tx.emit(orderAmended, orderId, { orderId, changed })
  tx.changed({ entity: 'order', id: orderId, action: 'amended', after: body })
  await store.record(tx, orderId, 'amended', { ...body })
  return answer(tx, orderId)
}

export const changesHandlers = (database: Database): Handlers<typeof changesApi> => {
  const write = (ctx: Ctx<'orders:write'>, work: (tx: Writing) => Promise<Order>): Promise<Order> => database.write(ctx, work)
  return {
    submitOrder: ({ ctx, params }) => write(ctx, (tx) => submit(tx, params.orderId)),
    confirmOrder: ({ ctx, params }) => write(ctx, (tx) => confirm(tx, params.orderId)),
    allocateOrder: ({ ctx, params }) => write(ctx, (tx) => allocate(tx, params.orderId)),
    releaseOrder: ({ ctx, params }) => database.write(ctx, (tx) => release(tx, params.orderId)),
    cancelOrder: ({ ctx, params, body }) => write(ctx, (tx) => cancel(tx, params.orderId, body.reason)),
    cancelOrderLine: ({ ctx, params, body }) => write(ctx, (tx) => cancelLine(tx, params, body)),
    amendOrder: ({ ctx, params, body, expectedVersion }) => write(ctx, (tx) => amend(tx, params.orderId, body, expectedVersion)),
  }
}

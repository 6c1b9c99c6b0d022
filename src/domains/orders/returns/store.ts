// The commands on a return as statements, and what the rooms above are told.
import { newId, type ItemId, type LocationId, type LotId, type OrderId, type OrderLineId, type OrganizationId, type PartyId, type ReturnId, type ReturnLineId, type SiteId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockToPutAway } from '../../inventory/events.ts'
import { returnApproved, returnAwaited, returnCancelled, returnClosed, returnCreditRequested, returnDispositioned, returnInspected, returnReceived, returnRejected, returnRequested } from '../events.ts'
import { DISPOSITIONS, RETURN_STATUSES, type Return, type ReturnArrival, type ReturnDecisions, type ReturnDispositionId, type ReturnDraft, type ReturnFindings, type ReturnReceiptId } from './contract.ts'
import { decidedReturn, movedReturn, writtenReturn } from './document.ts'

type Writing = Tx<'write', 'orders:write'>
type Deciding = Tx<'write', 'orders:release'>
type Moving = Tx<'write', 'inventory:write'>

const refusals: Refusals = {
  sales_return_external_unique: ['conflict', 'This return of the other system is here already.', '/external/ref'],
  sales_return_site_exists: ['invalid', 'There is no such site.', '/siteId'],
  line_returned_was_shipped: ['conflict', 'More would come back than was shipped.', '/lines'],
  stock_move_posted_once: ['conflict', 'This posting was done before.', ''],
}
const request = write('orders:write', 'select number from bss.request_return($1, $2, $3, $4::uuid[], $5::uuid[], $6::uuid[], $7::numeric[], $8::text[], $9, $10, $11, $12::timestamptz) where organization_id = $1', { number: column.text }, refusals)
const done = { organizationId: column.id<OrganizationId>() } as const
const reject = write('orders:release', 'select organization_id from bss.reject_return($1, $2, $3) where organization_id = $1', done)
const cancel = write('orders:write', 'select organization_id from bss.cancel_return($1, $2, $3) where organization_id = $1', done)
const receive = write('inventory:write', 'select organization_id from bss.receive_return($1, $2, $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::numeric[], $9, $10::timestamptz, $11, $12) where organization_id = $1', done, refusals)
const dispose = write('inventory:write', 'select organization_id from bss.dispose_return($1, $2, $3::uuid[], $4::uuid[], $5::text[], $6::numeric[], $7::uuid[], $8) where organization_id = $1', done, refusals)
const state = { status: column.oneOf(RETURN_STATUSES) }
const LOCK = 'select s.status from bss.sales_return s where s.organization_id = $1 and s.id = $2 for no key update'
const lockWritten = write('orders:write', LOCK, state)
const lockDecided = write('orders:release', LOCK, state)
const lockMoved = write('inventory:write', LOCK, state)
const approve = write('orders:release', "update bss.sales_return s set status = 'approved', decision_note = $3 where s.organization_id = $1 and s.id = $2", {})
const announce = write('orders:write', "update bss.sales_return s set status = 'awaiting_receipt', tracking_reference = $3 where s.organization_id = $1 and s.id = $2", {})
const settle = write('orders:release', "update bss.sales_return s set status = 'settled', settled_at = now() where s.organization_id = $1 and s.id = $2", {})
const close = write('orders:write', "update bss.sales_return s set status = 'closed' where s.organization_id = $1 and s.id = $2", {})
const find = write('inventory:write', `update bss.sales_return_receipt r set condition = u.condition, inspection_note = u.note from unnest($3::uuid[], $4::text[], $5::text[]) u(id, condition, note)
  where r.organization_id = $1 and r.return_id = $2 and r.id = u.id returning r.id`, { id: column.id<ReturnReceiptId>() })
const inspected = write('inventory:write', `update bss.sales_return s set status = 'inspected' where s.organization_id = $1 and s.id = $2
  and not exists (select 1 from bss.sales_return_receipt r where r.organization_id = $1 and r.return_id = s.id and r.condition is null) returning s.id`, { id: column.id<ReturnId>() })

const notThere = (errors: { pointer: string; code: string; message: string }[]): Problem => new Problem('conflict', 'This cannot be done to the return.', { errors })
function standsAt(row: { readonly status: Return['status'] } | null, status: Return['status']): void {
  if (row === null) throw notFound('return')
  if (row.status !== status) throw new Problem('illegal_transition', `This return is ${row.status.replaceAll('_', ' ')}, not ${status.replaceAll('_', ' ')}.`)
}

export async function requestReturn(tx: Writing, draft: ReturnDraft): Promise<Return> {
  const id: ReturnId = newId()
  const { lines } = draft
  await tx.rows(request, [
    id, draft.siteId ?? null, lines.map(() => newId<'ReturnLine'>()), lines.map(({ orderLineId }) => orderLineId), lines.map(({ lotId }) => lotId ?? null), lines.map(({ quantity }) => quantity), lines.map(({ reason }) => reason),
    draft.note ?? null, draft.external?.source ?? null, draft.external?.ref ?? null, draft.requestedAt ?? null,
  ])
  const made = await tx.one('return', writtenReturn, [id])
  tx.emit(returnRequested, id, { returnId: id, customerId: made.customerId, siteId: made.siteId, lines: made.lines.map(({ orderId, orderLineId, itemId, quantity }) => ({ orderId, orderLineId, itemId, quantity })) })
  tx.changed({ entity: 'return', id, action: 'requested', after: draft })
  return made
}
export async function approveReturn(tx: Deciding, id: ReturnId, note: string | undefined): Promise<Return> {
  standsAt(await tx.maybe(lockDecided, [id]), 'requested')
  await tx.rows(approve, [id, note ?? null])
  tx.emit(returnApproved, id, { returnId: id })
  tx.changed({ entity: 'return', id, action: 'approved', after: { note } })
  return tx.one('return', decidedReturn, [id])
}
export async function rejectReturn(tx: Deciding, id: ReturnId, reason: string): Promise<Return> {
  await tx.rows(reject, [id, reason])
  tx.emit(returnRejected, id, { returnId: id, reason })
  tx.changed({ entity: 'return', id, action: 'rejected', after: { reason } })
  return tx.one('return', decidedReturn, [id])
}
/** Before anything is on its way back; what was asked for is free again. */
export async function cancelReturn(tx: Writing, id: ReturnId, reason: string | undefined): Promise<Return> {
  await tx.rows(cancel, [id, reason ?? null])
  tx.emit(returnCancelled, id, { returnId: id })
  tx.changed({ entity: 'return', id, action: 'cancelled', after: { reason } })
  return tx.one('return', writtenReturn, [id])
}
export async function awaitReturn(tx: Writing, id: ReturnId, trackingReference: string | undefined): Promise<Return> {
  standsAt(await tx.maybe(lockWritten, [id]), 'approved')
  await tx.rows(announce, [id, trackingReference ?? null])
  tx.emit(returnAwaited, id, { returnId: id })
  tx.changed({ entity: 'return', id, action: 'awaited', after: { trackingReference } })
  return tx.one('return', writtenReturn, [id])
}

export async function receiveReturn(tx: Moving, key: string, id: ReturnId, arrival: ReturnArrival): Promise<Return> {
  const { lines } = arrival
  const receiptIds = lines.map(() => newId<'ReturnReceipt'>())
  await tx.rows(receive, [
    id, receiptIds, lines.map(({ returnLineId }) => returnLineId), lines.map(({ lotId }) => lotId ?? null), lines.map(({ lotNumber }) => lotNumber ?? null), lines.map(({ locationId }) => locationId), lines.map(({ quantity }) => quantity),
    key, arrival.receivedAt ?? new Date().toISOString(), arrival.isComplete === true, tx.actorName,
  ])
  await tellReceived(tx, receiptIds)
  tx.changed({ entity: 'return', id, action: 'received', after: arrival })
  return tx.one('return', movedReturn, [id])
}
export async function inspectReturn(tx: Moving, id: ReturnId, { findings }: ReturnFindings): Promise<Return> {
  standsAt(await tx.maybe(lockMoved, [id]), 'received')
  const found = new Set((await tx.rows(find, [id, findings.map(({ receiptId }) => receiptId), findings.map(({ condition }) => condition), findings.map(({ note }) => note ?? null)])).map((row) => row.id))
  const unknown = findings.flatMap(({ receiptId }, index) => (found.has(receiptId) ? [] : [{ pointer: `/findings/${index}/receiptId`, code: 'unknown_receipt', message: 'This return received no such goods.' }]))
  if (unknown.length > 0) throw notThere(unknown)
  if ((await tx.maybe(inspected, [id])) !== null) tx.emit(returnInspected, id, { returnId: id })
  tx.changed({ entity: 'return', id, action: 'inspected', after: findings })
  return tx.one('return', movedReturn, [id])
}
export async function disposeReturn(tx: Moving, key: string, id: ReturnId, { lines }: ReturnDecisions): Promise<Return> {
  const dispositionIds = lines.map(() => newId<'ReturnDisposition'>())
  await tx.rows(dispose, [id, dispositionIds, lines.map(({ receiptId }) => receiptId), lines.map(({ disposition }) => disposition), lines.map(({ quantity }) => quantity), lines.map(({ locationId }) => locationId ?? null), key])
  await tellDisposed(tx, dispositionIds)
  tx.changed({ entity: 'return', id, action: 'disposed', after: lines })
  return tx.one('return', movedReturn, [id])
}
export async function settleReturn(tx: Deciding, id: ReturnId): Promise<Return> {
  standsAt(await tx.maybe(lockDecided, [id]), 'dispositioned')
  await tx.rows(settle, [id])
  const settled = await tx.one('return', decidedReturn, [id])
  tellSettled(tx, settled)
  tx.changed({ entity: 'return', id, action: 'settled' })
  return settled
}
export async function closeReturn(tx: Writing, id: ReturnId): Promise<Return> {
  standsAt(await tx.maybe(lockWritten, [id]), 'settled')
  await tx.rows(close, [id])
  tx.emit(returnClosed, id, { returnId: id })
  tx.changed({ entity: 'return', id, action: 'closed' })
  return tx.one('return', writtenReturn, [id])
}

/** What really came back is to be credited; nothing came, nothing is asked for. */
export function tellSettled(tx: Tx<'write', never>, { id, customerId, lines }: Return): void {
  const credited = lines.filter(({ received }) => received !== '0').map(({ orderId, orderLineId, itemId, received }) => ({ orderId, orderLineId, itemId, quantity: received }))
  if (credited.length > 0) tx.emit(returnCreditRequested, id, { returnId: id, customerId, lines: credited })
}

const goods = {
  returnId: column.id<ReturnId>(), siteId: column.id<SiteId>(), customerId: column.id<PartyId>(), returnLineId: column.id<ReturnLineId>(), orderId: column.id<OrderId>(), orderLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(),
  lotId: column.nullable(column.id<LotId>()), locationId: column.id<LocationId>(), quantity: column.quantity,
}
const receivedGoods = write('inventory:write', `select r.return_id, r.site_id, s.customer_id, x.id as return_line_id, x.order_id, x.order_line_id, r.item_id, r.lot_id, r.location_id, r.quantity
  from bss.sales_return_receipt r join bss.sales_return_line x on x.organization_id = $1 and x.id = r.return_line_id join bss.sales_return s on s.organization_id = $1 and s.id = r.return_id
 where r.organization_id = $1 and r.id = any ($2::uuid[]) order by r.return_id, r.id`, goods)
const disposedGoods = write('inventory:write', `select r.return_id, r.site_id, s.customer_id, x.id as return_line_id, x.order_id, x.order_line_id, r.item_id, r.lot_id, d.location_id, d.quantity, d.disposition, o.kind = 'receive' as is_to_put_away
  from bss.sales_return_disposition d join bss.sales_return_receipt r on r.organization_id = $1 and r.id = d.receipt_id join bss.sales_return_line x on x.organization_id = $1 and x.id = r.return_line_id
  join bss.sales_return s on s.organization_id = $1 and s.id = r.return_id join bss.location o on o.organization_id = $1 and o.id = d.location_id
 where d.organization_id = $1 and d.id = any ($2::uuid[]) order by r.return_id, d.id`, { ...goods, disposition: column.oneOf(DISPOSITIONS), isToPutAway: column.bool })

/** One event per return. */
export async function tellReceived(tx: Moving, receiptIds: readonly ReturnReceiptId[]): Promise<void> {
  for (const [returnId, rows] of Map.groupBy(await tx.rows(receivedGoods, [receiptIds]), (row) => row.returnId)) {
    const [first] = rows
    if (first !== undefined) tx.emit(returnReceived, returnId, { returnId, siteId: first.siteId, lines: rows.map(({ returnId: _r, siteId: _s, customerId: _c, ...line }) => line) })
  }
}
/** One event per return; goods that are stock again and lie where they came in are to be put away. */
export async function tellDisposed(tx: Moving, dispositionIds: readonly ReturnDispositionId[]): Promise<void> {
  for (const [returnId, rows] of Map.groupBy(await tx.rows(disposedGoods, [dispositionIds]), (row) => row.returnId)) {
    const [first] = rows
    if (first === undefined) continue
    const { siteId } = first
    tx.emit(returnDispositioned, returnId, { returnId, siteId, lines: rows.map(({ returnId: _r, siteId: _s, customerId: _c, isToPutAway: _p, ...line }) => line) })
    const back = rows.filter((row) => row.disposition === 'restock' && row.isToPutAway)
    if (back.length > 0) tx.emit(stockToPutAway, siteId, { siteId, documentKind: 'return', documentId: returnId, lines: back.map(({ itemId, lotId, locationId, quantity }) => ({ itemId, lotId, locationId, quantity })) })
  }
}

// Receiving what was ordered: within tolerances, with the lots that came, what is to be inspected into quarantine.
import { newId, type ItemId, type LotId, type PurchaseOrderId, type PurchaseOrderLineId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockReceived } from '../events.ts'
import { lotOfLines, sameSite } from '../movements/adjust.ts'
import { numberOf, post, refuseLines } from '../movements/post.ts'
import { PURCHASE_LINE_STATUSES } from '../purchasing/contract.ts'
import { PURCHASE_ORDER_STATUSES, RECEIVABLE } from '../purchasing/rules.ts'
import type { Receipt } from '../receipts/contract.ts'
import { getReceipt } from '../receipts/store.ts'
import type { ReceiptId } from '../schema.ts'
import { virtualLocations } from '../sites/store.ts'
import type { OrderArrival } from './contract.ts'
import { openInspections, routed } from './due.ts'
import { tellToPutAway } from './putaway.ts'

export type Receiving = Tx<'write', 'inventory:read' | 'inventory:write' | 'purchasing:read'>

const lockOrder = write('inventory:write', 'select o.status, o.site_id, o.supplier_id from bss.purchase_order o where o.organization_id = $1 and o.id = $2 for no key update', {
  status: column.oneOf(PURCHASE_ORDER_STATUSES), siteId: column.id<SiteId>(), supplierId: column.id<SupplierId>(),
})
const orderedLines = read('inventory:read', `
  select l.id, l.item_id, l.ordered, l.received, trunc(l.ordered * (100 + l.over_percent) / 100, 6) - l.received as allowed, l.over_percent, l.status, i.shelf_life_days, i.tracking, p.name as supplier
    from bss.purchase_order_line l join bss.item i on i.organization_id = $1 and i.id = l.item_id
    join bss.purchase_order o on o.organization_id = $1 and o.id = l.purchase_order_id join bss.party p on p.organization_id = $1 and p.id = o.supplier_id
   where l.organization_id = $1 and l.purchase_order_id = $2`, {
  id: column.id<PurchaseOrderLineId>(), itemId: column.id<ItemId>(), ordered: column.quantity, received: column.quantity, allowed: column.quantity, overPercent: column.quantity, status: column.oneOf(PURCHASE_LINE_STATUSES),
  shelfLifeDays: column.nullable(column.int), tracking: column.oneOf(['none', 'lot', 'serial'] as const), supplier: column.text,
})
/** How many days each lot still has at the site, and how many were agreed. */
const remaining = read('inventory:read', `
  select t.id, t.expires_on is null as is_dateless, t.expires_on - (now() at time zone s.time_zone)::date as days, coalesce(m.min_remaining_days, 0) as wanted
    from bss.lot t join bss.site s on s.organization_id = $1 and s.id = $3 left join bss.supplier_terms m on m.organization_id = $1 and m.supplier_id = $4
   where t.organization_id = $1 and t.id = any($2::uuid[])`, { id: column.id<LotId>(), isDateless: column.bool, days: column.nullable(column.int), wanted: column.int })
const insertReceipt = write('inventory:write', `
  insert into bss.receipt (organization_id, id, number, site_id, status, supplier, received_at, note, purchase_order_id, supplier_id) values ($1, $2, $3, $4, 'received', $5, $6, $7, $8, $9)`, {})
const insertLines = write('inventory:write', `
  insert into bss.receipt_line (organization_id, id, receipt_id, line_no, site_id, item_id, location_id, expected, received, status, purchase_order_line_id, lot_id, rejected, reject_reason)
  select $1, u.id, $2, u.n, $3, u.item_id, u.location_id, 0, u.received, 'closed', u.line_id, u.lot_id, u.rejected, u.reason
    from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::numeric[], $8::uuid[], $9::uuid[], $10::numeric[], $11::text[]) with ordinality as u (id, item_id, location_id, received, line_id, lot_id, rejected, reason, n)`, {})
/** A line ends when what came is within the under-delivery that was agreed; or, when nothing more will come, in any case. */
const addReceived = write('inventory:write', `
  update bss.purchase_order_line l set received = l.received + u.quantity, rejected = l.rejected + u.rejected,
         status = case when $5::bool or l.received + u.quantity >= l.ordered * (100 - l.under_percent) / 100 then 'closed' else 'open' end
    from (select id, sum(quantity) as quantity, sum(rejected) as rejected from unnest($2::uuid[], $3::numeric[], $4::numeric[]) as x (id, quantity, rejected) group by id) u
   where l.organization_id = $1 and l.id = u.id`, {})
const settleOrder = write('inventory:write', `
  update bss.purchase_order o set status = case when exists (select from bss.purchase_order_line l where l.organization_id = $1 and l.purchase_order_id = o.id and l.status = 'open') then 'partially_received' else 'received' end
   where o.organization_id = $1 and o.id = $2`, {})

type Ordered = { readonly id: PurchaseOrderLineId; readonly itemId: ItemId; readonly allowed: string; readonly status: string; readonly shelfLifeDays: number | null; readonly tracking: 'none' | 'lot' | 'serial'; readonly supplier: string }

/** The ordered line behind each line that came, or a refusal that says how much is allowed. */
function matched(arrival: OrderArrival, ordered: readonly Ordered[]): Ordered[] {
  const byId = new Map(ordered.map((each) => [each.id, each] as const))
  const left = new Map(ordered.map((each) => [each.id, micros(each.allowed)] as const))
  const out: Ordered[] = []
  refuseLines(arrival.lines.flatMap((each, index): ProblemError[] => {
    const fault = (field: string, code: string, message: string): ProblemError[] => [{ pointer: `/lines/${index}/${field}`, code, message }]
    const line = byId.get(each.purchaseOrderLineId)
    if (line === undefined) return fault('purchaseOrderLineId', 'unknown_line', 'This order has no such line.')
    if (line.status !== 'open') return fault('purchaseOrderLineId', 'line_closed', `This line is ${line.status}.`)
    if (micros(each.quantity) === 0n && each.rejected === undefined) return fault('quantity', 'nothing_came', 'Say what came or what was rejected.')
    if ((each.rejected === undefined) !== (each.rejectReason === undefined)) return fault('rejectReason', 'reason_required', 'What is rejected has a quantity and a reason.')
    const room = left.get(line.id) ?? 0n
    if (micros(each.quantity) > room) return fault('quantity', 'over_delivery', `At most ${quantityOf(room < 0n ? 0n : room)} may still be received of this line.`)
    left.set(line.id, room - micros(each.quantity))
    if (line.shelfLifeDays !== null && line.tracking !== 'none' && micros(each.quantity) > 0n && each.lot?.expiresOn === undefined && each.lot?.madeOn === undefined) return fault('lot', 'expiry_required', 'This item has a shelf life: say when the lot expires or was made.')
    out.push(line)
    return []
  }))
  return out
}

async function refuseShortLived(tx: Receiving, siteId: SiteId, supplierId: SupplierId, lots: readonly (LotId | null)[]): Promise<void> {
  const known = new Map((await tx.rows(remaining, [lots.flatMap((lot) => lot ?? []), siteId, supplierId])).map((each) => [each.id, each] as const))
  refuseLines(lots.flatMap((lot, index) => {
    const found = lot === null ? undefined : known.get(lot)
    if (found === undefined || found.days === null || found.days >= found.wanted) return []
    return [{ pointer: `/lines/${index}/lot/expiresOn`, code: found.days < 0 ? 'lot_expired' : 'short_lived', message: `This lot has ${found.days} days left; ${found.wanted} were agreed.` }]
  }))
}

export async function receivePurchaseOrder(tx: Receiving, key: string, orderId: PurchaseOrderId, arrival: OrderArrival): Promise<Receipt> {
  const order = await tx.one('purchase order', lockOrder, [orderId])
  if (!RECEIVABLE.includes(order.status)) throw new Problem('illegal_transition', `A purchase order that is ${order.status.replaceAll('_', ' ')} is not received.`)
  await sameSite(tx, order.siteId, arrival.lines.map(() => ({ locationId: arrival.locationId })))
  const ordered = matched(arrival, await tx.rows(orderedLines, [orderId]))
  const lots = await lotOfLines(tx, arrival.lines.map((each, index) => ({ ...each, itemId: ordered[index]?.itemId ?? newId<'Item'>() })))
  await refuseShortLived(tx, order.siteId, order.supplierId, lots)
  const id: ReceiptId = newId()
  const receivedAt = arrival.receivedAt ?? new Date().toISOString()
  const lines = await routed(tx, order.siteId, order.supplierId, arrival.lines.map((each, index) => ({
    id: newId<'ReceiptLine'>(), itemId: ordered[index]?.itemId ?? newId<'Item'>(), lotId: lots[index] ?? null, quantity: each.quantity, rejected: each.rejected ?? '0', reason: each.rejectReason ?? null,
    orderLineId: each.purchaseOrderLineId, locationId: arrival.locationId,
  })))
  await tx.rows(insertReceipt, [id, numberOf('RCV', id), order.siteId, ordered[0]?.supplier ?? null, receivedAt, arrival.note ?? null, orderId, order.supplierId])
  await tx.rows(insertLines, [
    id, order.siteId, lines.map((l) => l.id), lines.map((l) => l.itemId), lines.map((l) => l.locationId), lines.map((l) => l.quantity), lines.map((l) => l.orderLineId), lines.map((l) => l.lotId), lines.map((l) => l.rejected), lines.map((l) => l.reason),
  ])
  await tx.rows(addReceived, [lines.map((l) => l.orderLineId), lines.map((l) => l.quantity), lines.map((l) => l.rejected), arrival.isComplete === true])
  await tx.rows(settleOrder, [orderId])
  const came = lines.filter((each) => micros(each.quantity) > 0n)
  if (came.length > 0) {
    const { outside } = await virtualLocations(tx, order.siteId)
    await post(tx, {
      documentKind: 'receipt', reason: 'receipt', key, breaks: null,
      moves: came.map((l) => ({ documentId: id, documentLineId: l.id, itemId: l.itemId, fromLocationId: outside, toLocationId: l.locationId, lotId: l.lotId, quantity: l.quantity, occurredAt: receivedAt })),
    })
    tx.emit(stockReceived, order.siteId, { siteId: order.siteId, lines: came.map((l) => ({ itemId: l.itemId, lotId: l.lotId, locationId: l.locationId, receiptId: id, quantity: l.quantity })) })
    await tellToPutAway(tx, order.siteId, { kind: 'receipt', id }, came)
  }
  await openInspections(tx, order.siteId, id, came)
  tx.changed({ entity: 'receipt', id, action: 'received', after: { purchaseOrderId: orderId, lines: arrival.lines } })
  return getReceipt(tx, id)
}

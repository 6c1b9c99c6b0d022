// All SQL about receipts, one document at a time.
import { newId, type Id, type ItemId, type LocationId, type LotId, type PurchaseOrderLineId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockReceived } from '../events.ts'
import { openInspections, routed } from '../inbound/due.ts'
import { tellToPutAway } from '../inbound/putaway.ts'
import { listing } from '../listing.ts'
import { lotOfLines, sameSite } from '../movements/adjust.ts'
import { numberOf, post, refuseLines, type Move } from '../movements/post.ts'
import type { ReceiptId, ReceiptLineId } from '../schema.ts'
import { virtualLocations } from '../sites/store.ts'
import { RECEIPT_LINE_STATUSES, RECEIPT_STATUSES, type Arrival, type ExpectedDraft, type Receipt, type ReceivedDraft } from './contract.ts'

type Reading = Tx<'read', 'inventory:read'>
type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

const header = {
  id: column.id<ReceiptId>(), number: column.text, siteId: column.id<SiteId>(), status: column.oneOf(RECEIPT_STATUSES), supplier: column.nullable(column.text), expectedOn: column.nullable(column.date),
  receivedAt: column.nullable(column.instant), note: column.nullable(column.text), externalSource: column.nullable(column.text), externalRef: column.nullable(column.text), rowVersion: column.int, createdAt: column.instant,
}
const HEADER = 'r.id, r.number, r.site_id, r.status, r.supplier, r.expected_on, r.received_at, r.note, r.external_source, r.external_ref, r.row_version, r.created_at'
const line = {
  id: column.id<ReceiptLineId>(), lineNo: column.int, itemId: column.id<ItemId>(), locationId: column.nullable(column.id<LocationId>()), expected: column.quantity, received: column.quantity,
  rejected: column.quantity, rejectReason: column.nullable(column.text), purchaseOrderLineId: column.nullable(column.id<PurchaseOrderLineId>()), expectedOn: column.nullable(column.date), status: column.oneOf(RECEIPT_LINE_STATUSES),
}
const refusals: Refusals = {
  receipt_number_taken: ['conflict', 'There is a receipt of this number already.', '/number'],
  receipt_external_taken: ['conflict', 'There is a receipt with this external reference already.', '/external/ref'],
  receipt_site_unknown: ['invalid', 'There is no such site.', '/siteId'],
}
const byId = read('inventory:read', `select ${HEADER} from bss.receipt r where r.organization_id = $1 and r.id = $2`, header)
const linesOf = read('inventory:read', `
  select l.id, l.line_no, l.item_id, l.location_id, l.expected, l.received, l.rejected, l.reject_reason, l.purchase_order_line_id, l.expected_on, l.status from bss.receipt_line l where l.organization_id = $1 and l.receipt_id = $2 order by l.line_no`, line)
const insert = write('inventory:write', `
  insert into bss.receipt (organization_id, id, number, site_id, status, supplier, expected_on, received_at, note, external_source, external_ref) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, {}, refusals)
const insertLines = write('inventory:write', `
  insert into bss.receipt_line (organization_id, id, receipt_id, line_no, site_id, item_id, location_id, expected, received, expected_on, status)
  select $1, u.id, $2, u.n, $3, u.item_id, u.location_id, u.expected, u.received, $9::date, $10 from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::numeric[], $8::numeric[]) with ordinality as u (id, item_id, location_id, expected, received, n)`, {}, {
  receipt_line_item_unknown: ['invalid', 'There is no such item.', '/lines'],
})
const lock = write('inventory:write', `select ${HEADER} from bss.receipt r where r.organization_id = $1 and r.id = $2 for no key update`, header)
const addReceived = write('inventory:write', `
  update bss.receipt_line l set received = l.received + u.quantity, status = case when l.received + u.quantity >= l.expected then 'closed' else l.status end
    from (select id, sum(quantity) as quantity from unnest($2::uuid[], $3::numeric[]) as u (id, quantity) group by id) u where l.organization_id = $1 and l.id = u.id`, {})
const closeLines = write('inventory:write', "update bss.receipt_line set status = 'closed' where organization_id = $1 and receipt_id = $2 and status = 'open'", {})
const setStatus = write('inventory:write', 'update bss.receipt set status = $3, received_at = coalesce(received_at, $4) where organization_id = $1 and id = $2', {})
const knownItems = read('inventory:read', 'select i.id from bss.item i where i.organization_id = $1 and i.id = any($2::uuid[])', { id: column.id<ItemId>() })

/** Goods of a receipt that is one of these may still come. */
const AWAITED: readonly string[] = ['expected', 'arrived', 'receiving']
const stillLying = read('inventory:read', `
  select m.id from bss.stock_move m join bss.location l on l.organization_id = $1 and l.id = m.to_location_id and l.kind = 'receive'
    join bss.stock_balance b on b.organization_id = $1 and b.item_id = m.item_id and b.location_id = m.to_location_id and b.lot_id is not distinct from m.lot_id and b.on_hand > 0
   where m.organization_id = $1 and m.document_id = $2 limit 1`, { id: column.id() })

export const listReceipts = listing('inventory:read', {
  select: `select ${HEADER} from bss.receipt r where r.organization_id = $1`, shape: header,
  filters: { status: 'r.status = ?', siteId: 'r.site_id = ?', number: 'r.number = ?', externalRef: 'r.external_ref = ?' },
  sorts: { created: { sql: 'r.id', type: 'uuid', of: (row) => row.id }, number: { sql: 'r.number', type: 'text', of: (row) => row.number } },
  tie: { sql: 'r.id', type: 'uuid', of: (row) => row.id },
})
export async function getReceipt(tx: Reading, id: ReceiptId): Promise<Receipt> {
  return { ...(await tx.one('receipt', byId, [id])), lines: await tx.rows(linesOf, [id]) }
}

type Header = Pick<ExpectedDraft, 'siteId' | 'number' | 'supplier' | 'note' | 'external'>
const insertHeader = (tx: Writing, id: ReceiptId, draft: Header, more: { readonly status: string; readonly expectedOn: string | null; readonly receivedAt: string | null }) =>
  tx.rows(insert, [
    id, draft.number ?? numberOf('RCV', id), draft.siteId, more.status, draft.supplier ?? null, more.expectedOn, more.receivedAt, draft.note ?? null, draft.external?.source ?? null, draft.external?.ref ?? null,
  ])

export async function expectReceipt(tx: Writing, draft: ExpectedDraft): Promise<Receipt> {
  const id: ReceiptId = newId()
  await insertHeader(tx, id, draft, { status: 'expected', expectedOn: draft.expectedOn, receivedAt: null })
  const items = new Set((await tx.rows(knownItems, [draft.lines.map((each) => each.itemId)])).map((row) => row.id))
  refuseLines(draft.lines.flatMap((each, index) => (items.has(each.itemId) ? [] : [{ pointer: `/lines/${index}/itemId`, code: 'unknown_item', message: 'There is no such item.' }])))
  await sameSite(tx, draft.siteId, draft.lines.flatMap(({ locationId }) => (locationId === undefined ? [] : [{ locationId }])))
  const zero = draft.lines.map(() => '0')
  await tx.rows(insertLines, [
    id, draft.siteId, draft.lines.map(() => newId()), draft.lines.map((l) => l.itemId), draft.lines.map((l) => l.locationId ?? null), draft.lines.map((l) => l.quantity), zero, draft.expectedOn, 'open',
  ])
  tx.changed({ entity: 'receipt', id, action: 'expected', after: { siteId: draft.siteId, expectedOn: draft.expectedOn, lines: draft.lines } })
  return getReceipt(tx, id)
}

/** Goods that nobody ordered here. Of a known supplier also its inspection plans count. */
export async function receiveStock(tx: Writing, key: string, draft: ReceivedDraft, supplierId: SupplierId | null = null): Promise<Receipt> {
  const id: ReceiptId = newId()
  const receivedAt = draft.receivedAt ?? new Date().toISOString()
  await insertHeader(tx, id, draft, { status: 'received', expectedOn: null, receivedAt })
  await sameSite(tx, draft.siteId, draft.lines)
  const lots = await lotOfLines(tx, draft.lines)
  const lines = await routed(tx, draft.siteId, supplierId, draft.lines.map((each, index) => ({ ...each, id: newId<'ReceiptLine'>(), lotId: lots[index] ?? null })))
  await arrive(tx, { id, siteId: draft.siteId, key, receivedAt, lines })
  await tx.rows(insertLines, [id, draft.siteId, lines.map((l) => l.id), lines.map((l) => l.itemId), lines.map((l) => l.locationId), lines.map((l) => l.quantity), lines.map((l) => l.quantity), null, 'closed'])
  await openInspections(tx, draft.siteId, id, lines)
  tx.changed({ entity: 'receipt', id, action: 'received', after: { siteId: draft.siteId, lines: draft.lines } })
  return getReceipt(tx, id)
}

export async function receiveReceipt(tx: Writing, key: string, id: ReceiptId, arrival: Arrival): Promise<Receipt> {
  const receipt = await tx.one('receipt', lock, [id])
  if (!AWAITED.includes(receipt.status)) throw new Problem('illegal_transition', `This receipt is ${receipt.status} already.`)
  const expected = new Map((await tx.rows(linesOf, [id])).map((each) => [each.id, each] as const))
  const named = arrival.lines.map((each, index) => {
    const known = expected.get(each.receiptLineId)
    const locationId = each.locationId ?? known?.locationId ?? null
    if (known === undefined) refuseLines([{ pointer: `/lines/${index}/receiptLineId`, code: 'unknown_line', message: 'This receipt has no such line.' }])
    if (known === undefined || locationId === null) throw new Problem('invalid', 'Some lines cannot be posted.', { errors: [{ pointer: `/lines/${index}/locationId`, code: 'required', message: 'Say where it was put.' }] })
    return { ...each, id: known.id, itemId: known.itemId, locationId }
  })
  await sameSite(tx, receipt.siteId, named)
  const lots = await lotOfLines(tx, named)
  const receivedAt = new Date().toISOString()
  const came = await routed(tx, receipt.siteId, null, named.map((each, index) => ({ ...each, lotId: lots[index] ?? null })))
  await arrive(tx, { id, siteId: receipt.siteId, key, receivedAt, lines: came })
  await openInspections(tx, receipt.siteId, id, came)
  await tx.rows(addReceived, [named.map((each) => each.id), named.map((each) => each.quantity)])
  if (arrival.isComplete === true) await tx.rows(closeLines, [id])
  const lines = await tx.rows(linesOf, [id])
  await tx.rows(setStatus, [id, lines.every((each) => each.status === 'closed') ? 'received' : 'receiving', receivedAt])
  tx.changed({ entity: 'receipt', id, action: 'received', after: { lines: arrival.lines } })
  return getReceipt(tx, id)
}

export async function cancelReceipt(tx: Writing, id: ReceiptId): Promise<Receipt> {
  const receipt = await tx.one('receipt', lock, [id])
  if (!AWAITED.includes(receipt.status)) throw new Problem('illegal_transition', `This receipt is ${receipt.status} already.`)
  await tx.rows(closeLines, [id])
  // What has come already stays received: only the rest is cancelled. Its put-away may have ended while the rest was awaited.
  const hasSome = (await tx.rows(linesOf, [id])).some((each) => each.received !== '0')
  await tx.rows(setStatus, [id, hasSome ? 'received' : 'cancelled', null])
  if (hasSome && (await tx.maybe(stillLying, [id])) === null) await tx.rows(setStatus, [id, 'put_away', null])
  tx.changed({ entity: 'receipt', id, action: 'cancelled' })
  return getReceipt(tx, id)
}

async function move(tx: Writing, id: ReceiptId, from: string, to: 'arrived' | 'put_away' | 'closed'): Promise<Receipt> {
  const receipt = await tx.one('receipt', lock, [id])
  if (receipt.status !== from) throw new Problem('illegal_transition', `A receipt that is ${receipt.status.replaceAll('_', ' ')} cannot become ${to.replaceAll('_', ' ')}.`)
  if (to === 'put_away' && (await tx.maybe(stillLying, [id])) !== null) throw new Problem('conflict', 'Some of these goods still lie where they were received.')
  await tx.rows(setStatus, [id, to, null])
  tx.changed({ entity: 'receipt', id, action: to })
  return getReceipt(tx, id)
}
export const arriveReceipt = (tx: Writing, id: ReceiptId): Promise<Receipt> => move(tx, id, 'expected', 'arrived')
export const putAwayReceipt = (tx: Writing, id: ReceiptId): Promise<Receipt> => move(tx, id, 'received', 'put_away')
export const closeReceipt = (tx: Writing, id: ReceiptId): Promise<Receipt> => move(tx, id, 'put_away', 'closed')

/** The last of it was carried to its bin. Nothing happens to a receipt that is not received, or was put away by hand. */
export async function wasPutAway(tx: Writing, id: ReceiptId): Promise<void> {
  const receipt = await tx.one('receipt', lock, [id])
  if (receipt.status !== 'received') return
  await tx.rows(setStatus, [id, 'put_away', null])
  tx.changed({ entity: 'receipt', id, action: 'put_away' })
}

interface Arriving {
  readonly id: ReceiptId
  readonly siteId: SiteId
  readonly key: string
  readonly receivedAt: string
  readonly lines: readonly { readonly id: Id<'ReceiptLine'>; readonly itemId: ItemId; readonly locationId: LocationId; readonly lotId: LotId | null; readonly quantity: string }[]
}
async function arrive(tx: Writing, { id, siteId, key, receivedAt, lines }: Arriving): Promise<void> {
  const { outside } = await virtualLocations(tx, siteId)
  const moves = lines.map((each): Move => ({ documentId: id, documentLineId: each.id, itemId: each.itemId, fromLocationId: outside, toLocationId: each.locationId, lotId: each.lotId, quantity: each.quantity, occurredAt: receivedAt }))
  await post(tx, { documentKind: 'receipt', reason: 'receipt', key, moves, breaks: null })
  tx.emit(stockReceived, siteId, { siteId, lines: lines.map((each) => ({ itemId: each.itemId, lotId: each.lotId, locationId: each.locationId, receiptId: id, quantity: each.quantity })) })
  await tellToPutAway(tx, siteId, { kind: 'receipt', id }, lines)
}

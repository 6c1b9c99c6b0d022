// All SQL about purchase orders, but for their money.
import { newId, type ActorId, type ItemId, type PurchaseOrderId, type PurchaseOrderLineId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import { numberOf } from '../movements/post.ts'
import { PURCHASE_LINE_STATUSES, type Amendment, type PurchaseOrder, type PurchaseOrderDraft } from './contract.ts'
import { PURCHASE_ORDER_ARROWS, PURCHASE_ORDER_STATUSES, type PurchaseOrderStatus } from './rules.ts'
import { getSupplier } from './suppliers.ts'

export type Reading = Tx<'read', 'purchasing:read'>
export type Writing = Tx<'write', 'inventory:read' | 'purchasing:read' | 'purchasing:write'>

const header = {
  id: column.id<PurchaseOrderId>(), number: column.text, supplierId: column.id<SupplierId>(), siteId: column.id<SiteId>(), status: column.oneOf(PURCHASE_ORDER_STATUSES), expectedOn: column.date, note: column.nullable(column.text),
  statusReason: column.nullable(column.text), approvedBy: column.nullable(column.id<ActorId>()), externalSource: column.nullable(column.text), externalRef: column.nullable(column.text), rowVersion: column.int,
  createdAt: column.instant, updatedAt: column.instant,
}
const HEADER = 'o.id, o.number, o.supplier_id, o.site_id, o.status, o.expected_on, o.note, o.status_reason, o.approved_by, o.external_source, o.external_ref, o.row_version, o.created_at, o.updated_at'
const line = {
  id: column.id<PurchaseOrderLineId>(), lineNo: column.int, itemId: column.id<ItemId>(), ordered: column.quantity, received: column.quantity, rejected: column.quantity, overPercent: column.quantity, underPercent: column.quantity,
  expectedOn: column.date, status: column.oneOf(PURCHASE_LINE_STATUSES),
}
export const orderRefusals: Refusals = {
  purchase_order_number_taken: ['conflict', 'There is a purchase order of this number already.', '/number'],
  purchase_order_external_taken: ['conflict', 'There is a purchase order with this external reference already.', '/external/ref'],
  purchase_order_supplier_unknown: ['invalid', 'There is no such supplier.', '/supplierId'],
  purchase_order_site_unknown: ['invalid', 'There is no such site.', '/siteId'],
  purchase_order_two_people: ['conflict', 'An order is approved by somebody who neither drafted nor submitted it.', '/approver'],
}
const byId = read('purchasing:read', `select ${HEADER} from bss.purchase_order o where o.organization_id = $1 and o.id = $2`, header)
const linesOf = read('purchasing:read', `
  select l.id, l.line_no, l.item_id, l.ordered, l.received, l.rejected, l.over_percent, l.under_percent, l.expected_on, l.status
    from bss.purchase_order_line l where l.organization_id = $1 and l.purchase_order_id = $2 order by l.line_no`, line)
const lock = write('purchasing:write', 'select o.status from bss.purchase_order o where o.organization_id = $1 and o.id = $2 for no key update', { status: column.oneOf(PURCHASE_ORDER_STATUSES) })
const insert = write('purchasing:write', `
  insert into bss.purchase_order (organization_id, id, number, supplier_id, site_id, expected_on, note, external_source, external_ref) values ($1, $2, $3, $4, $5, $6::date, $7, $8, $9)`, {}, orderRefusals)
const insertLines = write('purchasing:write', `
  insert into bss.purchase_order_line (organization_id, id, purchase_order_id, line_no, site_id, item_id, ordered, expected_on, over_percent, under_percent)
  select $1, u.id, $2, u.n, $3, u.item_id, u.ordered, u.expected_on, coalesce(u.over, t.over_percent, 0), coalesce(u.under, t.under_percent, 0)
    from unnest($4::uuid[], $5::uuid[], $6::numeric[], $7::date[], $8::numeric[], $9::numeric[]) with ordinality as u (id, item_id, ordered, expected_on, over, under, n)
    left join bss.supplier_terms t on t.organization_id = $1 and t.supplier_id = $10`, {})
const knownItems = read('inventory:read', 'select i.id from bss.item i where i.organization_id = $1 and i.id = any($2::uuid[])', { id: column.id<ItemId>() })
const setStatus = write('purchasing:write', `
  update bss.purchase_order set status = $3, status_reason = coalesce($4, status_reason), submitted_by = case when $3 = 'pending_approval' then sec.actor() else submitted_by end,
         approved_by = case when $3 = 'approved' then sec.actor() else approved_by end where organization_id = $1 and id = $2`, {}, orderRefusals)
const setLines = write('purchasing:write', 'update bss.purchase_order_line set status = $4 where organization_id = $1 and purchase_order_id = $2 and status = $3', {})
const amendLines = write('purchasing:write', `
  update bss.purchase_order_line l set ordered = coalesce(u.ordered, l.ordered), expected_on = coalesce(u.expected_on, l.expected_on),
         status = case when l.status = 'open' and coalesce(u.ordered, l.ordered) <= l.received then 'closed' else l.status end
    from unnest($3::uuid[], $4::numeric[], $5::date[]) as u (id, ordered, expected_on) where l.organization_id = $1 and l.purchase_order_id = $2 and l.id = u.id`, {})

export const listPurchaseOrders = listing('purchasing:read', {
  select: `select ${HEADER} from bss.purchase_order o where o.organization_id = $1`, shape: header,
  filters: { status: 'o.status = ?', supplierId: 'o.supplier_id = ?::uuid', siteId: 'o.site_id = ?::uuid', number: 'o.number = ?', externalRef: 'o.external_ref = ?' },
  sorts: {
    created: { sql: 'o.id', type: 'uuid', of: (row) => row.id }, number: { sql: 'o.number', type: 'text', of: (row) => row.number }, expectedOn: { sql: 'o.expected_on', type: 'date', of: (row) => row.expectedOn },
  },
  tie: { sql: 'o.id', type: 'uuid', of: (row) => row.id },
})
export async function getPurchaseOrder(tx: Reading, id: PurchaseOrderId): Promise<PurchaseOrder> {
  return { ...(await tx.one('purchase order', byId, [id])), lines: await tx.rows(linesOf, [id]) }
}

export async function createPurchaseOrder(tx: Writing, draft: PurchaseOrderDraft): Promise<PurchaseOrder> {
  // Parties of other kinds are no suppliers; the foreign key alone would let a customer pass.
  await getSupplier(tx, draft.supplierId).catch((error: unknown) => {
    throw error instanceof Problem && error.code === 'not_found' ? new Problem('invalid', 'There is no such supplier.', { errors: [{ pointer: '/supplierId', code: 'unknown_supplier', message: 'There is no such supplier.' }] }) : error
  })
  const items = new Set((await tx.rows(knownItems, [draft.lines.map((each) => each.itemId)])).map((row) => row.id))
  refuse(draft.lines.flatMap((each, index) => (items.has(each.itemId) ? [] : [{ pointer: `/lines/${index}/itemId`, code: 'unknown_item', message: 'There is no such item.' }])))
  const id: PurchaseOrderId = newId()
  await tx.rows(insert, [id, draft.number ?? numberOf('PO', id), draft.supplierId, draft.siteId, draft.expectedOn, draft.note ?? null, draft.external?.source ?? null, draft.external?.ref ?? null])
  await tx.rows(insertLines, [
    id, draft.siteId, draft.lines.map(() => newId()), draft.lines.map((l) => l.itemId), draft.lines.map((l) => l.quantity), draft.lines.map((l) => l.expectedOn ?? draft.expectedOn),
    draft.lines.map((l) => l.overPercent ?? null), draft.lines.map((l) => l.underPercent ?? null), draft.supplierId,
  ])
  tx.changed({ entity: 'purchase_order', id, action: 'created', after: { supplierId: draft.supplierId, siteId: draft.siteId, lines: draft.lines } })
  return getPurchaseOrder(tx, id)
}

/** What happens to the lines when an order becomes this. */
const LINES_BECOME: Readonly<Partial<Record<PurchaseOrderStatus, readonly ['draft' | 'open', 'open' | 'closed' | 'cancelled']>>> = { approved: ['draft', 'open'], rejected: ['draft', 'cancelled'], received: ['open', 'closed'] }

/** Moves an order along one of its arrows; the database refuses every other, and an approver who asked for the approval. */
export async function movePurchaseOrder(tx: Writing, id: PurchaseOrderId, to: PurchaseOrderStatus, reason: string | null = null): Promise<PurchaseOrder> {
  const { status } = await tx.one('purchase order', lock, [id])
  if (!PURCHASE_ORDER_ARROWS[status].includes(to)) throw new Problem('illegal_transition', `A purchase order that is ${status.replaceAll('_', ' ')} cannot become ${to.replaceAll('_', ' ')}.`)
  await tx.rows(setStatus, [id, to, reason])
  const lines = LINES_BECOME[to]
  if (lines !== undefined) await tx.rows(setLines, [id, ...lines])
  if (to === 'cancelled') {
    await tx.rows(setLines, [id, 'draft', 'cancelled'])
    await tx.rows(setLines, [id, 'open', 'cancelled'])
  }
  tx.changed({ entity: 'purchase_order', id, action: to, before: { status }, after: { reason } })
  return getPurchaseOrder(tx, id)
}

/** Nothing more will come. Before anything has come that is a cancellation, not an end. */
export async function finishPurchaseOrder(tx: Writing, id: PurchaseOrderId): Promise<PurchaseOrder> {
  const { status } = await tx.one('purchase order', lock, [id])
  if (status !== 'partially_received') throw new Problem('illegal_transition', `A purchase order that is ${status.replaceAll('_', ' ')} is not waiting for the rest.`)
  return movePurchaseOrder(tx, id, 'received')
}

const AMENDABLE: readonly PurchaseOrderStatus[] = ['draft', 'approved', 'sent', 'acknowledged', 'partially_received']

/** A draft changes freely. What was approved only shrinks, and never below what has come: more goods are another order. */
export async function amendPurchaseOrder(tx: Writing, id: PurchaseOrderId, amendment: Amendment): Promise<PurchaseOrder> {
  const { status } = await tx.one('purchase order', lock, [id])
  if (!AMENDABLE.includes(status)) throw new Problem('illegal_transition', `A purchase order that is ${status.replaceAll('_', ' ')} is not amended.`)
  const before = await getPurchaseOrder(tx, id)
  const known = new Map(before.lines.map((each) => [each.id, each] as const))
  const seen = new Set<string>()
  refuse(amendment.lines.flatMap((each, index): ProblemError[] => {
    const line = known.get(each.purchaseOrderLineId)
    const fault = (field: string, code: string, message: string): ProblemError[] => [{ pointer: `/lines/${index}/${field}`, code, message }]
    if (line === undefined) return fault('purchaseOrderLineId', 'unknown_line', 'This order has no such line.')
    if (seen.has(line.id)) return fault('purchaseOrderLineId', 'named_twice', 'This line is named twice.')
    seen.add(line.id)
    if (line.status !== 'draft' && line.status !== 'open') return fault('purchaseOrderLineId', 'line_closed', `This line is ${line.status}.`)
    if (each.quantity === undefined || status === 'draft') return []
    if (micros(each.quantity) > micros(line.ordered)) return fault('quantity', 'more_than_approved', `${line.ordered} were approved; order the rest anew.`)
    if (micros(each.quantity) < micros(line.received)) return fault('quantity', 'less_than_received', `${line.received} have come already.`)
    return []
  }))
  await tx.rows(amendLines, [id, amendment.lines.map((l) => l.purchaseOrderLineId), amendment.lines.map((l) => l.quantity ?? null), amendment.lines.map((l) => l.expectedOn ?? null)])
  tx.changed({ entity: 'purchase_order', id, action: 'amended', before: before.lines, after: amendment.lines })
  const after = await getPurchaseOrder(tx, id)
  return status === 'partially_received' && after.lines.every((each) => each.status !== 'open') ? movePurchaseOrder(tx, id, 'received') : after
}

function refuse(errors: readonly ProblemError[]): void {
  if (errors.length > 0) throw new Problem('invalid', 'Some lines are not valid.', { errors })
}

// A return with its lines and goods, read in one statement; and the list of returns.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { Permission } from '../../../kernel/access.ts'
import type { PartyId, ReturnId, SiteId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import { RETURN_STATUSES, ReturnDisposition, ReturnLine, ReturnReceipt, type ReturnSummary } from './contract.ts'

export const headShape = {
  id: column.id<ReturnId>(), number: column.text, customerId: column.id<PartyId>(), siteId: column.id<SiteId>(), status: column.oneOf(RETURN_STATUSES), note: column.nullable(column.text), decisionNote: column.nullable(column.text),
  trackingReference: column.nullable(column.text), externalSource: column.nullable(column.text), externalRef: column.nullable(column.text), requestedAt: column.instant, receivedAt: column.nullable(column.instant), settledAt: column.nullable(column.instant), rowVersion: column.int,
} as const satisfies Readonly<Record<keyof ReturnSummary, column.Column<unknown>>>
export const HEAD = 's.id, s.number, s.customer_id, s.site_id, s.status, s.note, s.decision_note, s.tracking_reference, s.external_source, s.external_ref, s.requested_at, s.received_at, s.settled_at, s.row_version'

const Lines = Compile(Type.Array(ReturnLine))
const Receipts = Compile(Type.Array(ReturnReceipt))
const Dispositions = Compile(Type.Array(ReturnDisposition))
const shape = {
  ...headShape,
  lines: column.decoded((value): Type.Static<typeof ReturnLine>[] => Lines.Parse(value)),
  receipts: column.decoded((value): Type.Static<typeof ReturnReceipt>[] => Receipts.Parse(value)),
  dispositions: column.decoded((value): Type.Static<typeof ReturnDisposition>[] => Dispositions.Parse(value)),
} as const

const MANY = `select ${HEAD},
  (select coalesce(json_agg(json_build_object('id', x.id, 'lineNo', x.line_no, 'orderId', x.order_id, 'orderLineId', x.order_line_id, 'itemId', x.item_id, 'lotId', x.lot_id,
     'quantity', trim_scale(x.quantity)::text, 'received', trim_scale(x.received)::text, 'reason', x.reason) order by x.line_no), '[]')
     from bss.sales_return_line x where x.organization_id = $1 and x.return_id = s.id) as lines,
  (select coalesce(json_agg(json_build_object('id', r.id, 'returnLineId', r.return_line_id, 'itemId', r.item_id, 'lotId', r.lot_id, 'locationId', r.location_id,
     'quantity', trim_scale(r.quantity)::text, 'disposed', trim_scale(r.disposed)::text, 'condition', r.condition, 'inspectionNote', r.inspection_note) order by r.id), '[]')
     from bss.sales_return_receipt r where r.organization_id = $1 and r.return_id = s.id) as receipts,
  (select coalesce(json_agg(json_build_object('id', d.id, 'receiptId', d.receipt_id, 'disposition', d.disposition, 'quantity', trim_scale(d.quantity)::text, 'locationId', d.location_id) order by d.id), '[]')
     from bss.sales_return_disposition d where d.organization_id = $1 and d.return_id = s.id) as dispositions
  from bss.sales_return s where s.organization_id = $1 and `
/** The same for whoever reads, and for the commands that answer with what they have changed. */
const byId = <const P extends Permission>(needs: P) => read(needs, `${MANY}s.id = $2`, shape)
export const returnById = byId('orders:read')
export const writtenReturn = byId('orders:write')
export const decidedReturn = byId('orders:release')
export const movedReturn = byId('inventory:write')
/** Those of a batch. */
export const writtenReturns = read('orders:write', `${MANY}s.id = any ($2::uuid[]) order by s.id`, shape)

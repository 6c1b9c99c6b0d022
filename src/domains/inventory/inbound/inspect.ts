// Inspection: which goods wait in quarantine for a look, and where they go by its result.
import { newId, type InspectionId, type ItemId, type LocationId, type LotId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { inspectionDecided } from '../events.ts'
import { listing } from '../listing.ts'
import { post, sitesOf, type Move } from '../movements/post.ts'
import type { ReceiptId, ReceiptLineId } from '../schema.ts'
import { virtualLocations } from '../sites/store.ts'
import { DISPOSITIONS, PLAN_KINDS, type Inspection, type InspectionPlan, type InspectionPlanDraft, type InspectionPlanId, type InspectionResult } from './contract.ts'
import { tellToPutAway } from './putaway.ts'

const plan = { id: column.id<InspectionPlanId>(), itemId: column.nullable(column.id<ItemId>()), supplierId: column.nullable(column.id<SupplierId>()), kind: column.oneOf(PLAN_KINDS), everyNth: column.int }
const setPlan = write('inventory:write', `
  insert into bss.inspection_plan as p (organization_id, id, item_id, supplier_id, kind, every_nth) values ($1, $2, $3, $4, $5, $6::int)
  on conflict (organization_id, item_id, supplier_id) do update set kind = excluded.kind, every_nth = excluded.every_nth, seen = 0 returning p.id, p.item_id, p.supplier_id, p.kind, p.every_nth`, plan, {
  inspection_plan_item_unknown: ['invalid', 'There is no such item.', '/itemId'],
  inspection_plan_supplier_unknown: ['invalid', 'There is no such supplier.', '/supplierId'],
})
export async function setInspectionPlan(tx: Tx<'write', 'inventory:read' | 'inventory:write'>, draft: InspectionPlanDraft): Promise<InspectionPlan> {
  if (draft.itemId === undefined && draft.supplierId === undefined) throw new Problem('invalid', 'A plan names an item, a supplier, or both.', { errors: [{ pointer: '/itemId', code: 'required', message: 'A plan names an item, a supplier, or both.' }] })
  const made = await tx.one('inspection plan', setPlan, [newId(), draft.itemId ?? null, draft.supplierId ?? null, draft.kind, draft.everyNth ?? 1])
  tx.changed({ entity: 'inspection_plan', id: made.id, action: 'set', after: draft })
  return made
}

const inspection = {
  id: column.id<InspectionId>(), siteId: column.id<SiteId>(), receiptId: column.id<ReceiptId>(), receiptLineId: column.id<ReceiptLineId>(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()),
  locationId: column.id<LocationId>(), quantity: column.quantity, status: column.oneOf(['open', 'decided'] as const), accepted: column.quantity, rejected: column.quantity, disposition: column.nullable(column.oneOf(DISPOSITIONS)),
  reason: column.nullable(column.text), rowVersion: column.int, createdAt: column.instant,
}
const INSPECTION = 'n.id, n.site_id, n.receipt_id, n.receipt_line_id, n.item_id, n.lot_id, n.location_id, n.quantity, n.status, n.accepted, n.rejected, n.disposition, n.reason, n.row_version, n.created_at'
const byId = read('inventory:read', `select ${INSPECTION} from bss.inspection n where n.organization_id = $1 and n.id = $2`, inspection)
const lock = write('inventory:write', `select ${INSPECTION} from bss.inspection n where n.organization_id = $1 and n.id = $2 for no key update`, inspection)
const decide = write('inventory:write', "update bss.inspection set status = 'decided', accepted = $3::numeric, rejected = $4::numeric, disposition = $5, reason = $6 where organization_id = $1 and id = $2", {})
const receiveHere = read('inventory:read', "select l.id from bss.location l where l.organization_id = $1 and l.site_id = $2 and l.kind = 'receive' and l.status = 'active' order by l.pick_sequence, l.id limit 1", { id: column.id<LocationId>() })

export const listInspections = listing('inventory:read', {
  select: `select ${INSPECTION} from bss.inspection n where n.organization_id = $1`, shape: inspection,
  filters: { status: 'n.status = ?', siteId: 'n.site_id = ?::uuid', receiptId: 'n.receipt_id = ?::uuid' },
  sorts: { created: { sql: 'n.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'n.id', type: 'uuid', of: (row) => row.id },
})
export const getInspection = (tx: Tx<'read', 'inventory:read'>, id: InspectionId): Promise<Inspection> => tx.one('inspection', byId, [id])

const fault = (pointer: string, code: string, message: string): Problem => new Problem('invalid', message, { errors: [{ pointer, code, message }] })

/** Accepted goods leave quarantine for a place where they count; rejected ones are scrapped, sent back, or stay. Decided once. */
export async function decideInspection(tx: Tx<'write', 'inventory:read' | 'inventory:write' | 'stock:adjust'>, key: string, id: InspectionId, result: InspectionResult): Promise<Inspection> {
  const found = await tx.one('inspection', lock, [id])
  if (found.status !== 'open') throw new Problem('illegal_transition', 'This inspection was decided before.')
  if (micros(result.accepted) + micros(result.rejected) !== micros(found.quantity)) throw fault('/accepted', 'not_all', `Accepted and rejected must add up to ${found.quantity}.`)
  const isRejecting = micros(result.rejected) > 0n
  if (isRejecting && (result.disposition === undefined || result.reason === undefined)) throw fault('/reason', 'reason_required', 'What is rejected has a disposition and a reason.')
  const { outside, adjustment } = await virtualLocations(tx, found.siteId)
  const line = { documentId: id, documentLineId: found.receiptLineId, itemId: found.itemId, fromLocationId: found.locationId, lotId: found.lotId, occurredAt: null }
  const moves: Move[] = []
  if (micros(result.accepted) > 0n) {
    const to = result.toLocationId ?? (await tx.maybe(receiveHere, [found.siteId]))?.id
    if (to === undefined) throw fault('/toLocationId', 'required', 'Say where the accepted goods go: the site has no location for receiving.')
    if ((await sitesOf(tx, [{ pointer: '/toLocationId', id: to }])).get(to) !== found.siteId) throw fault('/toLocationId', 'other_site', 'This location is at another site.')
    moves.push({ ...line, toLocationId: to, quantity: result.accepted })
  }
  if (isRejecting && result.disposition !== 'quarantine') moves.push({ ...line, toLocationId: result.disposition === 'scrap' ? adjustment : outside, quantity: result.rejected })
  await tx.rows(decide, [id, result.accepted, result.rejected, isRejecting ? (result.disposition ?? null) : null, result.reason ?? null])
  if (moves.length > 0) await post(tx, { documentKind: 'inspection', reason: isRejecting && micros(result.accepted) === 0n ? (result.disposition ?? 'rejected') : 'inspected', key, moves, breaks: null })
  const accepted = moves.filter((each) => each.toLocationId !== outside && each.toLocationId !== adjustment)
  await tellToPutAway(tx, found.siteId, { kind: 'inspection', id }, accepted.map((each) => ({ itemId: each.itemId, lotId: each.lotId, locationId: each.toLocationId, quantity: each.quantity })))
  tx.emit(inspectionDecided, found.siteId, { siteId: found.siteId, inspectionId: id, receiptId: found.receiptId, accepted: result.accepted, rejected: result.rejected })
  tx.changed({ entity: 'inspection', id, action: 'decided', after: result })
  return getInspection(tx, id)
}

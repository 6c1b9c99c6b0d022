// What a plan asks to inspect goes to quarantine, whichever way it came.
import { newId, type InspectionId, type ItemId, type LocationId, type LotId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { inspectionsOpened } from '../events.ts'
import type { ReceiptId, ReceiptLineId } from '../schema.ts'

type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>
const dueInspections = write('inventory:write', 'select d.entry, d.is_due from bss.inspections_due($1, $2, $3::uuid[]) d', { entry: column.int, isDue: column.bool })
const quarantineOf = read('inventory:read', "select l.id from bss.location l where l.organization_id = $1 and l.site_id = $2 and l.kind = 'quarantine' and l.status = 'active' order by l.pick_sequence, l.id limit 1", { id: column.id<LocationId>() })
const insertInspections = write('inventory:write', `
  insert into bss.inspection (organization_id, id, site_id, receipt_id, receipt_line_id, item_id, lot_id, location_id, quantity)
  select $1, u.id, $2, u.receipt_id, u.line_id, u.item_id, u.lot_id, u.location_id, u.quantity from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::numeric[]) as u (id, receipt_id, line_id, item_id, lot_id, location_id, quantity)`, {})

/** Where each line goes: to quarantine when a plan wants it inspected, else where it was meant to. Counts the lines for plans that want every nth. */
export async function routed<L extends { readonly itemId: ItemId; readonly locationId: LocationId }>(tx: Writing, siteId: SiteId, supplierId: SupplierId | null, lines: readonly L[]): Promise<(L & { readonly isDue: boolean })[]> {
  const due = new Set((await tx.rows(dueInspections, [supplierId, lines.map((each) => each.itemId)])).filter((each) => each.isDue).map((each) => each.entry - 1))
  if (due.size === 0) return lines.map((each) => ({ ...each, isDue: false }))
  const quarantine = await tx.maybe(quarantineOf, [siteId])
  if (quarantine === null) throw new Problem('conflict', 'These goods are to be inspected, and the site has no location for quarantine.')
  return lines.map((each, index) => (due.has(index) ? { ...each, locationId: quarantine.id, isDue: true } : { ...each, isDue: false }))
}

interface Came {
  readonly id: ReceiptLineId
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly locationId: LocationId
  readonly quantity: string
  readonly isDue: boolean
}
/** Opens an inspection for each line that came and is due. The receipt's lines are stored already. */
export const openInspections = (tx: Writing, siteId: SiteId, receiptId: ReceiptId, lines: readonly Came[]): Promise<void> => openInspectionsOf(tx, siteId, lines.map((line) => ({ ...line, receiptId })))
/** The same for lines of several receipts. */
export async function openInspectionsOf(tx: Writing, siteId: SiteId, lines: readonly (Came & { readonly receiptId: ReceiptId })[]): Promise<void> {
  const due = lines.filter((each) => each.isDue)
  if (due.length === 0) return
  const ids = due.map((): InspectionId => newId())
  await tx.rows(insertInspections, [siteId, ids, due.map((l) => l.receiptId), due.map((l) => l.id), due.map((l) => l.itemId), due.map((l) => l.lotId), due.map((l) => l.locationId), due.map((l) => l.quantity)])
  tx.emit(inspectionsOpened, siteId, { siteId, inspectionIds: ids })
}

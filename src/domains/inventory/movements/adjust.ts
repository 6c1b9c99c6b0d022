// Adjustments and reversals: stock that is found to be other than the books say.
import { newId, type ItemId, type LocationId, type LotId, type SiteId, type StockMoveId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockAdjusted } from '../events.ts'
import { lotIds, type NamedLot } from '../lots/store.ts'
import type { LotNamed } from '../lots/contract.ts'
import type { AdjustmentId } from '../schema.ts'
import { getSite, virtualLocations } from '../sites/store.ts'
import type { Adjustment, AdjustmentDraft, Reversal } from './contract.ts'
import { numberOf, post, refuseLines, sitesOf, type BrokenPromise, type Move, type Posting } from './post.ts'

type Writing = Tx<'write', 'inventory:read' | 'inventory:write' | 'stock:adjust'>

const insert = write('stock:adjust', 'insert into bss.stock_adjustment (organization_id, id, number, site_id, reason, note) values ($1, $2, $3, $4, $5, $6)', {}, {
  stock_adjustment_number_taken: ['conflict', 'There is an adjustment of this number already.', '/number'],
  stock_adjustment_site_unknown: ['invalid', 'There is no such site.', '/siteId'],
})

interface LotRef {
  readonly itemId: ItemId
  readonly lotId?: LotId
  readonly lot?: LotNamed
}
const namedOf = (line: LotRef): NamedLot[] => (line.lot === undefined ? [] : [{ ...line.lot, itemId: line.itemId }])

/** The lot of each line, by id or by number; a number that is new becomes a lot. Refusals point below `at`. */
export async function lotOfLines(tx: Tx<'write', 'inventory:read' | 'inventory:write'>, lines: readonly LotRef[], at = '/lines'): Promise<(LotId | null)[]> {
  refuseLines(lines.flatMap((line, index) => (line.lotId !== undefined && line.lot !== undefined ? [{ pointer: `${at}/${index}/lot`, code: 'two_lots', message: 'Give lotId or lot, not both.' }] : [])))
  const idOf = await lotIds(tx, lines.flatMap(namedOf))
  const found = lines.map((line) => namedOf(line).map(idOf)[0] ?? null)
  refuseLines(lines.flatMap((line, index) => {
    const expiresOn = line.lot?.expiresOn
    const lot = found[index] ?? null
    return expiresOn === undefined || lot === null || lot.expiresOn === expiresOn ? [] : [{ pointer: `${at}/${index}/lot/expiresOn`, code: 'lot_date_differs', message: `This lot expires on ${lot.expiresOn ?? 'no date'}.` }]
  }))
  return lines.map((line, index) => line.lotId ?? found[index]?.id ?? null)
}

/** Refuses lines whose location is not at the site. */
export async function sameSite(tx: Tx<'read', 'inventory:read'>, siteId: SiteId, lines: readonly { readonly locationId: LocationId }[]): Promise<void> {
  const named = lines.map((line, index) => ({ pointer: `/lines/${index}/locationId`, id: line.locationId }))
  const sites = await sitesOf(tx, named)
  refuseLines(named.filter(({ id }) => sites.get(id) !== siteId).map(({ pointer }) => ({ pointer, code: 'other_site', message: 'This location is at another site.' })))
}

const broken = (promises: readonly BrokenPromise[]) => promises.map(({ demandLineId, ...rest }) => ({ lineId: demandLineId, ...rest }))

export async function adjustStock(tx: Writing, key: string, draft: AdjustmentDraft): Promise<Adjustment> {
  const id = newId<'StockAdjustment'>()
  const number = draft.number ?? numberOf('ADJ', id)
  await tx.rows(insert, [id, number, draft.siteId, draft.reason, draft.note ?? null])
  const { adjustment } = await virtualLocations(tx, draft.siteId)
  await sameSite(tx, draft.siteId, draft.lines)
  const lots = await lotOfLines(tx, draft.lines)
  const moves = draft.lines.map((line, index): Move => {
    const isLoss = line.change.startsWith('-')
    const [fromLocationId, toLocationId] = isLoss ? [line.locationId, adjustment] : [adjustment, line.locationId]
    return {
      documentId: id, documentLineId: null, itemId: line.itemId, fromLocationId, toLocationId, lotId: lots[index] ?? null, quantity: isLoss ? line.change.slice(1) : line.change, occurredAt: draft.occurredAt ?? null,
    }
  })
  const posted = await post(tx, { documentKind: 'adjustment', reason: draft.reason, key, moves, breaks: 'adjustment' })
  tx.emit(stockAdjusted, draft.siteId, {
    siteId: draft.siteId, documentId: id, reason: draft.reason, lines: draft.lines.map((line, index) => ({ itemId: line.itemId, lotId: lots[index] ?? null, locationId: line.locationId, change: line.change })),
  })
  tx.changed({ entity: 'stock_adjustment', id, action: 'posted', after: { number, reason: draft.reason, lines: draft.lines } })
  return { id, number, siteId: draft.siteId, reason: draft.reason, moveIds: posted.moveIds, brokenPromises: broken(posted.broken) }
}

const moveById = read('inventory:read', `
  select m.id, m.item_id, m.lot_id, m.from_location_id, m.to_location_id, m.quantity, m.document_kind, m.document_id, m.document_line_id, m.reverses_id,
         exists (select from bss.stock_move x where x.organization_id = $1 and x.reverses_id = m.id) as is_reversed,
         coalesce(f.virtual_role = 'transit', false) or coalesce(t.virtual_role = 'transit', false) as is_transit, case when f.kind = 'virtual' then t.site_id else f.site_id end as site_id
    from bss.stock_move m
    join bss.location f on f.organization_id = $1 and f.id = m.from_location_id
    join bss.location t on t.organization_id = $1 and t.id = m.to_location_id
   where m.organization_id = $1 and m.id = $2`, {
  id: column.id<StockMoveId>(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()), fromLocationId: column.id<LocationId>(), toLocationId: column.id<LocationId>(), quantity: column.quantity,
  documentKind: column.oneOf(['receipt', 'adjustment', 'transfer', 'shipment', 'return', 'count', 'task', 'inspection'] as const), documentId: column.id<AdjustmentId>(), documentLineId: column.id(),
  reversesId: column.nullable(column.id<StockMoveId>()), isReversed: column.bool, isTransit: column.bool, siteId: column.id<SiteId>(),
})
/** What was ordered waits for these goods again, unless the order has ended. */
const takeBackReceived = write('inventory:write', `
  with line as (update bss.receipt_line set received = received - $3::numeric where organization_id = $1 and id = $2 returning purchase_order_line_id)
  update bss.purchase_order_line p set received = p.received - $3::numeric, status = case when o.status = 'partially_received' then 'open' else p.status end
    from line, bss.purchase_order o where p.organization_id = $1 and p.id = line.purchase_order_line_id and o.organization_id = $1 and o.id = p.purchase_order_id`, {})

/** Goods that waited for an inspection are sent back by the reversal: that is its result. */
const settleInspection = write('inventory:write', `
  update bss.inspection n set status = 'decided', rejected = n.quantity, disposition = 'return_to_vendor', reason = $5
   where n.organization_id = $1 and n.id = (select x.id from bss.inspection x where x.organization_id = $1 and x.receipt_line_id = $2 and x.quantity = $3::numeric and x.lot_id is not distinct from $4::uuid and x.status = 'open' order by x.id limit 1)
  returning n.id`, { id: column.id() })
const inspected = read('inventory:read', 'select x.id from bss.inspection x where x.organization_id = $1 and x.receipt_line_id = $2 and x.quantity = $3::numeric and x.lot_id is not distinct from $4::uuid limit 1', { id: column.id() })

/** Before the stock's locks are taken, as a decision does. What was decided stands: the goods in quarantine may be others by now. */
async function reverseInspection(tx: Writing, lineId: string, quantity: string, lotId: LotId | null, reason: string): Promise<void> {
  const [settled] = await tx.rows(settleInspection, [lineId, quantity, lotId, reason])
  if (settled !== undefined) tx.changed({ entity: 'inspection', id: settled.id, action: 'reversed', after: { reason } })
  else if ((await tx.maybe(inspected, [lineId, quantity, lotId])) !== null) throw new Problem('conflict', 'These goods were inspected, and what was decided stands. Adjust the stock instead.')
}

/** Posts the opposite of a move, under the same document. */
export async function reverseMove(tx: Writing, key: string, moveId: StockMoveId, reason: string): Promise<Reversal> {
  const move = await tx.one('move', moveById, [moveId])
  if (move.reversesId !== null) throw new Problem('conflict', 'A reversal is not reversed; post the move again.')
  if (move.isReversed) throw new Problem('conflict', 'This move was reversed before.')
  if (move.isTransit) throw new Problem('conflict', 'A leg of a transfer through transit is not reversed alone. Transfer the goods back.')
  if (move.documentKind === 'shipment' || move.documentKind === 'return' || move.documentKind === 'task') throw new Problem('conflict', `This move belongs to a ${move.documentKind} and is undone there.`)
  if (move.documentKind === 'receipt') await reverseInspection(tx, move.documentLineId, move.quantity, move.lotId, reason)
  const posting: Posting = {
    documentKind: move.documentKind, reason, key: `${key}:reversal`, breaks: 'reversal',
    moves: [{
      documentId: move.documentId, documentLineId: move.documentLineId, itemId: move.itemId, fromLocationId: move.toLocationId, toLocationId: move.fromLocationId, lotId: move.lotId,
      quantity: move.quantity, occurredAt: null, reversesId: moveId,
    }],
  }
  const { moveIds, broken: promises } = await post(tx, posting)
  if (move.documentKind === 'receipt') await tx.rows(takeBackReceived, [move.documentLineId, move.quantity])
  const site = await getSite(tx, move.siteId)
  tx.emit(stockAdjusted, site.id, {
    siteId: site.id, documentId: move.documentId, reason: 'reversal', lines: [{ itemId: move.itemId, lotId: move.lotId, locationId: move.toLocationId, change: `-${move.quantity}` }],
  })
  tx.changed({ entity: 'stock_move', id: moveId, action: 'reversed', after: { reason } })
  const [reversal] = moveIds
  if (reversal === undefined) throw new Error('A posting of one move gave no id.')
  return { moveId: reversal, reversesId: moveId, brokenPromises: broken(promises) }
}

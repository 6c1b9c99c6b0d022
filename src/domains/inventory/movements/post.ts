// The one way stock moves: bss.post_moves, with what it breaks told to the rooms above.
import { newId, type ItemId, type LocationId, type LotId, type OrderId, type OrderLineId, type SiteId, type StockMoveId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { promisesBroken, type BREAK_REASONS } from '../events.ts'

export interface Move {
  readonly documentId: string
  readonly documentLineId: string | null
  readonly itemId: ItemId
  readonly fromLocationId: LocationId
  readonly toLocationId: LocationId
  readonly lotId: LotId | null
  /** Greater than zero. */
  readonly quantity: string
  /** Null: now. */
  readonly occurredAt: string | null
  readonly reversesId?: StockMoveId
}
export interface Posting {
  readonly documentKind: 'receipt' | 'adjustment' | 'transfer' | 'shipment' | 'return' | 'count' | 'task' | 'inspection'
  readonly reason: string
  /** Together with the document it can be posted once. */
  readonly key: string
  readonly moves: readonly Move[]
  /** What may happen to promises that no longer fit: the reason told when they are broken, or null: the posting is refused. */
  readonly breaks: (typeof BREAK_REASONS)[number] | null
}
export interface BrokenPromise {
  readonly orderId: OrderId
  readonly demandLineId: OrderLineId
  readonly siteId: SiteId
  readonly itemId: ItemId
  readonly quantity: string
}
export const brokenPromise = {
  orderId: column.id<OrderId>(), demandLineId: column.id<OrderLineId>(), siteId: column.id<SiteId>(), itemId: column.id<ItemId>(), quantity: column.quantity,
}

const postMoves = write('inventory:write', `
  select b.order_id, b.demand_line_id, b.site_id, b.item_id, b.quantity
    from bss.post_moves($1, $2, $3, $4, $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::numeric[], $13::timestamptz[], $14::uuid[], $15::bool) b`,
brokenPromise, {
  stock_move_posted_once: ['conflict', 'This posting was done before.', ''],
  stock_move_reversed_once: ['conflict', 'This move was reversed before.', ''],
})

/** Posts the moves and gives their ids, in order, with the promises that had to be broken for them. */
export async function post(tx: Tx<'write', 'inventory:write'>, posting: Posting): Promise<{ moveIds: StockMoveId[]; broken: BrokenPromise[] }> {
  const { moves } = posting
  const moveIds = moves.map(() => newId<'StockMove'>())
  const now = new Date().toISOString()
  const broken = await tx.rows(postMoves, [
    posting.documentKind, posting.reason, posting.key, moveIds, moves.map((m) => m.documentId), moves.map((m, index) => m.documentLineId ?? moveIds[index] ?? null), moves.map((m) => m.itemId),
    moves.map((m) => m.fromLocationId), moves.map((m) => m.toLocationId), moves.map((m) => m.lotId), moves.map((m) => m.quantity), moves.map((m) => m.occurredAt ?? now),
    moves.map((m) => m.reversesId ?? null), posting.breaks !== null,
  ])
  if (posting.breaks !== null) tellBroken(tx, broken, posting.breaks)
  return { moveIds, broken }
}

/** One event per order, so that each order's own history stays in order. */
export function tellBroken(tx: Tx<'write', 'inventory:write'>, broken: readonly BrokenPromise[], reason: (typeof BREAK_REASONS)[number]): void {
  for (const [orderId, lines] of Map.groupBy(broken, (each) => each.orderId)) {
    tx.emit(promisesBroken, orderId, { orderId, reason, lines: lines.map((each) => ({ lineId: each.demandLineId, siteId: each.siteId, itemId: each.itemId, quantity: each.quantity })) })
  }
}

const locationSites = read('inventory:read', 'select l.id, l.site_id, l.kind from bss.location l where l.organization_id = $1 and l.id = any($2::uuid[])', {
  id: column.id<LocationId>(), siteId: column.id<SiteId>(), kind: column.text,
})

/** The sites of real locations. A location that is unknown, foreign or virtual is refused at its pointer, always alike. */
export async function sitesOf(tx: Tx<'read', 'inventory:read'>, named: readonly { readonly pointer: string; readonly id: LocationId }[]): Promise<ReadonlyMap<LocationId, SiteId>> {
  const rows = await tx.rows(locationSites, [[...new Set(named.map((each) => each.id))]])
  const sites = new Map(rows.filter((row) => row.kind !== 'virtual').map((row) => [row.id, row.siteId] as const))
  refuseLines(named.filter(({ id }) => !sites.has(id)).map(({ pointer }) => ({ pointer, code: 'unknown_location', message: 'There is no such location.' })))
  return sites
}

export function refuseLines(errors: readonly ProblemError[]): void {
  if (errors.length > 0) throw new Problem('invalid', 'Some lines cannot be posted.', { errors })
}

/** A document's number when the caller gives none: short, and unique by the id behind it. */
export const numberOf = (prefix: string, id: string): string => `${prefix}-${id.slice(0, 8)}${id.slice(9, 13)}-${id.slice(-6)}`.toUpperCase()

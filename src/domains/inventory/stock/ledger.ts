// Why is this number so? The moves behind a figure with the total after each, and the promises behind what is taken of it. The sums
// are of all moves, counted anew from the ledger and never from the figure they explain.
import type { ItemId, LocationId, LotId, SiteId, StockMoveId } from '../../../kernel/ids.ts'
import { pageFrom, readCursor } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import { DOCUMENT_KINDS, type Explanation, type LedgerLine } from './contract.ts'
import { RESERVATION, reservation, type Reading } from './store.ts'

const PROMISES_MAX = 200
const figure = { onHand: column.quantity, promised: column.quantity }
const sums = { moves: column.quantity, moveCount: column.int, promises: column.quantity, promiseCount: column.int }
const ledgerLine = {
  moveId: column.id<StockMoveId>(), occurredAt: column.instant, recordedAt: column.instant, change: column.quantity, runningTotal: column.quantity, fromLocationId: column.id<LocationId>(),
  toLocationId: column.id<LocationId>(), lotId: column.nullable(column.id<LotId>()), reason: column.text, documentKind: column.oneOf(DOCUMENT_KINDS), documentId: column.uuidText,
  documentNumber: column.nullable(column.text), reversesId: column.nullable(column.id<StockMoveId>()),
}

/** What a move changes at one site: nothing when it stays inside. The other end may be at a site that the reader does not meet. $2 site, $3 item. */
const AT_SITE = `
  select m.*, case when t.site_id = $2 and t.kind <> 'virtual' then m.quantity else 0 end - case when f.site_id = $2 and f.kind <> 'virtual' then m.quantity else 0 end as change
    from bss.stock_move m
    left join bss.location f on f.organization_id = $1 and f.id = m.from_location_id
    left join bss.location t on t.organization_id = $1 and t.id = m.to_location_id
   where m.organization_id = $1 and m.item_id = $3`
/** What a move changes in one location and lot. $2 item, $3 location, $4 lot or null. */
const IN_LOCATION = `
  select m.*, case when m.to_location_id = $3 then m.quantity else -m.quantity end as change from bss.stock_move m
   where m.organization_id = $1 and m.item_id = $2 and (m.to_location_id = $3 or m.from_location_id = $3) and m.lot_id is not distinct from $4::uuid`
const AT_SITE_PROMISES = "r.organization_id = $1 and r.site_id = $2 and r.item_id = $3 and r.status in ('open', 'picked')"
const IN_LOCATION_PROMISES = "r.organization_id = $1 and r.item_id = $2 and r.location_id = $3 and r.lot_id is not distinct from $4::uuid and r.kind = 'hard' and r.status in ('open', 'picked')"

/** The window is over all moves, the page is cut from it afterwards. */
const LEDGER = (moves: string, after: string, limit: string) => `
  select w.id as move_id, w.occurred_at, w.recorded_at, w.change, w.running_total, w.from_location_id, w.to_location_id, w.lot_id, w.reason, w.document_kind, w.document_id,
         coalesce(c.number, a.number, x.number) as document_number, w.reverses_id
    from (select q.*, sum(q.change) over (order by q.id) as running_total from (${moves}) q where q.change <> 0) w
    left join bss.receipt c on c.organization_id = $1 and c.id = w.document_id
    left join bss.stock_adjustment a on a.organization_id = $1 and a.id = w.document_id
    left join bss.transfer x on x.organization_id = $1 and x.id = w.document_id
   where ${after}::uuid is null or w.id < ${after}::uuid order by w.id desc limit ${limit}::int` as const
const SUMS = (moves: string, promised: string) => `
  select q.moves, q.move_count, p.promises, p.promise_count
    from (select coalesce(sum(z.change), 0) as moves, count(*) as move_count from (${moves}) z where z.change <> 0) q,
         (select coalesce(sum(r.quantity), 0) as promises, count(*) as promise_count from bss.reservation r where ${promised}) p`

const levelFigure = read('inventory:read', `
  select coalesce(v.on_hand, 0) as on_hand, coalesce(v.reserved, 0) as promised
    from bss.site s join bss.item i on i.organization_id = $1 and i.id = $3 left join bss.stock_level v on v.organization_id = $1 and v.site_id = s.id and v.item_id = i.id
   where s.organization_id = $1 and s.id = $2`, figure)
const levelSums = read('inventory:read', SUMS(AT_SITE, AT_SITE_PROMISES), sums)
const levelMoves = read('inventory:read', LEDGER(AT_SITE, '$4', '$5'), ledgerLine)
const levelPromises = read('inventory:read', `select ${RESERVATION} from bss.reservation r where ${AT_SITE_PROMISES} order by r.priority, r.created_at, r.id limit $4::int`, reservation)

const balanceFigure = read('inventory:read', `
  select coalesce(b.on_hand, 0) as on_hand, coalesce(b.allocated, 0) as promised
    from bss.item i join bss.location l on l.organization_id = $1 and l.id = $3
    left join bss.stock_balance b on b.organization_id = $1 and b.item_id = i.id and b.location_id = l.id and b.lot_id is not distinct from $4::uuid
   where i.organization_id = $1 and i.id = $2 and ($4::uuid is null or exists (select from bss.lot t where t.organization_id = $1 and t.item_id = i.id and t.id = $4::uuid))`, figure)
const balanceSums = read('inventory:read', SUMS(IN_LOCATION, IN_LOCATION_PROMISES), sums)
const balanceMoves = read('inventory:read', LEDGER(IN_LOCATION, '$5', '$6'), ledgerLine)
const balancePromises = read('inventory:read', `select ${RESERVATION} from bss.reservation r where ${IN_LOCATION_PROMISES} order by r.priority, r.created_at, r.id limit $5::int`, reservation)

export interface Window {
  readonly limit: number
  readonly after: string | undefined
}
function afterOf({ after }: Window): string | null {
  if (after === undefined) return null
  const [id] = readCursor(after, 1) ?? []
  if (typeof id === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}
function pageOfMoves(rows: readonly LedgerLine[], limit: number): Pick<Explanation, 'moves' | 'nextCursor'> {
  const { items, nextCursor } = pageFrom(rows, limit, (row) => [row.moveId])
  return { moves: [...items], nextCursor }
}

export async function explainLevel(tx: Reading, siteId: SiteId, itemId: ItemId, window: Window): Promise<Explanation> {
  const key = [siteId, itemId]
  return {
    figure: await tx.one('stock level', levelFigure, key), sums: await tx.one('stock level', levelSums, key), promises: await tx.rows(levelPromises, [...key, PROMISES_MAX]),
    ...pageOfMoves(await tx.rows(levelMoves, [...key, afterOf(window), window.limit + 1]), window.limit),
  }
}

export async function explainBalance(tx: Reading, itemId: ItemId, locationId: LocationId, lotId: LotId | null, window: Window): Promise<Explanation> {
  const key = [itemId, locationId, lotId]
  return {
    figure: await tx.one('balance', balanceFigure, key), sums: await tx.one('balance', balanceSums, key), promises: await tx.rows(balancePromises, [...key, PROMISES_MAX]),
    ...pageOfMoves(await tx.rows(balanceMoves, [...key, afterOf(window), window.limit + 1]), window.limit),
  }
}

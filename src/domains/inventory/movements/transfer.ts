// Transfers between locations and sites: at once, or leaving now and arriving later, in transit meanwhile.
import { newId, type ItemId, type LocationId, type LotId, type SiteId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockMoved } from '../events.ts'
import { tellToPutAway } from '../inbound/putaway.ts'
import { listing } from '../listing.ts'
import type { TransferId } from '../schema.ts'
import { virtualLocations } from '../sites/store.ts'
import { TRANSFER_STATUSES, type Transfer, type TransferDraft } from './contract.ts'
import { numberOf, post, refuseLines, sitesOf, type Move } from './post.ts'

type Reading = Tx<'read', 'inventory:read'>
type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

const transfer = {
  id: column.id<TransferId>(), number: column.text, fromSiteId: column.id<SiteId>(), toSiteId: column.id<SiteId>(), status: column.oneOf(TRANSFER_STATUSES), note: column.nullable(column.text),
  rowVersion: column.int, createdAt: column.instant,
}
const TRANSFER = 't.id, t.number, t.from_site_id, t.to_site_id, t.status, t.note, t.row_version, t.created_at'
const byId = read('inventory:read', `select ${TRANSFER} from bss.transfer t where t.organization_id = $1 and t.id = $2`, transfer)
const insert = write('inventory:write', `
  insert into bss.transfer as t (organization_id, id, number, from_site_id, to_site_id, status, note) values ($1, $2, $3, $4, $5, $6, $7) returning ${TRANSFER}`, transfer,
{ transfer_number_taken: ['conflict', 'There is a transfer of this number already.', '/number'] })
const line = { id: column.id(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()), fromLocationId: column.id<LocationId>(), toLocationId: column.id<LocationId>(), quantity: column.quantity }
const insertLines = write('inventory:write', `
  insert into bss.transfer_line (organization_id, id, transfer_id, line_no, item_id, lot_id, from_location_id, to_location_id, quantity)
  select $1, u.id, $2, u.n, u.item_id, u.lot_id, u.from_id, u.to_id, u.quantity
    from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::numeric[]) with ordinality as u (id, item_id, lot_id, from_id, to_id, quantity, n)`, {})
const linesOf = read('inventory:read', `
  select l.id, l.item_id, l.lot_id, l.from_location_id, l.to_location_id, l.quantity from bss.transfer_line l where l.organization_id = $1 and l.transfer_id = $2 order by l.line_no`, line)
const finish = write('inventory:write', `update bss.transfer t set status = 'done' where t.organization_id = $1 and t.id = $2 and t.status = 'in_transit' returning ${TRANSFER}`, transfer)

export const listTransfers = listing('inventory:read', {
  select: `select ${TRANSFER} from bss.transfer t where t.organization_id = $1`, shape: transfer, filters: { status: 't.status = ?' },
  sorts: { created: { sql: 't.id', type: 'uuid', of: (row) => row.id } }, tie: { sql: 't.id', type: 'uuid', of: (row) => row.id },
})
export const getTransfer = (tx: Reading, id: TransferId): Promise<Transfer> => tx.one('transfer', byId, [id])

/** The one site all lines leave from, and the one they go to. */
async function routeOf(tx: Reading, lines: TransferDraft['lines']): Promise<{ fromSiteId: SiteId; toSiteId: SiteId }> {
  const from = lines.map((each, index) => ({ pointer: `/lines/${index}/fromLocationId`, id: each.fromLocationId }))
  const to = lines.map((each, index) => ({ pointer: `/lines/${index}/toLocationId`, id: each.toLocationId }))
  const sites = await sitesOf(tx, [...from, ...to])
  const [fromSiteId] = from.map(({ id }) => sites.get(id))
  const [toSiteId] = to.map(({ id }) => sites.get(id))
  if (fromSiteId === undefined || toSiteId === undefined) throw new Error('A transfer has at least one line.')
  const stray = [...from.filter(({ id }) => sites.get(id) !== fromSiteId), ...to.filter(({ id }) => sites.get(id) !== toSiteId)]
  refuseLines(stray.map(({ pointer }) => ({ pointer, code: 'other_site', message: 'All lines of a transfer go from one site to one site.' })))
  return { fromSiteId, toSiteId }
}

export async function transferStock(tx: Writing, key: string, draft: TransferDraft): Promise<Transfer> {
  const route = await routeOf(tx, draft.lines)
  const isInTransit = draft.isInTransit === true
  const id = newId<'Transfer'>()
  const lines = draft.lines.map((each) => ({ ...each, id: newId<'TransferLine'>(), lotId: each.lotId ?? null }))
  const { transit } = await virtualLocations(tx, route.fromSiteId)
  const moves = lines.map((each): Move => ({
    documentId: id, documentLineId: each.id, itemId: each.itemId, fromLocationId: each.fromLocationId, toLocationId: isInTransit ? transit : each.toLocationId, lotId: each.lotId, quantity: each.quantity, occurredAt: null,
  }))
  const made = await tx.one('transfer', insert, [id, draft.number ?? numberOf('TRF', id), route.fromSiteId, route.toSiteId, isInTransit ? 'in_transit' : 'done', draft.note ?? null])
  // The posting judges items and lots, line by line; only then may the lines' keys be stored.
  await post(tx, { documentKind: 'transfer', reason: isInTransit ? 'departure' : 'transfer', key, moves, breaks: null })
  await tx.rows(insertLines, [id, lines.map((l) => l.id), lines.map((l) => l.itemId), lines.map((l) => l.lotId), lines.map((l) => l.fromLocationId), lines.map((l) => l.toLocationId), lines.map((l) => l.quantity)])
  tell(tx, made, lines, isInTransit)
  tx.changed({ entity: 'transfer', id, action: isInTransit ? 'departed' : 'done', after: { number: made.number, lines: draft.lines } })
  return made
}

export async function receiveTransfer(tx: Writing, key: string, id: TransferId): Promise<Transfer> {
  const before = await getTransfer(tx, id)
  const after = await tx.maybe(finish, [id])
  if (after === null) throw new Problem('illegal_transition', 'This transfer is done already.')
  const lines = await tx.rows(linesOf, [id])
  const { transit } = await virtualLocations(tx, before.fromSiteId)
  const moves = lines.map((each): Move => ({ documentId: id, documentLineId: each.id, itemId: each.itemId, fromLocationId: transit, toLocationId: each.toLocationId, lotId: each.lotId, quantity: each.quantity, occurredAt: null }))
  await post(tx, { documentKind: 'transfer', reason: 'arrival', key: `${key}:arrival`, moves, breaks: null })
  tell(tx, after, lines, false)
  await tellToPutAway(tx, after.toSiteId, { kind: 'transfer', id }, lines.map(({ itemId, lotId, toLocationId, quantity }) => ({ itemId, lotId, locationId: toLocationId, quantity })))
  tx.changed({ entity: 'transfer', id, action: 'received' })
  return after
}

interface Told {
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly fromLocationId: LocationId
  readonly toLocationId: LocationId
  readonly quantity: string
}
function tell(tx: Writing, made: Transfer, lines: readonly Told[], isInTransit: boolean): void {
  tx.emit(stockMoved, made.toSiteId, {
    fromSiteId: made.fromSiteId, toSiteId: made.toSiteId, transferId: made.id, isInTransit,
    lines: lines.map(({ itemId, lotId, fromLocationId, toLocationId, quantity }) => ({ itemId, lotId, fromLocationId, toLocationId, quantity })),
  })
}

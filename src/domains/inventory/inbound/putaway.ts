// Where goods that came should go, and the word to those who carry them there.
import type { ItemId, LocationId, LotId, SiteId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { stockToPutAway } from '../events.ts'

export interface PutawayLine {
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly quantity: string
}
export interface PutawayPlace extends PutawayLine {
  /** Of the question, from 0. */
  readonly index: number
  /** Null: no bin has room for this part. */
  readonly locationId: LocationId | null
}

/** Goods in a place, or on their way to it. */
export interface Placed extends PutawayLine {
  readonly locationId: LocationId
}

const suggest = read('inventory:read', 'select s.entry, s.location_id, s.quantity from bss.suggest_putaway($1, $2, $3::uuid[], $4::uuid[], $5::numeric[], $6::uuid[], $7::uuid[], $8::uuid[], $9::numeric[]) s', {
  entry: column.int, locationId: column.nullable(column.id<LocationId>()), quantity: column.quantity,
})
/** A line may be split over bins; its parts add up to it. */
export async function suggestPutaway(tx: Tx<'read' | 'write', 'inventory:read'>, siteId: SiteId, lines: readonly PutawayLine[], onTheWay: readonly Placed[] = []): Promise<PutawayPlace[]> {
  const rows = await tx.rows(suggest, [
    siteId, lines.map((each) => each.itemId), lines.map((each) => each.lotId), lines.map((each) => each.quantity),
    onTheWay.map((each) => each.locationId), onTheWay.map((each) => each.itemId), onTheWay.map((each) => each.lotId), onTheWay.map((each) => each.quantity),
  ])
  return rows.flatMap(({ entry, locationId, quantity }) => {
    const line = lines[entry - 1]
    return line === undefined ? [] : [{ index: entry - 1, itemId: line.itemId, lotId: line.lotId, locationId, quantity }]
  })
}

const inReceiving = read('inventory:read', "select l.id from bss.location l where l.organization_id = $1 and l.id = any($2::uuid[]) and l.kind = 'receive'", { id: column.id<LocationId>() })
/** Tells of the goods that lie in a place for receiving; those put straight into a bin are where they belong. */
export async function tellToPutAway(tx: Tx<'write', 'inventory:read' | 'inventory:write'>, siteId: SiteId, document: { readonly kind: string; readonly id: string }, lines: readonly Placed[]): Promise<void> {
  const places = new Set((await tx.rows(inReceiving, [[...new Set(lines.map((each) => each.locationId))]])).map(({ id }) => id))
  const lying = lines.filter((each) => places.has(each.locationId)).map(({ itemId, lotId, locationId, quantity }) => ({ itemId, lotId, locationId, quantity }))
  if (lying.length > 0) tx.emit(stockToPutAway, siteId, { siteId, documentKind: document.kind, documentId: document.id, lines: lying })
}

// All SQL about lots.
import { newId, type ItemId, type LotId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { lotStatusChanged } from '../events.ts'
import { getItem } from '../items/store.ts'
import { listing } from '../listing.ts'
import { brokenPromise, tellBroken } from '../movements/post.ts'
import { canLotBecome, LOT_STATUSES, type LotStatus } from '../rules.ts'
import type { Lot, LotNamed } from './contract.ts'

type Reading = Tx<'read', 'inventory:read'>
type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

const lot = {
  id: column.id<LotId>(), itemId: column.id<ItemId>(), number: column.text, madeOn: column.nullable(column.date), expiresOn: column.nullable(column.date), status: column.oneOf(LOT_STATUSES),
  statusReason: column.nullable(column.text), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const LOT = 't.id, t.item_id, t.number, t.made_on, t.expires_on, t.status, t.status_reason, t.row_version, t.created_at, t.updated_at'
const byId = read('inventory:read', `select ${LOT} from bss.lot t where t.organization_id = $1 and t.id = $2`, lot)
const insert = write('inventory:write', `
  insert into bss.lot as t (organization_id, id, item_id, number, made_on, expires_on)
  select $1, $3, i.id, $4, $5::date, coalesce($6::date, $5::date + i.shelf_life_days) from bss.item i where i.organization_id = $1 and i.id = $2 returning ${LOT}`, lot, {
  lot_number_taken: ['conflict', 'This item has a lot of this number already.', '/number'],
  lot_dates: ['invalid', 'A lot does not expire before it was made.', '/expiresOn'],
})
const setStatus = write('inventory:write', 'select b.order_id, b.demand_line_id, b.site_id, b.item_id, b.quantity from bss.set_lot_status($1, $2, $3, $4) b', brokenPromise)
/** Past its date at one of the sites that hold it, or (nowhere in stock) in UTC. */
const isPast = read('inventory:read', `
  select t.expires_on < least((now() at time zone 'UTC')::date, (select min((now() at time zone s.time_zone)::date) from bss.site s where s.organization_id = $1)) as past
    from bss.lot t where t.organization_id = $1 and t.id = $2`, { past: column.nullable(column.bool) })

export const listLots = listing('inventory:read', {
  select: `select ${LOT} from bss.lot t where t.organization_id = $1`, shape: lot,
  filters: { itemId: 't.item_id = ?', status: 't.status = ?', number: 't.number = ?', expiresBefore: 't.expires_on < ?::date' },
  sorts: { number: { sql: 't.number', type: 'text', of: (row) => row.number }, created: { sql: 't.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 't.id', type: 'uuid', of: (row) => row.id },
})
export const getLot = (tx: Reading, id: LotId): Promise<Lot> => tx.one('lot', byId, [id])

export async function createLot(tx: Writing, itemId: ItemId, draft: LotNamed): Promise<Lot> {
  const item = await getItem(tx, itemId)
  if (item.tracking === 'none') throw new Problem('invalid', 'This item is not tracked by lot.')
  const made = await tx.one('item', insert, [itemId, newId(), draft.number, draft.madeOn ?? null, draft.expiresOn ?? null])
  tx.changed({ entity: 'lot', id: made.id, action: 'created', after: { itemId, number: made.number } })
  return made
}

/** Changes what a lot is good for. Promises that lose their stock are broken in the same transaction and told. */
export async function changeLotStatus(tx: Writing, id: LotId, to: LotStatus, reason: string): Promise<Lot> {
  const before = await getLot(tx, id)
  const isHopeless = to === 'available' && (await tx.maybe(isPast, [id]))?.past === true
  if (before.status === to || !canLotBecome(before.status, to) || isHopeless) {
    const why = isHopeless ? 'A lot past its date cannot be released.' : `A lot that is ${before.status.replace('_', ' ')} cannot become ${to.replace('_', ' ')}.`
    throw new Problem('illegal_transition', why)
  }
  tellBroken(tx, await tx.rows(setStatus, [id, to, reason]), 'lot')
  tx.emit(lotStatusChanged, id, { lotId: id, itemId: before.itemId, from: before.status, to, reason })
  tx.changed({ entity: 'lot', id, action: to, before: { status: before.status }, after: { status: to, reason } })
  return getLot(tx, id)
}

const known = { itemId: column.id<ItemId>(), number: column.text, id: column.id<LotId>(), expiresOn: column.nullable(column.date) }
const ensure = write('inventory:write', `
  with named as materialized (
    select distinct on (u.item_id, u.number) u.item_id, u.number, u.made_on, coalesce(u.expires_on, u.made_on + i.shelf_life_days) as expires_on, u.id
      from unnest($2::uuid[], $3::text[], $4::date[], $5::date[], $6::uuid[]) as u (item_id, number, made_on, expires_on, id)
      join bss.item i on i.organization_id = $1 and i.id = u.item_id
     order by u.item_id, u.number
  ), made as (
    insert into bss.lot (organization_id, id, item_id, number, made_on, expires_on)
    select $1, n.id, n.item_id, n.number, n.made_on, n.expires_on from named n order by n.item_id, n.number
    on conflict (organization_id, item_id, number) do nothing
    returning item_id, number, id, expires_on
  )
  select m.item_id, m.number, m.id, m.expires_on from made m
  union all
  select t.item_id, t.number, t.id, t.expires_on from named n join bss.lot t on t.organization_id = $1 and t.item_id = n.item_id and t.number = n.number`, known,
{ lot_dates: ['invalid', 'A lot does not expire before it was made.', '/lines'] })

export interface NamedLot extends LotNamed {
  readonly itemId: ItemId
}
const keyOf = (itemId: ItemId, number: string): string => `${itemId} ${number}`

/** Ids of lots named by item and number; new ones are created. Gives null for a lot of an item that does not exist. */
export async function lotIds(tx: Writing, named: readonly NamedLot[]): Promise<(each: NamedLot) => { id: LotId; expiresOn: string | null } | null> {
  if (named.length === 0) return () => null
  const params = [named.map((n) => n.itemId), named.map((n) => n.number), named.map((n) => n.madeOn ?? null), named.map((n) => n.expiresOn ?? null), named.map(() => newId())]
  let rows = await tx.rows(ensure, params)
  // A lot that another transaction created at this moment is neither ours nor in our view yet: the next look sees it.
  if (rows.length < new Set(named.map((n) => keyOf(n.itemId, n.number))).size) rows = await tx.rows(ensure, params)
  const byKey = new Map(rows.map((row) => [keyOf(row.itemId, row.number), { id: row.id, expiresOn: row.expiresOn }] as const))
  return (each) => byKey.get(keyOf(each.itemId, each.number)) ?? null
}


// All SQL about cycle counts, but for their posting.
import { idOf, newId, type ActorId, type CycleCountId, type ItemId, type LocationId, type LotId, type SiteId } from '../../../kernel/ids.ts'
import { isList } from '../../../kernel/json.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { countPlanned } from '../events.ts'
import { listing } from '../listing.ts'
import { lotOfLines } from '../movements/adjust.ts'
import { numberOf } from '../movements/post.ts'
import { COUNT_STATUSES, type Count, type CountDifference, type CountDraft, type CountRecord } from './contract.ts'

export type Reading = Tx<'read', 'inventory:read'>
export type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

function locationIdsOf(value: unknown): LocationId[] {
  if (!isList(value)) throw new TypeError('Not a list of locations.')
  return value.map((each) => idOf<'Location'>(String(each)))
}
const count = {
  id: column.id<CycleCountId>(), number: column.text, siteId: column.id<SiteId>(), itemId: column.nullable(column.id<ItemId>()), status: column.oneOf(COUNT_STATUSES), reason: column.text, round: column.int,
  toleranceQuantity: column.quantity, tolerancePercent: column.quantity, note: column.nullable(column.text), openLocationIds: column.decoded(locationIdsOf), approvedBy: column.nullable(column.id<ActorId>()),
  postedAt: column.nullable(column.instant), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const COUNT = `c.id, c.number, c.site_id, c.item_id, c.status, c.reason, c.round, c.tolerance_quantity, c.tolerance_percent, c.note,
  to_jsonb(array(select l.location_id from bss.cycle_count_location l where l.organization_id = $1 and l.count_id = c.id and l.counted_round < l.wanted_round order by l.location_id)) as open_location_ids,
  c.approved_by, c.posted_at, c.row_version, c.created_at, c.updated_at`
const byId = read('inventory:read', `select ${COUNT} from bss.cycle_count c where c.organization_id = $1 and c.id = $2`, count)
const lock = write('inventory:write', 'select c.status, c.round from bss.cycle_count c where c.organization_id = $1 and c.id = $2 for no key update', { status: column.oneOf(COUNT_STATUSES), round: column.int })
const reviewed = write('inventory:write', "update bss.cycle_count set status = 'reviewed', approved_by = null, approved_at = null where organization_id = $1 and id = $2", {})
const setStatus = write('inventory:write', 'update bss.cycle_count set status = $3 where organization_id = $1 and id = $2', {})
const setApproved = write('inventory:write', "update bss.cycle_count set status = 'approved', approved_by = sec.actor(), approved_at = now() where organization_id = $1 and id = $2", {})
const insert = write('inventory:write', `
  insert into bss.cycle_count (organization_id, id, number, site_id, item_id, reason, note, tolerance_quantity, tolerance_percent) values ($1, $2, $3, $4, $5, $6, $7, $8::numeric, $9::numeric)`, {}, {
  cycle_count_number_taken: ['conflict', 'There is a count of this number already.', '/number'],
  cycle_count_site_unknown: ['invalid', 'There is no such site.', '/siteId'],
  cycle_count_item_unknown: ['invalid', 'There is no such item.', '/itemId'],
})
/** Virtual places have nothing to count. */
const insertLocations = write('inventory:write', `
  insert into bss.cycle_count_location (organization_id, id, count_id, site_id, location_id)
  select $1, bss.new_id(), $2, l.site_id, l.id from bss.location l where l.organization_id = $1 and l.id = any($4::uuid[]) and l.site_id = $3 and l.kind <> 'virtual' returning location_id`, { locationId: column.id<LocationId>() })

export const listCounts = listing('inventory:read', {
  select: `select ${COUNT} from bss.cycle_count c where c.organization_id = $1`, shape: count,
  filters: { siteId: 'c.site_id = ?::uuid', status: 'c.status = ?', number: 'c.number = ?' },
  sorts: { created: { sql: 'c.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'c.id', type: 'uuid', of: (row) => row.id },
})
export const getCount = (tx: Reading, id: CycleCountId): Promise<Count> => tx.one('count', byId, [id])

/** Plans a count and tells it, so that tasks can be made of it. */
export async function planCount(tx: Writing, draft: CountDraft): Promise<Count> {
  const id = newId<'CycleCount'>()
  await tx.rows(insert, [id, draft.number ?? numberOf('CNT', id), draft.siteId, draft.itemId ?? null, draft.reason ?? 'planned', draft.note ?? null, draft.toleranceQuantity ?? '0', draft.tolerancePercent ?? '0'])
  const known = new Set((await tx.rows(insertLocations, [id, draft.siteId, draft.locationIds])).map(({ locationId }) => locationId))
  refuse(draft.locationIds.flatMap((locationId, index) => (known.has(locationId) ? [] : [{ pointer: `/locationIds/${index}`, code: 'unknown_location', message: 'This site has no such location.' }])))
  tx.emit(countPlanned, id, { countId: id, siteId: draft.siteId, locationIds: draft.locationIds, round: 1 })
  tx.changed({ entity: 'cycle_count', id, action: 'planned', after: { siteId: draft.siteId, locationIds: draft.locationIds } })
  return getCount(tx, id)
}

/** Takes the lock of a count and sees that it is in one of the states. */
export async function lockCount(tx: Writing, id: CycleCountId, states: readonly (typeof COUNT_STATUSES)[number][], what: string): Promise<{ readonly status: (typeof COUNT_STATUSES)[number]; readonly round: number }> {
  const locked = await tx.one('count', lock, [id])
  if (!states.includes(locked.status)) throw new Problem('illegal_transition', `A count that is ${locked.status} cannot be ${what}.`)
  return locked
}

const openLocation = write('inventory:write', `
  update bss.cycle_count_location set counted_round = wanted_round where organization_id = $1 and count_id = $2 and location_id = $3 and counted_round < wanted_round returning wanted_round`, { wantedRound: column.int })
const isPlace = read('inventory:read', 'select l.counted_round from bss.cycle_count_location l where l.organization_id = $1 and l.count_id = $2 and l.location_id = $3', { countedRound: column.int })
/** What is not named and should be there by the books was counted as nothing. The instant lies within the life of the count. */
const insertEntries = write('inventory:write', `
  with found as (
    select c.id as count_id, c.site_id, c.item_id as only_item_id, greatest(c.created_at, least(now(), coalesce($5::timestamptz, now()))) as counted_at from bss.cycle_count c where c.organization_id = $1 and c.id = $2
  ), given as (
    select u.item_id, u.lot_id, u.quantity from unnest($6::uuid[], $7::uuid[], $8::numeric[]) u (item_id, lot_id, quantity)
  ), entry as (
    select g.item_id, g.lot_id, g.quantity from given g
    union all
    select h.item_id, h.lot_id, 0 from found f cross join bss.on_hand_at($1, $3, f.counted_at) h
     where h.quantity <> 0 and (f.only_item_id is null or h.item_id = f.only_item_id)
       and not exists (select from given g where g.item_id = h.item_id and g.lot_id is not distinct from h.lot_id)
  )
  insert into bss.cycle_count_entry (organization_id, id, count_id, site_id, location_id, round, item_id, lot_id, counted, counted_at)
  select $1, bss.new_id(), f.count_id, f.site_id, $3, $4::int, e.item_id, e.lot_id, e.quantity, f.counted_at from found f cross join entry e`, {}, {
  cycle_count_entry_item_unknown: ['invalid', 'There is no such item.', '/entries'],
  cycle_count_entry_lot_unknown: ['invalid', 'This item has no such lot.', '/entries'],
})
const itemsNamed = read('inventory:read', 'select i.id, i.tracking from bss.item i where i.organization_id = $1 and i.id = any($2::uuid[])', { id: column.id<ItemId>(), tracking: column.oneOf(['none', 'lot', 'serial'] as const) })

/** What one counter found in one place. The last place of a round ends it: what differs too much is counted again, once, by itself. */
export async function recordCount(tx: Writing, id: CycleCountId, record: CountRecord): Promise<Count> {
  const { status, round } = await lockCount(tx, id, ['planned', 'counting', 'recount'], 'counted')
  const { siteId, itemId } = await getCount(tx, id)
  await refuseEntries(tx, record, itemId)
  const lots = await lotOfLines(tx, record.entries, '/entries')
  refuseTwice(record, lots)
  const opened = await tx.maybe(openLocation, [id, record.locationId])
  if (opened === null) {
    const place = await tx.maybe(isPlace, [id, record.locationId])
    if (place === null) throw new Problem('invalid', 'This place is not part of the count.', { errors: [{ pointer: '/locationId', code: 'not_in_count', message: 'This place is not part of the count.' }] })
    throw new Problem('conflict', 'This place was counted already.', { errors: [{ pointer: '/locationId', code: 'counted_already', message: 'This place was counted already.' }] })
  }
  await tx.rows(insertEntries, [id, record.locationId, opened.wantedRound, record.countedAt ?? null, record.entries.map((each) => each.itemId), lots, record.entries.map((each) => each.quantity)])
  tx.changed({ entity: 'cycle_count', id, action: 'counted', after: { locationId: record.locationId, round: opened.wantedRound, entries: record.entries } })
  if (status === 'planned') await tx.rows(setStatus, [id, 'counting'])
  const now = await getCount(tx, id)
  if (now.openLocationIds.length > 0) return now
  await tx.rows(setStatus, [id, 'counted'])
  const outside = round > 1 ? [] : [...new Set((await tx.rows(differences, [id])).filter((each) => !each.isTolerated).map(({ locationId }) => locationId))]
  return outside.length === 0 ? getCount(tx, id) : recount(tx, id, siteId, round, outside)
}

/** What the schema cannot say: tracked goods are counted by lot, a serial number is one piece, and only the item asked for. */
async function refuseEntries(tx: Reading, record: CountRecord, onlyItemId: ItemId | null): Promise<void> {
  const tracking = new Map((await tx.rows(itemsNamed, [[...new Set(record.entries.map((each) => each.itemId))]])).map((item) => [item.id, item.tracking]))
  refuse(record.entries.flatMap((entry, index): ProblemError[] => {
    const isNamed = entry.lotId !== undefined || entry.lot !== undefined
    const fault = (field: string, code: string, message: string): ProblemError[] => [{ pointer: `/entries/${index}/${field}`, code, message }]
    const how = tracking.get(entry.itemId)
    if (how === undefined) return fault('itemId', 'unknown_item', 'There is no such item.')
    if (onlyItemId !== null && entry.itemId !== onlyItemId) return fault('itemId', 'other_item', 'This count asks for another item.')
    if (how !== 'none' && !isNamed) return fault('lotId', 'lot_required', `This item is tracked by ${how}.`)
    if (how === 'none' && isNamed) return fault('lotId', 'lot_not_tracked', 'This item is not tracked by lot.')
    if (how === 'serial' && !/^[01](\.0*)?$/.test(entry.quantity)) return fault('quantity', 'serial_is_one', 'A serial number is one piece.')
    return []
  }))
}
/** The same lot may be named by its id and by its number. */
function refuseTwice({ entries }: CountRecord, lots: readonly (LotId | null)[]): void {
  const keys = entries.map(({ itemId }, index) => `${itemId}/${lots[index] ?? ''}`)
  refuse(keys.flatMap((key, index) => (keys.indexOf(key) === index ? [] : [{ pointer: `/entries/${index}/itemId`, code: 'named_twice', message: 'The same goods are named twice.' }])))
}

export const differences = read('inventory:read', `
  select d.location_id, d.item_id, d.lot_id, d.round, d.counted, d.expected, d.difference, d.is_tolerated, d.counted_at, d.counted_by, d.reviewed_difference is not distinct from d.difference as is_as_reviewed, coalesce(d.reviewed_difference <> d.difference, false) as is_changed, d.entry_id
    from bss.count_differences($1, $2) d order by d.location_id, d.item_id, d.lot_id nulls first`, {
  locationId: column.id<LocationId>(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()), round: column.int, counted: column.quantity, expected: column.quantity, difference: column.quantity,
  isTolerated: column.bool, countedAt: column.instant, countedBy: column.id<ActorId>(), isAsReviewed: column.bool, isChanged: column.bool, entryId: column.id(),
})
/** Refuses what depends on differences that are others since somebody looked at them. */
export const changedSinceReview = (late: readonly { readonly itemId: ItemId; readonly locationId: LocationId; readonly difference: string }[]): Problem =>
  new Problem('conflict', 'Moves from before the counting were recorded after the review: what was seen is not the difference any more. Review the count again, or have these places counted again.', {
    errors: late.map((each) => ({ pointer: '', code: 'changed_since_review', message: `Item ${each.itemId} at location ${each.locationId} differs by ${each.difference} now.` })),
  })
/** What is expected is told only when nobody counts any more. */
export async function countDifferences(tx: Reading, id: CycleCountId): Promise<CountDifference[]> {
  const { status } = await getCount(tx, id)
  if (['planned', 'counting', 'recount', 'cancelled'].includes(status)) throw new Problem('illegal_transition', `A count that is ${status} tells nothing of the books.`)
  return (await tx.rows(differences, [id])).map(({ isAsReviewed: _seen, entryId: _entry, ...rest }) => rest)
}

const wantAgain = write('inventory:write', 'update bss.cycle_count_location set wanted_round = $3::int where organization_id = $1 and count_id = $2 and location_id = any($4::uuid[]) returning location_id', { locationId: column.id<LocationId>() })
const nextRound = write('inventory:write', "update bss.cycle_count set status = 'recount', round = round + 1 where organization_id = $1 and id = $2", {})

async function recount(tx: Writing, id: CycleCountId, siteId: SiteId, round: number, locationIds: readonly LocationId[]): Promise<Count> {
  if (round >= 20) throw new Problem('conflict', 'This was counted twenty times; plan another count.')
  await tx.rows(nextRound, [id])
  const again = new Set((await tx.rows(wantAgain, [id, round + 1, locationIds])).map(({ locationId }) => locationId))
  refuse(locationIds.flatMap((locationId, index) => (again.has(locationId) ? [] : [{ pointer: `/locationIds/${index}`, code: 'not_in_count', message: 'This place is not part of the count.' }])))
  tx.emit(countPlanned, id, { countId: id, siteId, locationIds: [...locationIds], round: round + 1 })
  tx.changed({ entity: 'cycle_count', id, action: 'recount', after: { locationIds, round: round + 1 } })
  return getCount(tx, id)
}
/** Of an approved count only what has changed since the review is counted again: the rest is as it was approved. */
export async function recountCount(tx: Writing, id: CycleCountId, wanted: readonly LocationId[] | undefined): Promise<Count> {
  const { status, round } = await lockCount(tx, id, ['counted', 'reviewed', 'approved'], 'counted again')
  const changed = new Set((await tx.rows(differences, [id])).filter(({ isChanged }) => isChanged).map(({ locationId }) => locationId))
  const locationIds = wanted ?? [...changed]
  if (locationIds.length === 0) throw nothingChanged()
  if (status === 'approved') refuse(locationIds.flatMap((each, index) => (changed.has(each) ? [] : [{ pointer: `/locationIds/${index}`, code: 'not_changed', message: 'What was approved of this place is still the difference.' }])))
  return recount(tx, id, (await getCount(tx, id)).siteId, round, locationIds)
}
const nothingChanged = (): Problem => new Problem('conflict', 'Nothing has changed since the review.', { errors: [{ pointer: '', code: 'nothing_changed', message: 'Nothing has changed since the review.' }] })

const freeze = write('inventory:write', `
  update bss.cycle_count_entry e set reviewed_difference = d.difference from bss.count_differences($1, $2) d where e.organization_id = $1 and e.id = d.entry_id`, {})
/** Fixes the differences as they are now. Once more when they have changed since: an approval of others is none, and somebody approves them anew. */
export async function reviewCount(tx: Writing, id: CycleCountId): Promise<Count> {
  const { status } = await lockCount(tx, id, ['counted', 'reviewed', 'approved'], 'reviewed')
  if (status !== 'counted' && (await tx.rows(differences, [id])).every(({ isChanged }) => !isChanged)) throw nothingChanged()
  await tx.rows(reviewed, [id])
  await tx.rows(freeze, [id])
  tx.changed({ entity: 'cycle_count', id, action: 'reviewed' })
  return getCount(tx, id)
}
/** The database refuses a counter as the approver of what differs too much. */
export async function approveCount(tx: Writing, id: CycleCountId): Promise<Count> {
  await lockCount(tx, id, ['reviewed'], 'approved')
  const late = (await tx.rows(differences, [id])).filter(({ isAsReviewed }) => !isAsReviewed)
  if (late.length > 0) throw changedSinceReview(late)
  await tx.rows(setApproved, [id])
  tx.changed({ entity: 'cycle_count', id, action: 'approved' })
  return getCount(tx, id)
}
export async function cancelCount(tx: Writing, id: CycleCountId): Promise<Count> {
  await lockCount(tx, id, ['planned', 'counting', 'counted', 'recount', 'reviewed'], 'cancelled')
  await tx.rows(setStatus, [id, 'cancelled'])
  tx.changed({ entity: 'cycle_count', id, action: 'cancelled' })
  return getCount(tx, id)
}

const beingCounted = read('inventory:read', `
  select l.location_id from bss.cycle_count_location l join bss.cycle_count c on c.organization_id = $1 and c.id = l.count_id
   where l.organization_id = $1 and l.location_id = any($2::uuid[]) and l.counted_round < l.wanted_round and c.item_id is null and c.status in ('planned', 'counting', 'recount')`, { locationId: column.id<LocationId>() })

/** Plans a count of those places that wait for none already; null when there is nothing to plan. */
export async function proposeCount(tx: Writing, wanted: { readonly siteId: SiteId; readonly locationIds: readonly LocationId[]; readonly reason: string }): Promise<CycleCountId | null> {
  const waiting = new Set((await tx.rows(beingCounted, [wanted.locationIds])).map(({ locationId }) => locationId))
  const locationIds = [...new Set(wanted.locationIds)].filter((id) => !waiting.has(id))
  return locationIds.length === 0 ? null : (await planCount(tx, { siteId: wanted.siteId, locationIds, reason: wanted.reason })).id
}

function refuse(errors: readonly ProblemError[]): void {
  if (errors.length > 0) throw new Problem('invalid', 'The count cannot be recorded like this.', { errors })
}

// Cycle counts: blind, counted again when they differ, approved by somebody else, posted.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ActorId, type CycleCountId, type ItemId, type LocationId, type LotId, type SiteId, type StockMoveId } from '../../../kernel/ids.ts'
import { Money } from '../../../kernel/money.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { LotNamed } from '../lots/contract.ts'
import { ADJUSTS, closed, Instant, line, Note, oneOf, orNull, RowVersion, sortBy } from '../schema.ts'

export const COUNT_STATUSES = ['planned', 'counting', 'counted', 'recount', 'reviewed', 'approved', 'posted', 'cancelled'] as const
export const LOCATIONS_MAX = 500
const CountedQuantity = Type.String({ pattern: '^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$', description: 'Exact decimal of zero or more' })
const APPROVES = ['inventory:read', 'stock:approve'] as const

export const CountDraft = Type.Object({
  siteId: idSchema<SiteId>(), locationIds: Type.Array(idSchema<LocationId>(), { minItems: 1, maxItems: LOCATIONS_MAX, uniqueItems: true }),
  itemId: Type.Optional(idSchema<ItemId>()), number: Type.Optional(line(60)), reason: Type.Optional(line(200)), note: Type.Optional(Note),
  toleranceQuantity: Type.Optional(CountedQuantity), tolerancePercent: Type.Optional(Type.String({ pattern: '^(100|[1-9]?[0-9](\\.[0-9]{1,2})?)$', description: 'Of the expected quantity; the larger of the two tolerances counts' })),
}, closed)
export type CountDraft = Type.Static<typeof CountDraft>
/** Says nothing of what is expected: it is what counters see. */
export const Count = Type.Object({
  id: idSchema<CycleCountId>(), number: Type.String(), siteId: idSchema<SiteId>(), itemId: orNull(idSchema<ItemId>()), status: oneOf(COUNT_STATUSES), reason: Type.String(), round: Type.Integer(),
  toleranceQuantity: Type.String(), tolerancePercent: Type.String(), note: orNull(Type.String()), openLocationIds: Type.Array(idSchema<LocationId>(), { description: 'Places that wait to be counted' }),
  approvedBy: orNull(idSchema<ActorId>()), postedAt: orNull(Instant), rowVersion: RowVersion, createdAt: Instant, updatedAt: Instant,
}, closed)
export type Count = Type.Static<typeof Count>
/** The lot or serial number by its id, or as it is written on the goods: one that nobody knows becomes known by being found. */
export const CountEntry = Type.Object({ itemId: idSchema<ItemId>(), lotId: Type.Optional(idSchema<LotId>()), lot: Type.Optional(LotNamed), quantity: CountedQuantity }, closed)
export const CountRecord = Type.Object({
  locationId: idSchema<LocationId>(), entries: Type.Array(CountEntry, { maxItems: 1000, description: 'Everything that lies there; what is left out was not there. Empty: the place is empty.' }),
  countedAt: Type.Optional(Instant),
}, closed)
export type CountRecord = Type.Static<typeof CountRecord>
export const CountDifference = Type.Object({
  locationId: idSchema<LocationId>(), itemId: idSchema<ItemId>(), lotId: orNull(idSchema<LotId>()), round: Type.Integer(), counted: Type.String(), expected: Type.String(), difference: Type.String(),
  isTolerated: Type.Boolean(), isChanged: Type.Boolean({ description: 'It was another difference when it was reviewed' }), countedAt: Instant, countedBy: idSchema<ActorId>(),
}, closed)
export type CountDifference = Type.Static<typeof CountDifference>
export const CountTolerance = Type.Object({ siteId: idSchema<SiteId>(), worth: orNull(Money) }, closed)
export type CountTolerance = Type.Static<typeof CountTolerance>
export const CountPosted = Type.Object({ count: Count, moveIds: Type.Array(idSchema<StockMoveId>()) }, closed)
export type CountPosted = Type.Static<typeof CountPosted>

const CountPath = Type.Object({ countId: idSchema<CycleCountId>() }, closed)
const SitePath = Type.Object({ siteId: idSchema<SiteId>() }, closed)
const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const fails = ['not_found', 'illegal_transition', 'conflict', 'invalid'] as const

export const countsApi = defineApi({
  planCount: {
    method: 'POST', path: '/api/v1/counts', needs: ADJUSTS, summary: 'Plan a cycle count of places, of everything there or of one item', body: CountDraft, status: 201, returns: Count, fails: ['conflict', 'invalid'],
    example: { siteId: example, locationIds: [example], tolerancePercent: '1' },
  },
  listCounts: {
    method: 'GET', path: '/api/v1/counts', needs: 'inventory:read', summary: 'List cycle counts', status: 200, returns: pageOf(Count), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[status]': Type.Optional(oneOf(COUNT_STATUSES)), 'filter[number]': Type.Optional(Type.String({ maxLength: 60 })), sort: sortBy(['created']) }, closed),
  },
  getCount: { method: 'GET', path: '/api/v1/counts/{countId}', needs: 'inventory:read', summary: 'Get a cycle count, without what is expected', params: CountPath, status: 200, returns: Count, fails: ['not_found'] },
  recordCount: {
    method: 'POST', path: '/api/v1/counts/{countId}/records', needs: ADJUSTS, summary: 'Record what lies in one place of a count', params: CountPath, body: CountRecord, status: 200, returns: Count, fails,
    example: { locationId: example, entries: [{ itemId: example, quantity: '12' }] },
  },
  listCountDifferences: {
    method: 'GET', path: '/api/v1/counts/{countId}/differences', needs: APPROVES, summary: 'What was counted beside the books at the instant of counting; not while counting goes on', params: CountPath, status: 200,
    returns: Type.Object({ items: Type.Array(CountDifference) }, closed), fails: ['not_found', 'illegal_transition'],
  },
  recountCount: {
    method: 'POST', path: '/api/v1/counts/{countId}/recount', needs: ['inventory:read', 'inventory:write', 'stock:approve'], summary: 'Have places counted again; once it is approved, only those of differences that have changed since', params: CountPath,
    body: Type.Object({ locationIds: Type.Optional(Type.Array(idSchema<LocationId>(), { minItems: 1, maxItems: LOCATIONS_MAX, uniqueItems: true, description: 'Left out: those whose differences have changed since the review' })) }, closed), status: 200, returns: Count, fails, example: { locationIds: [example] },
  },
  reviewCount: { method: 'POST', path: '/api/v1/counts/{countId}/review', needs: ['inventory:read', 'inventory:write', 'stock:approve'], summary: 'Close the counting: the differences as they are now go to approval; again when they have changed since', params: CountPath, status: 200, returns: Count, fails },
  approveCount: {
    method: 'POST', path: '/api/v1/counts/{countId}/approve', needs: ['inventory:read', 'inventory:write', 'stock:approve'], summary: 'Approve the differences; beyond the tolerance by somebody who did not count', params: CountPath, status: 200, returns: Count, fails,
  },
  postCount: {
    method: 'POST', path: '/api/v1/counts/{countId}/post', needs: ['inventory:read', 'inventory:write', 'stock:adjust'], summary: 'Post the approved differences to the ledger', params: CountPath, status: 200, returns: CountPosted,
    fails: [...fails, 'insufficient_stock'],
  },
  getCountTolerance: { method: 'GET', path: '/api/v1/sites/{siteId}/count-tolerance', needs: 'cost:read', summary: 'Up to which worth a difference of a count does not matter at a site', params: SitePath, status: 200, returns: CountTolerance, fails: ['not_found'] },
  setCountTolerance: {
    method: 'PUT', path: '/api/v1/sites/{siteId}/count-tolerance', needs: ['cost:read', 'cost:write'], summary: 'Set up to which worth a difference of a count does not matter at a site; null: worth does not matter', params: SitePath,
    body: Type.Object({ worth: orNull(Money) }, closed), status: 200, returns: CountTolerance, fails: ['not_found', 'invalid'], example: { worth: { amount: '25.00', currency: 'EUR' } },
  },
  cancelCount: { method: 'POST', path: '/api/v1/counts/{countId}/cancel', needs: ADJUSTS, summary: 'Cancel a count that is not approved yet', params: CountPath, status: 200, returns: Count, fails },
})

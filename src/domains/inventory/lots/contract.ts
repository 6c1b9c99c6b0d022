// Lots (and serial numbers, which are lots of one piece): when they were made, when they expire, what they are good for.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ItemId, type LotId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { LOT_STATUSES } from '../rules.ts'
import { closed, Day, Instant, line, oneOf, orNull, RowVersion, sortBy, WRITES } from '../schema.ts'

export const Lot = Type.Object({
  id: idSchema<LotId>(), itemId: idSchema<ItemId>(), number: Type.String(), madeOn: orNull(Type.String()), expiresOn: orNull(Type.String()), status: oneOf(LOT_STATUSES),
  statusReason: orNull(Type.String()), rowVersion: RowVersion, createdAt: Instant, updatedAt: Instant,
}, closed)
export type Lot = Type.Static<typeof Lot>
/** A lot named by its number; it is created when it is new. */
export const LotNamed = Type.Object({ number: line(100), madeOn: Type.Optional(Day), expiresOn: Type.Optional(Day) }, closed)
export type LotNamed = Type.Static<typeof LotNamed>
const Reason = Type.Object({ reason: line(500) }, closed)
const LotPath = Type.Object({ lotId: idSchema<LotId>() }, closed)
const change = { needs: WRITES, params: LotPath, body: Reason, status: 200, returns: Lot, fails: ['not_found', 'illegal_transition', 'conflict'] } as const

export const lotsApi = defineApi({
  createLot: {
    method: 'POST', path: '/api/v1/items/{itemId}/lots', needs: WRITES, summary: 'Create a lot of an item', params: Type.Object({ itemId: idSchema<ItemId>() }, closed), body: LotNamed, status: 201,
    returns: Lot, fails: ['not_found', 'conflict', 'invalid'], example: { number: 'L2026-118', expiresOn: '2027-06-30' },
  },
  listLots: {
    method: 'GET', path: '/api/v1/lots', needs: 'inventory:read', summary: 'List lots', status: 200, returns: pageOf(Lot), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[itemId]': Type.Optional(idSchema<ItemId>()), 'filter[status]': Type.Optional(oneOf(LOT_STATUSES)), 'filter[number]': Type.Optional(Type.String({ maxLength: 100 })),
      'filter[expiresBefore]': Type.Optional(Day), sort: sortBy(['number', 'created']),
    }, closed),
  },
  getLot: { method: 'GET', path: '/api/v1/lots/{lotId}', needs: 'inventory:read', summary: 'Get a lot', params: LotPath, status: 200, returns: Lot, fails: ['not_found'] },
  holdLot: { ...change, method: 'POST', path: '/api/v1/lots/{lotId}/hold', summary: 'Hold a lot: it is neither promised nor shipped; promises it carried are broken', example: { reason: 'Complaint 4711' } },
  releaseLot: { ...change, method: 'POST', path: '/api/v1/lots/{lotId}/release', summary: 'Make a held or quarantined lot available again', example: { reason: 'Inspected' } },
  quarantineLot: { ...change, method: 'POST', path: '/api/v1/lots/{lotId}/quarantine', summary: 'Quarantine a lot', example: { reason: 'Waiting for the laboratory' } },
  damageLot: { ...change, method: 'POST', path: '/api/v1/lots/{lotId}/damage', summary: 'Mark a lot as damaged', example: { reason: 'Water damage' } },
  recallLot: { ...change, method: 'POST', path: '/api/v1/lots/{lotId}/recall', summary: 'Recall a lot', example: { reason: 'Recall of the maker' } },
  scrapLot: { ...change, method: 'POST', path: '/api/v1/lots/{lotId}/scrap', summary: 'Scrap a quarantined, damaged, expired or recalled lot', example: { reason: 'Destroyed' } },
})


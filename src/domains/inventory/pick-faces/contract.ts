// Pick faces: the bins goods are picked from, and how full they are kept.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type ItemId, type LocationId, type SiteId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { closed, Instant, sortBy, WRITES } from '../schema.ts'

export type PickFaceId = Id<'PickFace'>
export const PickFaceDraft = Type.Object({ locationId: idSchema<LocationId>(), itemId: idSchema<ItemId>(), minimum: PositiveQuantity, maximum: PositiveQuantity }, closed)
export type PickFaceDraft = Type.Static<typeof PickFaceDraft>
export const PickFace = Type.Object({
  id: idSchema<PickFaceId>(), siteId: idSchema<SiteId>(), locationId: idSchema<LocationId>(), itemId: idSchema<ItemId>(), minimum: Type.String(), maximum: Type.String(), createdAt: Instant,
}, closed)
export type PickFace = Type.Static<typeof PickFace>

const example = '01890a5d-ac96-774b-bcce-b302099a8057'
export const pickFacesApi = defineApi({
  setPickFace: {
    method: 'POST', path: '/api/v1/pick-faces', needs: WRITES, summary: 'Keep an item in a bin for picking, between a minimum and a maximum; a bin is the face of one item', body: PickFaceDraft, status: 200, returns: PickFace,
    fails: ['invalid', 'conflict'], example: { locationId: example, itemId: example, minimum: '12', maximum: '96' },
  },
  listPickFaces: {
    method: 'GET', path: '/api/v1/pick-faces', needs: 'inventory:read', summary: 'List pick faces', status: 200, returns: pageOf(PickFace), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[itemId]': Type.Optional(idSchema<ItemId>()), 'filter[locationId]': Type.Optional(idSchema<LocationId>()), sort: sortBy(['created']) }, closed),
  },
  deletePickFace: {
    method: 'DELETE', path: '/api/v1/pick-faces/{pickFaceId}', needs: WRITES, summary: 'A bin is no pick face any more; what lies in it stays', params: Type.Object({ pickFaceId: idSchema<PickFaceId>() }, closed), status: 200, returns: PickFace, fails: ['not_found'],
  },
})

import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { pickFacesApi } from './contract.ts'
import * as store from './store.ts'

export const pickFacesHandlers = (database: Database): Handlers<typeof pickFacesApi> => ({
  setPickFace: ({ ctx, body }) => database.write(ctx, (tx) => store.setPickFace(tx, body)),
  listPickFaces: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listPickFaces(tx, { filters: { siteId: query['filter[siteId]'], itemId: query['filter[itemId]'], locationId: query['filter[locationId]'] }, sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  deletePickFace: ({ ctx, params }) => database.write(ctx, (tx) => store.deletePickFace(tx, params.pickFaceId)),
})

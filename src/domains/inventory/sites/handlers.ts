import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { siteFaults } from '../rules.ts'
import type { sitesApi } from './contract.ts'
import * as store from './store.ts'

/** Refuses with everything that is wrong at once. */
export function refuseFaults(faults: readonly ProblemError[]): void {
  const [first] = faults
  if (first !== undefined) throw new Problem('invalid', first.message, { errors: faults })
}

export const sitesHandlers = (database: Database): Handlers<typeof sitesApi> => ({
  createSite: async ({ ctx, body }) => {
    ctx.needAllSites()
    refuseFaults(siteFaults(body))
    return database.write(ctx, (tx) => store.createSite(tx, body))
  },
  listSites: ({ ctx, query }) =>
    database.read(ctx, (tx) => store.listSites(tx, { filters: { status: query['filter[status]'], code: query['filter[code]'] }, sort: query.sort ?? 'code', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getSite: ({ ctx, params }) => database.read(ctx, (tx) => store.getSite(tx, params.siteId)),
  updateSite: async ({ ctx, params, body, expectedVersion }) => {
    refuseFaults(siteFaults(body))
    return database.write(ctx, (tx) => store.updateSite(tx, params.siteId, expectedVersion, body))
  },
  createZone: ({ ctx, params, body }) => database.write(ctx, (tx) => store.createZone(tx, params.siteId, body)),
  listZones: ({ ctx, params, query }) =>
    database.read(ctx, (tx) => store.listZones(tx, { filters: { siteId: params.siteId }, sort: query.sort ?? 'code', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getZone: ({ ctx, params }) => database.read(ctx, (tx) => store.getZone(tx, params.zoneId)),
  updateZone: ({ ctx, params, body, expectedVersion }) => database.write(ctx, (tx) => store.updateZone(tx, params.zoneId, expectedVersion, body)),
  createLocation: ({ ctx, params, body }) => database.write(ctx, (tx) => store.createLocation(tx, params.siteId, body)),
  listLocations: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listLocations(tx, {
        filters: { siteId: query['filter[siteId]'], zoneId: query['filter[zoneId]'], kind: query['filter[kind]'], barcode: query['filter[barcode]'], code: query['filter[code]'] },
        sort: query.sort ?? 'code', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  getLocation: ({ ctx, params }) => database.read(ctx, (tx) => store.getLocation(tx, params.locationId)),
  updateLocation: ({ ctx, params, body, expectedVersion }) => database.write(ctx, (tx) => store.updateLocation(tx, params.locationId, expectedVersion, body)),
})

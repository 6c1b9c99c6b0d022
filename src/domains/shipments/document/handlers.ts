import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { documentApi } from './contract.ts'
import { getShipment, listShipments, timelineOf } from './store.ts'

export const documentHandlers = (database: Database): Handlers<typeof documentApi> => ({
  listShipments: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      listShipments(tx, {
        filters: {
          status: query['filter[status]'], siteId: query['filter[siteId]'], customerId: query['filter[customerId]'], carrierId: query['filter[carrierId]'], routeId: query['filter[routeId]'],
          orderId: query['filter[orderId]'], number: query['filter[number]'], trackingNumber: query['filter[trackingNumber]'],
        },
        sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  getShipment: ({ ctx, params }) => database.read(ctx, (tx) => getShipment(tx, params.shipmentId)),
  getShipmentTimeline: ({ ctx, params }) => database.read(ctx, (tx) => timelineOf(tx, params.shipmentId)),
})

import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import type { ShipmentId } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { leavingApi, ShippedResult } from './contract.ts'
import { issueShipment } from './issue.ts'
import * as store from './store.ts'

/** One shipment of a bulk, in a transaction of its own: what is refused stops none of the others. */
async function shipOne(database: Database, ctx: Ctx<'shipments:read' | 'shipments:write'>, line: number, shipmentId: ShipmentId): Promise<ShippedResult> {
  try {
    await database.write(ctx, (tx) => issueShipment(tx, shipmentId, undefined))
    return { line, outcome: 'shipped', shipmentId }
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'unavailable') throw error
    return { line, outcome: 'refused', shipmentId, code: error.errors[0]?.code ?? error.code, pointer: error.errors[0]?.pointer ?? '/shipmentId', message: error.message }
  }
}

export const leavingHandlers = (database: Database): Handlers<typeof leavingApi> => ({
  stageShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.stageShipment(tx, params.shipmentId, body.locationId)),
  loadShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.loadShipment(tx, params.shipmentId, body.locationId)),
  unloadShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => store.askUnloading(tx, params.shipmentId, body.reason)),
  shipShipment: ({ ctx, params, body }) => database.write(ctx, (tx) => issueShipment(tx, params.shipmentId, body.shippedAt)),
  shipMany: async function* ({ ctx, lines }) {
    for await (const line of lines) {
      if ('refused' in line) yield { line: line.line, outcome: 'refused', ...line.refused }
      else yield await shipOne(database, ctx, line.line, line.value.shipmentId)
    }
  },
  getShipNotice: ({ ctx, params }) => database.read(ctx, (tx) => store.getShipNotice(tx, params.shipmentId)),
  getShipmentCosts: ({ ctx, params }) => database.read(ctx, (tx) => store.getShipmentCosts(tx, params.shipmentId)),
  listInvoiceRequests: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listInvoiceRequests(tx, { filters: { orderId: query['filter[orderId]'], shipmentId: query['filter[shipmentId]'] }, sort: 'created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
})

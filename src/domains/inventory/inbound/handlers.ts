import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { SiteId } from '../../../kernel/ids.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { getSite } from '../sites/store.ts'
import { postingKey } from '../movements/handlers.ts'
import type { inboundApi } from './contract.ts'
import * as inspect from './inspect.ts'
import * as notices from './notices.ts'
import { suggestPutaway, type Placed } from './putaway.ts'
import { receivePurchaseOrder } from './receive.ts'

/** Goods that the rooms above are carrying to bins of a site. */
export type GoodsOnTheWay = (tx: Tx<'write', never>, siteId: SiteId) => Promise<readonly Placed[]>

export const inboundHandlers = (database: Database, goodsOnTheWay: GoodsOnTheWay): Handlers<typeof inboundApi> => ({
  receivePurchaseOrder: ({ ctx, params, body }) => database.write(ctx, (tx) => receivePurchaseOrder(tx, postingKey(ctx), params.purchaseOrderId, body)),
  announceShipNotice: ({ ctx, body }) => database.write(ctx, (tx) => notices.announceShipNotice(tx, body)),
  listShipNotices: ({ ctx, query }) =>
    database.read(ctx, (tx) => notices.listShipNotices(tx, { filters: { status: query['filter[status]'], siteId: query['filter[siteId]'], number: query['filter[number]'] }, sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getShipNotice: ({ ctx, params }) => database.read(ctx, (tx) => notices.getShipNotice(tx, params.shipNoticeId)),
  cancelShipNotice: ({ ctx, params }) => database.write(ctx, (tx) => notices.cancelShipNotice(tx, params.shipNoticeId)),
  receiveUnit: ({ ctx, body }) => database.write(ctx, (tx) => notices.receiveUnit(tx, postingKey(ctx), body.barcode, body.locationId)),
  setInspectionPlan: ({ ctx, body }) => database.write(ctx, (tx) => inspect.setInspectionPlan(tx, body)),
  listInspections: ({ ctx, query }) =>
    database.read(ctx, (tx) => inspect.listInspections(tx, { filters: { status: query['filter[status]'], siteId: query['filter[siteId]'], receiptId: query['filter[receiptId]'] }, sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  getInspection: ({ ctx, params }) => database.read(ctx, (tx) => inspect.getInspection(tx, params.inspectionId)),
  decideInspection: ({ ctx, params, body }) => database.write(ctx, (tx) => inspect.decideInspection(tx, postingKey(ctx), params.inspectionId, body)),
  suggestPutaway: ({ ctx, body }) => database.write(ctx, async (tx) => {
    await getSite(tx, body.siteId)
    return { items: await suggestPutaway(tx, body.siteId, body.lines, await goodsOnTheWay(tx, body.siteId)) }
  }),
})

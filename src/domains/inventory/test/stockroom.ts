// A stockroom for the tests: one site with a few bins, items of every kind, and the promises that a room above would make.
import type { OrganizationKeys } from '../../../app/people.ts'
import { openHouse, type House } from '../../../../test/setup/house.ts'
import { contextOf } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId, type ItemId, type LocationId, type OrderId, type OrderLineId, type SiteId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { inventoryApi } from '../contract.ts'

export const reserveStatement = write('inventory:write', 'select r.line_id, r.reserved from bss.reserve_stock($1, $2, $3, $4::uuid[], $5::uuid[], $6::numeric[], $7::bool[], $8::bool, $9::int, $10::timestamptz) r', {
  lineId: column.id<OrderLineId>(), reserved: column.quantity,
})
const releaseStatement = write('inventory:write', 'select r.line_id, r.released from bss.release_reservations($1, $2::uuid[], $3::numeric[]) r', { lineId: column.id<OrderLineId>(), released: column.quantity })
const allocateStatement = write('inventory:write', 'select r.line_id, r.shortage from bss.allocate_hard($1, $2) r', { lineId: column.id<OrderLineId>(), shortage: column.quantity })

const anySite = read('inventory:read', 'select s.id from bss.site s where s.organization_id = $1 limit 1', { id: column.id<SiteId>() })

export interface Line {
  readonly lineId: OrderLineId
  readonly itemId: ItemId
  readonly quantity: string
  readonly maySplit?: boolean
}
export interface Basket {
  readonly orderId?: OrderId
  readonly siteId: SiteId
  readonly lines: readonly Line[]
  readonly isWhole?: boolean
  readonly priority?: number
  readonly expiresAt?: string
}
export interface Stockroom {
  readonly house: House
  readonly siteId: SiteId
  readonly bins: { readonly a: LocationId; readonly b: LocationId; readonly dock: LocationId; readonly quarantine: LocationId }
  readonly admin: ReturnType<typeof clientOfRoom>
  readonly item: (sku: string, tracking?: 'none' | 'lot' | 'serial') => Promise<ItemId>
  readonly stock: (itemId: ItemId, locationId: LocationId, change: string, lot?: { number: string; expiresOn?: string }) => Promise<void>
  readonly reserve: (basket: Basket) => Promise<readonly { readonly lineId: OrderLineId; readonly reserved: string }[]>
  readonly release: (lineIds: readonly OrderLineId[], quantities?: readonly (string | null)[]) => Promise<readonly { readonly released: string }[]>
  readonly allocate: (orderId: OrderId) => Promise<readonly { readonly lineId: OrderLineId; readonly shortage: string }[]>
  /** Waits until the replica has seen whatever was written, also behind the API's back: what the API reads next is no older. */
  readonly settle: () => Promise<void>
  readonly close: () => Promise<void>
}
const clientOfRoom = (house: House, organization: OrganizationKeys) => house.client(inventoryApi, 'tenant_admin', organization)

export const line = (itemId: ItemId, quantity: string, maySplit = false): Line => ({ lineId: newId<'SalesOrderLine'>(), itemId, quantity, maySplit })

/** The demand lives in a room above, which ties reservations to its lines; here, in a database of the test's own, the tie is cut. */
async function withoutOrders(house: House): Promise<void> {
  const ties = await sql(house.superuserUrl, "select conname from pg_constraint where conrelid = 'bss.reservation'::regclass and confrelid in (select oid from pg_class where relname like 'sales_order%')")
  await sql(house.superuserUrl, ties.map(([name]) => `alter table bss.reservation drop constraint "${name}"`))
}

export async function openStockroom(): Promise<Stockroom> {
  const house = await openHouse()
  await withoutOrders(house)
  const admin = clientOfRoom(house, house.acme)
  const site = await admin.createSite({ body: { code: 'HAM', name: 'Hamburg', timeZone: 'Europe/Berlin', currency: 'EUR' } })
  const bin = async (code: string, kind: 'storage' | 'pick' | 'dock' | 'quarantine', pickSequence: number): Promise<LocationId> =>
    (await admin.createLocation({ params: { siteId: site.id }, body: { code, kind, pickSequence } })).id
  const ctx = () => contextOf(house.acme.id, 'tenant_admin').need('inventory:read').need('inventory:write')
  return {
    house, admin, siteId: site.id,
    bins: { a: await bin('A-01', 'pick', 1), b: await bin('B-01', 'storage', 2), dock: await bin('D-01', 'dock', 3), quarantine: await bin('Q-01', 'quarantine', 4) },
    item: async (sku, tracking = 'none') => (await admin.createItem({ body: { sku, name: sku, baseUnit: 'EA', tracking } })).id,
    stock: async (itemId, locationId, change, lot) => {
      await admin.adjustStock({ body: { siteId: site.id, reason: 'count', lines: [{ itemId, locationId, change, ...(lot === undefined ? {} : { lot }) }] } })
    },
    reserve: ({ orderId, siteId, lines, isWhole, priority, expiresAt }) =>
      house.database.write(ctx(), (tx) =>
        tx.rows(reserveStatement, [siteId, orderId ?? newId(), lines.map((l) => l.lineId), lines.map((l) => l.itemId), lines.map((l) => l.quantity), lines.map((l) => l.maySplit === true), isWhole === true, priority ?? 5, expiresAt ?? null])),
    release: (lineIds, quantities) => house.database.write(ctx(), (tx) => tx.rows(releaseStatement, [lineIds, quantities ?? lineIds.map(() => null)])),
    allocate: (orderId) => house.database.write(ctx(), (tx) => tx.rows(allocateStatement, [orderId])),
    settle: async () => {
      // An empty transaction gives the position of the log behind everything that was committed before.
      await house.database.housekeep(ctx(), (tx) => tx.rows(anySite))
      for (;;) {
        const reading = ctx()
        await house.database.read(reading, (tx) => tx.rows(anySite))
        if (reading.facts.outcome.readFrom === 'replica') return
      }
    },
    close: () => house.close(),
  }
}

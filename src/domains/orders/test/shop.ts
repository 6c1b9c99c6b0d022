// A shop for the tests: a site with one bin, items with stock, a customer, a price list; all through the API.
import type { OrganizationKeys } from '../../../app/people.ts'
import type { House } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import type { ItemId, LocationId, PartyId, SiteId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../contract.ts'

export interface Shop {
  readonly siteId: SiteId
  readonly locationId: LocationId
  readonly customerId: PartyId
  /** An item with so much in stock. */
  readonly item: (sku: string, onHand: number) => Promise<ItemId>
  readonly add: (itemId: ItemId, change: string) => Promise<void>
  /** Reserved according to the lines of orders, to the reservations, and to the level: must be the same. */
  readonly reserved: (itemId: ItemId) => Promise<{ lines: number; reservations: number; level: number; onHand: number }>
}

export async function openShop(house: House, organization: OrganizationKeys, code: string): Promise<Shop> {
  const inventory = house.client(inventoryApi, 'tenant_admin', organization)
  const orders = house.client(ordersApi, 'tenant_admin', organization)
  const site = await inventory.createSite({ body: { code, name: 'Test site', timeZone: 'Europe/Berlin', currency: 'EUR' } })
  const location = await inventory.createLocation({ params: { siteId: site.id }, body: { code: 'A-01', kind: 'storage' } })
  const customer = await orders.createCustomer({ body: { code: `C-${code}`, name: 'Test customer' } })
  const add = async (itemId: ItemId, change: string): Promise<void> => {
    await inventory.adjustStock({ body: { siteId: site.id, reason: 'opening', lines: [{ itemId, locationId: location.id, change }] } })
  }
  return {
    siteId: site.id, locationId: location.id, customerId: customer.id, add,
    item: async (sku, onHand) => {
      const item = await inventory.createItem({ body: { sku, name: sku, baseUnit: 'EA' } })
      if (onHand > 0) await add(item.id, String(onHand))
      return item.id
    },
    reserved: async (itemId) => {
      const [row] = await sql(house.superuserUrl, `select
        (select coalesce(sum(l.reserved), 0) from bss.sales_order_line l where l.item_id = $1),
        (select coalesce(sum(v.quantity), 0) from bss.reservation v where v.item_id = $1 and v.status = 'open'),
        (select coalesce(sum(s.reserved), 0) from bss.stock_level s where s.item_id = $1),
        (select coalesce(sum(s.on_hand), 0) from bss.stock_level s where s.item_id = $1)`, [itemId])
      const [lines, reservations, level, onHand] = (row ?? []).map(Number)
      return { lines: lines ?? -1, reservations: reservations ?? -1, level: level ?? -1, onHand: onHand ?? -1 }
    },
  }
}

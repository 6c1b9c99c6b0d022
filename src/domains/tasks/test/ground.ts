// A floor for the tests of tasks: a site with places of every kind, goods that arrive, shipments that leave, and tasks that are asked for.
import { openHouse } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { checkDigit } from '../../../kernel/gs1/index.ts'
import type { ItemId, LocationId, ShipmentId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../../inventory/contract.ts'
import { ordersApi } from '../../orders/contract.ts'
import { floorOf } from '../../orders/test/floor.ts'
import { openShop } from '../../orders/test/shop.ts'
import { shipmentsApi } from '../../shipments/contract.ts'
import { tasksApi } from '../contract.ts'
import type { TASK_KINDS } from '../rules.ts'

export const DEVICE = 'scanner-1'
export type Kind = (typeof TASK_KINDS)[number]

/** Waits until something is there, and gives what was seen last in any case. */
export async function eventually<T>(look: () => Promise<T>, isThere: (value: T) => boolean, boundMs = 20_000): Promise<T> {
  for (const deadline = Date.now() + boundMs; ; ) {
    const value = await look()
    if (isThere(value) || Date.now() > deadline) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export async function openGround(code: string) {
  const house = await openHouse({ withWorker: true })
  const shop = await openShop(house, house.acme, code)
  const { siteId } = shop
  const inventory = house.client(inventoryApi, 'tenant_admin')
  const orders = house.client(ordersApi, 'planner')
  const shipments = house.client(shipmentsApi, 'warehouse_lead')
  const lead = house.client(tasksApi, 'warehouse_lead')
  const operator = house.client(tasksApi, 'warehouse_operator')
  const bin = async (name: string, kind: 'storage' | 'pick' | 'receive' | 'pack' | 'stage' | 'dock' | 'quarantine', more: { capacity?: string; pickSequence?: number } = {}): Promise<LocationId> =>
    (await inventory.createLocation({ params: { siteId }, body: { code: name, kind, ...more } })).id
  const bins = { pack: await bin('PACK', 'pack'), stage: await bin('STAGE', 'stage'), dock: await bin('DOCK', 'dock'), gate: await bin('GATE', 'receive'), look: await bin('LOOK', 'quarantine') }
  await house.client(shipmentsApi, 'tenant_admin').setShippingSettings({ params: { siteId }, body: { companyPrefix: '4012345', extension: 3 } })
  let made = 0
  /** An item with a GTIN of its own. */
  const item = async (sku: string, tracking: 'none' | 'lot' | 'serial' = 'none'): Promise<{ itemId: ItemId; gtin: string; gtin14: string }> => {
    const body = `4012345${String(++made).padStart(5, '0')}`
    const gtin = `${body}${checkDigit(body)}`
    return { itemId: (await inventory.createItem({ body: { sku, name: sku, baseUnit: 'EA', gtin, tracking } })).id, gtin, gtin14: `0${gtin}` }
  }
  const put = (itemId: ItemId, locationId: LocationId, change: string, lot?: { number: string }) =>
    inventory.adjustStock({ body: { siteId, reason: 'opening', lines: [{ itemId, locationId, change, ...(lot === undefined ? {} : { lot }) }] } })
  const onHand = async (itemId: ItemId, locationId: LocationId): Promise<string | null | undefined> =>
    (await sql(house.superuserUrl, 'select trim_scale(coalesce(sum(on_hand), 0))::text from bss.stock_balance where item_id = $1 and location_id = $2', [itemId, locationId]))[0]?.[0]
  /** A released order, its shipment in a released wave. */
  const waved = async (lines: readonly { readonly itemId: ItemId; readonly quantity: string }[]): Promise<ShipmentId> => {
    const order = await orders.placeOrder({ body: { customerId: shop.customerId, siteId, lines: lines.map((each) => ({ ...each, backorderPolicy: 'split' as const })) } })
    await orders.releaseOrder({ params: { orderId: order.id } })
    const shipment = await shipments.createShipment({ body: { orderIds: [order.id] } })
    const wave = await lead.planWave({ body: { siteId, shipmentIds: [shipment.id] } })
    await lead.releaseWave({ params: { waveId: wave.id } })
    return shipment.id
  }
  const tasksOf = async (kind: Kind, wanted: { readonly itemId?: ItemId; readonly shipmentId?: ShipmentId }) =>
    (await lead.listTasks({ query: { 'filter[kind]': kind, 'filter[siteId]': siteId, limit: 200, sort: 'created' } })).items.filter((each) => (wanted.itemId === undefined || each.itemId === wanted.itemId) && (wanted.shipmentId === undefined || each.shipmentId === wanted.shipmentId))
  /** The next task of a kind, as soon as there is one. */
  const next = async (kind: Kind) => {
    const { tasks: [task] } = await eventually(() => operator.nextTasks({ body: { siteId, deviceId: DEVICE, kinds: [kind] } }), ({ tasks }) => tasks.length > 0)
    if (task === undefined) throw new Error(`There is no task of kind ${kind}.`)
    return { task, params: { taskId: task.id } }
  }
  return { house, shop, siteId, bins, inventory, orders, shipments, lead, operator, bin, item, put, onHand, waved, tasksOf, next, floor: floorOf(house, bins.pack) }
}
export type Ground = Awaited<ReturnType<typeof openGround>>

// A warehouse to work in: a site with bins of every kind, items with stock in their bins, customers, and orders that are released. All
// through the public API, by whoever may do it.
import { inventoryApi } from '../../src/domains/inventory/contract.ts'
import { ordersApi } from '../../src/domains/orders/contract.ts'
import { clientOf, fetchSender, type Sender } from '../../src/kernel/client.ts'
import type { ItemId, LocationId, OrderId, PartyId, SiteId } from '../../src/kernel/ids.ts'

export interface FloorPlan {
  readonly siteCode: string
  readonly items: number
  /** Pieces of each item, in a bin of its own. */
  readonly onHand: number
  readonly packLocations: number
}
export interface Floor {
  readonly siteId: SiteId
  readonly siteCode: string
  readonly customerId: PartyId
  readonly itemIds: readonly ItemId[]
  /** The bin of the item of the same place in `itemIds`. */
  readonly binIds: readonly LocationId[]
  readonly receiveId: LocationId
  readonly quarantineId: LocationId
  readonly packIds: readonly LocationId[]
  readonly stageId: LocationId
  readonly dockId: LocationId
}

export const senderOf = (baseUrl: string, token: string): Sender => fetchSender({ baseUrl, token })
export const skuOf = (n: number): string => `W-${String(n).padStart(5, '0')}`
const binOf = (n: number): string => `P-${String(n).padStart(5, '0')}`

/** So many at one time: the set-up of a benchmark should not take longer than the benchmark. */
async function inTurns<T, R>(values: readonly T[], parallel: number, work: (value: T, index: number) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < values.length; index = next++) {
      const value = values[index]
      if (value !== undefined) results.set(index, await work(value, index))
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return values.flatMap((_, index) => {
    const result = results.get(index)
    return result === undefined ? [] : [result]
  })
}

/** With `like`, the items are those of another floor, and get stock here as well. */
export async function openFloor(sender: Sender, plan: FloorPlan, like?: Floor): Promise<Floor> {
  const inventory = clientOf(inventoryApi, sender)
  const orders = clientOf(ordersApi, sender)
  const { id: siteId } = await inventory.createSite({ body: { code: plan.siteCode, name: 'Warehouse', timeZone: 'Europe/Berlin', currency: 'EUR' } })
  const make = async (code: string, kind: 'receive' | 'storage' | 'pick' | 'pack' | 'stage' | 'dock' | 'quarantine', pickSequence = 0): Promise<LocationId> =>
    (await inventory.createLocation({ params: { siteId }, body: { code, kind, pickSequence, barcode: `${plan.siteCode}-${code}` } })).id
  const numbers = Array.from({ length: like?.itemIds.length ?? plan.items }, (_, n) => n)
  const binIds = await inTurns(numbers, 8, (n) => make(binOf(n), 'pick', n))
  const packIds = await inTurns(Array.from({ length: plan.packLocations }, (_, n) => n), 4, (n) => make(`PACK-${n}`, 'pack'))
  const itemIds: ItemId[] = [...(like?.itemIds ?? [])]
  if (like === undefined) for (const n of numbers) itemIds.push((await inventory.createItem({ body: { sku: skuOf(n), name: `Item ${n}`, baseUnit: 'EA' } })).id)
  const lines = numbers.map((n) => ({ external: { source: 'floor', ref: `${plan.siteCode}/${n}` }, siteCode: plan.siteCode, locationCode: binOf(n), sku: skuOf(n), quantity: String(plan.onHand) }))
  for await (const result of inventory.receiveLines({ lines })) if (result.outcome === 'refused') throw new Error(`Stock was refused: ${result.message}`)
  const customer = await orders.createCustomer({ body: { code: `C-${plan.siteCode}`, name: 'A customer' } })
  return {
    siteId, siteCode: plan.siteCode, customerId: customer.id, itemIds, binIds, packIds, receiveId: await make('RECV', 'receive'), quarantineId: await make('QUAR', 'quarantine'), stageId: await make('STAGE', 'stage'), dockId: await make('DOCK', 'dock'),
  }
}

/** Places orders of so many lines each, of items in turn, and releases them. */
export async function releaseOrders(sender: Sender, floor: Floor, count: number, linesEach: number, quantity = '2'): Promise<OrderId[]> {
  const orders = clientOf(ordersApi, sender)
  return inTurns(Array.from({ length: count }, (_, n) => n), 8, async (n) => {
    const lines = Array.from({ length: linesEach }, (_, line) => floor.itemIds[(n * linesEach + line) % floor.itemIds.length]).flatMap((itemId) => (itemId === undefined ? [] : [{ itemId, quantity }]))
    const { id } = await orders.placeOrder({ body: { customerId: floor.customerId, siteId: floor.siteId, lines } })
    await orders.releaseOrder({ params: { orderId: id } })
    return id
  })
}

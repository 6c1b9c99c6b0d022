// What may happen in a warehouse, drawn at random. Each takes what it finds: a command for which there is nothing to do does nothing, and one
// that the rules refuse is refused by a code, never by a crash.
import fc from 'fast-check'
import { inventoryApi } from '../../src/domains/inventory/contract.ts'
import { ordersApi } from '../../src/domains/orders/contract.ts'
import { shipmentsApi } from '../../src/domains/shipments/contract.ts'
import { tasksApi } from '../../src/domains/tasks/contract.ts'
import { ApiError, clientOf, type Client, type Sender } from '../../src/kernel/client.ts'
import type { OrderId, TaskId } from '../../src/kernel/ids.ts'
import type { Floor } from './floor.ts'

export interface Hands {
  readonly floor: Floor
  readonly inventory: Client<typeof inventoryApi>
  readonly orders: Client<typeof ordersApi>
  readonly shipments: Client<typeof shipmentsApi>
  readonly tasks: Client<typeof tasksApi>
  /** Orders that were placed, newest last. */
  readonly placed: OrderId[]
  /** Tasks that a device holds. */
  readonly held: Map<string, TaskId[]>
}
export const handsOf = (sender: Sender, floor: Floor): Hands => ({
  floor, inventory: clientOf(inventoryApi, sender), orders: clientOf(ordersApi, sender), shipments: clientOf(shipmentsApi, sender), tasks: clientOf(tasksApi, sender), placed: [], held: new Map(),
})

export interface Command {
  readonly what: 'place' | 'release' | 'wave' | 'take' | 'pick' | 'short' | 'giveBack' | 'pack' | 'ship' | 'deliver' | 'cancel' | 'cancelLine' | 'hold' | 'receive' | 'return' | 'withdraw' | 'count' | 'lose' | 'both'
  /** Chooses among what there is. */
  readonly pick: number
  readonly quantity: number
  readonly device: 'left' | 'right'
}
const WEIGHTS: readonly (readonly [Command['what'], number])[] = [
  ['place', 5], ['release', 5], ['wave', 4], ['take', 7], ['pick', 9], ['short', 3], ['giveBack', 1], ['pack', 4], ['ship', 4], ['deliver', 2], ['cancel', 2], ['cancelLine', 2], ['hold', 1], ['receive', 3], ['return', 3], ['withdraw', 2], ['count', 1], ['lose', 1], ['both', 3],
]
export const command: fc.Arbitrary<Command> = fc.record({
  what: fc.oneof(...WEIGHTS.map(([what, weight]) => ({ weight, arbitrary: fc.constant(what) }))), pick: fc.nat(1_000), quantity: fc.integer({ min: 1, max: 9 }), device: fc.constantFrom('left' as const, 'right' as const),
})

const step = (what: Command['what'], pick = 1, quantity = 2): Command => ({ what, pick, quantity, device: 'left' })
/** From the order to the door and back once, with a pick that is short and a cancellation of what is picked. */
export const WHOLE_WAY: readonly Command[] = [
  ...[0, 1, 2].map((n) => step('place', n)), ...[0, 1, 2].map((n) => step('release', n)), step('wave'), step('take'), step('pick'), step('pick'), step('pick'), step('take'), step('short', 0), step('pick'), step('pick'),
  step('take'), step('pick'), step('pick'), step('pack', 0), step('ship', 0), step('deliver', 0), step('cancel', 1), step('cancel', 2), step('receive'), step('return', 0), step('withdraw', 0),
]

/** Codes by which the rules refuse. Anything else is a fault of the product. */
const REFUSALS = new Set(['illegal_transition', 'conflict', 'insufficient_stock', 'invalid', 'not_found'])
export const isRefusal = (error: unknown): boolean => error instanceof ApiError && REFUSALS.has(error.code)
const chosen = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)]

async function ofShipments(hands: Hands, status: 'picked' | 'packed' | 'shipped' | 'in_transit', pick: number) {
  const { items } = await hands.shipments.listShipments({ query: { 'filter[siteId]': hands.floor.siteId, 'filter[status]': status, limit: 50 } })
  return chosen(items, pick)
}

const DO: Readonly<Record<Command['what'], (hands: Hands, command: Command) => Promise<unknown>>> = {
  place: async ({ floor, orders, placed }, { pick, quantity }) => {
    const lines = [pick, pick + 1, pick + 3].slice(0, 1 + (pick % 3)).flatMap((n, index) => {
      const itemId = chosen(floor.itemIds, n)
      return itemId === undefined ? [] : [{ itemId, quantity: String(quantity + index), backorderPolicy: (['allow', 'split', 'cancel'] as const)[(pick + index) % 3] ?? 'allow' }]
    })
    placed.push((await orders.placeOrder({ body: { customerId: floor.customerId, siteId: floor.siteId, priority: 1 + (pick % 9), lines } })).id)
  },
  release: ({ orders, placed }, { pick }) => withOrder(placed, pick, (orderId) => orders.releaseOrder({ params: { orderId } })),
  wave: async ({ floor, shipments, tasks }) => {
    await shipments.planShipments({ body: { siteId: floor.siteId } })
    const wave = await tasks.planWave({ body: { siteId: floor.siteId } })
    await tasks.releaseWave({ params: { waveId: wave.id } })
  },
  take: async ({ floor, tasks, held }, { device, quantity }) => {
    const { tasks: mine } = await tasks.nextTasks({ body: { siteId: floor.siteId, deviceId: device, kinds: ['pick', 'putaway', 'replenish'], count: 1 + (quantity % 3) } })
    held.set(device, [...(held.get(device) ?? []), ...mine.map(({ id }) => id)])
  },
  pick: async ({ floor, tasks, held }, { device, pick, quantity }) => {
    const taskId = held.get(device)?.shift()
    if (taskId === undefined) return
    const task = await tasks.getTask({ params: { taskId } })
    const isPart = pick % 4 === 0
    const toLocationId = task.kind === 'putaway' && task.toLocationId === null ? chosen(floor.binIds, pick) : undefined
    if (isPart) held.get(device)?.unshift(taskId)
    await tasks.completeTask({ params: { taskId }, body: { deviceId: device, ...(isPart ? { quantity: String(quantity) } : {}), ...(toLocationId === undefined ? {} : { toLocationId }) } })
  },
  short: async ({ tasks, held }, { device, pick }) => {
    const taskId = held.get(device)?.shift()
    if (taskId !== undefined) await tasks.shortTask({ params: { taskId }, body: { deviceId: device, found: String(pick % 2), code: 'too_few' } })
  },
  giveBack: async ({ tasks, held }, { device }) => {
    const taskId = held.get(device)?.shift()
    if (taskId !== undefined) await tasks.releaseTask({ params: { taskId }, body: { deviceId: device } })
  },
  pack: async (hands, { pick }) => {
    const found = await ofShipments(hands, 'picked', pick)
    if (found === undefined) return
    const params = { shipmentId: found.id }
    const { lines } = await hands.shipments.getShipment({ params })
    const contents = lines.filter((line) => line.picked !== line.packed).map((line) => ({ shipmentLineId: line.id, quantity: line.picked }))
    await hands.shipments.packShipment({ params, body: { units: [{ kind: 'package', contents }] } })
  },
  ship: async (hands, { pick }) => {
    const found = await ofShipments(hands, 'packed', pick)
    if (found === undefined) return
    if (found.needsRepack) await hands.shipments.confirmRepacked({ params: { shipmentId: found.id } })
    await hands.shipments.shipShipment({ params: { shipmentId: found.id }, body: {} })
  },
  deliver: async (hands, { pick }) => {
    const found = await ofShipments(hands, 'shipped', pick)
    if (found === undefined) return
    const at = new Date().toISOString()
    await hands.shipments.trackShipment({ params: { shipmentId: found.id }, body: { events: [{ code: 'in_transit', occurredAt: at, externalRef: 'on-the-way' }] } })
    await hands.shipments.deliverShipment({ params: { shipmentId: found.id }, body: { receivedBy: 'Somebody', deliveredAt: at } })
  },
  cancel: ({ orders, placed }, { pick }) => withOrder(placed, pick, (orderId) => orders.cancelOrder({ params: { orderId }, body: {} })),
  cancelLine: ({ orders, placed }, { pick }) =>
    withOrder(placed, pick, async (orderId) => {
      const line = chosen((await orders.getOrder({ params: { orderId } })).lines, pick)
      if (line !== undefined) await orders.cancelOrderLine({ params: { orderId, lineId: line.id }, body: { quantity: '1' } })
    }),
  hold: ({ orders, placed }, { pick }) =>
    withOrder(placed, pick, async (orderId) => {
      const { items } = await orders.listOrderHolds({ params: { orderId } })
      const active = items.find(({ releasedAt }) => releasedAt === null)
      if (active === undefined) await orders.holdOrder({ params: { orderId }, body: { kind: 'manual', reason: 'Look at it' } })
      else await orders.unholdOrder({ params: { orderId, holdId: active.id }, body: {} })
    }),
  receive: async ({ floor, inventory }, { pick, quantity }) => {
    const itemId = chosen(floor.itemIds, pick)
    if (itemId !== undefined) await inventory.receiveStock({ body: { siteId: floor.siteId, lines: [{ itemId, locationId: floor.receiveId, quantity: String(quantity * 3) }] } })
  },
  return: ({ floor, orders, placed }, { pick }) =>
    withOrder(placed, pick, async (orderId) => {
      const line = (await orders.getOrder({ params: { orderId } })).lines.find(({ shipped, returned }) => shipped !== returned)
      if (line === undefined) return
      const made = await orders.requestReturn({ body: { lines: [{ orderLineId: line.id, quantity: '1', reason: 'other' }] } })
      const params = { returnId: made.id }
      // One in three stays a request and one in three is only approved: they can be withdrawn.
      if (pick % 3 === 0) return
      await orders.approveReturn({ params, body: {} })
      if (pick % 3 === 1) return
      await orders.awaitReturn({ params, body: {} })
      const [first] = made.lines
      if (first !== undefined) await orders.receiveReturn({ params, body: { lines: [{ returnLineId: first.id, quantity: '1', locationId: floor.receiveId }] } })
    }),
  withdraw: async ({ orders }, { pick }) => {
    const { items } = await orders.listReturns({ query: { limit: 50 } })
    const open = chosen(items.filter(({ status }) => status === 'requested' || status === 'approved'), pick)
    if (open !== undefined) await orders.cancelReturn({ params: { returnId: open.id }, body: {} })
  },
  count: async ({ floor, inventory }, { pick }) => {
    const locationId = chosen(floor.binIds, pick)
    if (locationId !== undefined) await inventory.planCount({ body: { siteId: floor.siteId, locationIds: [locationId] } })
  },
  lose: async ({ floor, inventory }, { pick }) => {
    const [itemId, locationId] = [chosen(floor.itemIds, pick), chosen(floor.binIds, pick)]
    if (itemId !== undefined && locationId !== undefined) await inventory.adjustStock({ body: { siteId: floor.siteId, reason: 'lost', lines: [{ itemId, locationId, change: '-1' }] } })
  },
  // Two devices do the same things at the same moment.
  both: async (hands, { pick, quantity }) => {
    const each = async (device: Command['device']): Promise<void> => {
      for (const what of ['take', 'pick', 'pick'] as const) await carryOut(hands, { what, pick: pick + (device === 'left' ? 1 : 2), quantity, device })
    }
    await Promise.all([each('left'), each('right')])
  },
}

const withOrder = async (placed: readonly OrderId[], pick: number, work: (orderId: OrderId) => Promise<unknown>): Promise<void> => {
  const orderId = chosen(placed.slice(-12), pick)
  if (orderId !== undefined) await work(orderId)
}

/** Does a command; a refusal by the rules is an outcome like any other. Gives whether it was done. */
export async function carryOut(hands: Hands, each: Command): Promise<boolean> {
  try {
    await DO[each.what](hands, each)
    return true
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
}

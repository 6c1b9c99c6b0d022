// From a promised order to a delivered parcel, for everything that is covered by stock: release, shipments, waves, picks, packing, goods issue,
// delivery. Each stage takes whatever stands at its beginning, so a run that was stopped goes on where it was.
import { ordersApi } from '../../../domains/orders/contract.ts'
import { shipmentsApi } from '../../../domains/shipments/contract.ts'
import { tasksApi } from '../../../domains/tasks/contract.ts'
import { ApiError, clientOf, type CallOf, type Sender } from '../../../kernel/client.ts'
import { newId, type ShipmentId, type SiteId } from '../../../kernel/ids.ts'
import { CliError, EXIT } from '../../exit.ts'
import { progressOf } from '../../progress.ts'
import { stopIfAsked, type World } from '../../world.ts'
import type { Tally } from '../report.ts'

/** So many people work at one time. */
const HANDS = 4
const PAGE = 200
const PICKS_AT_ONCE = 50
const CONTENTS_MAX = 500
const WAVE_LINES = 5000

interface Floor {
  readonly world: World
  readonly sender: Sender
  readonly siteId: SiteId
  readonly tally: Tally
}
interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** Runs work over values, a few at a time. */
async function eachOf<T>(world: World, values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  let next = 0
  const hand = async (): Promise<void> => {
    for (let index = next++; index < values.length; index = next++) {
      stopIfAsked(world)
      const value = values[index]
      if (value !== undefined) await work(value)
    }
  }
  await Promise.all(Array.from({ length: HANDS }, hand))
}

/** Runs work over every page of a list; what it does may take entries out of the list behind the cursor. */
async function eachPage<T>(list: (after: string | null) => Promise<Page<T>>, work: (items: readonly T[]) => Promise<void>): Promise<void> {
  let after: string | null = null
  do {
    const page: Page<T> = await list(after)
    await work(page.items)
    after = page.nextCursor
  } while (after !== null)
}
const from = (after: string | null): { readonly after?: string } => (after === null ? {} : { after })

/** An order that waits for stock or is held stays where it is. */
async function release({ world, sender, siteId, tally }: Floor): Promise<void> {
  const orders = clientOf(ordersApi, sender)
  const progress = progressOf(world, 'Releasing', 'orders', null)
  let done = 0
  await eachPage((after) => orders.listOrders({ query: { 'filter[status]': 'confirmed', 'filter[siteId]': siteId, sort: 'orderedAt', limit: PAGE, ...from(after) } }), async (items) => {
    await eachOf(world, items, async ({ id }) => {
      try {
        await orders.releaseOrder({ params: { orderId: id } })
        tally.add('released', 'created')
      } catch (error) {
        if (!(error instanceof ApiError) || (error.code !== 'insufficient_stock' && error.code !== 'illegal_transition')) throw error
        tally.add('released', error.code === 'insufficient_stock' ? 'waiting' : 'held')
      }
      done += 1
      progress.reach(done)
    })
  })
  progress.end(done)
}

async function plan({ world, sender, siteId, tally }: Floor): Promise<void> {
  const shipments = clientOf(shipmentsApi, sender)
  const tasks = clientOf(tasksApi, sender)
  const planning = progressOf(world, 'Planning', 'shipments', null)
  let planned = 0
  for (;;) {
    stopIfAsked(world)
    const { shipmentIds } = await shipments.planShipments({ body: { siteId, limit: 1000 } })
    if (shipmentIds.length === 0) break
    for (const _ of shipmentIds) tally.add('shipments', 'created')
    planning.reach((planned += shipmentIds.length))
  }
  planning.end(planned)
  const releasing = progressOf(world, 'Waves', 'waves', null)
  let released = 0
  // A run that was stopped between the two steps left its wave behind.
  await eachPage((after) => tasks.listWaves({ query: { 'filter[siteId]': siteId, 'filter[status]': 'planned', sort: 'created', limit: PAGE, ...from(after) } }), async (left) => {
    for (const { id } of left) await tasks.releaseWave({ params: { waveId: id } })
  })
  for (;;) {
    stopIfAsked(world)
    try {
      const wave = await tasks.planWave({ body: { siteId, maxLines: WAVE_LINES } })
      await tasks.releaseWave({ params: { waveId: wave.id } })
    } catch (error) {
      if (error instanceof ApiError && error.code === 'conflict') break
      throw error
    }
    tally.add('waves', 'created')
    releasing.reach((released += 1))
  }
  releasing.end(released)
}

/** Batches of tasks, each answered by one batch of scans, as scanners send them. */
async function pick({ world, sender, siteId, tally }: Floor): Promise<void> {
  const tasks = clientOf(tasksApi, sender)
  const progress = progressOf(world, 'Picking', 'lines', null)
  let done = 0
  await Promise.all(Array.from({ length: HANDS }, async () => {
    // A device numbers its scans for ever, so each run has devices of its own.
    const deviceId = `import-${newId()}`
    let sequence = 0
    for (;;) {
      stopIfAsked(world)
      const { tasks: mine } = await tasks.nextTasks({ body: { siteId, deviceId, kinds: ['pick'], count: PICKS_AT_ONCE } })
      if (mine.length === 0) return
      const occurredAt = new Date(world.nowMs()).toISOString()
      const scans = mine.flatMap(({ id, sku, planned }) => (sku === null || planned === null ? [] : [{ sequence: (sequence += 1), key: id, occurredAt, taskId: id, barcode: sku, quantity: planned }]))
      const { answers } = await tasks.recordScans({ body: { deviceId, scans } })
      for (const { outcome } of answers) tally.add('picks', outcome === 'accepted' ? 'created' : outcome)
      progress.reach((done += answers.length))
      if (answers.every(({ outcome }) => outcome !== 'accepted')) throw new CliError(EXIT.failed, `No pick of a batch was accepted: ${answers[0]?.message ?? answers[0]?.outcome ?? ''}`, 'Run the same command again: what was done is recognized.')
    }
  }))
  progress.end(done)
}

type Unit = CallOf<typeof shipmentsApi.packShipment>['body']['units'][number]

/** Runs a stage over the shipments that stand at its beginning. */
async function stage({ world, sender, siteId, tally }: Floor, name: string, status: 'picked' | 'shipped', what: string, work: (id: ShipmentId) => Promise<void>): Promise<void> {
  const shipments = clientOf(shipmentsApi, sender)
  const progress = progressOf(world, name, 'shipments', null)
  let done = 0
  await eachPage((after) => shipments.listShipments({ query: { 'filter[siteId]': siteId, 'filter[status]': status, sort: 'created', limit: PAGE, ...from(after) } }), (items) =>
    eachOf(world, items, async ({ id }) => {
      await work(id)
      tally.add(what, 'created')
      progress.reach((done += 1))
    }))
  progress.end(done)
}

/** One package for so many different goods as a package may hold. */
function unitsOf(lines: readonly { readonly id: NonNullable<NonNullable<Unit['contents']>[number]['shipmentLineId']>; readonly picked: string; readonly packed: string }[]): Unit[] {
  const open = lines.filter(({ picked, packed }) => picked !== packed)
  return Array.from({ length: Math.ceil(open.length / CONTENTS_MAX) }, (_, nth): Unit => ({
    kind: 'package', contents: open.slice(nth * CONTENTS_MAX, (nth + 1) * CONTENTS_MAX).map((line) => ({ shipmentLineId: line.id, quantity: line.picked })),
  }))
}

/** A history tells of no docks and trucks: what is packed leaves. */
async function issue({ world, sender, siteId, tally }: Floor): Promise<void> {
  const shipments = clientOf(shipmentsApi, sender)
  const progress = progressOf(world, 'Goods issue', 'shipments', null)
  let done = 0
  await eachPage((after) => shipments.listShipments({ query: { 'filter[siteId]': siteId, 'filter[status]': 'packed', sort: 'created', limit: PAGE, ...from(after) } }), (items) =>
    eachOf(world, Array.from({ length: HANDS }, (_, hand) => items.filter((_each, index) => index % HANDS === hand)), async (mine) => {
      if (mine.length === 0) return
      for await (const result of shipments.shipMany({ lines: mine.map(({ id }) => ({ shipmentId: id })) })) {
        tally.add('goods issues', result.outcome === 'shipped' ? 'created' : 'refused')
        progress.reach((done += 1))
      }
    }))
  progress.end(done)
}

/** Fulfils every order of the site that is covered by stock. */
export async function fulfil(floor: Floor): Promise<void> {
  const shipments = clientOf(shipmentsApi, floor.sender)
  await release(floor)
  await plan(floor)
  await pick(floor)
  await stage(floor, 'Packing', 'picked', 'packed', async (shipmentId) => {
    const { lines } = await shipments.getShipment({ params: { shipmentId } })
    await shipments.packShipment({ params: { shipmentId }, body: { units: unitsOf(lines) } })
  })
  await issue(floor)
  await stage(floor, 'Delivery', 'shipped', 'deliveries', async (shipmentId) => {
    const deliveredAt = new Date(floor.world.nowMs()).toISOString()
    await shipments.trackShipment({ params: { shipmentId }, body: { events: [{ code: 'picked_up', occurredAt: deliveredAt, externalRef: 'picked-up' }] } })
    await shipments.deliverShipment({ params: { shipmentId }, body: { receivedBy: 'Customer', deliveredAt } })
  })
}

// Many at once, cut-offs and routes, packages, holds of a part, and what is changed before it leaves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { ssccOf } from '../../../kernel/gs1/index.ts'
import { newId, type ItemId, type OrderLineId, type ShipmentId } from '../../../kernel/ids.ts'
import { plannedLines, type LineFilter } from '../index.ts'
import type { ShippedResult } from '../leaving/contract.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let w: Warehouse
beforeAll(async () => {
  w = await openWarehouse()
}, 120_000)
afterAll(() => w.house.close())

let count = 0
const item = (onHand = '100'): Promise<ItemId> => w.item(`CMD-${(count += 1)}`, onHand)
const ready = async (quantity: string, isPacked: boolean) => {
  const itemId = await item()
  return { itemId, ...(await w.ready([{ itemId, quantity }], { isPacked })) }
}
const shipment = (shipmentId: ShipmentId) => w.shipments.getShipment({ params: { shipmentId } })
async function shipMany(ids: readonly ShipmentId[]): Promise<ShippedResult[]> {
  const results: ShippedResult[] = []
  for await (const each of w.shipments.shipMany({ lines: ids.map((shipmentId) => ({ shipmentId })) })) results.push(each)
  return results
}

describe('many shipments at once', () => {
  it('leave each for itself: what is refused says why, and stops none of the others', async () => {
    const good = [await ready('2', true), await ready('3', true)]
    const open = await ready('4', false)
    const held = await ready('5', true)
    await w.orders.holdOrder({ params: { orderId: held.orderId }, body: { kind: 'credit', reason: 'Over the limit' } })
    const first = good.map((each) => each.shipmentId)
    const results = await shipMany([...first.slice(0, 1), newId(), open.shipmentId, ...first, held.shipmentId])
    expect(results).toMatchObject([
      { line: 1, outcome: 'shipped', shipmentId: first[0] }, { line: 2, outcome: 'refused', code: 'not_found' }, { line: 3, outcome: 'refused', code: 'not_packed', pointer: '/lines/0' },
      { line: 4, outcome: 'refused', code: 'illegal_transition' }, { line: 5, outcome: 'shipped', shipmentId: first[1] }, { line: 6, outcome: 'refused' },
    ])
    for (const { itemId, shipmentId } of good) {
      expect(await shipment(shipmentId)).toMatchObject({ status: 'shipped' })
      expect((await w.reserved(itemId))[1]).toBe('0.000000')
    }
    expect(await shipment(open.shipmentId)).toMatchObject({ status: 'picked', lines: [{ shipped: '0' }] })
    expect(await shipment(held.shipmentId)).toMatchObject({ status: 'packed', lines: [{ shipped: '0' }] })
    expect((await w.reserved(held.itemId)).slice(0, 2)).toEqual(['100.000000', '5.000000'])
  })
  it('lines that are no shipments are refused where they stand', async () => {
    const one = await ready('1', true)
    const body = ['{"shipmentId":"no id"}', 'no json', JSON.stringify({ shipmentId: one.shipmentId }), '{}'].join('\n')
    const answer = await fetch(`${w.house.url}/api/v1/shipments/ship-many`, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${w.house.acme.keys.tenant_admin}` } })
    const told = (await answer.text()).trim().split('\n').map((text): unknown => JSON.parse(text))
    expect(told).toMatchObject([{ line: 1, outcome: 'refused', pointer: '/shipmentId' }, { line: 2, outcome: 'refused' }, { line: 3, outcome: 'shipped' }, { line: 4, outcome: 'refused' }])
    expect(await shipment(one.shipmentId)).toMatchObject({ status: 'shipped' })
  })
})

describe('cut-offs and routes', () => {
  const inBerlin = (at: string | null) => new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(new Date(at ?? 0))
  it('a shipment leaves at the next cut-off of its service in the time of the site, and arrives so many days later', async () => {
    const carrier = await w.shipments.createCarrier({ body: { code: 'CUT', name: 'Cut', kind: 'manual', services: [{ code: 'A', name: 'Every day', transitDays: 2 }, { code: 'B', name: 'Wednesdays', transitDays: 0 }, { code: 'C', name: 'Never', transitDays: 1 }] } })
    const [every, wednesdays, never] = carrier.services
    await w.shipments.setCutoffs({ params: { siteId: w.siteId }, body: { serviceId: every?.id ?? newId(), weekdays: [1, 2, 3, 4, 5, 6, 7], closesAt: '16:30' } })
    await w.shipments.setCutoffs({ params: { siteId: w.siteId }, body: { serviceId: wednesdays?.id ?? newId(), weekdays: [3], closesAt: '09:15' } })
    const plan = async (serviceId: NonNullable<typeof every>['id'] | undefined) => {
      const orderId = await w.released([{ itemId: await item(), quantity: '1' }])
      return w.shipments.createShipment({ body: { orderIds: [orderId], carrierId: carrier.id, ...(serviceId === undefined ? {} : { serviceId }) } })
    }
    const before = Date.now()
    const a = await plan(every?.id)
    expect(inBerlin(a.shipBy)).toMatch(/16:30$/)
    expect(Date.parse(a.shipBy ?? '')).toBeGreaterThanOrEqual(before)
    // The longest day has 25 hours.
    expect(Date.parse(a.shipBy ?? '')).toBeLessThanOrEqual(Date.now() + 25 * 3_600_000)
    expect(Date.parse(a.deliverBy ?? '') - Date.parse(a.shipBy ?? '')).toBe(2 * 86_400_000)
    const b = await plan(wednesdays?.id)
    expect(inBerlin(b.shipBy)).toMatch(/^Wednesday.*09:15$/)
    expect(Date.parse(b.shipBy ?? '')).toBeGreaterThanOrEqual(before)
    expect(Date.parse(b.shipBy ?? '')).toBeLessThanOrEqual(Date.now() + (7 * 24 + 1) * 3_600_000)
    expect(await plan(never?.id)).toMatchObject({ shipBy: null, deliverBy: null })
    await expect(w.shipments.setCutoffs({ params: { siteId: w.siteId }, body: { serviceId: newId(), weekdays: [1], closesAt: '10:00' } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/serviceId' }] })
  })
  it('a wave finds its lines by carrier, route, urgency, cut-off and order, and no others', async () => {
    const carrier = await w.shipments.createCarrier({ body: { code: 'WAVE', name: 'Wave', kind: 'manual', services: [{ code: 'A', name: 'A', transitDays: 1 }] } })
    const route = await w.shipments.createRoute({ params: { siteId: w.siteId }, body: { code: 'NORTH', name: 'North' } })
    await expect(w.shipments.createRoute({ params: { siteId: w.siteId }, body: { code: 'NORTH', name: 'Again' } })).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/code' }] })
    const made: { orderId: Awaited<ReturnType<Warehouse['released']>>; shipmentId: ShipmentId }[] = []
    for (const way of [{ carrierId: carrier.id, shipBy: '2030-01-01T10:00:00Z' }, { routeId: route.id, shipBy: '2030-01-02T10:00:00Z' }, { shipBy: '2030-01-03T10:00:00Z' }]) {
      const orderId = await w.released([{ itemId: await item(), quantity: '2' }])
      made.push({ orderId, shipmentId: (await w.shipments.createShipment({ body: { orderIds: [orderId], ...way } })).id })
    }
    const [x, y, z] = made.map(({ shipmentId }) => shipmentId)
    await plant(w.house.superuserUrl, 'update bss.shipment set priority = 2 where id = $1', [z ?? null])
    const ctx = contextOf(w.house.acme.id, 'tenant_admin').need('shipments:read')
    const found = async (filter: Omit<LineFilter, 'siteId'>) =>
      (await w.house.database.read(ctx, (tx) => plannedLines(tx, { siteId: w.siteId, ...filter }))).map(({ shipmentId }) => shipmentId).filter((id) => made.some((each) => each.shipmentId === id))
    expect(await found({})).toEqual([x, y, z])
    expect(await found({ carrierId: carrier.id })).toEqual([x])
    expect(await found({ routeId: route.id })).toEqual([y])
    expect(await found({ priorityMax: 2 })).toEqual([z])
    expect(await found({ shipByMax: '2030-01-02T10:00:00Z' })).toEqual([x, y])
    expect(await found({ orderIds: made.slice(1, 2).map(({ orderId }) => orderId) })).toEqual([y])
    expect(await found({ shipmentIds: made.slice(2).map(({ shipmentId }) => shipmentId) })).toEqual([z])
    expect(await found({ shipmentIds: made.map(({ shipmentId }) => shipmentId), limit: 2 })).toEqual([x, y])
    expect(await w.house.database.read(ctx, (tx) => plannedLines(tx, { siteId: newId() }))).toEqual([])
    await w.shipments.releaseShipment({ params: { shipmentId: x ?? newId() } })
    await w.pick(x ?? newId(), '1')
    expect(await found({})).toEqual([y, z])
    expect(await w.house.database.read(ctx, (tx) => plannedLines(tx, { siteId: w.siteId, shipmentIds: [x ?? newId()], statuses: ['picking'] }))).toMatchObject([{ quantity: '1' }])
  })
})

describe('packages', () => {
  const pack = (shipmentId: ShipmentId, unit: object) => w.shipments.packShipment({ params: { shipmentId }, body: { units: [{ kind: 'package', ...unit }] } })
  const own = (serial: bigint) => ssccOf({ extension: '0', companyPrefix: '4099999', serial })
  it('are opened again before the shipment is packed: their goods lie open, and their number is not used again', async () => {
    const { itemId, shipmentId } = await ready('10', false)
    const [made] = (await pack(shipmentId, { contents: [{ itemId, quantity: '6' }] })).units
    const params = { shipmentId, handlingUnitId: made?.id ?? newId<'HandlingUnit'>() }
    const opened = await w.shipments.unpackUnit({ params })
    expect(opened).toMatchObject({ status: 'picked', units: [], lines: [{ picked: '10', packed: '0' }] })
    await expect(w.shipments.unpackUnit({ params })).rejects.toMatchObject({ code: 'not_found' })
    const again = await pack(shipmentId, { contents: [{ itemId, quantity: '10' }] })
    expect(again).toMatchObject({ status: 'packed', lines: [{ packed: '10' }] })
    expect(again.units[0]?.sscc).not.toBe(made?.sscc)
    await expect(w.shipments.unpackUnit({ params: { shipmentId, handlingUnitId: again.units[0]?.id ?? newId() } })).rejects.toMatchObject({ code: 'illegal_transition' })
  })
  it('come off a pallet that is opened, and stay', async () => {
    const { itemId, shipmentId } = await ready('10', false)
    const box = (await pack(shipmentId, { contents: [{ itemId, quantity: '4' }] })).units[0]
    const pallet = (await pack(shipmentId, { kind: 'pallet', packages: [box?.sscc ?? ''] })).units.find(({ kind }) => kind === 'pallet')
    expect((await shipment(shipmentId)).units.find(({ id }) => id === box?.id)?.parentId).toBe(pallet?.id)
    expect(await w.shipments.unpackUnit({ params: { shipmentId, handlingUnitId: pallet?.id ?? newId() } })).toMatchObject({ units: [{ id: box?.id, parentId: null, contents: [{ quantity: '4' }] }], lines: [{ packed: '4' }] })
  })
  it('with foreign numbers are refused, and nothing of them is packed', async () => {
    const mine = await ready('10', false)
    const theirs = await ready('10', false)
    const other = (await pack(theirs.shipmentId, { sscc: own(1n), contents: [{ itemId: theirs.itemId, quantity: '1' }] })).units[0]?.sscc ?? ''
    expect(other).toBe(own(1n))
    const wrong = `${own(2n).slice(0, 17)}${(Number(own(2n).at(-1)) + 1) % 10}`
    const contents = [{ itemId: mine.itemId, quantity: '1' }]
    await expect(pack(mine.shipmentId, { sscc: wrong, contents })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/units/0/sscc', code: 'check_digit' }] })
    await expect(pack(mine.shipmentId, { sscc: other, contents })).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/units' }] })
    await expect(pack(mine.shipmentId, { kind: 'pallet', packages: [other], contents })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/units/0/packages', code: 'foreign_sscc' }] })
    await expect(pack(mine.shipmentId, { packages: [other], contents })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'not_a_pallet' }] })
    await expect(pack(mine.shipmentId, {})).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'empty' }] })
    expect(await shipment(mine.shipmentId)).toMatchObject({ units: [], lines: [{ packed: '0' }] })
    expect((await shipment(theirs.shipmentId)).units).toMatchObject([{ sscc: other, parentId: null }])
  })
})

describe('a hold', () => {
  it('of the order or of one line stops what is still to leave of a partial shipment, and lets it go after', async () => {
    const itemId = await item()
    const orderId = await w.released([{ itemId, quantity: '6' }])
    const lineId: OrderLineId = (await w.orders.getOrder({ params: { orderId } })).lines[0]?.id ?? newId()
    const part = async (quantity: string) => {
      const { id } = await w.shipments.createShipment({ body: { orderIds: [orderId], lines: [{ orderLineId: lineId, quantity }] } })
      await w.shipments.releaseShipment({ params: { shipmentId: id } })
      await w.pick(id)
      await w.shipments.packShipment({ params: { shipmentId: id }, body: { units: [{ kind: 'package', contents: [{ itemId, quantity }] }] } })
      return { params: { shipmentId: id }, body: {} }
    }
    const parts = [await part('2'), await part('3'), await part('1')]
    const [first, second, third] = parts
    if (first === undefined || second === undefined || third === undefined) throw new Error('There are three.')
    await w.shipments.shipShipment(first)
    for (const [next, hold] of [[second, {}], [third, { lineId }]] as const) {
      const { id: holdId } = await w.orders.holdOrder({ params: { orderId }, body: { kind: 'credit', reason: 'Over the limit', ...hold } })
      await expect(w.shipments.shipShipment(next)).rejects.toMatchObject({ code: 'illegal_transition' })
      expect(await shipment(next.params.shipmentId)).toMatchObject({ status: 'packed', lines: [{ shipped: '0' }] })
      await w.orders.unholdOrder({ params: { orderId, holdId }, body: { reason: 'Paid' } })
      expect(await w.shipments.shipShipment(next)).toMatchObject({ status: 'shipped' })
    }
    expect(await w.orders.getOrder({ params: { orderId } })).toMatchObject({ status: 'shipped', lines: [{ shipped: '6' }] })
  })
})

describe('a change', () => {
  it('of how, when and where it goes is made against the version that was seen, until it leaves', async () => {
    const carrier = await w.shipments.createCarrier({ body: { code: 'PATCH', name: 'Patch', kind: 'simulated', services: [{ code: 'A', name: 'A', transitDays: 1 }] } })
    const stranger = await w.shipments.createCarrier({ body: { code: 'OTHER', name: 'Other', kind: 'manual', services: [{ code: 'A', name: 'A', transitDays: 1 }] } })
    const serviceId = carrier.services[0]?.id ?? newId<'CarrierService'>()
    const { params, shipmentId } = await ready('2', true)
    const { rowVersion } = await shipment(shipmentId)
    const changed = await w.shipments.updateShipment({ params, ifMatch: rowVersion, body: { carrierId: carrier.id, serviceId, shipBy: '2030-01-01T10:00:00Z', deliverBy: '2030-01-03T10:00:00Z', address: { name: 'Neue Halle', city: 'Bremen', country: 'DE' } } })
    expect(changed).toMatchObject({ carrierId: carrier.id, serviceId, shipBy: '2030-01-01T10:00:00.000Z', status: 'packed' })
    expect(changed.rowVersion).toBeGreaterThan(rowVersion)
    expect(await sql(w.house.superuserUrl, 'select name, street, city from bss.shipment_address where id = $1', [shipmentId])).toEqual([['Neue Halle', null, 'Bremen']])
    await expect(w.shipments.updateShipment({ params, ifMatch: rowVersion, body: { deliverBy: null } })).rejects.toMatchObject({ code: 'stale', status: 412 })
    const now = changed.rowVersion
    await expect(w.shipments.updateShipment({ params, ifMatch: now, body: { carrierId: stranger.id } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/serviceId' }] })
    await expect(w.shipments.updateShipment({ params, ifMatch: now, body: { carrierId: null } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/carrierId' }] })
    await expect(w.shipments.updateShipment({ params, ifMatch: now, body: { routeId: newId() } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/routeId' }] })
    await expect(w.shipments.updateShipment({ params, ifMatch: now, body: {} })).rejects.toMatchObject({ status: 400 })
    const without = await w.shipments.updateShipment({ params, ifMatch: now, body: { deliverBy: null } })
    expect(without).toMatchObject({ deliverBy: null, shipBy: '2030-01-01T10:00:00.000Z', carrierId: carrier.id })
    await w.shipments.bookShipment({ params })
    const { rowVersion: booked } = await shipment(shipmentId)
    await expect(w.shipments.updateShipment({ params, ifMatch: booked, body: { carrierId: null, serviceId: null } })).rejects.toMatchObject({ code: 'conflict' })
    await w.shipments.updateShipment({ params, ifMatch: booked, body: { shipBy: null } })
    const left = await w.shipments.shipShipment({ params, body: {} })
    await expect(w.shipments.updateShipment({ params, ifMatch: left.rowVersion, body: { deliverBy: '2030-01-01T10:00:00Z' } })).rejects.toMatchObject({ code: 'illegal_transition' })
  })
  it('of a carrier is made against the version that was seen; an inactive one takes nothing new', async () => {
    const carrier = await w.shipments.createCarrier({ body: { code: 'CHANGE', name: 'Before', kind: 'manual', services: [{ code: 'A', name: 'A', transitDays: 1 }] } })
    const params = { carrierId: carrier.id }
    const changed = await w.shipments.updateCarrier({ params, ifMatch: carrier.rowVersion, body: { name: 'After', status: 'inactive', addServices: [{ code: 'B', name: 'B', transitDays: 2 }] } })
    expect(changed).toMatchObject({ name: 'After', status: 'inactive', services: [{ code: 'A' }, { code: 'B', transitDays: 2 }] })
    expect(await w.shipments.getCarrier({ params })).toEqual(changed)
    await expect(w.shipments.updateCarrier({ params, ifMatch: carrier.rowVersion, body: { name: 'Lost' } })).rejects.toMatchObject({ code: 'stale' })
    await expect(w.shipments.updateCarrier({ params, ifMatch: changed.rowVersion, body: { addServices: [{ code: 'A', name: 'A', transitDays: 1 }] } })).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/services' }] })
    await expect(w.shipments.updateCarrier({ params, ifMatch: changed.rowVersion, body: { url: 'https://carrier.example.com' } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/url' }] })
    await expect(w.shipments.updateCarrier({ params: { carrierId: newId() }, ifMatch: 1, body: { name: 'x' } })).rejects.toMatchObject({ code: 'not_found' })
    const orderId = await w.released([{ itemId: await item(), quantity: '1' }])
    await expect(w.shipments.createShipment({ body: { orderIds: [orderId], carrierId: carrier.id } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/carrierId', code: 'inactive' }] })
    await expect(w.shipments.planShipments({ body: { siteId: w.siteId, carrierId: carrier.id } })).rejects.toMatchObject({ errors: [{ code: 'inactive' }] })
    expect(await w.shipments.getCarrier({ params })).toEqual(changed)
  })
})

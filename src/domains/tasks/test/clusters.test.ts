// Cluster picking: several shipments on one walk, each whole and in a tote of its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ItemId, LocationId, ShipmentId } from '../../../kernel/ids.ts'
import { DEVICE, openGround, type Ground } from './ground.ts'

let g: Ground
let goods: { itemId: ItemId; gtin: string }[]
let bins: LocationId[]
beforeAll(async () => {
  g = await openGround('CLUSTER')
  bins = [await g.bin('C-3', 'storage', { pickSequence: 30 }), await g.bin('C-1', 'storage', { pickSequence: 10 }), await g.bin('C-2', 'storage', { pickSequence: 20 })]
  goods = [await g.item('CL-A'), await g.item('CL-B'), await g.item('CL-C')]
  for (const [index, { itemId }] of goods.entries()) await g.put(itemId, the(bins, index), '100')
}, 120_000)
afterAll(() => g.house.close())

const the = <T>(list: readonly T[], index: number): T => {
  const found = list[index]
  if (found === undefined) throw new Error(`There is no number ${index}.`)
  return found
}
const line = (index: number, quantity: string) => ({ itemId: the(goods, index).itemId, quantity })
const cluster = (totes: string[], deviceId = DEVICE) => g.operator.nextCluster({ body: { siteId: g.siteId, deviceId, totes } })

describe('a cluster', () => {
  it('takes as many shipments as totes, each whole in its own, in the order of the path; the goods are picked into the right tote', async () => {
    const shipments: ShipmentId[] = [await g.waved([line(0, '2'), line(1, '1')]), await g.waved([line(1, '3'), line(2, '4')]), await g.waved([line(2, '5')])]
    const { tasks, totes, leaseSeconds } = await cluster(['T1', 'T2'])
    expect(leaseSeconds).toBe(300)
    expect(totes).toEqual([{ tote: 'T1', shipmentId: shipments[0] }, { tote: 'T2', shipmentId: shipments[1] }])
    expect(tasks.map((task) => [task.pickSequence, task.shipmentId, task.tote, task.planned])).toEqual([[10, shipments[0], 'T1', '1'], [10, shipments[1], 'T2', '3'], [20, shipments[1], 'T2', '4'], [30, shipments[0], 'T1', '2']])
    const [first, second, ...rest] = [the(tasks, 0), the(tasks, 1), ...tasks.slice(2)] as const
    const wrong = first.tote === 'T1' ? 'T2' : 'T1'
    await expect(g.operator.completeTask({ params: { taskId: first.id }, body: { deviceId: DEVICE, tote: wrong } })).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/tote', code: 'wrong_tote' }] })
    const scan = (sequence: number, tote: string) => ({ sequence, key: `c${sequence}`, occurredAt: new Date().toISOString(), taskId: second.id, barcode: the(goods, 1).gtin, quantity: second.planned ?? '1', tote })
    const { answers } = await g.operator.recordScans({ body: { deviceId: DEVICE, scans: [scan(1, second.tote === 'T1' ? 'T2' : 'T1'), scan(2, second.tote ?? '')] } })
    expect(answers.map(({ outcome, code }) => code ?? outcome)).toEqual(['wrong_tote', 'accepted'])
    for (const { id, tote } of [first, ...rest]) await g.operator.completeTask({ params: { taskId: id }, body: { deviceId: DEVICE, tote: tote ?? '' } })
    for (const shipmentId of shipments.slice(0, 2)) expect(await g.shipments.getShipment({ params: { shipmentId } })).toMatchObject({ status: 'picked' })
    // The goods are in the totes until they are packed.
    await expect(cluster(['T9', 'T2'])).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/totes/1', code: 'tote_in_use' }] })
    const params = { shipmentId: the(shipments, 1) }
    const { lines } = await g.shipments.getShipment({ params })
    await g.shipments.packShipment({ params, body: { units: [{ kind: 'package', contents: lines.map(({ itemId, picked }) => ({ itemId, quantity: picked })) }] } })
    const again = await cluster(['T2'])
    expect(again.totes).toEqual([{ tote: 'T2', shipmentId: shipments[2] }])
    expect(await g.operator.releaseTask({ params: { taskId: the(again.tasks, 0).id }, body: { deviceId: DEVICE } })).toMatchObject({ status: 'ready', tote: null })
    expect((await cluster(['T2'])).tasks).toHaveLength(1)
    expect(await g.floor.broken()).toEqual([])
  })

  it('is given once, whoever asks at the same time, and no shipment to two people', async () => {
    for (let n = 0; n < 6; n++) await g.waved([line(0, '1'), line(2, '1')])
    const all = await Promise.all(['d1', 'd2', 'd3'].map((device) => cluster([`${device}-a`, `${device}-b`, `${device}-c`], device)))
    const rest = await cluster(['last-a', 'last-b', 'last-c', 'last-d', 'last-e', 'last-f'], 'last')
    const given = [...all, rest].flatMap(({ tasks }) => tasks)
    expect(new Set(given.map(({ id }) => id)).size).toBe(given.length)
    expect(given).toHaveLength(12)
    const devices = Map.groupBy(given, ({ shipmentId }) => shipmentId)
    expect([...devices.values()].map((tasks) => new Set(tasks.map(({ leaseDevice, tote }) => `${leaseDevice} ${tote}`)).size)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('is for who works there, and needs totes', async () => {
    await expect(g.operator.nextCluster({ body: { siteId: g.siteId, deviceId: DEVICE, totes: [] } })).rejects.toMatchObject({ status: 400 })
    await expect(g.operator.nextCluster({ body: { siteId: g.siteId, deviceId: DEVICE, totes: ['A', 'A'] } })).rejects.toMatchObject({ status: 400 })
  })
})

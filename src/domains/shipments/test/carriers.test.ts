// Carriers, asked by the worker's round; labels and papers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CODE_128_SYMBOLS, gs1128Symbols } from '../../../kernel/gs1/code128.ts'
import type { ShipmentId } from '../../../kernel/ids.ts'
import { createOutbound } from '../../../platform/outbound/outbound.ts'
import { printable } from '../../../platform/pdf/pdf.ts'
import { plant } from '../../../../test/setup/sql.ts'
import { askDue } from '../carriers/round.ts'
import { SIMULATED_DAY_MS, simulatedCarrier } from '../carriers/simulated.ts'
import { zplText } from '../papers/print.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let w: Warehouse
beforeAll(async () => {
  w = await openWarehouse()
})
afterAll(() => w.house.close())

const outbound = createOutbound()
/** One turn of a worker of another process: each has what the other wrote before, as replicas have it a moment later. */
async function round(): Promise<number> {
  await plant(w.house.superuserUrl, 'select 1')
  const asked = await askDue(w.house.database, outbound, w.house.acme.id, (error) => {
    throw error
  })
  await plant(w.house.superuserUrl, 'select 1')
  return asked
}
/** What waits for its time is due now. */
const hurry = () => plant(w.house.superuserUrl, "update bss.carrier_request set next_attempt_at = now() - interval '1 second' where status = 'pending'")

let count = 0
async function packed(service: string): Promise<ShipmentId> {
  count += 1
  const carrier = await w.shipments.createCarrier({ body: { code: `SIM-${count}`, name: 'Simulated', kind: 'simulated', services: [{ code: service, name: service, transitDays: 2 }] } })
  const itemId = await w.item(`C-${count}`, '10')
  const orderId = await w.released([{ itemId, quantity: '3' }])
  const shipment = await w.shipments.createShipment({ body: { orderIds: [orderId], carrierId: carrier.id, ...(carrier.services[0] === undefined ? {} : { serviceId: carrier.services[0].id }), address: { name: 'Ж^XZ 你好 Müller', city: 'Łódź', country: 'PL' } } })
  await w.shipments.releaseShipment({ params: { shipmentId: shipment.id } })
  await w.pick(shipment.id)
  await w.shipments.packShipment({ params: { shipmentId: shipment.id }, body: { units: [{ kind: 'package', weightGrams: 1500, contents: [{ itemId, quantity: '3' }] }] } })
  return shipment.id
}

describe('the simulated carrier', () => {
  test('prices, books, and brings the parcel by its clock', async () => {
    const shipmentId = await packed('STD')
    const params = { shipmentId }
    expect(await w.shipments.getRates({ params })).toEqual({ items: [{ service: 'STD', price: { amount: '6.50', currency: 'EUR' }, transitDays: 2 }] })
    await w.shipments.bookShipment({ params })
    expect(await round()).toBe(1)
    const booked = await w.shipments.getShipment({ params })
    expect(booked.trackingNumber).toMatch(/^SIM[0-9A-F]{16}$/)
    await expect(w.shipments.bookShipment({ params })).rejects.toMatchObject({ code: 'conflict' })
    await w.shipments.shipShipment({ params, body: { shippedAt: new Date(Date.now() - SIMULATED_DAY_MS).toISOString() } })
    await round()
    expect(await w.shipments.getShipment({ params })).toMatchObject({ status: 'in_transit' })
    await plant(w.house.superuserUrl, `update bss.shipment set shipped_at = shipped_at - interval '1 hour', tracked_until = null where id = '${shipmentId}'`)
    await hurry()
    await round()
    expect(await w.shipments.getShipment({ params })).toMatchObject({ status: 'delivered' })
    expect((await w.shipments.listCarrierRequests({ params })).items.map(({ kind, status }) => [kind, status])).toEqual([['book', 'done'], ['track', 'done']])
  })
  test('a carrier that is down is asked again; one that refuses is not, and it can be seen', async () => {
    const flaky = await packed('FLAKY')
    const refused = await packed('REFUSE')
    await w.shipments.bookShipment({ params: { shipmentId: flaky } })
    await w.shipments.bookShipment({ params: { shipmentId: refused } })
    for (let turn = 0; turn < 3; turn += 1) {
      await round()
      await hurry()
    }
    expect((await w.shipments.getShipment({ params: { shipmentId: flaky } })).trackingNumber).toMatch(/^SIM/)
    expect((await w.shipments.listCarrierRequests({ params: { shipmentId: refused } })).items).toMatchObject([{ kind: 'book', status: 'failed', attempts: 1, lastError: 'The carrier does not go there.' }])
  })
  test('a delayed parcel meets an exception and arrives', async () => {
    const parcel = { requestId: 'r', attempt: 1, shipment: 'S', service: 'DELAY', transitDays: 1, trackingNumber: 'T', shippedAt: '2026-01-01T00:00:00Z', to: { name: 'x', street: null, postalCode: null, city: null, country: null }, packages: [] }
    const told = await simulatedCarrier(() => Date.parse('2026-01-02T00:00:00Z')).track(parcel)
    expect(told.ok && told.value.map(({ code }) => code)).toEqual(['picked_up', 'in_transit', 'out_for_delivery', 'exception', 'delivered'])
  })
})

describe('papers', () => {
  test('labels, packing list and bill of lading print any name', async () => {
    const shipmentId = await packed('STD')
    const zpl = await w.shipments.getPaper({ params: { shipmentId, kind: 'label-zpl' } })
    const text = Buffer.from(zpl.base64, 'base64').toString('utf8')
    const { units } = await w.shipments.getShipment({ params: { shipmentId } })
    expect(text).toContain(`^FD>;>800${units[0]?.sscc ?? ''}^FS`)
    expect(text.match(/\^XZ/g)).toHaveLength(1)
    for (const kind of ['label-pdf', 'packing-list', 'bill-of-lading'] as const) {
      const paper = await w.shipments.getPaper({ params: { shipmentId, kind } })
      expect(Buffer.from(paper.base64, 'base64').subarray(0, 5).toString('latin1')).toBe('%PDF-')
      expect(Buffer.from(paper.base64, 'base64').subarray(-6).toString('latin1')).toContain('%%EOF')
    }
  })
  test('what a font lacks is replaced visibly, and no text becomes a command', () => {
    expect(printable('Müller Łódź Őr 你好')).toBe('Müller ?ódz Or ??')
    expect(zplText('a^XZ~_ü')).toBe('a_5EXZ_7E_5F_C3_BC')
  })
  test('the symbol of an SSCC is the one of the standard', () => {
    expect(CODE_128_SYMBOLS).toHaveLength(107)
    expect(new Set(CODE_128_SYMBOLS).size).toBe(107)
    expect(CODE_128_SYMBOLS.slice(0, 106).every((each) => Array.from(each, Number).reduce((sum, width) => sum + width, 0) === 11)).toBe(true)
    // 105 + 102·1 + 12·2 + 34·3 = 333, and 333 modulo 103 is 24.
    expect(gs1128Symbols('1234')).toEqual([105, 102, 12, 34, 24, 106])
  })
})

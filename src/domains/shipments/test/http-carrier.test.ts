// A carrier behind HTTP, asked by the worker: booked, labelled, tracked, cancelled; down, slow, deaf, and its secret never told.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plant, sql } from '../../../../test/setup/sql.ts'
import type { ShipmentId } from '../../../kernel/ids.ts'
import { auditApi } from '../../audit/contract.ts'
import type { Carrier } from '../carriers/contract.ts'
import { CarrierServer } from './carrier-server.ts'
import { openWarehouse, until, type Warehouse } from './warehouse.ts'

const SECRET = 'a-carriers-own-secret'
const server = new CarrierServer()
let w: Warehouse
beforeAll(async () => {
  await server.listen()
  w = await openWarehouse({ withWorker: true, service: { outbound: { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'], timeoutMs: 1_000 } } })
}, 120_000)
afterAll(async () => {
  await w.house.close()
  await server.close()
})

const carrierAt = (path: string): Promise<Carrier> =>
  w.shipments.createCarrier({ body: { code: path.slice(1).toUpperCase(), name: 'Parcels', kind: 'http', url: server.url(path), secret: SECRET, services: [{ code: 'STD', name: 'Standard', transitDays: 2 }] } })
/** A packed shipment of three pieces that goes with this carrier. */
async function packed(carrier: Carrier) {
  const itemId = await w.item(`${carrier.code}-${server.asked.length}`, '10')
  const service = carrier.services[0]
  return w.ready([{ itemId, quantity: '3' }], { isPacked: true, way: { carrierId: carrier.id, ...(service === undefined ? {} : { serviceId: service.id }), address: { name: 'Ж Müller', city: 'Łódź', country: 'PL' } } })
}
const shipment = (shipmentId: ShipmentId) => w.shipments.getShipment({ params: { shipmentId } })
const requests = async (shipmentId: ShipmentId) => (await w.shipments.listCarrierRequests({ params: { shipmentId } })).items
/** What waits for its time is due now. */
const hurry = () => sql(w.house.superuserUrl, "update bss.carrier_request set next_attempt_at = now() - interval '1 second' where status = 'pending' and claimed_until <= now()")

describe('a carrier behind HTTP', () => {
  it('prices, books, and tells where the parcel is', async () => {
    const carrier = await carrierAt('/good')
    const { shipmentId, params } = await packed(carrier)
    expect(await w.shipments.getRates({ params })).toEqual({ items: [{ service: 'STD', price: { amount: '7.95', currency: 'EUR' }, transitDays: 2 }] })
    await w.shipments.bookShipment({ params })
    await until('it is booked', async () => (await shipment(shipmentId)).trackingNumber !== null)
    const { trackingNumber, number, units } = await shipment(shipmentId)
    const [book, ...others] = server.at('/good/book')
    expect(others).toEqual([])
    expect(book?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'idempotency-key': (await requests(shipmentId))[0]?.id, 'content-type': 'application/json' })
    expect(JSON.parse(book?.body ?? '')).toMatchObject({ shipment: number, service: 'STD', to: { name: 'Ж Müller', city: 'Łódź', country: 'PL' }, packages: [{ sscc: units[0]?.sscc, weightGrams: 1500 }] })
    const label = await w.shipments.getPaper({ params: { shipmentId, kind: 'label-zpl' } })
    expect(Buffer.from(label.base64, 'base64').toString('utf8')).toContain(trackingNumber)
    await w.shipments.shipShipment({ params, body: {} })
    const told = (code: string) => ({ code, occurredAt: new Date().toISOString(), externalRef: code })
    server.events = [told('picked_up')]
    await until('it is on its way', async () => {
      await hurry()
      return (await shipment(shipmentId)).status === 'in_transit'
    })
    server.events = [...server.events, told('delivered')]
    await until('it has arrived', async () => {
      await hurry()
      return (await shipment(shipmentId)).status === 'delivered'
    })
    await until('it is asked no more', async () => (await requests(shipmentId)).every(({ status }) => status === 'done'))
    expect((await w.shipments.listTrackingEvents({ params })).items.map(({ code }) => code)).toEqual(['picked_up', 'delivered'])
    expect(server.at('/good/track').every(({ headers, body }) => headers['idempotency-key'] === undefined && body.includes(trackingNumber ?? 'none'))).toBe(true)
  })

  it('that is down, then slow, then answers into the void is asked again with the same key, and books once', async () => {
    const { shipmentId, params } = await packed(await carrierAt('/bad'))
    const before = server.booked.size
    server.answers.set('/bad/book', [
      (response) => void response.writeHead(500).end(),
      () => undefined,
      (response, done) => {
        done()
        response.destroy()
      },
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"trackingNumber":""}'),
    ])
    await w.shipments.bookShipment({ params })
    const errors: (string | null)[] = []
    await until('it is booked after all', async () => {
      await hurry()
      const [request] = await requests(shipmentId)
      if (request !== undefined && request.lastError !== null && !errors.includes(request.lastError)) errors.push(request.lastError)
      return (await shipment(shipmentId)).trackingNumber !== null
    })
    const asked = server.at('/bad/book')
    expect(asked).toHaveLength(5)
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(server.booked.size).toBe(before + 1)
    expect(await requests(shipmentId)).toMatchObject([{ kind: 'book', status: 'done', attempts: 5, lastError: null }])
    expect(asked.map(({ body }) => /"attempt":([0-9]+)/.exec(body)?.[1])).toEqual(['1', '2', '3', '4', '5'])
    expect(errors).toContain('The carrier answered 500.')
    expect(errors).toContain('The answer of the carrier is not what was agreed.')
  }, 60_000)

  it('that refuses is asked once, and it can be seen', async () => {
    const { shipmentId, params } = await packed(await carrierAt('/no'))
    server.answers.set('/no/book', [(response) => void response.writeHead(422).end()])
    await w.shipments.bookShipment({ params })
    await until('it is refused', async () => (await requests(shipmentId))[0]?.status === 'failed')
    expect(await requests(shipmentId)).toMatchObject([{ status: 'failed', attempts: 1, lastError: 'The carrier answered 422.' }])
    expect((await w.shipments.getShipmentTimeline({ params })).items.at(-1)).toMatchObject({ kind: 'carrier_refused' })
    // A new booking is a new request.
    await w.shipments.bookShipment({ params })
    await until('it is booked', async () => (await shipment(shipmentId)).trackingNumber !== null)
    expect(new Set(server.at('/no/book').map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
  })

  it('is told when the shipment is cancelled, also when that happens while it books', async () => {
    const carrier = await carrierAt('/off')
    const first = await packed(carrier)
    await w.shipments.bookShipment({ params: first.params })
    await until('it is booked', async () => (await shipment(first.shipmentId)).trackingNumber !== null)
    await w.orders.cancelOrder({ params: { orderId: first.orderId }, body: { reason: 'Ordered twice' } })
    await until('the booking is cancelled', async () => (await requests(first.shipmentId)).at(-1)?.kind === 'cancel' && (await requests(first.shipmentId)).at(-1)?.status === 'done')
    expect(JSON.parse(server.at('/off/cancel')[0]?.body ?? '')).toMatchObject({ trackingNumber: (await shipment(first.shipmentId)).trackingNumber })

    const second = await packed(carrier)
    const held: (() => void)[] = []
    server.answers.set('/off/book', [(response, done) => void held.push(() => void response.writeHead(200, { 'content-type': 'application/json' }).end(done()))])
    await w.shipments.bookShipment({ params: second.params })
    await until('it is asked', () => Promise.resolve(held.length > 0))
    await w.orders.cancelOrder({ params: { orderId: second.orderId }, body: { reason: 'Ordered twice' } })
    await until('the shipment is cancelled', async () => (await shipment(second.shipmentId)).status === 'cancelled')
    for (const answer of held) answer()
    await until('what was booked is given back', async () => {
      await hurry()
      return server.at('/off/cancel').length > 1
    })
    expect(await shipment(second.shipmentId)).toMatchObject({ status: 'cancelled' })
    await until('nothing is left to ask', async () => (await requests(second.shipmentId)).every(({ status }) => status !== 'pending'))
    expect((await requests(second.shipmentId)).map(({ kind, status }) => [kind, status])).toEqual([['book', 'done'], ['cancel', 'done']])
  }, 60_000)

  it('whose secret cannot be opened is not asked, says why, and is asked when it has another', async () => {
    const carrier = await carrierAt('/sealed')
    const { shipmentId, params } = await packed(carrier)
    // Sealed for another place, as after moving to another installation.
    await plant(w.house.superuserUrl, "update bss.carrier set secret = set_byte(secret, 20, (get_byte(secret, 20) + 1) % 256) where id = $1", [carrier.id])
    const sentence = 'The secret of this carrier cannot be opened: set it anew.'
    await w.shipments.bookShipment({ params })
    await until('it is seen why', async () => (await requests(shipmentId))[0]?.lastError === sentence)
    expect(await requests(shipmentId)).toMatchObject([{ kind: 'book', status: 'pending' }])
    expect(server.asked.filter(({ path }) => path.startsWith('/sealed'))).toEqual([])
    const { rowVersion } = await w.shipments.getCarrier({ params: { carrierId: carrier.id } })
    await w.shipments.updateCarrier({ params: { carrierId: carrier.id }, body: { secret: 'a-secret-set-anew' }, ifMatch: rowVersion })
    await until('it is booked', async () => {
      await hurry()
      return (await shipment(shipmentId)).trackingNumber !== null
    })
    expect(server.at('/sealed/book')[0]?.headers.authorization).toBe('Bearer a-secret-set-anew')
  })

  it('that answers after the shipment has left is tracked from then on', async () => {
    const { shipmentId, params } = await packed(await carrierAt('/late'))
    const held: (() => void)[] = []
    server.answers.set('/late/book', [(response, done) => void held.push(() => void response.writeHead(200, { 'content-type': 'application/json' }).end(done()))])
    await w.shipments.bookShipment({ params })
    await until('it is asked', () => Promise.resolve(held.length > 0))
    await w.shipments.shipShipment({ params, body: {} })
    expect((await requests(shipmentId)).map(({ kind }) => kind)).toEqual(['book'])
    server.events = [{ code: 'picked_up', occurredAt: new Date().toISOString(), externalRef: 'late' }]
    for (const answer of held) answer()
    await until('it is on its way', async () => {
      await hurry()
      return (await shipment(shipmentId)).status === 'in_transit'
    })
    expect(await shipment(shipmentId)).toMatchObject({ status: 'in_transit', trackingNumber: server.booked.get((await requests(shipmentId))[0]?.id ?? '') })
    expect((await requests(shipmentId)).map(({ kind }) => kind)).toEqual(['book', 'track'])
    server.events = []
  })

  it('has an address that may be asked, or is not saved', async () => {
    const body = (url: string) => ({ code: 'ADDRESS', name: 'Parcels', kind: 'http' as const, url, services: [{ code: 'STD', name: 'Standard', transitDays: 2 }] })
    const refused = [['http://carrier.example.com', 'scheme_forbidden'], ['https://10.0.0.7/api', 'address_forbidden'], ['https://[fd00::1]/', 'address_forbidden'], ['https://169.254.169.254/latest', 'address_forbidden'], ['https://0x0a000001/', 'address_forbidden'],
      ['https://user:word@carrier.example.com', 'userinfo_forbidden'], ['ftp://carrier.example.com', 'scheme_forbidden'], ['https://', 'url_invalid'], ['https://carrier.example.com/?a=b', 'no_base'], ['https://carrier.example.com/#a', 'no_base']] as const
    for (const [url, code] of refused) await expect(w.shipments.createCarrier({ body: body(url) })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/url', code }] })
    const carrier = await w.shipments.createCarrier({ body: body('https://carrier.example.com/parcels') })
    const params = { carrierId: carrier.id }
    await expect(w.shipments.updateCarrier({ params, body: { url: 'https://192.168.1.1' }, ifMatch: carrier.rowVersion })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/url', code: 'address_forbidden' }] })
    expect(await w.shipments.getCarrier({ params })).toEqual(carrier)
    // The operator of this house allows its own machine; without that, its name is no public host.
    await w.shipments.updateCarrier({ params, body: { url: 'https://localhost/parcels' }, ifMatch: carrier.rowVersion })
  })

  it('has a secret that is sent to it and shown to nobody; it can be changed', async () => {
    const carrier = await carrierAt('/secret')
    const params = { carrierId: carrier.id }
    expect(carrier).toMatchObject({ hasSecret: true, rowVersion: 1 })
    const other = 'another-secret-of-theirs'
    const changed = await w.shipments.updateCarrier({ params, body: { secret: other, url: server.url('/moved') }, ifMatch: carrier.rowVersion })
    expect(changed).toMatchObject({ hasSecret: true, url: server.url('/moved'), rowVersion: 2 })
    const { shipmentId, params: path } = await packed(changed)
    await w.shipments.bookShipment({ params: path })
    await until('it is booked', async () => (await shipment(shipmentId)).trackingNumber !== null)
    expect(server.at('/moved/book')[0]?.headers.authorization).toBe(`Bearer ${other}`)
    const none = await w.shipments.updateCarrier({ params, body: { secret: null }, ifMatch: 2 })
    expect(none.hasSecret).toBe(false)
    const shown = JSON.stringify([carrier, changed, none, await w.shipments.listCarriers(), await w.shipments.getCarrier({ params }), await w.shipments.getShipmentTimeline({ params: path }), await requests(shipmentId),
      (await w.house.client(auditApi, 'auditor').listAuditEntries({ query: { limit: 200 } })).items])
    const kept = await plant(w.house.superuserUrl, "select encode(secret, 'escape') from bss.carrier where secret is not null union all select to_jsonb(i)::text from bss.idempotency_record i union all select to_jsonb(a)::text from bss.audit_entry a union all select to_jsonb(q)::text from bss.carrier_request q")
    expect(kept.length).toBeGreaterThan(10)
    for (const secret of [SECRET, other]) expect([shown.includes(secret), kept.filter(([text]) => text?.includes(secret) !== false)]).toEqual([false, []])
  })
})

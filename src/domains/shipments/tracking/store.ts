// All SQL about what happens on the way. An event that comes late is kept and does not turn the shipment back.
import { newId, type ShipmentId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { recordDelivered } from '../../orders/index.ts'
import type { Shipment } from '../document/contract.ts'
import { advance, getShipment, lockShipment, note, notNow, type Reading, type Writing } from '../document/store.ts'
import { shipmentDelivered, shipmentTracked } from '../events.ts'
import { hasLeft, STATUS_OF_CODE, TRACKING_CODES, words } from '../rules.ts'
import type { Delivery, TrackingEvent } from './contract.ts'

const insert = write('shipments:write', `
  insert into bss.tracking_event (organization_id, id, shipment_id, code, occurred_at, place, note, external_ref)
  select $1, u.id, $2, u.code, u.occurred_at, u.place, u.note, u.ref from unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[]) u (id, code, occurred_at, place, note, ref)
  on conflict on constraint tracking_event_once do nothing
  returning id, code, occurred_at, note`, { id: column.uuidText, code: column.oneOf(TRACKING_CODES), occurredAt: column.instant, note: column.nullable(column.text) })
const trackedUntil = write('shipments:write', 'select s.tracked_until from bss.shipment s where s.organization_id = $1 and s.id = $2', { trackedUntil: column.nullable(column.instant) })
const setTracked = write('shipments:write', `
  update bss.shipment s set tracked_until = $3::timestamptz, exception_reason = $4 where s.organization_id = $1 and s.id = $2`, {})
const setStatus = write('shipments:write', 'update bss.shipment s set status = $3 where s.organization_id = $1 and s.id = $2', {})
const events = read('shipments:read', 'select e.code, e.occurred_at, e.recorded_at, e.place, e.note, e.external_ref from bss.tracking_event e where e.organization_id = $1 and e.shipment_id = $2 order by e.occurred_at, e.id limit 1000', {
  code: column.oneOf(TRACKING_CODES), occurredAt: column.instant, recordedAt: column.instant, place: column.nullable(column.text), note: column.nullable(column.text), externalRef: column.text,
})

const HOUR_MS = 3_600_000
function notFuture(at: string, pointer: string): void {
  if (Date.parse(at) > Date.now() + HOUR_MS) throw new Problem('invalid', 'What has happened is not in the future.', { errors: [{ pointer, code: 'in_the_future', message: 'Must not be in the future.' }] })
}

/** Takes the newest events into the status, each along the arrows; older ones than what is known are only kept. */
export async function trackShipment(tx: Writing, id: ShipmentId, list: readonly TrackingEvent[]): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  if (!hasLeft(status)) throw notNow(`A carrier tells of what has left; this shipment is ${words(status)}.`)
  for (const [index, event] of list.entries()) notFuture(event.occurredAt, `/events/${index}/occurredAt`)
  const fresh = await tx.rows(insert, [
    id, list.map(() => newId()), list.map((e) => e.code), list.map((e) => e.occurredAt), list.map((e) => e.place ?? null), list.map((e) => e.note ?? null), list.map((e) => e.externalRef),
  ])
  const known = (await tx.one('shipment', trackedUntil, [id])).trackedUntil
  const newer = fresh.filter((event) => known === null || event.occurredAt > known).toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1))
  for (const event of newer) await take(tx, id, event)
  return getShipment(tx, id)
}

async function take(tx: Writing, id: ShipmentId, event: { readonly code: TrackingEvent['code']; readonly occurredAt: string; readonly note: string | null }): Promise<void> {
  const shipment = await getShipment(tx, id)
  const to = STATUS_OF_CODE[event.code]
  if (shipment.status === 'returned' || (shipment.status === 'delivered' && to !== 'returned')) return
  if (to === 'delivered') await arrive(tx, shipment, event.occurredAt)
  else if (to === 'returned') await tx.rows(setStatus, [id, 'returned'])
  else {
    // A parcel that meets trouble before anybody scanned it was on its way all the same.
    await advance(tx, [id], 'in_transit', event.occurredAt)
    if (to === 'exception') await tx.rows(setStatus, [id, 'exception'])
  }
  await tx.rows(setTracked, [id, event.occurredAt, to === 'exception' ? (event.note ?? 'The carrier reports an exception.') : null])
  await note(tx, [id], event.code, { occurredAt: event.occurredAt })
  tx.emit(shipmentTracked, id, { shipmentId: id, siteId: shipment.siteId, status: to, code: event.code })
  tx.changed({ entity: 'shipment', id, action: event.code })
}

async function arrive(tx: Writing, shipment: Shipment, at: string): Promise<void> {
  const { id, siteId } = shipment
  await recordDelivered(tx, id, shipment.lines.filter((line) => line.shipped !== '0').map((line) => ({ lineId: line.orderLineId, quantity: line.shipped })))
  await advance(tx, [id], 'delivered', at)
  tx.emit(shipmentDelivered, id, { shipmentId: id, siteId })
}

const insertProof = write('shipments:write', 'insert into bss.proof_of_delivery (organization_id, id, received_by, delivered_at, signature_sha256, photo_sha256) values ($1, $2, $3, $4, $5, $6)', {}, {
  proof_of_delivery_pkey: ['conflict', 'There is a proof of this delivery already.', ''],
})
const proof = read('shipments:read', 'select p.received_by, p.delivered_at, p.signature_sha256, p.photo_sha256, p.recorded_at from bss.proof_of_delivery p where p.organization_id = $1 and p.id = $2', {
  receivedBy: column.text, deliveredAt: column.instant, signatureSha256: column.nullable(column.text), photoSha256: column.nullable(column.text), recordedAt: column.instant,
})

/** Delivered with its proof; the proof may follow a delivery that the carrier told before. */
export async function deliverShipment(tx: Writing, id: ShipmentId, delivery: Delivery): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  if (!hasLeft(status) || status === 'returned') throw notNow(`Only what has left is delivered; this shipment is ${words(status)}.`)
  notFuture(delivery.deliveredAt, '/deliveredAt')
  await tx.rows(insertProof, [id, delivery.receivedBy, delivery.deliveredAt, delivery.signatureSha256 ?? null, delivery.photoSha256 ?? null])
  if (status !== 'delivered') await arrive(tx, await getShipment(tx, id), delivery.deliveredAt)
  await note(tx, [id], 'delivered')
  tx.changed({ entity: 'shipment', id, action: 'delivered' })
  return getShipment(tx, id)
}

export const getProof = (tx: Reading, id: ShipmentId) => tx.one('proof of delivery', proof, [id])
export async function listTracking(tx: Reading, id: ShipmentId) {
  await getShipment(tx, id)
  return { items: await tx.rows(events, [id]) }
}

export async function milestonesOf(tx: Reading, id: ShipmentId) {
  const s = await getShipment(tx, id)
  const one = (name: 'picked' | 'packed' | 'shipped' | 'delivered', plannedAt: string | null, actualAt: string | null) => ({
    name, plannedAt, actualAt, lateSeconds: plannedAt === null ? null : Math.max(0, Math.round(((actualAt === null ? Date.now() : Date.parse(actualAt)) - Date.parse(plannedAt)) / 1000)),
  })
  return { items: [one('picked', s.shipBy, s.pickedAt), one('packed', s.shipBy, s.packedAt), one('shipped', s.shipBy, s.shippedAt), one('delivered', s.deliverBy, s.deliveredAt)] }
}

// On the way: what carriers tell, what was planned against what happened, and the proof of delivery.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { command, ShipmentPath } from '../document/contract.ts'
import { TRACKING_CODES } from '../rules.ts'
import { closed, Instant, line, oneOf, orNull } from '../schema.ts'

export const TrackingEvent = Type.Object({
  code: oneOf(TRACKING_CODES), occurredAt: Instant, place: Type.Optional(line(200)), note: Type.Optional(line(500)), externalRef: { ...line(200), description: "The carrier's own name of the event: told twice it counts once" },
}, closed)
export type TrackingEvent = Type.Static<typeof TrackingEvent>
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, in hexadecimal' })
export const Delivery = Type.Object({ receivedBy: line(200), deliveredAt: Instant, signatureSha256: Type.Optional(Digest), photoSha256: Type.Optional(Digest) }, closed)
export type Delivery = Type.Static<typeof Delivery>
const Milestone = Type.Object({ name: oneOf(['picked', 'packed', 'shipped', 'delivered']), plannedAt: orNull(Instant), actualAt: orNull(Instant), lateSeconds: orNull(Type.Integer({ description: 'Against now while it has not happened; 0 when in time' })) }, closed)

export const trackingApi = defineApi({
  trackShipment: {
    ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/tracking-events', summary: 'Tell what the carrier tells; late and doubled events change nothing twice',
    body: Type.Object({ events: Type.Array(TrackingEvent, { minItems: 1, maxItems: 100 }) }, closed), example: { events: [{ code: 'in_transit', occurredAt: '2026-03-02T08:00:00Z', externalRef: 'EV-1' }] },
  },
  listTrackingEvents: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/tracking-events', needs: 'shipments:read', summary: 'What carriers told, by when it happened', params: ShipmentPath, status: 200, fails: ['not_found'],
    returns: Type.Object({ items: Type.Array(Type.Object({ code: oneOf(TRACKING_CODES), occurredAt: Instant, recordedAt: Instant, place: orNull(Type.String()), note: orNull(Type.String()), externalRef: Type.String() }, closed)) }, closed),
  },
  deliverShipment: {
    ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/deliver', summary: 'Delivered, with its proof', body: Delivery, example: { receivedBy: 'M. Meyer', deliveredAt: '2026-03-02T10:15:00Z' },
  },
  getProofOfDelivery: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/proof-of-delivery', needs: 'shipments:read', summary: 'Who took it, and when; not by name for who may not see personal data', params: ShipmentPath, status: 200, fails: ['not_found'],
    returns: Type.Object({ receivedBy: orNull(Type.String()), deliveredAt: Instant, signatureSha256: orNull(Digest), photoSha256: orNull(Digest), recordedAt: Instant }, closed),
  },
  getMilestones: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/milestones', needs: 'shipments:read', summary: 'What was planned against what happened', params: ShipmentPath, status: 200, fails: ['not_found'], returns: Type.Object({ items: Type.Array(Milestone) }, closed),
  },
})

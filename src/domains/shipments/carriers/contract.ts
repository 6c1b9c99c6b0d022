// Who carries, with which services, until when; and what carriers are asked.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type CarrierId, type Id, type LocationId, type SiteId } from '../../../kernel/ids.ts'
import { command, ShipmentPath, type CarrierServiceId, type RouteId } from '../document/contract.ts'
import { closed, Instant, line, oneOf, orNull } from '../schema.ts'

export const CARRIER_KINDS = ['manual', 'simulated', 'http'] as const
export const Carrier = Type.Object({
  id: idSchema<CarrierId>(), code: Type.String(), name: Type.String(), kind: oneOf(CARRIER_KINDS), url: orNull(Type.String()), hasSecret: Type.Boolean(), status: oneOf(['active', 'inactive']),
  services: Type.Array(Type.Object({ id: idSchema<CarrierServiceId>(), code: Type.String(), name: Type.String(), transitDays: Type.Integer() }, closed)), rowVersion: Type.Integer(),
}, closed)
export type Carrier = Type.Static<typeof Carrier>
export const CarrierDraft = Type.Object({
  code: line(40), name: line(200), kind: oneOf(CARRIER_KINDS), url: Type.Optional(Type.String({ minLength: 8, maxLength: 2048 })), secret: Type.Optional(Type.String({ minLength: 8, maxLength: 500, description: 'Sent to the carrier as a bearer token; kept sealed and never shown' })),
  services: Type.Array(Type.Object({ code: line(40), name: line(200), transitDays: Type.Integer({ minimum: 0, maximum: 365 }) }, closed), { minItems: 1, maxItems: 50 }),
}, closed)
export type CarrierDraft = Type.Static<typeof CarrierDraft>
export const CarrierPatch = Type.Object({
  name: Type.Optional(CarrierDraft.properties.name), status: Type.Optional(Carrier.properties.status), url: Type.Optional(Type.String({ minLength: 8, maxLength: 2048 })),
  secret: Type.Optional(Type.Union([Type.String({ minLength: 8, maxLength: 500 }), Type.Null()], { description: 'A new one, or null for none; never shown' })),
  addServices: Type.Optional(Type.Array(CarrierDraft.properties.services.items, { minItems: 1, maxItems: 50 })),
}, { ...closed, minProperties: 1 })
export type CarrierPatch = Type.Static<typeof CarrierPatch>
const CarrierPath = Type.Object({ carrierId: idSchema<CarrierId>() }, closed)
const Time = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'In the time of the site' })
export const Cutoffs = Type.Object({
  serviceId: idSchema<CarrierServiceId>(), weekdays: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { minItems: 1, maxItems: 7, uniqueItems: true, description: '1 is Monday' }), closesAt: Time,
}, closed)
export type Cutoffs = Type.Static<typeof Cutoffs>
export const Settings = Type.Object({
  companyPrefix: Type.String({ pattern: '^[0-9]{6,12}$', description: 'GS1 company prefix of the SSCCs' }), extension: Type.Integer({ minimum: 0, maximum: 9 }),
  packLocationId: Type.Optional(orNull(idSchema<LocationId>())), stageLocationId: Type.Optional(orNull(idSchema<LocationId>())), dockLocationId: Type.Optional(orNull(idSchema<LocationId>())),
}, closed)
export type Settings = Type.Static<typeof Settings>
const SitePath = Type.Object({ siteId: idSchema<SiteId>() }, closed)
const Route = Type.Object({ id: idSchema<RouteId>(), siteId: idSchema<SiteId>(), code: Type.String(), name: Type.String() }, closed)
const WRITE = ['shipments:read', 'shipments:write'] as const
const example = '019a0000-0000-7000-8000-000000000001'
export const CarrierRequest = Type.Object({
  id: idSchema<Id<'CarrierRequest'>>(), kind: oneOf(['book', 'track', 'cancel']), status: oneOf(['pending', 'done', 'failed']), attempts: Type.Integer(), nextAttemptAt: Instant, lastError: orNull(Type.String()), createdAt: Instant, doneAt: orNull(Instant),
}, closed)

export const carriersApi = defineApi({
  createCarrier: {
    method: 'POST', path: '/api/v1/carriers', needs: WRITE, summary: 'Add a carrier with its services', body: CarrierDraft, status: 201, returns: Carrier, fails: ['conflict', 'invalid'],
    example: { code: 'SIM', name: 'Simulated Parcel', kind: 'simulated', services: [{ code: 'STD', name: 'Standard', transitDays: 2 }] },
  },
  listCarriers: { method: 'GET', path: '/api/v1/carriers', needs: 'shipments:read', summary: 'Carriers with their services', status: 200, returns: Type.Object({ items: Type.Array(Carrier) }, closed), fails: [] },
  getCarrier: { method: 'GET', path: '/api/v1/carriers/{carrierId}', needs: 'shipments:read', summary: 'Get a carrier with its services', params: CarrierPath, status: 200, returns: Carrier, fails: ['not_found'] },
  updateCarrier: {
    method: 'PATCH', path: '/api/v1/carriers/{carrierId}', needs: WRITE, summary: 'Change a carrier, or add services to it; an inactive one takes no new shipments', params: CarrierPath, body: CarrierPatch, ifMatch: true, status: 200, returns: Carrier,
    fails: ['not_found', 'stale', 'conflict', 'invalid', 'precondition_required'], example: { name: 'Parcel Service' },
  },
  setCutoffs: {
    method: 'PUT', path: '/api/v1/sites/{siteId}/cutoffs', needs: WRITE, summary: 'Until when a service takes goods at a site', params: SitePath, body: Cutoffs, status: 200, returns: Cutoffs, fails: ['invalid'],
    example: { serviceId: example, weekdays: [1, 2, 3, 4, 5], closesAt: '16:30' },
  },
  createRoute: { method: 'POST', path: '/api/v1/sites/{siteId}/routes', needs: WRITE, summary: 'Add a delivery route of a site', params: SitePath, body: Type.Object({ code: line(40), name: line(200) }, closed), status: 201, returns: Route, fails: ['conflict', 'invalid'], example: { code: 'NORTH', name: 'North of the river' } },
  listRoutes: { method: 'GET', path: '/api/v1/sites/{siteId}/routes', needs: 'shipments:read', summary: 'Delivery routes of a site', params: SitePath, status: 200, returns: Type.Object({ items: Type.Array(Route) }, closed), fails: [] },
  setShippingSettings: {
    method: 'PUT', path: '/api/v1/sites/{siteId}/shipping-settings', needs: WRITE, summary: 'Whose numbers the packages of a site bear, and where it packs, stages and loads', params: SitePath, body: Settings, status: 200, returns: Settings, fails: ['invalid'],
    example: { companyPrefix: '4012345', extension: 3 },
  },
  getShippingSettings: { method: 'GET', path: '/api/v1/sites/{siteId}/shipping-settings', needs: 'shipments:read', summary: 'How a site ships', params: SitePath, status: 200, returns: Settings, fails: ['not_found'] },
  bookShipment: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/book', summary: 'Ask the carrier to take it; the worker does it and the answer is told by the requests of the shipment' },
  listCarrierRequests: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/carrier-requests', needs: 'shipments:read', summary: 'What the carrier was asked for a shipment, and how far that is', params: ShipmentPath, status: 200,
    returns: Type.Object({ items: Type.Array(CarrierRequest) }, closed), fails: ['not_found'],
  },
})

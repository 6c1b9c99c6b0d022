// Sites, their zones and locations: where stock can be.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type LocationId, type SiteId, type ZoneId } from '../../../kernel/ids.ts'
import { Currency } from '../../../kernel/money.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { Quantity } from '../../../kernel/quantity.ts'
import { closed, External, Instant, line, oneOf, orNull, RowVersion, sortBy, WRITES } from '../schema.ts'

export const STATUSES = ['active', 'inactive'] as const
export const LOCATION_KINDS = ['receive', 'storage', 'pick', 'pack', 'stage', 'dock', 'quarantine', 'virtual'] as const
/** Kinds a person may create; virtual locations come with the site. */
export const REAL_LOCATION_KINDS = ['receive', 'storage', 'pick', 'pack', 'stage', 'dock', 'quarantine'] as const

const Gln = Type.String({ pattern: '^[0-9]{13}$', description: 'GS1 Global Location Number with its check digit' })
const TimeZone = Type.String({ minLength: 1, maxLength: 60, description: 'IANA time zone, Europe/Berlin' })
const capacity = Type.String({ pattern: '^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$', description: 'Exact decimal, in base units' })

export const Site = Type.Object({
  id: idSchema<SiteId>(), code: Type.String(), name: Type.String(), gln: orNull(Type.String()), timeZone: Type.String(), currency: Currency,
  status: oneOf(STATUSES), externalSource: orNull(Type.String()), externalRef: orNull(Type.String()), rowVersion: RowVersion, createdAt: Instant, updatedAt: Instant,
}, closed)
export type Site = Type.Static<typeof Site>
export const SiteDraft = Type.Object({
  code: line(40), name: line(200), gln: Type.Optional(Gln), timeZone: TimeZone, currency: Currency, external: Type.Optional(External),
}, closed)
export type SiteDraft = Type.Static<typeof SiteDraft>
export const SitePatch = Type.Object({
  code: Type.Optional(line(40)), name: Type.Optional(line(200)), gln: Type.Optional(orNull(Gln)), timeZone: Type.Optional(TimeZone), status: Type.Optional(oneOf(STATUSES)),
}, closed)
export type SitePatch = Type.Static<typeof SitePatch>

export const Zone = Type.Object({ id: idSchema<ZoneId>(), siteId: idSchema<SiteId>(), code: Type.String(), name: Type.String(), rowVersion: RowVersion }, closed)
export type Zone = Type.Static<typeof Zone>
export const ZoneDraft = Type.Object({ code: line(40), name: line(200) }, closed)
export const ZonePatch = Type.Object({ code: Type.Optional(line(40)), name: Type.Optional(line(200)) }, closed)

export const Location = Type.Object({
  id: idSchema<LocationId>(), siteId: idSchema<SiteId>(), zoneId: orNull(idSchema<ZoneId>()), parentId: orNull(idSchema<LocationId>()), code: Type.String(),
  kind: oneOf(LOCATION_KINDS), barcode: orNull(Type.String()), pickSequence: Type.Integer(), capacity: orNull(Quantity), status: oneOf(STATUSES), rowVersion: RowVersion,
}, closed)
export type Location = Type.Static<typeof Location>
const Sequence = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
export const LocationDraft = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 60, pattern: '^[^\\s~](\\S.*\\S|\\S?)$', description: 'not beginning with ~' }), kind: oneOf(REAL_LOCATION_KINDS), zoneId: Type.Optional(idSchema<ZoneId>()),
  parentId: Type.Optional(idSchema<LocationId>()), barcode: Type.Optional(line(100)), pickSequence: Type.Optional(Sequence), capacity: Type.Optional(capacity),
}, closed)
export type LocationDraft = Type.Static<typeof LocationDraft>
export const LocationPatch = Type.Object({
  kind: Type.Optional(oneOf(REAL_LOCATION_KINDS)), zoneId: Type.Optional(orNull(idSchema<ZoneId>())), parentId: Type.Optional(orNull(idSchema<LocationId>())),
  barcode: Type.Optional(orNull(line(100))), pickSequence: Type.Optional(Sequence), capacity: Type.Optional(orNull(capacity)), status: Type.Optional(oneOf(STATUSES)),
}, closed)
export type LocationPatch = Type.Static<typeof LocationPatch>

const SitePath = Type.Object({ siteId: idSchema<SiteId>() }, closed)
const ZonePath = Type.Object({ zoneId: idSchema<ZoneId>() }, closed)
const LocationPath = Type.Object({ locationId: idSchema<LocationId>() }, closed)

export const sitesApi = defineApi({
  createSite: {
    method: 'POST', path: '/api/v1/sites', needs: WRITES, summary: 'Create a site', body: SiteDraft, status: 201, returns: Site, fails: ['conflict', 'invalid'],
    example: { code: 'HAM', name: 'Hamburg warehouse', gln: '4012345000009', timeZone: 'Europe/Berlin', currency: 'EUR' },
  },
  listSites: {
    method: 'GET', path: '/api/v1/sites', needs: 'inventory:read', summary: 'List sites', status: 200, returns: pageOf(Site), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(oneOf(STATUSES)), 'filter[code]': Type.Optional(Type.String({ maxLength: 40 })), sort: sortBy(['code', 'name', 'created']) }, closed),
  },
  getSite: { method: 'GET', path: '/api/v1/sites/{siteId}', needs: 'inventory:read', summary: 'Get a site', params: SitePath, status: 200, returns: Site, fails: ['not_found'] },
  updateSite: {
    method: 'PATCH', path: '/api/v1/sites/{siteId}', needs: WRITES, summary: 'Change a site', params: SitePath, body: SitePatch, status: 200, returns: Site, ifMatch: true,
    fails: ['not_found', 'stale', 'conflict', 'invalid', 'precondition_required'], example: { name: 'Hamburg harbour warehouse' },
  },
  createZone: {
    method: 'POST', path: '/api/v1/sites/{siteId}/zones', needs: WRITES, summary: 'Create a zone of a site', params: SitePath, body: ZoneDraft, status: 201, returns: Zone,
    fails: ['not_found', 'conflict'], example: { code: 'COLD', name: 'Cold store' },
  },
  listZones: {
    method: 'GET', path: '/api/v1/sites/{siteId}/zones', needs: 'inventory:read', summary: 'List the zones of a site', params: SitePath, status: 200, returns: pageOf(Zone), fails: [],
    query: Type.Object({ ...PageQuery, sort: sortBy(['code', 'name']) }, closed),
  },
  getZone: { method: 'GET', path: '/api/v1/zones/{zoneId}', needs: 'inventory:read', summary: 'Get a zone', params: ZonePath, status: 200, returns: Zone, fails: ['not_found'] },
  updateZone: {
    method: 'PATCH', path: '/api/v1/zones/{zoneId}', needs: WRITES, summary: 'Change a zone', params: ZonePath, body: ZonePatch, status: 200, returns: Zone, ifMatch: true,
    fails: ['not_found', 'stale', 'conflict', 'precondition_required'], example: { name: 'Cold store, 2 to 8 degrees' },
  },
  createLocation: {
    method: 'POST', path: '/api/v1/sites/{siteId}/locations', needs: WRITES, summary: 'Create a location (bin, dock, shelf) of a site', params: SitePath, body: LocationDraft,
    status: 201, returns: Location, fails: ['not_found', 'conflict', 'invalid'], example: { code: 'A-01-03', kind: 'pick', barcode: 'LOC-A-01-03', pickSequence: 103 },
  },
  listLocations: {
    method: 'GET', path: '/api/v1/locations', needs: 'inventory:read', summary: 'List locations', status: 200, returns: pageOf(Location), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[zoneId]': Type.Optional(idSchema<ZoneId>()), 'filter[kind]': Type.Optional(oneOf(LOCATION_KINDS)),
      'filter[barcode]': Type.Optional(Type.String({ maxLength: 100 })), 'filter[code]': Type.Optional(Type.String({ maxLength: 60 })), sort: sortBy(['code', 'created']),
    }, closed),
  },
  getLocation: { method: 'GET', path: '/api/v1/locations/{locationId}', needs: 'inventory:read', summary: 'Get a location', params: LocationPath, status: 200, returns: Location, fails: ['not_found'] },
  updateLocation: {
    method: 'PATCH', path: '/api/v1/locations/{locationId}', needs: WRITES, summary: 'Change a location', params: LocationPath, body: LocationPatch, status: 200, returns: Location, ifMatch: true,
    fails: ['not_found', 'stale', 'conflict', 'invalid', 'precondition_required'], example: { pickSequence: 104 },
  },
})

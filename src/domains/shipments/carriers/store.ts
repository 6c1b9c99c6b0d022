// All SQL about carriers, their services, and how a site ships.
import { Compile } from 'typebox/compile'
import { newId, type CarrierId, type Id, type LocationId, type ShipmentId, type SiteId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { RouteId, Shipment } from '../document/contract.ts'
import { getShipment, lockShipment, note, notNow, type Reading, type Writing } from '../document/store.ts'
import { words } from '../rules.ts'
import { Carrier, CARRIER_KINDS, type CarrierDraft, type CarrierPatch, type Cutoffs, type Settings } from './contract.ts'

const Services = Compile(Carrier.properties.services)
const carrier = {
  id: column.id<CarrierId>(), code: column.text, name: column.text, kind: column.oneOf(CARRIER_KINDS), url: column.nullable(column.text), hasSecret: column.bool, status: column.oneOf(['active', 'inactive']),
  services: column.decoded((value) => Services.Parse(value)), rowVersion: column.int,
}
const CARRIER = `select c.id, c.code, c.name, c.kind, c.url, c.secret is not null as has_secret, c.status, c.row_version,
    (select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'code', v.code, 'name', v.name, 'transitDays', v.transit_days) order by v.code), '[]') from bss.carrier_service v where v.organization_id = $1 and v.carrier_id = c.id) as services
  from bss.carrier c where c.organization_id = $1`
const all = read('shipments:read', `${CARRIER} order by c.code limit 500`, carrier)
const byId = read('shipments:read', `${CARRIER} and c.id = $2`, carrier)
const insert = write('shipments:write', 'insert into bss.carrier (organization_id, id, code, name, kind, url, secret) values ($1, $2, $3, $4, $5, $6, $7::bytea)', {}, { carrier_code_taken: ['conflict', 'There is a carrier with this code already.', '/code'] })
const insertServices = write('shipments:write', `
  insert into bss.carrier_service (organization_id, id, carrier_id, code, name, transit_days) select $1, u.id, $2, u.code, u.name, u.days from unnest($3::uuid[], $4::text[], $5::text[], $6::int[]) u (id, code, name, days)`, {}, {
  carrier_service_code_taken: ['conflict', 'A service is named twice.', '/services'],
})
const lockCarrier = write('shipments:write', 'select c.kind, c.name, c.status, c.url, c.secret, c.row_version from bss.carrier c where c.organization_id = $1 and c.id = $2 for no key update', {
  kind: column.oneOf(CARRIER_KINDS), name: column.text, status: column.oneOf(['active', 'inactive']), url: column.nullable(column.text), secret: column.nullable(column.bytes), rowVersion: column.int,
})
const change = write('shipments:write', 'update bss.carrier c set name = $3, status = $4, url = $5, secret = $6::bytea where c.organization_id = $1 and c.id = $2', {})

export const listCarriers = async (tx: Reading): Promise<{ items: Carrier[] }> => ({ items: await tx.rows(all) })
export const getCarrier = (tx: Reading, id: CarrierId): Promise<Carrier> => tx.one('carrier', byId, [id])
/** The secret comes sealed; undefined: it stays. */
export async function updateCarrier(tx: Writing, id: CarrierId, expectedVersion: number, patch: Omit<CarrierPatch, 'secret'>, secret: Buffer | null | undefined): Promise<Carrier> {
  const before = await tx.one('carrier', lockCarrier, [id])
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The carrier has changed since you read it.')
  if (patch.url !== undefined && before.kind !== 'http') throw new Problem('invalid', 'This carrier has no address.', { errors: [{ pointer: '/url', code: 'http_has_address', message: 'A carrier of kind http has an address, and no other has one.' }] })
  await tx.rows(change, [id, patch.name ?? before.name, patch.status ?? before.status, patch.url ?? before.url, secret === undefined ? before.secret : secret])
  const { addServices: added = [] } = patch
  if (added.length > 0) await tx.rows(insertServices, [id, added.map(() => newId()), added.map((s) => s.code), added.map((s) => s.name), added.map((s) => s.transitDays)])
  tx.changed({ entity: 'carrier', id, action: 'updated', after: { ...patch, ...(secret === undefined ? {} : { hasSecret: secret !== null }) } })
  return tx.one('carrier', byId, [id])
}
/** Refuses a carrier that takes nothing new; one that is not there is refused where it is written. */
export async function needActive(tx: Reading, id: CarrierId | null | undefined): Promise<void> {
  if (id === undefined || id === null) return
  const known = await tx.maybe(byId, [id])
  if (known?.status === 'inactive') throw new Problem('invalid', 'This carrier is not active.', { errors: [{ pointer: '/carrierId', code: 'inactive', message: 'This carrier takes no new shipments.' }] })
}
export async function createCarrier(tx: Writing, id: CarrierId, draft: CarrierDraft, secret: Buffer | null): Promise<Carrier> {
  await tx.rows(insert, [id, draft.code, draft.name, draft.kind, draft.url ?? null, secret])
  await tx.rows(insertServices, [id, draft.services.map(() => newId()), draft.services.map((s) => s.code), draft.services.map((s) => s.name), draft.services.map((s) => s.transitDays)])
  tx.changed({ entity: 'carrier', id, action: 'created', after: { code: draft.code, kind: draft.kind } })
  return tx.one('carrier', byId, [id])
}

const setCutoff = write('shipments:write', `
  insert into bss.carrier_cutoff (organization_id, id, site_id, service_id, weekday, closes_at) select $1, bss.new_id(), $2, $3, u.weekday, $5::time from unnest($4::int[]) u (weekday)
  on conflict on constraint carrier_cutoff_taken do update set closes_at = excluded.closes_at`, {}, {
  carrier_cutoff_site_unknown: ['invalid', 'There is no such site.', ''], carrier_cutoff_service_unknown: ['invalid', 'There is no such service.', '/serviceId'],
})
export async function setCutoffs(tx: Writing, siteId: SiteId, draft: Cutoffs): Promise<Cutoffs> {
  await tx.rows(setCutoff, [siteId, draft.serviceId, draft.weekdays, draft.closesAt])
  tx.changed({ entity: 'site', id: siteId, action: 'cutoffs_set', after: draft })
  return draft
}

const insertRoute = write('shipments:write', 'insert into bss.delivery_route (organization_id, id, site_id, code, name) values ($1, $2, $3, $4, $5)', {}, {
  delivery_route_code_taken: ['conflict', 'This site has a route with this code already.', '/code'], delivery_route_site_unknown: ['invalid', 'There is no such site.', ''],
})
const routes = read('shipments:read', 'select r.id, r.site_id, r.code, r.name from bss.delivery_route r where r.organization_id = $1 and r.site_id = $2 order by r.code limit 1000', {
  id: column.id<RouteId>(), siteId: column.id<SiteId>(), code: column.text, name: column.text,
})
export async function createRoute(tx: Writing, siteId: SiteId, draft: { readonly code: string; readonly name: string }) {
  const id: RouteId = newId()
  await tx.rows(insertRoute, [id, siteId, draft.code, draft.name])
  tx.changed({ entity: 'delivery_route', id, action: 'created', after: draft })
  return { id, siteId, ...draft }
}
export const listRoutes = async (tx: Reading, siteId: SiteId) => ({ items: await tx.rows(routes, [siteId]) })

const upsertSettings = write('shipments:write', `
  insert into bss.shipping_setting (organization_id, id, site_id, company_prefix, extension, pack_location_id, stage_location_id, dock_location_id) values ($1, bss.new_id(), $2, $3, $4, $5, $6, $7)
  on conflict on constraint shipping_setting_site_taken do update set company_prefix = excluded.company_prefix, extension = excluded.extension, pack_location_id = excluded.pack_location_id,
    stage_location_id = excluded.stage_location_id, dock_location_id = excluded.dock_location_id`, {}, {
  shipping_setting_site_unknown: ['invalid', 'There is no such site.', ''], shipping_setting_pack_unknown: ['invalid', 'This site has no such location.', '/packLocationId'],
  shipping_setting_stage_unknown: ['invalid', 'This site has no such location.', '/stageLocationId'], shipping_setting_dock_unknown: ['invalid', 'This site has no such location.', '/dockLocationId'],
})
const settings = read('shipments:read', 'select g.company_prefix, g.extension, g.pack_location_id, g.stage_location_id, g.dock_location_id from bss.shipping_setting g where g.organization_id = $1 and g.site_id = $2', {
  companyPrefix: column.text, extension: column.int, packLocationId: column.nullable(column.id<LocationId>()), stageLocationId: column.nullable(column.id<LocationId>()), dockLocationId: column.nullable(column.id<LocationId>()),
})
export const getSettings = (tx: Reading, siteId: SiteId): Promise<Settings> => tx.one('shipping setting', settings, [siteId])
export async function setSettings(tx: Writing, siteId: SiteId, draft: Settings): Promise<Settings> {
  await tx.rows(upsertSettings, [siteId, draft.companyPrefix, draft.extension, draft.packLocationId ?? null, draft.stageLocationId ?? null, draft.dockLocationId ?? null])
  tx.changed({ entity: 'site', id: siteId, action: 'shipping_settings_set', after: draft })
  return getSettings(tx, siteId)
}

const ask = write('shipments:write', `
  insert into bss.carrier_request (organization_id, id, shipment_id, carrier_id, kind) values ($1, $2, $3, $4, $5) on conflict (organization_id, shipment_id, kind) where status = 'pending' do nothing returning id`, { id: column.uuidText })
const requests = read('shipments:read', 'select q.id, q.kind, q.status, q.attempts, q.next_attempt_at, q.last_error, q.created_at, q.done_at from bss.carrier_request q where q.organization_id = $1 and q.shipment_id = $2 order by q.id limit 500', {
  id: column.id<Id<'CarrierRequest'>>(), kind: column.oneOf(['book', 'track', 'cancel']), status: column.oneOf(['pending', 'done', 'failed']), attempts: column.int, nextAttemptAt: column.instant,
  lastError: column.nullable(column.text), createdAt: column.instant, doneAt: column.nullable(column.instant),
})
export async function bookShipment(tx: Writing, id: ShipmentId): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const shipment = await getShipment(tx, id)
  if (!['packed', 'staged', 'loaded'].includes(status)) throw notNow(`A carrier is asked to take what is packed; this shipment is ${words(status)}.`)
  if (shipment.carrierId === null) throw new Problem('conflict', 'This shipment has no carrier.')
  if (shipment.trackingNumber !== null) throw new Problem('conflict', 'This shipment is booked already.')
  await needActive(tx, shipment.carrierId)
  if ((await tx.one('carrier', byId, [shipment.carrierId])).kind === 'manual') throw new Problem('conflict', 'This carrier is asked by hand.')
  await tx.rows(ask, [newId(), id, shipment.carrierId, 'book'])
  await note(tx, [id], 'booking_asked')
  tx.changed({ entity: 'shipment', id, action: 'booking_asked' })
  return getShipment(tx, id)
}
export async function listRequests(tx: Reading, id: ShipmentId) {
  await getShipment(tx, id)
  return { items: await tx.rows(requests, [id]) }
}

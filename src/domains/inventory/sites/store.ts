// All SQL about sites, zones and locations.
import { newId, type LocationId, type SiteId, type ZoneId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import { LOCATION_KINDS, STATUSES, type Location, type LocationDraft, type LocationPatch, type Site, type SiteDraft, type SitePatch, type Zone } from './contract.ts'

type Reading = Tx<'read', 'inventory:read'>
type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

const site = {
  id: column.id<SiteId>(), code: column.text, name: column.text, gln: column.nullable(column.text), timeZone: column.text, currency: column.currency, status: column.oneOf(STATUSES),
  externalSource: column.nullable(column.text), externalRef: column.nullable(column.text), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
const SITE = 's.id, s.code, s.name, s.gln, s.time_zone, s.currency, s.status, s.external_source, s.external_ref, s.row_version, s.created_at, s.updated_at'
const siteRefusals: Refusals = {
  site_code_taken: ['conflict', 'There is a site with this code already.', '/code'],
  site_external_taken: ['conflict', 'There is a site with this external reference already.', '/external/ref'],
}
const siteById = read('inventory:read', `select ${SITE} from bss.site s where s.organization_id = $1 and s.id = $2`, site)
const insertSite = write('inventory:write', `
  insert into bss.site as s (organization_id, id, code, name, gln, time_zone, currency, external_source, external_ref) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${SITE}`, site, siteRefusals)
const updateSiteRow = write('inventory:write', `
  update bss.site s set code = $4, name = $5, gln = $6, time_zone = $7, status = $8 where s.organization_id = $1 and s.id = $2 and s.row_version = $3 returning ${SITE}`, site, siteRefusals)
/** When midnight moves, the levels look again which lots have expired. */
const lookAgainAtExpiry = write('inventory:write', 'update bss.stock_level set next_expiry_at = now() where organization_id = $1 and site_id = $2 and next_expiry_at is not null', {})

export const listSites = listing('inventory:read', {
  select: `select ${SITE} from bss.site s where s.organization_id = $1`, shape: site,
  filters: { status: 's.status = ?', code: 's.code = ?' },
  sorts: { code: { sql: 's.code', type: 'text', of: (row) => row.code }, name: { sql: 's.name', type: 'text', of: (row) => row.name }, created: { sql: 's.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 's.id', type: 'uuid', of: (row) => row.id },
})
const existing = read('inventory:read', 'select s.id from bss.site s where s.organization_id = $1 and s.id = any($2::uuid[])', { id: column.id<SiteId>() })
export const existingSites = async (tx: Reading, ids: readonly SiteId[]): Promise<ReadonlySet<string>> => new Set((await tx.rows(existing, [ids])).map(({ id }) => id))
export const getSite = (tx: Reading, id: SiteId): Promise<Site> => tx.one('site', siteById, [id])

export async function createSite(tx: Writing, draft: SiteDraft): Promise<Site> {
  const made = await tx.one('site', insertSite, [newId(), draft.code, draft.name, draft.gln ?? null, draft.timeZone, draft.currency, draft.external?.source ?? null, draft.external?.ref ?? null])
  tx.changed({ entity: 'site', id: made.id, action: 'created', after: { code: made.code, name: made.name } })
  return made
}
export async function updateSite(tx: Writing, id: SiteId, expected: number, patch: SitePatch): Promise<Site> {
  const before = await tx.one('site', siteById, [id])
  const next = { ...before, ...patch }
  const after = fresh(await tx.maybe(updateSiteRow, [id, expected, next.code, next.name, next.gln, next.timeZone, next.status]), 'site')
  if (before.timeZone !== after.timeZone) await tx.rows(lookAgainAtExpiry, [id])
  tx.changed({ entity: 'site', id, action: 'updated', before, after: patch })
  return after
}

const zone = { id: column.id<ZoneId>(), siteId: column.id<SiteId>(), code: column.text, name: column.text, rowVersion: column.int }
const ZONE = 'z.id, z.site_id, z.code, z.name, z.row_version'
const zoneRefusals: Refusals = { zone_code_taken: ['conflict', 'There is a zone with this code at this site already.', '/code'] }
const zoneById = read('inventory:read', `select ${ZONE} from bss.zone z where z.organization_id = $1 and z.id = $2`, zone)
const insertZone = write('inventory:write', `insert into bss.zone as z (organization_id, id, site_id, code, name) values ($1, $2, $3, $4, $5) returning ${ZONE}`, zone, zoneRefusals)
const updateZoneRow = write('inventory:write', `update bss.zone z set code = $4, name = $5 where z.organization_id = $1 and z.id = $2 and z.row_version = $3 returning ${ZONE}`, zone, zoneRefusals)

export const listZones = listing('inventory:read', {
  select: `select ${ZONE} from bss.zone z where z.organization_id = $1`, shape: zone, filters: { siteId: 'z.site_id = ?' },
  sorts: { code: { sql: 'z.code', type: 'text', of: (row) => row.code }, name: { sql: 'z.name', type: 'text', of: (row) => row.name } },
  tie: { sql: 'z.id', type: 'uuid', of: (row) => row.id },
})
export const getZone = (tx: Reading, id: ZoneId): Promise<Zone> => tx.one('zone', zoneById, [id])
export async function createZone(tx: Writing, siteId: SiteId, draft: { readonly code: string; readonly name: string }): Promise<Zone> {
  await getSite(tx, siteId)
  const made = await tx.one('zone', insertZone, [newId(), siteId, draft.code, draft.name])
  tx.changed({ entity: 'zone', id: made.id, action: 'created', after: draft })
  return made
}
export async function updateZone(tx: Writing, id: ZoneId, expected: number, patch: { readonly code?: string; readonly name?: string }): Promise<Zone> {
  const before = await getZone(tx, id)
  const after = fresh(await tx.maybe(updateZoneRow, [id, expected, patch.code ?? before.code, patch.name ?? before.name]), 'zone')
  tx.changed({ entity: 'zone', id, action: 'updated', before, after: patch })
  return after
}

const location = {
  id: column.id<LocationId>(), siteId: column.id<SiteId>(), zoneId: column.nullable(column.id<ZoneId>()), parentId: column.nullable(column.id<LocationId>()), code: column.text,
  kind: column.oneOf(LOCATION_KINDS), barcode: column.nullable(column.text), pickSequence: column.int, capacity: column.nullable(column.quantity), status: column.oneOf(STATUSES), rowVersion: column.int,
}
const LOCATION = 'l.id, l.site_id, l.zone_id, l.parent_id, l.code, l.kind, l.barcode, l.pick_sequence, l.capacity, l.status, l.row_version'
const locationRefusals: Refusals = {
  location_code_taken: ['conflict', 'There is a location with this code at this site already.', '/code'],
  location_barcode_taken: ['conflict', 'Another location has this barcode already.', '/barcode'],
  location_zone_unknown: ['invalid', 'This site has no such zone.', '/zoneId'],
  location_parent_unknown: ['invalid', 'This site has no such location.', '/parentId'],
}
const locationById = read('inventory:read', `select ${LOCATION} from bss.location l where l.organization_id = $1 and l.id = $2`, location)
const insertLocation = write('inventory:write', `
  insert into bss.location as l (organization_id, id, site_id, code, kind, zone_id, parent_id, barcode, pick_sequence, capacity) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${LOCATION}`,
location, locationRefusals)
const updateLocationRow = write('inventory:write', `
  update bss.location l set kind = $4, zone_id = $5, parent_id = $6, barcode = $7, pick_sequence = $8, capacity = $9, status = $10
   where l.organization_id = $1 and l.id = $2 and l.row_version = $3 returning ${LOCATION}`, location, locationRefusals)
/** Postings hold the kind of their locations still; who changes it waits for them, and looks for stock afterwards. */
const lockLocation = write('inventory:write', `select ${LOCATION} from bss.location l where l.organization_id = $1 and l.id = $2 for no key update`, location)
const stockIn = read('inventory:read', 'select b.item_id from bss.stock_balance b where b.organization_id = $1 and b.location_id = $2 and b.on_hand <> 0 limit 1', { itemId: column.id() })

export const listLocations = listing('inventory:read', {
  select: `select ${LOCATION} from bss.location l where l.organization_id = $1`, shape: location,
  filters: { siteId: 'l.site_id = ?', zoneId: 'l.zone_id = ?', kind: 'l.kind = ?', barcode: 'l.barcode = ?', code: 'l.code = ?' },
  sorts: { code: { sql: 'l.code', type: 'text', of: (row) => row.code }, created: { sql: 'l.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'l.id', type: 'uuid', of: (row) => row.id },
})
export const getLocation = (tx: Reading, id: LocationId): Promise<Location> => tx.one('location', locationById, [id])
export async function createLocation(tx: Writing, siteId: SiteId, draft: LocationDraft): Promise<Location> {
  await getSite(tx, siteId)
  const made = await tx.one('location', insertLocation, [
    newId(), siteId, draft.code, draft.kind, draft.zoneId ?? null, draft.parentId ?? null, draft.barcode ?? null, draft.pickSequence ?? 0, draft.capacity ?? null,
  ])
  tx.changed({ entity: 'location', id: made.id, action: 'created', after: { code: made.code, kind: made.kind } })
  return made
}
export async function updateLocation(tx: Writing, id: LocationId, expected: number, patch: LocationPatch): Promise<Location> {
  const before = await tx.one('location', lockLocation, [id])
  if (before.kind === 'virtual') throw new Problem('conflict', 'A virtual location comes with its site and is not changed.')
  if (patch.parentId === id) throw new Problem('invalid', 'A location is not inside itself.', { errors: [{ pointer: '/parentId', code: 'circle', message: 'A location is not inside itself.' }] })
  // The levels count quarantined stock apart: with stock in it the kind would have to move figures.
  if (patch.kind !== undefined && patch.kind !== before.kind && (await tx.maybe(stockIn, [id])) !== null) throw new Problem('conflict', 'The kind of a location changes only while it is empty.')
  const next = { ...before, ...patch }
  const after = fresh(await tx.maybe(updateLocationRow, [id, expected, next.kind, next.zoneId, next.parentId, next.barcode, next.pickSequence, next.capacity, next.status]), 'location')
  tx.changed({ entity: 'location', id, action: 'updated', before, after: patch })
  return after
}

/** The row as it was changed; refuses when somebody else changed it since the caller read it. */
export function fresh<T>(row: T | null, what: string): T {
  if (row === null) throw new Problem('stale', `The ${what} was changed meanwhile. Read it again and decide anew.`)
  return row
}

const siteRoles = read('inventory:read', 'select l.id, l.virtual_role from bss.location l where l.organization_id = $1 and l.site_id = $2 and l.virtual_role is not null', {
  id: column.id<LocationId>(), virtualRole: column.oneOf(['outside', 'adjustment', 'transit']),
})
/** The virtual locations of a site, by what they stand for. Refuses an unknown site. */
export async function virtualLocations(tx: Reading, siteId: SiteId): Promise<Readonly<Record<'outside' | 'adjustment' | 'transit', LocationId>>> {
  const rows = await tx.rows(siteRoles, [siteId])
  const of = (role: string): LocationId => {
    const row = rows.find((each) => each.virtualRole === role)
    if (row === undefined) throw notFound('site')
    return row.id
  }
  return { outside: of('outside'), adjustment: of('adjustment'), transit: of('transit') }
}

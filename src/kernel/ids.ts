// Ids are UUIDv7 (RFC 9562): sortable by time of creation, so that an index on them stays dense.
// Each entity has a brand of its own: an ItemId where an OrderId belongs does not compile.
import Type from 'typebox'

declare const brand: unique symbol
export type Id<Name extends string> = string & { readonly [brand]: Name }

export type OrganizationId = Id<'Organization'>
export type ActorId = Id<'Actor'>
export type ServiceAccountId = Id<'ServiceAccount'>
export type ApiKeyId = Id<'ApiKey'>
export type SiteId = Id<'Site'>
export type ZoneId = Id<'Zone'>
export type LocationId = Id<'Location'>
export type ItemId = Id<'Item'>
export type ItemUnitId = Id<'ItemUnit'>
export type LotId = Id<'Lot'>
export type StockMoveId = Id<'StockMove'>
export type ReservationId = Id<'Reservation'>
export type PartyId = Id<'Party'>
export type OrderId = Id<'SalesOrder'>
export type OrderLineId = Id<'SalesOrderLine'>
export type OrderHoldId = Id<'OrderHold'>
export type SupplierId = PartyId
export type PurchaseOrderId = Id<'PurchaseOrder'>
export type PurchaseOrderLineId = Id<'PurchaseOrderLine'>
export type ShipNoticeId = Id<'ShipNotice'>
export type InspectionId = Id<'Inspection'>
export type HandlingUnitId = Id<'HandlingUnit'>
export type CycleCountId = Id<'CycleCount'>
export type ReturnId = Id<'Return'>
export type ReturnLineId = Id<'ReturnLine'>
export type CarrierId = Id<'Carrier'>
export type ShipmentId = Id<'Shipment'>
export type ShipmentLineId = Id<'ShipmentLine'>
export type WaveId = Id<'Wave'>
export type TaskId = Id<'WarehouseTask'>
export type DeviceId = Id<'ScanDevice'>
export type EventId = Id<'Event'>
export type UserId = Id<'User'>
export type RoleId = Id<'Role'>
export type SessionId = Id<'Session'>
export type ConnectionId = Id<'IdentityConnection'>
export type EmailDomainId = Id<'EmailDomain'>
export type GroupId = Id<'Group'>

export const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
const uuid = new RegExp(UUID_PATTERN)

/** True for a lower-case UUID in its canonical 36 characters. */
export const isUuid = (text: string): boolean => uuid.test(text)

/** Gives a checked UUID the brand of its entity. Throws TypeError on anything that is not a UUID: a bug, not bad input. */
export function idOf<Name extends string>(text: string): Id<Name> {
  if (!isUuid(text)) throw new TypeError(`Not a UUID: ${text.slice(0, 40)}`)
  return text as Id<Name> // The only place where a brand is given: the shape was checked on the line above.
}

/** Stands where an organization would, for keys of the platform's operator. It has no rows: even a mistake with it shows nothing. */
export const PLATFORM_ORGANIZATION: OrganizationId = idOf('00000000-0000-7000-8000-000000000000')

/** The schema of an id on the wire, branded for TypeScript: `idSchema<OrderId>()`. */
export const idSchema = <I extends Id<string>>(): Type.TUnsafe<I> => Type.Unsafe<I>({ type: 'string', pattern: UUID_PATTERN, format: 'uuid' })

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
// Random bytes are drawn in bulk: one call per id would cost more than the id.
const POOL_BYTES = 4096
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES
let lastMs = 0
let counter = 0

/**
 * A new UUIDv7: 48 bits of Unix milliseconds, a 12-bit counter that keeps ids of one process in order within a
 * millisecond (RFC 9562 §6.2 method 1), and 62 random bits.
 */
export function newId<Name extends string>(nowMs: number = Date.now()): Id<Name> {
  if (used === POOL_BYTES) {
    globalThis.crypto.getRandomValues(pool)
    used = 0
  }
  const from = used
  used += 16
  const at = (index: number): number => pool[from + index] ?? 0
  if (nowMs > lastMs) {
    lastMs = nowMs
    counter = ((at(6) & 0x07) << 8) | at(7)
  } else if (++counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  const ms = lastMs
  const text = (byte: number): string => hex[byte & 0xff] ?? '00'
  const time = text(ms / 2 ** 40) + text(ms / 2 ** 32) + text(ms / 2 ** 24) + text(ms / 2 ** 16) + '-' + text(ms / 2 ** 8) + text(ms)
  const rest = text(0x70 | (counter >> 8)) + text(counter) + '-' + text(0x80 | (at(8) & 0x3f)) + text(at(9))
  return idOf<Name>(`${time}-${rest}-${text(at(10))}${text(at(11))}${text(at(12))}${text(at(13))}${text(at(14))}${text(at(15))}`)
}

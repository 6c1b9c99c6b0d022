// Changing how, when and where a shipment goes, before it leaves.
import type { ShipmentId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { write } from '../../../platform/db/statement.ts'
import * as column from '../../../platform/db/row.ts'
import { needActive } from '../carriers/store.ts'
import type { Shipment } from '../document/contract.ts'
import { getShipment, lockShipment, note, notNow, type Writing } from '../document/store.ts'
import { hasLeft, words } from '../rules.ts'
import type { ShipmentPatch } from './contract.ts'
import { wayRefusals } from './store.ts'

const setWay = write('shipments:write', `
  update bss.shipment s set carrier_id = $3, service_id = $4, route_id = $5, ship_by = $6::timestamptz, deliver_by = $7::timestamptz where s.organization_id = $1 and s.id = $2`, {}, wayRefusals)
const setAddress = write('shipments:write', `
  insert into bss.shipment_address (organization_id, id, name, street, postal_code, city, country) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (organization_id, id) do update set name = excluded.name, street = excluded.street, postal_code = excluded.postal_code, city = excluded.city, country = excluded.country`, {})
const isBooking = write('shipments:write', "select q.id from bss.carrier_request q where q.organization_id = $1 and q.shipment_id = $2 and q.kind = 'book' and q.status = 'pending'", { id: column.uuidText })

/** What is left out stays. What the carrier was told already is not changed behind its back. */
export async function updateShipment(tx: Writing, id: ShipmentId, expectedVersion: number, patch: ShipmentPatch): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const before = await getShipment(tx, id)
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The shipment has changed since you read it.')
  if (hasLeft(status) || status === 'cancelled') throw notNow(`A shipment that is ${words(status)} is not changed any more.`)
  const next = { ...before, ...patch }
  const isTold = patch.address !== undefined || next.carrierId !== before.carrierId || next.serviceId !== before.serviceId
  if (isTold && (before.trackingNumber !== null || (await tx.maybe(isBooking, [id])) !== null)) throw new Problem('conflict', 'The carrier was asked to take it already: its carrier, service and address stay.')
  if (next.carrierId !== before.carrierId) await needActive(tx, next.carrierId)
  await tx.rows(setWay, [id, next.carrierId, next.serviceId, next.routeId, next.shipBy, next.deliverBy])
  const { address, ...way } = patch
  if (address !== undefined) await tx.rows(setAddress, [id, address.name, address.street ?? null, address.postalCode ?? null, address.city ?? null, address.country ?? null])
  await note(tx, [id], 'changed', { ...way, isAddressChanged: address !== undefined })
  tx.changed({ entity: 'shipment', id, action: 'changed', after: { ...way, isAddressChanged: address !== undefined } })
  return getShipment(tx, id)
}

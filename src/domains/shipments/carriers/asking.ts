// All SQL about what carriers are asked: what is due is taken for a while, done outside of any transaction, and its answer written back.
import type { CarrierId, ShipmentId } from '../../../kernel/ids.ts'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import { CARRIER_KINDS } from './contract.ts'

const Packages = Compile(Type.Array(Type.Object({ sscc: Type.String(), weightGrams: Type.Union([Type.Integer(), Type.Null()]) })))
export const parcelShape = {
  id: column.uuidText, kind: column.oneOf(['book', 'track', 'cancel']), attempts: column.int, shipmentId: column.id<ShipmentId>(), number: column.text, trackingNumber: column.nullable(column.text), shippedAt: column.nullable(column.instant),
  carrierId: column.id<CarrierId>(), carrierKind: column.oneOf(CARRIER_KINDS), url: column.nullable(column.text), secret: column.nullable(column.bytes), service: column.nullable(column.text), transitDays: column.nullable(column.int),
  name: column.text, street: column.nullable(column.text), postalCode: column.nullable(column.text), city: column.nullable(column.text), country: column.nullable(column.text), packages: column.decoded((value) => Packages.Parse(value)),
}
export type Asked = column.Row<typeof parcelShape>
const PARCEL = `s.id as shipment_id, s.number, s.tracking_number, s.shipped_at, c.id as carrier_id, c.kind as carrier_kind, c.url, c.secret, v.code as service, v.transit_days,
    coalesce(a.name, p.name) as name, a.street, a.postal_code, a.city, coalesce(a.country, p.country) as country,
    (select coalesce(jsonb_agg(jsonb_build_object('sscc', u.sscc, 'weightGrams', u.weight_grams) order by u.id), '[]') from bss.handling_unit u where u.organization_id = $1 and u.shipment_id = s.id and u.parent_id is null) as packages`
const AROUND = `join bss.party p on p.organization_id = $1 and p.id = s.customer_id
  left join bss.carrier_service v on v.organization_id = $1 and v.id = s.service_id
  left join bss.shipment_address a on a.organization_id = $1 and a.id = s.id`

/** Takes what is due; whoever took it and does not come back loses it after a while. */
export const claim = write('shipments:write', `
  with taken as (
    update bss.carrier_request q set claim = $2, claimed_until = now() + interval '60 seconds', attempts = q.attempts + 1
     where q.organization_id = $1 and q.id in (select d.id from bss.carrier_request d
       where d.organization_id = $1 and d.status = 'pending' and d.next_attempt_at <= now() and d.claimed_until <= now() order by d.next_attempt_at limit 20 for update skip locked)
    returning q.id, q.kind, q.attempts, q.shipment_id, q.carrier_id)
  select q.id, q.kind, q.attempts, ${PARCEL} from taken q
    join bss.shipment s on s.organization_id = $1 and s.id = q.shipment_id join bss.carrier c on c.organization_id = $1 and c.id = q.carrier_id ${AROUND}`, parcelShape)
/** The parcel as it would be asked for now, without a request. */
export const parcelOf = read('shipments:read', `
  select s.id, 'book' as kind, 1 as attempts, ${PARCEL} from bss.shipment s join bss.carrier c on c.organization_id = $1 and c.id = s.carrier_id ${AROUND} where s.organization_id = $1 and s.id = $2`, parcelShape)

export const noteDone = write('shipments:write', `
  update bss.carrier_request q set status = 'done', done_at = now(), last_error = null, claim = null, claimed_until = '-infinity' where q.organization_id = $1 and q.id = $2 and q.claim = $3 returning q.id`, { id: column.uuidText })
/** Asked again later: it failed, or there is more to come. `status` is failed when that is no use. */
export const noteAgain = write('shipments:write', `
  update bss.carrier_request q set status = $4, last_error = left($5, 500), next_attempt_at = now() + $6::int * interval '1 millisecond', claim = null, claimed_until = '-infinity',
         attempts = case when $5::text is null then 0 else q.attempts end, done_at = case $4 when 'failed' then now() end
   where q.organization_id = $1 and q.id = $2 and q.claim = $3 returning q.id`, { id: column.uuidText })
export const setBooked = write('shipments:write', 'update bss.shipment s set tracking_number = $3 where s.organization_id = $1 and s.id = $2', {})
/** A carrier that can be asked is asked what becomes of a shipment that has left. */
export const askTracking = write('shipments:write', `
  insert into bss.carrier_request (organization_id, id, shipment_id, carrier_id, kind)
  select $1, bss.new_id(), s.id, s.carrier_id, 'track' from bss.shipment s join bss.carrier c on c.organization_id = $1 and c.id = s.carrier_id
   where s.organization_id = $1 and s.id = $2 and c.kind <> 'manual' and s.tracking_number is not null on conflict (organization_id, shipment_id, kind) where status = 'pending' do nothing`, {})
/** A booking that nobody was asked for yet is never asked for. One that was is asked until it is answered, since the carrier may have it; then it is cancelled. */
export const askCancel = write('shipments:write', `
  with stopped as (update bss.carrier_request q set status = 'failed', last_error = 'The shipment was cancelled.', done_at = now() where q.organization_id = $1 and q.shipment_id = any($2::uuid[]) and q.kind = 'book' and q.status = 'pending' and q.attempts = 0)
  insert into bss.carrier_request (organization_id, id, shipment_id, carrier_id, kind)
  select $1, bss.new_id(), s.id, s.carrier_id, 'cancel' from bss.shipment s
   where s.organization_id = $1 and s.id = any($2::uuid[]) and s.tracking_number is not null and s.carrier_id is not null on conflict (organization_id, shipment_id, kind) where status = 'pending' do nothing`, {})

// Goods issue. Everything that belongs to it is in one transaction: the promise is kept, the stock moves, the order counts it, the cost is
// noted, the customer's notice is written, finance is asked to invoice, and the event is recorded. A hold stops it.
import type { ItemId, OrderId, OrderLineId, ReservationId, ShipmentId, ShipmentLineId, StockMoveId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { recordShipped } from '../../orders/index.ts'
import { askTracking } from '../carriers/asking.ts'
import type { Shipment } from '../document/contract.ts'
import { advance, getShipment, lockShipment, note, notNow, type Writing } from '../document/store.ts'
import { shipmentShipped } from '../events.ts'
import { words } from '../rules.ts'

const picksOf = write('shipments:write', `
  select k.reservation_id, k.shipment_line_id from bss.shipment_pick k join bss.shipment_line l on l.organization_id = $1 and l.id = k.shipment_line_id
   where k.organization_id = $1 and l.shipment_id = $2 order by k.id`, { reservationId: column.id<ReservationId>(), shipmentLineId: column.id<ShipmentLineId>() })
const issue = write('shipments:write', `
  select i.move_id, i.demand_line_id, i.item_id, i.quantity from bss.issue_reserved($1, $2::uuid[], 'shipment', 'shipment', $3, $4::uuid[], $5::uuid[], $6::timestamptz) i`, {
  moveId: column.id<StockMoveId>(), demandLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), quantity: column.quantity,
})
const setShipped = write('shipments:write', 'update bss.shipment_line l set shipped = l.packed where l.organization_id = $1 and l.shipment_id = $2 returning l.id, l.order_id, l.order_line_id, l.item_id, l.shipped', {
  id: column.id<ShipmentLineId>(), orderId: column.id<OrderId>(), orderLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), shipped: column.quantity,
})
/** The cost that held on the day in the time of the site. Rounded once, per move. */
const insertCosts = write('shipments:write', `
  insert into bss.cost_of_goods (organization_id, id, move_id, shipment_id, order_line_id, item_id, quantity, unit_cost, currency, amount_minor, occurred_at)
  select $1, bss.new_id(), u.move_id, $2, u.line_id, u.item_id, u.quantity, c.unit_cost, c.currency, round(u.quantity * c.unit_cost * bss.minor_units_of(c.currency))::bigint, $7::timestamptz
    from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::numeric[]) u (move_id, line_id, item_id, quantity)
    join bss.shipment s on s.organization_id = $1 and s.id = $2
    join bss.site p on p.organization_id = $1 and p.id = s.site_id
    left join lateral (select k.unit_cost, k.currency from bss.item_cost k where k.organization_id = $1 and k.item_id = u.item_id and k.effective_on <= ($7::timestamptz at time zone p.time_zone)::date
                        order by k.effective_on desc limit 1) c on true`, {})
const takeNumber = write('shipments:write', "select t.first_number, t.prefix from bss.take_numbers($1, 'ship_notice', 'ASN-', 1) t", { firstNumber: column.int, prefix: column.text })
const insertNotice = write('shipments:write', `
  insert into bss.outbound_ship_notice (organization_id, id, number, content)
  select $1, s.id, $3, jsonb_strip_nulls(jsonb_build_object(
      'shipment', s.number, 'shippedAt', $4::text, 'trackingNumber', s.tracking_number, 'carrier', (select c.code from bss.carrier c where c.organization_id = $1 and c.id = s.carrier_id),
      'from', (select jsonb_strip_nulls(jsonb_build_object('code', p.code, 'name', p.name, 'gln', p.gln)) from bss.site p where p.organization_id = $1 and p.id = s.site_id),
      'to', (select jsonb_strip_nulls(jsonb_build_object('code', p.code, 'gln', p.gln)) from bss.party p where p.organization_id = $1 and p.id = s.customer_id),
      'units', (select coalesce(jsonb_agg(jsonb_build_object('sscc', u.sscc, 'kind', u.kind, 'parent', (select h.sscc from bss.handling_unit h where h.organization_id = $1 and h.id = u.parent_id), 'weightGrams', u.weight_grams,
          'contents', (select coalesce(jsonb_agg(jsonb_build_object('order', o.number, 'customerReference', o.customer_reference, 'orderLine', ol.line_number, 'sku', i.sku, 'gtin', i.gtin, 'lot', t.number, 'expiresOn', t.expires_on,
              'quantity', trim_scale(c.quantity)::text, 'unit', i.base_unit) order by c.id), '[]')
            from bss.handling_unit_content c
            join bss.shipment_line l on l.organization_id = $1 and l.id = c.shipment_line_id
            join bss.sales_order o on o.organization_id = $1 and o.id = l.order_id
            join bss.sales_order_line ol on ol.organization_id = $1 and ol.id = l.order_line_id
            join bss.item i on i.organization_id = $1 and i.id = c.item_id
            left join bss.lot t on t.organization_id = $1 and t.id = c.lot_id
           where c.organization_id = $1 and c.handling_unit_id = u.id)) order by u.id), '[]') from bss.handling_unit u where u.organization_id = $1 and u.shipment_id = s.id)))
    from bss.shipment s where s.organization_id = $1 and s.id = $2`, {})
const insertRequests = write('shipments:write', `
  insert into bss.invoice_request (organization_id, id, shipment_id, order_id, lines)
  select $1, bss.new_id(), $2, l.order_id, jsonb_agg(jsonb_build_object('orderLineId', l.order_line_id, 'itemId', l.item_id, 'quantity', trim_scale(l.shipped)::text) order by l.id)
    from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = $2 and l.shipped > 0 group by l.order_id`, {})

function mayLeave(shipment: Shipment, status: string): void {
  const missing = shipment.lines.flatMap((line, index) => (line.packed === line.picked ? [] : [{ pointer: `/lines/${index}`, code: 'not_packed', message: `${line.picked} of ${line.sku} are picked and ${line.packed} are packed.` }]))
  const unpicked = shipment.lines.flatMap((line, index) => (line.picked === line.planned ? [] : [{ pointer: `/lines/${index}`, code: 'not_picked', message: `${line.planned} of ${line.sku} are planned and ${line.picked} are picked.` }]))
  if (!['packed', 'staged', 'loaded'].includes(status)) throw notNow(`Only what is packed can leave; this shipment is ${words(status)}.`, [...unpicked, ...missing].slice(0, 100))
  if (shipment.isUnloading) throw notNow('This shipment is coming off its truck again.', [{ pointer: '', code: 'unloading', message: 'It leaves when it is loaded anew.' }])
  if (shipment.needsRepack) throw notNow('Goods of this shipment were cancelled after they were packed: take them out and confirm it.', [{ pointer: '', code: 'needs_repack', message: 'Take the cancelled goods out of their packages.' }])
  if (missing.length > 0) throw notNow('Not everything that is picked is packed.', missing.slice(0, 100))
  if (shipment.lines.every((line) => line.packed === '0')) throw notNow('There is nothing in this shipment.')
}

/** Ships a packed, staged or loaded shipment. A shipment is issued once: its id is the key of the posting. */
export async function issueShipment(tx: Writing, id: ShipmentId, shippedAt: string | undefined): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const before = await getShipment(tx, id)
  mayLeave(before, status)
  const now = new Date().toISOString()
  if (shippedAt !== undefined && shippedAt > now && Date.parse(shippedAt) > Date.parse(now)) throw new Problem('invalid', 'Goods do not leave in the future.', { errors: [{ pointer: '/shippedAt', code: 'in_the_future', message: 'Must not be in the future.' }] })
  const at = shippedAt ?? now
  const picks = await tx.rows(picksOf, [id])
  await recordShipped(tx, id, before.lines.filter((line) => line.packed !== '0').map((line) => ({ lineId: line.orderLineId, quantity: line.packed })))
  const moves = await tx.rows(issue, [picks.map((p) => p.reservationId), id, picks.map(() => id), picks.map((p) => p.shipmentLineId), at])
  const lines = (await tx.rows(setShipped, [id])).filter((line) => line.shipped !== '0')
  await tx.rows(insertCosts, [id, moves.map((m) => m.moveId), moves.map((m) => m.demandLineId), moves.map((m) => m.itemId), moves.map((m) => m.quantity), at])
  await advance(tx, [id], 'shipped', at)
  await note(tx, [id], 'shipped', { shippedAt: at })
  const shippedLines = lines.map((line) => ({ shipmentLineId: line.id, orderId: line.orderId, orderLineId: line.orderLineId, itemId: line.itemId, quantity: line.shipped }))
  tx.emit(shipmentShipped, id, { shipmentId: id, siteId: before.siteId, lines: shippedLines })
  tx.changed({ entity: 'shipment', id, action: 'shipped', after: { lines: shippedLines } })
  await tx.rows(insertRequests, [id])
  await tx.rows(askTracking, [id])
  // The number's series stays locked until the commit, so it comes last.
  const [number] = await tx.rows(takeNumber)
  if (number === undefined) throw new TypeError('The series gave no number.')
  await tx.rows(insertNotice, [id, `${number.prefix}${String(number.firstNumber).padStart(6, '0')}`, at])
  return getShipment(tx, id)
}

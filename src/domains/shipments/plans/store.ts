// All SQL about planning shipments. What may be planned is what the release gave a place and no living shipment has taken.
import { newId, type CarrierId, type ItemId, type OrderId, type OrderLineId, type PartyId, type ShipmentId, type ShipmentLineId, type SiteId } from '../../../kernel/ids.ts'
import { notFound, Problem, type ProblemError } from '../../../kernel/problem.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { askCancel } from '../carriers/asking.ts'
import { needActive } from '../carriers/store.ts'
import type { CarrierServiceId, RouteId, Shipment } from '../document/contract.ts'
import { advance, getShipment, lockShipment, lockShipments, note, notNow, type Writing } from '../document/store.ts'
import { shipmentCancelled, shipmentPlanned, shipmentReleased } from '../events.ts'
import { words } from '../rules.ts'
import type { PlanDraft, ShipmentDraft, SplitDraft } from './contract.ts'

const lockOrders = write('shipments:write', 'select o.id, o.site_id, o.customer_id, o.priority from bss.sales_order o where o.organization_id = $1 and o.id = any($2::uuid[]) order by o.id for no key update', {
  id: column.id<OrderId>(), siteId: column.id<SiteId>(), customerId: column.id<PartyId>(), priority: column.int,
})
const plannable = write('shipments:write', `
  select l.id, l.order_id, l.item_id, h.quantity - coalesce(p.quantity, 0) as open
    from bss.sales_order_line l
    cross join lateral (select coalesce(sum(v.quantity), 0) as quantity from bss.reservation v
       where v.organization_id = $1 and v.demand_line_id = l.id and v.kind = 'hard' and v.status in ('open', 'picked')) h
    left join lateral (select sum(x.planned) as quantity from bss.shipment_line x join bss.shipment s on s.organization_id = $1 and s.id = x.shipment_id
       where x.organization_id = $1 and x.order_line_id = l.id and s.status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded')) p on true
   where l.organization_id = $1 and l.order_id = any($2::uuid[]) and l.status in ('released', 'in_fulfilment') and h.quantity > coalesce(p.quantity, 0)
   order by l.order_id, l.line_number`, { id: column.id<OrderLineId>(), orderId: column.id<OrderId>(), itemId: column.id<ItemId>(), open: column.quantity })
const ordersToPlan = read('shipments:read', 'select p.order_id as id from bss.orders_to_plan($1, $2::uuid, $3::int) p', { id: column.id<OrderId>() })

/** How a way can be wrong. */
export const wayRefusals: Refusals = {
  shipment_carrier_unknown: ['invalid', 'There is no such carrier.', '/carrierId'],
  shipment_service_unknown: ['invalid', 'This carrier has no such service.', '/serviceId'],
  shipment_service_has_carrier: ['invalid', 'Name the carrier of the service.', '/carrierId'],
  shipment_route_unknown: ['invalid', 'This site has no such route.', '/routeId'],
}
const takeNumbers = write('shipments:write', "select t.first_number, t.prefix from bss.take_numbers($1, 'shipment', 'SH-', $2) t", { firstNumber: column.int, prefix: column.text })
/** Without a date of its own a shipment leaves at the next cut-off of its service, and arrives so many days later. */
const insert = write('shipments:write', `
  insert into bss.shipment (organization_id, id, number, site_id, customer_id, priority, carrier_id, service_id, route_id, ship_by, deliver_by)
  select $1, u.id, u.number, $2, u.customer_id, u.priority, $3::uuid, v.id, $5::uuid, w.ship_by, coalesce($7::timestamptz, w.ship_by + v.transit_days * interval '1 day')
    from unnest($8::uuid[], $9::text[], $10::uuid[], $11::int[]) u (id, number, customer_id, priority)
    left join (select $4::uuid as id, (select c.transit_days from bss.carrier_service c where c.organization_id = $1 and c.id = $4::uuid) as transit_days) v on true
    cross join lateral (select coalesce($6::timestamptz, bss.next_cutoff($1, $2, $4::uuid, now())) as ship_by) w`, {}, wayRefusals)
const insertAddress = write('shipments:write', 'insert into bss.shipment_address (organization_id, id, name, street, postal_code, city, country) values ($1, $2, $3, $4, $5, $6, $7)', {})
/** Without an address of its own it goes to the customer by name. */
const insertNames = write('shipments:write', `
  insert into bss.shipment_address (organization_id, id, name, country)
  select $1, s.id, p.name, p.country from bss.shipment s join bss.party p on p.organization_id = $1 and p.id = s.customer_id where s.organization_id = $1 and s.id = any($2::uuid[])`, {})
const insertLines = write('shipments:write', `
  insert into bss.shipment_line (organization_id, id, shipment_id, order_id, order_line_id, item_id, planned)
  select $1, u.id, u.shipment_id, u.order_id, u.order_line_id, u.item_id, u.quantity
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::numeric[]) u (id, shipment_id, order_id, order_line_id, item_id, quantity)`, {})

interface Way {
  readonly carrierId?: CarrierId
  readonly serviceId?: CarrierServiceId
  readonly routeId?: RouteId
  readonly shipBy?: string
  readonly deliverBy?: string
}
interface Planned {
  readonly id: ShipmentId
  readonly customerId: PartyId
  readonly priority: number
  readonly lines: readonly { readonly orderId: OrderId; readonly orderLineId: OrderLineId; readonly itemId: ItemId; readonly quantity: string }[]
}

async function insertPlanned(tx: Writing, siteId: SiteId, way: Way, shipments: readonly Planned[]): Promise<void> {
  const [numbers] = await tx.rows(takeNumbers, [shipments.length])
  if (numbers === undefined) throw new TypeError('The series gave no number.')
  await tx.rows(insert, [
    siteId, way.carrierId ?? null, way.serviceId ?? null, way.routeId ?? null, way.shipBy ?? null, way.deliverBy ?? null,
    shipments.map((each) => each.id), shipments.map((_, index) => `${numbers.prefix}${String(numbers.firstNumber + index).padStart(6, '0')}`), shipments.map((each) => each.customerId), shipments.map((each) => each.priority),
  ])
  const lines = shipments.flatMap((each) => each.lines.map((line) => ({ ...line, shipmentId: each.id })))
  await tx.rows(insertLines, [lines.map(() => newId()), lines.map((l) => l.shipmentId), lines.map((l) => l.orderId), lines.map((l) => l.orderLineId), lines.map((l) => l.itemId), lines.map((l) => l.quantity)])
  await note(tx, shipments.map((each) => each.id), 'planned')
  for (const { id, lines: mine } of shipments) {
    const orderIds = [...new Set(mine.map((each) => each.orderId))]
    tx.emit(shipmentPlanned, id, { shipmentId: id, siteId, orderIds })
    tx.changed({ entity: 'shipment', id, action: 'planned', after: { orderIds } })
  }
}

const wrong = (errors: readonly ProblemError[]): void => {
  if (errors.length > 0) throw new Problem('invalid', 'This cannot be planned.', { errors })
}

export async function createShipment(tx: Writing, draft: ShipmentDraft): Promise<Shipment> {
  await needActive(tx, draft.carrierId)
  const orders = await tx.rows(lockOrders, [draft.orderIds])
  const [first] = orders
  if (first === undefined || orders.length !== new Set(draft.orderIds).size) throw notFound('order')
  if (orders.some((order) => order.siteId !== first.siteId || order.customerId !== first.customerId)) throw new Problem('conflict', 'A shipment goes from one site to one customer.')
  const open = await tx.rows(plannable, [draft.orderIds])
  if (open.length === 0) throw notNow('Nothing of these orders is released and not planned yet.')
  const byLine = new Map(open.map((each) => [each.id, each] as const))
  const named = draft.lines ?? open.map((each) => ({ orderLineId: each.id, quantity: each.open }))
  wrong(named.flatMap(({ orderLineId, quantity }, index) => {
    const known = byLine.get(orderLineId)
    if (known === undefined) return [{ pointer: `/lines/${index}/orderLineId`, code: 'not_released', message: 'This line is not released, or planned already.' }]
    if (named.findIndex((each) => each.orderLineId === orderLineId) !== index) return [{ pointer: `/lines/${index}/orderLineId`, code: 'named_twice', message: 'This line is named twice.' }]
    return micros(quantity) > micros(known.open) ? [{ pointer: `/lines/${index}/quantity`, code: 'too_much', message: `Only ${known.open} can be planned.` }] : []
  }))
  const id = newId<'Shipment'>()
  const lines = named.flatMap(({ orderLineId, quantity }) => {
    const known = byLine.get(orderLineId)
    return known === undefined ? [] : [{ orderId: known.orderId, orderLineId, itemId: known.itemId, quantity }]
  })
  await insertPlanned(tx, first.siteId, draft, [{ id, customerId: first.customerId, priority: Math.min(...orders.map((order) => order.priority)), lines }])
  const { address } = draft
  if (address === undefined) await tx.rows(insertNames, [[id]])
  else await tx.rows(insertAddress, [id, address.name, address.street ?? null, address.postalCode ?? null, address.city ?? null, address.country ?? null])
  return getShipment(tx, id)
}

const PLAN_LIMIT = 200
export async function planShipments(tx: Writing, draft: PlanDraft): Promise<{ shipmentIds: ShipmentId[] }> {
  await needActive(tx, draft.carrierId)
  const ids = (await tx.rows(ordersToPlan, [draft.siteId, draft.limit ?? PLAN_LIMIT])).map(({ id }) => id)
  const orders = await tx.rows(lockOrders, [ids])
  const open = Map.groupBy(await tx.rows(plannable, [ids]), (each) => each.orderId)
  const shipments = orders.flatMap((order): Planned[] => {
    const lines = open.get(order.id) ?? []
    if (lines.length === 0) return []
    return [{ id: newId(), customerId: order.customerId, priority: order.priority, lines: lines.map((each) => ({ orderId: order.id, orderLineId: each.id, itemId: each.itemId, quantity: each.open })) }]
  })
  if (shipments.length === 0) return { shipmentIds: [] }
  await insertPlanned(tx, draft.siteId, draft, shipments)
  const shipmentIds = shipments.map(({ id }) => id)
  await tx.rows(insertNames, [shipmentIds])
  return { shipmentIds }
}

const reducePlanned = write('shipments:write', `
  update bss.shipment_line l set planned = l.planned - u.quantity from unnest($2::uuid[], $3::numeric[]) u (id, quantity) where l.organization_id = $1 and l.id = u.id`, {}, {
  shipment_line_not_over_planned: ['conflict', 'What is picked stays in its shipment.', '/lines'],
  shipment_line_planned_check: ['conflict', 'More than is planned.', '/lines'],
})
const copyShipment = write('shipments:write', `
  insert into bss.shipment (organization_id, id, number, site_id, customer_id, status, priority, carrier_id, service_id, route_id, ship_by, deliver_by)
  select $1, $3, $4, s.site_id, s.customer_id, s.status, s.priority, s.carrier_id, s.service_id, s.route_id, s.ship_by, s.deliver_by from bss.shipment s where s.organization_id = $1 and s.id = $2`, {})
const copyAddress = write('shipments:write', `
  insert into bss.shipment_address (organization_id, id, name, street, postal_code, city, country)
  select $1, $3, a.name, a.street, a.postal_code, a.city, a.country from bss.shipment_address a where a.organization_id = $1 and a.id = $2`, {})

export async function splitShipment(tx: Writing, id: ShipmentId, draft: SplitDraft): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  if (status !== 'planned') throw notNow(`Only what is planned can be split; this shipment is ${words(status)}.`)
  const { siteId, lines } = await getShipment(tx, id)
  const byId = new Map(lines.map((each) => [each.id, each] as const))
  wrong(draft.lines.flatMap(({ shipmentLineId, quantity }, index) => {
    const known = byId.get(shipmentLineId)
    if (known === undefined) return [{ pointer: `/lines/${index}/shipmentLineId`, code: 'unknown_line', message: 'This shipment has no such line.' }]
    if (draft.lines.findIndex((each) => each.shipmentLineId === shipmentLineId) !== index) return [{ pointer: `/lines/${index}/shipmentLineId`, code: 'named_twice', message: 'This line is named twice.' }]
    return micros(quantity) > micros(known.planned) ? [{ pointer: `/lines/${index}/quantity`, code: 'too_much', message: `Only ${known.planned} are planned.` }] : []
  }))
  const parts = new Map(draft.lines.map((each) => [each.shipmentLineId, each.quantity] as const))
  if (lines.every((each) => each.planned === (parts.get(each.id) ?? '0'))) throw new Problem('conflict', 'Something must stay in the shipment.')
  const made = newId<'Shipment'>()
  await tx.rows(reducePlanned, [[...parts.keys()], [...parts.values()]])
  const [numbers] = await tx.rows(takeNumbers, [1])
  if (numbers === undefined) throw new TypeError('The series gave no number.')
  await tx.rows(copyShipment, [id, made, `${numbers.prefix}${String(numbers.firstNumber).padStart(6, '0')}`])
  await tx.rows(copyAddress, [id, made])
  const moved = lines.filter((each) => parts.has(each.id))
  await tx.rows(insertLines, [moved.map(() => newId()), moved.map(() => made), moved.map((l) => l.orderId), moved.map((l) => l.orderLineId), moved.map((l) => l.itemId), moved.map((l) => parts.get(l.id) ?? '0')])
  await dropEmptyLines(tx, [id])
  await note(tx, [id, made], 'split', { from: id, into: made })
  tx.emit(shipmentPlanned, made, { shipmentId: made, siteId, orderIds: [...new Set(moved.map((each) => each.orderId))] })
  tx.changed({ entity: 'shipment', id: made, action: 'split', after: { from: id, lines: draft.lines } })
  return getShipment(tx, made)
}

const dropEmpty = write('shipments:write', 'delete from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = any($2::uuid[]) and l.planned = 0 and l.picked = 0', {})
const dropEmptyLines = (tx: Writing, ids: readonly ShipmentId[]) => tx.rows(dropEmpty, [ids])
const mergeLines = write('shipments:write', `
  insert into bss.shipment_line as t (organization_id, id, shipment_id, order_id, order_line_id, item_id, planned)
  select $1, bss.new_id(), $2, l.order_id, l.order_line_id, l.item_id, sum(l.planned) from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = any($3::uuid[]) group by l.order_id, l.order_line_id, l.item_id
  on conflict on constraint shipment_line_once do update set planned = t.planned + excluded.planned`, {})
const deleteLines = write('shipments:write', 'delete from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = any($2::uuid[])', {})
const placesOf = write('shipments:write', 'select distinct s.site_id, s.customer_id from bss.shipment s where s.organization_id = $1 and s.id = any($2::uuid[])', { siteId: column.id<SiteId>(), customerId: column.id<PartyId>() })
const setCancelled = write('shipments:write', "update bss.shipment s set status = 'cancelled' where s.organization_id = $1 and s.id = any($2::uuid[]) and s.status <> 'cancelled' returning s.id, s.site_id", { id: column.id<ShipmentId>(), siteId: column.id<SiteId>() })

export async function mergeShipments(tx: Writing, id: ShipmentId, others: readonly ShipmentId[]): Promise<Shipment> {
  if (others.includes(id)) throw new Problem('invalid', 'A shipment is not merged with itself.', { errors: [{ pointer: '/shipmentIds', code: 'itself', message: 'A shipment is not merged with itself.' }] })
  const statuses = await lockShipments(tx, [id, ...others])
  for (const status of statuses.values()) if (status !== 'planned') throw notNow(`Only what is planned can be merged; one of these shipments is ${words(status)}.`)
  if ((await tx.rows(placesOf, [[id, ...others]])).length > 1) throw new Problem('conflict', 'A shipment goes from one site to one customer.')
  await tx.rows(mergeLines, [id, others])
  await tx.rows(deleteLines, [others])
  await cancelAll(tx, others, { mergedInto: id })
  await note(tx, [id], 'merged', { shipmentIds: others })
  tx.changed({ entity: 'shipment', id, action: 'merged', after: { shipmentIds: others } })
  return getShipment(tx, id)
}

async function cancelAll(tx: Writing, ids: readonly ShipmentId[], details: unknown): Promise<void> {
  for (const { id, siteId } of await tx.rows(setCancelled, [ids])) {
    tx.emit(shipmentCancelled, id, { shipmentId: id, siteId })
    tx.changed({ entity: 'shipment', id, action: 'cancelled', after: details })
  }
  await note(tx, ids, 'cancelled', details)
  await tx.rows(askCancel, [ids])
}

export async function cancelShipment(tx: Writing, id: ShipmentId): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  const { lines } = await getShipment(tx, id)
  if (lines.some((each) => each.picked !== '0')) throw notNow('Goods of this shipment are picked: cancel them at their order, or ship what is picked.')
  if (!['planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded'].includes(status)) throw notNow(`A shipment that is ${words(status)} cannot be cancelled.`)
  await cancelAll(tx, [id], {})
  return getShipment(tx, id)
}

const emptied = write('shipments:write', `
  select s.id from bss.shipment s where s.organization_id = $1 and s.id = any($2::uuid[]) and s.status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded')
     and not exists (select from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = s.id and l.planned > 0)`, { id: column.id<ShipmentId>() })
/** A shipment of which nothing is left is cancelled by itself. */
export async function cancelEmptied(tx: Writing, ids: readonly ShipmentId[]): Promise<void> {
  const none = (await tx.rows(emptied, [ids])).map(({ id }) => id)
  if (none.length > 0) await cancelAll(tx, none, { reason: 'nothing is left in it' })
}

const orderLinesOf = write('shipments:write', 'select l.order_line_id as id from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = any($2::uuid[])', { id: column.id<OrderLineId>() })
const sitesOf = write('shipments:write', 'select s.id, s.site_id from bss.shipment s where s.organization_id = $1 and s.id = any($2::uuid[])', { id: column.id<ShipmentId>(), siteId: column.id<SiteId>() })

/** Planned shipments go to the warehouse; `begin` tells their order lines that work begins. */
export async function releaseShipments(tx: Writing, ids: readonly ShipmentId[], begin: (tx: Tx<'write', never>, lineIds: readonly OrderLineId[]) => Promise<void>): Promise<void> {
  for (const status of (await lockShipments(tx, ids)).values()) if (status !== 'planned') throw notNow(`Only a planned shipment can be released; this one is ${words(status)}.`)
  await begin(tx, (await tx.rows(orderLinesOf, [ids])).map(({ id }) => id))
  await advance(tx, ids, 'released')
  await note(tx, ids, 'released')
  for (const { id, siteId } of await tx.rows(sitesOf, [ids])) {
    tx.emit(shipmentReleased, id, { shipmentId: id, siteId })
    tx.changed({ entity: 'shipment', id, action: 'released' })
  }
}

/** Shipments in their order first: a wave takes the lines of a few of many. */
const linesToPick = read('shipments:read', `
  select s.id as shipment_id, l.id as shipment_line_id, l.order_id, l.order_line_id, l.item_id, l.planned - l.picked as quantity, s.site_id, s.customer_id, s.priority, s.ship_by, s.carrier_id, s.service_id, s.route_id, s.status
    from (select s.* from bss.shipment s
           where s.organization_id = $1 and s.site_id = $2 and s.status = any($3::text[])
             and ($4::uuid[] is null or s.id = any($4::uuid[])) and ($6::uuid is null or s.carrier_id = $6::uuid) and ($7::uuid is null or s.route_id = $7::uuid)
             and ($8::int is null or s.priority <= $8::int) and ($9::timestamptz is null or s.ship_by <= $9::timestamptz)
           order by s.ship_by nulls last, s.priority, s.id) s
   cross join lateral (select x.* from bss.shipment_line x where x.organization_id = $1 and x.shipment_id = s.id and x.planned > x.picked and ($5::uuid[] is null or x.order_id = any($5::uuid[])) offset 0) l
   order by s.ship_by nulls last, s.priority, s.id, l.id limit $10::int`, {
  shipmentId: column.id<ShipmentId>(), shipmentLineId: column.id<ShipmentLineId>(), orderId: column.id<OrderId>(), orderLineId: column.id<OrderLineId>(), itemId: column.id<ItemId>(), quantity: column.quantity,
  siteId: column.id<SiteId>(), customerId: column.id<PartyId>(), priority: column.int, shipBy: column.nullable(column.instant), carrierId: column.nullable(column.id<CarrierId>()),
  serviceId: column.nullable(column.id<CarrierServiceId>()), routeId: column.nullable(column.id<RouteId>()), status: column.text,
})
export interface LineFilter {
  readonly siteId: SiteId
  readonly shipmentIds?: readonly ShipmentId[]
  readonly orderIds?: readonly OrderId[]
  readonly carrierId?: CarrierId
  readonly routeId?: RouteId
  /** This urgent or more. */
  readonly priorityMax?: number
  readonly shipByMax?: string
  /** `planned` unless given. */
  readonly statuses?: readonly ('planned' | 'released' | 'picking')[]
  readonly limit?: number
}
const LINES_MAX = 5_000
export const plannedLines = (tx: Tx<'read', 'shipments:read'>, filter: LineFilter) =>
  tx.rows(linesToPick, [
    filter.siteId, filter.statuses ?? ['planned'], filter.shipmentIds ?? null, filter.orderIds ?? null, filter.carrierId ?? null, filter.routeId ?? null, filter.priorityMax ?? null, filter.shipByMax ?? null, filter.limit ?? LINES_MAX,
  ])

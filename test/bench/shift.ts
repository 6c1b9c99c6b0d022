// A shift in a warehouse: fifty operators pick the lines of released waves, packers pack, and everything is issued; through HTTP, beside the
// same picks as one function call each over a bare connection.
import { shipmentsApi } from '../../src/domains/shipments/contract.ts'
import { tasksApi } from '../../src/domains/tasks/contract.ts'
import { clientOf, type Sender } from '../../src/kernel/client.ts'
import { idOf, newId, type ShipmentId } from '../../src/kernel/ids.ts'
import { createSealer } from '../../src/platform/crypto/seal.ts'
import { enter } from '../../src/platform/db/keeping.ts'
import { Wire } from '../../src/platform/db/wire.ts'
import { sql } from '../setup/sql.ts'
import { openFloor, releaseOrders, senderOf, type Floor } from '../warehouse/floor.ts'
import type { Bench, Benchmark } from './benchmark.ts'
import { startChild } from './child.ts'
import { short } from './figures.ts'
import { idAt } from './seed.ts'
import { ShiftResult, type ShiftPlan } from './shift-plan.ts'
import type { World } from './world.ts'

const OPERATORS = 50
const LINES_EACH = 5
const DIRECT_CONNECTIONS = 8
const PACKERS = 4
/** Part of the lines that is picked as fast as it goes; the rest at half that pace. */
const FAST_PART = 0.6

/** Shipments and waves for all that is released at the site; gives the shipments. */
async function toTheFloor(sender: Sender, floor: Floor): Promise<ShipmentId[]> {
  const shipments = clientOf(shipmentsApi, sender)
  const tasks = clientOf(tasksApi, sender)
  const all: ShipmentId[] = []
  for (;;) {
    const { shipmentIds } = await shipments.planShipments({ body: { siteId: floor.siteId, limit: 1000 } })
    if (shipmentIds.length === 0) return all
    all.push(...shipmentIds)
    for (let from = 0; from < shipmentIds.length; from += 500) {
      const wave = await tasks.planWave({ body: { siteId: floor.siteId, shipmentIds: shipmentIds.slice(from, from + 500), maxLines: 5000 } })
      await tasks.releaseWave({ params: { waveId: wave.id } })
    }
  }
}

async function packAndShip(sender: Sender, ids: readonly ShipmentId[]): Promise<number> {
  const client = clientOf(shipmentsApi, sender)
  const began = performance.now()
  let next = 0
  await Promise.all(Array.from({ length: PACKERS }, async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const params = { shipmentId: id }
      const { lines } = await client.getShipment({ params })
      await client.packShipment({ params, body: { units: [{ kind: 'package', contents: lines.map((line) => ({ shipmentLineId: line.id, quantity: line.picked })) }] } })
      await client.stageShipment({ params, body: {} })
      await client.loadShipment({ params, body: {} })
    }
  }))
  for await (const result of client.shipMany({ lines: ids.map((shipmentId) => ({ shipmentId })) })) if (result.outcome !== 'shipped') throw new Error(`A shipment did not leave: ${result.message ?? ''}`)
  return (performance.now() - began) / 1000
}

/** What a pick needs of the database and nothing else: no request, no caller, no audit, no events, no kept answer. */
const PICK_ONE = `
  create function public.bench_pick_one(p_org uuid, p_site uuid, p_to uuid) returns boolean language plpgsql as $$
  declare t bss.warehouse_task; l bss.shipment_line; r record;
  begin
    select k.* into t from bss.lease_tasks(p_org, p_site, null, array['pick'], 'direct', now() + interval '2 minutes', 0, 1) x join bss.warehouse_task k on k.organization_id = p_org and k.id = x.task_id;
    if t.id is null then return false; end if;
    select * into l from bss.shipment_line q where q.organization_id = p_org and q.id = t.shipment_line_id;
    perform bss.record_picked(p_org, array[l.order_line_id], array[t.planned]);
    select * into r from bss.carry_reserved(p_org, array[t.reservation_id], array[t.planned], array[p_to], 'task', 'pick', t.id::text, array[t.id], array[t.id], array[now()]);
    insert into bss.shipment_pick (organization_id, id, shipment_line_id, reservation_id, item_id, lot_id, quantity) values (p_org, bss.new_id(), t.shipment_line_id, r.reservation_id, t.item_id, t.lot_id, t.planned);
    update bss.shipment_line q set picked = q.picked + t.planned where q.organization_id = p_org and q.id = l.id;
    update bss.warehouse_task k set status = 'in_progress', done = k.planned where k.organization_id = p_org and k.id = t.id;
    update bss.warehouse_task k set status = 'completed', ended_at = now(), lease_until = null, lease_device = null where k.organization_id = p_org and k.id = t.id;
    return true;
  end $$`

async function directly(world: World, floor: Floor): Promise<{ readonly picks: number; readonly perSecond: number }> {
  await sql(world.urlAs('superuser'), [PICK_ONE, 'grant usage on schema public to bss_app', 'grant execute on function public.bench_pick_one(uuid, uuid, uuid) to bss_app'])
  const organization = idOf<'Organization'>(idAt('organization', 1))
  const seal = createSealer(world.secret, () => Date.now() + 3_600_000)
  const wires = await Promise.all(Array.from({ length: DIRECT_CONNECTIONS }, () => Wire.connect({ connectionString: world.urlAs('bss_app') })))
  const began = performance.now()
  let picks = 0
  const [pack] = floor.packIds
  await Promise.all(wires.map(async (wire) => {
    for (;;) {
      const context = enter(seal({ organizationId: organization, actorId: newId(), role: 'integration' }))
      const [, result] = await wire.send([context, { name: 'bench_pick', text: 'select public.bench_pick_one($1, $2, $3)', params: [organization, floor.siteId, pack ?? null] }])
      if (result?.rows[0]?.[0] !== 't') return
      picks += 1
    }
  }))
  const seconds = (performance.now() - began) / 1000
  await Promise.all(wires.map((wire) => wire.close()))
  return { picks, perSecond: picks / seconds }
}

/** What must be true of the site when everything has left, or of picks alone. */
async function faultsOf(world: World, floor: Floor, shipped: readonly ShipmentId[]): Promise<string[]> {
  const count = async (text: string): Promise<string> => (await sql(world.urlAs('superuser'), text))[0]?.[0] ?? ''
  const site = `'${floor.siteId}'`
  const checks: readonly (readonly [string, string])[] = [
    ['picks that are not done once and whole', `select count(*) from bss.warehouse_task t where t.site_id = ${site} and t.kind = 'pick' and (t.status <> 'completed' or t.done <> t.planned)`],
    ['tasks whose moves are not their sum', `select count(*) from bss.warehouse_task t where t.site_id = ${site} and t.kind = 'pick' and t.planned is distinct from (select sum(m.quantity) from bss.stock_move m where m.organization_id = t.organization_id and m.document_id = t.id)`],
    ['lines that did not leave whole', `select count(*) from bss.shipment_line l join bss.shipment s on s.organization_id = l.organization_id and s.id = l.shipment_id where s.site_id = ${site} and s.status = 'shipped' and l.shipped <> l.planned`],
    ['shipments that did not leave', `select ${shipped.length} - count(*) from bss.shipment s where s.site_id = ${site} and s.status = 'shipped'`],
  ]
  const found: string[] = []
  for (const [what, text] of checks) {
    const n = await count(text)
    if (n !== '0') found.push(`${what}: ${n}`)
  }
  return found
}

async function run(bench: Bench) {
  const { world, isQuick } = bench
  const orders = isQuick ? 200 : 2000
  const { host, port } = await world.service(true)
  const baseUrl = `http://${host}:${port}`
  const token = world.keys.get(1) ?? ''
  const sender = senderOf(baseUrl, token)
  bench.say(`a warehouse, and ${orders} orders of ${LINES_EACH} lines released in waves`)
  const plan = { items: isQuick ? 100 : 400, onHand: 1000, packLocations: 1 }
  const floor = await openFloor(sender, { ...plan, siteCode: 'SHIFT' })
  await clientOf(shipmentsApi, sender).setShippingSettings({ params: { siteId: floor.siteId }, body: { companyPrefix: '9521234', extension: 0 } })
  await releaseOrders(sender, floor, orders, LINES_EACH)
  const shipments = await toTheFloor(sender, floor)
  const lines = orders * LINES_EACH
  const phase = async (name: string, picks: number, rate: number): Promise<ShiftResult> => {
    bench.say(`${OPERATORS} operators, ${picks} lines${rate === 0 ? '' : ` at ${short(rate)} a second`}`)
    const order: ShiftPlan = { baseUrl, token, siteId: floor.siteId, operators: OPERATORS, rate, picks, phase: name }
    return (await startChild('shift-process.ts', order, ShiftResult)).said
  }
  const fast = await phase('fast', Math.round(lines * FAST_PART), 0)
  const perSecond = fast.picks / fast.seconds
  const paced = await phase('paced', lines - fast.picks, perSecond / 2)
  bench.say('packing and goods issue')
  const seconds = await packAndShip(sender, shipments)
  const faults = [...(await faultsOf(world, floor, shipments)), ...fast.failures, ...paced.failures]
  bench.say('the same picks over bare connections')
  const other = await openFloor(sender, { ...plan, siteCode: 'DIRECT', items: 1 }, floor)
  const directOrders = Math.round(orders / 4)
  await releaseOrders(sender, other, directOrders, LINES_EACH)
  await toTheFloor(sender, other)
  const direct = await directly(world, other)
  bench.acknowledged(orders + directOrders)
  if (faults.length > 0 || fast.twice + paced.twice > 0 || fast.picks + paced.picks !== lines) throw new Error(`The shift is not right: ${fast.picks + paced.picks} of ${lines} lines, ${fast.twice + paced.twice} twice; ${faults.join('; ')}`)
  const row = (name: string, result: ShiftResult) => [name, short(result.picks / result.seconds), short(result.next.p50Ms), short(result.next.p99Ms), short(result.done.p50Ms), short(result.done.p99Ms)]
  return {
    rows: [
      ['', 'lines/s', 'next p50 ms', 'next p99 ms', 'pick p50 ms', 'pick p99 ms'], row(`${OPERATORS} operators, as fast as they can`, fast), row('the same, at half that pace', paced),
      [`direct SQL, ${DIRECT_CONNECTIONS} connections`, short(direct.perSecond), '', '', '', ''], [`packed, staged, loaded, issued: lines`, short(lines / seconds), '', '', '', ''],
    ],
    ratios: { 'shift, lines ÷ direct SQL': perSecond / direct.perSecond, 'next task at half pace, p99 ms': paced.next.p99Ms, 'pick at half pace, p99 ms': paced.done.p99Ms },
    notes: [`${lines} lines of ${orders} orders picked once each, packed and issued; 0 twice, 0 rules broken`],
  }
}

export const shift: Benchmark = {
  name: 'shift',
  compares: `a shift through HTTP (${OPERATORS} operators: next task, pick; then packing and goods issue) with the same picks as one function call each over bare connections`,
  run,
}

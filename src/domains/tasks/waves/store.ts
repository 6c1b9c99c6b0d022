// All SQL about waves.
import { idOf, newId, type ShipmentId, type ShipmentLineId, type SiteId, type WaveId } from '../../../kernel/ids.ts'
import { isList } from '../../../kernel/json.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../../inventory/index.ts'
import { plannedLines, releaseShipments } from '../../shipments/index.ts'
import { waveReleased } from '../events.ts'
import { pickTasksOf } from '../picks.ts'
import { WAVE_STATUSES, words } from '../rules.ts'
import type { Wave, WaveDraft } from './contract.ts'

type Writing = Tx<'write', 'tasks:read' | 'tasks:manage'>

function shipmentIdsOf(value: unknown): ShipmentId[] {
  if (!isList(value)) throw new TypeError('Not a list of shipments.')
  return value.map((each) => idOf<'Shipment'>(String(each)))
}
const wave = {
  id: column.id<WaveId>(), number: column.text, siteId: column.id<SiteId>(), status: column.oneOf(WAVE_STATUSES), shipmentIds: column.decoded(shipmentIdsOf), tasks: column.int, tasksEnded: column.int, rowVersion: column.int, createdAt: column.instant,
}
const WAVE = `select w.id, w.number, w.site_id, w.status,
    to_jsonb(array(select s.shipment_id from bss.wave_shipment s where s.organization_id = $1 and s.wave_id = w.id order by s.shipment_id)) as shipment_ids,
    (select count(*) from bss.warehouse_task t where t.organization_id = $1 and t.wave_id = w.id) as tasks,
    (select count(*) from bss.warehouse_task t where t.organization_id = $1 and t.wave_id = w.id and t.ended_at is not null) as tasks_ended, w.row_version, w.created_at
  from bss.wave w where w.organization_id = $1`
const byId = read('tasks:read', `${WAVE} and w.id = $2`, wave)
export const listWaves = listing('tasks:read', {
  select: WAVE, shape: wave, filters: { siteId: 'w.site_id = ?::uuid', status: 'w.status = ?' },
  sorts: { created: { sql: 'w.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'w.id', type: 'uuid', of: (row) => row.id },
})
export const getWave = (tx: Tx<'read', 'tasks:read'>, id: WaveId): Promise<Wave> => tx.one('wave', byId, [id])

const takenBy = write('tasks:manage', `
  select distinct x.shipment_id from bss.wave_shipment x join bss.wave w on w.organization_id = $1 and w.id = x.wave_id where x.organization_id = $1 and x.shipment_id = any($2::uuid[]) and w.status <> 'cancelled'`, { shipmentId: column.id<ShipmentId>() })
/** The shipments stay locked until the commit, so that two waves that are planned at once do not take the same. */
const lockShipments = write('tasks:manage', 'select s.id from bss.shipment s where s.organization_id = $1 and s.id = any($2::uuid[]) order by s.id for no key update', { id: column.id<ShipmentId>() })
const number = write('tasks:manage', "select t.first_number, t.prefix from bss.take_numbers($1, 'wave', 'WV-', 1) t", { firstNumber: column.int, prefix: column.text })
const insert = write('tasks:manage', 'insert into bss.wave (organization_id, id, number, site_id) values ($1, $2, $3, $4)', {}, { wave_site_unknown: ['invalid', 'There is no such site.', '/siteId'] })
const insertShipments = write('tasks:manage', 'insert into bss.wave_shipment (organization_id, id, wave_id, shipment_id) select $1, bss.new_id(), $2, u.id from unnest($3::uuid[]) u (id)', {})

const LINES_DEFAULT = 1000
/** A wave is made of whole shipments, the most urgent first, up to so many lines. */
export async function planWave(tx: Writing, { maxLines, ...filter }: WaveDraft): Promise<Wave> {
  const limit = maxLines ?? LINES_DEFAULT
  const lines = Map.groupBy(await plannedLines(tx, { ...filter, limit: limit + 1 }), (each) => each.shipmentId)
  const locked = await tx.rows(lockShipments, [[...lines.keys()]])
  const taken = new Set((await tx.rows(takenBy, [locked.map(({ id }) => id)])).map(({ shipmentId }) => shipmentId))
  const ids: ShipmentId[] = []
  let count = 0
  for (const [id, mine] of lines) {
    if (taken.has(id)) continue
    if (count > 0 && count + mine.length > limit) break
    count += mine.length
    ids.push(id)
  }
  if (ids.length === 0) throw new Problem('conflict', 'No planned shipment fits, or each is in a wave already.')
  const id = newId<'Wave'>()
  const taking = await tx.one('series', number)
  await tx.rows(insert, [id, `${taking.prefix}${String(taking.firstNumber).padStart(6, '0')}`, filter.siteId])
  await tx.rows(insertShipments, [id, ids])
  tx.changed({ entity: 'wave', id, action: 'planned', after: { shipmentIds: ids } })
  return getWave(tx, id)
}

const lock = write('tasks:manage', 'select w.status from bss.wave w where w.organization_id = $1 and w.id = $2 for no key update', { status: column.oneOf(WAVE_STATUSES) })
const setStatus = write('tasks:manage', 'update bss.wave set status = $3 where organization_id = $1 and id = $2', {})
const stillPlanned = write('tasks:manage', `
  select s.id from bss.wave_shipment x join bss.shipment s on s.organization_id = $1 and s.id = x.shipment_id where x.organization_id = $1 and x.wave_id = $2 and s.status = 'planned' order by s.id`, { id: column.id<ShipmentId>() })
const linesOf = write('tasks:manage', 'select l.id from bss.shipment_line l where l.organization_id = $1 and l.shipment_id = any($2::uuid[]) order by l.id', { id: column.id<ShipmentLineId>() })

/** Releases a wave. The wave's lock comes before those of orders: nobody else takes it while holding one. */
export async function releaseWave(tx: Writing, id: WaveId): Promise<Wave> {
  const { status } = await tx.one('wave', lock, [id])
  if (status !== 'planned') throw new Problem('illegal_transition', `A wave that is ${words(status)} cannot be released.`)
  const shipmentIds = (await tx.rows(stillPlanned, [id])).map((each) => each.id)
  if (shipmentIds.length === 0) throw new Problem('illegal_transition', 'None of its shipments is planned any more.')
  await releaseShipments(tx, shipmentIds)
  const lineIds = (await tx.rows(linesOf, [shipmentIds])).map((each) => each.id)
  const made = await tx.rows(pickTasksOf('tasks:manage'), [lineIds, id])
  await tx.rows(setStatus, [id, 'released'])
  const { siteId } = await getWave(tx, id)
  tx.emit(waveReleased, id, { waveId: id, siteId })
  tx.changed({ entity: 'wave', id, action: 'released', after: { shipmentIds, lines: made.length } })
  return getWave(tx, id)
}

export async function cancelWave(tx: Writing, id: WaveId): Promise<Wave> {
  const { status } = await tx.one('wave', lock, [id])
  if (status !== 'planned') throw new Problem('illegal_transition', `A wave that is ${words(status)} is not cancelled: cancel its shipments.`)
  await tx.rows(setStatus, [id, 'cancelled'])
  tx.changed({ entity: 'wave', id, action: 'cancelled' })
  return getWave(tx, id)
}

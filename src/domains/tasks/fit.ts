// Open picks are brought in line with what is still promised, and waves that have nothing left to do end.
import type { Permission } from '../../kernel/access.ts'
import type { OrderId, ShipmentLineId, WaveId } from '../../kernel/ids.ts'
import { micros, quantityOf } from '../../kernel/quantity.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { allocateAgain } from '../orders/index.ts'
import { lockForPicks, recordShort } from '../shipments/index.ts'
import { pickTasksOf } from './picks.ts'

const touched = { waveId: column.nullable(column.id<WaveId>()) }
/** The oldest task of a promise keeps most. */
const fitOf = <const P extends Permission>(needs: P, others: 'wait' | 'skip') => write(needs, `
  with mine as materialized (
    select t.id from bss.reservation v join bss.warehouse_task t on t.organization_id = $1 and t.reservation_id = v.id and t.kind = 'pick' and t.ended_at is null
     where v.organization_id = $1 and v.order_id = any($2::uuid[]) order by t.id for no key update of t ${others === 'skip' ? 'skip locked' : ''}
  ), open as (
    select t.id, t.done, t.planned - t.done as quantity, case when v.kind = 'hard' and v.status = 'open' then v.quantity else 0 end as promised, sum(t.planned - t.done) over (partition by v.id order by t.id) as upto
      from bss.reservation v join bss.warehouse_task t on t.organization_id = $1 and t.reservation_id = v.id and t.kind = 'pick' and t.ended_at is null
     where v.organization_id = $1 and v.order_id = any($2::uuid[])
  ), kept as (select o.id, o.done, o.quantity, greatest(0, least(o.quantity, o.promised - (o.upto - o.quantity))) as quantity_kept from open o)
  update bss.warehouse_task t
     set planned = case when k.quantity_kept = 0 then t.planned else k.done + k.quantity_kept end,
         status = case when k.quantity_kept = 0 then 'cancelled' else t.status end, ended_at = case when k.quantity_kept = 0 then now() end,
         lease_device = case when k.quantity_kept = 0 then null else t.lease_device end, lease_until = case when k.quantity_kept = 0 then null else t.lease_until end
    from kept k where t.organization_id = $1 and t.id = k.id and t.id in (select m.id from mine m) and k.quantity_kept < k.quantity returning t.wave_id`, touched)
const fitWaiting = fitOf('tasks:manage', 'wait')
const fitAtOnce = fitOf('tasks:work', 'skip')
const endOf = <const P extends Permission>(needs: P) => write(needs, 'select bss.end_waves($1, $2::uuid[])::text as done', { done: column.text })
const endWaiting = endOf('tasks:manage')
const endAtOnce = endOf('tasks:work')

type Named = readonly { readonly waveId: WaveId | null }[]
const wavesOf = (rows: Named): WaveId[] => [...new Set(rows.flatMap(({ waveId }) => waveId ?? []))]

/** Completes those of these waves in which every task has ended. */
export async function endWaves(tx: Tx<'write', 'tasks:manage'>, rows: Named): Promise<void> {
  const waves = wavesOf(rows)
  if (waves.length > 0) await tx.rows(endWaiting, [waves])
}
/** Cuts back the open picks of these orders. */
export async function fitOrders(tx: Tx<'write', 'tasks:manage'>, orderIds: readonly OrderId[]): Promise<void> {
  await endWaves(tx, await tx.rows(fitWaiting, [orderIds]))
}
/**
 * The same in the transaction that broke the promises, which holds locks of stock already: it does not wait for a task that somebody is
 * ending at this moment. The reaction to the broken promise comes later and waits.
 */
export async function fitOrdersAtOnce(tx: Tx<'write', 'tasks:work'>, orderIds: readonly OrderId[]): Promise<void> {
  if (orderIds.length === 0) return
  const waves = wavesOf(await tx.rows(fitAtOnce, [orderIds]))
  if (waves.length > 0) await tx.rows(endAtOnce, [waves])
}

const onTheFloor = write('tasks:manage', `
  select distinct on (l.id) l.id, w.id as wave_id
    from bss.sales_order_line o
    join bss.shipment_line l on l.organization_id = $1 and l.order_line_id = o.id
    join bss.shipment s on s.organization_id = $1 and s.id = l.shipment_id and s.status in ('released', 'picking')
    join bss.wave_shipment x on x.organization_id = $1 and x.shipment_id = s.id
    join bss.wave w on w.organization_id = $1 and w.id = x.wave_id and w.status in ('released', 'in_progress', 'completed')
   where o.organization_id = $1 and o.order_id = any($2::uuid[]) order by l.id, w.id desc`, { id: column.id<ShipmentLineId>(), waveId: column.id<WaveId>() })

/** Promises that lost their bin get another where there is one, and the floor new tasks; what finds none is no longer planned for its shipment. */
export async function seekAnew(tx: Tx<'write', 'tasks:manage'>, orderIds: readonly OrderId[]): Promise<void> {
  if (orderIds.length === 0) return
  const lines = await tx.rows(onTheFloor, [orderIds])
  if (lines.length > 0) await lockForPicks(tx, lines.map(({ id }) => id))
  await fitOrders(tx, orderIds)
  await allocateAgain(tx, orderIds)
  const shorts: { shipmentLineId: ShipmentLineId; quantity: string }[] = []
  for (const [waveId, mine] of Map.groupBy(lines, (each) => each.waveId)) {
    for (const { shipmentLineId, wanted, made } of await tx.rows(pickTasksOf('tasks:manage'), [mine.map(({ id }) => id), waveId])) {
      const rest = micros(wanted) - micros(made)
      if (rest > 0n) shorts.push({ shipmentLineId, quantity: quantityOf(rest) })
    }
  }
  if (shorts.length > 0) await recordShort(tx, shorts)
}

// All SQL about cluster picking.
import type { ShipmentId, TaskId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { LEASE_SECONDS, workOnMany, type Working } from '../work/store.ts'
import type { Cluster, ClusterWanted } from './contract.ts'

/** Totes with goods of a shipment that is not packed, or on their way to be filled. */
const inUse = write('tasks:work', `
  select distinct t.tote from bss.warehouse_task t join bss.shipment s on s.organization_id = $1 and s.id = t.shipment_id and s.status in ('released', 'picking', 'picked')
   where t.organization_id = $1 and t.site_id = $2 and t.tote = any($3::text[]) and (t.done > 0 or t.status in ('leased', 'in_progress', 'exception'))`, { tote: column.text })
const lease = write('tasks:work', 'select l.task_id from bss.lease_cluster($1, $2, $3::uuid[], $4, now() + make_interval(secs => $5), $6::text[]) l', { taskId: column.id<TaskId>() })

/** Leases a walk: whole shipments, as many as there are totes. Each pick is then done, or scanned, like any other. */
export async function nextCluster(tx: Working, { siteId, deviceId, zoneIds, totes }: ClusterWanted): Promise<Cluster> {
  const full = new Set((await tx.rows(inUse, [siteId, totes])).map(({ tote }) => tote))
  if (full.size > 0) {
    throw new Problem('conflict', 'Not all of these totes are empty.', { errors: totes.flatMap((tote, index) => (full.has(tote) ? [{ pointer: `/totes/${index}`, code: 'tote_in_use', message: 'Goods of a shipment that is not packed belong in this tote.' }] : [])) })
  }
  const tasks = await workOnMany(tx, (await tx.rows(lease, [siteId, zoneIds ?? null, deviceId, LEASE_SECONDS, totes])).map(({ taskId }) => taskId))
  const shipments = new Map<string, ShipmentId>()
  for (const { tote, shipmentId } of tasks) if (tote !== null && shipmentId !== null) shipments.set(tote, shipmentId)
  return { tasks, totes: totes.flatMap((tote) => { const shipmentId = shipments.get(tote); return shipmentId === undefined ? [] : [{ tote, shipmentId }] }), leaseSeconds: LEASE_SECONDS }
}

// Cluster picking: several shipments on one walk, each into a tote of its own.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ShipmentId, type SiteId, type ZoneId } from '../../../kernel/ids.ts'
import { closed, line } from '../../../kernel/schema.ts'
import { Task } from '../work/contract.ts'

export const ClusterWanted = Type.Object({
  siteId: idSchema<SiteId>(), deviceId: line(100), zoneIds: Type.Optional(Type.Array(idSchema<ZoneId>(), { minItems: 1, maxItems: 50, uniqueItems: true })),
  totes: Type.Array(line(40), { minItems: 1, maxItems: 24, uniqueItems: true, description: 'What stands on the trolley: a shipment goes into each' }),
}, closed)
export type ClusterWanted = Type.Static<typeof ClusterWanted>
export const Cluster = Type.Object({
  tasks: Type.Array(Task, { description: 'In the order of the path; each names its tote' }), totes: Type.Array(Type.Object({ tote: Type.String(), shipmentId: idSchema<ShipmentId>() }, closed)), leaseSeconds: Type.Integer(),
}, closed)
export type Cluster = Type.Static<typeof Cluster>

const example = '01890a5d-ac96-774b-bcce-b302099a8057'
export const clustersApi = defineApi({
  nextCluster: {
    method: 'POST', path: '/api/v1/tasks/next-cluster', needs: 'tasks:work', summary: 'Lease the picks of the shipments that matter most, each into a tote of its own, as one walk', body: ClusterWanted, status: 200, returns: Cluster,
    fails: ['conflict'], example: { siteId: example, deviceId: 'scanner-7', totes: ['TOTE-1', 'TOTE-2', 'TOTE-3'] },
  },
})

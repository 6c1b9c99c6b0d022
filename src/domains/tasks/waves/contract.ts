// Waves: shipments that go to the floor together.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type CarrierId, type OrderId, type ShipmentId, type SiteId, type WaveId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import type { RouteId } from '../../shipments/contract.ts'
import { WAVE_STATUSES } from '../rules.ts'
import { Instant } from '../../../kernel/instant.ts'
import { closed, oneOf, sortBy } from '../../../kernel/schema.ts'

export const Wave = Type.Object({
  id: idSchema<WaveId>(), number: Type.String(), siteId: idSchema<SiteId>(), status: oneOf(WAVE_STATUSES), shipmentIds: Type.Array(idSchema<ShipmentId>()),
  tasks: Type.Integer(), tasksEnded: Type.Integer(), rowVersion: Type.Integer({ minimum: 1 }), createdAt: Instant,
}, closed)
export type Wave = Type.Static<typeof Wave>
export const WaveDraft = Type.Object({
  siteId: idSchema<SiteId>(), carrierId: Type.Optional(idSchema<CarrierId>()), routeId: Type.Optional(idSchema<RouteId>()), priorityMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 9, description: 'This urgent or more' })),
  shipByMax: Type.Optional(Instant), orderIds: Type.Optional(Type.Array(idSchema<OrderId>(), { minItems: 1, maxItems: 500 })), shipmentIds: Type.Optional(Type.Array(idSchema<ShipmentId>(), { minItems: 1, maxItems: 500 })),
  maxLines: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 1000 })),
}, closed)
export type WaveDraft = Type.Static<typeof WaveDraft>

const WavePath = Type.Object({ waveId: idSchema<WaveId>() }, closed)
const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const command = { needs: ['tasks:read', 'tasks:manage'], params: WavePath, status: 200, returns: Wave, fails: ['not_found', 'illegal_transition', 'conflict'] } as const

export const wavesApi = defineApi({
  planWave: { method: 'POST', path: '/api/v1/waves', needs: ['tasks:read', 'tasks:manage'], summary: 'Plan a wave of planned shipments that no living wave has', body: WaveDraft, status: 201, returns: Wave, fails: ['conflict', 'invalid'], example: { siteId: example } },
  listWaves: {
    method: 'GET', path: '/api/v1/waves', needs: 'tasks:read', summary: 'List waves', status: 200, returns: pageOf(Wave), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[status]': Type.Optional(oneOf(WAVE_STATUSES)), sort: sortBy(['created']) }, closed),
  },
  getWave: { method: 'GET', path: '/api/v1/waves/{waveId}', needs: 'tasks:read', summary: 'Get a wave', params: WavePath, status: 200, returns: Wave, fails: ['not_found'] },
  releaseWave: { ...command, method: 'POST', path: '/api/v1/waves/{waveId}/release', summary: 'Release a wave: its shipments go to the floor, and pick tasks are made' },
  cancelWave: { ...command, method: 'POST', path: '/api/v1/waves/{waveId}/cancel', summary: 'Cancel a wave before its release' },
})

// Tasks for the people and machines of the floor: what is next, who holds it, and how it ended.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ActorId, type CycleCountId, type Id, type InspectionId, type ItemId, type LocationId, type LotId, type ReservationId, type ShipmentId, type ShipmentLineId, type SiteId, type TaskId, type WaveId, type ZoneId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { CountEntry, InspectionResult } from '../../inventory/contract.ts'
import { UnitDraft } from '../../shipments/contract.ts'
import { EXCEPTION_CODES, SHORT_CODES, TASK_KINDS, TASK_STATUSES } from '../rules.ts'
import { Instant } from '../../../kernel/instant.ts'
import { closed, line, oneOf, orNull, sortBy } from '../../../kernel/schema.ts'

export const Task = Type.Object({
  id: idSchema<TaskId>(), siteId: idSchema<SiteId>(), zoneId: orNull(idSchema<ZoneId>()), kind: oneOf(TASK_KINDS), status: oneOf(TASK_STATUSES), priority: Type.Integer(), dueAt: orNull(Instant), pickSequence: Type.Integer(),
  fromLocationId: orNull(idSchema<LocationId>()), fromLocationCode: orNull(Type.String()), toLocationId: orNull(idSchema<LocationId>()), toLocationCode: orNull(Type.String()),
  itemId: orNull(idSchema<ItemId>()), sku: orNull(Type.String()), lotId: orNull(idSchema<LotId>()), lotNumber: orNull(Type.String()), planned: orNull(Type.String()), done: Type.String(),
  reservationId: orNull(idSchema<ReservationId>()), shipmentId: orNull(idSchema<ShipmentId>()), shipmentLineId: orNull(idSchema<ShipmentLineId>()), waveId: orNull(idSchema<WaveId>()), countId: orNull(idSchema<CycleCountId>()), inspectionId: orNull(idSchema<InspectionId>()), tote: orNull(Type.String({ description: 'Of a cluster pick: where its goods go' })), receiptId: orNull(idSchema<Id<'Receipt'>>()),
  assignee: orNull(idSchema<ActorId>()), leaseDevice: orNull(Type.String()), leaseUntil: orNull(Instant), exceptionCode: orNull(Type.String()), rowVersion: Type.Integer({ minimum: 1 }), createdAt: Instant, endedAt: orNull(Instant),
}, closed)
export type Task = Type.Static<typeof Task>

const Device = line(100)
export const NextTask = Type.Object({
  siteId: idSchema<SiteId>(), deviceId: Device, zoneIds: Type.Optional(Type.Array(idSchema<ZoneId>(), { minItems: 1, maxItems: 50, uniqueItems: true })),
  kinds: Type.Optional(Type.Array(oneOf(TASK_KINDS), { minItems: 1, maxItems: TASK_KINDS.length, uniqueItems: true })),
  nearLocationId: Type.Optional(idSchema<LocationId>()), count: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 1, description: 'More than one: a batch, in the order of the path' })),
}, closed)
export type NextTask = Type.Static<typeof NextTask>
export const Completion = Type.Object({
  deviceId: Device, quantity: Type.Optional(PositiveQuantity), toLocationId: Type.Optional(idSchema<LocationId>()), occurredAt: Type.Optional(Instant),
  entries: Type.Optional(Type.Array(CountEntry, { maxItems: 1000, description: 'Of a count: everything that lies there' })),
  inspection: Type.Optional(Type.Object({ accepted: InspectionResult.properties.accepted, rejected: InspectionResult.properties.rejected, disposition: InspectionResult.properties.disposition, reason: InspectionResult.properties.reason }, { ...closed, description: 'Of an inspection: what was found; toLocationId is where accepted goods go' })),
  units: Type.Optional(Type.Array(UnitDraft, { minItems: 1, maxItems: 100, description: 'Of packing: the packages that were made' })),
  labels: Type.Optional(Type.Array(line(200), { minItems: 1, maxItems: 500, description: 'Of loading and unloading: the SSCCs that were scanned, of every package and pallet that stands for itself' })),
  tote: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'Of a cluster pick: the tote the goods were put in, to be sure' })),
}, closed)
export type Completion = Type.Static<typeof Completion>
export const ShortPick = Type.Object({
  deviceId: Device, found: Type.String({ pattern: '^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$', description: 'What was there, exact decimal of zero or more' }), code: oneOf(SHORT_CODES), toLocationId: Type.Optional(idSchema<LocationId>()),
}, closed)
export type ShortPick = Type.Static<typeof ShortPick>

const TaskPath = Type.Object({ taskId: idSchema<TaskId>() }, closed)
const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const Held = Type.Object({ deviceId: Device }, closed)
const work = { needs: 'tasks:work', params: TaskPath, status: 200, returns: Task, fails: ['not_found', 'illegal_transition', 'conflict', 'invalid', 'insufficient_stock'] } as const

export const workApi = defineApi({
  nextTasks: {
    method: 'POST', path: '/api/v1/tasks/next', needs: 'tasks:work', summary: 'Lease the task that matters most, or a batch of them; none when there is no work', body: NextTask, status: 200,
    returns: Type.Object({ tasks: Type.Array(Task), leaseSeconds: Type.Integer() }, closed), fails: ['invalid'], example: { siteId: example, deviceId: 'scanner-7', kinds: ['pick'] },
  },
  listTasks: {
    method: 'GET', path: '/api/v1/tasks', needs: 'tasks:read', summary: 'List tasks', status: 200, returns: pageOf(Task), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[status]': Type.Optional(oneOf(TASK_STATUSES)), 'filter[kind]': Type.Optional(oneOf(TASK_KINDS)), 'filter[waveId]': Type.Optional(idSchema<WaveId>()),
      'filter[shipmentId]': Type.Optional(idSchema<ShipmentId>()), sort: sortBy(['created']),
    }, closed),
  },
  countTasks: {
    method: 'GET', path: '/api/v1/tasks/counts', needs: 'tasks:read', summary: 'How many tasks of a site are in which state, by kind', status: 200, fails: [], query: Type.Object({ siteId: idSchema<SiteId>() }, closed),
    returns: Type.Object({ items: Type.Array(Type.Object({ kind: oneOf(TASK_KINDS), status: oneOf(TASK_STATUSES), count: Type.Integer() }, closed)) }, closed),
  },
  getTask: { method: 'GET', path: '/api/v1/tasks/{taskId}', needs: 'tasks:read', summary: 'Get a task', params: TaskPath, status: 200, returns: Task, fails: ['not_found'] },
  heartbeatTask: { ...work, method: 'POST', path: '/api/v1/tasks/{taskId}/heartbeat', summary: 'Hold a lease for longer', body: Held, example: { deviceId: 'scanner-7' } },
  releaseTask: { ...work, method: 'POST', path: '/api/v1/tasks/{taskId}/release', summary: 'Give a task back on which nothing was done', body: Held, example: { deviceId: 'scanner-7' } },
  completeTask: {
    ...work, method: 'POST', path: '/api/v1/tasks/{taskId}/complete', summary: 'Do a task, or a part of it: the goods move with it', body: Completion, example: { deviceId: 'scanner-7', quantity: '2' },
  },
  shortTask: {
    ...work, method: 'POST', path: '/api/v1/tasks/{taskId}/short', summary: 'Fewer goods were there: what was found is picked, the rest is sought elsewhere, and the bin is counted', body: ShortPick,
    example: { deviceId: 'scanner-7', found: '1', code: 'too_few' },
  },
  failTask: {
    ...work, method: 'POST', path: '/api/v1/tasks/{taskId}/exception', summary: 'Say why a task cannot be done; a lead decides', example: { deviceId: 'scanner-7', code: 'location_blocked' },
    body: Type.Object({ deviceId: Device, code: oneOf(EXCEPTION_CODES), note: Type.Optional(Type.String({ maxLength: 2000 })) }, closed),
  },
  reassignTask: {
    ...work, needs: ['tasks:work', 'tasks:manage'], method: 'POST', path: '/api/v1/tasks/{taskId}/reassign', summary: 'Take a task from its holder and give it to somebody, or to whoever is free; ends an exception', example: { assignee: null },
    body: Type.Object({ assignee: orNull(idSchema<ActorId>()), priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })) }, closed),
  },
})

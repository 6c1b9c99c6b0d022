// Moves that somebody orders: goods from one bin to another.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ActorId, type ItemId, type LocationId, type LotId, type SiteId, type TaskId } from '../../../kernel/ids.ts'
import { Instant } from '../../../kernel/instant.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { closed } from '../../../kernel/schema.ts'
import { Task } from '../work/contract.ts'

export const MoveDraft = Type.Object({
  siteId: idSchema<SiteId>(), itemId: idSchema<ItemId>(), lotId: Type.Optional(idSchema<LotId>()), fromLocationId: idSchema<LocationId>(), toLocationId: idSchema<LocationId>(), quantity: PositiveQuantity,
  priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 9, default: 5, description: '1 is the most urgent' })), dueAt: Type.Optional(Instant),
  assignee: Type.Optional(Type.Unsafe<ActorId>({ ...idSchema<ActorId>(), description: 'Whose task it is; whoever is free when nobody is named' })),
}, closed)
export type MoveDraft = Type.Static<typeof MoveDraft>

const example = '01890a5d-ac96-774b-bcce-b302099a8057'
export const movesApi = defineApi({
  orderMove: {
    method: 'POST', path: '/api/v1/tasks/moves', needs: ['tasks:work', 'tasks:manage'], summary: 'Have goods moved from one bin to another: a task for the floor', body: MoveDraft, status: 201, returns: Task,
    fails: ['invalid', 'insufficient_stock'], example: { siteId: example, itemId: example, fromLocationId: example, toLocationId: example, quantity: '12' },
  },
  cancelMove: {
    method: 'POST', path: '/api/v1/tasks/{taskId}/cancel', needs: ['tasks:work', 'tasks:manage'], summary: 'Cancel a move that was ordered; what was moved already stays where it is', params: Type.Object({ taskId: idSchema<TaskId>() }, closed), status: 200,
    returns: Task, fails: ['not_found', 'illegal_transition'],
  },
})

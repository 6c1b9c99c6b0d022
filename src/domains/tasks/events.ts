// What happens to tasks and waves.
import Type from 'typebox'
import { defineEvent } from '../../kernel/event.ts'
import { idSchema, type ItemId, type SiteId, type TaskId, type WaveId } from '../../kernel/ids.ts'
import { TASK_KINDS } from './rules.ts'
import { closed, oneOf, orNull } from '../../kernel/schema.ts'

const base = { taskId: idSchema<TaskId>(), siteId: idSchema<SiteId>(), kind: oneOf(TASK_KINDS) }

export const taskCompleted = defineEvent('task.completed', 'task', Type.Object({ ...base, itemId: orNull(idSchema<ItemId>()), isShort: Type.Boolean() }, closed))
export const taskFailed = defineEvent('task.exception', 'task', Type.Object({ ...base, code: Type.String() }, closed))
export const waveReleased = defineEvent('wave.released', 'wave', Type.Object({ waveId: idSchema<WaveId>(), siteId: idSchema<SiteId>() }, closed))

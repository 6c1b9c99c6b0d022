// The states of tasks and waves; the database holds the same tables, and a test compares them.
export const TASK_KINDS = ['putaway', 'pick', 'replenish', 'move', 'pack', 'load', 'unload', 'count', 'inspect'] as const
export const TASK_STATUSES = ['created', 'ready', 'leased', 'in_progress', 'completed', 'short_completed', 'exception', 'cancelled'] as const
export const WAVE_STATUSES = ['planned', 'released', 'in_progress', 'completed', 'cancelled'] as const
/** Why a task cannot be done as it was meant; the first three say that goods are not there. */
export const EXCEPTION_CODES = ['not_found', 'too_few', 'damaged', 'location_blocked', 'wrong_goods', 'equipment', 'lease_expired', 'other'] as const
/** What an operator may say when fewer were found: only then are the books corrected. */
export const SHORT_CODES = ['not_found', 'too_few', 'damaged'] as const

export type TaskStatus = (typeof TASK_STATUSES)[number]
export type WaveStatus = (typeof WAVE_STATUSES)[number]

export const TASK_ARROWS: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  created: ['ready', 'cancelled'], ready: ['leased', 'exception', 'cancelled'], leased: ['in_progress', 'ready', 'exception', 'cancelled'],
  in_progress: ['completed', 'short_completed', 'exception', 'cancelled'], exception: ['ready', 'cancelled'], completed: [], short_completed: [], cancelled: [],
}
export const WAVE_ARROWS: Readonly<Record<WaveStatus, readonly WaveStatus[]>> = {
  planned: ['released', 'cancelled'], released: ['in_progress', 'cancelled'], in_progress: ['completed', 'cancelled'], completed: [], cancelled: [],
}

export const words = (status: string): string => status.replaceAll('_', ' ')

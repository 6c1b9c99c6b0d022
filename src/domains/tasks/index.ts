// The face of tasks for the rooms above and for the composition of the service.
export { tasksHandlers } from './handlers.ts'
export { taskReactions } from './reactions.ts'
export { taskChores } from './chores.ts'

// The face of planning, for the composition of the service.
export { planningChores } from './chores.ts'
export { planningHandlers } from './handlers.ts'

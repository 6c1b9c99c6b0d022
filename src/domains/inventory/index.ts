// The face of inventory for the rooms above and for the composition of the service.
export { inventoryChores } from './chores.ts'
export { inventoryHandlers } from './handlers.ts'

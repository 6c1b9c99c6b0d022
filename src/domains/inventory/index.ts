// The face of inventory for the rooms above and for the composition of the service.
export { inventoryHandlers } from './handlers.ts'

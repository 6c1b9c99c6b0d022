// The face of shipments for the rooms above and for the composition of the service.
export { shipmentsHandlers } from './handlers.ts'
export { shipmentReactions } from './reactions.ts'
export { shipmentChores } from './chores.ts'
export { shipmentRounds } from './rounds.ts'

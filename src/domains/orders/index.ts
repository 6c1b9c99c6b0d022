// The face of orders for the rooms above and for the composition of the service.
export { ordersHandlers } from './handlers.ts'
export { orderReactions } from './reactions.ts'

// The face of tenancy: what the composition of the service needs. Rooms above know organizations by their ids alone.
export { tenancyHandlers } from './handlers.ts'
export type { SeedFirstAdmin } from './operation.ts'

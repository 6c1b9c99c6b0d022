// The face of audit: what the composition of the service needs.
export { auditHandlers } from './handlers.ts'

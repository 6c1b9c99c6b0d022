// The face of identity for the rooms above and for the composition of the service.
export type { Above } from './above.ts'
export { createAuthenticate } from './authenticate.ts'
export { identityHandlers } from './handlers.ts'
export { seedFirstAdmin } from './first-admin.ts'
export { keepingAnAdmin, keepingAnAdminOfIdentity } from './roles/admins.ts'
export { regrant } from './groups/regrant.ts'
export { createOperatorKey, revokeOperatorKey, type OperatorKey, type OperatorKeyDraft } from './operators.ts'

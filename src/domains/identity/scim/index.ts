// The face of provisioning. A key of a directory holds one permission; over its own people and groups it is lent the rights here, and the
// statements behind it never meet anybody else's.
import type { Page } from '../../../platform/http/page.ts'
import type { IdentityParts } from '../parts.ts'
import { pagesOf } from './pages.ts'

export { scimKeyHandlers } from './handlers.ts'
export const scimPages = (parts: IdentityParts): readonly Page[] => pagesOf(parts, (tx) => tx.lend('members:write'))

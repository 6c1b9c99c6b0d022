import type { Ctx } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { afterId } from '../after.ts'
import type { IdentityParts } from '../parts.ts'
import type { supportApi } from './contract.ts'
import * as desk from './desk.ts'
import { createGrant, getGrant, listGrants, revokeGrant } from './store.ts'

export function supportHandlers(parts: IdentityParts): Handlers<typeof supportApi> {
  const { database } = parts
  return {
    grantSupport: ({ ctx, body: { reason, hours, staffName } }) => database.write(ctx, (tx) => createGrant(tx, { reason: reason.trim(), hours, staffName: staffName ?? null })),
    listSupportGrants: async ({ ctx, query }) => {
      const page = await database.read(ctx, (tx) => listGrants(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: [...page.items] }
    },
    getSupportGrant: ({ ctx, params }) => database.read(ctx, (tx) => getGrant(tx, params.supportGrantId)),
    revokeSupportGrant: ({ ctx, params }) => database.write(ctx, (tx) => revokeGrant(tx, params.supportGrantId)),
    openSupportSession: async ({ ctx, body }) => desk.openSession(database, errandOf(ctx), body.organizationId, body.supportGrantId),
    listBreakGlass: async () => ({ items: await desk.listBreakGlass(database) }),
    requestBreakGlass: async ({ ctx, body }) => desk.requestBreakGlass(database, errandOf(ctx), body.organizationId, body.reason, parts.nowMs()),
    approveBreakGlass: async ({ ctx, params }) => desk.approveBreakGlass(database, errandOf(ctx), params.breakGlassId, parts.nowMs()),
  }
}

const errandOf = ({ facts }: Ctx): desk.Errand => ({ staff: desk.staffOf(facts), requestId: facts.requestId, address: '', userAgent: '' })

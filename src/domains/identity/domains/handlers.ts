import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { afterId } from '../after.ts'
import type { IdentityParts } from '../parts.ts'
import type { domainsApi } from './contract.ts'
import { addDomain, shownDomain, verifyDomain } from './decide.ts'
import * as store from './store.ts'

export function domainHandlers(parts: IdentityParts): Handlers<typeof domainsApi> {
  const { database } = parts
  return {
    listDomains: async ({ ctx, query }) => {
      const page = await database.read(ctx, (tx) => store.listDomains(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: page.items.map((row) => shownDomain(row)) }
    },
    addDomain: ({ ctx, body }) => database.write(ctx, (tx) => addDomain(tx, body.name, body.connectionId ?? null)),
    verifyDomain: async ({ ctx, params }) => {
      const row = await database.read(ctx.need('identity:read'), (tx) => store.getDomain(tx, params.domainId))
      return verifyDomain(parts, row, (work) => database.write(ctx, work))
    },
    routeDomain: ({ ctx, params, body }) => database.write(ctx, async (tx) => shownDomain(await store.saveRoute(tx, await store.lockDomain(tx, params.domainId), body.connectionId))),
    removeDomain: ({ ctx, params }) =>
      database.write(ctx, async (tx) => {
        await store.removeDomain(tx, await store.lockDomain(tx, params.domainId))
        return null
      }),
  }
}

// Operations on machine clients: a few lines each.
import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { afterId } from '../after.ts'
import type { IdentityParts } from '../parts.ts'
import type { clientsApi } from './contract.ts'
import * as clients from './decide.ts'
import { getClient, listClients, type ClientRow } from './store.ts'

export function clientHandlers({ database, outbound, origin }: IdentityParts): Handlers<typeof clientsApi> {
  const shown = (row: ClientRow) => clients.shownClient(origin(), row)
  return {
    createMachineClient: async ({ ctx, body }) => {
      const source = await clients.sourceOf(outbound, body)
      return database.write(ctx, async (tx) => shown(await clients.createClient(tx, ctx.facts, body, source)))
    },
    listMachineClients: async ({ ctx, query }) => {
      const filter = { serviceAccountId: query['filter[serviceAccountId]'] ?? null, status: query['filter[status]'] ?? null }
      const page = await database.read(ctx, (tx) => listClients(tx, filter, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: page.items.map(shown) }
    },
    getMachineClient: async ({ ctx, params }) => shown(await database.read(ctx, (tx) => getClient(tx, params.clientId))),
    replaceMachineClientKeys: async ({ ctx, params, body }) => {
      const source = await clients.sourceOf(outbound, body)
      return database.write(ctx, async (tx) => shown(await clients.replaceKeys(tx, ctx.facts, params.clientId, source, body.expiresInDays ?? null)))
    },
    rotateMachineClientKeys: async ({ ctx, params, body }) => {
      const source = await clients.sourceOf(outbound, { jwks: body.jwks })
      return database.write(ctx, async (tx) => shown(await clients.rotateKeys(tx, ctx.facts, params.clientId, body, source)))
    },
    revokeMachineClient: ({ ctx, params }) => database.write(ctx, async (tx) => shown(await clients.revokeClient(tx, params.clientId))),
  }
}

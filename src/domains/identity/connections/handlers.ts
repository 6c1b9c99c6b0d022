// Operations on connections and on the log of sign-ins.
import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { IdentityParts } from '../parts.ts'
import { afterId } from '../after.ts'
import * as attempts from './attempts.ts'
import * as certificates from './certificates.ts'
import type { connectionsApi } from './contract.ts'
import * as decide from './decide.ts'
import { shownConnection } from './shown.ts'
import * as store from './store.ts'
import type { ConnectionRow } from './store.ts'
import { newTicket } from './ticket.ts'

export function connectionHandlers(parts: IdentityParts): Handlers<typeof connectionsApi> {
  const { database } = parts
  const shown = (row: ConnectionRow) => shownConnection(parts.origin(), row)
  return {
    listConnections: async ({ ctx, query }) => {
      const page = await database.read(ctx, (tx) => store.listConnections(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: page.items.map(shown) }
    },
    getConnection: async ({ ctx, params }) => shown(await database.read(ctx, (tx) => store.getConnection(tx, params.connectionId))),
    createConnection: ({ ctx, body }) => database.write(ctx, async (tx) => shown(await decide.createConnection(tx, parts, body))),
    updateConnection: ({ ctx, params, body, expectedVersion }) => database.write(ctx, async (tx) => shown(await decide.updateConnection(tx, parts, params.connectionId, body, expectedVersion))),
    // Written though nothing changes: who tried is in the trail, and a repeated request gets the same ticket.
    testConnection: ({ ctx, params }) =>
      database.write(ctx.need('identity:read'), async (tx) => {
        await store.getConnection(tx, params.connectionId)
        return newTicket(parts, params.connectionId, ctx.facts.actor.id)
      }),
    activateConnection: ({ ctx, params }) => database.write(ctx, async (tx) => shown(await decide.moveConnection(tx, params.connectionId, 'activate'))),
    enforceConnection: ({ ctx, params }) => database.write(ctx, async (tx) => shown(await decide.enforceConnection(tx, params.connectionId, ctx.facts.actor.id, await attempts.readiness(tx, params.connectionId)))),
    relaxConnection: ({ ctx, params }) => database.write(ctx, async (tx) => shown(await decide.moveConnection(tx, params.connectionId, 'relax'))),
    disableConnection: ({ ctx, params }) => database.write(ctx, async (tx) => shown(await decide.moveConnection(tx, params.connectionId, 'disable'))),
    approveCertificate: ({ ctx, params, body }) => database.write(ctx, async (tx) => shown(await certificates.approve(tx, params.connectionId, body.sha256))),
    retireCertificate: ({ ctx, params, body }) => database.write(ctx, async (tx) => shown(await certificates.retire(tx, params.connectionId, body.sha256))),
    listSignInAttempts: async ({ ctx, query }) => {
      const filter = { connectionId: query['filter[connectionId]'] ?? null, outcome: query['filter[outcome]'] ?? null, purpose: query['filter[purpose]'] ?? null }
      const page = await database.read(ctx, (tx) => attempts.listAttempts(tx, filter, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: page.items.map((line) => (ctx.facts.fieldClasses.has('pii') ? line : { ...line, detail: null, subject: null, address: null, userAgent: null })) }
    },
  }
}

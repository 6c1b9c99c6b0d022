// Making, listing and ending set-up links: a Tenant Admin's side of it.
import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { afterId } from '../after.ts'
import { findConnection, newConnectionId } from '../connections/store.ts'
import type { IdentityParts } from '../parts.ts'
import { SETUP_HOURS_DEFAULT, type setupApi } from './contract.ts'
import { choiceOf, isOpenToSetUp } from './rules.ts'
import * as store from './store.ts'

export function setupHandlers({ database, origin }: IdentityParts): Handlers<typeof setupApi> {
  return {
    listSetupLinks: async ({ ctx, query }) => {
      const page = await database.read(ctx, (tx) => store.listLinks(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: [...page.items] }
    },
    createSetupLink: async ({ ctx, body }) => {
      const token = newKey('s')
      const { link, slug } = await database.write(ctx, async (tx) => {
        const connection = body.connectionId === undefined ? null : await findConnection(tx, body.connectionId)
        if (body.connectionId !== undefined && connection === null) throw new Problem('invalid', 'There is no such connection.', { errors: [{ pointer: '/connectionId', code: 'unknown', message: 'There is no such connection.' }] })
        if (connection !== null && !isOpenToSetUp(connection.status)) throw new Problem('illegal_transition', `The connection is ${connection.status}. A link sets up a draft, or one that was only tested.`)
        return store.insertLink(tx, {
          name: body.name ?? 'Set-up link', digest: keyDigest(token), reserved: connection?.id ?? newConnectionId(), connectionId: connection?.id ?? null,
          choice: connection === null ? null : choiceOf(connection), hours: body.expiresInHours ?? SETUP_HOURS_DEFAULT,
        })
      })
      // Added after the transaction, so that it is never kept: a repeated request gets the kept answer without it.
      return { ...link, url: ctx.facts.outcome.isReplayed ? null : `${origin()}/setup/${slug}/${token}` }
    },
    revokeSetupLink: ({ ctx, params }) => database.write(ctx, async (tx) => {
      const link = await store.lockLink(tx, params.setupLinkId)
      if (link.status !== 'open' && link.status !== 'in_use') throw new Problem('conflict', `The link is ${link.status} already.`)
      return store.revokeLink(tx, link)
    }),
  }
}

import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { afterId } from '../after.ts'
import type { IdentityParts } from '../parts.ts'
import type { passkeysApi } from './contract.ts'
import { beginRegistration, createEnrolmentLink, finishRegistration, personOfFacts, removePasskey } from './register.ts'
import { listPasskeys } from './store.ts'

export function passkeyHandlers(parts: IdentityParts): Handlers<typeof passkeysApi> {
  const { database } = parts
  return {
    listPasskeys: async ({ ctx, query }) => {
      const page = await database.read(ctx, (tx) => listPasskeys(tx, query['filter[userId]'] ?? null, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: [...page.items] }
    },
    beginPasskey: ({ ctx }) => {
      const userId = personOfFacts(ctx.facts, parts.nowMs())
      return database.housekeep(ctx, (tx) => beginRegistration(tx, parts, userId))
    },
    registerPasskey: ({ ctx, body }) => {
      const userId = personOfFacts(ctx.facts, parts.nowMs())
      return database.write(ctx, (tx) => finishRegistration(tx, parts, userId, body))
    },
    removePasskey: ({ ctx, params }) => database.write(ctx, (tx) => removePasskey(tx, params.passkeyId)),
    createPasskeyEnrolmentLink: async ({ ctx, body }) => {
      const secret = newKey('s')
      const { slug, userId, expiresAt } = await database.write(ctx, (tx) => createEnrolmentLink(tx, ctx.facts, body.userId, keyDigest(secret), parts.nowMs()))
      // Behind the #, where it is sent to no server and stands in no log. Never kept: a repeated request gets the kept answer without it.
      const url = ctx.facts.outcome.isReplayed ? null : `${parts.origin()}/passkeys/enrol?org=${slug}#${secret}`
      return { url, userId, expiresAt }
    },
  }
}

// Operations on keys of directories: a few lines each.
import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { newKey } from '../../../platform/crypto/keys.ts'
import { afterId } from '../after.ts'
import type { IdentityParts } from '../parts.ts'
import type { scimKeysApi } from './contract.ts'
import * as keys from './keys.ts'

export function scimKeyHandlers({ database, origin }: IdentityParts): Handlers<typeof scimKeysApi> {
  const shown = (row: keys.KeyRow) => keys.shownKey(origin(), row)
  return {
    createScimKey: async ({ ctx, body }) => {
      const secret = newKey('scim')
      const key = await database.write(ctx, async (tx) => shown(await keys.createScimKey(tx, ctx.facts, body, secret)))
      // Added after the transaction, so that it is never kept.
      return { ...key, secret: ctx.facts.outcome.isReplayed ? null : secret }
    },
    listScimKeys: async ({ ctx, query }) => {
      const page = await database.read(ctx, (tx) => keys.listScimKeys(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
      return { ...page, items: page.items.map(shown) }
    },
    getScimKey: async ({ ctx, params }) => shown(await database.read(ctx, (tx) => keys.getScimKey(tx, params.keyId))),
    rotateScimKey: async ({ ctx, params, body }) => {
      const secret = newKey('scim')
      const key = await database.write(ctx, async (tx) => shown(await keys.rotateScimKey(tx, ctx.facts, params.keyId, body, secret)))
      return { ...key, secret: ctx.facts.outcome.isReplayed ? null : secret }
    },
    revokeScimKey: ({ ctx, params }) => database.write(ctx, async (tx) => shown(await keys.revokeScimKey(tx, params.keyId))),
  }
}

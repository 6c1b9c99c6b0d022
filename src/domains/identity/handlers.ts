import { FIELD_CLASSES, ROLES, isRoleName, type Ctx } from '../../kernel/access.ts'
import type { Handlers } from '../../kernel/contract.ts'
import { idOf } from '../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../kernel/page.ts'
import { newKey, type KeyKind } from '../../platform/crypto/keys.ts'
import type { Database } from '../../platform/db/database.ts'
import type { Above } from './above.ts'
import { afterId } from './after.ts'
import * as accounts from './accounts/decide.ts'
import { getAccount, listAccounts } from './accounts/store.ts'
import type { ApiKey, identityApi, NewApiKey, WhoAmI } from './contract.ts'
import * as keys from './keys/decide.ts'
import { getKey, listKeys } from './keys/store.ts'
import { membersHandlers } from './members.ts'
import { roleTemplates } from './rules.ts'

export const identityHandlers = (database: Database, above: Above): Handlers<typeof identityApi> => ({
  ...membersHandlers(database, above),
  whoami: ({ ctx }) => Promise.resolve(whoIs(ctx)),
  listRoles: () => Promise.resolve({ items: roleTemplates() }),
  createServiceAccount: ({ ctx, body }) => database.write(ctx, (tx) => accounts.createAccount(tx, ctx.facts, above, body)),
  listServiceAccounts: async ({ ctx, query }) => {
    const filter = { status: query['filter[status]'] ?? null, role: query['filter[role]'] ?? null }
    const page = await database.read(ctx, (tx) => listAccounts(tx, filter, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: [...page.items] }
  },
  getServiceAccount: ({ ctx, params }) => database.read(ctx, (tx) => getAccount(tx, params.serviceAccountId)),
  assignRole: ({ ctx, params, body }) => database.write(ctx, (tx) => accounts.assignRole(tx, ctx.facts, above, params.serviceAccountId, body)),
  deactivateServiceAccount: ({ ctx, params }) => database.write(ctx, (tx) => accounts.deactivate(tx, ctx.facts, params.serviceAccountId)),
  createKey: async ({ ctx, body }) => {
    const secret = newKey(body.kind ?? 'live')
    return shownOnce(ctx, await database.write(ctx, (tx) => keys.createKey(tx, ctx.facts, body, secret)), secret)
  },
  listKeys: async ({ ctx, query }) => {
    const filter = { serviceAccountId: query['filter[serviceAccountId]'] ?? null, status: query['filter[status]'] ?? null }
    const page = await database.read(ctx, (tx) => listKeys(tx, filter, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: [...page.items] }
  },
  getKey: ({ ctx, params }) => database.read(ctx, (tx) => getKey(tx, params.keyId)),
  rotateKey: async ({ ctx, params, body }) => {
    let secret = ''
    const mint = (kind: KeyKind): string => (secret = newKey(kind))
    const key = await database.write(ctx, (tx) => keys.rotateKey(tx, ctx.facts, params.keyId, body, mint))
    return shownOnce(ctx, key, secret)
  },
  revokeKey: ({ ctx, params }) => database.write(ctx, (tx) => keys.revokeKey(tx, params.keyId)),
})

/** The secret is added after the transaction, so that it is never kept; a repeated request gets the kept answer without it. */
const shownOnce = (ctx: Ctx, key: ApiKey, secret: string): NewApiKey => ({ ...key, secret: ctx.facts.outcome.isReplayed ? null : secret })

function whoIs(ctx: Ctx): WhoAmI {
  const { organizationId, actor, role, permissions, fieldClasses, sites, session } = ctx.facts
  const isPlatform = isRoleName(role) && ROLES[role].plane === 'platform'
  return {
    plane: isPlatform ? 'platform' : 'tenant',
    organizationId: isPlatform ? null : organizationId,
    actor,
    role,
    roleTitle: role.split('+').map((name) => (isRoleName(name) ? ROLES[name].title : name)).join(', '),
    permissions: [...permissions].toSorted(),
    fieldClasses: FIELD_CLASSES.filter((fieldClass) => fieldClasses.has(fieldClass)),
    sites: sites === null ? null : [...sites].map((site) => idOf<'Site'>(site)),
    session: session === null ? null : { id: session.id, kind: session.kind, authenticatedAt: new Date(session.authenticatedAtMs).toISOString(), acr: session.acr },
  }
}

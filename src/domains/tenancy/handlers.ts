import type { Handlers } from '../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../kernel/page.ts'
import type { Database } from '../../platform/db/database.ts'
import type { tenancyApi } from './contract.ts'
import * as operation from './operation.ts'
import { getLimits, getMine, renameMine } from './store.ts'

/** `seedFirstAdmin` comes from identity, a room of the same rank: it is handed in where the service is put together. */
export const tenancyHandlers = (database: Database, seedFirstAdmin: operation.SeedFirstAdmin): Handlers<typeof tenancyApi> => ({
  createOrganization: ({ ctx, body }) => operation.createOrganization(database, ctx, body, seedFirstAdmin),
  renewFirstKey: ({ ctx, params }) => operation.renewFirstKey(database, ctx, params.organizationId, seedFirstAdmin),
  listOrganizations: async ({ ctx, query }) => {
    const page = await operation.listOrganizations(database, ctx, { limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after, status: query['filter[status]'] ?? null })
    return { ...page, items: [...page.items] }
  },
  getOrganization: ({ ctx, params }) => operation.getOrganization(database, ctx, params.organizationId),
  suspendOrganization: ({ ctx, params, body }) => operation.moveOrganization(database, ctx, params.organizationId, 'suspended', body.reason),
  resumeOrganization: ({ ctx, params, body }) => operation.moveOrganization(database, ctx, params.organizationId, 'active', body.reason),
  offboardOrganization: ({ ctx, params, body }) => operation.moveOrganization(database, ctx, params.organizationId, 'offboarding', body.reason),
  setOrganizationLimits: ({ ctx, params, body }) => operation.setOrganizationLimits(database, ctx, params.organizationId, body),
  getMyOrganization: ({ ctx }) => database.read(ctx, getMine),
  updateMyOrganization: ({ ctx, body, expectedVersion }) => database.write(ctx, (tx) => renameMine(tx, body.name, expectedVersion)),
  getMyLimits: ({ ctx }) => database.read(ctx, getLimits),
})

// Gathers the rooms. A new room is added here, and nowhere else.
import { auditHandlers } from '../domains/audit/index.ts'
import { auditApi } from '../domains/audit/contract.ts'
import { createAuthenticate, identityHandlers, seedFirstAdmin } from '../domains/identity/index.ts'
import { identityApi } from '../domains/identity/contract.ts'
import { inventoryChores, inventoryHandlers, knownSites } from '../domains/inventory/index.ts'
import { inventoryApi } from '../domains/inventory/contract.ts'
import { orderReactions, ordersHandlers } from '../domains/orders/index.ts'
import { ordersApi } from '../domains/orders/contract.ts'
import { planningChores, planningHandlers } from '../domains/planning/index.ts'
import { planningApi } from '../domains/planning/contract.ts'
import { tenancyHandlers } from '../domains/tenancy/index.ts'
import { tenancyApi } from '../domains/tenancy/contract.ts'
import type { Permission } from '../kernel/access.ts'
import { neededPermissions, type Api } from '../kernel/contract.ts'
import type { Database } from '../platform/db/database.ts'
import { implement, type Route } from '../platform/http/route.ts'
import type { Reaction } from '../platform/jobs/reaction.ts'
import type { Chore } from '../platform/jobs/worker.ts'

/** The contracts by room: what the OpenAPI document, the access matrix and the clients are made from. */
export const CONTRACTS = { tenancy: tenancyApi, identity: identityApi, inventory: inventoryApi, orders: ordersApi, planning: planningApi, audit: auditApi } as const satisfies Record<string, Api>

/** What identity explains: it may not look at the rooms above it by itself. */
const operations = (): ReadonlyMap<string, readonly Permission[]> =>
  new Map(Object.entries<Api>(CONTRACTS).flatMap(([room, api]) => Object.entries(api).map(([name, operation]) => [`${room}.${name}`, neededPermissions(operation)] as const)))

export const routesOf = (database: Database): readonly Route[] => [
  ...implement('tenancy', tenancyApi, tenancyHandlers(database, seedFirstAdmin)),
  ...implement('identity', identityApi, identityHandlers(database, { operations, knownSites })),
  ...implement('inventory', inventoryApi, inventoryHandlers(database)),
  ...implement('orders', ordersApi, ordersHandlers(database)),
  ...implement('planning', planningApi, planningHandlers(database)),
  ...implement('audit', auditApi, auditHandlers(database)),
]

export const reactions: readonly Reaction[] = orderReactions
export const chores: readonly Chore[] = [...inventoryChores, ...planningChores]
export { createAuthenticate as authenticateWith }

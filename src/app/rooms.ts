// Gathers the rooms. A new room is added here, and nowhere else.
import { auditHandlers, auditRounds } from '../domains/audit/index.ts'
import { auditApi } from '../domains/audit/contract.ts'
import { clientHandlers, clientPages, connectionHandlers, createAuthenticate, domainHandlers, identityHandlers, scimKeyHandlers, scimPages, passkeyHandlers, passkeyPages, seedFirstAdmin, setupHandlers, setupPages, signInPages, staffPages, supportHandlers, identityRounds, type IdentityParts, type RoundParts } from '../domains/identity/index.ts'
import { connectionsApi } from '../domains/identity/connections/contract.ts'
import { clientsApi } from '../domains/identity/clients/contract.ts'
import { domainsApi } from '../domains/identity/domains/contract.ts'
import { identityApi } from '../domains/identity/contract.ts'
import { scimKeysApi } from '../domains/identity/scim/contract.ts'
import { passkeysApi } from '../domains/identity/passkeys/contract.ts'
import { setupApi } from '../domains/identity/setup/contract.ts'
import { supportApi } from '../domains/identity/support/contract.ts'
import { inventoryChores, inventoryHandlers, knownSites } from '../domains/inventory/index.ts'
import { inventoryApi } from '../domains/inventory/contract.ts'
import { orderReactions, ordersHandlers } from '../domains/orders/index.ts'
import { ordersApi } from '../domains/orders/contract.ts'
import { planningChores, planningHandlers } from '../domains/planning/index.ts'
import { planningApi } from '../domains/planning/contract.ts'
import { shipmentChores, shipmentReactions, shipmentRounds, shipmentsHandlers } from '../domains/shipments/index.ts'
import { shipmentsApi } from '../domains/shipments/contract.ts'
import { goodsOnTheWay, taskChores, taskReactions, tasksHandlers } from '../domains/tasks/index.ts'
import { tasksApi } from '../domains/tasks/contract.ts'
import { tenancyHandlers } from '../domains/tenancy/index.ts'
import { tenancyApi } from '../domains/tenancy/contract.ts'
import type { Permission } from '../kernel/access.ts'
import { neededPermissions, type Api } from '../kernel/contract.ts'
import type { Page } from '../platform/http/page.ts'
import { implement, type Route } from '../platform/http/route.ts'
import type { Reaction } from '../platform/jobs/reaction.ts'
import type { Chore, Round } from '../platform/jobs/worker.ts'

/** The contracts by room: what the OpenAPI document, the access matrix and the clients are made from. */
export const CONTRACTS = { tenancy: tenancyApi, identity: { ...identityApi, ...connectionsApi, ...domainsApi, ...passkeysApi, ...setupApi, ...supportApi, ...scimKeysApi, ...clientsApi }, inventory: inventoryApi, orders: ordersApi, shipments: shipmentsApi, tasks: tasksApi, planning: planningApi, audit: auditApi } as const satisfies Record<string, Api>

/** What identity explains: it may not look at the rooms above it by itself. */
const operations = (): ReadonlyMap<string, readonly Permission[]> =>
  new Map(Object.entries<Api>(CONTRACTS).flatMap(([room, api]) => Object.entries(api).map(([name, operation]) => [`${room}.${name}`, neededPermissions(operation)] as const)))

export const routesOf = (parts: IdentityParts): readonly Route[] => {
  const { database, outbound } = parts
  return [
    ...implement('tenancy', tenancyApi, tenancyHandlers(database, seedFirstAdmin)),
    ...implement('identity', identityApi, identityHandlers(database, { operations, knownSites })),
    ...implement('identity', connectionsApi, connectionHandlers(parts)),
    ...implement('identity', domainsApi, domainHandlers(parts)),
    ...implement('identity', scimKeysApi, scimKeyHandlers(parts)),
    ...implement('identity', clientsApi, clientHandlers(parts)),
    ...implement('identity', passkeysApi, passkeyHandlers(parts)),
    ...implement('identity', setupApi, setupHandlers(parts)),
    ...implement('identity', supportApi, supportHandlers(parts)),
    ...implement('inventory', inventoryApi, inventoryHandlers(database, goodsOnTheWay)),
    ...implement('orders', ordersApi, ordersHandlers(database)),
    ...implement('shipments', shipmentsApi, shipmentsHandlers(database, outbound)),
    ...implement('tasks', tasksApi, tasksHandlers(database)),
    ...implement('planning', planningApi, planningHandlers(database)),
    ...implement('audit', auditApi, auditHandlers(database, outbound)),
  ]
}
/** What people see, and the endpoints of sign-in protocols. */
export const pagesOf = (parts: IdentityParts): readonly Page[] => [...signInPages(parts), ...passkeyPages(parts), ...setupPages(parts), ...staffPages(parts), ...scimPages(parts), ...clientPages(parts)]

export const reactions: readonly Reaction[] = [...orderReactions, ...shipmentReactions, ...taskReactions]
export const chores: readonly Chore[] = [...inventoryChores, ...shipmentChores, ...taskChores, ...planningChores]
export const roundsOf = (parts: RoundParts): readonly Round[] => [...auditRounds(parts.outbound), ...shipmentRounds(parts.outbound), ...identityRounds(parts)]
export { createAuthenticate as authenticateWith }

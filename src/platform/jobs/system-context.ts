import { Ctx, FIELD_CLASSES, type Facts, type Permission } from '../../kernel/access.ts'
import { idOf, newId, type ActorId, type OrganizationId } from '../../kernel/ids.ts'

/** The service itself, as an actor in audit rows: no person and no key stands behind it. */
export const SYSTEM_ACTOR: ActorId = idOf('00000000-0000-7000-8000-000000000001')

export interface SystemWork<P extends Permission> {
  readonly organizationId: OrganizationId
  readonly permissions: readonly P[]
  /** `orders.fillBackorders`: names the audit row. */
  readonly operation: string
  readonly requestId?: string
  /** Whose deed it is, where the service has made sure of that itself; else the service's own. */
  readonly actor?: Facts['actor']
}

/** A context for work nobody asked for in a request: reactions, expiry, the first key of an organization. One organization at a time. */
export function systemContext<P extends Permission>({ organizationId, permissions, operation, requestId, actor }: SystemWork<P>): Ctx<P> {
  const ctx = Ctx.open({
    organizationId,
    actor: actor ?? { kind: 'system', id: SYSTEM_ACTOR, name: operation },
    role: 'system',
    permissions: new Set<Permission>(permissions),
    fieldClasses: new Set(FIELD_CLASSES),
    sites: null,
    session: null,
    requestId: requestId ?? newId(),
    operation,
    idempotency: null,
    consistency: null,
    outcome: { lsn: null, isReplayed: false, readFrom: null },
  })
  for (const permission of permissions) ctx.need(permission)
  return ctx as unknown as Ctx<P> // Every permission of P was proven in the loop above.
}

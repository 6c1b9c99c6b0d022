// Who may do what. ROLES is the only source: the run-time check, the access matrix and the disabled buttons derive from it.
import type { ActorId, OrganizationId } from './ids.ts'
import { Problem, STEP_UP_SECONDS } from './problem.ts'

/** Permissions inside one organization, `resource:action`. */
export const PERMISSIONS = [
  'organization:read', 'organization:write', 'members:read', 'members:write', 'keys:read', 'keys:write', 'audit:read',
  'inventory:read', 'inventory:write', 'stock:adjust', 'cost:read', 'cost:write',
  'orders:read', 'orders:write', 'orders:release', 'price:read', 'price:write', 'customers:read', 'customers:write',
  'planning:read', 'finance:read', 'imports:write', 'events:read', 'events:write',
  'identity:read', 'identity:write', 'support:grant',
  'purchasing:read', 'purchasing:write', 'shipments:read', 'shipments:write', 'tasks:read', 'tasks:work', 'tasks:manage', 'stock:approve', 'epcis:read', 'epcis:write',
] as const
/** Permissions of the platform's operator: about organizations, never about their data. */
export const PLATFORM_PERMISSIONS = ['platform:read', 'platform:write'] as const
/** What a key of a protocol opens beside the API: it comes with the kind of key, no role holds it, and nobody can hand it on. */
export const PROTOCOL_PERMISSIONS = ['scim:write'] as const
export type TenantPermission = (typeof PERMISSIONS)[number]
export type PlatformPermission = (typeof PLATFORM_PERMISSIONS)[number]
export type ProtocolPermission = (typeof PROTOCOL_PERMISSIONS)[number]
export type Permission = TenantPermission | PlatformPermission | ProtocolPermission

/** A class of fields. Money and strategy live in tables of their own; a role without the class never reads them. */
export const FIELD_CLASSES = ['ops', 'price', 'cost', 'finance', 'pii', 'strategy'] as const
export type FieldClass = (typeof FIELD_CLASSES)[number]

export interface Role {
  readonly title: string
  readonly plane: 'tenant' | 'platform'
  readonly permissions: readonly Permission[]
  readonly fieldClasses: readonly FieldClass[]
}

const reads = ['organization:read', 'inventory:read', 'orders:read', 'customers:read'] as const

/** The role templates. They cannot be edited; an organization's own roles may only be narrower than their maker. */
export const ROLES = {
  global_admin: { title: 'Global Admin', plane: 'platform', permissions: ['platform:read', 'platform:write'], fieldClasses: [] },
  tenant_admin: {
    title: 'Tenant Admin', plane: 'tenant', fieldClasses: ['ops', 'price', 'cost', 'pii', 'strategy'],
    permissions: [
      ...reads, 'organization:write', 'members:read', 'members:write', 'keys:read', 'keys:write', 'audit:read', 'inventory:write', 'stock:adjust', 'cost:read',
      'cost:write', 'orders:write', 'orders:release', 'price:read', 'price:write', 'customers:write', 'planning:read', 'imports:write', 'events:read', 'events:write',
      'identity:read', 'identity:write', 'support:grant',
      'purchasing:read', 'purchasing:write', 'shipments:read', 'shipments:write', 'tasks:read', 'tasks:work', 'tasks:manage', 'stock:approve', 'epcis:read', 'epcis:write',
    ],
  },
  planner: {
    title: 'Planner', plane: 'tenant', fieldClasses: ['ops', 'strategy', 'pii'],
    permissions: [
      ...reads, 'inventory:write', 'orders:write', 'orders:release', 'customers:write', 'planning:read',
      'purchasing:read', 'purchasing:write', 'shipments:read', 'shipments:write', 'tasks:read', 'epcis:read',
    ],
  },
  warehouse_operator: { title: 'Warehouse Operator', plane: 'tenant', fieldClasses: ['ops'], permissions: ['inventory:read', 'inventory:write', 'stock:adjust', 'tasks:work', 'shipments:read', 'purchasing:read'] },
  // Who runs the floor: waves, people, counts, what leaves the dock. No money and no strategy.
  warehouse_lead: {
    title: 'Warehouse Lead', plane: 'tenant', fieldClasses: ['ops', 'pii'],
    permissions: [
      'organization:read', 'inventory:read', 'inventory:write', 'stock:adjust', 'stock:approve', 'orders:read', 'orders:release', 'customers:read', 'purchasing:read',
      'shipments:read', 'shipments:write', 'tasks:read', 'tasks:work', 'tasks:manage', 'epcis:read',
    ],
  },
  finance: { title: 'Finance', plane: 'tenant', fieldClasses: ['ops', 'price', 'cost', 'finance', 'pii'], permissions: [...reads, 'price:read', 'price:write', 'cost:read', 'cost:write', 'finance:read', 'planning:read', 'purchasing:read', 'shipments:read'] },
  auditor: { title: 'Auditor', plane: 'tenant', fieldClasses: ['ops', 'price', 'cost', 'finance', 'pii', 'strategy'], permissions: [...reads, 'members:read', 'keys:read', 'identity:read', 'audit:read', 'price:read', 'cost:read', 'finance:read', 'planning:read', 'events:read', 'purchasing:read', 'shipments:read', 'tasks:read', 'epcis:read'] },
  integration: {
    title: 'Integration Developer', plane: 'tenant', fieldClasses: ['ops', 'price', 'pii'],
    permissions: [
      ...reads, 'inventory:write', 'stock:adjust', 'orders:write', 'orders:release', 'price:read', 'price:write', 'customers:write', 'imports:write', 'events:read', 'events:write',
      'purchasing:read', 'purchasing:write', 'shipments:read', 'shipments:write', 'tasks:read', 'tasks:work', 'tasks:manage', 'epcis:read', 'epcis:write',
    ],
  },
  twin_engineer: { title: 'Twin Engineer', plane: 'tenant', fieldClasses: ['ops'], permissions: ['organization:read', 'inventory:read'] },
  // What a person of the platform sees under a grant of the organization: read-only, and no money. Nobody can be assigned it.
  support: { title: 'Support (read-only)', plane: 'tenant', fieldClasses: ['ops'], permissions: ['organization:read', 'inventory:read', 'orders:read', 'identity:read', 'events:read', 'purchasing:read', 'shipments:read', 'tasks:read'] },
} as const satisfies Record<string, Role>
export type RoleName = keyof typeof ROLES
export const ROLE_NAMES = Object.keys(ROLES) as RoleName[] // Object.keys widens to string[]; the object above is closed.
export const isRoleName = (text: string): text is RoleName => Object.hasOwn(ROLES, text)

/** What is known of a caller once its credential was checked. */
export interface Facts {
  readonly organizationId: OrganizationId
  readonly actor: { readonly kind: 'user' | 'service' | 'system' | 'operator'; readonly id: ActorId; readonly name: string }
  /** The role, or all of them joined by `+`, as it is shown and sealed. It decides nothing: the permissions do. */
  readonly role: string
  readonly permissions: ReadonlySet<Permission>
  readonly fieldClasses: ReadonlySet<FieldClass>
  /** The sites the caller works at; null: all of the organization's. */
  readonly sites: ReadonlySet<string> | null
  /** How the person signed in; null for keys and for the service itself. */
  readonly session: SignedIn | null
  /** Names the request in logs, audit and answers. */
  readonly requestId: string
  /** The operation being done, `orders.placeOrder`; it names the audit row. */
  readonly operation: string
  /** The caller's own key for "do this once", with a digest of method, path and body. */
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | null
  /** The log position (LSN) the caller has already seen: reads must not be older. */
  readonly consistency: string | null
  /** Filled in by the database doors while the request runs; the answer's headers are made from it. */
  readonly outcome: Outcome
}
export interface SignedIn {
  readonly id: string
  readonly kind: 'person' | 'client' | 'support'
  readonly authenticatedAtMs: number
  /** Authentication context class the provider named. */
  readonly acr: string | null
}
/** What hands out ways in is not done on the strength of a session that somebody may have left open: these ask for a recent proof (RFC 9470). */
export const STEP_UP_PERMISSIONS: ReadonlySet<Permission> = new Set(['keys:write', 'identity:write', 'support:grant'])

/** Refuses a session whose holder has not proved to be themselves of late. A key is no session: it is proof each time. */
export function needRecentProof(session: SignedIn | null, nowMs: number, seconds: number = STEP_UP_SECONDS): void {
  if (session?.kind === 'client' || session === null || nowMs - session.authenticatedAtMs <= seconds * 1000) return
  throw new Problem('step_up_required', `This needs a proof of the last ${seconds / 60} minutes that it is you: sign in again, by your provider at /auth/step-up or with a passkey, and repeat it.`)
}

export interface Outcome {
  /** Log position after the commit: the consistency token of the answer. */
  lsn: string | null
  /** The answer was kept from an earlier request with the same Idempotency-Key. */
  isReplayed: boolean
  readFrom: 'primary' | 'replica' | null
}

/**
 * One operation of one actor in one organization. P is what has been PROVEN: a store function that asks for
 * `Tx<'write', 'orders:write'>` can only be reached from a `Ctx` on which `need('orders:write')` succeeded.
 */
export class Ctx<P extends Permission = never> {
  declare readonly granted: { readonly [K in P]: true } // Phantom: no run-time cost, and no look-alike object fits because of #facts.
  readonly #facts: Facts
  private constructor(facts: Facts) {
    this.#facts = facts
  }
  /** Opened in platform/http/authenticate and platform/jobs only (tidy counts the call sites). */
  static open(facts: Facts): Ctx {
    return new Ctx(facts)
  }
  get facts(): Facts {
    return this.#facts
  }
  get organizationId(): OrganizationId {
    return this.#facts.organizationId
  }
  has(permission: Permission): boolean {
    return this.#facts.permissions.has(permission)
  }
  /** Refuses a caller who is limited to some sites what concerns all of them. */
  needAllSites(): void {
    if (this.#facts.sites !== null) throw new Problem('forbidden', 'This concerns every site of the organization, and you are limited to some of them.')
  }
  /** Proves a permission, or refuses: `forbidden`. */
  need<Q extends Permission>(permission: Q): Ctx<P | Q> {
    if (!this.#facts.permissions.has(permission)) {
      throw new Problem('forbidden', `This needs the permission ${permission}, which the role ${this.#facts.role} does not have.`)
    }
    return this as unknown as Ctx<P | Q> // The proof was checked on the line above; the phantom records it.
  }
}

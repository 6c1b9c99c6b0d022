// The first lock: from a key or a session to a context. This is the only place that opens a context for a request.
import type { IncomingMessage } from 'node:http'
import { Ctx, needRecentProof, STEP_UP_PERMISSIONS, type Facts, type Permission } from '../../kernel/access.ts'
import { Problem } from '../../kernel/problem.ts'
import { isWellFormedKey } from '../crypto/keys.ts'
import { readCookie } from './cookies.ts'
import { isFromHere, isSafeMethod } from './from-here.ts'
import type { Limits } from './limits.ts'
import type { Principal, Principals } from './principals.ts'
import type { Route } from './route.ts'

/** Facts while the request is still being read: the idempotency key's fingerprint needs the body, which comes after the permission. */
export interface OpenFacts extends Facts {
  idempotency: Facts['idempotency']
  consistency: Facts['consistency']
}

/** Operations that hand out authority look the caller up again, whatever is remembered. */
const REREAD: ReadonlySet<Permission> = new Set<Permission>(['keys:write', 'members:write', 'identity:write', 'support:grant', 'platform:write'])
export const needsFreshLook = (route: Route): boolean => route.permissions.some((permission) => REREAD.has(permission))

/**
 * The secret a request comes with: of the header, or else of a session's cookie, which an unsafe request may use from our own pages
 * only. From nowhere else: never of the address, which is written down in many places.
 */
export function tokenOf(raw: IncomingMessage, origin: string, route: Route | null): string | undefined | Problem {
  if (raw.headers.authorization !== undefined) return BEARER.exec(raw.headers.authorization)?.[1]
  // People of the platform have a cookie of their own, which opens the platform's operations and nothing else.
  const isOfPlatform = route !== null && route.permissions.some((permission) => permission.startsWith('platform:'))
  const session = readCookie(raw.headers, isOfPlatform ? 'staff' : 'session', origin.startsWith('https:'))
  if (session === null || !session.startsWith('bss_s_')) return undefined
  return isSafeMethod(raw) || isFromHere(raw, origin) ? session : new Problem('forbidden', 'A session may be used from the pages of this site only. Programs send a key in the header `Authorization`.')
}

const BEARER = /^Bearer +([^\s]{1,200})$/i
const stranger = (): Problem => new Problem('unauthenticated', 'Send a valid key in the header `Authorization: Bearer <key>`.')

export class Authentication {
  readonly #principals: Principals
  readonly #limits: Limits
  constructor(principals: Principals, limits: Limits) {
    this.#principals = principals
    this.#limits = limits
  }

  /** The caller, or the refusal. Answers at once when the caller is remembered. */
  identify(token: string | undefined, address: string, isFresh: boolean): Principal | Problem | Promise<Principal | Problem> {
    if (token === undefined || !isWellFormedKey(token)) return this.#refuse(address)
    const { name, known } = this.#principals.recall(token, address)
    if (known !== undefined && known !== null && !isFresh) return known
    if (known === null) return this.#refuse(address)
    const wait = known === undefined ? this.#limits.failureWaitSeconds(address) : null
    if (wait !== null) return tooManyFailures(wait)
    return this.#principals.lookUp(name, token, address).then(
      (principal) => principal ?? this.#refuse(address),
      (error: unknown) => {
        // A key of a suspended organization is never remembered, so each attempt costs a look-up: they are bounded like wrong keys.
        if (error instanceof Problem && error.code === 'forbidden') this.#limits.countFailure(address)
        throw error
      },
    )
  }

  #refuse(address: string): Problem {
    const wait = this.#limits.failureWaitSeconds(address)
    if (wait !== null) return tooManyFailures(wait)
    this.#limits.countFailure(address)
    return stranger()
  }
}

const tooManyFailures = (seconds: number): Problem =>
  new Problem('rate_limited', `Too many requests without a valid key from this address. Try again in ${seconds} s.`, { retryAfterSeconds: seconds })

/** The secret of the header alone: what programs of a protocol come with. */
export const bearerOf = (raw: IncomingMessage): string | undefined => BEARER.exec(raw.headers.authorization ?? '')?.[1]

/** Opens the context of a request and proves every permission the operation or page declares, or refuses: `forbidden`. */
export function openContext(principal: Principal, route: Pick<Route, 'name' | 'permissions'>, requestId: string): { readonly ctx: Ctx<Permission>; readonly facts: OpenFacts } {
  const facts: OpenFacts = {
    organizationId: principal.organizationId,
    actor: principal.actor,
    role: principal.role,
    permissions: principal.permissions,
    fieldClasses: principal.fieldClasses,
    sites: principal.sites,
    session: principal.session,
    requestId,
    operation: route.name,
    idempotency: null,
    consistency: null,
    outcome: { lsn: null, isReplayed: false, readFrom: null },
  }
  const ctx = Ctx.open(facts)
  for (const permission of route.permissions) {
    ctx.need(permission)
    if (STEP_UP_PERMISSIONS.has(permission)) needRecentProof(principal.session, Date.now())
  }
  return { ctx: ctx as Ctx<Permission>, facts } // The loop proved what the operation declares; its handler's type names exactly that.
}

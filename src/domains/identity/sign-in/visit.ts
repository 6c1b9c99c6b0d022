// One visit of a browser to a sign-in address: whose organization it is about, the log that is written whatever becomes of it, and the
// one sentence that everybody refused sees.
import { newKey, keyDigest } from '../../../platform/crypto/keys.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import type { Ctx } from '../../../kernel/access.ts'
import { isUuid, idOf, type ConnectionId, type OrganizationId, type UserId } from '../../../kernel/ids.ts'
import { frame, page, redirect, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import { html } from '../../../platform/http/html.ts'
import type { IdentityParts } from '../parts.ts'
import { linkOfReturn } from '../setup/rules.ts'
import { saveReport } from '../setup/store.ts'
import { findConnection, type ConnectionRow } from '../connections/store.ts'
import { adviceFor, inWords } from './advice.ts'
import { Refusal, type Attempt } from './facts.ts'
import * as store from './store.ts'
import type { Login, SignInTx } from './store.ts'

type SignInCtx = Ctx<'identity:write' | 'members:write' | 'identity:read'>

export interface Visit {
  readonly parts: IdentityParts
  readonly request: PageRequest
  readonly organizationId: OrganizationId
  /** Nobody is signed in yet: the service itself works here, in this one organization. */
  readonly ctx: SignInCtx
  readonly connection: ConnectionRow
  write<T>(work: (tx: SignInTx) => Promise<T>): Promise<T>
}

/** The visit of a sign-in address that names a connection; null when nobody has that connection. */
export async function visitOf(parts: IdentityParts, request: PageRequest): Promise<Visit | null> {
  const id = request.params['connectionId'] ?? ''
  if (!isUuid(id)) return null
  const organizationId = await parts.database.homeOf({ connectionId: id })
  return organizationId === null ? null : visitIn(parts, request, organizationId, idOf<'IdentityConnection'>(id))
}

export async function visitIn(parts: IdentityParts, request: PageRequest, organizationId: OrganizationId, connectionId: ConnectionId): Promise<Visit | null> {
  const ctx = signInContext(organizationId, request.requestId)
  const connection = await parts.database.housekeep(ctx, (tx) => findConnection(tx, connectionId))
  return connection === null ? null : { parts, request, organizationId, ctx, connection, write: (work) => parts.database.housekeep(ctx, work) }
}

export const signInContext = (organizationId: OrganizationId, requestId: string): SignInCtx =>
  systemContext({ organizationId, permissions: ['identity:write', 'members:write', 'identity:read'], operation: 'identity.signIn', requestId })

/** Writes a line of the sign-in log. */
export function note(visit: Visit, purpose: Attempt['purpose'], outcome: string, more: { detail?: string; subject?: string | null; userId?: UserId | null } = {}): Promise<unknown> {
  const { address, userAgent, requestId } = visit.request
  return visit.write((tx) => store.saveAttempt(tx, {
    connectionId: visit.connection.id, purpose, outcome, detail: more.detail ?? '', subject: more.subject ?? null, userId: more.userId ?? null, address, userAgent, requestId,
  }))
}

/** What a step belongs to, and where it ends. */
type Way = Pick<Login, 'purpose' | 'returnTo'>

/** What everybody sees who is not let in, whatever the reason was. */
export const refused = (requestId: string): PageAnswer =>
  page(frame('Sign-in did not work', html`<h1>Sign-in did not work</h1>
    <p class="notice bad">We could not sign you in. Try again; if it happens again, ask your administrator, who can see why under this number:</p>
    <pre>${requestId}</pre><p><a class="button" href="/sign-in">Try again</a></p>`), { status: 403, cookies: [{ name: 'sign_in', value: '' }] })

/** Does a step of signing in; a refusal is logged with its exact code and shown as everybody's sentence. */
export async function refusable(visit: Visit, way: Way, step: () => Promise<PageAnswer>): Promise<PageAnswer> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await note(visit, way.purpose, error.code, { detail: error.message, subject: error.subject })
    return way.purpose === 'test' ? tested(visit, way, error.code, error.message, null) : refused(visit.request.requestId)
  }
}

/** The end of a test: what came back, and why it was refused. Shown to whoever opened the test's address, who was an administrator or holds a set-up link. */
export async function tested(visit: Visit, { returnTo }: Way, outcome: string, detail: string, cameBack: Readonly<Record<string, unknown>> | null): Promise<PageAnswer> {
  const linkId = linkOfReturn(returnTo)
  if (linkId !== null) {
    // The set-up page shows it to the browser that has the link, and to no other.
    await visit.write((tx) => saveReport(tx, linkId, { outcome, detail, cameBack, requestId: visit.request.requestId, at: new Date(visit.parts.nowMs()).toISOString() }))
    return redirect(returnTo, [{ name: 'sign_in', value: '' }])
  }
  const isGood = outcome === 'ok'
  const advice = isGood ? null : adviceFor(outcome)
  return page(frame('Test sign-in', html`<h1>${isGood ? 'The test sign-in worked' : 'The test sign-in was refused'}</h1>
    <p class="${isGood ? 'notice' : 'notice bad'}">${isGood ? `People can sign in by “${visit.connection.name}” once it is activated.` : html`<strong>${outcome}</strong>: ${detail}`}</p>
    ${advice === null ? null : html`<p><strong>What to do:</strong> ${inWords(advice.todo)}</p>`}
    ${cameBack === null ? null : html`<h2>What came back</h2><pre tabindex="0">${JSON.stringify(cameBack, null, 2)}</pre>`}
    <p class="hint">Nobody was signed in by this. Request ${visit.request.requestId}</p>`), { status: isGood ? 200 : 403, cookies: [{ name: 'sign_in', value: '' }] })
}

/** A fresh secret for a browser or a round trip, with the digest that is kept of it. */
export function freshSecret(): { readonly secret: string; readonly digest: string } {
  const secret = newKey('s')
  return { secret, digest: keyDigest(secret) }
}
export const digestOf = keyDigest

/** The person behind a session; null for keys and strangers. */
export const personOf = (caller: PageRequest['caller']): UserId | null => (caller?.actor.kind === 'user' ? idOf<'User'>(caller.actor.id) : null)

// The addresses of passkeys: signing in with one, making one while signed in, and making the first one by a link.
import { idOf, type OrganizationId, type UserId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { keyDigest } from '../../../platform/crypto/keys.ts'
import { redirect, type Page, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import type { Principal } from '../../../platform/http/principals.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { PasskeyRefused } from '../../../platform/webauthn/passkeys.ts'
import type { IdentityParts } from '../parts.ts'
import { beginRegistration, finishRegistration, personOfFacts, type Answered } from './register.ts'
import { answerOf, askForPasskey, signInByPasskey } from './sign-in.ts'
import * as store from './store.ts'
import { deadLinkPage, enrolledPage, enrolPage, linkPage, ownPage } from './views.ts'

export function passkeyPages(parts: IdentityParts): readonly Page[] {
  const person = { accepts: 'none', from: 'here', speaksTo: 'person' } as const
  const form = { ...person, method: 'POST', accepts: 'form' } as const
  return [
    { name: 'identity.passkeyPage', method: 'GET', path: '/sign-in/passkey', ...person, handle: (request) => askForPasskey(parts, request) },
    { name: 'identity.signInByPasskey', path: '/sign-in/passkey', ...form, handle: (request) => signInByPasskey(parts, request) },
    { name: 'identity.ownPasskeys', method: 'GET', path: '/account/passkeys', ...person, handle: (request) => showOwn(parts, request) },
    { name: 'identity.addOwnPasskey', path: '/account/passkeys', ...form, handle: (request) => addOwn(parts, request) },
    { name: 'identity.passkeyLink', method: 'GET', path: '/passkeys/enrol', ...person, handle: (request) => Promise.resolve(linkPage((request.query.get('org') ?? '').slice(0, 40))) },
    { name: 'identity.beginPasskeyByLink', path: '/passkeys/enrol/begin', ...form, handle: (request) => beginByLink(parts, request) },
    { name: 'identity.registerPasskeyByLink', path: '/passkeys/enrol', ...form, handle: (request) => finishByLink(parts, request) },
  ]
}

const ownContext = ({ requestId }: PageRequest, { organizationId, actor }: Principal) =>
  systemContext({ organizationId, permissions: ['identity:read', 'identity:write'], operation: 'identity.registerPasskey', requestId, actor })
const linkContext = (organizationId: OrganizationId, requestId: string) => systemContext({ organizationId, permissions: ['identity:write'], operation: 'identity.registerPasskeyByLink', requestId })
const answeredBy = (request: PageRequest): Answered => ({ name: (request.form.get('name') ?? '').trim().slice(0, 100) || 'Passkey', state: request.form.get('state') ?? '', answer: answer(request) })
function answer(request: PageRequest): unknown {
  try {
    return answerOf(request)
  } catch (error) {
    if (error instanceof PasskeyRefused) throw new Problem('invalid', 'The browser sent no answer of an authenticator.')
    throw error
  }
}

async function showOwn(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const { caller } = request
  if (caller?.actor.kind !== 'user') return redirect('/sign-in')
  const ctx = ownContext(request, caller)
  const userId = idOf<'User'>(caller.actor.id)
  const { items } = await parts.database.read(ctx, (tx) => store.listPasskeys(tx, userId, 100, null))
  return ownPage(items, await offerTo(parts, ctx, caller), parts.origin())
}

async function offerTo(parts: IdentityParts, ctx: ReturnType<typeof ownContext>, caller: Principal): Promise<{ question: { options: unknown; state: string } } | { obstacle: string }> {
  try {
    const userId = allowed(parts, caller)
    return { question: await parts.database.housekeep(ctx, (tx) => beginRegistration(tx, parts, userId)) }
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return { obstacle: error.message }
    throw error
  }
}

function allowed(parts: IdentityParts, caller: Principal): UserId {
  if (!caller.permissions.has('identity:write')) throw new Problem('forbidden', 'Passkeys are for active Tenant Admins at every site.')
  return personOfFacts(caller, parts.nowMs())
}

async function addOwn(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const { caller } = request
  if (caller === null) return redirect('/sign-in')
  const userId = allowed(parts, caller)
  const answered = answeredBy(request)
  await parts.database.write(ownContext(request, caller), (tx) => finishRegistration(tx, parts, userId, answered))
  return redirect('/account/passkeys')
}

/** The link of a form, in the organization it names; null for every link that does not work. */
async function linkOf(parts: IdentityParts, request: PageRequest): Promise<{ ctx: ReturnType<typeof linkContext>; link: store.Link } | null> {
  const [slug, secret] = [request.form.get('org') ?? '', request.form.get('secret') ?? '']
  const organizationId = /^[a-z][a-z0-9-]{1,39}$/.test(slug) ? await parts.database.homeOf({ slug }) : null
  if (organizationId === null || secret.length > 100) return null
  const ctx = linkContext(organizationId, request.requestId)
  const link = await parts.database.housekeep(ctx, (tx) => store.findLink(tx, keyDigest(secret)))
  return link === null ? null : { ctx, link }
}

async function beginByLink(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const found = await linkOf(parts, request)
  if (found === null) return deadLinkPage()
  const question = await parts.database.housekeep(found.ctx, (tx) => beginRegistration(tx, parts, found.link.userId, found.link.id))
  return enrolPage(question, { org: request.form.get('org') ?? '', secret: request.form.get('secret') ?? '' }, parts.origin())
}

async function finishByLink(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const found = await linkOf(parts, request)
  if (found === null) return deadLinkPage()
  const answered = answeredBy(request)
  await parts.database.write(found.ctx, (tx) => finishRegistration(tx, parts, found.link.userId, answered, found.link.id))
  return enrolledPage(`/sign-in/passkey?org=${encodeURIComponent(request.form.get('org') ?? '')}`)
}

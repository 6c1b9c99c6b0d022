// The addresses of signing in and out. Each is a few lines: which organization, which step.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../../kernel/problem.ts'
import { normalDomain } from '../../../platform/dns/domain-name.ts'
import { redirect, type Page, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import type { IdentityParts } from '../parts.ts'
import { readTicket } from '../connections/ticket.ts'
import { beginOidc, finishOidc, oidcBackchannelLogout, oidcKeys } from './oidc.ts'
import { beginSaml, finishSaml, receiveSaml, samlMetadata, type Beginning } from './saml.ts'
import { samlLogout, signOut } from './sign-out.ts'
import * as store from './store.ts'
import { choicePage, homePage, signedOutPage, signInPage, UNKNOWN_HOME } from './views.ts'
import { note, refusable, refused, signInContext, visitIn, visitOf, type Visit } from './visit.ts'
import type { Verified } from './facts.ts'
import { orNull } from '../../../kernel/schema.ts'

const verified = Compile(Type.Object({
  subject: Type.String(), directoryName: Type.String(), email: orNull(Type.String()), displayName: orNull(Type.String()), authenticatedAtMs: Type.Number(), acr: orNull(Type.String()),
  methods: Type.Array(Type.String()), providerSubject: Type.String(), providerSession: orNull(Type.String()),
}))
const decode = (value: unknown): Verified => verified.Parse(value)

/** Only to a place of ours: an address that leaves the site would lend our name to somebody else's page. */
export const safeReturn = (text: string | null): string => (text !== null && /^\/(?![/\\])[\x21-\x7e]{0,499}$/.test(text) ? text : '/')

const nowhere = (): never => {
  throw new Problem('not_found', 'There is nothing at this address.')
}
const open = (visit: Visit): boolean => visit.connection.status === 'active' || visit.connection.status === 'enforced'
const begin = (visit: Visit, beginning: Beginning): Promise<PageAnswer> =>
  refusable(visit, beginning, () => (visit.connection.kind === 'saml' ? beginSaml(visit, beginning) : beginOidc(visit, beginning)))

export function signInPages(parts: IdentityParts): readonly Page[] {
  const { database } = parts
  const at = (handle: (visit: Visit) => Promise<PageAnswer> | PageAnswer) => async (request: PageRequest): Promise<PageAnswer> => {
    const visit = await visitOf(parts, request)
    return visit === null ? nowhere() : handle(visit)
  }
  const person = { accepts: 'none', from: 'here', speaksTo: 'person' } as const
  return [
    { name: 'identity.home', method: 'GET', path: '/', ...person, handle: (request) => home(parts, request) },
    { name: 'identity.signInPage', method: 'GET', path: '/sign-in', ...person, handle: (request) => Promise.resolve(request.caller === null ? signInPage() : redirect('/')) },
    { name: 'identity.signIn', method: 'POST', path: '/sign-in', ...person, accepts: 'form', handle: byEmail },
    { name: 'identity.signInOf', method: 'GET', path: '/sign-in/of/{slug}', ...person, handle: (request) => bySlug(parts, request) },
    { name: 'identity.start', method: 'GET', path: '/auth/start/{connectionId}', ...person, handle: at((visit) => (open(visit) ? begin(visit, { purpose: 'sign_in', returnTo: safeReturn(visit.request.query.get('returnTo')) }) : refused(visit.request.requestId))) },
    { name: 'identity.test', method: 'GET', path: '/auth/test/{connectionId}', ...person, handle: at((visit) => test(visit)) },
    { name: 'identity.stepUp', method: 'GET', path: '/auth/step-up', ...person, handle: (request) => stepUp(parts, request) },
    { name: 'identity.oidcCallback', method: 'GET', path: '/auth/oidc/{connectionId}/callback', ...person, handle: at(finishOidc) },
    { name: 'identity.oidcKeys', method: 'GET', path: '/auth/oidc/{connectionId}/jwks', accepts: 'none', from: 'here', speaksTo: 'machine', handle: at(oidcKeys) },
    { name: 'identity.oidcBackchannelLogout', method: 'POST', path: '/auth/oidc/{connectionId}/backchannel-logout', accepts: 'form', from: 'anywhere', speaksTo: 'machine', handle: at(oidcBackchannelLogout) },
    { name: 'identity.samlMetadata', method: 'GET', path: '/auth/saml/{connectionId}/metadata', accepts: 'none', from: 'here', speaksTo: 'machine', handle: at(samlMetadata) },
    { name: 'identity.samlAnswer', method: 'POST', path: '/auth/saml/{connectionId}/acs', accepts: 'form', from: 'anywhere', speaksTo: 'person', handle: at(receiveSaml) },
    { name: 'identity.samlFinish', method: 'GET', path: '/auth/saml/{connectionId}/finish', ...person, handle: at((visit) => finishSaml(visit, decode)) },
    { name: 'identity.samlLogout', method: 'GET', path: '/auth/saml/{connectionId}/slo', ...person, handle: at(samlLogout) },
    { name: 'identity.samlLogoutPost', method: 'POST', path: '/auth/saml/{connectionId}/slo', accepts: 'form', from: 'anywhere', speaksTo: 'person', handle: at(samlLogout) },
    { name: 'identity.signOut', method: 'POST', path: '/sign-out', ...person, accepts: 'form', handle: (request) => signOut(parts, request) },
    { name: 'identity.signedOut', method: 'GET', path: '/signed-out', ...person, handle: () => Promise.resolve(signedOutPage()) },
  ]

  async function byEmail(request: PageRequest): Promise<PageAnswer> {
    const email = (request.form.get('email') ?? '').trim().slice(0, 320)
    const domain = normalDomain(email.slice(email.lastIndexOf('@') + 1))
    if (!email.includes('@') || domain === null) return signInPage(email, 'Enter a whole e-mail address, such as ada@example.com.')
    const organizationId = await database.homeOf({ domain })
    const connectionId = organizationId === null ? null : await database.read(signInContext(organizationId, request.requestId), (tx) => store.connectionOfDomain(tx, domain))
    const visit = organizationId === null || connectionId === null ? null : await visitIn(parts, request, organizationId, connectionId)
    if (visit === null) return signInPage(email, UNKNOWN_HOME)
    return begin(visit, { purpose: 'sign_in', returnTo: safeReturn(request.query.get('returnTo')), loginHint: email })
  }
}

async function bySlug({ database }: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const slug = request.params['slug'] ?? ''
  const organizationId = /^[a-z][a-z0-9-]{1,39}$/.test(slug) ? await database.homeOf({ slug }) : null
  // An organization nobody has looks like one that has not set anything up.
  if (organizationId === null) return choicePage(slug, [])
  const connections = await database.read(signInContext(organizationId, request.requestId), (tx) => store.connectionsToChoose(tx))
  return choicePage(slug, connections)
}

async function test(visit: Visit): Promise<PageAnswer> {
  const ticket = readTicket(visit.parts, visit.request.query.get('ticket') ?? '', visit.connection.id)
  if (ticket === null || !(await visit.write((tx) => store.saveAssertion(tx, visit.connection.id, `ticket ${ticket.id}`, ticket.untilMs)))) {
    await note(visit, 'test', 'ticket_used', { detail: 'The address of a test is for one use within ten minutes.' })
    return refused(visit.request.requestId)
  }
  return begin(visit, { purpose: 'test', returnTo: ticket.returnTo ?? '/', testedBy: ticket.testedBy })
}

async function stepUp(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const { caller } = request
  if (caller?.session?.kind !== 'person') return redirect('/sign-in')
  const { organizationId, session } = caller
  const connectionId = await parts.database.read(signInContext(organizationId, request.requestId), (tx) => store.connectionOfSession(tx, session.id))
  const visit = connectionId === null ? null : await visitIn(parts, request, organizationId, connectionId)
  return visit === null ? redirect('/sign-in/passkey') : begin(visit, { purpose: 'step_up', returnTo: safeReturn(request.query.get('returnTo')) })
}

async function home({ database }: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const { caller } = request
  if (caller === null) return redirect('/sign-in')
  const name = await database.read(signInContext(caller.organizationId, request.requestId), (tx) => store.organizationName(tx))
  return homePage(caller, name)
}

// Signing out: here always and at once; at the provider where it can; and by the provider, which must prove that it is the provider.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { ConnectionId } from '../../../kernel/ids.ts'
import { createLogoutRequest, createLogoutResponse, readLogoutRequest, type Incoming, type NameId } from '../../../platform/saml/index.ts'
import { hop, redirect, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import type { IdentityParts } from '../parts.ts'
import { samlAddresses } from '../connections/addresses.ts'
import { Refusal } from './facts.ts'
import { openIdToken } from './id-token.ts'
import { oidcSignOut } from './oidc.ts'
import { samlOf, signingOf, subjectOfNameId } from './saml.ts'
import * as store from './store.ts'
import type { Ended } from './store.ts'
import { freshSecret, note, refused, signInContext, visitIn, type Visit } from './visit.ts'

const NO_SESSION = [{ name: 'session', value: '' }] as const
const Parts = Compile(Type.Tuple([Type.String(), Type.Union([Type.String(), Type.Null()]), Type.Union([Type.String(), Type.Null()]), Type.Union([Type.String(), Type.Null()])]))

/** Ends the session of this browser, and goes on to the provider when that offers a way to end its own. */
export async function signOut(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const { caller } = request
  if (caller?.session?.kind !== 'person') return redirect('/signed-out', NO_SESSION)
  const { organizationId, session } = caller
  const ended = await parts.database.housekeep(signInContext(organizationId, request.requestId), (tx) => store.endSession(tx, session.id))
  if (ended?.connectionId === null || ended?.connectionId === undefined || ended.providerSubject === null) return redirect('/signed-out', NO_SESSION)
  const onward = await atProvider(parts, request, caller.organizationId, ended.connectionId, { ...ended, providerSubject: ended.providerSubject })
  return onward === null ? redirect('/signed-out', NO_SESSION) : hop(onward.url, onward.name, NO_SESSION)
}

async function atProvider(parts: IdentityParts, request: PageRequest, organizationId: Visit['organizationId'], connectionId: ConnectionId, { id, providerSubject: subject, providerSession: session, idToken }: Ended & { readonly providerSubject: string }): Promise<{ url: string; name: string } | null> {
  const visit = await visitIn(parts, request, organizationId, connectionId)
  if (visit?.connection.kind === 'oidc') {
    const url = await oidcSignOut(visit, openIdToken(visit, id, idToken))
    return url === null ? null : { url, name: visit.connection.name }
  }
  const sloUrl = visit?.connection.settings.saml?.sloUrl
  if (visit === null || sloUrl === undefined) return null
  const [value, format, nameQualifier, spNameQualifier] = Parts.Parse(JSON.parse(subject))
  const nameId: NameId = { value, format, nameQualifier, spNameQualifier }
  const going = createLogoutRequest({
    id: `_${freshSecret().digest}`, issueInstant: parts.nowMs(), destination: sloUrl, issuer: samlAddresses(parts.origin(), connectionId).entityId, relayState: null,
    signing: signingOf(visit), binding: 'redirect', nameId, sessionIndexes: session === null ? [] : [session], notOnOrAfter: parts.nowMs() + 300_000,
  })
  return going.binding === 'redirect' ? { url: going.url, name: visit.connection.name } : null
}

/** The provider asks us to end sessions (its request is signed), or tells us that it ended its own. */
export async function samlLogout(visit: Visit): Promise<PageAnswer> {
  const { request, parts, connection } = visit
  const isPost = request.form.has('SAMLRequest') || request.form.has('SAMLResponse')
  const values = isPost ? request.form : request.query
  // The answer to a request of ours: the session here has ended already, whatever the provider says.
  if (!values.has('SAMLRequest')) return redirect('/signed-out')
  const saml = samlOf(visit)
  const { sloUrl, entityId } = samlAddresses(parts.origin(), connection.id)
  const incoming: Incoming = isPost ? { binding: 'post', messageBase64: values.get('SAMLRequest') ?? '', relayState: values.get('RelayState') } : { binding: 'redirect', query: request.rawQuery }
  const read = readLogoutRequest(incoming, { destination: sloUrl, senderEntityId: saml.entityId, certificatesPem: saml.certificates, nowMs: parts.nowMs() })
  if (!read.ok) {
    await note(visit, 'sign_out', read.code, { detail: read.detail })
    return refused(request.requestId)
  }
  const subject = subjectOfNameId(read.request.nameId)
  await visit.write((tx) => store.endProviderSessions(tx, connection.id, subject, read.request.sessionIndexes))
  await note(visit, 'sign_out', 'ok', { subject })
  if (saml.sloUrl === undefined) return redirect('/signed-out', NO_SESSION)
  const answer = createLogoutResponse({
    id: `_${freshSecret().digest}`, issueInstant: parts.nowMs(), destination: saml.sloUrl, issuer: entityId, relayState: read.request.relayState, signing: signingOf(visit), binding: 'redirect',
    inResponseTo: read.request.id, outcome: 'success',
  })
  if (answer.binding !== 'redirect') throw new Refusal('wrong_binding', 'A redirect was asked for.')
  return hop(answer.url, connection.name, NO_SESSION)
}

// Signing in by SAML 2.0. The provider's answer arrives as a cross-site POST, without our cookies: it is verified and kept under a
// one-time handle, and a GET of the same browser fetches the session with the cookie that began the sign-in.
import { createAuthnRequest, readResponse, spMetadata, type Assertion, type NameId, type Signing } from '../../../platform/saml/index.ts'
import { hop, redirect, xml, type PageAnswer } from '../../../platform/http/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import { samlAddresses } from '../connections/addresses.ts'
import { secretOf } from '../connections/decide.ts'
import type { SamlSettings } from '../connections/contract.ts'
import { Refusal, type Purpose, type Verified } from './facts.ts'
import { finish } from './finish.ts'
import * as store from './store.ts'
import { digestOf, freshSecret, personOf, refusable, refused, type Visit } from './visit.ts'

const EMAIL_FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
const EMAIL_NAMES = ['email', 'mail', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', 'urn:oid:0.9.2342.19200300.100.1.3']
const NAME_NAMES = ['displayName', 'name', 'http://schemas.microsoft.com/identity/claims/displayname', 'urn:oid:2.16.840.1.113730.3.1.241']
const SKEW_MS = 60_000

export function samlOf(visit: Visit): SamlSettings {
  const { saml } = visit.connection.settings
  if (saml === undefined) throw new Refusal('wrong_kind', 'This connection does not speak SAML.')
  return saml
}
export function signingOf(visit: Visit): Signing {
  const privateKeyPem = secretOf(visit.parts, visit.organizationId, visit.connection)
  const { certificatePem } = visit.connection.settings
  if (privateKeyPem === null || certificatePem === undefined) throw new Refusal('no_signing_key', 'The connection has no signing key of ours.')
  return { privateKeyPem, certificatePem }
}

export interface Beginning {
  readonly purpose: Purpose
  readonly returnTo: string
  readonly testedBy?: string
  readonly loginHint?: string
}

/** Sends the browser to the provider with a signed request. */
export async function beginSaml(visit: Visit, { purpose, returnTo, testedBy }: Beginning): Promise<PageAnswer> {
  const { parts, connection, request } = visit
  const saml = samlOf(visit)
  const [state, browser] = [freshSecret(), freshSecret()]
  const requestId = `_${freshSecret().digest}`
  const { entityId, acsUrl } = samlAddresses(parts.origin(), connection.id)
  const going = createAuthnRequest({
    id: requestId, issueInstant: parts.nowMs(), destination: saml.ssoUrl, acsUrl, spEntityId: entityId, requestedAuthnContext: saml.authnContexts, forceAuthn: purpose === 'step_up',
    relayState: state.secret, signing: signingOf(visit), binding: 'redirect',
  })
  if (going.binding !== 'redirect') throw new Error('A redirect was asked for.')
  const userId = purpose === 'step_up' ? personOf(request.caller) : null
  await visit.write((tx) => store.saveLogin(tx, { connectionId: connection.id, purpose, stateDigest: state.digest, browserDigest: browser.digest, expected: { requestId, testedBy: testedBy ?? null }, returnTo, userId }))
  return hop(going.url, connection.name, [{ name: 'sign_in', value: browser.secret, maxAgeSeconds: 600 }])
}

/** The provider's answer: judged here, used by the GET that follows. */
export async function receiveSaml(visit: Visit): Promise<PageAnswer> {
  const { parts, request, connection } = visit
  const response = request.form.get('SAMLResponse') ?? ''
  const relayState = request.form.get('RelayState')
  const login = relayState === null || relayState === '' ? null : await visit.write((tx) => store.findLogin(tx, connection.id, digestOf(relayState)))
  // Nobody asked for this one. It signs nobody in; the way begins anew, from here, and the provider will know the person already.
  if (login === null) return redirect(`/auth/start/${connection.id}`)
  return refusable(visit, login, async () => {
    const { requestId } = login.expected
    const verified = await verify(visit, response, typeof requestId === 'string' ? requestId : '')
    const handle = freshSecret()
    const isFirst = await visit.write(async (tx) => (await store.saveAssertion(tx, connection.id, verified.assertionId, verified.rememberUntilMs)) && store.saveVerified(tx, login.id, verified.facts, handle.digest))
    if (!isFirst) throw new Refusal('replayed', 'This assertion was used before.', verified.facts.subject)
    return redirect(`${parts.origin()}/auth/saml/${connection.id}/finish?handle=${handle.secret}`)
  })
}

async function verify(visit: Visit, samlResponseBase64: string, inResponseTo: string) {
  const { parts, connection } = visit
  const saml = samlOf(visit)
  const { entityId, acsUrl } = samlAddresses(parts.origin(), connection.id)
  const read = readResponse({
    samlResponseBase64,
    expected: {
      acsUrl, spEntityId: entityId, idpEntityId: saml.entityId, inResponseTo, certificatesPem: saml.certificates, nowMs: parts.nowMs(), clockSkewMs: SKEW_MS,
      decryptionKeysPem: [signingOf(visit).privateKeyPem], mustEncrypt: saml.mustEncrypt, authnContexts: saml.authnContexts,
    },
  })
  if (!read.ok) throw new Refusal(read.code, read.detail)
  return { assertionId: read.assertion.id, rememberUntilMs: read.assertion.notOnOrAfter + 10 * SKEW_MS, facts: factsOf(read.assertion, saml) }
}

/** The whole NameID: two persons of one provider may differ only in a qualifier. */
export const subjectOfNameId = ({ value, format, nameQualifier, spNameQualifier }: NameId): string => JSON.stringify([value, format, nameQualifier, spNameQualifier])

function factsOf(assertion: Assertion, saml: SamlSettings): Verified {
  const first = (names: readonly string[]): string | null => names.map((name) => assertion.attributes.get(name)?.[0]).find((value) => value !== undefined) ?? null
  const { nameId } = assertion
  const subject = subjectOfNameId(nameId)
  return {
    subject, directoryName: nameId.value,
    email: first(saml.emailAttribute === undefined ? EMAIL_NAMES : [saml.emailAttribute]) ?? (nameId.format === EMAIL_FORMAT ? nameId.value : null),
    displayName: first(saml.nameAttribute === undefined ? NAME_NAMES : [saml.nameAttribute]),
    authenticatedAtMs: assertion.authnInstant, acr: assertion.authnContext, methods: [], providerSubject: subject, providerSession: assertion.sessionIndex,
  }
}

/** The browser that began it comes back with its cookie and fetches the session. */
export async function finishSaml(visit: Visit, decode: (value: unknown) => Verified): Promise<PageAnswer> {
  const handle = visit.request.query.get('handle') ?? ''
  const browser = visit.request.cookie('sign_in')
  const login = browser === null ? null : await visit.write((tx) => store.useHandle(tx, visit.connection.id, digestOf(handle), digestOf(browser)))
  if (login === null) return refused(visit.request.requestId)
  return refusable(visit, login, () => finish(visit, login, decode(login.verified)))
}

/** What the provider's administrator needs to know of us. */
export function samlMetadata(visit: Visit): PageAnswer {
  const { certificatePem } = visit.connection.settings
  if (visit.connection.kind !== 'saml' || certificatePem === undefined) throw new Problem('not_found', 'There is nothing at this address.')
  const { entityId, acsUrl, sloUrl } = samlAddresses(visit.parts.origin(), visit.connection.id)
  return xml(spMetadata({ entityId, acsUrl, sloUrl, signingCertificatesPem: [certificatePem], encryptionCertificatesPem: [certificatePem], signsRequests: true, wantsAssertionsSigned: true }))
}

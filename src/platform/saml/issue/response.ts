// The identity provider's voice: a signed answer to a request for a sign-in.
import type { Outgoing } from '../binding.ts'
import { instantText } from '../instant.ts'
import { nameIdElement } from '../logout.ts'
import { BEARER, type NameId, NS, PASSWORD_CONTEXT, STATUS } from '../names.ts'
import { signEnveloped, type Signing } from '../sign.ts'
import { element, written, type Written } from '../write.ts'
import { encryptedAssertion } from './encrypt.ts'

export interface AnswerHead {
  readonly id: string
  readonly nowMs: number
  readonly idpEntityId: string
  readonly acsUrl: string
  readonly inResponseTo: string
  readonly relayState: string | null
  readonly signing: Signing
}
export interface Answer extends AnswerHead {
  readonly assertionId: string
  readonly spEntityId: string
  readonly nameId: NameId
  readonly sessionIndex: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly authnInstant?: number | undefined
  readonly authnContext?: string | undefined
  readonly lifetimeMs?: number | undefined
  readonly sign: 'response' | 'assertion' | 'both'
  /** The service's certificate, when the assertion shall be encrypted. */
  readonly encryptForPem?: string | null | undefined
}

const LIFETIME_MS = 5 * 60_000
// The clock of the service may be a little behind ours.
const EARLY_MS = 30_000
const PREFIXES = { 'xmlns:samlp': NS.samlp, 'xmlns:saml': NS.saml }

/** A successful answer, as a form to post. */
export function issueResponse(answer: Answer): Outgoing {
  const plain = assertionXml(answer)
  const assertion = answer.sign === 'response' ? plain : signEnveloped(plain, answer.signing)
  const carrier = typeof answer.encryptForPem === 'string' ? encryptedAssertion(assertion, answer.encryptForPem) : written(assertion)
  const xml = responseXml(answer, element('samlp:StatusCode', { Value: STATUS.success }), carrier)
  return posted(answer, answer.sign === 'assertion' ? xml : signEnveloped(xml, answer.signing))
}

/** An answer that says no: the person cancelled, or could not sign in the way it was asked for. */
export function issueFailure(head: AnswerHead, code: 'AuthnFailed' | 'NoAuthnContext' | 'NoPassive' | 'RequestDenied'): Outgoing {
  const status = element('samlp:StatusCode', { Value: STATUS.responder }, element('samlp:StatusCode', { Value: `urn:oasis:names:tc:SAML:2.0:status:${code}` }))
  return posted(head, signEnveloped(responseXml(head, status, null), head.signing))
}

function posted(head: AnswerHead, xml: string): Outgoing {
  const fields = { SAMLResponse: Buffer.from(xml).toString('base64'), ...(head.relayState === null ? {} : { RelayState: head.relayState }) }
  return { binding: 'post', action: head.acsUrl, fields }
}

function responseXml(head: AnswerHead, status: Written, carrier: Written | null): string {
  const attributes = { ...PREFIXES, ID: head.id, Version: '2.0', IssueInstant: instantText(head.nowMs), Destination: head.acsUrl, InResponseTo: head.inResponseTo }
  return element('samlp:Response', attributes, element('saml:Issuer', {}, head.idpEntityId), element('samlp:Status', {}, status), carrier).xml
}

function assertionXml(answer: Answer): string {
  const end = instantText(answer.nowMs + (answer.lifetimeMs ?? LIFETIME_MS))
  const attributes = Object.entries(answer.attributes).map(([name, values]) => element('saml:Attribute', { Name: name }, ...values.map((value) => element('saml:AttributeValue', {}, value))))
  return element(
    'saml:Assertion',
    { 'xmlns:saml': NS.saml, ID: answer.assertionId, Version: '2.0', IssueInstant: instantText(answer.nowMs) },
    element('saml:Issuer', {}, answer.idpEntityId),
    element(
      'saml:Subject',
      {},
      nameIdElement(answer.nameId),
      element('saml:SubjectConfirmation', { Method: BEARER }, element('saml:SubjectConfirmationData', { Recipient: answer.acsUrl, NotOnOrAfter: end, InResponseTo: answer.inResponseTo })),
    ),
    element('saml:Conditions', { NotBefore: instantText(answer.nowMs - EARLY_MS), NotOnOrAfter: end }, element('saml:AudienceRestriction', {}, element('saml:Audience', {}, answer.spEntityId))),
    element(
      'saml:AuthnStatement',
      { AuthnInstant: instantText(answer.authnInstant ?? answer.nowMs), SessionIndex: answer.sessionIndex },
      element('saml:AuthnContext', {}, element('saml:AuthnContextClassRef', {}, answer.authnContext ?? PASSWORD_CONTEXT)),
    ),
    attributes.length === 0 ? null : element('saml:AttributeStatement', {}, ...attributes),
  ).xml
}

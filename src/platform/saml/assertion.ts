// Reads an assertion from the octets that were signed, and holds it to what we asked for: this person, for us, now, in answer to this request.
import { type Clock, instantOf, refuseFuture, refusePast } from './instant.ts'
import { BEARER, ENTITY_FORMAT, type NameId, NS } from './names.ts'
import { refuse } from './refusal.ts'
import { attributeOf, childNamed, childrenNamed, elementsOf, isNamed, textOf, tokenOf, type XmlElement } from './xml.ts'

export interface Assertion {
  /** To be inserted once and never again: a second sign-in with the same ID is a replay. */
  readonly id: string
  readonly nameId: NameId
  readonly sessionIndex: string | null
  /** Values by the attribute's Name. A value that is not plain text is left out. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
  /** When the person proved who they are, in milliseconds. */
  readonly authnInstant: number
  readonly authnContext: string
  /** When the assertion ends, in milliseconds: its ID must be remembered until then, and the skew. */
  readonly notOnOrAfter: number
  /** When the provider wants the session to end, or null. */
  readonly sessionNotOnOrAfter: number | null
}

export interface AssertionExpected extends Clock {
  readonly acsUrl: string
  readonly spEntityId: string
  readonly idpEntityId: string
  readonly inResponseTo: string
  readonly authnContexts?: readonly string[] | undefined
}

/** The assertion, or a refusal. The element must come from signed octets. */
export function readAssertion(element: XmlElement, expected: AssertionExpected): Assertion {
  const id = attributeOf(element, 'ID')
  if (attributeOf(element, 'Version') !== '2.0' || id === null || id === '') return refuse('malformed_message', 'an assertion without Version 2.0 or ID')
  refuseFuture(instantOf(attributeOf(element, 'IssueInstant'), 'IssueInstant'), 'IssueInstant', expected)
  checkIssuer(element, expected.idpEntityId)
  const subject = childNamed(element, NS.saml, 'Subject') ?? refuse('no_name_id', 'an assertion without a subject')
  const nameId = readNameId(subject)
  const confirmedUntil = checkConfirmation(subject, expected)
  const validUntil = checkConditions(element, expected)
  return { id, nameId, ...readAuthn(element, expected), attributes: readAttributes(element), notOnOrAfter: Math.min(confirmedUntil, validUntil ?? confirmedUntil) }
}

/** The Issuer that must stand in a message and in an assertion, exactly as configured. */
export function checkIssuer(element: XmlElement, entityId: string): void {
  const issuer = childNamed(element, NS.saml, 'Issuer')
  const isEntity = issuer !== null && [null, ENTITY_FORMAT].includes(attributeOf(issuer, 'Format'))
  if (!isEntity || tokenOf(issuer) !== entityId) refuse('wrong_issuer', `${element.localName} from ${issuer === null ? 'nobody' : tokenOf(issuer)}`)
}

export function readNameId(holder: XmlElement): NameId {
  const element = childNamed(holder, NS.saml, 'NameID')
  const value = element === null ? null : textOf(element)
  if (element === null || value === null || value.trim() === '') return refuse('no_name_id', 'no NameID of plain text')
  return { value, format: attributeOf(element, 'Format'), nameQualifier: attributeOf(element, 'NameQualifier'), spNameQualifier: attributeOf(element, 'SPNameQualifier') }
}

/** Bearer, for our address, in answer to our request, and for a short time. Answers when that time ends. */
function checkConfirmation(subject: XmlElement, expected: AssertionExpected): number {
  const [confirmation, ...more] = childrenNamed(subject, NS.saml, 'SubjectConfirmation')
  if (confirmation === undefined) return refuse('no_bearer', 'no SubjectConfirmation')
  // With several, each of another kind, it would be a matter of taste which of them counts.
  if (more.length > 0) refuse('several_confirmations', `${more.length + 1} SubjectConfirmations`)
  if (attributeOf(confirmation, 'Method') !== BEARER) refuse('no_bearer', `confirmed by ${attributeOf(confirmation, 'Method')}`)
  const data = childNamed(confirmation, NS.saml, 'SubjectConfirmationData') ?? refuse('bad_confirmation', 'no SubjectConfirmationData')
  if (attributeOf(data, 'NotBefore') !== null) refuse('bad_confirmation', 'NotBefore in a bearer confirmation')
  if (attributeOf(data, 'Recipient') !== expected.acsUrl) refuse('wrong_recipient', `for ${attributeOf(data, 'Recipient')}`)
  checkInResponseTo(data, expected.inResponseTo)
  const end = attributeOf(data, 'NotOnOrAfter')
  if (end === null) refuse('bad_confirmation', 'a bearer confirmation that never ends')
  const endMs = instantOf(end, 'SubjectConfirmationData')
  refusePast(endMs, 'SubjectConfirmationData', expected)
  return endMs
}

/** An answer must name the request it answers; one that names none was never asked for. */
export function checkInResponseTo(element: XmlElement, inResponseTo: string): void {
  const named = attributeOf(element, 'InResponseTo')
  if (named === null) refuse('unsolicited', `${element.localName} answers no request`)
  if (named !== inResponseTo) refuse('wrong_in_response_to', `${element.localName} answers ${named}`)
}

const HARMLESS_CONDITIONS = ['OneTimeUse', 'ProxyRestriction']

function checkConditions(assertion: XmlElement, expected: AssertionExpected): number | null {
  const conditions = childNamed(assertion, NS.saml, 'Conditions') ?? refuse('wrong_audience', 'no Conditions')
  const start = attributeOf(conditions, 'NotBefore')
  if (start !== null) refuseFuture(instantOf(start, 'NotBefore'), 'NotBefore', expected)
  const end = attributeOf(conditions, 'NotOnOrAfter')
  const endMs = end === null ? null : instantOf(end, 'NotOnOrAfter')
  if (endMs !== null) refusePast(endMs, 'Conditions', expected)
  const restrictions = childrenNamed(conditions, NS.saml, 'AudienceRestriction')
  const unknown = elementsOf(conditions).find((each) => !restrictions.includes(each) && !(each.namespaceURI === NS.saml && HARMLESS_CONDITIONS.includes(each.localName)))
  // A condition that is not understood is not fulfilled.
  if (unknown !== undefined) refuse('unknown_condition', unknown.localName)
  // Each restriction must name us; the audiences within one are alternatives.
  const isForUs = restrictions.length > 0 && restrictions.every((restriction) => elementsOf(restriction).some((each) => isNamed(each, NS.saml, 'Audience') && tokenOf(each) === expected.spEntityId))
  if (!isForUs) refuse('wrong_audience', `for ${restrictions.flatMap(elementsOf).map((each) => textOf(each)).join(' ')}`)
  return endMs
}

function readAuthn(assertion: XmlElement, expected: AssertionExpected): Pick<Assertion, 'sessionIndex' | 'authnInstant' | 'authnContext' | 'sessionNotOnOrAfter'> {
  const statement = childNamed(assertion, NS.saml, 'AuthnStatement') ?? refuse('malformed_message', 'no AuthnStatement')
  const authnInstant = instantOf(attributeOf(statement, 'AuthnInstant'), 'AuthnInstant')
  refuseFuture(authnInstant, 'AuthnInstant', expected)
  const end = attributeOf(statement, 'SessionNotOnOrAfter')
  const sessionNotOnOrAfter = end === null ? null : instantOf(end, 'SessionNotOnOrAfter')
  if (sessionNotOnOrAfter !== null) refusePast(sessionNotOnOrAfter, 'the session of the provider', expected)
  const context = childNamed(statement, NS.saml, 'AuthnContext')
  const reference = context === null ? null : childNamed(context, NS.saml, 'AuthnContextClassRef')
  const authnContext = reference === null ? '' : tokenOf(reference)
  const wanted = expected.authnContexts ?? []
  if (authnContext === '' || (wanted.length > 0 && !wanted.includes(authnContext))) refuse('wrong_authn_context', `authenticated by ${authnContext || 'nothing named'}`)
  return { sessionIndex: attributeOf(statement, 'SessionIndex'), authnInstant, authnContext, sessionNotOnOrAfter }
}

function readAttributes(assertion: XmlElement): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const attribute of childrenNamed(assertion, NS.saml, 'AttributeStatement').flatMap((statement) => childrenNamed(statement, NS.saml, 'Attribute'))) {
    const name = attributeOf(attribute, 'Name')
    if (name === null || name === '') return refuse('malformed_message', 'an attribute without a name')
    const values = childrenNamed(attribute, NS.saml, 'AttributeValue').map(textOf).filter((value) => value !== null)
    found.set(name, [...(found.get(name) ?? []), ...values])
  }
  return found
}

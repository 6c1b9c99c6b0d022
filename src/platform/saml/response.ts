// The whole way of a sign-in response: gate, signature, signed octets, and only then its meaning.
import { type Assertion, type AssertionExpected, checkInResponseTo, checkIssuer, readAssertion } from './assertion.ts'
import { textOfPost } from './binding.ts'
import { decrypted } from './decrypt.ts'
import { instantOf, refuseFuture } from './instant.ts'
import { pinnedKeys, type PinnedKey } from './keys.ts'
import { NS, STATUS } from './names.ts'
import { refuse, type Refused, settled } from './refusal.ts'
import { signatureIn, type Verified, verifyEnveloped } from './signature.ts'
import { allNamed, attributeOf, childNamed, elementsOf, hasOnlyElements, isNamed, parseXml, refuseDuplicateIds, textOf, type XmlElement } from './xml.ts'

export interface ResponseExpected extends AssertionExpected {
  /** One or two, for rotation. */
  readonly certificatesPem: readonly string[]
  readonly decryptionKeysPem: readonly string[]
  readonly mustSignResponse?: boolean | undefined
  readonly mustEncrypt?: boolean | undefined
}
export interface Accepted {
  readonly ok: true
  readonly assertion: Assertion
  /** The pinned certificate that signed. An expired one is said and not refused: it was pinned by hand, and the date is no secret. */
  readonly signer: { readonly sha256: string; readonly isExpired: boolean }
}

const ASSERTIONS = ['Assertion', 'EncryptedAssertion']
const PARTS = ['Issuer', 'Signature', 'Extensions', 'Status', ...ASSERTIONS]

/** Judges the SAMLResponse of a form. Nothing that a stranger sends makes it throw. */
export function readResponse(input: { readonly samlResponseBase64: string; readonly expected: ResponseExpected }): Accepted | Refused {
  return settled(() => accepted(input.samlResponseBase64, input.expected))
}

function accepted(samlResponseBase64: string, expected: ResponseExpected): Accepted {
  const keys = pinnedKeys(expected.certificatesPem)
  const response = parseXml(textOfPost(samlResponseBase64))
  checkShape(response)
  const carrier = carrierIn(response)
  refuseMisplacedSignatures(response, carrier)
  const signature = signatureIn(response)
  const verified = signature === null ? null : verifyEnveloped(response, signature, keys)
  if (verified === null && expected.mustSignResponse === true) refuse('response_unsigned', 'the response itself is not signed')
  const trusted = verified === null ? null : parseXml(verified.octets)
  checkAddress(trusted ?? response, expected)
  const { own, under } = innerAssertion(response, carrier, trusted, expected, keys)
  // From here on only octets that a pinned key has signed are looked at.
  const assertion = own === null ? under : parseXml(own.octets)
  const signer = own?.signer ?? verified?.signer
  if (assertion === null || signer === undefined) return refuse('unsigned', 'neither the response nor the assertion is signed')
  return { ok: true, assertion: readAssertion(assertion, expected), signer: { sha256: signer.sha256, isExpired: signer.notAfterMs < expected.nowMs } }
}

function checkShape(response: XmlElement): void {
  if (!isNamed(response, NS.samlp, 'Response')) refuse('unexpected_message', `${response.localName} instead of a Response`)
  if (attributeOf(response, 'Version') !== '2.0' || (attributeOf(response, 'ID') ?? '') === '') refuse('malformed_message', 'a response without Version 2.0 or ID')
  if (allNamed(response, 'Response').length > 1) refuse('several_responses', 'a response inside the response')
  const stranger = elementsOf(response).find((each) => !PARTS.includes(each.localName))
  if (stranger !== undefined || !hasOnlyElements(response)) refuse('malformed_message', `${stranger?.localName ?? 'text'} in a response`)
  checkStatus(response)
}

/** Success, or the codes and the words the other side has given. */
export function checkStatus(response: XmlElement): void {
  const status = childNamed(response, NS.samlp, 'Status')
  const top = status === null ? null : childNamed(status, NS.samlp, 'StatusCode')
  if (status !== null && top !== null && attributeOf(top, 'Value') === STATUS.success) return
  const codes = status === null ? [] : allNamed(status, 'StatusCode').map((each) => attributeOf(each, 'Value'))
  const message = status === null ? null : childNamed(status, NS.samlp, 'StatusMessage')
  refuse('bad_status', `${codes.join(' ')} ${message === null ? '' : textOf(message)}`)
}

/** The one assertion of the document, plain or encrypted, in its proper place. A second one, anywhere, is the raw material of wrapping. */
function carrierIn(response: XmlElement): XmlElement {
  const [carrier, ...more] = allNamed(response, ...ASSERTIONS)
  if (carrier === undefined) return refuse('no_assertion', 'no assertion')
  if (more.length > 0) refuse('several_assertions', `${more.length + 1} assertions`)
  if (carrier.parentNode !== response || carrier.namespaceURI !== NS.saml) refuse('misplaced_assertion', 'the assertion is not a child of the response')
  return carrier
}

function refuseMisplacedSignatures(...holders: readonly [XmlElement, ...XmlElement[]]): void {
  const [root] = holders
  const stray = allNamed(root, 'Signature').find((each) => each.namespaceURI !== NS.ds || !holders.some((holder) => each.parentNode === holder))
  if (stray !== undefined) refuse('misplaced_signature', 'a signature that is not a child of the response or of the assertion')
}

function checkAddress(response: XmlElement, expected: ResponseExpected): void {
  if (attributeOf(response, 'Destination') !== expected.acsUrl) refuse('wrong_destination', `sent to ${attributeOf(response, 'Destination')}`)
  checkInResponseTo(response, expected.inResponseTo)
  checkIssuer(response, expected.idpEntityId)
  refuseFuture(instantOf(attributeOf(response, 'IssueInstant'), 'IssueInstant'), 'IssueInstant', expected)
}

type Inner = {
  /** What the assertion's own signature covers, when it has one. */
  readonly own: Verified | null
  /** The assertion as it stands under the signature of the response, when that has one. */
  readonly under: XmlElement | null
}

function innerAssertion(response: XmlElement, carrier: XmlElement, trusted: XmlElement | null, expected: ResponseExpected, keys: readonly PinnedKey[]): Inner {
  const isEncrypted = carrier.localName === 'EncryptedAssertion'
  if (!isEncrypted && expected.mustEncrypt === true) refuse('not_encrypted', 'the assertion is not encrypted')
  const signedCarrier = trusted === null ? null : carrierIn(trusted)
  if (!isEncrypted) return { own: ownSignature(carrier, keys), under: signedCarrier }
  const assertion = parseXml(decrypted(signedCarrier ?? carrier, expected.decryptionKeysPem))
  if (!isNamed(assertion, NS.saml, 'Assertion')) refuse('cannot_decrypt', `${assertion.localName} instead of an assertion`)
  if (allNamed(assertion, ...ASSERTIONS).length > 1) refuse('several_assertions', 'an assertion inside the encrypted one')
  refuseMisplacedSignatures(assertion)
  refuseDuplicateIds([response, assertion])
  return { own: ownSignature(assertion, keys), under: trusted === null ? null : assertion }
}

function ownSignature(assertion: XmlElement, keys: readonly PinnedKey[]): Verified | null {
  const signature = signatureIn(assertion)
  return signature === null ? null : verifyEnveloped(assertion, signature, keys)
}

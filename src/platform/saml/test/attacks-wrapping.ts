// Signature wrapping: the signed part stays in the document, somewhere, and another part takes its place.
import { NS } from '../names.ts'
import { sp, stranger } from './keys.ts'
import { assertionXml, build, encrypted, IDP, issuer, nameId, responseXml } from './recipe.ts'
import { type Row, swap } from './row.ts'
import { canonical, signatureFor, signed } from './signer.ts'

const RESPONSE = { sign: 'response' } as const
const ASSERTION = { sign: 'assertion' } as const
const BOTH = { sign: 'both' } as const

const cut = (xml: string, pattern: RegExp): string => pattern.exec(xml)?.[0] ?? ''
const assertionIn = (xml: string): string => cut(xml, /<saml:Assertion [\s\S]*<\/saml:Assertion>/)
const signatureIn = (xml: string): string => cut(xml, /<ds:Signature [\s\S]*?<\/ds:Signature>/)
const unsigned = (xml: string): string => xml.replaceAll(/<ds:Signature [\s\S]*?<\/ds:Signature>/g, '')
/** The same with another ID and another person. */
const evil = (xml: string): string => xml.replace('ID="_assertion1"', 'ID="_evil"').replace('ID="_response1"', 'ID="_evilResponse"').replace('>user-1<', '>admin<')
const evilAssertion = (): string => evil(assertionXml())
const evilResponse = (): string => evil(responseXml(assertionXml()))
const inside = (xml: string, end: string, inner: string): string => swap(xml, end, inner + end)
const withSignature = (xml: string, signature: string): string => swap(xml, '</saml:Issuer>', `</saml:Issuer>${signature}`)
const object = (inner: string): string => `<ds:Object xmlns:ds="${NS.ds}">${inner}</ds:Object>`
const extensions = (inner: string): string => `<samlp:Extensions>${inner}</samlp:Extensions>`
const advice = (inner: string): string => `<saml:Advice>${inner}</saml:Advice>`
const carried = (carrier: string, parts = {}): string => responseXml(carrier, parts)

export const WRAPPING: readonly Row[] = [
  { name: 'XSW1: forged response, the original inside its signature', code: 'several_responses', base: RESPONSE,
    change: (xml) => withSignature(evilResponse(), inside(signatureIn(xml), '</ds:Signature>', unsigned(xml))) },
  { name: 'XSW1 with ds:Object', code: 'several_responses', base: RESPONSE,
    change: (xml) => withSignature(evilResponse(), inside(signatureIn(xml), '</ds:Signature>', object(unsigned(xml)))) },
  { name: 'XSW2: forged response, the original beside its signature', code: 'several_responses', base: RESPONSE,
    change: (xml) => withSignature(evilResponse(), unsigned(xml) + signatureIn(xml)) },
  { name: 'XSW2 with the original at the end', code: 'several_responses', base: RESPONSE,
    change: (xml) => inside(withSignature(evilResponse(), signatureIn(xml)), '</samlp:Response>', unsigned(xml)) },
  { name: 'XSW3: forged assertion before the original', code: 'several_assertions', base: ASSERTION, change: (xml) => swap(xml, '<saml:Assertion ', `${evilAssertion()}<saml:Assertion `) },
  { name: 'XSW3 behind the original', code: 'several_assertions', base: ASSERTION, change: (xml) => inside(xml, '</samlp:Response>', evilAssertion()) },
  { name: 'XSW3 with a signed response too', code: 'several_assertions', base: BOTH, change: (xml) => inside(xml, '</samlp:Response>', evilAssertion()) },
  { name: 'XSW4: the original inside the forged assertion', code: 'several_assertions', base: ASSERTION, change: (xml) => carried(inside(evilAssertion(), '</saml:Assertion>', assertionIn(xml))) },
  { name: 'XSW4 in the subject', code: 'several_assertions', base: ASSERTION, change: (xml) => carried(inside(evilAssertion(), '</saml:Subject>', assertionIn(xml))) },
  { name: 'XSW4 in an attribute value', code: 'several_assertions', base: ASSERTION, change: (xml) => carried(inside(evilAssertion(), '</saml:AttributeStatement>', `<saml:Attribute Name="x"><saml:AttributeValue>${assertionIn(xml)}</saml:AttributeValue></saml:Attribute>`)) },
  { name: 'XSW5: forged assertion with the signature, the original behind it', code: 'several_assertions', base: ASSERTION,
    change: (xml) => carried(withSignature(evilAssertion(), signatureIn(xml)) + unsigned(assertionIn(xml))) },
  { name: 'XSW5 with the ID kept and the original before it', code: 'several_assertions', base: ASSERTION,
    change: (xml) => carried(unsigned(assertionIn(xml)) + withSignature(evilAssertion(), signatureIn(xml))) },
  { name: 'XSW6: forged assertion, the original inside its signature', code: 'several_assertions', base: ASSERTION,
    change: (xml) => carried(withSignature(evilAssertion(), inside(signatureIn(xml), '</ds:Signature>', unsigned(assertionIn(xml))))) },
  { name: 'XSW7: forged assertion in Extensions', code: 'several_assertions', base: ASSERTION, change: (xml) => swap(xml, '<samlp:Status>', `${extensions(evilAssertion())}<samlp:Status>`) },
  { name: 'XSW7: the original in Extensions, the forged one in its place', code: 'several_assertions', base: ASSERTION, change: (xml) => carried(evilAssertion(), { extensions: extensions(assertionIn(xml)) }) },
  { name: 'XSW8: the original in an Object of the signature', code: 'several_assertions', base: ASSERTION,
    change: (xml) => carried(withSignature(evilAssertion(), inside(signatureIn(xml), '</ds:Signature>', object(unsigned(assertionIn(xml)))))) },
  { name: 'XSW8 with the signature inside the Object as well', code: 'several_assertions', base: ASSERTION,
    change: (xml) => carried(withSignature(evilAssertion(), inside(signatureIn(xml), '</ds:Signature>', object(assertionIn(xml))))) },
  { name: 'the original in the Advice of the forged one', code: 'several_assertions', base: ASSERTION, change: (xml) => carried(assertionXml({ id: '_evil', nameId: nameId('admin'), advice: advice(assertionIn(xml)) })) },
  { name: 'a forged assertion in the Advice of the original', code: 'several_assertions', base: ASSERTION, change: (xml) => swap(xml, '</saml:Conditions>', `</saml:Conditions>${advice(evilAssertion())}`) },
  { name: 'an Advice that the provider itself has signed', code: 'several_assertions', base: ASSERTION, forged: { assertion: { advice: advice(evilAssertion()) } } },
  { name: 'the original in the Status', code: 'several_assertions', base: ASSERTION, change: (xml) => inside(carried(evilAssertion()), '</samlp:Status>', `<samlp:StatusDetail>${assertionIn(xml)}</samlp:StatusDetail>`) },
  { name: 'a second response doubled behind the first', code: 'several_responses', base: BOTH, change: (xml) => inside(xml, '</samlp:Response>', evilResponse()) },
  { name: 'a response around the signed response', code: 'several_responses', base: BOTH, change: (xml) => inside(evilResponse(), '</samlp:Response>', xml) },
  { name: 'the signed response in Extensions of another', code: 'several_responses', base: RESPONSE, change: (xml) => swap(evilResponse(), '<samlp:Status>', `${extensions(xml)}<samlp:Status>`) },
  { name: 'same-ID twins', code: 'duplicate_id', base: ASSERTION, change: (xml) => swap(xml, '<saml:Assertion ', `${assertionXml({ nameId: nameId('admin') })}<saml:Assertion `) },
  { name: 'the ID of the assertion once more', code: 'duplicate_id', base: ASSERTION, change: (xml) => swap(xml, '<samlp:Status>', '<samlp:Status ID="_assertion1">') },
  { name: 'the ID once more, written Id', code: 'duplicate_id', base: ASSERTION, change: (xml) => swap(xml, '<samlp:Status>', '<samlp:Status Id="_assertion1">') },
  { name: 'the ID once more, written id', code: 'duplicate_id', base: RESPONSE, change: (xml) => swap(xml, '<samlp:Status>', '<samlp:Status id="_response1">') },
  { name: 'the ID once more, written xml:id', code: 'duplicate_id', base: RESPONSE, change: (xml) => swap(xml, '<samlp:Status>', '<samlp:Status xml:id="_response1">') },
  { name: 'the response and the assertion share an ID', code: 'duplicate_id', base: ASSERTION, forged: { response: { id: '_assertion1' } } },
  { name: 'the assertion moved into Extensions', code: 'misplaced_assertion', base: ASSERTION, change: (xml) => carried('', { extensions: extensions(assertionIn(xml)) }) },
  { name: 'the assertion inside a stranger of the same namespace', code: 'malformed_message', base: ASSERTION, change: (xml) => carried(`<saml:Wrapper>${assertionIn(xml)}</saml:Wrapper>`) },
  { name: 'a lookalike in another namespace', code: 'several_assertions', base: ASSERTION, change: (xml) => inside(xml, '</samlp:Response>', evilAssertion().replace(NS.saml, 'urn:evil').replaceAll('saml:', 'evil:').replace('xmlns:saml', 'xmlns:evil')) },
  { name: 'the only assertion is a lookalike', code: 'misplaced_assertion', base: ASSERTION, change: (xml) => xml.replace(`<saml:Assertion xmlns:saml="${NS.saml}"`, `<saml:Assertion xmlns:saml="urn:evil"`) },
  { name: 'an assertion of SAML 1.1', code: 'misplaced_assertion', base: ASSERTION, change: (xml) => xml.replace(`<saml:Assertion xmlns:saml="${NS.saml}"`, '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"') },
  { name: 'a forged encrypted assertion beside the original', code: 'several_assertions', base: ASSERTION, change: (xml) => inside(xml, '</samlp:Response>', encrypted(evilAssertion())) },
  { name: 'a forged encrypted assertion instead of the signed one', code: 'unsigned', base: ASSERTION, change: () => carried(encrypted(evilAssertion())) },
  { name: 'the original in the Advice of a forged, encrypted one', code: 'several_assertions', base: ASSERTION, change: (xml) => carried(encrypted(assertionXml({ id: '_evil', nameId: nameId('admin'), advice: advice(assertionIn(xml)) }))) },
  { name: 'the signature of the assertion moved up to the response', code: 'wrong_reference', base: ASSERTION, change: (xml) => withSignature(carried(evilAssertion()), signatureIn(xml)) },
  { name: 'the signature of the response moved down to a forged assertion', code: 'wrong_reference', base: RESPONSE, change: (xml) => swap(unsigned(xml), assertionIn(xml), withSignature(evilAssertion(), signatureIn(xml))) },
  { name: 'the signature moved into the subject', code: 'misplaced_signature', base: ASSERTION, change: (xml) => inside(unsigned(xml), '</saml:Subject>', signatureIn(xml)) },
  { name: 'the signature moved into Extensions', code: 'misplaced_signature', base: ASSERTION, change: (xml) => swap(unsigned(xml), '<samlp:Status>', `${extensions(signatureIn(xml))}<samlp:Status>`) },
  { name: 'a second signature in Extensions', code: 'misplaced_signature', base: ASSERTION, change: (xml) => swap(xml, '<samlp:Status>', `${extensions(signatureIn(xml))}<samlp:Status>`) },
  { name: 'a signature inside the signature', code: 'misplaced_signature', base: ASSERTION, change: (xml) => inside(xml, '</ds:Signature>', object(signatureFor(evilAssertion(), { pair: stranger }))) },
  { name: 'two signatures in one assertion', code: 'several_signatures', base: ASSERTION, change: (xml) => swap(xml, '<ds:Signature ', `${signatureFor(evilAssertion(), { pair: stranger })}<ds:Signature `) },
  { name: 'a lookalike of a signature', code: 'misplaced_signature', base: ASSERTION, change: (xml) => inside(xml, '</saml:Assertion>', '<e:Signature xmlns:e="urn:evil"></e:Signature>') },
  { name: 'another person where response and assertion are signed', code: 'bad_signature', base: BOTH, change: (xml) => swap(xml, '>user-1<', '>admin<') },
  { name: 'the response keeps its signature and gets another assertion that is signed by a stranger', code: 'bad_signature', base: RESPONSE, change: (xml) => swap(xml, assertionIn(xml), signed(evilAssertion(), { pair: stranger })) },
  { name: 'an honest assertion in a response signed by a stranger', code: 'foreign_key', base: ASSERTION, change: (xml) => signed(xml, { pair: stranger }) },
  { name: 'a metadata document of the provider, signed with the same key', code: 'unexpected_message', base: ASSERTION,
    change: () => signed(`<md:EntityDescriptor xmlns:md="${NS.md}" xmlns:saml="${NS.saml}" ID="_m">${issuer(IDP)}</md:EntityDescriptor>`) },
  { name: 'a signed logout response as a sign-in', code: 'unexpected_message', base: RESPONSE, change: (xml) => xml.replaceAll('samlp:Response', 'samlp:LogoutResponse') },
  { name: 'text beside the elements of a response', code: 'malformed_message', base: ASSERTION, change: (xml) => swap(xml, '<samlp:Status>', 'text<samlp:Status>') },
  { name: 'the canonical octets of the original as text of an attribute', code: 'unsigned', base: ASSERTION,
    change: (xml) => carried(inside(evilAssertion(), '</saml:AttributeStatement>', `<saml:Attribute Name="x"><saml:AttributeValue>${canonical(unsigned(assertionIn(xml))).replaceAll('<', '&lt;')}</saml:AttributeValue></saml:Attribute>`)) },
  { name: 'a response signed by the service with its own key', code: 'foreign_key', base: RESPONSE, forged: { signature: { pair: sp } } },
  { name: 'no assertion at all', code: 'no_assertion', base: RESPONSE, change: () => signed(responseXml('')) },
  { name: 'stripped signature of an assertion', code: 'unsigned', base: ASSERTION, change: unsigned },
  { name: 'stripped signature of a response', code: 'unsigned', base: RESPONSE, change: unsigned },
  { name: 'stripped signatures of both', code: 'unsigned', base: BOTH, change: (xml) => evil(unsigned(xml)) },
  { name: 'stripped signature of the response only, its Destination changed', code: 'wrong_destination', base: BOTH, change: (xml) => swap(xml.replace(signatureIn(xml), ''), 'Destination="https://blue', 'Destination="https://evil') },
  { name: 'stripped signature of the response, which is required', code: 'response_unsigned', base: BOTH, expected: { mustSignResponse: true }, change: (xml) => xml.replace(signatureIn(xml), '') },
  { name: 'a signed response of another sign-in around a forged assertion', code: 'bad_signature', base: RESPONSE, change: (xml) => swap(xml, '>user-1<', '>admin<') },
  { name: 'a forged assertion with the signature of the honest one', code: 'bad_signature', base: ASSERTION, change: (xml) => swap(xml, '>user-1<', '>admin<') },
  { name: 'a forged attribute in a signed assertion', code: 'bad_signature', base: ASSERTION, change: (xml) => swap(xml, '>crew<', '>admins<') },
  { name: 'only a SOAP envelope around the response', code: 'unexpected_message', base: BOTH, change: (xml) => `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${xml}</s:Body></s:Envelope>` },
  { name: 'two assertions that the provider has signed', code: 'several_assertions', base: BOTH, change: () => signed(responseXml(signed(assertionXml()) + signed(assertionXml({ id: '_assertion2' })))) },
  { name: 'a plain and an encrypted assertion', code: 'several_assertions', base: RESPONSE, change: () => build({ sign: 'response', response: { behind: encrypted(signed(assertionXml({ id: '_assertion2' }))) } }) },
]

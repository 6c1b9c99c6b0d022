// The gate around an enveloped XML signature. The library makes the canonical octets; every decision about them is taken here, and what is
// given back is not the document but the very octets that the pinned key has signed.
import { timingSafeEqual } from 'node:crypto'
import { ExclusiveCanonicalization } from 'xml-crypto'
import { bytesOfBase64 } from './base64.ts'
import type { PinnedKey } from './keys.ts'
import { ENVELOPED, NS } from './names.ts'
import { refuse } from './refusal.ts'
import { digestOf, signatureMethod, signerOf } from './signature-value.ts'
import { attributeOf, attributesOf, childrenNamed, elementsOf, hasOnlyElements, inheritedNamespaces, isNamed, parseXml, textOf, type XmlElement } from './xml.ts'

export interface Verified {
  /** The canonical octets of the signed element without its signature. Nothing else of the message may be believed. */
  readonly octets: string
  readonly signer: PinnedKey
}

const ID = /^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/
const PREFIXES = /^(?:[A-Za-z_][A-Za-z0-9_.-]*(?: +|$)){1,32}$/

/** The only signature that is a direct child of this element, or null. */
export function signatureIn(element: XmlElement): XmlElement | null {
  const [first, ...more] = childrenNamed(element, NS.ds, 'Signature')
  if (more.length > 0) refuse('several_signatures', `${element.localName} has ${more.length + 1} signatures`)
  return first ?? null
}

/** Checks the signature of the element it stands in, against the pinned keys and nothing else. */
export function verifyEnveloped(element: XmlElement, signature: XmlElement, keys: readonly PinnedKey[]): Verified {
  const { signedInfo, value, keyInfo } = partsOf(signature)
  // SignedInfo is read from its canonical octets too: what is checked and what is understood are one text.
  const signedInfoOctets = canonical(signedInfo, prefixesOf(childrenNamed(signedInfo, NS.ds, 'CanonicalizationMethod').at(0) ?? null))
  const { method, reference } = readSignedInfo(parseXml(signedInfoOctets))
  const { digestMethod, digest, prefixes } = readReference(reference, attributeOf(element, 'ID'))
  const signer = signerOf(signedInfoOctets, method, value, keys)
  if (signer === null) return refuseStranger(keyInfo, keys)
  const octets = canonical(element, prefixes, signature)
  const actual = digestOf(digestMethod, octets)
  if (actual.length !== digest.length || !timingSafeEqual(actual, digest)) refuse('bad_signature', `${element.localName} is not what was signed`)
  return { octets, signer }
}

function partsOf(signature: XmlElement): { signedInfo: XmlElement; value: Buffer; keyInfo: XmlElement | null } {
  const [signedInfo, value, keyInfo, ...more] = elementsOf(signature)
  const isWhole = signedInfo !== undefined && isNamed(signedInfo, NS.ds, 'SignedInfo') && value !== undefined && isNamed(value, NS.ds, 'SignatureValue')
  const isPlain = more.length === 0 && (keyInfo === undefined || isNamed(keyInfo, NS.ds, 'KeyInfo')) && hasOnlyElements(signature)
  if (!isWhole || !isPlain) return refuse('bad_signature_shape', 'a signature is SignedInfo, SignatureValue and at most one KeyInfo')
  return { signedInfo, value: bytesOfBase64(textOf(value) ?? '', 'SignatureValue'), keyInfo: keyInfo ?? null }
}

function readSignedInfo(signedInfo: XmlElement): { method: ReturnType<typeof signatureMethod>; reference: XmlElement } {
  const [c14n, method, reference, ...more] = elementsOf(signedInfo)
  const isWhole = c14n !== undefined && isNamed(c14n, NS.ds, 'CanonicalizationMethod') && method !== undefined && isNamed(method, NS.ds, 'SignatureMethod')
  if (!isWhole || !hasOnlyElements(signedInfo)) return refuse('bad_signature_shape', 'SignedInfo is not in order')
  if (reference === undefined || !isNamed(reference, NS.ds, 'Reference')) return refuse('bad_signature_shape', 'no Reference')
  if (more.length > 0) refuse('several_references', `${more.length + 1} references in one signature`)
  if (attributeOf(c14n, 'Algorithm') !== NS.c14n) refuse('bad_transform', `SignedInfo canonicalized by ${attributeOf(c14n, 'Algorithm')}`)
  prefixesOf(c14n)
  const known = signatureMethod(attributeOf(method, 'Algorithm'))
  if (elementsOf(method).length > 0) refuse('bad_signature_shape', 'SignatureMethod has parameters')
  return { method: known, reference }
}

function readReference(reference: XmlElement, id: string | null): { digestMethod: string | null; digest: Buffer; prefixes: readonly string[] } {
  const [transforms, method, value, ...more] = elementsOf(reference)
  const isWhole = transforms !== undefined && isNamed(transforms, NS.ds, 'Transforms') && method !== undefined && isNamed(method, NS.ds, 'DigestMethod')
  const hasValue = value !== undefined && isNamed(value, NS.ds, 'DigestValue') && more.length === 0 && hasOnlyElements(reference)
  if (!isWhole || !hasValue) return refuse('bad_signature_shape', 'Reference is not Transforms, DigestMethod and DigestValue')
  if (id === null || !ID.test(id) || attributeOf(reference, 'URI') !== `#${id}`) refuse('wrong_reference', `the signature is about ${attributeOf(reference, 'URI')} and stands in ${id}`)
  const [enveloped, c14n, ...others] = elementsOf(transforms)
  const isUsual = enveloped !== undefined && attributeOf(enveloped, 'Algorithm') === ENVELOPED && c14n !== undefined && attributeOf(c14n, 'Algorithm') === NS.c14n
  const arePlain = others.length === 0 && [enveloped, c14n].every((each) => each !== undefined && isNamed(each, NS.ds, 'Transform'))
  if (!isUsual || !arePlain || elementsOf(enveloped).length > 0) return refuse('bad_transform', elementsOf(transforms).map((each) => attributeOf(each, 'Algorithm')).join(' '))
  const digest = bytesOfBase64(textOf(value) ?? '', 'DigestValue')
  return { digestMethod: attributeOf(method, 'Algorithm'), digest, prefixes: prefixesOf(c14n) }
}

/** The PrefixList of an exclusive canonicalization: it only writes more namespace declarations, so it is harmless when it is nothing else. */
function prefixesOf(holder: XmlElement | null): readonly string[] {
  const [list, ...more] = holder === null ? [] : elementsOf(holder)
  if (list === undefined) return []
  const text = attributeOf(list, 'PrefixList') ?? ''
  const isPlain = more.length === 0 && isNamed(list, NS.c14n, 'InclusiveNamespaces') && elementsOf(list).length === 0 && attributesOf(list).every(({ name }) => name === 'PrefixList' || name.startsWith('xmlns'))
  if (!isPlain || !PREFIXES.test(text)) refuse('bad_transform', 'a parameter of the canonicalization that is not a list of prefixes')
  return text.split(/ +/).filter((prefix) => prefix !== '')
}

/** Exclusive canonical octets of an element; the signature that stands in it is left out when it is named. */
function canonical(element: XmlElement, prefixes: readonly string[], without?: XmlElement): string {
  // A copy, because the canonicalizer writes into what it is given.
  const copy = element.cloneNode(true)
  const at = without === undefined ? -1 : Array.from(element.childNodes).indexOf(without)
  const left = copy.childNodes[at]
  if (left !== undefined) copy.removeChild(left)
  return new ExclusiveCanonicalization().process(copy, { inclusiveNamespacesPrefixList: [...prefixes], ancestorNamespaces: inheritedNamespaces(element), defaultNsForPrefix: {} })
}

// KeyInfo decides nothing. It only tells the administrator whether the provider signs with another certificate now or the message was changed.
function refuseStranger(keyInfo: XmlElement | null, keys: readonly PinnedKey[]): never {
  const stated = (keyInfo === null ? [] : elementsOf(keyInfo)).flatMap((data) => childrenNamed(data, NS.ds, 'X509Certificate')).map((each) => (textOf(each) ?? '').replace(/[ \t\r\n]+/g, ''))
  const isStranger = stated.length > 0 && stated.every((base64) => keys.every((key) => key.base64 !== base64))
  return refuse(isStranger ? 'foreign_key' : 'bad_signature', isStranger ? 'signed with a certificate that is not pinned' : 'no pinned key made this signature')
}

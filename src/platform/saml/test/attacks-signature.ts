// Signatures that are strange in themselves: other keys, other algorithms, other references, other transforms.
import { ENVELOPED, NS } from '../names.ts'
import { idp, idpEc, idpNext, idpOddCurve, idpSmall, sameName, sp, stranger } from './keys.ts'
import { attribute, attributes, nameId, assertionXml } from './recipe.ts'
import { type Row, swap } from './row.ts'
import { certificateInfo, inclusive, signatureFor, transform } from './signer.ts'

const ASSERTION = { sign: 'assertion' } as const
const RESPONSE = { sign: 'response' } as const
const XPATH = 'http://www.w3.org/TR/1999/REC-xpath-19991116'
const XPATH_FILTER = 'http://www.w3.org/2002/06/xmldsig-filter2'
const XSLT = 'http://www.w3.org/TR/1999/REC-xslt-19991116'
const usual = transform(ENVELOPED) + transform(NS.c14n)

const digestValue = (xml: string): string => /<ds:DigestValue>([^<]*)/.exec(xml)?.[1] ?? ''
const signedInfo = (xml: string): string => /<ds:SignedInfo[\s\S]*?<\/ds:SignedInfo>/.exec(xml)?.[0] ?? ''
const admin = (xml: string): string => swap(xml, '>user-1<', '>admin<')
/** The digest that a forged assertion would have. */
const evilDigest = (): string => digestValue(signatureFor(assertionXml({ nameId: nameId('admin') })))

export const SIGNATURES: readonly Row[] = [
  { name: 'a foreign key', code: 'foreign_key', base: ASSERTION, forged: { signature: { pair: stranger } } },
  { name: 'a foreign key on the response', code: 'foreign_key', base: RESPONSE, forged: { signature: { pair: stranger } } },
  { name: 'a foreign key, KeyInfo with the honest certificate', code: 'bad_signature', base: ASSERTION, forged: { signature: { pair: stranger, keyInfo: certificateInfo(idp.certificatePem) } } },
  { name: 'a foreign key without KeyInfo', code: 'bad_signature', base: ASSERTION, forged: { signature: { pair: stranger, keyInfo: '' } } },
  { name: "the attacker's key beside the honest certificate in KeyInfo", code: 'bad_signature', base: ASSERTION,
    forged: { signature: { pair: stranger, keyInfo: certificateInfo(idp.certificatePem).replace('</ds:X509Data>', `</ds:X509Data>${certificateInfo(stranger.certificatePem).replace(/<\/?ds:KeyInfo>/g, '')}`) } } },
  { name: 'a bare key value in KeyInfo', code: 'bad_signature', base: ASSERTION, forged: { signature: { pair: stranger, keyInfo: '<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>' } } },
  { name: 'KeyInfo that names an address to fetch the key from', code: 'bad_signature', base: ASSERTION, forged: { signature: { pair: stranger, keyInfo: '<ds:KeyInfo><ds:RetrievalMethod URI="https://evil.example/key"></ds:RetrievalMethod></ds:KeyInfo>' } } },
  { name: 'a self-signed certificate of the same name', code: 'foreign_key', base: ASSERTION, forged: { signature: { pair: sameName } } },
  { name: 'the next certificate before it is pinned', code: 'foreign_key', base: ASSERTION, forged: { signature: { pair: idpNext } } },
  { name: 'a certificate that was unpinned', code: 'foreign_key', base: ASSERTION, expectedInAttack: { certificatesPem: [idpNext.certificatePem] } },
  { name: "another organization's provider", code: 'foreign_key', base: { sign: 'assertion', signature: { pair: idpNext } }, expected: { certificatesPem: [idpNext.certificatePem] }, forged: { signature: { pair: idp } } },
  { name: "an EC key's signature stated as RSA", code: 'foreign_key', base: ASSERTION, forged: { signature: { pair: idpEc, algorithm: 'ecdsa-sha256', statedAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' } } },
  { name: 'RSA where an EC key is pinned', code: 'foreign_key', base: { sign: 'assertion', signature: { pair: idpEc, algorithm: 'ecdsa-sha256' } }, expected: { certificatesPem: [idpEc.certificatePem] }, forged: { signature: { pair: idp, algorithm: 'rsa-sha256' } } },
  { name: "an RSA key's signature stated as ECDSA", code: 'bad_signature', base: ASSERTION, forged: { signature: { statedAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256' } } },
  { name: 'a pinned key of 1024 bits', code: 'weak_key', base: ASSERTION, forged: { signature: { pair: idpSmall } }, expectedInAttack: { certificatesPem: [idpSmall.certificatePem] } },
  { name: 'a pinned key on an odd curve', code: 'weak_key', base: ASSERTION, forged: { signature: { pair: idpOddCurve, algorithm: 'ecdsa-sha256' } }, expectedInAttack: { certificatesPem: [idpOddCurve.certificatePem] } },
  { name: 'no pinned certificate', code: 'no_usable_certificate', base: ASSERTION, expectedInAttack: { certificatesPem: [] } },
  { name: 'three pinned certificates', code: 'no_usable_certificate', base: ASSERTION, expectedInAttack: { certificatesPem: [idp.certificatePem, idpNext.certificatePem, idpEc.certificatePem] } },
  { name: 'a pinned certificate that is none', code: 'no_usable_certificate', base: ASSERTION, expectedInAttack: { certificatesPem: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] } },
  { name: 'RSA-SHA1', code: 'weak_algorithm', base: ASSERTION, forged: { signature: { algorithm: 'rsa-sha1' } } },
  { name: 'RSA-SHA1 on the response', code: 'weak_algorithm', base: RESPONSE, forged: { signature: { algorithm: 'rsa-sha1' } } },
  { name: 'ECDSA-SHA1', code: 'weak_algorithm', base: { sign: 'assertion', signature: { pair: idpEc, algorithm: 'ecdsa-sha256' } }, expected: { certificatesPem: [idpEc.certificatePem] }, forged: { signature: { algorithm: 'ecdsa-sha1' } } },
  { name: 'a SHA-1 digest under RSA-SHA256', code: 'weak_algorithm', base: ASSERTION, forged: { signature: { digest: 'sha1' } } },
  { name: 'HMAC-SHA1 with the public certificate as the secret', code: 'weak_algorithm', base: ASSERTION, forged: { signature: { algorithm: 'hmac-sha1', hmacKey: idp.certificatePem } } },
  { name: 'HMAC-SHA256 with the public certificate as the secret', code: 'weak_algorithm', base: ASSERTION, forged: { signature: { algorithm: 'hmac-sha256', hmacKey: idp.certificatePem } } },
  { name: 'an algorithm that does not exist', code: 'weak_algorithm', base: ASSERTION, forged: { signature: { statedAlgorithm: 'urn:none' } } },
  { name: 'an algorithm named like a property of every object', code: 'weak_algorithm', base: ASSERTION, forged: { signature: { statedAlgorithm: 'constructor' } } },
  { name: 'an HMAC output length', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { methodInner: '<ds:HMACOutputLength>8</ds:HMACOutputLength>' } } },
  { name: 'an empty signature value', code: 'malformed_base64', base: ASSERTION, change: (xml) => swap(xml, /<ds:SignatureValue>[^<]*/, '<ds:SignatureValue>') },
  { name: 'a signature value that is not base64', code: 'malformed_base64', base: ASSERTION, change: (xml) => swap(xml, '<ds:SignatureValue>', '<ds:SignatureValue>$') },
  { name: 'a signature value of zeros', code: 'bad_signature', base: ASSERTION, change: (xml) => swap(xml, /<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${'A'.repeat(344).slice(0, -2)}==`) },

  { name: 'Reference to the whole document', code: 'wrong_reference', base: RESPONSE, forged: { signature: { uri: ' URI=""' } } },
  { name: 'Reference without a URI', code: 'wrong_reference', base: RESPONSE, forged: { signature: { uri: ' ' } } },
  { name: 'Reference to an address outside', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ' URI="https://evil.example/assertion.xml"' } } },
  { name: 'Reference to a file', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ' URI="file:///etc/passwd"' } } },
  { name: 'Reference to another ID', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ' URI="#_other"' } } },
  { name: 'Reference of the assertion to the response', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ' URI="#_response1"' } } },
  { name: 'Reference by XPointer', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ` URI="#xpointer(id('_assertion1'))"` } } },
  { name: 'Reference without the hash', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ' URI="_assertion1"' } } },
  { name: 'Reference with a quote, for XPath injection', code: 'wrong_reference', base: ASSERTION, forged: { signature: { uri: ` URI="#_assertion1' or '1'='1"` } } },
  { name: 'two references, the second to something harmless', code: 'several_references', base: ASSERTION, forged: { signature: { references: (one) => one + one.replace('#_assertion1', '#_other') } } },
  { name: 'two references to the same', code: 'several_references', base: ASSERTION, forged: { signature: { references: (one) => one + one } } },
  { name: 'no reference', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { references: () => '' } } },
  { name: 'a Manifest instead of the reference', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { references: (one) => `<ds:Manifest>${one}</ds:Manifest>` } } },
  { name: 'an assertion with an empty ID', code: 'wrong_reference', base: ASSERTION, forged: { assertion: { id: '' } } },
  { name: 'an assertion with an odd ID', code: 'wrong_reference', base: ASSERTION, forged: { assertion: { id: "a' or '" } } },

  { name: 'an XSLT transform', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) + transform(XSLT, '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"></x:stylesheet>') + transform(NS.c14n) } } },
  { name: 'an XPath transform that leaves the person out', code: 'bad_transform', base: ASSERTION,
    forged: { signature: { transforms: transform(ENVELOPED) + transform(XPATH, '<ds:XPath>not(ancestor-or-self::saml:NameID)</ds:XPath>') + transform(NS.c14n), digested: (xml) => xml.replace(/<saml:NameID[\s\S]*?<\/saml:NameID>/, '') } } },
  { name: 'an XPath filter', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(XPATH_FILTER, `<f:XPath xmlns:f="${XPATH_FILTER}" Filter="subtract">//*</f:XPath>`) + usual } } },
  { name: 'a base64 transform', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) + transform(`${NS.ds}base64`) } } },
  { name: 'canonicalization with comments', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) + transform(`${NS.c14n}WithComments`) } } },
  { name: 'inclusive canonicalization', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) + transform('http://www.w3.org/TR/2001/REC-xml-c14n-20010315') } } },
  { name: 'SignedInfo canonicalized with comments', code: 'bad_transform', base: ASSERTION, forged: { signature: { c14n: `${NS.c14n}WithComments` } } },
  { name: 'SignedInfo canonicalized inclusively', code: 'bad_transform', base: ASSERTION, forged: { signature: { c14n: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' } } },
  { name: 'SignedInfo canonicalized with an unknown parameter', code: 'bad_transform', base: ASSERTION, forged: { signature: { c14nInner: '<ds:XPath>//x</ds:XPath>' } } },
  { name: 'no transform', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: '' } } },
  { name: 'only the enveloped transform', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) } } },
  { name: 'only the canonicalization', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(NS.c14n) } } },
  { name: 'the transforms in the wrong order', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(NS.c14n) + transform(ENVELOPED) } } },
  { name: 'one transform too many', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: usual + transform(NS.c14n) } } },
  { name: 'something inside the enveloped transform', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED, '<ds:XPath>x</ds:XPath>') + transform(NS.c14n) } } },
  { name: 'a PrefixList with #default', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) + transform(NS.c14n, inclusive('#default xs')) } } },
  { name: 'two PrefixLists', code: 'bad_transform', base: ASSERTION, forged: { signature: { transforms: transform(ENVELOPED) + transform(NS.c14n, inclusive('xs') + inclusive('saml')) } } },

  { name: 'CVE-2025-29774: a second SignedInfo before the signed one', code: 'bad_signature_shape', base: ASSERTION, change: (xml) => admin(swap(xml, signedInfo(xml), signedInfo(xml).replace(digestValue(xml), evilDigest()) + signedInfo(xml))) },
  { name: 'CVE-2025-29774: a second SignedInfo behind the signed one', code: 'bad_signature_shape', base: ASSERTION, change: (xml) => admin(swap(xml, signedInfo(xml), signedInfo(xml) + signedInfo(xml).replace(digestValue(xml), evilDigest()))) },
  { name: 'CVE-2025-29774: a second SignedInfo inside the signed one', code: 'bad_signature', base: ASSERTION, change: (xml) => admin(swap(xml, '</ds:SignedInfo>', `${signedInfo(xml).replace(digestValue(xml), evilDigest())}</ds:SignedInfo>`)).replace(/<\/ds:Reference><ds:SignedInfo[\s\S]*?<\/ds:SignedInfo>/, '</ds:Reference>') },
  { name: 'CVE-2025-29774: a second SignedInfo in KeyInfo', code: 'bad_signature', base: ASSERTION, change: (xml) => admin(swap(xml, '<ds:KeyInfo>', `<ds:KeyInfo>${signedInfo(xml).replace(digestValue(xml), evilDigest())}`)) },
  { name: 'CVE-2025-29775: the forged digest behind a comment', code: 'comment', base: ASSERTION, change: (xml) => admin(swap(xml, `>${digestValue(xml)}<`, `><!--${evilDigest()}-->${digestValue(xml)}<`)) },
  { name: 'CVE-2025-29775: the forged digest before a comment', code: 'comment', base: ASSERTION, change: (xml) => admin(swap(xml, `>${digestValue(xml)}<`, `>${evilDigest()}<!--${digestValue(xml)}--><`)) },
  { name: 'two DigestValues', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { references: (one) => one.replace('</ds:Reference>', `<ds:DigestValue>${evilDigest()}</ds:DigestValue></ds:Reference>`) } } },
  { name: 'a DigestValue in the wrong namespace', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { references: (one) => one.replace(/<ds:DigestValue>([^<]*)<\/ds:DigestValue>/, '<e:DigestValue xmlns:e="urn:evil">$1</e:DigestValue>') } } },
  { name: 'a digest of the wrong length', code: 'bad_signature', base: ASSERTION, forged: { signature: { references: (one) => one.replace(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>AAAA') } } },
  { name: 'the forged digest, the old signature value', code: 'foreign_key', base: { sign: 'assertion', signature: { keyInfo: certificateInfo(sp.certificatePem) } }, change: (xml) => admin(swap(xml, digestValue(xml), evilDigest())) },
  { name: 'two signature values', code: 'bad_signature_shape', base: ASSERTION, change: (xml) => swap(xml, '</ds:SignatureValue>', '</ds:SignatureValue><ds:SignatureValue>AAAA</ds:SignatureValue>') },
  { name: 'an Object in the signature', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { behind: '<ds:Object>harmless</ds:Object>' } } },
  { name: 'text in SignedInfo', code: 'bad_signature_shape', base: ASSERTION, forged: { signature: { references: (one) => `text${one}` } } },
  { name: 'text in the signature', code: 'bad_signature_shape', base: ASSERTION, change: (xml) => swap(xml, '</ds:SignedInfo>', '</ds:SignedInfo>text') },
  { name: 'the signature value behind the key', code: 'bad_signature_shape', base: ASSERTION, change: (xml) => xml.replace(/(<ds:SignatureValue>[\s\S]*?<\/ds:SignatureValue>)(<ds:KeyInfo>[\s\S]*?<\/ds:KeyInfo>)/, '$2$1') },
  { name: 'the same signature for another assertion of the same ID', code: 'bad_signature', base: { sign: 'assertion', assertion: { attributes: attributes(attribute('role', 'crew')) } }, change: (xml) => swap(xml, '>crew<', '>admin<') },
]

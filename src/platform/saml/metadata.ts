// Metadata: what a provider says about itself, and what we say about us. It is not trusted for being signed: an administrator approves the
// fingerprints of the certificates, and the addresses are https.
import { bytesOfBase64 } from './base64.ts'
import { type Clock, instantOf, refusePast } from './instant.ts'
import { fingerprintOf, readCertificate, weaknessOf } from './keys.ts'
import { BINDING, NS } from './names.ts'
import { refuse, type Refused, settled } from './refusal.ts'
import { allNamed, attributeOf, childNamed, childrenNamed, isNamed, parseXml, textOf, type XmlElement } from './xml.ts'
import { element, type Written } from './write.ts'

export interface Urls {
  readonly redirect: string | null
  readonly post: string | null
}
export interface StatedCertificate {
  readonly pem: string
  readonly sha256: string
  readonly notAfter: number
  /** Why it cannot be pinned, or null. */
  readonly weakness: string | null
}
export interface IdpMetadata {
  readonly entityId: string
  readonly sso: Urls
  readonly slo: Urls
  readonly signingCertificates: readonly StatedCertificate[]
  readonly wantsSignedRequests: boolean
  readonly nameIdFormats: readonly string[]
}

const BYTES_MAX = 1024 * 1024
const ENTITY_ID_MAX = 1024

/** What an identity provider's metadata says, or why it is refused. */
export function readIdpMetadata(xml: string, options: Partial<Clock> & { readonly allowHttp?: boolean } = {}): { readonly ok: true; readonly metadata: IdpMetadata } | Refused {
  return settled(() => {
    // A byte order mark may stand before a file, and comments between the elements of this kind of document are usual.
    const root = parseXml(xml.replace(/^\uFEFF/, ''), { bytesMax: BYTES_MAX, allowComments: true })
    const entity = entityIn(root)
    const validUntil = attributeOf(entity, 'validUntil') ?? attributeOf(root, 'validUntil')
    if (validUntil !== null) refusePast(instantOf(validUntil, 'validUntil'), 'the metadata', { nowMs: options.nowMs ?? Date.now(), clockSkewMs: options.clockSkewMs })
    return { ok: true, metadata: readEntity(entity, options.allowHttp === true) }
  })
}

function entityIn(root: XmlElement): XmlElement {
  if (isNamed(root, NS.md, 'EntityDescriptor')) return root
  if (!isNamed(root, NS.md, 'EntitiesDescriptor')) return refuse('unexpected_message', `${root.localName} is no metadata`)
  const [only, ...more] = allNamed(root, 'EntityDescriptor').filter((each) => each.namespaceURI === NS.md)
  return only === undefined || more.length > 0 ? refuse('several_entities', `metadata of ${more.length + (only === undefined ? 0 : 1)} entities`) : only
}

function readEntity(entity: XmlElement, allowHttp: boolean): IdpMetadata {
  const entityId = attributeOf(entity, 'entityID') ?? ''
  const idp = childNamed(entity, NS.md, 'IDPSSODescriptor') ?? refuse('unexpected_message', 'no identity provider')
  if (entityId === '' || entityId.length > ENTITY_ID_MAX) refuse('malformed_message', 'no entityID')
  const sso = urlsOf(idp, 'SingleSignOnService', allowHttp)
  if (sso.redirect === null && sso.post === null) refuse('no_endpoint', 'no address for signing in by redirect or POST')
  const signingCertificates = certificatesOf(idp)
  if (signingCertificates.every(({ weakness }) => weakness !== null)) refuse('no_certificate', signingCertificates[0]?.weakness ?? 'no signing certificate')
  const wantsSignedRequests = ['true', '1'].includes(attributeOf(idp, 'WantAuthnRequestsSigned') ?? 'false')
  const nameIdFormats = childrenNamed(idp, NS.md, 'NameIDFormat').map((each) => (textOf(each) ?? '').trim()).filter((format) => format !== '')
  return { entityId, sso, slo: urlsOf(idp, 'SingleLogoutService', allowHttp), signingCertificates, wantsSignedRequests, nameIdFormats }
}

function urlsOf(descriptor: XmlElement, name: string, allowHttp: boolean): Urls {
  const services = childrenNamed(descriptor, NS.md, name)
  const urlOf = (binding: string): string | null => {
    const service = services.find((each) => attributeOf(each, 'Binding') === binding)
    return service === undefined ? null : checkedUrl(attributeOf(service, 'Location') ?? '', allowHttp)
  }
  return { redirect: urlOf(BINDING.redirect), post: urlOf(BINDING.post) }
}

function checkedUrl(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : refuse('insecure_url', `not an address: ${text}`)
  const isAllowed = url.protocol === 'https:' || (allowHttp && url.protocol === 'http:')
  if (!isAllowed || url.username !== '' || url.password !== '' || url.hash !== '') refuse('insecure_url', `the address ${text}`)
  return text
}

function certificatesOf(descriptor: XmlElement): readonly StatedCertificate[] {
  const keys = childrenNamed(descriptor, NS.md, 'KeyDescriptor').filter((each) => [null, 'signing'].includes(attributeOf(each, 'use')))
  const found = new Map<string, StatedCertificate>()
  for (const each of keys.flatMap((key) => allNamed(key, 'X509Certificate')).filter(({ namespaceURI }) => namespaceURI === NS.ds)) {
    const der = bytesOfBase64(textOf(each) ?? '', 'a certificate')
    const certificate = readCertificate(der) ?? refuse('no_certificate', 'a certificate that cannot be read')
    const sha256 = fingerprintOf(certificate.raw)
    found.set(sha256, { pem: certificate.toString(), sha256, notAfter: certificate.validToDate.getTime(), weakness: weaknessOf(certificate.publicKey) })
  }
  return [...found.values()]
}

export interface SpMetadata {
  readonly entityId: string
  readonly acsUrl: string
  readonly sloUrl: string | null
  readonly signingCertificatesPem: readonly string[]
  readonly encryptionCertificatesPem: readonly string[]
  readonly nameIdFormat?: string | null | undefined
  readonly signsRequests: boolean
  readonly wantsAssertionsSigned?: boolean | undefined
}

/** Our own metadata, for the provider's administrator. */
export function spMetadata(sp: SpMetadata): string {
  const slo = sp.sloUrl === null ? [] : [BINDING.redirect, BINDING.post].map((binding) => element('md:SingleLogoutService', { Binding: binding, Location: sp.sloUrl }))
  const root = element(
    'md:EntityDescriptor',
    { 'xmlns:md': NS.md, 'xmlns:ds': NS.ds, entityID: sp.entityId },
    element(
      'md:SPSSODescriptor',
      { protocolSupportEnumeration: NS.samlp, AuthnRequestsSigned: String(sp.signsRequests), WantAssertionsSigned: String(sp.wantsAssertionsSigned ?? true) },
      ...sp.signingCertificatesPem.map((pem) => keyDescriptor('signing', pem)),
      ...sp.encryptionCertificatesPem.map((pem) => keyDescriptor('encryption', pem)),
      ...slo,
      sp.nameIdFormat === null || sp.nameIdFormat === undefined ? null : element('md:NameIDFormat', {}, sp.nameIdFormat),
      element('md:AssertionConsumerService', { Binding: BINDING.post, Location: sp.acsUrl, index: '0', isDefault: 'true' }),
    ),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`
}

/** A certificate as metadata names it. */
export function keyDescriptor(use: 'signing' | 'encryption', pem: string): Written {
  const certificate = readCertificate(pem)
  if (certificate === null) throw new TypeError('The certificate for the metadata cannot be read')
  const methods = use === 'signing' ? [] : [
    element('md:EncryptionMethod', { Algorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm' }),
    element('md:EncryptionMethod', { Algorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p' }),
  ]
  return element('md:KeyDescriptor', { use }, element('ds:KeyInfo', {}, element('ds:X509Data', {}, element('ds:X509Certificate', {}, certificate.raw.toString('base64')))), ...methods)
}

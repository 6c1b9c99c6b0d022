import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAuthnRequest, newSigningPair, type Outgoing, readIdpMetadata, spMetadata } from '../index.ts'
import { idpMetadata, readAuthnRequest } from '../issue/index.ts'
import { NS } from '../names.ts'
import { idp, idpNext, idpSmall, NOW, sp, stranger } from './keys.ts'
import { ACS, IDP, SP } from './recipe.ts'

const SSO = 'https://idp.harbour.example/sso?tenant=7'
const request = { id: '_q1', issueInstant: NOW, destination: SSO, acsUrl: ACS, spEntityId: SP, relayState: 'a b&c=ü', signing: sp, binding: 'redirect' } as const
const expected = { ssoUrl: SSO, spEntityId: SP, acsUrls: [ACS], certificatesPem: [sp.certificatePem], mustSign: true, nowMs: NOW }
const incoming = (sent: Outgoing) =>
  sent.binding === 'redirect'
    ? ({ binding: 'redirect', query: sent.url.slice(sent.url.indexOf('?') + 1) } as const)
    : ({ binding: 'post', messageBase64: sent.fields['SAMLRequest'] ?? '', relayState: sent.fields['RelayState'] } as const)

describe('a request for a sign-in', () => {
  it.for(['redirect', 'post'] as const)('signed, by %s, is read by the provider', (binding) => {
    const sent = createAuthnRequest({ ...request, binding, nameIdFormat: 'urn:persistent', forceAuthn: true, requestedAuthnContext: ['urn:mfa', 'urn:<&>'] })
    expect(readAuthnRequest(incoming(sent), expected)).toEqual({
      ok: true, request: { id: '_q1', acsUrl: ACS, relayState: 'a b&c=ü', nameIdFormat: 'urn:persistent', forceAuthn: true, isPassive: false, authnContexts: ['urn:mfa', 'urn:<&>'], isSigned: true },
    })
  })

  it('keeps the query that the address of the provider has already', () => {
    const sent = createAuthnRequest(request)
    expect(sent.binding === 'redirect' ? sent.url : '').toMatch(/^https:\/\/idp\.harbour\.example\/sso\?tenant=7&SAMLRequest=[^&]+&RelayState=[^&]+&SigAlg=[^&]+&Signature=[^&]+$/)
  })

  it.for(['redirect', 'post'] as const)('unsigned, by %s, only where that is allowed', (binding) => {
    const sent = incoming(createAuthnRequest({ ...request, binding, signing: null, relayState: null }))
    expect(readAuthnRequest(sent, expected)).toMatchObject({ ok: false, code: 'unsigned' })
    expect(readAuthnRequest(sent, { ...expected, mustSign: false, certificatesPem: [] })).toMatchObject({ ok: true, request: { isSigned: false, relayState: null, forceAuthn: false } })
  })

  it.for(['redirect', 'post'] as const)('signed by a stranger, by %s, is refused', (binding) => {
    const sent = incoming(createAuthnRequest({ ...request, binding, signing: stranger }))
    expect(readAuthnRequest(sent, { ...expected, mustSign: false }).ok).toBe(false)
  })

  it('is answered only at an address of the service', () => {
    const sent = incoming(createAuthnRequest({ ...request, acsUrl: 'https://evil.example/acs' }))
    expect(readAuthnRequest(sent, expected)).toMatchObject({ ok: false, code: 'wrong_recipient' })
  })

  it('of ten minutes ago is refused', () => {
    expect(readAuthnRequest(incoming(createAuthnRequest({ ...request, issueInstant: NOW - 600_000 })), expected)).toMatchObject({ ok: false, code: 'expired' })
  })

  it('has a RelayState of at most eighty bytes', () => {
    expect(() => createAuthnRequest({ ...request, relayState: 'ü'.repeat(41) })).toThrow(RangeError)
  })
})

describe('metadata', () => {
  const own = { entityId: IDP, ssoUrl: 'https://idp.harbour.example/sso', sloUrl: 'https://idp.harbour.example/slo', certificatesPem: [idp.certificatePem, idpNext.certificatePem], wantsSignedRequests: true }
  const xml = idpMetadata(own)

  it('of the provider is read: addresses, certificates, wishes', () => {
    const certificates = [idp, idpNext].map(({ certificatePem }) => new X509Certificate(certificatePem))
    expect(readIdpMetadata(xml)).toEqual({
      ok: true,
      metadata: {
        entityId: IDP, sso: { redirect: own.ssoUrl, post: own.ssoUrl }, slo: { redirect: own.sloUrl, post: own.sloUrl }, wantsSignedRequests: true, nameIdFormats: [],
        signingCertificates: certificates.map((each) => ({ pem: each.toString(), sha256: each.fingerprint256.replaceAll(':', '').toLowerCase(), notAfter: each.validToDate.getTime(), weakness: null })),
      },
    })
  })

  it('with comments, a byte order mark, a collection of one, and without logout', () => {
    const inner = idpMetadata({ ...own, sloUrl: null, wantsSignedRequests: false }).replace(/^<\?xml[^>]*>\n/, '')
    const answer = readIdpMetadata(`\uFEFF<?xml version="1.0"?><!-- of the harbour --><md:EntitiesDescriptor xmlns:md="${NS.md}"><!-- one -->${inner}</md:EntitiesDescriptor>`)
    expect(answer).toMatchObject({ ok: true, metadata: { entityId: IDP, slo: { redirect: null, post: null }, wantsSignedRequests: false } })
  })

  it('a key without a stated use counts, one for encryption does not', () => {
    expect(readIdpMetadata(xml.replace(' use="signing"', ' use="encryption"'))).toMatchObject({ ok: true, metadata: { signingCertificates: { length: 1 } } })
    expect(readIdpMetadata(xml.replaceAll(' use="signing"', ''))).toMatchObject({ ok: true, metadata: { signingCertificates: { length: 2 } } })
  })

  it.for([
    ['doctype', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml.replace(/^<\?xml[^>]*>\n/, '')}`],
    ['processing_instruction', `<?xml-stylesheet href="x"?>${xml.replace(/^<\?xml[^>]*>\n/, '')}`],
    ['cdata', xml.replace('</md:IDPSSODescriptor>', '<![CDATA[x]]></md:IDPSSODescriptor>')],
    ['insecure_url', xml.replaceAll('https://idp.harbour.example/sso', 'http://idp.harbour.example/sso')],
    ['insecure_url', xml.replaceAll('https://idp.harbour.example/slo', 'javascript:alert(1)')],
    ['insecure_url', xml.replaceAll('https://idp.harbour.example/slo', 'https://user:word@idp.harbour.example/slo')],
    ['insecure_url', xml.replaceAll('https://idp.harbour.example/slo', 'slo')],
    ['no_endpoint', xml.replace(/<md:SingleSignOnService[^>]*>/g, '')],
    ['no_certificate', xml.replaceAll('use="signing"', 'use="encryption"')],
    ['no_certificate', xml.replace(/<ds:X509Certificate>[^<]*/, '<ds:X509Certificate>AAAA')],
    ['no_certificate', idpMetadata({ ...own, certificatesPem: [idpSmall.certificatePem] })],
    ['malformed_base64', xml.replace(/<ds:X509Certificate>/, '<ds:X509Certificate>$')],
    ['malformed_base64', xml.replace(/<ds:X509Certificate>/, '<ds:X509Certificate><!--x-->')],
    ['malformed_message', xml.replace(` entityID="${IDP}"`, '')],
    ['unexpected_message', spMetadata({ entityId: SP, acsUrl: ACS, sloUrl: null, signingCertificatesPem: [], encryptionCertificatesPem: [], signsRequests: false })],
    ['unexpected_message', '<a/>'],
    ['several_entities', `<md:EntitiesDescriptor xmlns:md="${NS.md}">${xml.replace(/^<\?xml[^>]*>\n/, '').repeat(2)}</md:EntitiesDescriptor>`],
    ['expired', xml.replace(' entityID=', ' validUntil="2020-01-01T00:00:00Z" entityID=')],
    ['too_large', xml + ' '.repeat(1024 * 1024)],
    ['malformed_xml', 'hello'],
    ['malformed_xml', ''],
  ] as const)('is refused: %s', ([code, text]) => {
    expect(readIdpMetadata(text)).toMatchObject({ ok: false, code })
  })

  it('http only where it is allowed, for a demo on one machine', () => {
    expect(readIdpMetadata(xml.replaceAll('https://idp.harbour.example/', 'http://localhost:3000/'), { allowHttp: true })).toMatchObject({ ok: true, metadata: { sso: { post: 'http://localhost:3000/sso' } } })
  })

  it('of ours names the address, the keys and what we want', () => {
    const text = spMetadata({ entityId: `${SP}?a=1&b=2`, acsUrl: ACS, sloUrl: 'https://blue.example/slo', signingCertificatesPem: [sp.certificatePem], encryptionCertificatesPem: [sp.certificatePem], nameIdFormat: 'urn:persistent', signsRequests: true })
    for (const piece of [`entityID="${SP}?a=1&amp;b=2"`, `Location="${ACS}"`, 'use="signing"', 'use="encryption"', 'aes256-gcm', 'AuthnRequestsSigned="true"', 'WantAssertionsSigned="true"', 'urn:persistent']) expect(text).toContain(piece)
  })
})

describe('a certificate of our own making', () => {
  it('is one that Node reads, signed by its own key, for five years, with a serial number of its own', async () => {
    const [one, two] = await Promise.all([newSigningPair('Zoë', NOW), newSigningPair('Zoë', Date.parse('2048-06-01T00:00:00Z'))])
    const [first, second] = [new X509Certificate(one.certificatePem), new X509Certificate(two.certificatePem)]
    for (const certificate of [first, second]) {
      expect(certificate.verify(certificate.publicKey)).toBe(true)
      expect(certificate.subject).toBe('CN=Zoë')
      expect(certificate.issuer).toBe('CN=Zoë')
      expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 })
    }
    expect(first.checkPrivateKey((await import('node:crypto')).createPrivateKey(one.privateKeyPem))).toBe(true)
    expect(first.validFromDate.toISOString()).toBe('2026-02-28T12:00:00.000Z')
    expect(first.validToDate.toISOString()).toBe('2031-02-28T12:00:00.000Z')
    // Beyond 2049 a certificate writes its years with four digits.
    expect(second.validToDate.toISOString()).toBe('2053-05-31T00:00:00.000Z')
    expect(first.serialNumber).not.toBe(second.serialNumber)
  })
})

import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createLogoutRequest, createLogoutResponse, type Incoming, type LogoutRequest, type Outgoing, readLogoutRequest, readLogoutResponse } from '../index.ts'
import { RSA_SHA256 } from '../names.ts'
import { signatureOf } from '../signature-value.ts'
import { idp, idpEc, NOW, stranger } from './keys.ts'
import { IDP, issuer, nameId, SP } from './recipe.ts'
import { swap } from './row.ts'
import { signed, signatureFor } from './signer.ts'

const SLO = 'https://blue.example/auth/saml/slo'
const PERSON = { value: 'user <1>', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', nameQualifier: IDP, spNameQualifier: SP }
const request: LogoutRequest = { id: '_l1', issueInstant: NOW, destination: SLO, issuer: IDP, relayState: 'r1', signing: idp, binding: 'redirect', nameId: PERSON, sessionIndexes: ['_s1', '_s2'], notOnOrAfter: NOW + 60_000 }
const response = { id: '_l2', issueInstant: NOW, destination: SLO, issuer: IDP, relayState: null, signing: idp, binding: 'redirect', inResponseTo: '_l1', outcome: 'success' } as const
const expected = { destination: SLO, senderEntityId: IDP, certificatesPem: [idp.certificatePem], nowMs: NOW }

function incoming(sent: Outgoing): Incoming {
  if (sent.binding === 'redirect') return { binding: 'redirect', query: sent.url.slice(sent.url.indexOf('?') + 1) }
  return { binding: 'post', messageBase64: sent.fields['SAMLRequest'] ?? sent.fields['SAMLResponse'] ?? '', relayState: sent.fields['RelayState'] }
}
const query = (sent: Outgoing): string => (sent.binding === 'redirect' ? sent.url.slice(sent.url.indexOf('?') + 1) : '')
const xmlOf = (parts: Partial<{ head: string; issuer: string; inner: string; root: string }> = {}): string => {
  const root = parts.root ?? 'LogoutRequest'
  return (
    `<samlp:${root} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_l1" ${parts.head ?? `Version="2.0" IssueInstant="${new Date(NOW).toISOString()}" Destination="${SLO}"`}>` +
    `${parts.issuer ?? issuer(IDP)}${parts.inner ?? nameId('user-1')}</samlp:${root}>`
  )
}
const deflated = (xml: string): string => encodeURIComponent(deflateRawSync(xml).toString('base64'))
const signedQuery = (text: string): string => {
  const octets = `${text}&SigAlg=${encodeURIComponent(RSA_SHA256)}`
  return `${octets}&Signature=${encodeURIComponent(signatureOf(octets, idp.privateKeyPem))}`
}
const redirected = (xml: string): Incoming => ({ binding: 'redirect', query: signedQuery(`SAMLRequest=${deflated(xml)}`) })
const posted = (xml: string): Incoming => ({ binding: 'post', messageBase64: Buffer.from(xml).toString('base64') })
const changed = (change: (query: string) => string, from: LogoutRequest = request): Incoming => ({ binding: 'redirect', query: change(query(createLogoutRequest(from))) })

describe('a request to end a session', () => {
  it.for(['redirect', 'post'] as const)('by %s comes through with the whole NameID and its sessions', (binding) => {
    const answer = readLogoutRequest(incoming(createLogoutRequest({ ...request, binding })), expected)
    expect(answer).toEqual({ ok: true, request: { id: '_l1', nameId: PERSON, sessionIndexes: ['_s1', '_s2'], relayState: 'r1' } })
  })

  it('the builder of the attacks makes honest ones too', () => {
    for (const message of [redirected(xmlOf()), posted(signed(xmlOf()))]) expect(readLogoutRequest(message, expected)).toMatchObject({ ok: true, request: { nameId: { value: 'user-1' }, sessionIndexes: [] } })
  })

  it('parameters of the address itself and percent signs written in small letters do no harm', () => {
    const small = signedQuery(`SAMLRequest=${deflated(xmlOf()).replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())}`)
    expect(readLogoutRequest({ binding: 'redirect', query: `tenant=7&${small}&utm=1` }, expected)).toMatchObject({ ok: true })
  })

  const without = (name: string) => (text: string) => swap(text, new RegExp(`&${name}=[^&]*`), '')
  const head = (destination: string, instant = NOW, version = '2.0'): string => `Version="${version}" IssueInstant="${new Date(instant).toISOString()}" Destination="${destination}"`
  it.for<[code: string, name: string, message: Incoming]>([
    ['unsigned', 'unsigned by redirect', changed((text) => without('Signature')(without('SigAlg')(text)))],
    ['unsigned', 'unsigned by POST', posted(xmlOf())],
    ['bad_signature_shape', 'without the signature', changed(without('Signature'))],
    ['bad_signature_shape', 'without the algorithm', changed(without('SigAlg'))],
    ['bad_signature', 'signed by a stranger', changed((text) => text, { ...request, signing: stranger })],
    ['foreign_key', 'signed by a stranger, by POST', posted(signed(xmlOf(), { pair: stranger }))],
    ['bad_signature', 'the signature over another RelayState', changed((text) => swap(text, 'RelayState=r1', 'RelayState=r2'))],
    ['bad_signature', 'the RelayState taken away', changed(without('RelayState'))],
    ['bad_signature', 'a RelayState added', changed((text) => swap(text, '&SigAlg', '&RelayState=r1&SigAlg'), { ...request, relayState: null })],
    ['bad_signature', 'another message under the signature', changed((text) => swap(text, /SAMLRequest=[^&]*/, `SAMLRequest=${deflated(xmlOf())}`))],
    ['bad_signature', 'the same value written in another way', changed((text) => swap(text, 'RelayState=r1', 'RelayState=%721'))],
    ['parameter_order', 'the RelayState first', changed((text) => `RelayState=r1&${without('RelayState')(text)}`)],
    ['parameter_order', 'the signature first', changed((text) => `Signature=AAAA&${without('Signature')(text)}`)],
    ['parameter_order', 'the algorithm before the RelayState', changed((text) => text.replace(/(&RelayState=[^&]*)(&SigAlg=[^&]*)/, '$2$1'))],
    ['duplicate_parameter', 'two messages', changed((text) => `SAMLRequest=${deflated(xmlOf())}&${text}`)],
    ['duplicate_parameter', 'two RelayStates', changed((text) => swap(text, '&SigAlg', '&RelayState=evil&SigAlg'))],
    ['duplicate_parameter', 'two signatures', changed((text) => `${text}&Signature=AAAA`)],
    ['duplicate_parameter', 'two algorithms', changed((text) => swap(text, '&SigAlg', '&SigAlg=x&SigAlg'))],
    ['malformed_query', 'a name in percent signs', changed((text) => `%53AMLRequest=${deflated(xmlOf())}&${text}`)],
    ['malformed_query', 'a request and a response', changed((text) => swap(text, '&RelayState', `&SAMLResponse=${deflated(xmlOf())}&RelayState`))],
    ['malformed_query', 'no message', changed((text) => swap(text, /SAMLRequest=[^&]*&/, ''))],
    ['malformed_query', 'percent signs that mean nothing', { binding: 'redirect', query: 'SAMLRequest=%zz' }],
    ['malformed_query', 'not deflated', { binding: 'redirect', query: signedQuery(`SAMLRequest=${encodeURIComponent(Buffer.from(xmlOf()).toString('base64'))}`) }],
    ['malformed_query', 'another encoding', changed((text) => `SAMLEncoding=urn%3Ax&${text}`)],
    ['malformed_base64', 'not base64', { binding: 'redirect', query: signedQuery('SAMLRequest=%24%24') }],
    ['malformed_base64', 'a signature that is not base64', changed((text) => swap(text, 'Signature=', 'Signature=%24'))],
    ['weak_algorithm', 'RSA-SHA1', changed((text) => swap(text, encodeURIComponent(RSA_SHA256), encodeURIComponent('http://www.w3.org/2000/09/xmldsig#rsa-sha1')))],
    ['weak_algorithm', 'HMAC', changed((text) => swap(text, encodeURIComponent(RSA_SHA256), encodeURIComponent('http://www.w3.org/2001/04/xmldsig-more#hmac-sha256')))],
    ['bad_signature', 'ECDSA stated for an RSA key', changed((text) => swap(text, 'rsa-sha256', 'ecdsa-sha256'))],
    ['too_large', 'a deflate bomb', { binding: 'redirect', query: signedQuery(`SAMLRequest=${deflated(' '.repeat(50_000_000))}`) }],
    ['too_large', 'an endless query', { binding: 'redirect', query: `SAMLRequest=${'A'.repeat(1_000_000)}` }],
    ['too_large', 'an endless form', posted(`<a>${'x'.repeat(300_000)}</a>`)],
    ['misplaced_signature', 'an enveloped signature in a query', redirected(signed(xmlOf()))],
    ['misplaced_signature', 'a signature in the NameID', posted(xmlOf({ inner: nameId('user-1') + `<samlp:Extensions>${signatureFor(xmlOf())}</samlp:Extensions>` }))],
    ['several_signatures', 'two signatures', posted(swap(signed(xmlOf()), '<ds:Signature ', `${signatureFor(xmlOf(), { pair: stranger })}<ds:Signature `))],
    ['bad_signature', 'another person under the signature', posted(swap(signed(xmlOf()), '>user-1<', '>admin<'))],
    ['wrong_reference', 'the signature of another message', posted(swap(signed(xmlOf()), ' ID="_l1"', ' ID="_l9"'))],
    ['comment', 'a comment in the NameID', redirected(xmlOf({ inner: nameId('admin<!---->.evil') }))],
    ['doctype', 'a document type', redirected(`<!DOCTYPE x>${xmlOf()}`)],
    ['unexpected_message', 'a response in the place of a request', redirected(xmlOf({ root: 'LogoutResponse' }))],
    ['unexpected_message', 'a request for a sign-in', posted(signed(xmlOf({ root: 'AuthnRequest' })))],
    ['wrong_issuer', 'another issuer', redirected(xmlOf({ issuer: issuer('https://evil.example') }))],
    ['wrong_issuer', 'no issuer', redirected(xmlOf({ issuer: '' }))],
    ['wrong_destination', 'another destination', redirected(xmlOf({ head: head('https://other.example/slo') }))],
    ['wrong_destination', 'no destination', redirected(xmlOf({ head: `Version="2.0" IssueInstant="${new Date(NOW).toISOString()}"` }))],
    ['malformed_message', 'another version', redirected(xmlOf({ head: head(SLO, NOW, '1.1') }))],
    ['malformed_time', 'no time of issue', redirected(xmlOf({ head: `Version="2.0" Destination="${SLO}"` }))],
    ['not_yet_valid', 'issued in the future', redirected(xmlOf({ head: head(SLO, NOW + 61_000) }))],
    ['expired', 'issued long ago', redirected(xmlOf({ head: head(SLO, NOW - 361_000) }))],
    ['expired', 'over', redirected(xmlOf({ head: `${head(SLO)} NotOnOrAfter="${new Date(NOW - 61_000).toISOString()}"` }))],
    ['no_name_id', 'nobody', redirected(xmlOf({ inner: '' }))],
    ['malformed_message', 'two persons', redirected(xmlOf({ inner: nameId('user-1') + nameId('admin') }))],
  ])('is refused with %s: %s', ([code, , message]) => {
    expect(readLogoutRequest(message, expected)).toMatchObject({ ok: false, code })
  })

  it('with a key pinned for another connection it is refused', () => {
    expect(readLogoutRequest(incoming(createLogoutRequest(request)), { ...expected, certificatesPem: [idpEc.certificatePem] })).toMatchObject({ ok: false, code: 'bad_signature' })
    expect(readLogoutRequest(incoming(createLogoutRequest(request)), { ...expected, certificatesPem: [] })).toMatchObject({ ok: false, code: 'no_usable_certificate' })
  })
})

describe('the answer to a request to end a session', () => {
  const awaited = { ...expected, inResponseTo: '_l1' }
  it.for(['redirect', 'post'] as const)('by %s comes through', (binding) => {
    expect(readLogoutResponse(incoming(createLogoutResponse({ ...response, binding })), awaited)).toEqual({ ok: true, response: { id: '_l2', isPartial: false, relayState: null } })
    expect(readLogoutResponse(incoming(createLogoutResponse({ ...response, binding, outcome: 'partial', relayState: 'r' })), awaited)).toMatchObject({ ok: true, response: { isPartial: true } })
  })

  it.for<[code: string, name: string, message: Incoming]>([
    ['bad_status', 'it failed', incoming(createLogoutResponse({ ...response, outcome: 'failed' }))],
    ['wrong_in_response_to', 'to another request', incoming(createLogoutResponse({ ...response, inResponseTo: '_l7' }))],
    ['unsolicited', 'to no request', { binding: 'redirect', query: signedQuery(`SAMLResponse=${deflated(xmlOf({ root: 'LogoutResponse' }))}`) }],
    ['unsigned', 'unsigned', { binding: 'redirect', query: query(createLogoutResponse(response)).replace(/&SigAlg.*/, '') }],
    ['bad_signature', 'by a stranger', incoming(createLogoutResponse({ ...response, signing: stranger }))],
    ['malformed_query', 'a request in its place', incoming(createLogoutRequest(request))],
  ])('is refused with %s: %s', ([code, , message]) => {
    expect(readLogoutResponse(message, awaited)).toMatchObject({ ok: false, code })
  })
})

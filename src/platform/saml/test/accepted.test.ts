import { DOMParser } from '@xmldom/xmldom'
import { SignedXml } from 'xml-crypto'
import { describe, expect, it } from 'vitest'
import { newSigningPair, readResponse, type ResponseExpected } from '../index.ts'
import { issueFailure, issueResponse } from '../issue/index.ts'
import { AES128_GCM, NS, PASSWORD_CONTEXT, RSA_OAEP } from '../names.ts'
import { fingerprintOf, readCertificate } from '../keys.ts'
import { idp, idpEc, idpEc384, idpExpired, idpNext, NOW, sp, spOld } from './keys.ts'
import { ACS, at, attribute, attributes, audience, authn, base64Of, build, conditions, confirmationData, context, encrypted, expectedBy, IDP, issuer, nameId, type Recipe, REQUEST_ID, responseXml, SP, assertionXml } from './recipe.ts'
import { canonical, certificateInfo, inclusive, signed } from './signer.ts'

const read = (xml: string, expected: Partial<ResponseExpected> = {}) => readResponse({ samlResponseBase64: base64Of(xml), expected: expectedBy(expected) })
const fingerprint = (pem: string): string => fingerprintOf(readCertificate(pem)?.raw ?? Buffer.alloc(0))

const HONEST = {
  ok: true,
  assertion: {
    id: '_assertion1', nameId: { value: 'user-1', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', nameQualifier: IDP, spNameQualifier: SP }, sessionIndex: '_session1',
    attributes: new Map([['email', ['ada@harbour.example']], ['groups', ['crew', 'bridge']]]), authnInstant: NOW - 10_000, authnContext: PASSWORD_CONTEXT, notOnOrAfter: NOW + 300_000, sessionNotOnOrAfter: null,
  },
  signer: { sha256: fingerprint(idp.certificatePem), isExpired: false },
}

type Honest = readonly [name: string, recipe: Recipe, expected?: Partial<ResponseExpected>, change?: (xml: string) => string]
const SAME: readonly Honest[] = [
  ['the assertion signed', { sign: 'assertion' }],
  ['the response signed', { sign: 'response' }],
  ['both signed', { sign: 'both' }],
  ['encrypted, the assertion signed', { sign: 'assertion', encrypt: {} }],
  ['encrypted, the response signed', { sign: 'response', encrypt: {} }],
  ['encrypted, both signed, both demanded', { sign: 'both', encrypt: {} }, { mustEncrypt: true, mustSignResponse: true }],
  ['AES-128-GCM', { encrypt: { algorithm: AES128_GCM } }],
  ['RSA-OAEP with SHA-256 throughout', { encrypt: { transport: RSA_OAEP, oaepHash: 'sha256', methodInner: `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><x:MGF xmlns:x="${NS.xenc11}" Algorithm="${NS.xenc11}mgf1sha256"></x:MGF>` } }],
  ['RSA-OAEP that says SHA-1', { encrypt: { methodInner: `<ds:DigestMethod Algorithm="${NS.ds}sha1"></ds:DigestMethod>` } }],
  ['encrypted for the key before the present one', { encrypt: { certificatePem: spOld.certificatePem } }, { decryptionKeysPem: [sp.privateKeyPem, spOld.privateKeyPem] }],
  ['RSA-SHA384', { signature: { algorithm: 'rsa-sha384', digest: 'sha384' } }],
  ['RSA-SHA512', { signature: { algorithm: 'rsa-sha512', digest: 'sha512' } }],
  ['the second of two pinned certificates', {}, { certificatesPem: [idpNext.certificatePem, idp.certificatePem] }],
  ['no KeyInfo', { signature: { keyInfo: '' } }],
  ["another certificate in KeyInfo, which decides nothing", { signature: { keyInfo: certificateInfo(idpNext.certificatePem) } }],
  ['a PrefixList that names the prefix of types', { signature: { prefixes: ['xs'] } }],
  ['a PrefixList in SignedInfo', { signature: { c14nInner: inclusive('ds xs') } }],
  ['an XML declaration and a byte order mark', {}, {}, (xml) => `\uFEFF<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n${xml}\n`],
  ['white space between the elements of the response', {}, {}, (xml) => xml.replace('<samlp:Status>', '\n  <samlp:Status>\r\n').replace('</samlp:Response>', '\t</samlp:Response>')],
  ['attributes in apostrophes', {}, {}, (xml) => xml.replace('ID="_response1"', "ID='_response1'")],
  ['empty elements written short', {}, {}, (xml) => xml.replace('"></samlp:StatusCode>', '" />')],
  ['extensions', { sign: 'both', response: { extensions: '<samlp:Extensions><x:y xmlns:x="urn:x" x:z="1">text</x:y></samlp:Extensions>' } }],
  ['the issuer with its format', { assertion: { issuer: issuer(IDP, ' Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity"') } }],
  ['white space around audience and issuer', { assertion: { issuer: issuer(`\n ${IDP} \n`), audiences: audience(` ${SP}\n`) } }],
  ['several audiences in one restriction', { assertion: { audiences: audience('https://other.example', SP) } }],
  ['conditions that say nothing against it', { assertion: { audiences: `${audience(SP)}<saml:OneTimeUse></saml:OneTimeUse><saml:ProxyRestriction Count="0"></saml:ProxyRestriction>` } }],
  ['conditions without times', { assertion: { conditions: conditions('') } }],
  ['fractions of a second', { assertion: { confirmationData: confirmationData({ NotOnOrAfter: '2026-03-01T12:05:00.0000001Z' }) } }],
  ['one of the wanted contexts', { assertion: { context: context(PASSWORD_CONTEXT) } }, { authnContexts: ['urn:mfa', PASSWORD_CONTEXT] }],
  ['the attributes in two statements', { assertion: { attributes: attributes(attribute('email', 'ada@harbour.example')) + attributes(attribute('groups', 'crew'), attribute('groups', 'bridge')) } }],
  ['a value that is no text is left out', { assertion: { attributes: attributes(attribute('email', '<saml:NameID>x</saml:NameID>', 'ada@harbour.example'), attribute('groups', 'crew', 'bridge')) } }],
]

describe('honest responses', () => {
  it.for(SAME)('%s', ([, recipe, expected = {}, change = (xml) => xml]) => {
    expect(read(change(build(recipe)), expected)).toEqual(HONEST)
  })

  it('ECDSA with SHA-256 and SHA-384', () => {
    expect(read(build({ signature: { pair: idpEc, algorithm: 'ecdsa-sha256' } }), { certificatesPem: [idpEc.certificatePem] })).toMatchObject({ ok: true })
    expect(read(build({ sign: 'response', signature: { pair: idpEc384, algorithm: 'ecdsa-sha384', digest: 'sha384' } }), { certificatesPem: [idpEc384.certificatePem] })).toMatchObject({ ok: true })
  })

  it('an expired pinned certificate is accepted and named', () => {
    const answer = read(build({ signature: { pair: idpExpired } }), { certificatesPem: [idp.certificatePem, idpExpired.certificatePem] })
    expect(answer).toEqual({ ...HONEST, signer: { sha256: fingerprint(idpExpired.certificatePem), isExpired: true } })
  })

  it('every character that XML can carry comes through', () => {
    const written = 'a&lt;&amp;&gt;&quot;&apos;&#xD;&#10;&#x9; é \u2028\u0085 😀 ]]&gt; &#x1F600;'
    const answer = read(build({ sign: 'both', assertion: { nameId: nameId(written), attributes: attributes(attribute('__proto__', written), attribute('constructor', '')) } }))
    const value = 'a<&>"\'\r\n\t é \u2028\u0085 😀 ]]> 😀'
    expect(answer).toMatchObject({ ok: true, assertion: { nameId: { value }, attributes: new Map([['__proto__', [value]], ['constructor', ['']]]) } })
  })

  it('at the edges of the skew', () => {
    for (const [nowMs, clockSkewMs] of [[NOW + 359_999, 60_000], [NOW - 60_000, 60_000], [NOW + 479_999, 900_000], [NOW + 299_999, 0]] as const) {
      expect(read(build({ sign: 'both' }), { nowMs, clockSkewMs })).toMatchObject({ ok: true })
    }
  })

  it('the end is that of the confirmation or of the conditions, whichever comes first, and the session may have its own', () => {
    const early = read(build({ assertion: { conditions: conditions(` NotOnOrAfter="${at(100)}"`), authn: authn(` AuthnInstant="${at(-10)}" SessionNotOnOrAfter="${at(3600)}"`) } }))
    expect(early).toMatchObject({ ok: true, assertion: { notOnOrAfter: NOW + 100_000, sessionNotOnOrAfter: NOW + 3_600_000, sessionIndex: null } })
  })

  it('an encrypted key beside the encrypted data', () => {
    const xml = responseXml(encrypted(signed(assertionXml())))
    const key = /<xenc:EncryptedKey>[\s\S]*<\/xenc:EncryptedKey>/.exec(xml)?.[0] ?? ''
    const beside = xml.replace(key, '').replace('</saml:EncryptedAssertion>', `${key.replace('<xenc:EncryptedKey>', `<xenc:EncryptedKey xmlns:xenc="${NS.xenc}">`)}</saml:EncryptedAssertion>`)
    expect(read(beside)).toEqual(HONEST)
  })

  it('with SAML as the default namespace, and other prefixes', () => {
    const assertion = assertionXml().replaceAll('saml:', '').replace('xmlns:saml', 'xmlns')
    const response = responseXml(signed(assertion)).replaceAll('samlp:', 'p2:').replace('xmlns:samlp', 'xmlns:p2')
    expect(response).toContain('<Assertion xmlns="urn')
    expect(read(signed(response))).toEqual(HONEST)
  })
})

describe('with the library as the second reader', () => {
  it('what the gate accepts xml-crypto accepts too, and it has the same octets', () => {
    const xml = build({ sign: 'assertion' })
    const checker = new SignedXml({ publicCert: idp.certificatePem, getCertFromKeyInfo: () => null })
    const signature = new DOMParser({ errorHandler: () => undefined }).parseFromString(/<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? '', 'text/xml').documentElement
    checker.loadSignature(signature?.toString() ?? '')
    expect(checker.checkSignature(xml)).toBe(true)
    expect(checker.getSignedReferences()).toEqual([canonical(assertionXml())])
  })
})

describe('the identity provider of the demo', () => {
  const answer = {
    id: '_r1', nowMs: NOW, idpEntityId: IDP, acsUrl: ACS, inResponseTo: REQUEST_ID, relayState: 'handle', signing: idp, assertionId: '_a1', spEntityId: SP, sessionIndex: '_s1',
    nameId: { value: '<&> "Ada"', format: null, nameQualifier: null, spNameQualifier: SP }, attributes: { email: ['ada@harbour.example'], odd: ['\r\n\t<&>', ''] },
  }
  const fieldsOf = (sent: ReturnType<typeof issueResponse>) => (sent.binding === 'post' ? sent.fields : {})

  it.for([['response', null], ['assertion', null], ['both', null], ['response', sp], ['assertion', sp], ['both', sp]] as const)('signs the %s; encrypted: %o', ([sign, encryptFor]) => {
    const fields = fieldsOf(issueResponse({ ...answer, sign, encryptForPem: encryptFor?.certificatePem }))
    expect(fields['RelayState']).toBe('handle')
    expect(readResponse({ samlResponseBase64: fields['SAMLResponse'] ?? '', expected: expectedBy({ mustSignResponse: sign !== 'assertion', mustEncrypt: encryptFor !== null }) })).toMatchObject({
      ok: true, assertion: { id: '_a1', nameId: answer.nameId, attributes: new Map(Object.entries(answer.attributes)), sessionIndex: '_s1', authnInstant: NOW, notOnOrAfter: NOW + 300_000 },
    })
  })

  it('says no in a way that is understood', () => {
    const fields = fieldsOf(issueFailure({ ...answer }, 'AuthnFailed'))
    const detail = 'urn:oasis:names:tc:SAML:2.0:status:Responder urn:oasis:names:tc:SAML:2.0:status:AuthnFailed '
    expect(readResponse({ samlResponseBase64: fields['SAMLResponse'] ?? '', expected: expectedBy() })).toEqual({ ok: false, code: 'bad_status', detail })
  })

  it('with a certificate of our own making', async () => {
    const pair = await newSigningPair('Zoë "the" <harbour>', NOW)
    const fields = fieldsOf(issueResponse({ ...answer, signing: pair, sign: 'both' }))
    expect(readResponse({ samlResponseBase64: fields['SAMLResponse'] ?? '', expected: expectedBy({ certificatesPem: [pair.certificatePem] }) })).toMatchObject({ ok: true, signer: { isExpired: false } })
  })
})

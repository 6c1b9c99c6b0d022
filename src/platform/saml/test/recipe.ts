// One builder for honest and for forged responses: every part can be put in another way, and whatever is left out is honest.
import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import { AES256_GCM, BEARER, NS, PASSWORD_CONTEXT, RSA_OAEP_MGF1P, STATUS } from '../names.ts'
import type { ResponseExpected } from '../response.ts'
import { idp, NOW, sp } from './keys.ts'
import { signed, type SignOptions } from './signer.ts'

export const ACS = 'https://blue.example/auth/saml/acs'
export const SP = 'https://blue.example/saml'
export const IDP = 'https://idp.harbour.example/saml'
export const REQUEST_ID = '_request1'
export const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString()

export interface AssertionParts {
  readonly id: string
  readonly version: string
  readonly issueInstant: string
  readonly issuer: string
  readonly nameId: string
  readonly confirmationData: string
  readonly confirmation: string
  readonly subject: string
  readonly audiences: string
  readonly conditions: string
  readonly advice: string
  readonly context: string
  readonly authn: string
  readonly attributes: string
}
export interface ResponseParts {
  readonly id: string
  readonly head: string
  readonly issuer: string
  readonly extensions: string
  readonly status: string
  readonly behind: string
}
export interface EncryptOptions {
  readonly algorithm?: string
  readonly transport?: string
  readonly oaepHash?: string
  readonly methodInner?: string
  readonly certificatePem?: string
  readonly content?: (assertion: string) => string
}
export interface Recipe {
  readonly sign?: 'response' | 'assertion' | 'both' | 'none'
  readonly signature?: SignOptions
  readonly assertion?: Partial<AssertionParts>
  readonly response?: Partial<ResponseParts>
  readonly encrypt?: EncryptOptions
}

export const issuer = (entity: string, attributes = ''): string => `<saml:Issuer${attributes}>${entity}</saml:Issuer>`
export const audience = (...entities: readonly string[]): string => `<saml:AudienceRestriction>${entities.map((entity) => `<saml:Audience>${entity}</saml:Audience>`).join('')}</saml:AudienceRestriction>`
export const nameId = (value: string): string =>
  `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" NameQualifier="${IDP}" SPNameQualifier="${SP}">${value}</saml:NameID>`
export const confirmationData = (attributes: Readonly<Record<string, string | null>> = {}): string => {
  const all = { NotOnOrAfter: at(300), Recipient: ACS, InResponseTo: REQUEST_ID, ...attributes }
  return `<saml:SubjectConfirmationData${Object.entries(all).map(([name, value]) => (value === null ? '' : ` ${name}="${value}"`)).join('')}></saml:SubjectConfirmationData>`
}
export const confirmation = (method: string, data: string): string => `<saml:SubjectConfirmation Method="${method}">${data}</saml:SubjectConfirmation>`
export const status = (...codes: readonly string[]): string => `<samlp:Status>${codes.reduceRight((inner, code) => `<samlp:StatusCode Value="${code}">${inner}</samlp:StatusCode>`, '')}</samlp:Status>`
export const head = (attributes: Readonly<Record<string, string | null>> = {}): string => {
  const all = { Version: '2.0', IssueInstant: at(0), Destination: ACS, InResponseTo: REQUEST_ID, ...attributes }
  return Object.entries(all).map(([name, value]) => (value === null ? '' : ` ${name}="${value}"`)).join('')
}
export const conditions = (attributes: string, inner: string = audience(SP)): string => `<saml:Conditions${attributes}>${inner}</saml:Conditions>`
export const context = (reference: string): string => `<saml:AuthnContext><saml:AuthnContextClassRef>${reference}</saml:AuthnContextClassRef></saml:AuthnContext>`
export const authn = (attributes: string, inner: string = context(PASSWORD_CONTEXT)): string => `<saml:AuthnStatement${attributes}>${inner}</saml:AuthnStatement>`
export const attribute = (name: string, ...values: readonly string[]): string =>
  `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue xmlns:xs="${NS.xs}" xmlns:xsi="${NS.xsi}" xsi:type="xs:string">${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`
export const attributes = (...inner: readonly string[]): string => `<saml:AttributeStatement>${inner.join('')}</saml:AttributeStatement>`

export function assertionXml(parts: Partial<AssertionParts> = {}): string {
  const data = parts.confirmationData ?? confirmationData()
  const subject = parts.subject ?? `<saml:Subject>${parts.nameId ?? nameId('user-1')}${parts.confirmation ?? confirmation(BEARER, data)}</saml:Subject>`
  return (
    `<saml:Assertion xmlns:saml="${NS.saml}" ID="${parts.id ?? '_assertion1'}" Version="${parts.version ?? '2.0'}" IssueInstant="${parts.issueInstant ?? at(0)}">${parts.issuer ?? issuer(IDP)}` +
    `${subject}${parts.conditions ?? conditions(` NotBefore="${at(-30)}" NotOnOrAfter="${at(300)}"`, parts.audiences ?? audience(SP))}${parts.advice ?? ''}` +
    `${parts.authn ?? authn(` AuthnInstant="${at(-10)}" SessionIndex="_session1"`, parts.context ?? context(PASSWORD_CONTEXT))}` +
    `${parts.attributes ?? attributes(attribute('email', 'ada@harbour.example'), attribute('groups', 'crew', 'bridge'))}</saml:Assertion>`
  )
}

export function responseXml(carrier: string, parts: Partial<ResponseParts> = {}): string {
  return (
    `<samlp:Response xmlns:samlp="${NS.samlp}" xmlns:saml="${NS.saml}" ID="${parts.id ?? '_response1'}"${parts.head ?? head()}>${parts.issuer ?? issuer(IDP)}` +
    `${parts.extensions ?? ''}${parts.status ?? status(STATUS.success)}${carrier}${parts.behind ?? ''}</samlp:Response>`
  )
}

/** A whole response as XML. */
export function build(recipe: Recipe): string {
  const sign = recipe.sign ?? 'assertion'
  const plain = assertionXml(recipe.assertion)
  const assertion = sign === 'assertion' || sign === 'both' ? signed(plain, recipe.signature) : plain
  const response = responseXml(recipe.encrypt === undefined ? assertion : encrypted(assertion, recipe.encrypt), recipe.response)
  return sign === 'response' || sign === 'both' ? signed(response, recipe.signature) : response
}

const CIPHERS: Readonly<Record<string, readonly [string, number, number]>> = {
  [AES256_GCM]: ['aes-256-gcm', 32, 12],
  'http://www.w3.org/2009/xmlenc11#aes128-gcm': ['aes-128-gcm', 16, 12],
  'http://www.w3.org/2009/xmlenc11#aes192-gcm': ['aes-192-gcm', 24, 12],
  'http://www.w3.org/2001/04/xmlenc#aes256-cbc': ['aes-256-cbc', 32, 16],
  'http://www.w3.org/2001/04/xmlenc#aes128-cbc': ['aes-128-cbc', 16, 16],
  'http://www.w3.org/2001/04/xmlenc#tripledes-cbc': ['des-ede3-cbc', 24, 8],
}

export function encrypted(assertion: string, options: EncryptOptions = {}): string {
  const algorithm = options.algorithm ?? AES256_GCM
  const [name, keyBytes, ivBytes] = CIPHERS[algorithm] ?? ['aes-256-gcm', 32, 12]
  const secret = randomBytes(keyBytes)
  const iv = randomBytes(ivBytes)
  const text = options.content?.(assertion) ?? assertion
  const content = Buffer.concat([iv, ...enciphered(name, secret, iv, text)])
  const transport = options.transport ?? RSA_OAEP_MGF1P
  const { publicKey } = new X509Certificate(options.certificatePem ?? sp.certificatePem)
  const isOld = transport.endsWith('rsa-1_5')
  const wrapped = publicEncrypt(isOld ? { key: publicKey, padding: constants.RSA_PKCS1_PADDING } : { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: options.oaepHash ?? 'sha1' }, secret)
  const value = (bytes: Buffer): string => `<xenc:CipherData><xenc:CipherValue>${bytes.toString('base64')}</xenc:CipherValue></xenc:CipherData>`
  return (
    `<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="${NS.xenc}" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="${algorithm}"></xenc:EncryptionMethod>` +
    `<ds:KeyInfo xmlns:ds="${NS.ds}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="${transport}">${options.methodInner ?? ''}</xenc:EncryptionMethod>${value(wrapped)}</xenc:EncryptedKey></ds:KeyInfo>` +
    `${value(content)}</xenc:EncryptedData></saml:EncryptedAssertion>`
  )
}

function enciphered(name: string, secret: Buffer, iv: Buffer, text: string): Buffer[] {
  if (name !== 'aes-256-gcm' && name !== 'aes-192-gcm' && name !== 'aes-128-gcm') {
    const cipher = createCipheriv(name, secret, iv)
    return [cipher.update(text, 'utf8'), cipher.final()]
  }
  const cipher = createCipheriv(name, secret, iv)
  return [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
}

export const expectedBy = (overrides: Partial<ResponseExpected> = {}): ResponseExpected => ({
  acsUrl: ACS, spEntityId: SP, idpEntityId: IDP, inResponseTo: REQUEST_ID, certificatesPem: [idp.certificatePem], nowMs: NOW, decryptionKeysPem: [sp.privateKeyPem], ...overrides,
})

export const base64Of = (xml: string): string => Buffer.from(xml).toString('base64')

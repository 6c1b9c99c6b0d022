// A signer that signs whatever it is told to, also what no honest provider would. Independent of the signer of the product.
import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto'
import { DOMParser } from '@xmldom/xmldom'
import { ExclusiveCanonicalization } from 'xml-crypto'
import { ENVELOPED, NS } from '../names.ts'
import type { SigningPair } from '../certificate.ts'
import { idp } from './keys.ts'

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
export const ALGORITHMS: Readonly<Record<string, string>> = {
  'rsa-sha1': `${NS.ds}rsa-sha1`, 'rsa-sha256': `${MORE}rsa-sha256`, 'rsa-sha384': `${MORE}rsa-sha384`, 'rsa-sha512': `${MORE}rsa-sha512`,
  'ecdsa-sha1': `${MORE}ecdsa-sha1`, 'ecdsa-sha256': `${MORE}ecdsa-sha256`, 'ecdsa-sha384': `${MORE}ecdsa-sha384`, 'hmac-sha1': `${NS.ds}hmac-sha1`, 'hmac-sha256': `${MORE}hmac-sha256`,
}
export const DIGESTS: Readonly<Record<string, string>> = { sha1: `${NS.ds}sha1`, sha256: 'http://www.w3.org/2001/04/xmlenc#sha256', sha384: `${MORE}sha384`, sha512: 'http://www.w3.org/2001/04/xmlenc#sha512' }

export interface SignOptions {
  readonly pair?: SigningPair
  readonly algorithm?: string
  /** What is written as the algorithm, when it is a lie. */
  readonly statedAlgorithm?: string
  readonly digest?: string
  readonly c14n?: string
  /** Markup inside CanonicalizationMethod and SignatureMethod. */
  readonly c14nInner?: string
  readonly methodInner?: string
  readonly transforms?: string
  readonly prefixes?: readonly string[]
  /** The attribute with its name, or nothing at all. */
  readonly uri?: string
  readonly references?: (reference: string) => string
  readonly keyInfo?: string
  readonly behind?: string
  readonly hmacKey?: string
  /** Takes out of the element before it is digested what the stated transforms would take out. */
  readonly digested?: (xml: string) => string
}

export const transform = (algorithm: string, inner = ''): string => `<ds:Transform Algorithm="${algorithm}">${inner}</ds:Transform>`
export const inclusive = (prefixes: string): string => `<ec:InclusiveNamespaces xmlns:ec="${NS.c14n}" PrefixList="${prefixes}"></ec:InclusiveNamespaces>`
export const certificateInfo = (pem: string): string => `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare(pem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
const bare = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '')

export function canonical(xml: string, prefixes: readonly string[] = []): string {
  const root = new DOMParser({ errorHandler: () => undefined, normalizeLineEndings: (text) => text.replace(/\r\n?/g, '\n') }).parseFromString(xml, 'text/xml').documentElement
  if (root === null) throw new TypeError('Nothing to sign')
  return new ExclusiveCanonicalization().process(root, { inclusiveNamespacesPrefixList: [...prefixes], ancestorNamespaces: [], defaultNsForPrefix: {} })
}

/** The signature element over this XML. */
export function signatureFor(xml: string, options: SignOptions = {}): string {
  const { pair = idp, algorithm = 'rsa-sha256', digest = 'sha256' } = options
  const id = / ID="([^"]*)"/.exec(xml)?.[1] ?? ''
  const octets = canonical(options.digested?.(xml) ?? xml, options.prefixes ?? [])
  const c14nTransform = transform(NS.c14n, options.prefixes === undefined ? '' : inclusive(options.prefixes.join(' ')))
  const reference =
    `<ds:Reference${options.uri ?? ` URI="#${id}"`}><ds:Transforms>${options.transforms ?? transform(ENVELOPED) + c14nTransform}</ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${DIGESTS[digest] ?? digest}"></ds:DigestMethod><ds:DigestValue>${createHash(digest).update(octets).digest('base64')}</ds:DigestValue></ds:Reference>`
  const signedInfo =
    `<ds:SignedInfo xmlns:ds="${NS.ds}"><ds:CanonicalizationMethod Algorithm="${options.c14n ?? NS.c14n}">${options.c14nInner ?? ''}</ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${options.statedAlgorithm ?? ALGORITHMS[algorithm] ?? algorithm}">${options.methodInner ?? ''}</ds:SignatureMethod>${options.references?.(reference) ?? reference}</ds:SignedInfo>`
  const value = valueOf(canonical(signedInfo), algorithm, pair, options.hmacKey)
  return `<ds:Signature xmlns:ds="${NS.ds}">${signedInfo}<ds:SignatureValue>${value}</ds:SignatureValue>${options.keyInfo ?? certificateInfo(pair.certificatePem)}${options.behind ?? ''}</ds:Signature>`
}

function valueOf(octets: string, algorithm: string, pair: SigningPair, hmacKey: string | undefined): string {
  const hash = algorithm.slice(algorithm.indexOf('-') + 1)
  if (algorithm.startsWith('hmac')) return createHmac(hash, hmacKey ?? pair.certificatePem).update(octets).digest('base64')
  return sign(hash, Buffer.from(octets), { key: createPrivateKey(pair.privateKeyPem), dsaEncoding: 'ieee-p1363' }).toString('base64')
}

/** The XML with the signature directly behind the first issuer, which is that of the root. */
export const signed = (xml: string, options: SignOptions = {}): string => xml.replace(/<\/(?:\w+:)?Issuer>/, (end) => `${end}${signatureFor(xml, options)}`)

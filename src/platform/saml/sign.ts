// Signs what this house sends: RSA-SHA256, exclusive canonicalization, one reference, the signature directly behind the issuer.
import { SignedXml } from 'xml-crypto'
import { ENVELOPED, NS, RSA_SHA256, SHA256 } from './names.ts'

export interface Signing {
  readonly privateKeyPem: string
  readonly certificatePem: string
}

/** The same XML with an enveloped signature over its root, which must have an ID and an Issuer as its first child. */
export function signEnveloped(xml: string, { privateKeyPem, certificatePem }: Signing): string {
  const signer = new SignedXml({ privateKey: privateKeyPem, publicCert: certificatePem, signatureAlgorithm: RSA_SHA256, canonicalizationAlgorithm: NS.c14n })
  signer.addReference({ xpath: '/*', transforms: [ENVELOPED, NS.c14n], digestAlgorithm: SHA256 })
  signer.computeSignature(xml, { prefix: 'ds', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } })
  return signer.getSignedXml()
}

// Encrypts an assertion for one service: AES-256-GCM, the key wrapped by RSA-OAEP.
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { readCertificate } from '../keys.ts'
import { AES256_GCM, NS, RSA_OAEP_MGF1P } from '../names.ts'
import { element, type Written } from '../write.ts'

/** An EncryptedAssertion around this assertion. */
export function encryptedAssertion(assertionXml: string, certificatePem: string): Written {
  const certificate = readCertificate(certificatePem)
  if (certificate === null) throw new TypeError('The certificate to encrypt for cannot be read')
  const secret = randomBytes(32)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', secret, iv)
  const content = Buffer.concat([iv, cipher.update(assertionXml, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const wrapped = publicEncrypt({ key: certificate.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, secret)
  const value = (bytes: Buffer): Written => element('xenc:CipherData', {}, element('xenc:CipherValue', {}, bytes.toString('base64')))
  return element(
    'saml:EncryptedAssertion',
    { 'xmlns:saml': NS.saml },
    element(
      'xenc:EncryptedData',
      { 'xmlns:xenc': NS.xenc, Type: 'http://www.w3.org/2001/04/xmlenc#Element' },
      element('xenc:EncryptionMethod', { Algorithm: AES256_GCM }),
      element('ds:KeyInfo', { 'xmlns:ds': NS.ds }, element('xenc:EncryptedKey', {}, element('xenc:EncryptionMethod', { Algorithm: RSA_OAEP_MGF1P }), value(wrapped))),
      value(content),
    ),
  )
}

// Encrypted assertions: anybody can encrypt for us, so encryption proves nothing about who wrote it.
import { NS, RSA_OAEP, RSA_OAEP_MGF1P } from '../names.ts'
import { spOld, stranger } from './keys.ts'
import { assertionXml, encrypted, nameId, responseXml, status } from './recipe.ts'
import { type Row, swap } from './row.ts'
import { signed } from './signer.ts'

const INNER = { sign: 'assertion', encrypt: {} } as const
const OUTER = { sign: 'response', encrypt: {} } as const
const BOTH = { sign: 'both', encrypt: {} } as const
const admin = assertionXml({ nameId: nameId('admin') })
const lastCipher = (xml: string): string => [...xml.matchAll(/<xenc:CipherValue>([^<]*)/g)].at(-1)?.[1] ?? ''
const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)
  return bytes.toString('base64')
}
const digestMethod = (uri: string): string => `<ds:DigestMethod Algorithm="${uri}"></ds:DigestMethod>`
const mask = (hash: string): string => `<x:MGF xmlns:x="${NS.xenc11}" Algorithm="${NS.xenc11}mgf1${hash}"></x:MGF>`

export const ENCRYPTION: readonly Row[] = [
  ...['aes256-cbc', 'aes128-cbc', 'tripledes-cbc'].flatMap((cipher): Row[] => [
    { name: `${cipher}, the assertion signed`, code: 'weak_encryption', base: INNER, forged: { encrypt: { algorithm: `http://www.w3.org/2001/04/xmlenc#${cipher}` } } },
    { name: `${cipher}, the response signed`, code: 'weak_encryption', base: OUTER, forged: { encrypt: { algorithm: `http://www.w3.org/2001/04/xmlenc#${cipher}` } } },
  ]),
  { name: 'AES-192-GCM, which is not on the list', code: 'weak_encryption', base: INNER, forged: { encrypt: { algorithm: 'http://www.w3.org/2009/xmlenc11#aes192-gcm' } } },
  { name: 'an unknown cipher', code: 'weak_encryption', base: INNER, forged: { encrypt: { algorithm: 'urn:none' } } },
  { name: 'GCM restated as CBC', code: 'weak_encryption', base: INNER, change: (xml) => swap(xml, 'http://www.w3.org/2009/xmlenc11#aes256-gcm', 'http://www.w3.org/2001/04/xmlenc#aes256-cbc') },
  { name: 'no encryption method', code: 'weak_encryption', base: INNER, change: (xml) => swap(xml, /<xenc:EncryptionMethod[^>]*aes256-gcm"><\/xenc:EncryptionMethod>/, '') },
  { name: 'the key wrapped with RSA 1.5', code: 'weak_encryption', base: INNER, forged: { encrypt: { transport: `${NS.xenc}rsa-1_5` } } },
  { name: 'a wrong key', code: 'cannot_decrypt', base: INNER, forged: { encrypt: { certificatePem: stranger.certificatePem } } },
  { name: 'a key we no longer have', code: 'cannot_decrypt', base: INNER, forged: { encrypt: { certificatePem: spOld.certificatePem } } },
  { name: 'no key at all', code: 'cannot_decrypt', base: INNER, expectedInAttack: { decryptionKeysPem: [] } },
  { name: 'our own key is broken', code: 'cannot_decrypt', base: INNER, expectedInAttack: { decryptionKeysPem: ['no key'] } },
  { name: 'OAEP with two hashes', code: 'cannot_decrypt', base: INNER, forged: { encrypt: { transport: RSA_OAEP, oaepHash: 'sha256', methodInner: digestMethod('http://www.w3.org/2001/04/xmlenc#sha256') + mask('sha1') } } },
  { name: 'OAEP with MD5', code: 'cannot_decrypt', base: INNER, forged: { encrypt: { transport: RSA_OAEP_MGF1P, methodInner: digestMethod('http://www.w3.org/2001/04/xmldsig-more#md5') } } },
  { name: 'OAEP with a label', code: 'cannot_decrypt', base: INNER, forged: { encrypt: { methodInner: '<xenc:OAEPparams>AAAA</xenc:OAEPparams>' } } },
  { name: 'unsigned inside', code: 'unsigned', base: INNER, forged: { sign: 'none' } },
  { name: 'unsigned inside, for somebody else', code: 'unsigned', base: INNER, change: () => responseXml(encrypted(admin)) },
  { name: 'signed inside by a stranger', code: 'foreign_key', base: INNER, forged: { signature: { pair: stranger } } },
  { name: 'the encrypted part of a signed response exchanged', code: 'bad_signature', base: OUTER, change: (xml) => swap(xml, /<saml:EncryptedAssertion>[\s\S]*<\/saml:EncryptedAssertion>/, encrypted(admin)) },
  { name: 'the encrypted part exchanged where both are signed', code: 'bad_signature', base: BOTH, change: (xml) => swap(xml, /<saml:EncryptedAssertion>[\s\S]*<\/saml:EncryptedAssertion>/, encrypted(admin)) },
  { name: 'one bit of the cipher text', code: 'cannot_decrypt', base: INNER, change: (xml) => swap(xml, lastCipher(xml), flipped(lastCipher(xml))) },
  { name: 'a cipher text that is too short', code: 'cannot_decrypt', base: INNER, change: (xml) => swap(xml, /<xenc:CipherValue>[^<]*(<\/xenc:CipherValue><\/xenc:CipherData><\/xenc:EncryptedData>)/, '<xenc:CipherValue>AAAA</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>') },
  { name: 'a cipher text to be fetched', code: 'cannot_decrypt', base: INNER, change: (xml) => swap(xml, /<xenc:CipherValue>[^<]*<\/xenc:CipherValue>(<\/xenc:CipherData><\/xenc:EncryptedData>)/, '<xenc:CipherReference URI="https://evil.example"></xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>') },
  { name: 'no encrypted data', code: 'cannot_decrypt', base: OUTER, change: () => signed(responseXml('<saml:EncryptedAssertion></saml:EncryptedAssertion>')) },
  { name: 'two encrypted keys', code: 'cannot_decrypt', base: INNER, change: (xml) => xml.replace(/(<xenc:EncryptedKey>[\s\S]*?<\/xenc:EncryptedKey>)/, '$1$1') },
  { name: 'no encrypted key', code: 'cannot_decrypt', base: INNER, change: (xml) => swap(xml, /<xenc:EncryptedKey>[\s\S]*?<\/xenc:EncryptedKey>/, '') },
  { name: 'two encrypted assertions', code: 'several_assertions', base: INNER, change: (xml) => xml.replace(/(<saml:EncryptedAssertion>[\s\S]*<\/saml:EncryptedAssertion>)/, '$1$1') },
  { name: 'two encrypted data', code: 'malformed_message', base: INNER, change: (xml) => xml.replace(/(<xenc:EncryptedData [\s\S]*<\/xenc:EncryptedData>)/, '$1$1') },
  { name: 'an assertion inside the encrypted one', code: 'several_assertions', base: INNER, forged: { assertion: { advice: `<saml:Advice>${assertionXml({ id: '_other' })}</saml:Advice>` } } },
  { name: 'something else than an assertion inside', code: 'cannot_decrypt', base: OUTER, forged: { encrypt: { content: () => '<a></a>' } } },
  { name: 'no XML inside', code: 'malformed_xml', base: OUTER, forged: { encrypt: { content: () => 'hello' } } },
  { name: 'two roots inside', code: 'malformed_xml', base: OUTER, forged: { encrypt: { content: (xml) => xml + xml } } },
  { name: 'a comment inside', code: 'comment', base: OUTER, forged: { encrypt: { content: (xml) => swap(xml, '>user-1<', '>user<!---->-1<') } } },
  { name: 'an encrypted assertion inside the encrypted one', code: 'cannot_decrypt', base: OUTER, forged: { encrypt: { content: (xml) => encrypted(xml).replace('<saml:EncryptedAssertion', `<saml:EncryptedAssertion xmlns:saml="${NS.saml}"`) } } },
  { name: 'an ID inside that stands outside too', code: 'duplicate_id', base: INNER, forged: { assertion: { id: '_response1' } } },
  { name: 'not encrypted where it must be', code: 'not_encrypted', base: INNER, expected: { mustEncrypt: true }, change: () => responseXml(signed(assertionXml())) },
  { name: 'a prefix inside that only the outside declares', code: 'malformed_xml', base: OUTER, forged: { encrypt: { content: (xml) => swap(xml, ` xmlns:saml="${NS.saml}"`, '') } } },
  { name: 'a failure beside an encrypted assertion', code: 'bad_status', base: BOTH, forged: { response: { status: status('urn:oasis:names:tc:SAML:2.0:status:Requester') } } },
]

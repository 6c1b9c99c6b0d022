// A key pair with a certificate that it signs itself. Node makes keys and no certificates; the few lines of DER that are needed stand here.
// The certificate is only the envelope in which SAML hands a public key over; nobody asks who issued it.
import { generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'

export interface SigningPair {
  readonly privateKeyPem: string
  readonly certificatePem: string
}

const DAY_MS = 86_400_000
const YEARS_MS = 5 * 365 * DAY_MS

/** A new RSA key of 2048 bits and its certificate, valid for five years from yesterday. */
export async function newSigningPair(commonName: string, nowMs: number = Date.now()): Promise<SigningPair> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return selfSigned({ privateKey, publicKey }, commonName, { fromMs: nowMs - DAY_MS, untilMs: nowMs + YEARS_MS })
}

/** A certificate for these keys, signed by themselves with SHA-256. */
export function selfSigned(keys: { privateKey: KeyObject; publicKey: KeyObject }, commonName: string, validity: { fromMs: number; untilMs: number }): SigningPair {
  const algorithm = keys.privateKey.asymmetricKeyType === 'ec' ? sequence(objectId('06082a8648ce3d040302')) : sequence(objectId('06092a864886f70d01010b'), Buffer.from('0500', 'hex'))
  const name = sequence(der(0x31, sequence(objectId('0603550403'), der(0x0c, Buffer.from(commonName)))))
  // The first bit of a positive number is never set, and the number is never zero.
  const serial = randomBytes(16)
  serial[0] = 0x40 | (serial.readUInt8(0) & 0x3f)
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(time(validity.fromMs), time(validity.untilMs)),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', body, keys.privateKey)
  const certificate = sequence(body, algorithm, der(0x03, Buffer.of(0), signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return {
    privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const objectId = (hex: string): Buffer => Buffer.from(hex, 'hex')

// X.509 writes years before 2050 with two digits and later ones with four.
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return Number(text.slice(0, 4)) < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}

// An authenticator without a device: makes passkeys and uses them, honestly unless it is told how to cheat.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import type { Place } from '../../src/app/demo-idp/visitor.ts'
import { isRecord } from '../../src/kernel/json.ts'

/** How it cheats, or what kind it is. */
export interface Cheat {
  readonly origin?: string
  readonly site?: string
  readonly challenge?: string
  readonly counter?: number
  readonly isUserVerified?: boolean
  readonly isFramed?: boolean
  readonly type?: string
  readonly userHandle?: string
  readonly signature?: string
}
interface Held {
  readonly id: Buffer
  readonly key: KeyObject
  readonly publicKey: KeyObject
  readonly handle: string
}

const UP = 0x01
const UV = 0x04
const BACKED_UP = 0x18
const HAS_KEY = 0x40
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const sha256 = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest()
const text = (value: unknown, ...path: readonly string[]): string => {
  const found = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value)
  return typeof found === 'string' ? found : ''
}

export class Authenticator {
  counter = 0
  passkeys: Held[] = []

  /** The answer to `navigator.credentials.create`. */
  create(options: unknown, origin: string, cheat: Cheat = {}): Record<string, unknown> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const held = { id: randomBytes(32), key: privateKey, publicKey, handle: text(options, 'user', 'id') }
    this.passkeys.push(held)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(held.id.length)
    const data = Buffer.concat([this.#head(text(options, 'rp', 'id'), HAS_KEY, cheat), Buffer.alloc(16), length, held.id, coseOf(publicKey)])
    const attestation = Buffer.concat([Buffer.of(0xa3), cborText('fmt'), cborText('none'), cborText('attStmt'), Buffer.of(0xa0), cborText('authData'), cborBytes(data)])
    return {
      id: base64(held.id), rawId: base64(held.id), type: 'public-key', clientExtensionResults: {},
      response: { clientDataJSON: clientData('webauthn.create', text(options, 'challenge'), origin, cheat), attestationObject: base64(attestation), transports: ['internal'] },
    }
  }

  /** The answer to `navigator.credentials.get`, by the newest passkey or the one that is given. */
  get(options: unknown, origin: string, cheat: Cheat = {}, held: Held | undefined = this.passkeys.at(-1)): Record<string, unknown> {
    if (held === undefined) throw new Error('This authenticator has no passkey.')
    const data = this.#head(text(options, 'rpId'), 0, cheat)
    const clientDataJSON = clientData('webauthn.get', text(options, 'challenge'), origin, cheat)
    const signature = base64(sign('sha256', Buffer.concat([data, sha256(Buffer.from(clientDataJSON, 'base64url'))]), held.key))
    return {
      id: base64(held.id), rawId: base64(held.id), type: 'public-key', clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData: base64(data), signature: cheat.signature ?? signature, userHandle: cheat.userHandle ?? held.handle },
    }
  }

  /** The page with its question answered, ready to be submitted. */
  answered(place: Place, cheat: Cheat = {}): Place {
    const kind = /data-passkey="(create|get)"/.exec(place.html)?.[1]
    const options: unknown = JSON.parse(unescaped(/data-options="([^"]*)"/.exec(place.html)?.[1] ?? 'null'))
    const { origin } = new URL(place.url)
    return withAnswer(place, JSON.stringify(kind === 'create' ? this.create(options, origin, cheat) : this.get(options, origin, cheat)))
  }

  #head(site: string, flags: number, cheat: Cheat): Buffer {
    this.counter += 1
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(cheat.counter ?? this.counter)
    return Buffer.concat([sha256(cheat.site ?? site), Buffer.of(flags | UP | BACKED_UP | (cheat.isUserVerified === false ? 0 : UV)), counter])
  }
}

/** The page with this text as the authenticator's answer. */
export const withAnswer = (place: Place, answer: string): Place => ({ ...place, html: place.html.replace('name="answer" value=""', () => `name="answer" value="${escaped(answer)}"`) })
/** A page with one form, for those that have several. */
export const formOf = (place: Place, action: string): Place => ({ ...place, html: `<form action="${action}">` })
/** What the script does with a link: the secret behind the # goes into the form. */
export const withSecretOf = (place: Place, link: string): Place => ({ ...place, html: place.html.replace('name="secret" value=""', `name="secret" value="${new URL(link).hash.slice(1)}"`) })

const unescaped = (html: string): string => html.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
const escaped = (plain: string): string => plain.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
const clientData = (type: string, challenge: string, origin: string, cheat: Cheat): string =>
  base64(Buffer.from(JSON.stringify({ type: cheat.type ?? type, challenge: cheat.challenge ?? challenge, origin: cheat.origin ?? origin, crossOrigin: cheat.isFramed ?? false })))

const cborText = (value: string): Buffer => Buffer.concat([Buffer.of(0x60 + value.length), Buffer.from(value)])
const cborBytes = (value: Uint8Array): Buffer => Buffer.concat([value.length < 256 ? Buffer.of(0x58, value.length) : Buffer.of(0x59, value.length >> 8, value.length & 0xff), value])
/** {1: 2, 3: -7, -1: 1, -2: x, -3: y}: an ES256 key. */
function coseOf(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21), cborBytes(Buffer.from(x, 'base64url')), Buffer.of(0x22), cborBytes(Buffer.from(y, 'base64url'))])
}

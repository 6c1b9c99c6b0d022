// How messages travel: in a form (POST) or deflated in a query (redirect), where the signature stands beside the message and not in it.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { bytesOfBase64, bytesOfStrictBase64, utf8Of } from './base64.ts'
import type { PinnedKey } from './keys.ts'
import { DEFLATE_ENCODING, RSA_SHA256 } from './names.ts'
import { refuse } from './refusal.ts'
import { signEnveloped, type Signing } from './sign.ts'
import { signatureMethod, signatureOf, signerOf } from './signature-value.ts'
import { BYTES_MAX } from './xml.ts'

export type MessageName = 'SAMLRequest' | 'SAMLResponse'
export type Outgoing = { readonly binding: 'redirect'; readonly url: string } | { readonly binding: 'post'; readonly action: string; readonly fields: Readonly<Record<string, string>> }
/** A message as it arrived: the query string exactly as received and without `?`, or the field of the form. */
export type Incoming = { readonly binding: 'redirect'; readonly query: string } | { readonly binding: 'post'; readonly messageBase64: string; readonly relayState?: string | null | undefined }

// White space may stand between the characters, but not without end.
const BASE64_CHARACTERS_MAX = Math.ceil((BYTES_MAX * 4) / 3) + 16_384
const RELAY_STATE_BYTES_MAX = 80

/** The XML text in a form's field. */
export function textOfPost(base64: string): string {
  if (base64.length > BASE64_CHARACTERS_MAX) refuse('too_large', 'a message of more than 256 kB')
  const bytes = bytesOfBase64(base64, 'the message')
  if (bytes.length > BYTES_MAX) refuse('too_large', 'a message of more than 256 kB')
  return utf8Of(bytes)
}

/** The message as a URL to redirect to or as a form to post. */
export function send(message: { name: MessageName; xml: string; destination: string; binding: 'redirect' | 'post'; relayState: string | null; signing: Signing | null }): Outgoing {
  const { name, xml, destination, relayState, signing } = message
  if (relayState !== null && Buffer.byteLength(relayState) > RELAY_STATE_BYTES_MAX) throw new RangeError('A RelayState has at most 80 bytes')
  if (message.binding === 'post') {
    const text = signing === null ? xml : signEnveloped(xml, signing)
    return { binding: 'post', action: destination, fields: { [name]: Buffer.from(text).toString('base64'), ...(relayState === null ? {} : { RelayState: relayState }) } }
  }
  const parts = [`${name}=${encodeURIComponent(deflateRawSync(Buffer.from(xml)).toString('base64'))}`, ...(relayState === null ? [] : [`RelayState=${encodeURIComponent(relayState)}`])]
  if (signing !== null) {
    parts.push(`SigAlg=${encodeURIComponent(RSA_SHA256)}`)
    parts.push(`Signature=${encodeURIComponent(signatureOf(parts.join('&'), signing.privateKeyPem))}`)
  }
  return { binding: 'redirect', url: `${destination}${destination.includes('?') ? '&' : '?'}${parts.join('&')}` }
}

export interface Received {
  readonly xml: string
  readonly relayState: string | null
  /** Who signed the query; null when it is not signed. Always null for a form, whose signature is inside. */
  readonly signer: PinnedKey | null
}

const ORDER = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature']

/** Reads a message and, in a query, checks its signature over the octets as they arrived. */
export function receive(incoming: Incoming, name: MessageName, keys: readonly PinnedKey[]): Received {
  if (incoming.binding === 'post') return { xml: textOfPost(incoming.messageBase64), relayState: incoming.relayState ?? null, signer: null }
  const raw = parametersOf(incoming.query)
  const message = raw.get(name)
  if (message === undefined || (raw.has('SAMLRequest') && raw.has('SAMLResponse'))) return refuse('malformed_query', `a query without exactly one ${name}`)
  const signer = querySigner(raw, name, keys)
  const relayState = raw.get('RelayState')
  return { xml: inflated(decoded(message)), relayState: relayState === undefined ? null : decoded(relayState), signer }
}

/** The raw values of the parameters that count, each at most once and in the order in which they are signed. */
function parametersOf(query: string): ReadonlyMap<string, string> {
  if (query.length > BASE64_CHARACTERS_MAX) refuse('too_large', 'a query of more than 256 kB')
  const raw = new Map<string, string>()
  let last = -1
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    const written = equals === -1 ? part : part.slice(0, equals)
    const name = decoded(written)
    const rank = ORDER.indexOf(name)
    if (name === 'SAMLEncoding' && decoded(part.slice(equals + 1)) !== DEFLATE_ENCODING) refuse('malformed_query', 'an encoding other than DEFLATE')
    if (rank === -1) continue
    // A name written with percent signs is one name to us and another to a proxy.
    if (equals === -1 || written !== name) refuse('malformed_query', `the parameter ${name} is written in an unusual way`)
    if (raw.has(name)) refuse('duplicate_parameter', `${name} twice`)
    if (rank < last) refuse('parameter_order', `${name} stands too late`)
    last = rank
    raw.set(name, part.slice(equals + 1))
  }
  return raw
}

function querySigner(raw: ReadonlyMap<string, string>, name: MessageName, keys: readonly PinnedKey[]): PinnedKey | null {
  const sigAlg = raw.get('SigAlg')
  const signature = raw.get('Signature')
  if (sigAlg === undefined && signature === undefined) return null
  if (sigAlg === undefined || signature === undefined) return refuse('bad_signature_shape', 'SigAlg and Signature go together')
  const octets = [name, 'RelayState', 'SigAlg'].flatMap((each) => (raw.has(each) ? [`${each}=${raw.get(each)}`] : [])).join('&')
  const method = signatureMethod(decoded(sigAlg))
  return signerOf(octets, method, bytesOfStrictBase64(decoded(signature), 'Signature'), keys) ?? refuse('bad_signature', 'no pinned key signed this query')
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch (error) {
    return refuse('malformed_query', 'percent signs that mean nothing', error)
  }
}

function inflated(base64: string): string {
  const bytes = bytesOfStrictBase64(base64, 'the message')
  try {
    return utf8Of(inflateRawSync(bytes, { maxOutputLength: BYTES_MAX }))
  } catch (error) {
    if (error instanceof RangeError) return refuse('too_large', 'a message that inflates to more than 256 kB', error)
    if (error instanceof Error && 'code' in error) return refuse('malformed_query', 'a message that is not deflated', error)
    throw error
  }
}

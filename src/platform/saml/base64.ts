// Strict base64. Node's own decoder passes over what it does not know, so that two texts could mean one thing.
import { refuse } from './refusal.ts'

const STRICT = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Bytes of a base64 text; white space between the characters is of no meaning in XML and in forms. */
export function bytesOfBase64(text: string, what: string): Buffer {
  return bytesOfStrictBase64(text.replace(/[ \t\r\n]+/g, ''), what)
}

/** Bytes of a base64 text without any white space, as it stands in a query. */
export function bytesOfStrictBase64(text: string, what: string): Buffer {
  if (text === '' || !STRICT.test(text)) refuse('malformed_base64', `${what} is not base64`)
  return Buffer.from(text, 'base64')
}

/** UTF-8 text of bytes; anything else is refused, because a second encoding is a second reading. */
export function utf8Of(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    return refuse('malformed_xml', 'not UTF-8', error)
  }
}

// Reads a body up to its limit and turns it into what the operation declared.
import type { IncomingMessage } from 'node:http'
import { Problem } from '../../kernel/problem.ts'
import { isRecord } from '../../kernel/json.ts'
import { refusal } from './coerce.ts'
import { explain } from './explain.ts'
import { hasBody } from './headers.ts'
import { readJson } from './json-text.ts'
import type { Checked, Route } from './route.ts'

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i
const NDJSON_TYPE = /^application\/x-ndjson\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

export const isNdjson = (raw: IncomingMessage): boolean => NDJSON_TYPE.test(raw.headers['content-type'] ?? '')

/** Refuses a body by its headers alone, before a byte of it is read. */
export function refuseByHeaders(raw: IncomingMessage, route: Route, bytesMax: number): Problem | null {
  if (!hasBody(raw)) return null
  const type = raw.headers['content-type'] ?? ''
  const isLines = route.operation.lines === true
  if (!JSON_TYPE.test(type) && !(isLines && NDJSON_TYPE.test(type))) {
    return new Problem('unsupported_media_type', `Send the body as ${isLines ? 'application/x-ndjson or ' : ''}application/json in UTF-8.`)
  }
  if ((raw.headers['content-encoding'] ?? 'identity') !== 'identity') return new Problem('unsupported_media_type', 'Send the body without Content-Encoding.')
  return Number(raw.headers['content-length'] ?? 0) > bytesMax ? tooLarge(bytesMax) : null
}

export const tooLarge = (bytesMax: number): Problem => new Problem('too_large', `The body has more than ${bytesMax} bytes.`)

/** The client went away; there is nobody to answer. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected'
}

export function readBody(raw: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const onData = (chunk: Buffer): void => {
      length += chunk.length
      chunks.push(chunk)
      if (length <= bytesMax) return
      raw.off('data', onData)
      raw.pause()
      chunks.length = 0
      reject(tooLarge(bytesMax))
    }
    raw.on('data', onData)
    const onClose = (): void => reject(new Disconnected('The client went away.'))
    raw.once('end', () => {
      raw.off('close', onClose) // Every request closes in the end; an error made for each would cost more than reading its body.
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length))
    })
    raw.once('error', (cause) => reject(new Disconnected('The client went away.', { cause })))
    raw.once('close', onClose)
  })
}

const EMPTY = 'This operation takes no body.'

/** The body as the operation declared it, or `bad_request` with everything that is wrong. */
export function parseBody(bytes: Buffer, checked: Checked | null): unknown {
  if (checked === null) {
    // An empty object is what many clients send when they have nothing to say.
    const value = bytes.length === 0 ? undefined : readJson(bytes)
    if (value !== undefined && !(isRecord(value) && Object.keys(value).length === 0)) throw refusal(EMPTY, [{ pointer: '', code: 'unknown', message: EMPTY }])
    return undefined
  }
  if (bytes.length === 0) throw refusal('The body is missing.', [{ pointer: '', code: 'required', message: 'A JSON body is required.' }])
  const value = readJson(bytes)
  check(checked, value, '', 'The body is not valid.')
  return value
}

export function check(checked: Checked, value: unknown, base: string, detail: string): void {
  if (!checked.validator.Check(value)) throw refusal(detail, explain(checked.schema, value, base))
}

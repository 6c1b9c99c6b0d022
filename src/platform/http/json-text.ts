// From bytes to a JSON value, suspicious of everything JSON.parse would swallow: nesting deep enough to hurt, the same
// field twice (two readers, two meanings), `__proto__`, and text PostgreSQL cannot keep. One flat pass over the bytes
// comes before the parser, so that a hostile body costs microseconds.
import { isList } from '../../kernel/json.ts'
import { isUtf8 } from 'node:buffer'
import { type ProblemError, Problem } from '../../kernel/problem.ts'

export const JSON_DEPTH_MAX = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const LETTER_U = 0x75

/** A JSON pointer token (RFC 6901). */
export const pointerToken = (name: string | number): string => String(name).replaceAll('~', '~0').replaceAll('/', '~1')

interface Shape {
  readonly isTooDeep: boolean
  /** Fields written in the text, counted by their colons. */
  readonly fields: number
  readonly hasUnicodeEscapes: boolean
}

function shapeOf(bytes: Uint8Array): Shape {
  let depth = 0
  let fields = 0
  let isInText = false
  let hasUnicodeEscapes = false
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]
    if (isInText) {
      if (byte === QUOTE) isInText = false
      else if (byte === BACKSLASH) {
        index += 1
        if (bytes[index] === LETTER_U) hasUnicodeEscapes = true
      }
    } else if (byte === QUOTE) isInText = true
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > JSON_DEPTH_MAX) return { isTooDeep: true, fields, hasUnicodeEscapes }
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
    else if (byte === COLON) fields += 1
  }
  return { isTooDeep: false, fields, hasUnicodeEscapes }
}

export const isCleanText = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

// Recursion is safe here: the depth was bounded before the parser ran.
function countFields(value: unknown, pointer: string, checksText: boolean, faults: ProblemError[]): number {
  if (typeof value === 'string') {
    if (checksText && !isCleanText(value)) faults.push({ pointer, code: 'text', message: 'Text must be valid Unicode without the NUL character.' })
    return 0
  }
  if (typeof value !== 'object' || value === null) return 0
  let fields = 0
  if (isList(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index]
      if (typeof item === 'object' || (checksText && typeof item === 'string')) fields += countFields(item, checksText ? `${pointer}/${index}` : pointer, checksText, faults)
    }
    return fields
  }
  for (const name of Object.keys(value)) {
    const item: unknown = Reflect.get(value, name)
    fields += 1
    if (name === '__proto__') faults.push({ pointer: `${pointer}/__proto__`, code: 'unknown', message: 'There is no such field.' })
    if (checksText && !isCleanText(name)) faults.push({ pointer, code: 'text', message: 'A field name must be valid Unicode without the NUL character.' })
    if (typeof item === 'object' || (checksText && typeof item === 'string')) fields += countFields(item, checksText ? `${pointer}/${pointerToken(name)}` : pointer, checksText, faults)
  }
  return fields
}

const refuse = (code: string, message: string): Problem => new Problem('bad_request', message, { errors: [{ pointer: '', code, message }] })

/** Reads a JSON text or throws `bad_request` with a reason a person understands. */
export function readJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) throw refuse('utf8', 'The body is not valid UTF-8.')
  const shape = shapeOf(bytes)
  if (shape.isTooDeep) throw refuse('depth', `The body is nested more than ${JSON_DEPTH_MAX} levels deep.`)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    throw refuse('json', 'The body is not valid JSON.')
  }
  const faults: ProblemError[] = []
  if (countFields(value, '', shape.hasUnicodeEscapes, faults) !== shape.fields) throw refuse('duplicate', 'The body has the same field twice.')
  // Pointers are written only when they are needed: a body without faults, which is nearly every one, does not pay for them.
  if (faults.length > 0 && !shape.hasUnicodeEscapes) {
    faults.length = 0
    countFields(value, '', true, faults)
  }
  if (faults.length > 0) throw new Problem('bad_request', 'The body is not valid.', { errors: faults.slice(0, 20) })
  return value
}

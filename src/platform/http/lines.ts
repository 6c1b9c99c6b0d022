// NDJSON in: bytes to lines, one at a time, so that a file of any length needs the memory of one line. A JSON array is
// cut into its entries the same way. Nothing is read before the handler asks for it.
import type { IncomingMessage } from 'node:http'
import type { Line } from '../../kernel/contract.ts'
import { Problem } from '../../kernel/problem.ts'
import { Disconnected, tooLarge } from './body.ts'
import { explain } from './explain.ts'
import { readJson } from './json-text.ts'
import type { Checked } from './route.ts'

export interface LineLimits {
  readonly streamBytesMax: number
  readonly lineBytesMax: number
}
/** Null bytes: the line was longer than allowed and has been skipped. */
interface Cut {
  readonly line: number
  readonly bytes: Buffer | null
}

async function* counted(raw: IncomingMessage, bytesMax: number): AsyncGenerator<Buffer, void, void> {
  let total = 0
  try {
    // A handler that stops early must not tear down the socket its answer goes through.
    const chunks: AsyncIterable<unknown, unknown, unknown> = raw.iterator({ destroyOnReturn: false })
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) continue
      total += chunk.length
      if (total > bytesMax) throw tooLarge(bytesMax)
      yield chunk
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Disconnected('The client went away.', { cause: error })
  }
}

/** Collects the pieces of one line; gives up on it, but not on the stream, when it grows too long. */
class Collector {
  #pieces: Buffer[] = []
  #length = 0
  readonly #max: number
  constructor(max: number) {
    this.#max = max
  }
  add(piece: Buffer): void {
    this.#length += piece.length
    if (this.#length <= this.#max) this.#pieces.push(piece)
    else this.#pieces = []
  }
  take(): Buffer | null {
    const bytes = this.#length > this.#max ? null : this.#pieces.length === 1 ? (this.#pieces[0] ?? null) : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#length = 0
    return bytes
  }
}

async function* cutLines(chunks: AsyncIterable<Buffer, unknown, unknown>, lineMax: number): AsyncGenerator<Cut, void, void> {
  const collector = new Collector(lineMax)
  let line = 1
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      collector.add(chunk.subarray(from, end))
      yield { line, bytes: collector.take() }
      line += 1
      from = end + 1
    }
    if (from < chunk.length) collector.add(chunk.subarray(from))
  }
  yield { line, bytes: collector.take() }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const notAList = (): Problem => new Problem('bad_request', 'The body is not a JSON array.', { errors: [{ pointer: '', code: 'json', message: 'Send a JSON array, or one JSON value per line.' }] })

/** Cuts `[a, b, c]` at the commas of its own level. The entries themselves are judged by the JSON parser later. */
async function* cutArray(chunks: AsyncIterable<Buffer, unknown, unknown>, lineMax: number): AsyncGenerator<Cut, void, void> {
  const collector = new Collector(lineMax)
  let line = 1
  let depth = 0
  let isInText = false
  let isEscaped = false
  let isOver = false
  for await (const chunk of chunks) {
    let from = 0
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index]
      if (isInText) {
        if (isEscaped) isEscaped = false
        else if (byte === 0x5c) isEscaped = true
        else if (byte === 0x22) isInText = false
      } else if (depth === 0) {
        if (isSpace(byte)) continue
        if (byte !== 0x5b || isOver) throw notAList()
        depth = 1
        from = index + 1
      } else if (byte === 0x22) isInText = true
      else if (byte === 0x7b || byte === 0x5b) depth += 1
      else if (byte === 0x7d || byte === 0x5d) depth -= 1
      if (isInText || depth > 1 || (depth === 1 && byte !== 0x2c)) continue
      collector.add(chunk.subarray(from, index))
      from = index + 1
      isOver = depth === 0
      if (isOver && byte !== 0x5d) throw notAList()
      const bytes = collector.take()
      if (isOver && line === 1 && bytes !== null && isBlank(bytes)) continue // `[]`
      yield { line, bytes: bytes !== null && isBlank(bytes) ? Buffer.from('!') : bytes } // An empty entry is a fault, not a blank line.
      line += 1
    }
    if (depth > 0) collector.add(chunk.subarray(from))
  }
  if (!isOver) throw notAList()
}

const isBlank = (bytes: Buffer): boolean => bytes.every(isSpace)
const refused = (line: number, code: string, pointer: string, message: string): Line<never> => ({ line, refused: { code, pointer, message } })

/** The lines of a body: parsed and valid, or refused with the reason. Blank lines are counted and skipped. */
export async function* linesOf(raw: IncomingMessage, isNdjson: boolean, checked: Checked, limits: LineLimits): AsyncGenerator<Line<unknown>, void, void> {
  const chunks = counted(raw, limits.streamBytesMax)
  const cuts = isNdjson ? cutLines(chunks, limits.lineBytesMax) : cutArray(chunks, limits.lineBytesMax)
  for await (const { line, bytes } of cuts) {
    if (bytes === null) yield refused(line, 'too_large', '', `The line has more than ${limits.lineBytesMax} bytes.`)
    else if (!isBlank(bytes)) yield parseLine(line, bytes, checked)
  }
}

function parseLine(line: number, bytes: Buffer, checked: Checked): Line<unknown> {
  let value: unknown
  try {
    value = readJson(bytes)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const fault = error.errors[0]
    return refused(line, fault?.code ?? 'json', fault?.pointer ?? '', (fault?.message ?? error.message).replace('The body', 'The line'))
  }
  if (checked.validator.Check(value)) return { line, value }
  const fault = explain(checked.schema, value)[0]
  return refused(line, fault?.code ?? 'invalid', fault?.pointer ?? '', fault?.message ?? 'This is not valid.')
}

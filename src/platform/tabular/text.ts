// A file as text: unpacked when it is gzip (told by its first bytes, not by its name), strictly UTF-8, a piece at a time.
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { TabularError } from './tabular-error.ts'

const PIECE_BYTES = 64 * 1024
const GZIP = [0x1f, 0x8b]
const NEWLINE = 0x0a

export interface TextSource {
  readonly pieces: AsyncGenerator<string, void, void>
  /** Bytes of the file read so far, before unpacking: progress without knowing what is inside. */
  readonly bytesRead: () => number
  readonly bytesTotal: number
}

/** Opens a file. Throws TabularError when it is missing, is a folder, is damaged or is not UTF-8. */
export async function openText(path: string): Promise<TextSource> {
  const found = await stat(path).catch((error: unknown) => {
    throw new TabularError(`The file ${path} cannot be opened: ${reasonOf(error)}.`, null, error)
  })
  if (!found.isFile()) throw new TabularError(`${path} is not a file.`)
  const raw = createReadStream(path, { highWaterMark: PIECE_BYTES })
  const isPacked = await startsWith(path, GZIP)
  const stream = isPacked ? raw.pipe(createGunzip({ chunkSize: PIECE_BYTES })) : raw
  // A pipe does not carry failures over by itself; the reader waits on the last stream only.
  raw.on('error', (error) => stream.destroy(error))
  const bytes: AsyncIterable<Buffer, unknown, unknown> = stream
  return { pieces: decoded(path, bytes, () => raw.destroy()), bytesRead: () => raw.bytesRead, bytesTotal: found.size }
}

async function startsWith(path: string, bytes: readonly number[]): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw new TabularError(`The file ${path} cannot be opened: ${reasonOf(error)}.`, null, error)
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes.length), 0, bytes.length, 0)
    return bytesRead === bytes.length && bytes.every((byte, index) => buffer[index] === byte)
  } finally {
    await file.close()
  }
}

async function* decoded(path: string, chunks: AsyncIterable<Buffer, unknown, unknown>, close: () => void): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let lines = 0
  try {
    for await (const chunk of chunks) {
      yield decode(decoder, chunk, lines)
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1
    }
    yield decode(decoder, null, lines)
  } catch (error) {
    if (error instanceof TabularError) throw error
    throw new TabularError(`The file ${path} cannot be read any further: ${reasonOf(error)}.`, lines + 1, error)
  } finally {
    close()
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk: Buffer | null, linesBefore: number): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch (error) {
    throw new TabularError('The text is not UTF-8. Save the file as UTF-8 and try again.', linesBefore + 1 + (chunk === null ? 0 : linesBeforeFault(chunk)), error)
  }
}

/** Lines of a chunk that are still good UTF-8, so that the sentence names the line a person has to look at. */
function linesBeforeFault(chunk: Buffer): number {
  let lines = 0
  for (let from = 0; from < chunk.length; ) {
    const end = chunk.indexOf(NEWLINE, from)
    const line = chunk.subarray(from, end < 0 ? chunk.length : end)
    // The first line may begin in the middle of a character that the chunk before has carried over.
    if (!isUtf8(from === 0 ? withoutContinuation(line) : line)) return lines
    if (end < 0) return lines
    lines += 1
    from = end + 1
  }
  return lines
}

function withoutContinuation(line: Buffer): Buffer {
  let from = 0
  while (from < 3 && ((line[from] ?? 0) & 0xc0) === 0x80) from += 1
  return line.subarray(from)
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file', EACCES: 'reading it is not allowed', EISDIR: 'it is a folder', EIO: 'the disk reports an error',
  Z_DATA_ERROR: 'its gzip data is damaged', Z_BUF_ERROR: 'its gzip data ends too early, as if a download had been cut off', ERR_STREAM_PREMATURE_CLOSE: 'it ends too early',
}

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? (REASONS[code] ?? code) : 'unknown reason'
}

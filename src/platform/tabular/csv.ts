// CSV (RFC 4180) as rows with the line on which each begins. A damaged file is refused with its line: a quote that was never
// closed or a lost column shifts everything behind it, and nothing read from there on could be trusted.
import { CsvError, parse } from 'csv-parse'
import { TabularError } from './tabular-error.ts'

export interface CsvRow {
  /** Line of the file on which the row begins; the header is line 1. */
  readonly line: number
  readonly fields: readonly string[]
}
export interface CsvOptions {
  readonly delimiter?: string
  /** Longest row in bytes: without it a quote that is never closed would read the rest of the file into memory. */
  readonly rowBytesMax?: number
}

const ROW_BYTES_MAX = 1024 * 1024

/** The rows of a CSV text, the header first. Blank lines are skipped. Every row has as many fields as the first. */
export async function* csvRows(pieces: AsyncIterable<string, unknown, unknown>, options: CsvOptions = {}): AsyncGenerator<CsvRow, void, void> {
  const counter = new RowCounter()
  let failure: unknown = null
  const parser = parse({
    bom: true, record_delimiter: ['\r\n', '\n', '\r'], delimiter: options.delimiter ?? ',', relax_column_count: true, max_record_size: options.rowBytesMax ?? ROW_BYTES_MAX,
    // Rows are taken here, while the piece is being parsed, and not from the stream behind it: only here is the line certain.
    on_record: (fields) => {
      if (failure === null) counter.add(fields)
      return null
    },
  })
  parser.on('error', (error) => {
    failure ??= error
  })
  parser.resume()
  const done = async (step: (callback: () => void) => void): Promise<readonly CsvRow[]> => {
    await new Promise<void>((resolve) => {
      parser.once('close', resolve)
      step(() => {
        parser.off('close', resolve)
        resolve()
      })
    })
    return counter.take()
  }
  try {
    for await (const piece of pieces) {
      yield* await done((callback) => parser.write(piece, callback))
      if (failure !== null) throw asTabular(failure, counter.line)
    }
    yield* await done((callback) => parser.end(callback))
    if (failure !== null) throw asTabular(failure, counter.line)
  } finally {
    parser.destroy()
  }
}

/** Gives each row the line on which it begins, and holds it to the width of the header. */
class RowCounter {
  /** The line on which the next row begins. */
  line = 1
  #width = 0
  #rows: CsvRow[] = []

  add(fields: readonly string[]): void {
    const begins = this.line
    if (fields.length === 1 && fields[0]?.trim() === '') {
      this.line += 1
      return
    }
    if (this.#width === 0) this.#width = fields.length
    if (fields.length !== this.#width) throw new TabularError(widthSentence(fields.length, this.#width), begins)
    this.line += 1
    for (const field of fields) if (field.includes('\n') || field.includes('\r')) this.line += breaksIn(field)
    this.#rows.push({ line: begins, fields })
  }

  take(): readonly CsvRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }
}

const widthSentence = (found: number, expected: number): string =>
  found < expected
    ? `The row has ${found} of ${expected} fields. The file is damaged or cut off here.`
    : `The row has ${found} fields where the header has ${expected}. A field with a comma in it needs quotes.`

const breaksIn = (field: string): number => field.match(/\r\n|\n|\r/g)?.length ?? 0

const SENTENCES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'A quote opens here and is never closed.',
  CSV_INVALID_CLOSING_QUOTE: 'After a closing quote there must be a comma or the end of the line.',
  INVALID_OPENING_QUOTE: 'There is a quote in the middle of a field. A field that contains quotes must begin with one, and double them inside.',
  CSV_MAX_RECORD_SIZE: 'The row is too long. A quote may have been left open.',
}

function asTabular(error: unknown, line: number): unknown {
  if (!(error instanceof CsvError)) return error
  return new TabularError(SENTENCES[error.code] ?? 'The text cannot be read as CSV.', line, error)
}

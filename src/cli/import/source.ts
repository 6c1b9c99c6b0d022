// A file as a stream of rows, whatever it is written in. Rows keep their line and their text, for the file of what was refused.
import { isRecord } from '../../kernel/json.ts'
import { csvRows } from '../../platform/tabular/csv.ts'
import { ndjsonRows } from '../../platform/tabular/ndjson.ts'
import { TabularError } from '../../platform/tabular/tabular-error.ts'
import { openText } from '../../platform/tabular/text.ts'

export interface SourceRow {
  readonly line: number
  /** CSV: the fields in the order of the header. NDJSON: the line as it was. */
  readonly raw: readonly string[]
  /** NDJSON only: the object, or null when the line is none (`fault` says why). */
  readonly value: Readonly<Record<string, unknown>> | null
  readonly fault: string | null
}
export interface Source {
  /** CSV: the names in the first line. NDJSON: none. */
  readonly header: readonly string[]
  readonly rows: AsyncGenerator<SourceRow, void, void>
  readonly bytesRead: () => number
  readonly bytesTotal: number
}
export type Format = 'csv' | 'ndjson'

export async function openSource(path: string, format: Format): Promise<Source> {
  const text = await openText(path)
  const size = { bytesRead: text.bytesRead, bytesTotal: text.bytesTotal }
  if (format === 'ndjson') return { header: [], rows: objectsOf(text.pieces), ...size }
  const rows = csvRows(text.pieces)
  const first = await rows.next()
  if (first.done === true) throw new TabularError(`The file ${path} is empty.`)
  const header = first.value.fields.map((name) => name.trim())
  const twice = header.find((name, index) => header.indexOf(name) !== index)
  if (twice !== undefined) throw new TabularError(`Two columns are named "${twice}".`, first.value.line)
  return { header, rows: fieldsOf(rows), ...size }
}

async function* fieldsOf(rows: AsyncGenerator<{ readonly line: number; readonly fields: readonly string[] }, void, void>): AsyncGenerator<SourceRow, void, void> {
  for await (const { line, fields } of rows) yield { line, raw: fields, value: null, fault: null }
}

async function* objectsOf(pieces: AsyncGenerator<string, void, void>): AsyncGenerator<SourceRow, void, void> {
  for await (const row of ndjsonRows(pieces)) {
    const value = 'value' in row && isRecord(row.value) ? row.value : null
    yield { line: row.line, raw: [row.text], value, fault: 'fault' in row ? row.fault : null }
  }
}

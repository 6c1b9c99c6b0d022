// NDJSON: one JSON object per line. A line that is no object is handed on as a fault: unlike CSV, the next line is not harmed by it.
import { isRecord } from '../../kernel/json.ts'
import { TabularError } from './tabular-error.ts'

export type NdjsonRow =
  | { readonly line: number; readonly text: string; readonly value: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly text: string; readonly fault: string }

const LINE_CHARS_MAX = 1024 * 1024

/** The lines of an NDJSON text. Blank lines are skipped. */
export async function* ndjsonRows(pieces: AsyncIterable<string, unknown, unknown>): AsyncGenerator<NdjsonRow, void, void> {
  let rest = ''
  let line = 0
  for await (const piece of pieces) {
    const parts = (line === 0 && rest === '' ? piece.replace(/^\uFEFF/, '') : piece).split('\n')
    parts[0] = rest + (parts[0] ?? '')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      line += 1
      if (part.trim() !== '') yield rowOf(line, part)
    }
    if (rest.length > LINE_CHARS_MAX) throw new TabularError('The line is longer than 1 MB. Is this NDJSON, one object per line?', line + 1)
  }
  if (rest.trim() !== '') yield rowOf(line + 1, rest)
}

function rowOf(line: number, part: string): NdjsonRow {
  const text = part.endsWith('\r') ? part.slice(0, -1) : part
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? { line, text, value } : { line, text, fault: 'The line is not a JSON object.' }
  } catch {
    return { line, text, fault: 'The line is not valid JSON.' }
  }
}

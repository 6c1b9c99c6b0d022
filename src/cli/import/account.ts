// The account of an import: every line of the file is entered exactly once, as imported, as unchanged, or as refused with a reason.
import { createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { CliError, EXIT } from '../exit.ts'
import type { Format } from './source.ts'

export interface AccountRow {
  readonly line: number
  readonly raw: readonly string[]
}
export type Outcome = 'imported' | 'unchanged' | 'refused'
export interface Entry {
  readonly outcome: Outcome
  /** What it became, or the code of the refusal. */
  readonly as: string
  /** What that means, once. */
  readonly says: string
  count: number
  /** The first line of the kind, to look at. */
  readonly firstLine: number
}

const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
export const csvLineOf = (fields: readonly string[]): string => `${fields.map(quoted).join(',')}\n`

export class Account {
  readonly entries = new Map<string, Entry>()
  readonly #refusedFile: RefusedFile | null
  /** Lines that were handed in. */
  lines = 0

  constructor(refusedFile: RefusedFile | null) {
    this.#refusedFile = refusedFile
  }

  enter(row: AccountRow, outcome: Outcome, as: string, says: string): void {
    this.lines += 1
    const key = `${outcome} ${as}`
    const entry = this.entries.get(key)
    if (entry === undefined) this.entries.set(key, { outcome, as, says, count: 1, firstLine: row.line })
    else entry.count += 1
    if (outcome === 'refused') this.#refusedFile?.write(row, as, says)
  }

  count(outcome: Outcome): number {
    let count = 0
    for (const entry of this.entries.values()) if (entry.outcome === outcome) count += entry.count
    return count
  }

  /** Entries as a reader wants them: imported first, the largest first. */
  sorted(): readonly Entry[] {
    const rank: Readonly<Record<Outcome, number>> = { imported: 0, unchanged: 1, refused: 2 }
    return [...this.entries.values()].toSorted((a, b) => rank[a.outcome] - rank[b.outcome] || b.count - a.count || a.as.localeCompare(b.as))
  }

  /** Waits until the refused lines are on disk. Their writing must not run ahead of the disk either. */
  async settle(): Promise<void> {
    await this.#refusedFile?.settle()
  }
}

/** The lines that were refused, as they were, with line number and reason; as CSV it can be corrected and imported again. */
export class RefusedFile {
  readonly #stream: WriteStream
  readonly #format: Format
  #failure: Error | null = null

  constructor(path: string, format: Format, header: readonly string[]) {
    this.#stream = createWriteStream(path)
    this.#format = format
    this.#stream.on('error', (error) => {
      this.#failure = error
    })
    if (format === 'csv') this.#stream.write(csvLineOf(['line', 'reason', 'message', ...header]))
  }

  write(row: AccountRow, reason: string, message: string): void {
    if (this.#format === 'csv') this.#stream.write(csvLineOf([String(row.line), reason, message, ...row.raw]))
    else this.#stream.write(`${JSON.stringify({ line: row.line, reason, message, original: row.raw[0] ?? '' })}\n`)
  }

  async settle(): Promise<void> {
    if (this.#failure === null && this.#stream.writableNeedDrain) await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')])
    this.#check()
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(() => resolve()))
    this.#check()
  }

  #check(): void {
    if (this.#failure !== null) throw new CliError(EXIT.failed, `The file of refused lines cannot be written: ${this.#failure.message}.`, null, this.#failure)
  }
}

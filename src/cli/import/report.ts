// The report of an import: every line of the file in one table, and the proof that none is missing.
import { writeFile } from 'node:fs/promises'
import { CliError, EXIT } from '../exit.ts'
import { countOf, durationOf } from '../progress.ts'
import { tableOf } from '../table.ts'
import type { World } from '../world.ts'
import type { Account } from './account.ts'

/** What was made beside the lines: items, customers, prices … by outcome. */
export type Made = ReadonlyMap<string, ReadonlyMap<string, number>>

export class Tally {
  readonly made = new Map<string, Map<string, number>>()
  add(what: string, outcome: string): void {
    const counts = this.made.get(what) ?? new Map<string, number>()
    this.made.set(what, counts)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
}

export interface ReportParts {
  readonly file: string
  /** Lines of the file that hold data: without header and blank lines. */
  readonly rows: number
  readonly account: Account
  readonly made: Made
  readonly seconds: number
  readonly isDryRun: boolean
}
export interface ReportOptions {
  readonly isJson: boolean
  readonly isVerbose: boolean
  readonly path: string | null
}

const peakMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

function asJson(parts: ReportParts): string {
  const { file, rows, account, made, seconds, isDryRun } = parts
  const lines = account.sorted().map(({ outcome, as, says, count, firstLine }) => ({ outcome, as, count, firstLine, says }))
  const counts = { rows, imported: account.count('imported'), unchanged: account.count('unchanged'), refused: account.count('refused') }
  return `${JSON.stringify({ file, isDryRun, ...counts, isComplete: account.lines === rows, lines, made: Object.fromEntries([...made].map(([what, outcomes]) => [what, Object.fromEntries(outcomes)])), seconds: Math.round(seconds * 10) / 10, linesPerSecond: Math.round(rows / seconds), peakMegabytes: peakMegabytes() }, null, 2)}\n`
}

function asText(parts: ReportParts, isVerbose: boolean): string {
  const { rows, account, made, seconds, isDryRun } = parts
  const entries = account.sorted()
  const lines = entries.map(({ outcome, as, count, firstLine, says }) => [outcome, as, countOf(count), String(firstLine), says])
  const outcomes = [...new Set([...made.values()].flatMap((counts) => [...counts.keys()]))]
  const things = [...made].map(([what, counts]) => [what, ...outcomes.map((outcome) => countOf(counts.get(outcome) ?? 0))])
  const total = `${countOf(account.lines)} of ${countOf(rows)} lines accounted for: ${(['imported', 'unchanged', 'refused'] as const).map((outcome) => `${countOf(account.count(outcome))} ${outcome}`).join(', ')}.`
  const isIdle = !isDryRun && rows > 0 && account.count('imported') === 0 && [...made.values()].every((counts) => ['created', 'updated'].every((outcome) => (counts.get(outcome) ?? 0) === 0))
  return [
    things.length === 0 ? '' : `${tableOf(['WHAT', ...outcomes.map((outcome) => outcome.toUpperCase())], things)}\n`,
    lines.length === 0 ? '' : `${tableOf(['OUTCOME', 'AS', 'LINES', 'FIRST LINE', 'WHY'], lines)}\n`,
    `${total}\n`,
    isDryRun ? 'Dry run: nothing was sent.\n' : '',
    isIdle ? 'Nothing was changed.\n' : '',
    isVerbose ? `${durationOf(seconds)}, ${countOf(rows / seconds)} lines/s, peak memory ${peakMegabytes()} MB.\n` : '',
  ].join('')
}

/** Shows the report, and fails when a line is neither imported nor refused: that would be a defect, and must not pass in silence. */
export async function reportOn(world: World, parts: ReportParts, options: ReportOptions): Promise<void> {
  if (options.path !== null) {
    await writeFile(options.path, asJson(parts)).catch((error: unknown) => {
      throw new CliError(EXIT.failed, `The report cannot be written to ${options.path}.`, null, error)
    })
  }
  world.out.write(options.isJson ? asJson(parts) : asText(parts, options.isVerbose))
  if (parts.account.lines !== parts.rows) throw new CliError(EXIT.failed, `${countOf(parts.rows)} lines were read but ${countOf(parts.account.lines)} are accounted for. This is a defect of the import: please report it.`)
}

// The first pass over the file: checks that it can be read to its end before anything is sent, and collects what the orders will
// need. Memory grows with the number of items and customers, not with the number of lines.
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import { CliError, EXIT } from '../../exit.ts'
import { nearest } from '../../nearest.ts'
import type { Source, SourceRow } from '../source.ts'
import { ReturnFinder } from './gather.ts'
import { COLUMNS, meaningOf, type Meaning, type SaleFields } from './meaning.ts'

export interface SurveyedItem {
  name: string
  /** A description in capitals is the catalogue's; others are notes somebody typed at the till (`damaged`, `found`). */
  isCatalogueName: boolean
  neededMicros: bigint
  /** The last price above zero it was sold for; null when there was none. */
  lastPrice: string | null
}
export interface Survey {
  readonly rows: number
  readonly items: ReadonlyMap<string, SurveyedItem>
  /** Customer code → name of the country of its first line. */
  readonly customers: ReadonlyMap<string, string>
  readonly lastLines: ReadonlyMap<string, number>
  /** Lines of cancellations; the others are the rest of `rows`. */
  readonly cancellationLines: number
  readonly firstAt: string | null
}

/** Where the columns of COLUMNS stand in this file. Refuses a file that lacks one. */
export function columnOrder(header: readonly string[]): readonly number[] {
  return COLUMNS.map((name) => {
    const index = header.findIndex((each) => each.toLowerCase() === name.toLowerCase())
    if (index >= 0) return index
    const meant = nearest(name, header)
    throw new CliError(EXIT.failed, `Line 1: the column ${name} is missing.`, `An Online Retail file has the columns ${COLUMNS.join(', ')}. This one has ${header.join(', ')}${meant === null ? '' : ` (is "${meant}" meant?)`}.`)
  })
}

export interface Line {
  readonly row: SourceRow
  readonly meaning: Meaning
  /** The fields in the order of COLUMNS. */
  readonly fields: readonly string[]
}

/** A line that stands for goods. */
export type GoodsLine = Line & { readonly meaning: SaleFields & { readonly kind: 'sale' | 'unpaid' | 'writeOff' | 'cancellation' } }
export const isGoodsLine = (line: Line): line is GoodsLine => line.meaning.kind !== 'refused'

/** The lines of the file with their meaning. */
export async function* meaningfulLines(source: Source): AsyncGenerator<Line, void, void> {
  const order = columnOrder(source.header)
  for await (const row of source.rows) {
    const fields = order.map((index) => row.raw[index] ?? '')
    yield { row, fields, meaning: meaningOf(fields) }
  }
}

/** Reads the whole file once. `onRow` hears of every row, for progress. */
export async function surveyOf(source: Source, onRow: (rows: number) => void): Promise<Survey> {
  const items = new Map<string, SurveyedItem>()
  const customers = new Map<string, string>()
  const finder = new ReturnFinder()
  let rows = 0
  let cancellationLines = 0
  let firstAt: string | null = null
  for await (const { row, fields, meaning } of meaningfulLines(source)) {
    rows += 1
    onRow(rows)
    if (meaning.kind === 'refused') continue
    finder.add(meaning.invoice, row.line)
    if (firstAt === null || meaning.at < firstAt) firstAt = meaning.at
    addItem(items, meaning.code, fields[2] ?? '', meaning)
    if (meaning.kind === 'cancellation') cancellationLines += 1
    // Nobody buys on a correction; an unpaid line of a real sale has the customer of the others.
    if (meaning.kind === 'writeOff' || meaning.kind === 'unpaid') continue
    if (!customers.has(meaning.customer)) customers.set(meaning.customer, meaning.country)
  }
  return { rows, items, customers, lastLines: finder.lastLines, cancellationLines, firstAt }
}

const NAME_MAX = 200

function addItem(items: Map<string, SurveyedItem>, code: string, description: string, meaning: Exclude<Meaning, { readonly kind: 'refused' }>): void {
  let item = items.get(code)
  if (item === undefined) items.set(code, (item = { name: '', isCatalogueName: false, neededMicros: 0n, lastPrice: null }))
  if (!item.isCatalogueName) {
    const name = description.trim().replaceAll(/\s+/g, ' ').slice(0, NAME_MAX)
    const isCatalogueName = /[A-Z]/.test(name) && name === name.toUpperCase()
    if (name !== '' && (item.name === '' || isCatalogueName)) Object.assign(item, { name, isCatalogueName })
  }
  if (meaning.kind === 'cancellation') return
  item.neededMicros += micros(meaning.quantity)
  if (/[1-9]/.test(meaning.unitPrice)) item.lastPrice = meaning.unitPrice
}

export const neededOf = (item: SurveyedItem): string => quantityOf(item.neededMicros)

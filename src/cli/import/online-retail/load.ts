// `bss import online-retail`: the whole history of a wholesaler, through the public bulk operations and nothing else.
// Passes over the file: survey · corrections of stock · orders · cancellations; reading it again is cheaper than keeping it in memory.
// Nothing is remembered between runs: every order, receipt, correction and cancellation bears the name it has in the file, so that
// the server knows what it has seen.
import type { Sender } from '../../../kernel/client.ts'
import { ORDER_LINES_MAX } from '../../../domains/orders/contract.ts'
import { progressOf } from '../../progress.ts'
import { stopIfAsked, type World } from '../../world.ts'
import type { Account } from '../account.ts'
import type { Tally } from '../report.ts'
import { openSource } from '../source.ts'
import { cancelling, correcting, ordering, returning, type Post } from './documents.ts'
import { fulfil } from './fulfil.ts'
import { Gatherer, type Gathered } from './gather.ts'
import { sentenceOf } from './meaning.ts'
import { becameOf } from './became.ts'
import { prepare, prepareFloor } from './prepare.ts'
import { isGoodsLine, meaningfulLines, surveyOf, type GoodsLine, type Survey } from './survey.ts'

export interface History {
  readonly path: string
  readonly siteCode: string
  /** Null: a dry run. */
  readonly sender: Sender | null
  readonly account: Account
  readonly tally: Tally
  /** Whether the orders are picked, shipped and delivered as well, before the cancellations: what has left comes back as a return. */
  readonly isFulfilled: boolean
}
/** Imports the file; gives back how many lines it has. */
export async function importOnlineRetail(world: World, history: History): Promise<number> {
  const source = await openSource(history.path, 'csv')
  const reading = progressOf(world, 'Reading', 'lines', null)
  const survey = await surveyOf(source, (rows) => {
    stopIfAsked(world)
    reading.reach(rows)
  })
  reading.end(survey.rows)
  const stock = history.sender === null ? null : await prepare(world, history.sender, history.siteCode, survey, history.tally)
  const { account, sender, siteCode, tally } = history
  const isOf = (...kinds: readonly GoodsLine['meaning']['kind'][]) => (line: GoodsLine): boolean => kinds.includes(line.meaning.kind)
  const ofInvoices = isOf('sale', 'unpaid', 'writeOff')
  // Corrections come first and alone: beside them the orders would hold the rows of the same goods for seconds.
  const correct = sender === null || stock === null ? dryRun(account, 'correction') : correcting(world, sender, stock, account, tally)
  await pass(world, history, survey, { name: 'Corrections', belongs: ofInvoices, part: (lines) => partsOf(lines).corrected, post: correct, entersRefused: true })
  const order = sender === null ? dryRun(account, 'order line') : ordering(world, sender, siteCode, account, tally)
  await pass(world, history, survey, { name: 'Orders', belongs: ofInvoices, part: (lines) => partsOf(lines).sold, post: order, entersRefused: false })
  if (history.isFulfilled && sender !== null && stock !== null) {
    await prepareFloor(sender, stock.siteId, tally)
    await fulfil({ world, sender, siteId: stock.siteId, tally })
  }
  const cancel = sender === null ? dryRun(account, 'cancellation') : history.isFulfilled ? returning(world, sender, account, tally) : cancelling(world, sender, account)
  await pass(world, history, survey, { name: 'Cancellations', belongs: isOf('cancellation'), part: (lines) => lines, post: cancel, entersRefused: false })
  if (history.isFulfilled && sender !== null) await becameOf(world, sender, tally)
  return survey.rows
}

const dryRun = (account: Account, as: string): Post => ({
  add: async ({ lines }) => lines.forEach(({ row }) => account.enter(row, 'imported', `valid ${as}`, 'Would be sent.')),
  end: async () => {},
})

/** An invoice on which nobody bought and nothing was paid is no sale: the till was used to book stock that was found. */
function partsOf(lines: readonly GoodsLine[]): { readonly sold: readonly GoodsLine[]; readonly corrected: readonly GoodsLine[] } {
  const isSale = lines.some(({ meaning }) => meaning.kind === 'sale')
  const isSold = ({ meaning }: GoodsLine): boolean => meaning.kind === 'sale' || (isSale && meaning.kind === 'unpaid')
  return { sold: lines.filter(isSold), corrected: lines.filter((line) => !isSold(line)) }
}

interface Pass {
  readonly name: string
  /** Lines to gather into invoices. */
  readonly belongs: (line: GoodsLine) => boolean
  /** The lines of an invoice that this pass posts. */
  readonly part: (lines: readonly GoodsLine[]) => readonly GoodsLine[]
  readonly post: Post
  /** One of the passes accounts for the lines that are refused by what they are. */
  readonly entersRefused: boolean
}

/** Reads the file, gathers invoices, and posts the part of each that is wanted. */
async function pass(world: World, history: History, survey: Survey, { name, belongs, part, post, entersRefused }: Pass): Promise<void> {
  const progress = progressOf(world, name, 'lines', survey.rows)
  const gatherer = new Gatherer<GoodsLine>(survey.lastLines, ORDER_LINES_MAX)
  const before = history.account.lines
  let read = 0
  const take = async (invoices: readonly Gathered<GoodsLine>[]): Promise<void> => {
    for (const invoice of invoices) {
      const lines = part(invoice.lines)
      if (lines.length > 0) await post.add({ ...invoice, lines })
    }
    await history.account.settle()
  }
  for await (const line of meaningfulLines(await openSource(history.path, 'csv'))) {
    stopIfAsked(world)
    read += 1
    progress.reach(read)
    if (line.meaning.kind === 'refused' && entersRefused) {
      history.account.enter(line.row, 'refused', line.meaning.reason, sentenceOf(line.meaning.reason))
      await history.account.settle()
    }
    if (!isGoodsLine(line) || !belongs(line)) continue
    const done = gatherer.add(line.meaning.invoice, line.row.line, line)
    if (done.length > 0) await take(done)
  }
  await take(gatherer.end())
  await post.end()
  progress.end(history.account.lines - before)
}

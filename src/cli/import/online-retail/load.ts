// `bss import online-retail`: the whole history of a wholesaler, through the public bulk operations and nothing else.
// Passes over the file: survey · orders and corrections of stock · cancellations. Nothing is remembered between runs: every order,
// receipt, correction and cancellation bears the name it has in the file, so that the server knows what it has seen.
import type { Sender } from '../../../kernel/client.ts'
import { ORDER_LINES_MAX } from '../../../domains/orders/contract.ts'
import { progressOf } from '../../progress.ts'
import { stopIfAsked, type World } from '../../world.ts'
import type { Account } from '../account.ts'
import type { Tally } from '../report.ts'
import { openSource } from '../source.ts'
import { cancelling, correcting, ordering, type Post } from './documents.ts'
import { Gatherer, type Gathered } from './gather.ts'
import { sentenceOf } from './meaning.ts'
import { prepare } from './prepare.ts'
import { isGoodsLine, meaningfulLines, surveyOf, type GoodsLine, type Survey } from './survey.ts'

export interface History {
  readonly path: string
  readonly siteCode: string
  /** Null: a dry run. */
  readonly sender: Sender | null
  readonly account: Account
  readonly tally: Tally
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
  const posts = history.sender === null || stock === null
    ? { order: dryRun(history, 'order line'), correct: dryRun(history, 'correction'), cancel: dryRun(history, 'cancellation') }
    : {
        order: ordering(world, history.sender, history.siteCode, history.account, history.tally),
        correct: correcting(world, history.sender, stock, history.account, history.tally),
        cancel: cancelling(world, history.sender, history.account),
      }
  await ordersPass(world, history, survey, posts.order, posts.correct)
  await cancellationsPass(world, history, survey, posts.cancel)
  return survey.rows
}

const dryRun = ({ account }: History, as: string): Post => ({
  add: async ({ lines }) => lines.forEach(({ row }) => account.enter(row, 'imported', `valid ${as}`, 'Would be sent.')),
  end: async () => {},
})

async function ordersPass(world: World, history: History, survey: Survey, order: Post, correct: Post): Promise<void> {
  const { account } = history
  const total = survey.rows - survey.cancellationLines
  const progress = progressOf(world, 'Orders', 'lines', total)
  const gatherer = new Gatherer<GoodsLine>(survey.lastLines, ORDER_LINES_MAX)
  const take = async (invoices: readonly Gathered<GoodsLine>[]): Promise<void> => {
    for (const invoice of invoices) {
      const { sold, corrected } = partsOf(invoice.lines)
      if (corrected.length > 0) await correct.add({ ...invoice, lines: corrected })
      if (sold.length > 0) await order.add({ ...invoice, lines: sold })
    }
  }
  for await (const line of meaningfulLines(await openSource(history.path, 'csv'))) {
    stopIfAsked(world)
    if (line.meaning.kind === 'refused') account.enter(line.row, 'refused', line.meaning.reason, sentenceOf(line.meaning.reason))
    else if (line.meaning.kind !== 'cancellation' && isGoodsLine(line)) await take(gatherer.add(line.meaning.invoice, line.row.line, line))
    await account.settle()
    progress.reach(account.lines)
  }
  await take(gatherer.end())
  await correct.end()
  await order.end()
  progress.end(account.lines)
}

/** An invoice on which nobody bought and nothing was paid is no sale: the till was used to book stock that was found. */
function partsOf(lines: readonly GoodsLine[]): { readonly sold: readonly GoodsLine[]; readonly corrected: readonly GoodsLine[] } {
  const isSale = lines.some(({ meaning }) => meaning.kind === 'sale')
  const isSold = ({ meaning }: GoodsLine): boolean => meaning.kind === 'sale' || (isSale && meaning.kind === 'unpaid')
  return { sold: lines.filter(isSold), corrected: lines.filter((line) => !isSold(line)) }
}

async function cancellationsPass(world: World, history: History, survey: Survey, cancel: Post): Promise<void> {
  const { account } = history
  const before = account.lines
  const progress = progressOf(world, 'Cancellations', 'lines', survey.cancellationLines)
  const gatherer = new Gatherer<GoodsLine>(survey.lastLines, ORDER_LINES_MAX)
  const take = async (invoices: readonly Gathered<GoodsLine>[]): Promise<void> => {
    for (const invoice of invoices) await cancel.add(invoice)
  }
  for await (const line of meaningfulLines(await openSource(history.path, 'csv'))) {
    stopIfAsked(world)
    if (line.meaning.kind === 'cancellation' && isGoodsLine(line)) await take(gatherer.add(line.meaning.invoice, line.row.line, line))
    await account.settle()
    progress.reach(account.lines - before)
  }
  await take(gatherer.end())
  await cancel.end()
  progress.end(account.lines - before)
}

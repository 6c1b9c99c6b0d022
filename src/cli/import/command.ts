// `bss import`: reads the options, runs the import of the kind named, and ends with the report.
import { connect } from '../connection.ts'
import { EXIT, usageError, type ExitCode } from '../exit.ts'
import { textOf, type Typed } from '../flags.ts'
import { nearest } from '../nearest.ts'
import { connectionOptionsOf } from '../operate.ts'
import type { HandMadeCommand } from '../run.ts'
import type { World } from '../world.ts'
import { Account, RefusedFile } from './account.ts'
import { KINDS, type Kind } from './kinds.ts'
import { importOnlineRetail } from './online-retail/load.ts'
import { REASONS } from './online-retail/meaning.ts'
import { checkOrganization } from './organization.ts'
import { reportOn, Tally, type Made } from './report.ts'
import { openSource, type Format } from './source.ts'
import { carryOut, planOf } from './table-import.ts'

interface Finished {
  readonly rows: number
  readonly made: Made
}
type Work = (account: Account) => Promise<Finished>

const WHAT = ['online-retail', 'csv', 'ndjson'] as const

const textsOf = (typed: Typed, flag: string): readonly string[] => [typed[flag]].flat().filter((value) => typeof value === 'string')

function kindOf(word: string | undefined): Kind {
  const kinds = KINDS.map(({ kind }) => kind)
  if (word === undefined) throw usageError('--kind is missing.', `It is one of ${kinds.join(', ')}.`)
  const kind = KINDS.find((each) => each.kind === word)
  if (kind !== undefined) return kind
  const meant = nearest(word, kinds)
  throw usageError(`There is no kind "${word}".`, meant === null ? `It is one of ${kinds.join(', ')}.` : `Did you mean ${meant}?`)
}

/** Opens the file of refused lines, does the work, reports, and chooses the code to end with. */
async function account(world: World, typed: Typed, path: string, format: Format, expected: readonly string[], work: Work): Promise<ExitCode> {
  const refusedPath = textOf(typed, 'refused')
  const startedMs = world.nowMs()
  const refusedFile = refusedPath === undefined ? null : new RefusedFile(refusedPath, format, await headerOf(path, format))
  const book = new Account(refusedFile)
  let finished: Finished
  try {
    finished = await work(book)
  } finally {
    await refusedFile?.close()
  }
  const seconds = Math.max(0.001, (world.nowMs() - startedMs) / 1000)
  await reportOn(world, { file: path, ...finished, account: book, seconds, isDryRun: typed['dry-run'] === true }, { isJson: typed['json'] === true, isVerbose: typed['verbose'] === true, path: textOf(typed, 'report') ?? null })
  const isUnexpected = book.sorted().some(({ outcome, as }) => outcome === 'refused' && !expected.includes(as))
  if (isUnexpected && refusedPath === undefined) world.talk.write('Add --refused FILE to get the refused lines with their reasons.\n')
  return isUnexpected ? EXIT.partly : EXIT.ok
}

async function headerOf(path: string, format: Format): Promise<readonly string[]> {
  const source = await openSource(path, format)
  await source.rows.return()
  return source.header
}

async function importTable(world: World, typed: Typed, path: string, format: Format): Promise<ExitCode> {
  const kind = kindOf(textOf(typed, 'kind'))
  const work = { path, format, kind, maps: textsOf(typed, 'map'), sets: textsOf(typed, 'set') }
  return account(world, typed, path, format, [], async (book) => {
    const plan = await planOf(world, work)
    const connection = typed['dry-run'] === true ? null : await connect(world, connectionOptionsOf(typed), false)
    if (connection !== null) await checkOrganization(connection.sender, textOf(typed, 'organization'))
    await carryOut(world, work, plan, connection?.sender ?? null, book)
    return { rows: plan.rows, made: new Map() }
  })
}

async function importHistory(world: World, typed: Typed, path: string): Promise<ExitCode> {
  if (textsOf(typed, 'map').length + textsOf(typed, 'set').length > 0 || typed['kind'] !== undefined) throw usageError('--kind, --map and --set are for `bss import csv` and `bss import ndjson`.')
  return account(world, typed, path, 'csv', Object.keys(REASONS), async (book) => {
    const connection = typed['dry-run'] === true ? null : await connect(world, connectionOptionsOf(typed), false)
    if (connection !== null) await checkOrganization(connection.sender, textOf(typed, 'organization'))
    const tally = new Tally()
    const rows = await importOnlineRetail(world, { path, siteCode: textOf(typed, 'site') ?? 'MAIN', sender: connection?.sender ?? null, account: book, tally, isFulfilled: typed['fulfil'] === true })
    return { rows, made: tally.made }
  })
}

export const importCommand: HandMadeCommand = {
  word: 'import',
  usage: `import ${WHAT.join('|')} FILE [options]`,
  summary: 'load items, customers, stock or orders from a file, plain or gzip; every line is accounted for',
  options: [
    ['--kind KIND', `csv, ndjson: what a line is: ${KINDS.map(({ kind, says }) => `${kind} (${says})`).join(', ')}`],
    ['--map FIELD=COLUMN', 'csv: which column goes into which field; may be repeated; columns named as fields map themselves'],
    ['--set FIELD=VALUE', 'csv, ndjson: the same value for every line; may be repeated'],
    ['--site CODE', 'online-retail: the site to load into; it is created when it does not exist (MAIN)'],
    ['--fulfil', 'online-retail: pick, pack, ship and deliver every order that is covered by stock; what is taken back afterwards becomes a return'],
    ['--dry-run', 'read and check everything, send nothing'],
    ['--refused FILE', 'write the refused lines there, each with its line number and reason'],
    ['--report FILE', 'write the report there as JSON'],
    ['-v, --verbose', 'time, rate and peak memory at the end'],
  ],
  notes: [
    'A line that was imported before is recognized by its external reference (items: by their sku) and left unchanged: an interrupted import',
    'is finished by the same command, and a second run changes nothing. A damaged file is refused with the line before anything is sent.',
    `online-retail expects the columns of the UCI data set; it refuses, as it should: ${Object.keys(REASONS).join(', ')}.`,
    'Ends with 5 when lines were refused for other reasons.',
  ],
  examples: [
    { line: 'import online-retail online-retail.csv.gz --organization acme --refused refused.csv', says: 'A year of real orders' },
    { line: 'import online-retail online-retail.csv.gz --organization acme --fulfil', says: 'The same, each order to its delivery and back' },
    { line: 'import csv items.csv --kind items --map sku=Code --map name=Description --set baseUnit=EA --dry-run', says: 'Would this list of items go in?' },
    { line: 'import ndjson orders.ndjson --kind orders --refused refused.ndjson', says: 'Orders from another system' },
  ],
  parse: {
    kind: { type: 'string' }, map: { type: 'string', multiple: true }, set: { type: 'string', multiple: true }, site: { type: 'string' }, fulfil: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, refused: { type: 'string' }, report: { type: 'string' },
  },
  run: async (world, positionals, typed) => {
    const [what, path, extra] = positionals
    if (what === undefined || !WHAT.some((word) => word === what)) {
      const meant = nearest(what ?? '', WHAT)
      throw usageError(what === undefined ? 'Say what to import.' : `There is no import "${what}".`, meant === null ? `It is one of ${WHAT.join(', ')}.` : `Did you mean ${meant}?`)
    }
    if (path === undefined) throw usageError('The file is missing.', `bss import ${what} FILE`)
    if (extra !== undefined) throw usageError(`"${extra}" is one word too many.`)
    return what === 'online-retail' ? importHistory(world, typed, path) : importTable(world, typed, path, what === 'csv' ? 'csv' : 'ndjson')
  },
}

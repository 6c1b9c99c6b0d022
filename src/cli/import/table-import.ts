// `bss import csv|ndjson`: any table, by column mapping, through the bulk operation of its kind. Two passes: the first reads the
// whole file, so that a damaged one is refused before anything is sent.
import { Compile } from 'typebox/compile'
import type { Sender } from '../../kernel/client.ts'
import { closed } from '../../platform/http/closed.ts'
import { explain } from '../../platform/http/explain.ts'
import { CliError, EXIT } from '../exit.ts'
import { progressOf } from '../progress.ts'
import { valueAt } from '../table.ts'
import { stopIfAsked, type World } from '../world.ts'
import type { Account } from './account.ts'
import { Batches, type BulkResult } from './batches.ts'
import { sendTo } from './bulk.ts'
import type { Kind } from './kinds.ts'
import { bodyOf, mappingOf, type Body, type Mapping } from './mapping.ts'
import { Gatherer, ReturnFinder, type Gathered } from './online-retail/gather.ts'
import { openSource, type Format, type Source, type SourceRow } from './source.ts'

export interface TableImport {
  readonly path: string
  readonly format: Format
  readonly kind: Kind
  readonly maps: readonly string[]
  readonly sets: readonly string[]
}
interface Read {
  readonly row: SourceRow
  readonly body: Body | null
}
interface Plan {
  readonly rows: number
  readonly mapping: Mapping
  readonly lastLines: ReadonlyMap<string, number>
}

const THING_LINES_MAX = 1_000_000

/** NDJSON has no header: every dotted name in a mapping is looked up in each object. */
function mappingFor({ kind, maps, sets }: TableImport, header: readonly string[]): Mapping {
  return mappingOf(kind.operation.body, header, maps, sets)
}

function keyOf(kind: Kind, body: Body | null): string {
  const value = kind.gatherBy === null ? undefined : valueAt(body?.head, kind.gatherBy.join('.'))
  return typeof value === 'string' ? value : ''
}

async function* read(source: Source, mapping: Mapping): AsyncGenerator<Read, void, void> {
  for await (const row of source.rows) yield { row, body: row.fault === null ? bodyOfRow(mapping, row) : null }
}

function bodyOfRow(mapping: Mapping, row: SourceRow): Body {
  if (row.value === null) return bodyOf(mapping, row.raw)
  // An object is sent as it is; constants fill what it leaves out.
  const { head } = bodyOf({ ...mapping, list: null }, [])
  return { head: { ...head, ...row.value }, entry: null }
}

/** The first pass: structure, mapping, number of rows. */
export async function planOf(world: World, work: TableImport): Promise<Plan> {
  const source = await openSource(work.path, work.format)
  const mapping = work.format === 'csv' ? mappingFor(work, source.header) : constantsOf(work)
  if (mapping.unused.length > 0) world.talk.write(`Not imported: the column${mapping.unused.length === 1 ? '' : 's'} ${mapping.unused.join(', ')}.\n`)
  const finder = new ReturnFinder()
  const progress = progressOf(world, 'Reading', 'lines', null)
  let rows = 0
  for await (const { row, body } of read(source, mapping)) {
    stopIfAsked(world)
    rows += 1
    if (mapping.list !== null) finder.add(keyOf(work.kind, body), row.line)
    progress.reach(rows)
  }
  progress.end(rows)
  return { rows, mapping, lastLines: finder.lastLines }
}

function constantsOf({ kind, maps, sets }: TableImport): Mapping {
  if (maps.length > 0) throw new CliError(EXIT.usage, '--map is for CSV. The fields of NDJSON are named already.', 'Use --set field=value for a field that every line lacks.')
  const optional = { ...kind.operation.body, required: [] }
  return mappingOf(optional, [], [], sets)
}

/** The second pass: check each thing, send it, account for its lines. `sender` null: a dry run. */
export async function carryOut(world: World, work: TableImport, plan: Plan, sender: Sender | null, account: Account): Promise<void> {
  const schema = closed(work.kind.operation.body ?? {})
  const validator = Compile(schema)
  const refuse = (rows: readonly SourceRow[], code: string, says: string): void => rows.forEach((row) => account.enter(row, 'refused', code, says))
  const onResult = (rows: readonly SourceRow[], result: BulkResult): void => {
    if (result.outcome === 'refused') return refuse(rows, result.code ?? 'refused', sentence(result.pointer ?? '', result.message ?? ''))
    rows.forEach((row) => account.enter(row, result.outcome === 'unchanged' ? 'unchanged' : 'imported', result.outcome, ''))
  }
  const batches = sender === null ? null : new Batches<unknown, readonly SourceRow[], BulkResult>(world, sendTo(sender, work.kind.name, work.kind.operation), { countMax: work.kind.batch, weightMax: work.kind.batch * 20, parallel: 1 }, onResult)
  const progress = progressOf(world, sender === null ? 'Checking' : 'Importing', 'lines', plan.rows)
  const take = async (rows: readonly SourceRow[], value: unknown): Promise<void> => {
    stopIfAsked(world)
    if (!validator.Check(value)) {
      const fault = explain(schema, value)[0]
      refuse(rows, fault?.code ?? 'invalid', sentence(fault?.pointer ?? '', fault?.message ?? ''))
    } else if (batches === null) rows.forEach((row) => account.enter(row, 'imported', 'valid', 'Would be sent.'))
    else await batches.add(value, rows, rows.length)
    await account.settle()
    progress.reach(account.lines)
  }
  const source = await openSource(work.path, work.format)
  await eachThing(source, work.kind, plan, refuse, take)
  await batches?.end()
  progress.end(account.lines)
}

type Refuse = (rows: readonly SourceRow[], code: string, says: string) => void
type Take = (rows: readonly SourceRow[], value: unknown) => Promise<void>

async function eachThing(source: Source, kind: Kind, { mapping, lastLines }: Plan, refuse: Refuse, take: Take): Promise<void> {
  const gatherer = new Gatherer<Read>(lastLines, THING_LINES_MAX)
  const takeGathered = async (things: readonly Gathered<Read>[]): Promise<void> => {
    for (const { lines } of things) await takeThing(lines, mapping, refuse, take)
  }
  for await (const line of read(source, mapping)) {
    if (line.body === null) refuse([line.row], 'json', line.row.fault ?? '')
    else if (mapping.list === null) await take([line.row], line.body.head)
    else await takeGathered(gatherer.add(keyOf(kind, line.body), line.row.line, line))
  }
  await takeGathered(gatherer.end())
}

/** One thing of several rows: its head is that of the first; a row that says otherwise contradicts it and is refused. */
async function takeThing(lines: readonly Read[], mapping: Mapping, refuse: Refuse, take: Take): Promise<void> {
  const head = lines[0]?.body?.head ?? {}
  const text = JSON.stringify(head)
  const agreeing = lines.filter(({ body }) => JSON.stringify(body?.head) === text)
  refuse(lines.filter((line) => !agreeing.includes(line)).map(({ row }) => row), 'contradicts_first_line', 'The line differs from the first of its order in a field that belongs to the whole order.')
  await take(agreeing.map(({ row }) => row), { ...head, [mapping.list ?? '']: agreeing.map(({ body }) => body?.entry ?? {}) })
}

const sentence = (pointer: string, message: string): string => (pointer === '' ? message : `${pointer}: ${message}`)

// The ceiling: pgbench sends the very statements of the product, one transaction with a synchronous commit each, one round trip each.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wireConfig } from '../../src/platform/db/pool.ts'
import type { Call, Param } from '../../src/platform/db/wire.ts'

/** Values of a sample call that stand for something drawn anew each time, with the SQL that draws it. */
export type Drawn = ReadonlyMap<string, string>

const quoted = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll(':', '\\x3a')}'`
const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)

function sqlOf(value: Param, drawn: Drawn): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return drawn.get(value) ?? (isUuid(value) ? 'uuidv7()' : quoted(value))
  if (typeof value !== 'object') return `'${value}'`
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'`
  const isDrawn = value.some((entry) => typeof entry === 'string' && (drawn.has(entry) || isUuid(entry)))
  if (isDrawn) return `array[${value.map((entry) => sqlOf(entry, drawn)).join(', ')}]`
  return quoted(`{${value.map((entry) => (entry === null ? 'NULL' : `"${String(entry).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)).join(',')}}`)
}

/** A call of the product as a statement of pgbench. Ids that are made for the call are made by the server instead. */
export const asStatement = (call: Call, drawn: Drawn): string => `${call.text.replaceAll(/--[^\n]*/g, '').replaceAll(/\$(\d+)\b/g, (_all, index: string) => `(${sqlOf(call.params[Number(index) - 1] ?? null, drawn)})`).replaceAll(/\s+/g, ' ')};`

export interface PgbenchRun {
  readonly url: string
  readonly folder: string
  readonly name: string
  readonly script: string
  readonly clients: number
  readonly warmSeconds: number
  readonly seconds: number
  readonly seed: number
  readonly readOnly: boolean
}
export interface PgbenchResult {
  readonly perSecond: number
  readonly latencyMs: number
  /** Transactions since the start, warm-up included. */
  readonly done: number
  /** Seconds between the two marks. */
  readonly markedSeconds: number
}

/** How long before its end the second mark is: when the connections are gone, so is the CPU time of their processes. */
const TAIL_SECONDS = 0.3

/** Runs a script; the first seconds, in which every connection parses and plans, are left out. `mark` is called when they are over, and shortly before the end. */
export async function pgbench(run: PgbenchRun, mark: () => void): Promise<PgbenchResult> {
  const file = join(run.folder, `${run.name}.pgbench`)
  writeFileSync(file, run.script)
  const total = run.warmSeconds + run.seconds
  const args = ['-n', '-M', 'prepared', '-c', String(run.clients), '-j', '2', '-T', String(total), '-P', '1', `--random-seed=${run.seed}`, '-f', file, run.url]
  // The same settings of the session as the product's connections have.
  const env = { ...process.env, PGOPTIONS: wireConfig({ url: run.url, user: '', password: '', size: 1, applicationName: '', readOnly: run.readOnly }).options ?? '' }
  const child = spawn('pgbench', args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const marks = [run.warmSeconds, total - TAIL_SECONDS].map((seconds) => setTimeout(mark, seconds * 1000))
  const code = await new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? 1)))
  marks.forEach(clearTimeout)
  const seconds = [...output.matchAll(/^progress: ([\d.]+) s, ([\d.]+) tps, lat ([\d.]+) ms/gm)].map((match) => ({ at: Number(match[1]), tps: Number(match[2]), lat: Number(match[3]) }))
  const measured = seconds.filter(({ at }) => at > run.warmSeconds + 0.5)
  const done = Number(/number of transactions actually processed: (\d+)/.exec(output)?.[1] ?? 0)
  if (code !== 0 || measured.length === 0) throw new Error(`pgbench failed:\n${output.slice(0, 2000)}`)
  const mean = (of: (second: { tps: number; lat: number }) => number): number => measured.reduce((sum, second) => sum + of(second), 0) / measured.length
  return { perSecond: mean((second) => second.tps), latencyMs: mean((second) => second.lat), done, markedSeconds: run.seconds - TAIL_SECONDS }
}

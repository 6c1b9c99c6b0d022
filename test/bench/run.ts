// `npm run bench`: how fast, against what, and whether what was fast was also right.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ClusterError } from '../../src/platform/embedded/index.ts'
import { audit } from './audit.ts'
import { auth } from './auth.ts'
import budget from './budget.json' with { type: 'json' }
import type { Bench, Benchmark, Outcome } from './benchmark.ts'
import { coldStart } from './cold-start.ts'
import { short, table } from './figures.ts'
import { growth } from './growth.ts'
import { offencesIn, type Offence } from './invariants.ts'
import { machineOf, machineText, type Machine } from './machine.ts'
import { bulk, hot, idle, placing, wall } from './orders.ts'
import { nextTask } from './next-task.ts'
import { outbox } from './outbox.ts'
import { door, reads } from './reads.ts'
import { shift } from './shift.ts'
import { openWorld, type World } from './world.ts'

/** In the order in which they run: those that leave much data behind come last. */
const BENCHMARKS: readonly Benchmark[] = [placing, wall, idle, hot, bulk, reads, door, outbox, audit, auth, nextTask, shift, growth, coldStart]
const SEED = 20_261_124

const HELP = `npm run bench -- [name ...] [--seconds N] [--rounds N] [--quick] [--json FILE]

  --seconds N   measured seconds of a round (5; quick: 2)
  --rounds N    rounds, alternating between what is compared (3; quick: 1)
  --quick       a smaller world and fewer levels: does it work, not how fast is it
  --json FILE   where the figures go (.bss/bench.json)

${BENCHMARKS.map(({ name, compares }) => `  ${name.padEnd(12)}${compares}`).join('\n')}
`

interface Report {
  readonly name: string
  readonly compares: string
  readonly outcome: Outcome
  readonly offences: readonly Offence[]
  readonly misses: readonly string[]
}

interface Limit {
  readonly min?: number
  readonly max?: number
  readonly goal: string
}
const limits = new Map<string, Limit>(Object.entries(budget))

function judge(outcome: Outcome): string[] {
  return Object.entries(outcome.ratios).flatMap(([name, value]) => {
    const limit = limits.get(name)
    if (limit === undefined) return [`${name}: there is no budget for it in budget.json`]
    const isGood = Number.isFinite(value) && value >= (limit.min ?? -Infinity) && value <= (limit.max ?? Infinity)
    return isGood ? [] : [`${name}: ${short(value)}, the budget is ${limit.min === undefined ? `at most ${limit.max}` : `at least ${limit.min}`}`]
  })
}

function print({ name, compares, outcome, offences, misses }: Report): void {
  console.log(`\n${name}: ${compares}`)
  console.log(table(outcome.rows))
  for (const [ratio, value] of Object.entries(outcome.ratios)) console.log(`  ${ratio} = ${short(value)}  (goal ${limits.get(ratio)?.goal ?? 'none'})`)
  for (const note of outcome.notes ?? []) console.log(`  ${note}`)
  console.log(offences.length === 0 ? '  the sums are right' : offences.map(({ rule, found }) => `  WRONG: ${rule} (${found})`).join('\n'))
  for (const miss of misses) console.log(`  OVER BUDGET: ${miss}`)
}

async function runAll(world: World, benchmarks: readonly Benchmark[], pace: Bench['pace'], isQuick: boolean): Promise<Report[]> {
  let orders = 0
  const bench: Bench = {
    world, pace, isQuick,
    acknowledged: (more) => (orders += more),
    say: (step) => void process.stderr.write(`  … ${step}\n`),
  }
  const reports: Report[] = []
  for (const benchmark of benchmarks) {
    bench.say(benchmark.name)
    const outcome = await benchmark.run(bench)
    await world.stopService()
    const report = { name: benchmark.name, compares: benchmark.compares, outcome, offences: await offencesIn(world.urlAs('superuser'), orders), misses: judge(outcome) }
    print(report)
    reports.push(report)
  }
  return reports
}

function save(file: string, machine: Machine, facts: object, reports: readonly Report[]): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, ...facts, reports }, null, 2)}\n`)
  console.log(`\nFigures: ${file}`)
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string' }, rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name))
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(', ')}. Choose from: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
    return 1
  }
  const isQuick = values.quick
  const pace = { seconds: Number(values.seconds ?? (isQuick ? 2 : 5)), warmSeconds: isQuick ? 2 : 3, rounds: Number(values.rounds ?? (isQuick ? 1 : 3)), seed: SEED }
  const size = isQuick ? { organizations: 20, skus: 200, customers: 20 } : { organizations: 100, skus: 2_000, customers: 100 }
  const wanted = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const world = await openWorld(size, (step) => void process.stderr.write(`  … ${step}\n`))
  try {
    const machine = machineOf(world.postgres)
    console.log(machineText(machine))
    console.log(`seed ${SEED}; ${size.organizations} organizations, ${size.skus} items each; ${pace.rounds} rounds of ${pace.seconds} s after ${pace.warmSeconds} s of warm-up; medians`)
    console.log('Load, service, primary and replica share this machine. CPU is in milliseconds a request or order.')
    if (machine.pgbench === 'none') throw new Error('pgbench is not on the PATH. It comes with the PostgreSQL client packages (postgresql-contrib on some systems); without it there is no ceiling to compare with.')
    const reports = await runAll(world, wanted, pace, isQuick)
    save(resolve(values.json ?? join(import.meta.dirname, '../../.bss/bench.json')), machine, { seed: SEED, size, pace }, reports)
    return reports.some(({ offences, misses }) => offences.length > 0 || misses.length > 0) ? 1 : 0
  } finally {
    await world.close()
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof ClusterError || (error instanceof Error && /pgbench|answers were/.test(error.message)) ? error.message : error)
    process.exit(1)
  },
)

// What a benchmark is: a comparison that says what it compares, ratios that can be held against a budget, and rows for people.
import type { Measured, Pace, Sample } from './sides.ts'
import { medianOf } from './sides.ts'
import { short, spreadOf, spreadText } from './figures.ts'
import type { World } from './world.ts'

export interface Bench {
  readonly world: World
  readonly pace: Pace
  readonly isQuick: boolean
  /** Counts orders that were acknowledged outside of a measured side. */
  acknowledged(orders: number): void
  /** Tells a person what is being done. */
  say(step: string): void
}
export interface Outcome {
  readonly rows: readonly (readonly string[])[]
  /** By name, as in budget.json. */
  readonly ratios: Readonly<Record<string, number>>
  readonly measured?: readonly Measured[]
  readonly notes?: readonly string[]
}
export interface Benchmark {
  readonly name: string
  readonly compares: string
  run(bench: Bench): Promise<Outcome>
}

const HEAD = ['', '/s median', 'spread', 'p50 ms', 'p99 ms', 'PostgreSQL ms', 'replica ms', 'Node ms'] as const

const figure = (measured: Measured, of: (sample: Sample) => number | null): string => short(medianOf(measured, of))

/** Rates, latencies and CPU a request, one row a side. */
export function rateRows(all: readonly Measured[]): string[][] {
  const rows = all.map((measured) => {
    const { median, min, max } = spreadOf(measured.samples.map((sample) => sample.perSecond))
    return [
      measured.name, short(median), `${short(min)} … ${short(max)}`, figure(measured, (s) => s.p50Ms), figure(measured, (s) => s.p99Ms), figure(measured, (s) => s.postgresMs),
      figure(measured, (s) => s.replicaMs), figure(measured, (s) => s.nodeMs),
    ]
  })
  return [[...HEAD], ...rows]
}

/** Ratio of two medians, and of the rounds one by one as text: they alternate, so each pair saw the same weather. */
export function ratioOf(above: Measured, below: Measured): { readonly value: number; readonly text: string } {
  const pairs = above.samples.map((sample, round) => sample.perSecond / (below.samples[round]?.perSecond ?? Number.NaN))
  const spread = spreadOf(pairs)
  return { value: spread.median, text: spreadText(spread) }
}

export const find = (all: readonly Measured[], name: string): Measured => {
  const found = all.find((measured) => measured.name === name)
  if (found === undefined) throw new Error(`No side is called ${name}.`)
  return found
}
export const sumAcknowledged = (all: readonly Measured[]): number => all.reduce((sum, { samples }) => sum + samples.reduce((n, sample) => n + sample.acknowledged, 0), 0)

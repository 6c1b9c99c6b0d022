// The two sides of a comparison: the product over HTTP, and pgbench with the same statements. Rounds alternate (A B A B), because figures of
// one machine drift from minute to minute; what counts is their ratio.
import { quantile } from './figures.ts'
import { startChild } from './child.ts'
import { LoadResult, type LoadPlan } from './load-plan.ts'
import { pgbench } from './pgbench.ts'
import type { Address, Cpu, World } from './world.ts'

export interface Sample {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU milliseconds a request; null where it cannot be measured or does not apply. */
  readonly postgresMs: number | null
  readonly replicaMs: number | null
  readonly nodeMs: number | null
  /** Orders acknowledged, those of the warm-up included: the sums are checked against them. */
  readonly acknowledged: number
}
export interface Side {
  readonly name: string
  run(round: number): Promise<Sample>
}
export interface Measured {
  readonly name: string
  readonly samples: readonly Sample[]
}
export interface Pace {
  readonly seconds: number
  readonly warmSeconds: number
  readonly rounds: number
  readonly seed: number
}

/** All sides in turn, as many rounds as wanted. */
export async function interleave(sides: readonly Side[], rounds: number): Promise<Measured[]> {
  const samples = new Map(sides.map((side) => [side.name, new Array<Sample>()]))
  for (let round = 0; round < rounds; round++) for (const side of sides) samples.get(side.name)?.push(await side.run(round))
  return [...samples].map(([name, all]) => ({ name, samples: all }))
}

const each = (from: number | null, to: number | null, count: number): number | null => (from === null || to === null || count === 0 ? null : (to - from) / count)
const cpuEach = (from: Cpu, to: Cpu, count: number) => ({ postgresMs: each(from.postgresMs, to.postgresMs, count), replicaMs: each(from.replicaMs, to.replicaMs, count) })

export interface HttpLoad extends Partial<Omit<LoadPlan, 'kind' | 'connections'>> {
  readonly kind: LoadPlan['kind']
  readonly connections: number
  /** Orders in one request, for `bulk`: figures are then per order. */
  readonly ordersPerBulk?: number
}

/** Sends load to the service and measures it; every answer must be a success, except where none exists (`empty`). */
export async function httpLoad(world: World, address: Address, pace: Pace, round: number, load: HttpLoad): Promise<Sample> {
  const plan: LoadPlan = {
    host: address.host, port: address.port, warmSeconds: pace.warmSeconds, seconds: pace.seconds, seed: pace.seed + round, keys: [...world.keys], skus: world.size.skus,
    customers: world.size.customers, skew: 5, orders: [], ordersPerBulk: 1, rate: 0, ...load,
  }
  const marks: Cpu[] = []
  const { said } = await startChild('load-process.ts', plan, LoadResult, () => {
    for (const seconds of [pace.warmSeconds, pace.warmSeconds + pace.seconds]) setTimeout(() => marks.push(world.cpu()), seconds * 1000).unref()
  })
  const weight = load.kind === 'bulk' ? plan.ordersPerBulk : 1
  const wrong = Object.entries(said.statuses).filter(([status]) => (load.kind === 'empty' ? status !== '404' : !status.startsWith('2')))
  if (wrong.length > 0 || said.firstFailure !== '' && load.kind !== 'empty') throw new Error(`${load.kind}: answers were ${JSON.stringify(said.statuses)}; the first failure: ${said.firstFailure}`)
  const [from, to] = marks
  const count = said.count * weight
  return {
    perSecond: count / said.seconds, p50Ms: said.p50Ms, p99Ms: said.p99Ms, acknowledged: load.kind === 'order' || load.kind === 'bulk' ? said.acknowledged * weight : 0,
    ...(from !== undefined && to !== undefined ? { ...cpuEach(from, to, count), nodeMs: each(from.nodeMs, to.nodeMs, count) } : { postgresMs: null, replicaMs: null, nodeMs: null }),
  }
}
export const httpSide = (name: string, world: World, address: Address, pace: Pace, load: HttpLoad): Side => ({ name, run: (round) => httpLoad(world, address, pace, round, load) })

export interface Ceiling {
  readonly script: string
  readonly clients: number
  readonly url: string
  readonly isOrder: boolean
}

export const pgbenchSide = (name: string, world: World, pace: Pace, ceiling: Ceiling): Side => ({
  name,
  run: async (round) => {
    const marks: Cpu[] = []
    const { script, clients, url } = ceiling
    const run = { url, folder: world.folder, name: name.replaceAll(/\W+/g, '-'), script, clients, warmSeconds: pace.warmSeconds, seconds: pace.seconds, seed: pace.seed + round, readOnly: !ceiling.isOrder }
    const result = await pgbench(run, () => marks.push(world.cpu()))
    const [from, to] = marks
    const count = result.perSecond * result.markedSeconds
    return {
      perSecond: result.perSecond, p50Ms: result.latencyMs, p99Ms: Number.NaN, nodeMs: null, acknowledged: ceiling.isOrder ? result.done : 0,
      ...(from !== undefined && to !== undefined ? cpuEach(from, to, count) : { postgresMs: null, replicaMs: null }),
    }
  },
})

/** Median of a figure over the rounds. */
export const medianOf = (measured: Measured, of: (sample: Sample) => number | null): number => quantile(measured.samples.map((sample) => of(sample) ?? Number.NaN), 0.5)

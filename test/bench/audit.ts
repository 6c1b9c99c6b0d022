// How fast the chain over the audit trail is tied, and what it takes from the orders that are placed meanwhile.
import { sql } from '../setup/sql.ts'
import type { Bench, Benchmark } from './benchmark.ts'
import { ratioOf, rateRows, sumAcknowledged } from './benchmark.ts'
import { short } from './figures.ts'
import { httpLoad, httpSide, interleave } from './sides.ts'

async function figuresOf(bench: Bench): Promise<{ readonly entries: number; readonly links: number }> {
  const [row] = await sql(bench.world.urlAs('superuser'), 'select (select count(*) from bss.audit_entry), (select count(*) from bss.audit_link)')
  return { entries: Number(row?.[0] ?? 0), links: Number(row?.[1] ?? 0) }
}

/** Lets the worker tie what is waiting; gives how many a second, by the clock of the database from the first link to the last. */
async function tieAll(bench: Bench): Promise<{ readonly perSecond: number; readonly tied: number; readonly left: number }> {
  const superuser = bench.world.urlAs('superuser')
  const before = await figuresOf(bench)
  const [began] = await sql(superuser, 'select clock_timestamp()')
  const untilMs = performance.now() + 30_000 + bench.pace.seconds * 10_000
  await bench.world.service(true)
  let after = await figuresOf(bench)
  while (after.links < after.entries && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    after = await figuresOf(bench)
  }
  const [span] = await sql(superuser, 'select extract(epoch from max(chained_at) - min(chained_at)) from bss.audit_link where chained_at >= $1::timestamptz', [began?.[0] ?? ''])
  const tied = after.links - before.links
  return { tied, left: after.entries - after.links, perSecond: tied / Math.max(0.001, Number(span?.[0] ?? 0)) }
}

export const audit: Benchmark = {
  name: 'audit',
  compares: 'audit entries tied to their chains a second by one worker, and orders placed with and without the worker at work',
  run: async (bench) => {
    const { world, pace } = bench
    const placed = await httpLoad(world, await world.service(), pace, 0, { kind: 'order', connections: 64 })
    bench.acknowledged(placed.acknowledged)
    const { perSecond, tied, left } = await tieAll(bench)
    // The address is another one after each start: each side starts the service it needs.
    const side = (name: string, withWorker: boolean) => ({
      name,
      run: async (round: number) => httpSide(name, world, await world.service(withWorker), pace, { kind: 'order', connections: 64 }).run(round),
    })
    const all = await interleave([side('no worker', false), side('with the worker', true)], pace.rounds)
    bench.acknowledged(sumAcknowledged(all))
    const [without, withWorker] = all
    const ratio = without === undefined || withWorker === undefined ? { value: Number.NaN, text: '' } : ratioOf(withWorker, without)
    const { entries, links } = await figuresOf(bench)
    return {
      rows: rateRows(all), measured: all,
      ratios: { 'audit entries chained ÷ orders placed': perSecond / placed.perSecond, 'orders with the worker ÷ without': ratio.value },
      notes: [`${tied} entries tied, ${short(perSecond)} a second, ${left} left`, `when the last order was placed, ${entries - links} of ${entries} were not tied on`, `ratio: ${ratio.text}`],
    }
  },
}

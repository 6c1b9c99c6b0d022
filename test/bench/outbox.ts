// How fast the worker delivers the events that placing orders has left.
import { sql } from '../setup/sql.ts'
import type { Bench, Benchmark } from './benchmark.ts'
import { short } from './figures.ts'
import { httpLoad } from './sides.ts'

async function pendingOf(bench: Bench): Promise<number> {
  const [row] = await sql(bench.world.urlAs('superuser'), `select count(*) from bss.outbox_event where status = 'pending'`)
  return Number(row?.[0] ?? 0)
}

export const outbox: Benchmark = {
  name: 'outbox',
  compares: 'events delivered a second by one worker with the orders placed a second by one service',
  run: async (bench) => {
    const { world, pace } = bench
    const address = await world.service()
    const placed = await httpLoad(world, address, pace, 0, { kind: 'order', connections: 64 })
    bench.acknowledged(placed.acknowledged)
    const before = await pendingOf(bench)
    await world.service(true)
    const startedMs = performance.now()
    const untilMs = startedMs + pace.seconds * 3_000
    let left = before
    while (left > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      left = await pendingOf(bench)
    }
    const perSecond = (before - left) / ((performance.now() - startedMs) / 1000)
    await world.stopService()
    return {
      rows: [['', '/s'], ['orders placed, no worker', short(placed.perSecond)], ['events delivered', short(perSecond)]],
      ratios: { 'events delivered ÷ orders placed': perSecond / placed.perSecond },
      notes: [`${before} events were waiting, ${left} were left`],
    }
  },
}

// The next task among a million open ones: what the database needs to choose and lease it, over a bare connection, and for a whole floor at once.
import { idOf, newId } from '../../src/kernel/ids.ts'
import { createSealer } from '../../src/platform/crypto/seal.ts'
import { enter } from '../../src/platform/db/keeping.ts'
import { Wire } from '../../src/platform/db/wire.ts'
import { sql } from '../setup/sql.ts'
import type { Bench, Benchmark } from './benchmark.ts'
import { quantile, short } from './figures.ts'
import { idAt, idSql } from './seed.ts'
import type { World } from './world.ts'

const PEOPLE = 8

/** Open tasks of every kind, priority and place of one site, made by SQL; the figures are of choosing, not of making. */
async function fill(world: World, count: number): Promise<void> {
  const actor = `'${idAt('site', 1)}'::uuid`
  await sql(world.urlAs('superuser'), [
    'set session_replication_role = replica',
    `insert into bss.warehouse_task (organization_id, id, site_id, kind, status, priority, due_at, pick_sequence, planned, created_by, updated_by)
      select ${idSql('organization', '1')}, uuidv7(), ${idSql('site', '1')}, (array['pick', 'pick', 'pick', 'putaway', 'replenish'])[1 + n % 5], 'ready', 1 + n % 9, now() + make_interval(mins => n % 10000), n % 5000, 1, ${actor}, ${actor}
        from generate_series(1, ${count}) n`,
    'analyze bss.warehouse_task',
  ])
}

/** Milliseconds of each lease, asked by so many at the same time. */
async function lease(world: World, people: number, each: number): Promise<number[]> {
  const seal = createSealer(world.secret, () => Date.now() + 3_600_000)
  const organizationId = idOf<'Organization'>(idAt('organization', 1))
  const took: number[] = []
  await Promise.all(Array.from({ length: people }, async (_, nth) => {
    const wire = await Wire.connect({ connectionString: world.urlAs('bss_app') })
    for (let turn = 0; turn < each; turn += 1) {
      const context = enter(seal({ organizationId, actorId: newId(), role: 'warehouse_operator' }))
      const began = performance.now()
      const [, leased] = await wire.send([context, { name: 'bench_lease', text: "select task_id from bss.lease_tasks($1, $2, null, array['pick', 'putaway', 'replenish'], $3, now() + interval '5 minutes', $4::int, 1)", params: [organizationId, idAt('site', 1), `d${nth}`, turn * 7] }])
      took.push(performance.now() - began)
      if (leased?.rows.length !== 1) throw new Error('There was no task, or more than one.')
    }
    await wire.close()
  }))
  return took
}

async function run({ world, isQuick, say }: Bench) {
  const count = isQuick ? 50_000 : 1_000_000
  say(`${count} open tasks`)
  await fill(world, count)
  await lease(world, 1, 50)
  const alone = await lease(world, 1, isQuick ? 100 : 500)
  const together = await lease(world, PEOPLE, isQuick ? 50 : 250)
  const [[twice] = []] = await sql(world.urlAs('superuser'), "select count(*) - count(distinct id) from bss.warehouse_task where status = 'leased'")
  if (twice !== '0') throw new Error('A task was leased twice.')
  return {
    rows: [['', 'p50 ms', 'p99 ms'], ['one after the other', short(quantile(alone, 0.5)), short(quantile(alone, 0.99))], [`${PEOPLE} at the same time`, short(quantile(together, 0.5)), short(quantile(together, 0.99))]],
    ratios: { 'next task in the database, p99 ms': quantile(alone, 0.99) },
    notes: [`${count.toLocaleString('en-US')} open tasks of one site`],
  }
}

export const nextTask: Benchmark = { name: 'next-task', compares: 'choosing and leasing the next task in the database among a million open ones of one site, by one and by several at once', run }

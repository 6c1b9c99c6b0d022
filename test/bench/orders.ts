// Order placement: through the whole product against the best that one order in one transaction can do, and what the wall costs.
import { sql } from '../setup/sql.ts'
import { find, rateRows, ratioOf, sumAcknowledged, type Bench, type Benchmark, type Outcome } from './benchmark.ts'
import { short } from './figures.ts'
import { orderScript } from './order-sql.ts'
import { httpLoad, httpSide, interleave, medianOf, pgbenchSide, type Side } from './sides.ts'

const SKEW = 5
/** Rows that every order wants when all want the same. */
const HOT_ITEMS = 8

/** The number of clients with which pgbench is fastest: the ceiling is the best it can do, not what it does at our number. */
async function bestCeiling(bench: Bench, script: string): Promise<number> {
  let best = { clients: 1, perSecond: 0 }
  for (const clients of bench.isQuick ? [16] : [8, 16, 32, 64]) {
    bench.say(`pgbench with ${clients} clients`)
    const side = pgbenchSide('try', bench.world, { ...bench.pace, seconds: Math.min(4, bench.pace.seconds) }, { script, clients, url: bench.world.urlAs('bss_app'), isOrder: true })
    const sample = await side.run(0)
    bench.acknowledged(sample.acknowledged)
    if (sample.perSecond > best.perSecond) best = { clients, perSecond: sample.perSecond }
  }
  return best.clients
}

const ceilingSide = (bench: Bench, name: string, script: string, clients: number, url = bench.world.urlAs('bss_app')): Side => pgbenchSide(name, bench.world, bench.pace, { script, clients, url, isOrder: true })

export const placing: Benchmark = {
  name: 'orders',
  compares: 'POST /api/v1/orders (5 lines, key, permission, sealed row security, idempotency, audit, outbox; answered when durable) with pgbench: the same statement, one transaction and one synchronous commit an order',
  run: async (bench): Promise<Outcome> => {
    const { world, pace } = bench
    const address = await world.service()
    const script = orderScript(world, SKEW, world.size.skus)
    const clients = await bestCeiling(bench, script)
    const connections = bench.isQuick ? [64] : [64, 256, 8, 1]
    const sides = [
      ceilingSide(bench, `pgbench, ${clients} clients`, script, clients),
      ...connections.map((count) => httpSide(`product, ${count} connections`, world, address, pace, { kind: 'order', connections: count })),
    ]
    const all = await interleave(sides, pace.rounds)
    bench.acknowledged(sumAcknowledged(all))
    const memory = world.memory()
    const ratio = ratioOf(find(all, 'product, 64 connections'), find(all, `pgbench, ${clients} clients`))
    return {
      rows: rateRows(all), measured: all,
      ratios: { 'orders ÷ ceiling': ratio.value, ...(memory === null ? {} : { 'memory of the service, MB': memory.peakMb }) },
      notes: [`ratio at 64 connections: ${ratio.text}`, memory === null ? 'memory: not measured' : `memory of the service: ${short(memory.nowMb)} MB now, ${short(memory.peakMb)} MB at its peak`],
    }
  },
}

/** A copy of the database without row security: same data, functions and rights, no policies. */
async function withoutWall(bench: Bench): Promise<string> {
  const { world } = bench
  const superuser = world.urlAs('superuser')
  const name = `nowall_${Date.now().toString(36)}`
  const [source] = await sql(superuser, 'select current_database()')
  await world.stopService() // A database can be copied only while nobody is in it.
  await sql(world.urlAs('superuser', 'postgres'), `create database ${name} template ${source?.[0] ?? ''}`)
  const copy = world.urlAs('superuser', name)
  await sql(copy, `do $$ declare t regclass; begin for t in select oid from pg_class where relkind in ('r', 'p') and relnamespace = 'bss'::regnamespace loop
      execute format('alter table %s no force row level security', t); execute format('alter table %s disable row level security', t); end loop; end $$`)
  return name
}

export const wall: Benchmark = {
  name: 'wall',
  compares: 'pgbench placing orders behind sealed row security with the same in a copy of the database without it',
  run: async (bench) => {
    const { world, pace } = bench
    const copy = await withoutWall(bench)
    const script = orderScript(world, SKEW, world.size.skus)
    // Few clients: CPU an order is what is compared, and a crowd would measure the queue for the disk.
    const sides = [ceilingSide(bench, 'with the wall', script, 8), ceilingSide(bench, 'without', script, 8, world.urlAs('bss_app', copy))]
    const all = await interleave(sides, pace.rounds)
    const inside = find(all, 'with the wall')
    const outside = find(all, 'without')
    bench.acknowledged(sumAcknowledged([inside]))
    await sql(world.urlAs('superuser', 'postgres'), `drop database ${copy} with (force)`)
    const cpu = medianOf(inside, (s) => s.postgresMs) / medianOf(outside, (s) => s.postgresMs)
    const time = ratioOf(outside, inside)
    return { rows: rateRows(all), measured: all, ratios: { 'wall, CPU an order': cpu, 'wall, time an order': time.value }, notes: [`time: ${time.text}`] }
  },
}

export const hot: Benchmark = {
  name: 'hot',
  compares: `every order on the same ${HOT_ITEMS} rows of one organization (64 connections) with the spread-out ceiling of pgbench, and with pgbench on the same rows`,
  run: async (bench) => {
    const { world, pace } = bench
    const address = await world.service()
    const [first] = world.keys
    if (first === undefined) throw new Error('There is no organization.')
    const spread = orderScript(world, SKEW, world.size.skus)
    const clients = await bestCeiling(bench, spread)
    const onOne = orderScript(world, 0, HOT_ITEMS).replace(/random\(1, \d+\)/, 'random(1, 1)')
    const sides = [
      ceilingSide(bench, `pgbench spread out, ${clients} clients`, spread, clients),
      ceilingSide(bench, `pgbench on the hot rows, ${clients} clients`, onOne, clients),
      httpSide('product on the hot rows', world, address, pace, { kind: 'order', connections: 64, keys: [[...first]], skus: HOT_ITEMS, skew: 0 }),
    ]
    const all = await interleave(sides, pace.rounds)
    bench.acknowledged(sumAcknowledged(all))
    const product = find(all, 'product on the hot rows')
    const ratio = ratioOf(product, find(all, `pgbench spread out, ${clients} clients`))
    const same = ratioOf(product, find(all, `pgbench on the hot rows, ${clients} clients`))
    return { rows: rateRows(all), measured: all, ratios: { 'hot stock ÷ spread-out ceiling': ratio.value, 'hot stock ÷ ceiling on the same rows': same.value } }
  },
}

export const bulk: Benchmark = {
  name: 'bulk',
  compares: '100 orders in one request of POST /api/v1/orders/bulk (2 and 8 connections) with single orders at 64 connections',
  run: async (bench) => {
    const { world, pace } = bench
    const address = await world.service()
    const sides = [
      httpSide('single orders', world, address, pace, { kind: 'order', connections: 64 }),
      httpSide('bulk, 2 connections', world, address, pace, { kind: 'bulk', connections: 2, ordersPerBulk: 100 }),
      httpSide('bulk, 8 connections', world, address, pace, { kind: 'bulk', connections: 8, ordersPerBulk: 100 }),
    ]
    const all = await interleave(sides, pace.rounds)
    bench.acknowledged(sumAcknowledged(all))
    const single = find(all, 'single orders')
    const ratio = Math.max(ratioOf(find(all, 'bulk, 2 connections'), single).value, ratioOf(find(all, 'bulk, 8 connections'), single).value)
    return { rows: rateRows(all), measured: all, ratios: { 'bulk ÷ single orders': ratio } }
  },
}

export const idle: Benchmark = {
  name: 'idle',
  compares: 'latency of one order when nothing else happens (one connection, 20 orders a second), in milliseconds',
  run: async (bench) => {
    const { world, pace } = bench
    const address = await world.service()
    const sample = await httpLoad(world, address, { ...pace, seconds: Math.max(4, pace.seconds) }, 0, { kind: 'order', connections: 1, rate: 20 })
    const ceiling = await pgbenchSide('pgbench, 1 client', world, pace, { script: orderScript(world, SKEW, world.size.skus), clients: 1, url: world.urlAs('bss_app'), isOrder: true }).run(0)
    bench.acknowledged(sample.acknowledged + ceiling.acknowledged)
    const all = [{ name: 'product', samples: [sample] }, { name: 'pgbench, 1 client, mean', samples: [ceiling] }]
    return { rows: rateRows(all), measured: all, ratios: { 'one order on an idle system, p50 ms': sample.p50Ms } }
  },
}

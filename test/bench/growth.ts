// Whether the cost of an order and of a list stays flat while the data grows: more orders in one organization, and more organizations.
// Levels follow each other and cannot alternate, so the CPU a request is compared, which drifts less than its time.
import { sql } from '../setup/sql.ts'
import { rateRows, type Bench, type Benchmark } from './benchmark.ts'
import { idAt, idSql, seed, type Keys } from './seed.ts'
import { httpLoad, medianOf, type Measured, type Sample } from './sides.ts'

const CONNECTIONS = 8

/** Old orders of organization 1, closed, two lines each. Triggers are off while they are written. */
async function grow(bench: Bench, from: number, to: number): Promise<void> {
  const { world } = bench
  const organization = `'${idAt('organization', 1)}'::uuid`
  const id = `('01920000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
  const customer = idSql('customer', `(1 + n % ${world.size.customers})::int`)
  const orderedAt = `timestamptz '2024-01-01' + n * interval '20 seconds'`
  const actor = `'${idAt('site', 1)}'::uuid`
  bench.say(`writing orders ${from} to ${to} of one organization`)
  await sql(world.urlAs('superuser'), [
    'set session_replication_role = replica',
    `insert into bss.sales_order (organization_id, id, number, customer_id, site_id, status, line_count, requested_on, ordered_at, created_by, updated_by)
      select ${organization}, ${id}, 'G-' || n, ${customer}, '${idAt('site', 1)}', 'closed', 2, (${orderedAt})::date, ${orderedAt}, ${actor}, ${actor} from generate_series(${from}::bigint, ${to}::bigint) n`,
    `insert into bss.sales_order_line (organization_id, id, order_id, line_number, customer_id, ordered_at, item_id, status, ordered, picked, shipped, delivered, invoiced, created_by, updated_by)
      select ${organization}, ('01920000-0000-7000-800' || k || '-' || lpad(to_hex(n), 12, '0'))::uuid, ${id}, k, ${customer}, ${orderedAt}, ${idSql('item', `(1 + (n * 7 + k) % ${world.size.skus})::int`)}, 'closed', 3, 3, 3, 3, 3, ${actor}, ${actor}
        from generate_series(${from}::bigint, ${to}::bigint) n, generate_series(1, 2) k`,
    'vacuum analyze bss.sales_order',
    'vacuum analyze bss.sales_order_line',
    'checkpoint',
  ])
  bench.acknowledged(to - from + 1)
}

async function measure(bench: Bench, label: string, keys: Keys, into: { orders: Measured[]; lists: Measured[] }): Promise<void> {
  const { world, pace } = bench
  const address = await world.service()
  const shared = { connections: CONNECTIONS, keys: [...keys].map(([number, key]): [number, string] => [number, key]), skus: Math.min(world.size.skus, SKUS_OF_MANY) }
  const samples = { orders: new Array<Sample>(), lists: new Array<Sample>() }
  for (let round = 0; round < pace.rounds; round++) {
    samples.orders.push(await httpLoad(world, address, pace, round, { ...shared, kind: 'order' }))
    samples.lists.push(await httpLoad(world, address, pace, round, { ...shared, kind: 'list' }))
  }
  bench.acknowledged(samples.orders.reduce((sum, sample) => sum + sample.acknowledged, 0))
  into.orders.push({ name: `order, ${label}`, samples: samples.orders })
  into.lists.push({ name: `list, ${label}`, samples: samples.lists })
}

const SKUS_OF_MANY = 50

/** The dearest level against the cheapest in CPU a request; in time where CPU cannot be measured. */
function worstOf(levels: readonly Measured[]): number {
  const cpuOf = (sample: Sample): number => (sample.postgresMs ?? Number.NaN) + (sample.replicaMs ?? 0)
  const isMeasured = levels.every(({ samples }) => samples.every((sample) => Number.isFinite(cpuOf(sample))))
  const costs = levels.map((level) => medianOf(level, isMeasured ? cpuOf : (sample) => sample.p50Ms))
  return Math.max(...costs.slice(1)) / (costs[0] ?? Number.NaN)
}

export const growth: Benchmark = {
  name: 'growth',
  compares: 'cost of placing an order and of a list of 50 (8 connections) as one organization has more orders, and as there are more organizations',
  run: async (bench) => {
    const { world, isQuick } = bench
    const one: Keys = new Map([...world.keys].slice(0, 1))
    const byOrders = { orders: new Array<Measured>(), lists: new Array<Measured>() }
    let have = 0
    for (const level of isQuick ? [5_000, 20_000] : [10_000, 100_000, 1_000_000]) {
      await grow(bench, have + 1, level)
      have = level
      await measure(bench, `${level} orders in the organization`, one, byOrders)
    }
    const byOrganizations = { orders: new Array<Measured>(), lists: new Array<Measured>() }
    const many = isQuick ? 200 : 1_000
    const others = new Map([...world.keys].slice(1, 11))
    await measure(bench, '10 organizations', others, byOrganizations)
    bench.say(`filling ${many} organizations`)
    const more = await seed(world.urlAs('superuser'), world.size.organizations + 1, world.size.organizations + many, { ...world.size, skus: Math.min(world.size.skus, SKUS_OF_MANY) })
    await measure(bench, `${many} organizations`, more, byOrganizations)
    const all = [...byOrders.orders, ...byOrders.lists, ...byOrganizations.orders, ...byOrganizations.lists]
    return {
      rows: rateRows(all), measured: all,
      ratios: {
        'order, many orders ÷ few': worstOf(byOrders.orders), 'list, many orders ÷ few': worstOf(byOrders.lists),
        'order, many organizations ÷ few': worstOf(byOrganizations.orders), 'list, many organizations ÷ few': worstOf(byOrganizations.lists),
      },
    }
  },
}

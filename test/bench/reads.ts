// Reads: get order and list of 50 over HTTP against pgbench with the same statements on the same replica; and the door with nothing behind it.
import { ROLES } from '../../src/kernel/access.ts'
import { orderPage } from '../../src/domains/orders/book/listing.ts'
import { orderById } from '../../src/domains/orders/document/store.ts'
import { enter } from '../../src/platform/db/keeping.ts'
import type { Call } from '../../src/platform/db/wire.ts'
import { sql } from '../setup/sql.ts'
import { find, rateRows, ratioOf, type Bench, type Benchmark } from './benchmark.ts'
import { ORGANIZATION, sealsSql } from './order-sql.ts'
import { asStatement, type Drawn } from './pgbench.ts'
import { idSql } from './seed.ts'
import { httpLoad, httpSide, interleave, medianOf, pgbenchSide, type HttpLoad } from './sides.ts'
import type { World } from './world.ts'

const CONNECTIONS = 64
const CLIENTS = 16
const ORDERS_READ = 2_000

type Target = [number, string]

/** Orders to read, placing some first when there are too few. */
async function targets(bench: Bench): Promise<Target[]> {
  const { world, pace } = bench
  const address = await world.service()
  const placed = await httpLoad(world, address, { ...pace, seconds: 4 }, 99, { kind: 'order', connections: CONNECTIONS })
  bench.acknowledged(placed.acknowledged)
  const rows = await sql(world.urlAs('superuser'), `select ('x' || right(organization_id::text, 8))::bit(32)::int, id from bss.sales_order where number ^@ 'SO-' order by id desc limit ${ORDERS_READ}`)
  return rows.map(([number, id]) => [Number(number), id ?? ''])
}

function readScript(world: World, sets: readonly string[], organization: string, call: Call, drawn: Drawn): string {
  const all = new Map([...drawn, ['organization', idSql('organization', organization)]])
  const entering = asStatement(enter('seal'), new Map([['seal', sealsSql(world, organization)]]))
  return [...sets, '\\startpipeline', entering, asStatement(call, all), '\\endpipeline'].join('\n') + '\n'
}

function getScript(world: World, orders: readonly Target[]): string {
  const numbers = `(array[${orders.map(([number]) => number).join(',')}])[(:n)::int]`
  const ids = `(array[${orders.map(([, id]) => `'${id}'`).join(',')}]::uuid[])[(:n)::int]`
  const call = { name: '', text: orderById.text, params: ['organization', 'order'] }
  return readScript(world, [`\\set n random(1, ${orders.length})`], numbers, call, new Map([['order', ids]]))
}

export function listScript(world: World): string {
  const { statement, params } = orderPage({ filter: {}, sort: '-orderedAt', limit: 50 })
  const call = { name: '', text: statement.text, params: ['organization', ...params] }
  return readScript(world, [`\\set o random(1, ${world.size.organizations})`], ORGANIZATION, call, new Map())
}

async function compare(bench: Bench, name: string, load: HttpLoad, script: string) {
  const { world, pace } = bench
  const address = await world.service()
  const product = `${name}: product, ${load.connections} connections`
  const ceiling = `${name}: pgbench, ${CLIENTS} clients`
  const url = world.urlAs('bss_reader', undefined, 'replica')
  const all = await interleave([pgbenchSide(ceiling, world, pace, { script, clients: CLIENTS, url, isOrder: false }), httpSide(product, world, address, pace, load)], pace.rounds)
  const half = Math.floor(medianOf(find(all, product), (s) => s.perSecond) / 2)
  const atHalf = { name: `${name}: product at half load`, samples: [await httpLoad(world, address, pace, 7, { ...load, rate: half })] }
  return { all: [...all, atHalf], ratio: ratioOf(find(all, product), find(all, ceiling)).value, p99: medianOf(atHalf, (s) => s.p99Ms) }
}

export const reads: Benchmark = {
  name: 'reads',
  compares: 'GET one order with its lines, and a list of 50, over HTTP with pgbench running the same statements on the same replica behind the same wall',
  run: async (bench) => {
    const orders = await targets(bench)
    const get = await compare(bench, 'get order', { kind: 'get', connections: CONNECTIONS, orders }, getScript(bench.world, orders))
    const list = await compare(bench, 'list of 50', { kind: 'list', connections: CONNECTIONS }, listScript(bench.world))
    return {
      rows: rateRows([...get.all, ...list.all]), measured: [...get.all, ...list.all],
      ratios: { 'get order ÷ pgbench': get.ratio, 'list of 50 ÷ pgbench': list.ratio, 'get order at half load, p99 ms': get.p99, 'list of 50 at half load, p99 ms': list.p99 },
    }
  },
}

export const door: Benchmark = {
  name: 'door',
  compares: 'an authenticated request with nothing behind it (64 connections): key looked up in memory, limits, an answer',
  run: async ({ world, pace }) => {
    const address = await world.service()
    const all = await interleave([httpSide('empty request', world, address, pace, { kind: 'empty', connections: CONNECTIONS })], pace.rounds)
    return { rows: rateRows(all), measured: all, ratios: {}, notes: [`role ${ROLES.integration.title}, ${world.keys.size} keys in turn`] }
  },
}

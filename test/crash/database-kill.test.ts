// kill -9 of the PostgreSQL primary under load, as a power cut: the service stays up and recovers by itself, and nothing it had
// acknowledged is lost. Orders are committed without waiting for the disk and acknowledged behind one flush for many (the durable
// barrier); here every flush is slow and nobody else writes the log, so an answer given before its flush would be lost.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../src/platform/db/migrate.ts'
import { destroyCluster, startCluster, type Cluster } from '../../src/platform/embedded/index.ts'
import { sql } from '../setup/sql.ts'
import { TEST_SECRET } from '../setup/template.ts'
import { orderFindings, stockFindings } from './findings.ts'
import { openShops, ServiceProcess, type Shop } from './ground.ts'
import { CLIENTS, runLoad, TURNS, type LoadResult } from './load.ts'

const ALL = CLIENTS * TURNS
const KILLS_AT = [Math.floor(ALL / 4), Math.floor(ALL / 2)]
/** 20 ms before each flush, and the writer in the background, which would hide a lie by chance, comes by every ten seconds only. */
const SLOW_DISK = { commit_delay: '20000', commit_siblings: '0', wal_writer_delay: '10s', shared_buffers: '64MB', max_slot_wal_keep_size: '256MB' }

let folder: string
let cluster: Cluster
let service: ServiceProcess
let shops: Shop[]
let result: LoadResult
let pidAtStart: number
beforeAll(async () => {
  // A cluster of its own: that of the other tests must not be killed. By its name the next run clears it away should this one be ended.
  folder = mkdtempSync(join(tmpdir(), 'bss-test-run-crash-'))
  cluster = await startCluster({ dataDir: folder, replica: true, temporary: true, settings: SLOW_DISK })
  await migrate({ url: cluster.primaryUrl, secret: TEST_SECRET })
  shops = await openShops(cluster.superuserUrl)
  service = new ServiceProcess({ ...cluster, secret: TEST_SECRET })
  await service.start()
  pidAtStart = service.pid
  result = await runLoad({
    service, shops, killsAt: KILLS_AT,
    kill: async () => {
      await cluster.kill('primary')
      await cluster.start('primary')
    },
  })
  await sql(cluster.superuserUrl, 'alter system set commit_delay = 0')
  await sql(cluster.superuserUrl, 'select pg_reload_conf()')
}, 240_000)
afterAll(async () => {
  await service.stop()
  await cluster.stop()
  await destroyCluster(folder)
})

describe('64 clients, and PostgreSQL killed twice while they order', () => {
  test('every request is acknowledged in the end, and a repeated key gets the first answer word for word', () => {
    expect(result.faults).toEqual([])
    expect(result.acknowledged).toHaveLength(ALL)
    // Otherwise nothing was killed in the middle of anything.
    expect(result.cut).toBeGreaterThanOrEqual(CLIENTS / 2)
  })
  test('nothing that was acknowledged is lost, nothing is there twice, and nothing that nobody asked for', async () => {
    for (const shop of shops) expect(await orderFindings(cluster.superuserUrl, shop, result.acknowledged)).toEqual([])
  })
  test('never one unit too many is promised, and all sums are equal', async () => {
    for (const shop of shops) expect(await stockFindings(cluster.superuserUrl, shop)).toEqual([])
  })
  test('the service has not been started again, and is ready; every event is delivered, and the replica has it all', async () => {
    expect(service.pid).toBe(pidAtStart)
    await expect.poll(async () => (await fetch(`${service.url}/readyz`)).status, { timeout: 15_000, interval: 200 }).toBe(200)
    const waiting = () => sql(cluster.superuserUrl, `select status, count(*) from bss.outbox_event where status <> 'done' group by status`)
    await expect.poll(waiting, { timeout: 25_000, interval: 100 }).toEqual([])
    const replica = new URL(cluster.superuserUrl)
    replica.port = String(cluster.replicaPort)
    const digest = `select count(*), md5(string_agg(id || status, ',' order by id)) from bss.sales_order`
    const wanted = await sql(cluster.superuserUrl, digest)
    await expect.poll(() => sql(replica.href, digest), { timeout: 10_000, interval: 100 }).toEqual(wanted)
  }, 60_000)
})

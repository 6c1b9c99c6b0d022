// kill -9 of the service under load: whatever it had answered stands, whatever it had not is done exactly once by the repetition.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../setup/database.ts'
import { sql } from '../setup/sql.ts'
import { orderFindings, stockFindings } from './findings.ts'
import { openShops, ServiceProcess, type Shop } from './ground.ts'
import { CLIENTS, runLoad, TURNS, type LoadResult } from './load.ts'

const ALL = CLIENTS * TURNS
const KILLS_AT = [Math.floor(ALL / 4), Math.floor(ALL / 2)]

let fresh: FreshDatabase
let service: ServiceProcess
let shops: Shop[]
let result: LoadResult
const pids = new Set<number>()
beforeAll(async () => {
  fresh = await freshDatabase()
  shops = await openShops(fresh.superuserUrl)
  service = new ServiceProcess(fresh)
  await service.start()
  pids.add(service.pid)
  result = await runLoad({
    service, shops, killsAt: KILLS_AT,
    kill: async () => {
      service.kill()
      await service.start()
      pids.add(service.pid)
    },
  })
}, 240_000)
afterAll(async () => {
  await service.stop()
  await fresh.close()
})

describe('64 clients, and the service killed twice while they order', () => {
  test('every request is acknowledged in the end, and a repeated key gets the first answer word for word', () => {
    expect(result.faults).toEqual([])
    expect(result.acknowledged).toHaveLength(ALL)
    // Otherwise nothing was killed in the middle of anything.
    expect(pids.size).toBe(KILLS_AT.length + 1)
    expect(result.cut).toBeGreaterThanOrEqual(CLIENTS / 2)
  })
  test('each acknowledged order is there exactly once, with its audit row, its event and its key, and none that nobody asked for', async () => {
    for (const shop of shops) expect(await orderFindings(fresh.superuserUrl, shop, result.acknowledged)).toEqual([])
  })
  test('never one unit too many is promised, and all sums are equal', async () => {
    for (const shop of shops) expect(await stockFindings(fresh.superuserUrl, shop)).toEqual([])
    // Otherwise there was no race for the last units, and none of these rules was in danger.
    const [row] = await sql(fresh.superuserUrl, 'select bool_or(missing > 0) from bss.line_milestone where organization_id = $1', [shops[0]?.organizationId ?? ''])
    expect(row).toEqual(['t'])
  })
  test('every event is delivered in the end', async () => {
    const waiting = () => sql(fresh.superuserUrl, `select status, count(*) from bss.outbox_event where status <> 'done' group by status`)
    await expect.poll(waiting, { timeout: 25_000, interval: 100 }).toEqual([])
  })
})

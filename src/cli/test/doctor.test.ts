import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHouse, type House } from '../../../test/setup/house.ts'
import { sql } from '../../../test/setup/sql.ts'
import type { ReadinessCheck } from '../../platform/http/public.ts'
import { createServer, type Server } from '../../platform/http/server.ts'
import { silentLog } from '../../platform/log/log.ts'
import { EXIT } from '../exit.ts'
import { PROGRAM } from '../program.ts'
import { run } from '../run.ts'
import { paperWorld } from './paper.ts'

async function doctor(url: string, key: string): Promise<{ code: number; out: string }> {
  const world = paperWorld({ env: { BSS_URL: url, BSS_KEY: key } })
  const code = await run(PROGRAM, world, ['doctor'])
  return { code, out: world.said() }
}

describe('bss doctor beside a whole house', () => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ withWorker: true })
  })
  afterAll(() => house.close())

  test('shows how far the replica is behind, and that no event waits', async () => {
    await expect.poll(async () => (await doctor(house.url, house.acme.keys.planner)).code, { timeout: 15_000, interval: 300 }).toBe(EXIT.ok)
    const { out } = await doctor(house.url, house.acme.keys.planner)
    expect(out).toMatch(/^replica 1 +ok +\d+ bytes and \d+\.\d s behind$/m)
    expect(out).toMatch(/^outbox +ok +(?:no event waits|the oldest event has waited for \d+\.\d s)$/m)
  })
  test('tells the age of an event that is not delivered, and what to do', async () => {
    // Due, and every attempt to mark it as done fails.
    await sql(house.superuserUrl, `create function public.held() returns trigger language plpgsql as 'begin raise exception ''held''; end'`)
    await sql(house.superuserUrl, `create trigger held before update on bss.outbox_event for each row execute function public.held()`)
    await sql(house.superuserUrl, `insert into bss.outbox_event (organization_id, id, topic, aggregate_type, aggregate_id, payload, actor_id, request_id, occurred_at)
      select $1, gen_random_uuid(), 'order.placed', 'order', gen_random_uuid(), '{}', gen_random_uuid(), 'test', now() - interval '10 minutes'`, [house.acme.id])
    await expect.poll(async () => (await doctor(house.url, house.acme.keys.planner)).out, { timeout: 15_000, interval: 300 }).toMatch(/^outbox +failed +the oldest event has waited for 6\d\d\.\d s$/m)
    const { code, out } = await doctor(house.url, house.acme.keys.planner)
    expect(code).toBe(EXIT.failed)
    expect(out).toMatch(/^outbox: Events are not delivered in time\. /m)
  })
})

describe('bss doctor beside a server whose checks fail', () => {
  const checks: ReadinessCheck[] = [
    { name: 'primary', isOk: true }, { name: 'replica 1', isOk: false, detail: '90000000 bytes and 31.0 s behind' }, { name: 'worker', isOk: false }, { name: 'outbox', isOk: false, detail: 'the oldest event has waited for 400.0 s' },
  ]
  let server: Server
  let url = ''
  beforeAll(async () => {
    server = createServer({ routes: [], authenticate: () => Promise.resolve(null), isReady: () => Promise.resolve(checks), log: silentLog, clock: { nowMs: () => Date.now() } })
    url = (await server.listen()).url
  })
  afterAll(() => server.stop())

  test('shows the figures and says for each what to do', async () => {
    const { code, out } = await doctor(url, 'none')
    expect(code).toBe(EXIT.failed)
    expect(out).toMatch(/^replica 1 +failed +90000000 bytes and 31\.0 s behind$/m)
    expect(out).toMatch(/^replica 1: Reads go to the primary until the replica has caught up/m)
    expect(out).toMatch(/^worker: The worker has stopped going round/m)
    expect(out).toMatch(/^outbox +failed +the oldest event has waited for 400\.0 s$/m)
    expect(out).toMatch(/^outbox: .*an event could not be applied/m)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId } from '../../../kernel/ids.ts'
import { silentLog } from '../../log/log.ts'
import { onRevoked } from '../listen.ts'

let house: FreshDatabase
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  house = await freshDatabase()
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await house.close()
})

/** What a listener was told, in order. */
async function listener(url: string, clock = { aheadMs: 0 }) {
  const told: string[] = []
  const principals = { forget: (id: string) => void told.push(id), forgetAll: () => void told.push('all'), pause: (isPaused: boolean) => void told.push(isPaused ? 'pause' : 'go on') }
  const feed = onRevoked({ url, secret: house.secret, log: silentLog, principals, nowMs: () => performance.now() + clock.aheadMs })
  stops.push(() => feed.stop())
  await feed.started
  return told
}
const revoke = (id: string | null) => sql(house.superuserUrl, 'select sec.announce_revocation(array[$1::uuid])', [id])
const cut = () => sql(house.superuserUrl, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'blue-ship-sync revocations' and datname = current_database()")

describe('news of revocations', () => {
  it('arrive once each, by the notification and not only by the poll', async () => {
    const told = await listener(house.primaryUrl)
    expect(told).toEqual(['pause', 'go on'])
    const ids = [newId(), newId(), newId()]
    for (const id of ids) await revoke(id)
    await expect.poll(() => told.slice(2), { timeout: 900, interval: 5 }).toEqual(ids)
    await revoke(null)
    await expect.poll(() => told.slice(2), { timeout: 900, interval: 5 }).toEqual([...ids, 'all'])
  })
  it('do not get lost while the connection is', async () => {
    const told = await listener(house.primaryUrl)
    const [before, during] = [newId(), newId()]
    await revoke(before)
    await expect.poll(() => told).toContain(before)
    await cut()
    await revoke(during)
    await expect.poll(() => told, { timeout: 5_000 }).toContain(during)
    expect(told.filter((each) => each === before || each === during)).toEqual([before, during])
  })
  it('of a transaction that began early and committed late are not missed', async () => {
    const told = await listener(house.primaryUrl)
    const [early, late] = [newId(), newId()]
    const slow = sql(house.superuserUrl, ['begin', `select sec.announce_revocation(array['${late}'::uuid])`, 'select pg_sleep(1.5)', 'commit'])
    await revoke(early)
    await expect.poll(() => told).toContain(early)
    expect(told).not.toContain(late)
    await slow
    await expect.poll(() => told).toContain(late)
    expect(told.filter((each) => each === early || each === late)).toEqual([early, late])
  })
  it('that stay away for five seconds stop all remembering until they come again', async () => {
    const clock = { aheadMs: 0 }
    const told = await listener(house.primaryUrl, clock)
    expect(told.slice(0, 2)).toEqual(['pause', 'go on'])
    clock.aheadMs = 6_000
    await expect.poll(() => told.slice(2), { timeout: 3_000 }).toEqual(['pause', 'go on'])
  })
  it('that never came leave everything unremembered', async () => {
    expect(await listener('postgres://127.0.0.1:1/nowhere')).toEqual(['pause'])
  })
})
